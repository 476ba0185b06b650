"""Areas found around a click: shown while the button is down, taken when it is let go."""

from __future__ import annotations

from collections.abc import Sequence

from s4gui.gui.canvas.asks import Area, AreaAsk, Asks, Stage
from s4gui.gui.canvas.gestures.parts import Gesture, Hand
from s4gui.gui.canvas.inputs import Point

FIRST_REACH = 16
REACH_MAX = 255
_PX_PER_STEP = 3.0


class Areas(Gesture):
    """One kind of area. Of a wand a drag sets the reach: right or up for more.

    The reach is how far a colour may be from that under the click, 0 to 255; the next click
    begins with the last one.
    """

    def __init__(self, hand: Hand, kind: Area) -> None:
        super().__init__(hand)
        self._kind = kind
        self._start: Point | None = None
        self._first_reach = self._reach = FIRST_REACH

    @property
    def note(self) -> str:
        """The wand's reach while it is set."""
        return f"± {self._reach}" if self._start and self._kind is Area.SIMILAR else ""

    def press(self, at: Point) -> Asks:
        """Look for the area there."""
        self._start, self._first_reach = at, self._reach
        return (self._ask(at, Stage.LOOK),)

    def move(self, points: Sequence[Point]) -> Asks:
        """The wand reaches farther or less far."""
        if self._start is None or self._kind is not Area.SIMILAR:
            return ()
        (x0, y0), (x1, y1) = self._start.xy, points[-1].xy
        steps = round(((x1 - x0) - (y1 - y0)) / _PX_PER_STEP)
        reach = min(max(self._first_reach + steps, 0), REACH_MAX)
        if reach == self._reach:
            return ()
        self._reach = reach
        return (self._ask(self._start, Stage.LOOK),)

    def release(self, at: Point) -> Asks:
        """Take what is shown."""
        del at
        start, self._start = self._start, None
        return (self._ask(start, Stage.TAKE),) if start else ()

    def escape(self) -> Asks:
        """Take nothing; the reach is as it was."""
        start, self._start = self._start, None
        self._reach = self._first_reach
        return (self._ask(start, Stage.DROP),) if start else ()

    end = escape

    def _ask(self, at: Point, stage: Stage) -> AreaAsk:
        reach = self._reach if self._kind is Area.SIMILAR else 0
        return AreaAsk(self._kind, at.yx, reach, stage)
