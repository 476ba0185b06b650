"""The rectangle: dragged, and filled at the release."""

from __future__ import annotations

from collections.abc import Sequence

from s4gui.gui.canvas import brush
from s4gui.gui.canvas.asks import Asks
from s4gui.gui.canvas.gestures.parts import Gesture, Hand, Outline, region
from s4gui.gui.canvas.inputs import Point


class Rectangle(Gesture):
    """A filled rectangle from press to release; pressed with Ctrl it erases."""

    takes_ctrl = True

    def __init__(self, hand: Hand) -> None:
        super().__init__(hand)
        self._start: Point | None = None
        self._last = Point((0, 0), (0, 0))

    @property
    def outline(self) -> Outline | None:
        """From where the button went down to the pointer."""
        if self._start is None:
            return None
        corners = (self._start.yx, self._last.yx)
        return Outline("rectangle", corners, erases=self.erases)

    def press(self, at: Point) -> Asks:
        """The first corner."""
        self._start = self._last = at
        self.erases = self.hand.held.ctrl
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
        return region(
            *brush.rectangle_pixels(start.yx, at.yx, self.hand.frame_hw), erases=self.erases
        )

    def escape(self) -> Asks:
        """Fill nothing."""
        self._start = None
        return ()

    end = escape
