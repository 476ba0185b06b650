"""Random views of a frame: scaled, moved, mirrored and recoloured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from s4gui.core.classes import UNLABELLED
from s4gui.learn.pixels import Rgb, resized

Generator = np.random.Generator
Floats = NDArray[np.float32]
Scalar = TypeVar("Scalar", bound=np.generic)
GREY = np.array([0.299, 0.587, 0.114], np.float32)
BRIGHTNESS_SHARE = 0.5
GAIN_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Span:
    """One side of a view: which part of the scaled frame it shows, and where.

    The frame's side, scaled, is `length` pixels; the view shows `shown` of them from `start`
    on, at `before` in a side of `size` pixels. What is left over is mirrored in.
    """

    length: int
    start: int
    shown: int
    before: int
    size: int

    def share(self) -> tuple[float, float]:
        """Where the shown part begins and ends, in 0..1 of the frame's side."""
        return self.start / self.length, (self.start + self.shown) / self.length

    def centres(self) -> Floats:
        """(size,) positions in the frame, -1..1 inside it and beyond it outside."""
        pixels = np.arange(self.size, dtype=np.float32) - self.before + self.start + 0.5
        return (pixels * (2 / self.length) - 1).astype(np.float32)

    def indices(self, count: int) -> NDArray[np.intp]:
        """(shown,) indices into the frame's side of `count` pixels, nearest."""
        pixels = (np.arange(self.shown) + self.start + 0.5) * (count / self.length)
        return np.minimum(pixels.astype(np.intp), count - 1)

    def padding(self) -> tuple[int, int]:
        """How many pixels are mirrored in before and after."""
        return self.before, self.size - self.before - self.shown


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a view lies in a frame."""

    rows: Span
    columns: Span
    mirrored: bool


def place(
    rng: Generator,
    *,
    scaled: tuple[int, int],
    view: tuple[int, int],
    mirrored: bool,
    focus: tuple[float, float] | None = None,
) -> Placement:
    """A random placement of a view (h, w) on a frame scaled to (H, W).

    `focus` (y, x in 0..1 of the frame) will be seen, if given.
    """
    focus_y, focus_x = focus if focus else (None, None)
    return Placement(
        _span(rng, scaled[0], view[0], focus_y), _span(rng, scaled[1], view[1], focus_x), mirrored
    )


def _span(rng: Generator, length: int, size: int, focus: float | None) -> Span:
    if length <= size:
        return Span(length, 0, length, int(rng.integers(size - length + 1)), size)
    low, high = 0, length - size
    if focus is not None:
        pixel = min(int(focus * length), length - 1)
        low, high = max(low, pixel - size + 1), min(high, pixel)
    return Span(length, int(rng.integers(low, high + 1)), size, 0, size)


def cut_pixels(pixels: Rgb, placement: Placement) -> Floats:
    """(h, w, 3) in 0..1: the placed part of an image (H, W, 3) uint8, edges mirrored out."""
    rows, columns = placement.rows, placement.columns
    (top, bottom), (left, right) = rows.share(), columns.share()
    height, width = pixels.shape[:2]
    box = (top * height, left * width, min(bottom, 1) * height, min(right, 1) * width)
    part = resized(pixels, height=rows.shown, width=columns.shown, box=box)
    part = np.pad(part, (rows.padding(), columns.padding(), (0, 0)), mode="symmetric")
    return _mirrored(part, placement).astype(np.float32) / np.float32(255)


def cut_labels(labels: NDArray[np.uint8], placement: Placement) -> NDArray[np.uint8]:
    """(h, w) uint8: the placed part of labels (H, W), nearest; UNLABELLED beyond the frame."""
    rows, columns = placement.rows, placement.columns
    part = labels[rows.indices(labels.shape[0])[:, None], columns.indices(labels.shape[1])]
    padding = (rows.padding(), columns.padding())
    return _mirrored(np.pad(part, padding, constant_values=UNLABELLED), placement)


def cut_inside(placement: Placement) -> NDArray[np.bool_]:
    """(h, w) bool: not mirrored in."""
    rows, columns = placement.rows, placement.columns
    inside = np.ones((rows.shown, columns.shown), np.bool_)
    return _mirrored(np.pad(inside, (rows.padding(), columns.padding())), placement)


def cut_position(placement: Placement) -> Floats:
    """(2, h, w): y and x in the frame as seen (a mirrored frame has its own left)."""
    y, x = placement.rows.centres(), placement.columns.centres()
    if placement.mirrored:
        x = -x[::-1]
    return grid(y, x)


def whole_position(height: int, width: int) -> Floats:
    """(2, h, w): y and x of a whole frame at a size."""
    whole = (Span(length, 0, length, 0, length).centres() for length in (height, width))
    return grid(*whole)


def grid(y: Floats, x: Floats) -> Floats:
    """(2, h, w) of the coordinates (h,) and (w,)."""
    planes = np.empty((2, len(y), len(x)), np.float32)
    planes[0], planes[1] = y[:, None], x
    return planes


def recolour(rng: Generator, colours: Floats, *, strength: float) -> Floats:
    """(h, w, 3) in 0..1 with another light: contrast, saturation, tint and brightness.

    One matrix and one offset; each factor is drawn from 1 -/+ strength (tint less).
    """
    if not strength:
        return colours
    contrast, saturation = 1 + strength * rng.uniform(-1, 1, 2)
    gains = 1 + GAIN_SHARE * strength * rng.uniform(-1, 1, 3)
    brightness = BRIGHTNESS_SHARE * strength * rng.uniform(-1, 1)
    to_grey = np.outer(np.ones(3), GREY)
    mixed = saturation * np.eye(3) + (1 - saturation) * to_grey
    matrix = (contrast * gains[:, None] * mixed).astype(np.float32)
    offset = np.float32(0.5 * (1 - contrast) + brightness)
    lit: Floats = np.clip(colours @ matrix.T + offset, 0, 1)
    return lit


def piece(rng: Generator, *, height: int, width: int) -> tuple[slice, slice]:
    """A random box of a view: a tenth to a half of its area, at most twice as long as wide."""
    share, ratio = rng.uniform(0.1, 0.5), np.exp(rng.uniform(-np.log(2), np.log(2)))
    tall = min(height, max(1, round(height * np.sqrt(share * ratio))))
    wide = min(width, max(1, round(width * np.sqrt(share / ratio))))
    y, x = int(rng.integers(height - tall + 1)), int(rng.integers(width - wide + 1))
    return slice(y, y + tall), slice(x, x + wide)


def _mirrored(part: NDArray[Scalar], placement: Placement) -> NDArray[Scalar]:
    return part[:, ::-1] if placement.mirrored else part
