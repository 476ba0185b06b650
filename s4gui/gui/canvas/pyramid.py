"""Smaller copies for zooming out: averaged images, and labels where any paint survives; no Qt."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from s4gui.core.labels import Box

Pixels = NDArray[np.uint8]
_QUICK_PX = 3_000_000
"""Up to here (2048x1024) an image is averaged at once: 10 ms."""


def level_for(zoom: float) -> int:
    """The pyramid level to show at `zoom` (device pixels per frame pixel).

    Level n has 2**n frame pixels an edge; the level's own scale, zoom * 2**n, is above a
    half and at most 1 when zoomed out, so that nothing is skipped and little is blurred.
    """
    return max(0, math.floor(math.log2(1 / zoom) + 1e-9))


class ImagePyramid:
    """An image, which never changes, and its averaged halves.

    Averaging a large image takes too long for the window's thread (8192x4096: 120 ms), so it
    is done by `prepare` where the image is decoded; a small one is averaged when it is asked
    for.
    """

    def __init__(self, pixels: Pixels) -> None:
        if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8:
            raise ValueError(f"an image is (H, W, 3) uint8, not {pixels.shape} {pixels.dtype}")
        if min(pixels.shape[:2]) < 1:
            raise ValueError("an image has at least one pixel")
        self._levels = [np.ascontiguousarray(pixels)]

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W) of the image."""
        h, w, _ = self._levels[0].shape
        return h, w

    def prepare(self, down_to_px: int = 512) -> ImagePyramid:
        """Average all levels whose longer side is above `down_to_px`; returns itself.

        For a thread that decodes, before the pyramid is handed to the window.
        """
        while max(self._levels[-1].shape[:2]) > down_to_px:
            self._levels.append(_halved(self._levels[-1]))
        return self

    def is_quick(self, number: int) -> bool:
        """Whether a level is there, or made in a moment."""
        h, w, _ = self._levels[-1].shape
        return number < len(self._levels) or h * w <= _QUICK_PX

    def level(self, number: int) -> Pixels:
        """Level `number`: (ceil(H / 2**n), ceil(W / 2**n), 3) uint8, the mean of its block."""
        while len(self._levels) <= number:
            self._levels.append(_halved(self._levels[-1]))
        return self._levels[number]


class LabelPyramid:
    """A label plane and its pooled halves, in which any label wins over UNLABELLED.

    Pooling is the minimum: UNLABELLED is 255, so a one-pixel stroke stays visible however far
    one zooms out; between two classes the lower id is shown. Follows the plane by `refresh`.
    """

    def __init__(self, labels: Pixels) -> None:
        if labels.ndim != 2 or labels.dtype != np.uint8:
            raise ValueError(f"a label plane is (H, W) uint8, not {labels.shape} {labels.dtype}")
        self._levels = [labels]

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W) of the label plane."""
        h, w = self._levels[0].shape
        return h, w

    def level(self, number: int) -> Pixels:
        """Level `number`: (ceil(H / 2**n), ceil(W / 2**n)) uint8, read only."""
        while len(self._levels) <= number:
            self._levels.append(_pooled(self._levels[-1]))
        return self._levels[number]

    def refresh(self, box: Box | None = None) -> None:
        """Take over what changed in the label plane: inside `box`, everywhere if None."""
        if box is None:
            del self._levels[1:]
            return
        box = box.clipped(self.shape)
        if box.is_empty:
            return
        for larger, smaller in zip(self._levels, self._levels[1:], strict=False):
            box = Box(box.y0 // 2, box.x0 // 2, -(-box.y1 // 2), -(-box.x1 // 2))
            part = larger[2 * box.y0 : 2 * box.y1, 2 * box.x0 : 2 * box.x1]
            smaller[box.slices] = _pooled(part)


def _halved(pixels: Pixels) -> Pixels:
    if max(pixels.shape[:2]) == 1:
        return pixels
    # Pillow averages a partial last block over the pixels it has.
    return np.asarray(Image.fromarray(pixels).reduce(2))


def _pooled(plane: Pixels) -> Pixels:
    rows = plane[0::2].copy()
    below = plane[1::2]
    np.minimum(rows[: len(below)], below, out=rows[: len(below)])
    out = rows[:, 0::2].copy()
    right = rows[:, 1::2]
    np.minimum(out[:, : right.shape[1]], right, out=out[:, : right.shape[1]])
    return out
