"""What reaches the canvas from a hand: buttons, keys and places of the pointer; no Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum, auto

from s4gui.core.strokes import PointYX

DRAG_PX = 4.0
"""A press that moved less than this on the screen is a click."""


class Button(Enum):
    """What is pressed; a pen's tip is LEFT, its barrel button RIGHT, its other end ERASER."""

    LEFT = auto()
    RIGHT = auto()
    MIDDLE = auto()
    ERASER = auto()


class Key(Enum):
    """The keys the canvas itself listens to."""

    SPACE = auto()
    BARE = auto()  # H: look at the bare image
    ENTER = auto()
    ESCAPE = auto()
    BACKSPACE = auto()


@dataclass(frozen=True, slots=True)
class Held:
    """Modifier keys held down."""

    shift: bool = False
    ctrl: bool = False
    alt: bool = False


@dataclass(frozen=True, slots=True)
class Point:
    """A place of the pointer: on the frame (y, x; pixel centres whole) and on the screen."""

    yx: PointYX
    xy: tuple[float, float]

    def far_from(self, other: Point) -> bool:
        """Whether the way from `other` is a drag, not a click."""
        return math.dist(self.xy, other.xy) >= DRAG_PX
