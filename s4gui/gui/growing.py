"""Growing: what the strokes of an image would grow to, worked out in a job, shown, and painted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from s4gui.core.change import Change
from s4gui.core.classes import UNLABELLED
from s4gui.core.frames import FrameId
from s4gui.core.growing import grown
from s4gui.core.labels import Box
from s4gui.core.locks import Locks
from s4gui.core.messages import say
from s4gui.core.sources import SourceKind
from s4gui.gui.canvas.asks import GrowAsk, Stage
from s4gui.gui.canvas.marks import Mark
from s4gui.gui.canvas.view import Canvas
from s4gui.gui.desk import Desk
from s4gui.gui.edits import Edits
from s4gui.workbench.painting import Tool

_TOPIC = "grow"


@dataclass(frozen=True, slots=True)
class _Wish:
    """What the mark is of; another wish, and it is worked out anew."""

    frame: FrameId
    reach_px: float
    locks: Locks


@dataclass(frozen=True, eq=False, slots=True)
class _Found:
    """Labels that would grow, uint8 of the mark's box, and how they are shown."""

    labels: NDArray[np.uint8]
    mark: Mark


class Growing(QObject):
    """With the tool in hand the mark follows strokes, reach and locks; its end is the brush."""

    def __init__(self, desk: Desk, edits: Edits) -> None:
        super().__init__(desk.owner)
        self._desk, self._edits = desk, edits
        self._wish: _Wish | None = None
        self._found: _Found | None = None
        self._takes = False
        desk.bus.changed.connect(self._changed)

    def asked(self, ask: GrowAsk) -> None:
        """Look again, take what is shown, or leave all as it is."""
        if ask.stage is Stage.LOOK:
            self._look()
        elif ask.stage is Stage.DROP:
            self._leave()
        elif self._found is not None:
            self._take(self._found)
        elif self._wish is not None:
            self._takes = True

    @property
    def _canvas(self) -> Canvas:
        return self._desk.window.label.canvas

    def _changed(self, change: Change, _initiator: object) -> None:
        workbench, frame = self._desk.workbench, self._desk.current
        if workbench.tool is not Tool.GROW or frame is None:
            if self._wish is not None:
                self._drop()
        elif change.current_frame or frame in change.labels or self._wish != self._wanted(frame):
            self._look()

    def _wanted(self, frame: FrameId) -> _Wish:
        workbench = self._desk.workbench
        return _Wish(frame, 2 * workbench.radius_px(Tool.GROW), workbench.locks)

    def _look(self) -> None:
        self._drop()
        frame, workbench, pixels = self._desk.current, self._desk.workbench, self._canvas.pixels
        if frame is None or pixels is None or not self._edits.may_paint(UNLABELLED):
            return
        wish = self._wish = self._wanted(frame)
        # The mask belongs to the window's thread: the job gets a copy.
        mask, kinds = workbench.mask(frame), self._desk.project.sources.kinds()
        labels, sources = mask.labels.copy(), mask.sources.copy()
        palette = workbench.class_map.palette()

        def work() -> _Found:
            is_stroke = (labels != UNLABELLED) & (kinds[sources] != SourceKind.GROWN.number)
            return _found(grown(pixels, labels, is_stroke, wish.reach_px), palette, labels)

        self._desk.jobs.run(
            _TOPIC, work, lambda found: self._look_done(wish, found), owner=self, priority=-20
        )

    def _look_done(self, wish: _Wish, found: _Found) -> None:
        if wish != self._wish:
            return
        self._found = found
        if not found.mark.plane.any():
            if self._takes:
                self._leave()
            self._desk.notices.info(
                say("growing.nothing", "Nothing grows: there is no stroke, or no room beside it"),
                say("growing.nothing.hint", "Paint a stroke, or reach farther with Shift+wheel"),
            )
        elif self._takes:
            self._take(found)
        else:
            self._canvas.show_mark(self._let(found).mark)

    def _let(self, found: _Found) -> _Found:
        """What is left of it by the locks."""
        workbench, frame, labels = self._desk.workbench, self._desk.current, found.labels
        if not workbench.locks or frame is None:
            return found
        box = found.mark.box
        free = workbench.let(frame, labels != UNLABELLED, box, labels)
        left = np.where(free, labels, np.uint8(UNLABELLED))
        below = workbench.mask(frame).labels[box.slices]
        return _Found(left, Mark.of_labels(left, box, workbench.class_map.palette(), below))

    def _take(self, found: _Found) -> None:
        wish = self._wish
        self._leave()
        if wish is None or wish.frame != self._desk.current:
            return
        change = self._desk.workbench.grow(
            wish.frame, found.labels, found.mark.box, reach_px=wish.reach_px
        )
        self._edits.publish(wish.frame, change)

    def _leave(self) -> None:
        self._drop()
        self._desk.publish(self._desk.workbench.choose_tool(Tool.BRUSH), self)

    def _drop(self) -> None:
        self._desk.jobs.forget(_TOPIC)
        if self._found is not None:
            self._canvas.show_mark(None)
        self._wish = self._found = None
        self._takes = False


def _found(
    labels: NDArray[np.uint8], palette: NDArray[np.uint8], below: NDArray[np.uint8]
) -> _Found:
    rows = np.flatnonzero((labels != UNLABELLED).any(1))
    columns = np.flatnonzero((labels != UNLABELLED).any(0))
    box = Box(0, 0, 0, 0)
    if rows.size:
        box = Box(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)
    part = np.ascontiguousarray(labels[box.slices])
    return _Found(part, Mark.of_labels(part, box, palette, below[box.slices]))
