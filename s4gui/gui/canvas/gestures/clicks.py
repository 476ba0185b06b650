"""Gestures of one pixel: what a click asks for where it falls."""

from __future__ import annotations

from s4gui.gui.canvas.asks import Asks, PixelAsk, Verb
from s4gui.gui.canvas.gestures.parts import Gesture, Hand
from s4gui.gui.canvas.inputs import Point


class Click(Gesture):
    """A verb, asked for at the press."""

    def __init__(self, hand: Hand, verb: Verb) -> None:
        super().__init__(hand)
        self._verb = verb

    def press(self, at: Point) -> Asks:
        """Ask."""
        return (PixelAsk(self._verb, at.yx),)
