"""Superpixels under a drag, and strokes grown to edges: the image gives the shape."""

from __future__ import annotations

from collections.abc import Sequence

from s4gui.core.superpixels import stepped_size
from s4gui.gui.canvas.asks import Asks, CellsAsk, GrowAsk, Stage
from s4gui.gui.canvas.gestures.parts import Gesture, Hand
from s4gui.gui.canvas.inputs import Point


class Superpixels(Gesture):
    """Those under the pointer from press to release; pressed with Ctrl they are erased."""

    takes_ctrl = True

    def __init__(self, hand: Hand) -> None:
        super().__init__(hand)
        self._is_down = False

    @property
    def size_note(self) -> str:
        """How large they are."""
        return f"{2 * self.hand.radius_px:.0f} px"

    def stepped(self, notches: float) -> float:
        """One size up or down a notch."""
        return stepped_size(2 * self.hand.radius_px, notches) / 2

    def press(self, at: Point) -> Asks:
        """The first one."""
        self._is_down, self.erases = True, self.hand.held.ctrl
        return (CellsAsk((at.yx,), Stage.LOOK, self.erases),)

    def move(self, points: Sequence[Point]) -> Asks:
        """Those on the way."""
        if not self._is_down:
            return ()
        return (CellsAsk(tuple(each.yx for each in points), Stage.LOOK, self.erases),)

    def release(self, at: Point) -> Asks:
        """They are one edit."""
        del at
        return self._stop(Stage.TAKE)

    def escape(self) -> Asks:
        """Take them back."""
        return self._stop(Stage.DROP)

    def end(self) -> Asks:
        """Keep them."""
        return self._stop(Stage.TAKE)

    def _stop(self, stage: Stage) -> Asks:
        was_down, self._is_down = self._is_down, False
        erases, self.erases = self.erases, False
        return (CellsAsk((), stage, erases),) if was_down else ()


class Grow(Gesture):
    """With this tool in hand what would grow is shown; Enter and Escape are for it."""

    is_open = True

    @property
    def size_note(self) -> str:
        """How far it reaches."""
        return f"{2 * self.hand.radius_px:.0f} px"

    def press(self, at: Point) -> Asks:
        """Look again."""
        del at
        return (GrowAsk(Stage.LOOK),)

    def enter(self) -> Asks:
        """Take what is shown."""
        return (GrowAsk(Stage.TAKE),)

    def escape(self) -> Asks:
        """Leave all as it is."""
        return (GrowAsk(Stage.DROP),)
