"""What the probe may ask of the running program; each is a plain value for JSON."""

from __future__ import annotations

import base64
import contextlib
import gc
import sqlite3
import zlib
from typing import Any

_found: list[Any] = []


def application() -> Any:
    """The composition root, wherever it is."""
    if not _found:
        _found.extend(
            each
            for each in gc.get_objects()
            if type(each).__name__ == "Application"
            and type(each).__module__ == "s4gui.gui.application"
        )
    return _found[0]


def _session() -> Any:
    session = application().session
    if session is None:
        raise LookupError("no project is open")
    return session


def project(_: Any) -> str:
    return str(_session().desk.project.folder)


def read_only(_: Any) -> bool:
    return bool(_session().desk.read_only)


def room(window: Any) -> str:
    return str(window.room)


def frame(_: Any) -> str | None:
    return _session().desk.current


def frames(_: Any) -> list[str]:
    return [each.id for each in _session().desk.workbench.frames if not each.problem]


def counts(_: Any) -> dict[str, int]:
    bench = _session().desk.workbench
    return {str(k): v for k, v in bench.counts(bench.current).items()}


def pixel(_: Any, y: int, x: int) -> int:
    bench = _session().desk.workbench
    return int(bench.mask(bench.current).labels[y, x])


def labels(_: Any) -> dict[str, Any]:
    """The mask of the current frame as the window has it: zlib of its bytes, base64."""
    bench = _session().desk.workbench
    mask = bench.mask(bench.current).labels
    data = base64.b64encode(zlib.compress(mask.tobytes(), 1)).decode()
    return {"frame": bench.current, "shape": list(mask.shape), "data": data}


def acknowledged(_: Any) -> dict[str, int]:
    """The last committed row as a reader of the file sees it, and edits that still wait."""
    desk = _session().desk
    with contextlib.closing(sqlite3.connect(desk.project.folder / "project.db")) as reader:
        (seq,) = reader.execute("SELECT coalesce(max(seq), 0) FROM journal").fetchone()
    return {"seq": seq, "pending": desk.workbench.pending}


def tool(_: Any) -> list[Any]:
    bench = _session().desk.workbench
    return [str(bench.tool), bench.value, bench.radius_px(bench.tool)]


def prediction(_: Any) -> dict[str, Any] | None:
    shown = _session().learners.shown_prediction()
    if shown is None:
        return None
    return {"origin": shown.origin, "step": shown.step, "shape": list(shown.shape)}


def predicted(_: Any, y: int, x: int) -> int:
    return int(_session().learners.shown_prediction().classes[y, x])


def runs(_: Any) -> dict[str, list[Any]]:
    trainer = _session().trainer
    return {
        str(n): [str(log.state), log.step, log.total_steps, len(log.validations)]
        for n, log in trainer.logs.items()
    }


def hint(window: Any) -> str:
    return window.label.hint.text() if window.label.hint.isVisible() else ""


def notice(window: Any) -> str:
    return str(window.notice.text)


def rooms_built(window: Any) -> bool:
    return bool(window.is_built)


def troubles(_: Any) -> list[str]:
    return [str(each) for each in application().notices.troubles]


def zoom(window: Any) -> float:
    return float(window.label.canvas.zoom)


def image_shown(window: Any) -> bool:
    """Whether the pixels of the current frame are on the canvas."""
    session = _session()
    frame = session.desk.workbench.frames
    current = next(each for each in frame if each.id == session.desk.current)
    return bool(window.label.canvas._picture.frame_hw == current.shape)


def banner(window: Any) -> str:
    return str(window.banner.text)
