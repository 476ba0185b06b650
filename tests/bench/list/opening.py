"""One window, one project: how long until it is listed, drawn, filtered, and how it scrolls.

`python -m tests.bench.list.opening PROJECT HOME OUT`; seconds of the wall clock, and of the
window's own thread (`cpu`) and of all its threads, which other programs lengthen less.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
from PySide6.QtWidgets import QApplication

from s4gui.core.listing import Sort
from s4gui.gui import application
from s4gui.gui.application import Application
from s4gui.gui.panels.frames import FramesPanel
from s4gui.store.settings import Settings

FILTERS = {
    "text": "frame_01",
    "three conditions": "class:Sky split:train -frame_09",
    "no image": "state:flagged",
    "all again": "",
}
FRAME_S = 1 / 60
_LONGEST_S = 120
_CHOICES = {
    "tour_done": True,
    "warm_workers": False,
    "live_preview": False,
    "theme": "dark",
}


class Clock:
    """Seconds since it was made: of the wall, of this thread, of all threads."""

    def __init__(self) -> None:
        self._begun = self._now()

    def read(self) -> list[float]:
        return [now - then for now, then in zip(self._now(), self._begun, strict=True)]

    def _now(self) -> tuple[float, float, float]:
        return time.perf_counter(), time.thread_time(), time.process_time()


def main() -> int:
    where, home, out = map(Path, sys.argv[1:4])
    app = QApplication([])
    settings = Settings(home, extra=application.SETTINGS)
    for key, value in _CHOICES.items():
        settings.set(key, value)
    root = Application(app, settings, home)
    root.window.resize(1280, 800)
    root.window.show()
    rest(app, 0.5)
    panel = root.window.label.frames
    clock = Clock()
    root.opening.open(where)
    found: dict[str, object] = {}
    until(app, lambda: panel.model.rowCount() > 0)
    found["listed"] = clock.read()
    until(app, lambda: root.session is not None and root.session.desk.current is not None)
    found["first image"] = clock.read()
    until(app, lambda: has_pictures(panel))
    found["first thumbnails"] = clock.read()
    rest(app, 1.5)
    found["images"] = panel.model.rowCount()
    found |= {f"filter, {name}": filtered(panel, text) for name, text in FILTERS.items()}
    found["sorted by labelled share"] = sorted_by(panel, Sort.LABELLED)
    sorted_by(panel, Sort.NAME)
    found["next image"] = walked(app, root)
    found["scroll"] = scrolled(app, panel)
    found["rss MiB"] = round(psutil.Process().memory_info().rss / 2**20)
    out.write_text(json.dumps(found))
    root.window.close()
    return 0


def rest(app: QApplication, seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        app.processEvents()
        time.sleep(0.002)


def until(app: QApplication, happened: Callable[[], bool]) -> None:
    end = time.perf_counter() + _LONGEST_S
    while not happened():
        app.processEvents()
        if time.perf_counter() > end:
            raise TimeoutError(happened)
        time.sleep(0.001)


def has_pictures(panel: FramesPanel) -> bool:
    names = panel.seen_ids()
    return bool(names) and all(name in panel.model._pictures for name in names)


def filtered(panel: FramesPanel, text: str) -> list[float]:
    clock = Clock()
    panel.filter_box.setText(text)
    panel.repaint()
    panel.view.viewport().repaint()
    return clock.read()


def sorted_by(panel: FramesPanel, by: Sort) -> list[float]:
    clock = Clock()
    panel.sorting._choices[by].trigger()
    panel.view.viewport().repaint()
    return clock.read()


def walked(app: QApplication, root: Application) -> list[float]:
    """Mean of twenty images, one after the other."""
    clock = Clock()
    desk = root.session.desk
    for _ in range(20):
        before = desk.current
        root.do("image.next")
        until(app, lambda before=before: desk.current != before)
    return [each / 20 for each in clock.read()]


def scrolled(app: QApplication, panel: FramesPanel) -> dict[str, float]:
    """300 frames of 1/60 s, a third of a row each, a long jump in every 50th."""
    bar = panel.view.verticalScrollBar()
    times: list[list[float]] = []
    for n in range(300):
        begin = time.perf_counter()
        clock = Clock()
        bar.setValue((n * 7919 * 62) % max(bar.maximum(), 1) if n % 50 == 0 else bar.value() + 20)
        panel.view.viewport().repaint()
        app.processEvents()
        times.append(clock.read())
        while time.perf_counter() - begin < FRAME_S:
            app.processEvents()
            time.sleep(0.001)
    wall, cpu, _all = np.array(times).T * 1000
    return {
        "median ms": round(float(np.median(wall)), 2),
        "p99 ms": round(float(np.percentile(wall, 99)), 2),
        "cpu median ms": round(float(np.median(cpu)), 2),
        "cpu p99 ms": round(float(np.percentile(cpu, 99)), 2),
        "late frames, of 300": int((wall > 1000 * FRAME_S).sum()),
        "late by cpu, of 300": int((cpu > 1000 * FRAME_S).sum()),
    }


if __name__ == "__main__":
    sys.exit(main())
