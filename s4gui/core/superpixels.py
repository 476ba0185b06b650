"""Cells: an image parted into small areas along its edges (superpixels). numpy only."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s4gui.core.flooding import Numbers, averaged, flood, ridges
from s4gui.core.labels import Box

SIZES_PX = (12, 24, 48, 96)
"""How far apart the middles of cells are, in frame pixels: one level each."""
MAX_PX = 3_000_000
"""Cells are found on an image of half the size, or so small that it has no more pixels."""
_PULL = 24.0


def stepped_size(size_px: float, steps: float) -> int:
    """The size so many steps up or down from the one that is nearest to `size_px`."""
    place = SIZES_PX.index(nearest_size(size_px))
    place += math.ceil(steps) if steps > 0 else math.floor(steps)
    return SIZES_PX[min(max(place, 0), len(SIZES_PX) - 1)]


def nearest_size(size_px: float) -> int:
    """The size whose ratio to `size_px` is nearest to 1."""
    return min(SIZES_PX, key=lambda size: abs(math.log(size / max(size_px, 1.0))))


@dataclass(frozen=True, eq=False, slots=True)
class Cells:
    """Each pixel of a smaller frame is in one cell, a connected area: numbers (h, w) int32, 1 up.

    One of its pixels is `scale` x `scale` of the frame. `members` (h * w,) int32 are the flat
    pixels by cell; cell n begins at `starts[n]`.
    """

    numbers: Numbers
    members: Numbers
    starts: NDArray[np.intp]
    scale: int

    @classmethod
    def of(cls, numbers: Numbers, scale: int) -> Cells:
        """The cells with these numbers."""
        if numbers.min() < 1:
            raise ValueError("every pixel is in a cell, and these are numbered from 1")
        flat = numbers.ravel()
        members = np.argsort(flat, kind="stable").astype(np.int32)
        starts = np.searchsorted(flat[members], np.arange(int(flat.max()) + 2))
        return cls(numbers, members, starts, scale)

    def at(self, y: int, x: int) -> int:
        """The cell of a frame pixel."""
        return int(self.numbers[y // self.scale, x // self.scale])

    def area(self, number: int, frame_hw: tuple[int, int]) -> tuple[NDArray[np.bool_], Box]:
        """A cell as pixels (h, w) bool of a box of the frame (H, W)."""
        width = self.numbers.shape[1]
        ys, xs = np.divmod(self.members[self.starts[number] : self.starts[number + 1]], width)
        y0, x0 = int(ys.min()), int(xs.min())
        small = np.zeros((int(ys.max()) - y0 + 1, int(xs.max()) - x0 + 1), bool)
        small[ys - y0, xs - x0] = True
        inside = small.repeat(self.scale, 0).repeat(self.scale, 1)
        h, w = inside.shape
        top, left = self.scale * y0, self.scale * x0
        box = Box(top, left, top + h, left + w).clipped(frame_hw)
        return inside[: box.shape[0], : box.shape[1]], box


def parted(pixels: NDArray[np.uint8], size_px: int) -> Cells:
    """Part a frame's pixels (H, W, 3) uint8 into cells about `size_px` wide.

    A watershed from one seed in each square of a regular grid, where the slope is least; it
    rises towards the edges of the square, so that cells stay compact where nothing is to be
    seen (the way of Machairas and others, "Waterpixels", 2015).
    """
    scale = 2
    while pixels[..., 0].size > MAX_PX * scale**2:
        scale *= 2
    steep = ridges(averaged(pixels, scale))
    step = max(size_px // scale, 2)
    height, width = steep.shape
    rows, columns = -(-height // step), -(-width // step)
    middle = (step - 1) / 2
    from_row = np.abs(np.arange(rows * step) % step - middle)
    from_column = np.abs(np.arange(columns * step) % step - middle)
    outwards = np.maximum(from_row[:, None], from_column[None]) * (_PULL / step)
    heights = np.full((rows * step, columns * step), np.inf, np.float32)
    heights[:height, :width] = steep + outwards[:height, :width]
    blocks = heights.reshape(rows, step, columns, step).swapaxes(1, 2)
    lowest = blocks.reshape(rows * columns, -1).argmin(1)
    row, column = np.divmod(np.arange(rows * columns), columns)
    seeds = np.zeros((height, width), np.int32)
    ys, xs = row * step + lowest // step, column * step + lowest % step
    seeds[ys, xs] = np.arange(1, rows * columns + 1)
    rounded = np.minimum(np.round(heights[:height, :width]), 255).astype(np.uint8)
    return Cells.of(flood(rounded, seeds), scale)
