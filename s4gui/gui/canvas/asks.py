"""Asks: what a hand wants from the canvas's owner, as values; no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

import numpy as np
from numpy.typing import NDArray

from s4gui.core.labels import Box
from s4gui.core.strokes import PointYX


@dataclass(frozen=True, slots=True)
class StrokeAsk:
    """A stroke to begin: `value` is "tool" (the chosen value) or "erase" (to unlabelled)."""

    value: str
    at_yx: PointYX
    radius_px: float


@dataclass(frozen=True, slots=True)
class StrokeGoesOn:
    """More points of the stroke, in order."""

    points_yx: tuple[PointYX, ...]


@dataclass(frozen=True, slots=True)
class StrokeEnds:
    """The stroke is finished, or is to be taken back."""

    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class RegionAsk:
    """Pixels to set to the chosen value, or to erase: inside (h, w) bool of the box."""

    inside: NDArray[np.bool_]
    box: Box
    erases: bool = False


class Verb(Enum):
    """What is asked for at one frame pixel."""

    PICK = auto()
    ACCEPT = auto()
    MENU = auto()


@dataclass(frozen=True, slots=True)
class PixelAsk:
    """A verb and the frame position it is for."""

    verb: Verb
    at_yx: PointYX


class Area(Enum):
    """Which pixels around a click are meant."""

    CONNECTED = auto()  # those of its value that hang together with it
    ENCLOSED = auto()  # the unlabelled ones inside an outline of the chosen class
    SIMILAR = auto()  # those of similar colour that hang together with it
    PIECE = auto()  # the labelled ones of its class and source that hang together with it


class Stage(Enum):
    """How far an ask for an area is."""

    LOOK = auto()
    TAKE = auto()
    DROP = auto()


@dataclass(frozen=True, slots=True)
class AreaAsk:
    """An area around a frame position; `reach` 0 to 255 is how unlike its colours may be."""

    kind: Area
    at_yx: PointYX
    reach: int
    stage: Stage


@dataclass(frozen=True, slots=True)
class CellsAsk:
    """The superpixels under these points (LOOK), all of them (TAKE), or none (DROP)."""

    points_yx: tuple[PointYX, ...]
    stage: Stage
    erases: bool = False


@dataclass(frozen=True, slots=True)
class GrowAsk:
    """What the strokes would grow to: look for it, take it, or drop it."""

    stage: Stage


@dataclass(frozen=True, slots=True)
class MoveAsk:
    """The selected area, dragged from one frame position to another."""

    from_yx: PointYX
    to_yx: PointYX
    stage: Stage


@dataclass(frozen=True, slots=True)
class SelectedAsk:
    """Let go of what is selected, or erase it."""

    erases: bool


@dataclass(frozen=True, slots=True)
class RadiusAsk:
    """Another brush radius."""

    radius_px: float


@dataclass(frozen=True, slots=True)
class PanAsk:
    """Move the frame by (x, y) screen pixels."""

    by_xy: tuple[float, float]


@dataclass(frozen=True, slots=True)
class FitAsk:
    """Show the whole frame."""


Ask = (
    StrokeAsk | StrokeGoesOn | StrokeEnds | RegionAsk | AreaAsk | CellsAsk | GrowAsk | MoveAsk
    | SelectedAsk | PixelAsk | RadiusAsk | PanAsk | FitAsk
)  # fmt: skip
Asks = tuple[Ask, ...]
