"""Superpixels: cells of the current image, found ahead in jobs, shown, and painted by a drag."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from s4gui.core.change import Change
from s4gui.core.classes import UNLABELLED
from s4gui.core.messages import say
from s4gui.core.strokes import PointYX
from s4gui.core.superpixels import SIZES_PX, Cells, nearest_size, parted
from s4gui.gui.canvas.asks import CellsAsk, Stage
from s4gui.gui.canvas.interaction import pixel_of
from s4gui.gui.canvas.marks import Mark
from s4gui.gui.canvas.view import Canvas
from s4gui.gui.desk import Desk
from s4gui.gui.edits import Edits
from s4gui.workbench.painting import Tool

_TOPIC = "superpixels"


class Superpixels(QObject):
    """While the tool is in hand all sizes are found, the chosen one first, one job each.

    Those of one image are kept; another image, and no one waits for the rest.
    """

    def __init__(self, desk: Desk, edits: Edits) -> None:
        super().__init__(desk.owner)
        self._desk, self._edits = desk, edits
        self._pixels: NDArray[np.uint8] | None = None
        self._cells: dict[int, Cells] = {}
        self._under_way: int | None = None
        self._canvas: Canvas | None = None
        self._marked: tuple[int, int] | None = None  # size and number
        self._hover = (-1, -1)
        self._last: PointYX | None = None
        self._touched: set[int] = set()
        desk.bus.changed.connect(self._changed)

    def add_canvas(self, canvas: Canvas) -> None:
        """A canvas to work on."""
        canvas.cells_asked.connect(partial(self._asked, canvas))
        canvas.hovered.connect(partial(self._hovered, canvas))

    @property
    def size_px(self) -> int:
        """The chosen size."""
        return nearest_size(2 * self._desk.workbench.radius_px(Tool.SUPERPIXEL))

    # --- found ahead -------------------------------------------------------------------------

    def _changed(self, change: Change, _initiator: object) -> None:
        if change.current_frame:
            self._desk.jobs.forget(_TOPIC)
            self._cells.clear()
            self._pixels = self._under_way = None
            self._unmark()
        if change.tool or change.current_frame:
            self._find()
            self._show()

    def _find(self) -> None:
        workbench, pixels = self._desk.workbench, self._desk.window.label.canvas.pixels
        if pixels is not self._pixels:
            self._cells.clear()
        missing = [size for size in (self.size_px, *SIZES_PX) if size not in self._cells]
        if workbench.tool is not Tool.SUPERPIXEL or pixels is None or not missing:
            return
        if pixels is self._pixels and self._under_way == missing[0]:
            return
        size = self._under_way = missing[0]
        self._pixels = pixels
        self._desk.jobs.run(
            _TOPIC,
            lambda: parted(pixels, size),
            lambda cells: self._found(pixels, size, cells),
            owner=self,
            priority=-4 if size == self.size_px else 10,
        )

    def _found(self, pixels: NDArray[np.uint8], size: int, cells: Cells) -> None:
        self._under_way = None
        if pixels is self._pixels:
            self._cells[size] = cells
        self._show()
        self._find()

    @property
    def _now(self) -> Cells | None:
        """The cells to work with; None if they are not found yet."""
        is_of_image = self._pixels is self._desk.window.label.canvas.pixels
        return self._cells.get(self.size_px) if is_of_image else None

    # --- shown -------------------------------------------------------------------------------

    def _hovered(self, canvas: Canvas, y: int, x: int) -> None:
        if canvas is not self._canvas:
            self._unmark()
        self._canvas, self._hover = canvas, (y, x)
        self._show()

    def _show(self) -> None:
        """Mark the cell under the pointer; while it is painted the paint itself shows it."""
        workbench, cells, frame = self._desk.workbench, self._now, self._desk.current
        shown = workbench.tool is Tool.SUPERPIXEL and not workbench.painting
        if not shown or cells is None or frame is None or self._hover[0] < 0:
            self._unmark()
            return
        number = cells.at(*self._hover)
        marked = self.size_px, number
        if self._canvas is None or (marked == self._marked and not workbench.locks):
            return
        inside, box = cells.area(number, workbench.mask(frame).shape)
        inside = workbench.let(frame, inside, box, workbench.value)
        self._marked = marked
        self._canvas.show_mark(Mark.of(inside, box))

    def _unmark(self) -> None:
        if self._marked and self._canvas is not None:
            self._canvas.show_mark(None)
        self._marked = None

    # --- painted -----------------------------------------------------------------------------

    def _asked(self, canvas: Canvas, ask: CellsAsk) -> None:
        self._canvas = canvas
        if ask.stage is Stage.LOOK:
            if self._last is None and not self._begin(ask):
                return
            for each in ask.points_yx:
                self._touch(each)
            return
        if self._last is None:
            return
        self._last = None
        frame, workbench = self._desk.current, self._desk.workbench
        if ask.stage is Stage.DROP:
            self._desk.publish(workbench.cancel_stroke(), self)
        elif frame is not None:
            self._edits.publish(frame, workbench.end_stroke())
        self._show()

    def _begin(self, ask: CellsAsk) -> bool:
        frame, workbench = self._desk.current, self._desk.workbench
        value = UNLABELLED if ask.erases else workbench.value
        if frame is None or not self._edits.may_paint(value):
            return False
        if self._now is None:
            self._find()
            self._desk.notices.info(
                say("superpixels.not_yet", "The superpixels are being found: one moment")
            )
            return False
        self._unmark()
        self._touched.clear()
        self._last = ask.points_yx[0]
        self._desk.publish(workbench.begin_areas(frame, value=value, tool=Tool.SUPERPIXEL), self)
        return True

    def _touch(self, to: PointYX) -> None:
        """Paint the cells on the straight way from the last point."""
        cells, frame, workbench = self._now, self._desk.current, self._desk.workbench
        if cells is None or frame is None or self._last is None:
            return
        shape = workbench.mask(frame).shape
        start, self._last = np.array(self._last), to
        steps = int(np.abs(np.array(to) - start).max()) + 1
        for share in np.linspace(0.0, 1.0, steps + 1):
            y, x = start + share * (np.array(to) - start)
            pixel = pixel_of((float(y), float(x)), shape)
            number = cells.at(*pixel) if pixel is not None else 0
            if number and number not in self._touched:
                self._touched.add(number)
                self._desk.publish(workbench.add_area(*cells.area(number, shape)), self)
