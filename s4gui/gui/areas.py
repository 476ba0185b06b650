"""AreaFinder: areas around a click, worked out in a job, shown, and painted when let go."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from s4gui.core.classes import UNLABELLED
from s4gui.core.frames import FrameId
from s4gui.core.labels import Box
from s4gui.core.messages import say
from s4gui.gui import regions
from s4gui.gui.canvas.asks import Area, AreaAsk, Stage
from s4gui.gui.canvas.marks import Mark
from s4gui.gui.canvas.view import Canvas
from s4gui.gui.desk import Desk
from s4gui.gui.edits import Edits
from s4gui.gui.selection import Selection
from s4gui.workbench.painting import Tool

_TOOLS = {Area.CONNECTED: Tool.FILL, Area.ENCLOSED: Tool.ENCLOSED, Area.SIMILAR: Tool.WAND}


@dataclass(frozen=True, eq=False, slots=True)
class _Found:
    """What a job found; `spread` is the wand's plane of colour distances, to be used again."""

    mark: Mark
    inside: NDArray[np.bool_]
    is_open: bool = False
    spread: NDArray[np.uint8] | None = None


class AreaFinder(QObject):
    """Answers AreaAsks of canvases. The newest ask counts; what is outdated is dropped."""

    def __init__(self, desk: Desk, edits: Edits, selection: Selection) -> None:
        super().__init__(desk.owner)
        self._desk, self._edits, self._selection = desk, edits, selection
        self._ask: AreaAsk | None = None
        self._frame: FrameId | None = None
        self._canvas: Canvas | None = None
        self._found: _Found | None = None
        self._takes = False
        self._spread: NDArray[np.uint8] | None = None

    def asked(self, canvas: Canvas, ask: AreaAsk, y: int, x: int) -> None:
        """Look for an area, take it, or drop it."""
        if ask.kind is Area.PIECE:
            self._selection.select(canvas, y, x)
        elif ask.stage is Stage.LOOK:
            self._look(canvas, ask, y, x)
        elif ask.stage is Stage.DROP:
            self.drop()
        elif self._ask == replace(ask, stage=Stage.LOOK):
            self._takes = True
            if self._found is not None:
                self._take(self._found)

    def drop(self) -> None:
        """Forget the area."""
        self._desk.jobs.forget("area")
        if self._canvas is not None:
            self._canvas.show_mark(None)
        self._ask = self._found = self._spread = None
        self._takes = False

    def _look(self, canvas: Canvas, ask: AreaAsk, y: int, x: int) -> None:
        frame, workbench, pixels = self._desk.current, self._desk.workbench, canvas.pixels
        if self._ask is None or self._ask.at_yx != ask.at_yx or self._frame != frame:
            self.drop()
        if frame is None or pixels is None or not self._edits.may_paint(workbench.value):
            return
        self._ask, self._frame, self._canvas, self._found = ask, frame, canvas, None
        value, spread = workbench.value, self._spread
        if ask.kind is Area.SIMILAR:

            def work() -> _Found:
                return _similar(pixels, spread, y, x, ask.reach)

        else:
            # The mask belongs to the window's thread: the job gets a copy.
            labels = workbench.mask(frame).labels.copy()
            enclosed = ask.kind is Area.ENCLOSED

            def work() -> _Found:
                return (_enclosed if enclosed else _connected)(labels, y, x, value)

        self._desk.jobs.run(
            "area", work, lambda found: self._look_done(ask, found), owner=self, priority=-20
        )

    def _look_done(self, ask: AreaAsk, found: _Found) -> None:
        if ask is not self._ask or self._canvas is None:
            return
        if self._frame != self._desk.current or self._desk.workbench.painting:
            self.drop()
            return
        self._found, self._spread = found, found.spread
        if self._takes:
            self._take(found)
        else:
            self._canvas.show_mark(None if found.is_open else self._let(found))

    def _let(self, found: _Found) -> Mark:
        """What is left of the mark by the locks."""
        workbench, box = self._desk.workbench, found.mark.box
        if not workbench.locks or self._frame is None:
            return found.mark
        return Mark.of(workbench.let(self._frame, found.inside, box, workbench.value), box)

    def _take(self, found: _Found) -> None:
        ask = self._ask
        self.drop()
        if ask is None:
            return
        if found.is_open:
            self._desk.notices.warn(*_open_words(ask.kind))
        elif found.inside.any():
            self._edits.paint(found.inside, found.mark.box, tool=_TOOLS[ask.kind])
        elif ask.kind is Area.ENCLOSED:
            self._desk.notices.info(
                say("areas.none_enclosed", "Nothing unlabelled is enclosed there")
            )


def _open_words(kind: Area) -> tuple[str, str]:
    if kind is Area.ENCLOSED:
        return (
            say("areas.no_outline", "The chosen class does not enclose this place"),
            say("areas.no_outline.hint", "Draw its outline without a gap, then click inside"),
        )
    return (
        say("areas.open", "This area is open: it reaches all edges of the image"),
        say("areas.open.hint", "Draw its outline first, or use the polygon"),
    )


def _connected(labels: NDArray[np.uint8], y: int, x: int, _value: int) -> _Found:
    inside, box = regions.region_at(labels == labels[y, x], y, x)
    is_all = box == Box(0, 0, *labels.shape)
    is_open = bool(labels[y, x] == UNLABELLED) and is_all
    return _Found(Mark.of(inside, box), inside, is_open)


def _enclosed(labels: NDArray[np.uint8], y: int, x: int, value: int) -> _Found:
    found = regions.enclosed_at(labels, y, x, value)
    if found is None:
        nothing = np.zeros((0, 0), bool)
        return _Found(Mark.of(nothing, Box(y, x, y, x)), nothing, is_open=True)
    return _Found(Mark.of(*found), found[0])


def _similar(
    pixels: NDArray[np.uint8], spread: NDArray[np.uint8] | None, y: int, x: int, reach: int
) -> _Found:
    if spread is None:
        spread = regions.colour_spread(pixels, y, x)
    wanted = spread <= reach
    wanted[y, x] = True
    inside, box = regions.region_at(wanted, y, x)
    return _Found(Mark.of(inside, box), inside, spread=spread)
