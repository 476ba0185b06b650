"""Thumbnailer: makes the thumbnails that lists ask for, one after the other, newest wish first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from s4gui.core.frames import FrameId
from s4gui.gui.jobs import Jobs
from s4gui.store.thumbnails import Thumbnails

_RGB = QImage.Format.Format_RGB888


class Thumbnailer(QObject):
    """One job at a time, so that the other thread is free for the image that somebody opens.

    `seen` tells which frames are before the eye: what was scrolled away is not made; its row
    asks again when it is painted again.
    """

    made = Signal(str, QImage)

    def __init__(
        self,
        owner: QObject,
        jobs: Jobs,
        store: Thumbnails,
        path_of: Callable[[FrameId], Path],
        seen: Callable[[], set[FrameId]],
    ) -> None:
        super().__init__(owner)
        self._jobs, self._store, self._path_of, self._seen = jobs, store, path_of, seen
        self._wishes: dict[FrameId, None] = {}
        self._making: FrameId | None = None
        jobs.run("prune thumbnails", store.prune, _nothing, owner=self, priority=20)

    def ask(self, frame_id: FrameId) -> None:
        """Make a thumbnail soon."""
        if frame_id == self._making:
            return
        self._wishes.pop(frame_id, None)
        self._wishes[frame_id] = None
        if self._making is None:
            self._make_next()

    def _make_next(self) -> None:
        self._making = None
        seen = self._seen()
        self._wishes = {name: None for name in self._wishes if name in seen}
        if not self._wishes:
            return
        name, _ = self._wishes.popitem()
        self._making = name
        path = self._path_of(name)
        self._jobs.run(
            "thumbnail",
            lambda: _picture(self._store, path),
            lambda picture: self._made(name, picture),
            lambda _error: self._made(name, QImage(1, 1, _RGB)),
            owner=self,
            priority=10,
        )

    def _made(self, frame_id: FrameId, picture: QImage) -> None:
        self.made.emit(frame_id, picture)
        self._make_next()


def _picture(store: Thumbnails, path: Path) -> QImage:
    small = np.ascontiguousarray(store.get(path))
    height, width = small.shape[:2]
    return QImage(small.data, width, height, 3 * width, _RGB).copy()


def _nothing(_none: None) -> None:
    """Nobody waits for it."""
