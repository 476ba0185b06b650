"""Selection: one labelled area of the frame, to be moved, reclassed, erased, copied, pasted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from s4gui.core.change import Change
from s4gui.core.classes import UNLABELLED
from s4gui.core.frames import FrameId
from s4gui.core.labels import Box
from s4gui.core.messages import say
from s4gui.gui import regions
from s4gui.gui.canvas.asks import MoveAsk, SelectedAsk, Stage
from s4gui.gui.canvas.marks import Mark
from s4gui.gui.canvas.view import Canvas
from s4gui.gui.desk import Desk
from s4gui.gui.edits import Edits
from s4gui.workbench.clipboard import Clip
from s4gui.workbench.painting import Tool

_Area = tuple[NDArray[np.bool_], Mark]


class Selection(QObject):
    """A connected area of one class and one source. Any edit but its own forgets it."""

    def __init__(self, desk: Desk, edits: Edits) -> None:
        super().__init__(desk.owner)
        self._desk, self._edits = desk, edits
        self._canvas: Canvas | None = None
        self._area: _Area | None = None
        self._value = UNLABELLED
        self._is_own = False
        self._clip: Clip | None = None
        desk.bus.changed.connect(self._changed)

    def select(self, canvas: Canvas, y: int, x: int) -> None:
        """Select the area at a pixel; at an unlabelled one nothing."""
        self.drop()
        frame = self._desk.current
        if frame is None:
            return
        mask = self._desk.workbench.mask(frame)
        if mask.labels[y, x] == UNLABELLED:
            return
        labels, sources = mask.labels.copy(), mask.sources.copy()

        def work() -> _Area:
            alike = (labels == labels[y, x]) & (sources == sources[y, x])
            inside, box = regions.region_at(alike, y, x)
            return inside, Mark.of(inside, box)

        self._canvas, self._value = canvas, int(labels[y, x])
        self._desk.jobs.run(
            "selection", work, lambda area: self._selected(frame, area), owner=self, priority=-20
        )

    def drop(self) -> None:
        """Select nothing."""
        self._desk.jobs.forget("selection")
        self._area = None
        if self._canvas is not None:
            self._canvas.show_selection(None)

    def asked(self, ask: MoveAsk | SelectedAsk) -> None:
        """A hand moves the area, erases it, or lets it go."""
        if isinstance(ask, MoveAsk):
            self._move(ask)
        elif ask.erases:
            self.erase()
        else:
            self.drop()

    def erase(self) -> None:
        """Erase the area."""
        self._paint(UNLABELLED)
        self.drop()

    def reclass(self, value: int) -> bool:
        """Give the area another class; whether one is selected."""
        return self._area is not None and self._paint(value)

    def copy(self) -> None:
        """Keep the area, or all labels if nothing is selected, to be pasted."""
        frame, workbench = self._desk.current, self._desk.workbench
        if frame is None:
            return
        inside, box = None, Box(0, 0, *workbench.mask(frame).shape)
        if self._area is not None:
            inside, box = self._area[0], self._area[1].box
        self._clip = Clip.of(frame, workbench.mask(frame), box, inside)
        self._desk.notices.info(
            say("selection.copied", "{px} labelled pixels copied", px=f"{self._clip.px:,}")
        )

    def paste(self) -> None:
        """Put what was copied where it was, on this image."""
        if self._clip is None:
            self._desk.notices.info(say("selection.nothing", "Nothing is copied yet"))
        else:
            self._paste(self._clip)

    def paste_from(self, frame: FrameId | None) -> None:
        """Put all labels of another image on this one."""
        if frame is None:
            self._desk.notices.info(
                say("selection.no_previous", "There is no image before this one")
            )
            return
        mask = self._desk.workbench.mask(frame)
        self._paste(Clip.of(frame, mask, Box(0, 0, *mask.shape), None))

    # --- inside ------------------------------------------------------------------------------

    def _paste(self, clip: Clip) -> None:
        frame, workbench = self._desk.current, self._desk.workbench
        if frame is None or not self._edits.may_paint(UNLABELLED):
            return
        self.drop()
        change = workbench.paste(frame, clip)
        if not change and not workbench.held_back:
            self._desk.notices.info(say("selection.nothing_new", "Nothing new to paste here"))
        self._edits.publish(frame, change)

    def _selected(self, frame: FrameId, area: _Area) -> None:
        if frame == self._desk.current and self._canvas is not None:
            self._area = area
            self._show(area[1])

    def _show(self, mark: Mark) -> None:
        if self._canvas is not None and self._desk.current is not None:
            self._canvas.show_selection(mark, self._value)

    def _move(self, ask: MoveAsk) -> None:
        frame, workbench = self._desk.current, self._desk.workbench
        if self._area is None or frame is None or not self._is_inside(ask.from_yx):
            return
        inside, mark = self._area
        by = round(ask.to_yx[0] - ask.from_yx[0]), round(ask.to_yx[1] - ask.from_yx[1])
        box = mark.box
        there = Box(box.y0 + by[0], box.x0 + by[1], box.y1 + by[0], box.x1 + by[1])
        if ask.stage is not Stage.TAKE:
            self._show(mark if ask.stage is Stage.DROP else replace(mark, box=there))
            return
        if not self._edits.may_paint(UNLABELLED):
            self._show(mark)
            return
        self._publish(frame, workbench.move(frame, inside, box, by))
        clip = there.clipped(workbench.mask(frame).shape)
        if workbench.held_back or clip.is_empty:
            self.drop()
            return
        rows = slice(clip.y0 - there.y0, clip.y1 - there.y0)
        part = inside[rows, clip.x0 - there.x0 : clip.x1 - there.x0]
        self._area = part, Mark.of(part, clip)
        self._show(self._area[1])

    def _is_inside(self, at_yx: tuple[float, float]) -> bool:
        if self._area is None:
            return False
        inside, mark = self._area
        y, x = round(at_yx[0]) - mark.box.y0, round(at_yx[1]) - mark.box.x0
        return 0 <= y < inside.shape[0] and 0 <= x < inside.shape[1] and bool(inside[y, x])

    def _paint(self, value: int) -> bool:
        frame, workbench = self._desk.current, self._desk.workbench
        if self._area is None or frame is None or not self._edits.may_paint(value):
            return False
        inside, mark = self._area
        self._publish(
            frame, workbench.paint_region(frame, inside, mark.box, value, tool=Tool.SELECT)
        )
        if not workbench.held_back:
            self._value = value
            self._show(mark)
        return True

    def _publish(self, frame: FrameId, change: Change) -> None:
        self._is_own = True
        self._edits.publish(frame, change)
        self._is_own = False

    def _changed(self, change: Change, _initiator: object) -> None:
        other_tool = change.tool and self._desk.workbench.tool is not Tool.SELECT
        if self._canvas is None or self._is_own:
            return
        if other_tool or change.current_frame or self._desk.current in change.labels:
            self.drop()
