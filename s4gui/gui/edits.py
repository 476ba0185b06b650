"""Edits: whole edits of the current frame: shapes, fill, accept, undo; strokes are the easel's."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from s4gui.core.change import Change
from s4gui.core.classes import UNLABELLED, VOID
from s4gui.core.frames import FrameId
from s4gui.core.labels import Box
from s4gui.core.messages import say
from s4gui.core.prediction import Prediction
from s4gui.gui.canvas.asks import RegionAsk
from s4gui.gui.desk import Desk
from s4gui.gui.regions import region_at
from s4gui.workbench.painting import Tool


class Edits(QObject):
    """What is costly is worked out in a job; the edit is done when its answer is there.

    `edited` tells a finished edit with its frame and box.
    """

    edited = Signal(str, object)  # frame, Box or None

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.owner)
        self._desk = desk

    def may_paint(self, value: int) -> bool:
        """Whether this value can be painted now; says why not."""
        workbench = self._desk.workbench
        if self._desk.read_only:
            what = say("easel.read_only", "This project is open read-only here")
            self._desk.notices.warn(what)
            return False
        if value not in workbench.class_map and value not in {VOID, UNLABELLED}:
            self._desk.notices.warn(
                say("easel.no_class", "There is no class to paint with"),
                say("easel.no_class.hint", "Add a class at the right"),
            )
            return False
        return True

    def region(self, ask: RegionAsk) -> None:
        """Set a finished shape to the chosen value, or erase it."""
        frame, workbench = self._desk.current, self._desk.workbench
        value = UNLABELLED if ask.erases else workbench.value
        if frame is not None and self.may_paint(value):
            change = workbench.paint_region(frame, ask.inside, ask.box, value, tool=workbench.tool)
            self.publish(frame, change)

    def paint(self, inside: NDArray[np.bool_], box: Box, *, tool: Tool) -> None:
        """Set an area that was found (box-shaped bool) to the chosen value."""
        frame, workbench = self._desk.current, self._desk.workbench
        if frame is not None and self.may_paint(workbench.value):
            change = workbench.paint_region(frame, inside, box, workbench.value, tool=tool)
            self.publish(frame, change)

    def accept(self, prediction: Prediction, y: int, x: int) -> None:
        """Take the predicted region at a pixel into the labels."""
        frame = self._desk.current
        if frame is None or not self.may_paint(UNLABELLED):
            return
        if not (0 <= y < prediction.shape[0] and 0 <= x < prediction.shape[1]):
            return
        classes = prediction.classes
        self._desk.jobs.run(
            "region",
            lambda: region_at(classes == classes[y, x], y, x),
            lambda found: self._accept_region(frame, prediction, *found),
            owner=self,
            priority=-20,
        )

    def _accept_region(
        self, frame: FrameId, prediction: Prediction, inside: NDArray[np.bool_], box: Box
    ) -> None:
        if frame != self._desk.current or self._desk.workbench.painting:
            return
        change = self._desk.workbench.accept(frame, prediction, inside, box)
        if not change and not self._desk.workbench.held_back:
            self._desk.notices.info(say("easel.nothing_new", "Nothing new to accept there"))
        self.publish(frame, change)

    def step(self, *, back: bool) -> None:
        """Undo or redo one edit of the current frame."""
        frame, workbench = self._desk.current, self._desk.workbench
        if frame is not None and not self._desk.read_only:
            self.publish(frame, workbench.undo(frame) if back else workbench.redo(frame))

    def tell_held_back(self) -> None:
        """Say that locks kept an edit from changing anything, if they did."""
        if self._desk.workbench.held_back:
            self._desk.notices.info(
                say("edits.locked", "Nothing was changed: all that is locked there"),
                say("edits.locked.hint", "The locks are above the classes, at the right"),
            )

    def publish(self, frame: FrameId, change: Change) -> None:
        """Announce a whole edit of the current frame, or why there was none."""
        self._desk.publish(change, self)
        if not change:
            self.tell_held_back()
        if frame in change.labels:
            self.edited.emit(frame, change.labels[frame])
