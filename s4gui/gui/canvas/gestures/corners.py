"""Shapes of corners: clicked or drawn free hand, and changed until they are finished."""

from __future__ import annotations

import math
from collections.abc import Sequence

from s4gui.core.strokes import PointYX
from s4gui.gui.canvas import brush
from s4gui.gui.canvas.asks import Asks
from s4gui.gui.canvas.gestures.parts import Gesture, Hand, Outline, region
from s4gui.gui.canvas.inputs import Point

GRAB_PX = 8.0
"""A corner this near to the pointer is meant by it; screen pixels, so as the next two."""
EDGE_PX = 5.0
_FREE_STEP_PX = 2.0
_FREE_ERROR_PX = 1.2

Place = tuple[int, int]
"""A corner: which ring, which corner of it."""


class Corners(Gesture):
    """One or more rings of corners, the last of which grows.

    A click adds a corner, a drag draws on free hand; dragging a corner moves it, dragging an
    edge puts a new corner into it, a right click removes one. With Shift what is placed keeps
    to 45 degrees from the corner before. Begun with Ctrl, the shape erases.
    """

    takes_ctrl = True
    closes = True
    kind = "polygon"

    def __init__(self, hand: Hand) -> None:
        super().__init__(hand)
        self.rings: list[list[PointYX]] = []
        self._start = Point((0, 0), (0, 0))
        self._grabbed: Place | None = None  # moved by the drag
        self._edge: Place | None = None  # a drag would put a corner before this one
        self._free_from: int | None = None  # a drag goes on from this corner of the last ring
        self._dragged = False
        self._just_done = False

    # what is shown

    @property
    def is_open(self) -> bool:  # type: ignore[override]  # an attribute elsewhere
        """Whether there is a corner."""
        return bool(self.rings)

    @property
    def outline(self) -> Outline | None:
        """All corners; the last ring reaches to the pointer, where a click would put one."""
        if not self.rings:
            return None
        rings, hot = [tuple(each) for each in self.rings], None
        if self._grabbed is not None and self._dragged:
            hot = self._at(self._grabbed)
        elif self.hand.hover is not None and self._free_from is None:
            near = self._corner_near(self.hand.hover.yx)
            if near is not None:
                hot = self._at(near)
            elif self._edge_near(self.hand.hover.yx) is None:
                rings[-1] = (*rings[-1], self._placed(self.hand.hover.yx, rings[-1]))
        return Outline(
            self.kind,
            rings[0],
            holes=tuple(rings[1:]),
            hot_yx=hot,
            radius_px=self.width_radius_px,
            erases=self.erases,
        )

    @property
    def width_radius_px(self) -> float:
        """Half the width of its line in frame pixels; 0: the area inside is meant."""
        return 0.0

    # hand

    def press(self, at: Point) -> Asks:
        """One more corner, or one that a drag moves; with Alt the first corner of a hole."""
        self._start, self._dragged, self._just_done = at, False, False
        self._grabbed = self._edge = self._free_from = None
        if not self.rings:
            self.erases = self.hand.held.ctrl
            self.rings.append([])
        elif self.hand.held.alt and self.closes and len(self.rings[-1]) > 2:
            self.rings.append([])
        else:
            self._grabbed = self._corner_near(at.yx)
            if self._grabbed is not None:
                return ()
            self._edge = self._edge_near(at.yx)
            if self._edge is not None:
                return ()
        self._add(at.yx)
        return ()

    def move(self, points: Sequence[Point]) -> Asks:
        """Move a corner, put one into an edge, or draw on."""
        here = points[-1]
        if not self._dragged:
            if not here.far_from(self._start):
                return ()
            self._dragged = True
            if self._edge is not None:
                ring, before = self._edge
                self.rings[ring].insert(before, here.yx)
                self._grabbed, self._edge = self._edge, None
        if self._grabbed is not None:
            ring, number = self._grabbed
            corners = self.rings[ring]
            corners[number] = self._placed(here.yx, corners[:number] or corners[-1:])
        elif self._free_from is not None:
            self._draw_on(points)
        return ()

    def release(self, at: Point) -> Asks:
        """A click on a ring's first corner finishes, and so does a drag that ends there."""
        grabbed, edge, free_from = self._grabbed, self._edge, self._free_from
        self._grabbed = self._edge = self._free_from = None
        if not self._dragged:
            if edge is not None:
                self._add(at.yx)
                self._free_from = None
            done = grabbed is not None and grabbed[1] == 0 and self._is_ring(grabbed[0])
            return self._finish() if done else ()
        if free_from is None:
            return ()
        error_px = _FREE_ERROR_PX / self.hand.zoom
        corners = self.rings[-1]
        if len(corners) - free_from > 2:
            corners[free_from:] = brush.simplified(corners[free_from:], error_px)
            near = math.dist(corners[0], at.yx) <= GRAB_PX / self.hand.zoom
            if near and self._is_ring(len(self.rings) - 1):
                corners.pop()
                return self._finish()
        return ()

    def double_click(self, at: Point) -> Asks | None:
        """Finish; after a click that finished the second one means nothing."""
        del at
        if self._just_done and not self.rings:
            self._just_done = False
            return ()
        return self._finish() if self.rings else None

    def right_click(self, at: Point) -> bool:
        """Remove the corner there; whether there is one."""
        place = self._corner_near(at.yx)
        if place is None:
            return False
        ring, number = place
        del self.rings[ring][number]
        self.rings = [each for each in self.rings if each]
        return True

    # keys

    def enter(self) -> Asks:
        """Finish."""
        return self._finish()

    def backspace(self) -> Asks:
        """One corner less."""
        self.rings[-1].pop()
        if not self.rings[-1]:
            self.rings.pop()
        return ()

    def escape(self) -> Asks:
        """No shape."""
        self.drop()
        return ()

    def end(self) -> Asks:
        """The corners stay."""
        self._grabbed = self._edge = self._free_from = None
        return ()

    def drop(self) -> None:
        """No shape."""
        self.rings, self.erases = [], False
        self._grabbed = self._edge = self._free_from = None

    # inside

    def pixels(self, rings: list[list[PointYX]], frame_hw: tuple[int, int]) -> brush.Region | None:
        """The pixels of a finished shape; None if it has too few corners. Each tool's own."""
        raise NotImplementedError

    def _finish(self) -> Asks:
        rings, erases = self.rings, self.erases
        self.drop()
        self._just_done = True
        if self.hand.frame_hw is None:
            return ()
        found = self.pixels(rings, self.hand.frame_hw)
        return region(*found, erases=erases) if found is not None else ()

    def _add(self, yx: PointYX) -> None:
        corners = self.rings[-1]
        corners.append(self._placed(yx, corners))
        self._free_from = len(corners) - 1

    def _draw_on(self, points: Sequence[Point]) -> None:
        corners = self.rings[-1]
        if self.hand.held.shift and self._free_from == len(corners) - 1:
            corners[-1] = self._placed(points[-1].yx, corners[:-1])
            return
        step = _FREE_STEP_PX / self.hand.zoom
        for each in points:
            if math.dist(corners[-1], each.yx) >= step:
                corners.append(each.yx)

    def _placed(self, yx: PointYX, before: Sequence[PointYX]) -> PointYX:
        """Where a corner goes: with Shift at 45 degrees from the last one of `before`."""
        if not self.hand.held.shift or not before or before[-1] == yx:
            return yx
        return brush.on_axis(before[-1], brush.snapped_axis(before[-1], yx), yx)

    def _at(self, place: Place) -> PointYX:
        return self.rings[place[0]][place[1]]

    def _is_ring(self, ring: int) -> bool:
        return self.closes and len(self.rings[ring]) > 2

    def _corner_near(self, yx: PointYX) -> Place | None:
        places = [(r, n) for r, ring in enumerate(self.rings) for n in range(len(ring))]
        if not places:
            return None
        nearest = min(places, key=lambda place: math.dist(self._at(place), yx))
        near = math.dist(self._at(nearest), yx) <= GRAB_PX / self.hand.zoom
        return nearest if near else None

    def _edge_near(self, yx: PointYX) -> Place | None:
        """The end of the edge under a place; the edge that still grows is none."""
        reach = EDGE_PX / self.hand.zoom
        for r, ring in enumerate(self.rings):
            is_whole = r < len(self.rings) - 1
            for n in range(1, len(ring) + is_whole):
                if brush.distance_to(ring[n - 1], ring[n % len(ring)], yx) <= reach:
                    return r, n
        return None


class Polygon(Corners):
    """The area within rings of corners; what two rings hold is a hole."""

    def pixels(self, rings: list[list[PointYX]], frame_hw: tuple[int, int]) -> brush.Region | None:
        """The pixels inside; rings of fewer than three corners hold none."""
        whole = [tuple(ring) for ring in rings if len(ring) > 2]
        return brush.polygon_pixels(whole[0], frame_hw, holes=whole[1:]) if whole else None


class Polyline(Corners):
    """A line through corners, as wide as the brush."""

    closes = False
    kind = "polyline"

    @property
    def width_radius_px(self) -> float:
        """The brush's radius, as it is when the line is finished."""
        return self.hand.radius_px

    def pixels(self, rings: list[list[PointYX]], frame_hw: tuple[int, int]) -> brush.Region | None:
        """The pixels near the line; one corner is a dab."""
        return brush.polyline_pixels(rings[0], self.hand.radius_px, frame_hw)
