"""Strokes of brush and eraser: free, along 45 degrees, or straight from the last point."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto

from s4gui.core.strokes import PointYX
from s4gui.gui.canvas import brush
from s4gui.gui.canvas.asks import Asks, StrokeAsk, StrokeEnds, StrokeGoesOn
from s4gui.gui.canvas.gestures.parts import Gesture, Hand, Outline
from s4gui.gui.canvas.inputs import Point


class _Way(Enum):
    """How the stroke goes."""

    NONE = auto()
    FREE = auto()
    LINE = auto()  # Shift pressed: a click draws a line, a drag goes along 45 degrees
    STRAIGHT = auto()


class Strokes(Gesture):
    """One stroke at a time; `erases` is set by `start` and stays for the stroke."""

    def __init__(self, hand: Hand) -> None:
        super().__init__(hand)
        self._way = _Way.NONE
        self._start = Point((0, 0), (0, 0))
        self._axis: PointYX = (0.0, 1.0)
        self._line_from: PointYX | None = None

    @property
    def outline(self) -> Outline | None:
        """With Shift: the line that a click would draw."""
        hand, start = self.hand, self._line_from
        if not hand.held.shift or self.is_stroke or hand.hover is None or start is None:
            return None
        return Outline("line", (start, hand.hover.yx))

    @property
    def is_stroke(self) -> bool:  # type: ignore[override]  # an attribute elsewhere
        """Whether it paints at this moment."""
        return self._way is _Way.FREE or self._way is _Way.STRAIGHT

    def start(self, at: Point, *, erases: bool, line: bool = False) -> Asks:
        """Begin to paint or erase; `line`: wait whether it is a click or a drag."""
        self.erases, self._start = erases, at
        if line:
            self._way = _Way.LINE
            return ()
        self._way, self._line_from = _Way.FREE, at.yx
        return (StrokeAsk("erase" if erases else "tool", at.yx, self.hand.radius_px),)

    def move(self, points: Sequence[Point]) -> Asks:
        """Go on."""
        if self._way is _Way.FREE:
            self._line_from = points[-1].yx
            return (StrokeGoesOn(tuple(each.yx for each in points)),)
        if self._way is _Way.STRAIGHT:
            return self._go_straight(points)
        if self._way is not _Way.LINE or not points[-1].far_from(self._start):
            return ()
        self._axis = brush.snapped_axis(self._start.yx, points[-1].yx)
        began = self.start(self._start, erases=self.erases)
        self._way = _Way.STRAIGHT
        return (*began, *self._go_straight(points[-1:]))

    def release(self, at: Point) -> Asks:
        """The stroke is done."""
        way, self._way = self._way, _Way.NONE
        if way is not _Way.LINE:
            return (StrokeEnds(),)
        start = self._line_from if self._line_from is not None else at.yx
        self._line_from = at.yx
        began = StrokeAsk("erase" if self.erases else "tool", start, self.hand.radius_px)
        return (began, StrokeGoesOn((at.yx,)), StrokeEnds())

    def escape(self) -> Asks:
        """Take the stroke back."""
        return self._stop(cancelled=True)

    def end(self) -> Asks:
        """Keep what is painted."""
        return self._stop(cancelled=False)

    def drop(self) -> None:
        """No line goes on from another frame."""
        self._line_from = None

    def _stop(self, *, cancelled: bool) -> Asks:
        painted, self._way = self.is_stroke, _Way.NONE
        return (StrokeEnds(cancelled),) if painted else ()

    def _go_straight(self, points: Sequence[Point]) -> Asks:
        path = tuple(brush.on_axis(self._start.yx, self._axis, each.yx) for each in points)
        self._line_from = path[-1]
        return (StrokeGoesOn(path),)
