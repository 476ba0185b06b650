"""What all gestures share: the hand that makes them, their interface, the shape they show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from s4gui.core.labels import Box
from s4gui.core.strokes import PointYX
from s4gui.gui.canvas import brush
from s4gui.gui.canvas.asks import Asks, RegionAsk
from s4gui.gui.canvas.inputs import Held, Point


@dataclass(slots=True)
class Hand:
    """The hand over the canvas; one for all gestures. `frame_hw` None: nothing to work on."""

    radius_px: float = 8.0
    zoom: float = 1.0  # screen pixels per frame pixel
    frame_hw: tuple[int, int] | None = None
    held: Held = field(default_factory=Held)
    hover: Point | None = None


@dataclass(frozen=True, slots=True)
class Outline:
    """An unfinished shape to draw: "polygon", "polyline", "rectangle" or "line".

    `hot_yx` is the corner under the pointer, `radius_px` half the width of a polyline in frame
    pixels.
    """

    kind: str
    points_yx: tuple[PointYX, ...]
    holes: tuple[tuple[PointYX, ...], ...] = ()
    hot_yx: PointYX | None = None
    radius_px: float = 0.0
    erases: bool = False


class Gesture:
    """What one tool does between press and release, and with keys; here: nothing.

    `is_open` tells that something unfinished outlives the press: presses, Enter, Backspace
    and Escape are for it then, before anything else.
    """

    is_open = False
    takes_ctrl = False  # else Ctrl erases with the brush whatever the tool
    is_stroke = False  # the pointer is a brush
    erases = False  # what is under way takes labels away

    def __init__(self, hand: Hand) -> None:
        self.hand = hand

    @property
    def outline(self) -> Outline | None:
        """The unfinished shape; None if there is none."""
        return None

    @property
    def note(self) -> str:
        """A few letters to show beside the pointer."""
        return ""

    @property
    def size_note(self) -> str:
        """A few letters about the size, shown while Shift is held; the brush's ring needs none."""
        return ""

    def stepped(self, notches: float) -> float:
        """The radius in frame pixels after so many notches of Shift and the wheel."""
        return brush.stepped_radius(self.hand.radius_px, notches)

    def press(self, at: Point) -> Asks:
        """The button went down."""
        del at
        return ()

    def double_click(self, at: Point) -> Asks | None:
        """The second of two quick presses; None: it is a press like any other."""
        del at
        return None

    def move(self, points: Sequence[Point]) -> Asks:
        """The pointer went through these points with the button down, the newest last."""
        del points
        return ()

    def release(self, at: Point) -> Asks:
        """The button went up."""
        del at
        return ()

    def right_click(self, at: Point) -> bool:
        """A click of the right button while something is open; whether it meant anything."""
        del at
        return False

    def enter(self) -> Asks:
        """Finish what is open."""
        return ()

    def backspace(self) -> Asks:
        """Take the last step of what is open back."""
        return ()

    def escape(self) -> Asks:
        """Leave off; what the press has done is taken back."""
        return ()

    def end(self) -> Asks:
        """The hand is gone with the button down: keep what was done."""
        return ()

    def drop(self) -> None:
        """Another frame or tool: forget what is unfinished."""


def region(inside: NDArray[np.bool_], box: Box, *, erases: bool = False) -> Asks:
    """Ask for a region, if it has a pixel."""
    return (RegionAsk(inside, box, erases),) if inside.any() else ()
