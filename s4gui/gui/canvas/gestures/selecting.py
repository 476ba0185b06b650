"""Selecting a labelled area by a click, moving it by a drag."""

from __future__ import annotations

from collections.abc import Sequence

from s4gui.gui.canvas.asks import Area, AreaAsk, Asks, MoveAsk, SelectedAsk, Stage
from s4gui.gui.canvas.gestures.parts import Gesture, Hand
from s4gui.gui.canvas.inputs import Point


class Selecting(Gesture):
    """`is_open` is set by the owner: something is selected."""

    def __init__(self, hand: Hand) -> None:
        super().__init__(hand)
        self.is_open = False
        self._start: Point | None = None
        self._last = Point((0, 0), (0, 0))
        self._moves = False

    def press(self, at: Point) -> Asks:
        """A click or the beginning of a drag."""
        self._start, self._last, self._moves = at, at, False
        return ()

    def move(self, points: Sequence[Point]) -> Asks:
        """Show the selected area elsewhere."""
        if self._start is None or not (self._moves or points[-1].far_from(self._start)):
            return ()
        self._moves, self._last = True, points[-1]
        return (self._ask(Stage.LOOK),)

    def release(self, at: Point) -> Asks:
        """Move it, or select another one."""
        if self._start is None:
            return ()
        asks: Asks = (AreaAsk(Area.PIECE, at.yx, 0, Stage.TAKE),)
        if self._moves:
            self._last = at
            asks = (self._ask(Stage.TAKE),)
        self._start = None
        return asks

    def enter(self) -> Asks:
        """Done with it."""
        return (SelectedAsk(erases=False),)

    def backspace(self) -> Asks:
        """Erase what is selected."""
        return (SelectedAsk(erases=True),)

    def escape(self) -> Asks:
        """Back to where it was; without a drag: select nothing."""
        moves, start = self._moves, self._start
        asks: Asks = (self._ask(Stage.DROP),) if start and moves else self.enter()
        self._start = None
        return asks

    def end(self) -> Asks:
        """Back to where it was."""
        asks: Asks = (self._ask(Stage.DROP),) if self._start and self._moves else ()
        self._start = None
        return asks

    def _ask(self, stage: Stage) -> MoveAsk:
        start = self._start or self._last
        return MoveAsk(start.yx, self._last.yx, stage)
