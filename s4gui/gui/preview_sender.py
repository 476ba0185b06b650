"""The thread that packs labels for the preview process, starts it, and remembers what it sent."""

from __future__ import annotations

import base64
import contextlib
import itertools
import os
import queue
import tempfile
import threading
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from s4gui.core.classes import UNLABELLED
from s4gui.core.errors import WireError, WorkerDied
from s4gui.gui import processes
from s4gui.wire import preview as wire
from s4gui.wire.preview import FrameFile, LabelTile
from s4gui.wire.transport import Attached

RawTile = tuple[int, int, int, int, bytes]
_QUIT_S = 0.3


@dataclass(frozen=True, slots=True)
class Ended:
    """The preview process is gone: how, and what it said last. `how`: it never started."""

    exit_code: int | None = None
    tail: str = ""
    how: str = ""


@dataclass(slots=True)
class _Taught:
    """What the process was told about one frame: packed tiles by their first pixel."""

    image: FrameFile
    shape: tuple[int, int]
    tiles: dict[tuple[int, int], LabelTile] = field(default_factory=dict)


class Sender:
    """One thread that packs labels, starts the process and sends; it remembers what it sent.

    All methods but `close` run on that thread, as tasks.
    """

    _numbers = itertools.count(1)

    def __init__(
        self,
        command: Sequence[str] | None,
        tell: Callable[[Sender, object], object],
    ) -> None:
        self.tasks: queue.SimpleQueue[Callable[[Sender], None] | None] = queue.SimpleQueue()
        self._command = command
        self._tell = tell
        self._link: Attached | None = None
        self._listener: threading.Thread | None = None
        self._open: wire.Open | None = None
        self._taught: dict[str, _Taught] = {}
        self._fit: wire.Fit | None = None
        name = f"s4gui-preview-{os.getpid()}-{next(self._numbers)}.log"
        self._log = Path(tempfile.gettempdir()) / name
        self._thread = threading.Thread(target=self._work, name="preview-send", daemon=True)
        self._thread.start()

    def open(self, command: wire.Open) -> None:
        """A (new) project."""
        self._open, self._fit = command, None
        self._taught.clear()
        self.send(command)

    def start(self) -> None:
        """Start the process unless it runs, and tell it all it should know."""
        if self._link is not None and self._link.exit_code is None:
            return
        self._end()
        try:
            link = self._link = processes.start(
                "preview", greeting="PreviewHello", log=self._log, command=self._command
            )
        except WorkerDied as error:
            self._tell(self, Ended(how=str(error)))
            return
        for command in self._known():
            self.send(command)
        self._listener = threading.Thread(
            target=self._listen, args=(link,), name="preview-listen", daemon=True
        )
        self._listener.start()

    def send(self, command: wire.PreviewCommand) -> None:
        """Send if there is somebody to send to."""
        if self._link is not None:
            self._link.send(wire.encode(command))

    def update(self, image: FrameFile, shape: tuple[int, int], raw: tuple[RawTile, ...]) -> None:
        """Pack and send the tiles that differ from what was sent before."""
        taught = self._taught.get(image.frame)
        if taught is None or taught.shape != shape or taught.image != image:
            if taught is not None:
                self.forget(image.frame)
            taught = self._taught[image.frame] = _Taught(image, shape)
        changed = []
        for y0, x0, y1, x1, pixels in raw:
            tile = LabelTile(y0, x0, y1, x1, pack(pixels))
            is_blank = pixels.count(UNLABELLED) == len(pixels)
            known = taught.tiles.pop((y0, x0), None)
            if not is_blank:
                taught.tiles[y0, x0] = tile
            if known != tile and not (is_blank and known is None):
                changed.append(tile)
        if changed:
            self.send(wire.UpdateLabels(image, shape[0], shape[1], tuple(changed)))

    def forget(self, frame: str) -> None:
        """This frame no longer teaches."""
        if self._taught.pop(frame, None) is not None:
            self.send(wire.ForgetLabels(frame))

    def fit(self, command: wire.Fit) -> None:
        """Ask for an answer; asked again after a restart if it was not given."""
        self._fit = command
        self.send(command)

    def answered(self, ticket: int) -> None:
        """The current image of this Fit was answered for."""
        if self._fit is not None and self._fit.ticket == ticket:
            self._fit = None

    def close(self) -> None:
        """End process and threads (called from another thread)."""
        self.tasks.put(None)
        self._thread.join(5.0)

    def _known(self) -> list[wire.PreviewCommand]:
        if self._open is None:
            return []
        labels = [
            wire.UpdateLabels(each.image, *each.shape, tuple(each.tiles.values()))
            for each in self._taught.values()
            if each.tiles
        ]
        return [self._open, *labels, *([self._fit] if self._fit else [])]

    def _work(self) -> None:
        while (task := self.tasks.get()) is not None:
            task(self)
        if self._link is not None:
            self._link.send(wire.encode(wire.Quit()))
            self._link.end_input()
            if self._listener is not None:
                self._listener.join(_QUIT_S)
        self._end()
        with contextlib.suppress(OSError):
            self._log.unlink()

    def _end(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            link.kill()
            if self._listener is not None:
                self._listener.join()
            link.close()

    def _listen(self, link: Attached) -> None:
        # The window may be gone before its threads: then nobody is left to tell.
        with contextlib.suppress(RuntimeError):
            while not link.ended:
                events = []
                for line in link.read(0.5):
                    with contextlib.suppress(WireError):
                        events.append(wire.decode_event(line))
                if events:
                    self._tell(self, events)
            self._tell(self, Ended(link.exit_code, link.tail()))


def pack(pixels: bytes) -> str:
    """Label bytes as a LabelTile carries them: zlib level 1, base64."""
    return base64.b64encode(zlib.compress(pixels, 1)).decode("ascii")
