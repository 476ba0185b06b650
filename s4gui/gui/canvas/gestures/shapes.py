"""Shapes that become pixels when they are finished: rectangle and polygon."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from s4gui.core.labels import Box
from s4gui.gui.canvas import brush
from s4gui.gui.canvas.asks import Asks, RegionAsk
from s4gui.gui.canvas.gestures.parts import Gesture, Hand, Outline
from s4gui.gui.canvas.inputs import Point

CLOSE_PX = 9.0
"""A click this near to a polygon's first corner closes it."""


class Rectangle(Gesture):
    """A filled rectangle from press to release."""

    def __init__(self, hand: Hand) -> None:
        super().__init__(hand)
        self._start: Point | None = None
        self._last = Point((0, 0), (0, 0))

    @property
    def outline(self) -> Outline | None:
        """From where the button went down to the pointer."""
        if self._start is None:
            return None
        return Outline("rectangle", (self._start.yx, self._last.yx))

    def press(self, at: Point) -> Asks:
        """The first corner."""
        self._start = self._last = at
        return ()

    def move(self, points: Sequence[Point]) -> Asks:
        """The opposite corner."""
        self._last = points[-1]
        return ()

    def release(self, at: Point) -> Asks:
        """Fill it; a click fills nothing."""
        start, self._start = self._start, None
        if start is None or self.hand.frame_hw is None or not at.far_from(start):
            return ()
        return _region(*brush.rectangle_pixels(start.yx, at.yx, self.hand.frame_hw))

    def escape(self) -> Asks:
        """Fill nothing."""
        self._start = None
        return ()

    end = escape


class Polygon(Gesture):
    """Corners by clicks; the first corner, Enter or a double-click closes it."""

    def __init__(self, hand: Hand) -> None:
        super().__init__(hand)
        self._corners: tuple[Point, ...] = ()

    @property
    def is_open(self) -> bool:  # type: ignore[override]
        """Whether there is a corner."""
        return bool(self._corners)

    @property
    def outline(self) -> Outline | None:
        """The corners and the pointer."""
        if not self._corners:
            return None
        here = (self.hand.hover.yx,) if self.hand.hover else ()
        return Outline("polygon", (*(each.yx for each in self._corners), *here))

    def press(self, at: Point) -> Asks:
        """One more corner, or the first again."""
        near = CLOSE_PX / self.hand.zoom
        if len(self._corners) > 2 and math.dist(self._corners[0].yx, at.yx) <= near:
            return self.enter()
        self._corners = (*self._corners, at)
        return ()

    def double_click(self, at: Point) -> Asks | None:
        """Close an open one."""
        del at
        return self.enter() if self._corners else None

    def enter(self) -> Asks:
        """Fill it; fewer than three corners fill nothing."""
        corners = tuple(each.yx for each in self._corners)
        self._corners = ()
        if len(corners) < 3 or self.hand.frame_hw is None:
            return ()
        return _region(*brush.polygon_pixels(corners, self.hand.frame_hw))

    def backspace(self) -> Asks:
        """One corner less."""
        self._corners = self._corners[:-1]
        return ()

    def escape(self) -> Asks:
        """No polygon."""
        self._corners = ()
        return ()

    def drop(self) -> None:
        """No polygon."""
        self._corners = ()


def _region(inside: NDArray[np.bool_], box: Box) -> Asks:
    return (RegionAsk(inside, box),) if inside.any() else ()
