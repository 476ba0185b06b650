"""PixelCache: decoded images at the size training needs, bounded in bytes."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from s4gui.store import images

Rgb = NDArray[np.uint8]
DEFAULT_BYTES = 1 << 30


class PixelCache:
    """Images (h, w, 3) uint8 whose longer side is at most `long_side_px` (0: as they are).

    Never holds more than `budget_bytes` (the newest one excepted); the least recently asked
    for goes first.
    """

    def __init__(self, *, long_side_px: int, budget_bytes: int = DEFAULT_BYTES) -> None:
        self._long_side_px, self._budget_bytes = long_side_px, budget_bytes
        self._held: OrderedDict[Path, Rgb] = OrderedDict()
        self.bytes = 0

    def get(self, path: Path) -> Rgb:
        """The image; ImageError if it cannot be read."""
        held = self._held.get(path)
        if held is not None:
            self._held.move_to_end(path)
            return held
        pixels = shrunk(images.read_pixels(path), long_side_px=self._long_side_px)
        self._held[path] = pixels
        self.bytes += pixels.nbytes
        while self.bytes > self._budget_bytes and len(self._held) > 1:
            _, gone = self._held.popitem(last=False)
            self.bytes -= gone.nbytes
        return pixels


def shrunk(pixels: Rgb, *, long_side_px: int) -> Rgb:
    """The image with a longer side of at most `long_side_px`; 0 or larger: unchanged."""
    height, width = pixels.shape[:2]
    longest = max(height, width)
    if not long_side_px or longest <= long_side_px:
        return pixels
    return resized(
        pixels,
        height=max(1, round(height * long_side_px / longest)),
        width=max(1, round(width * long_side_px / longest)),
    )


def resized(
    pixels: Rgb,
    *,
    height: int,
    width: int,
    box: tuple[float, float, float, float] | None = None,
) -> Rgb:
    """The image, or its part in `box` (y0, x0, y1, x1), at a size, averaged where it shrinks."""
    if box is None and pixels.shape[:2] == (height, width):
        return pixels
    area = None if box is None else (box[1], box[0], box[3], box[2])
    image = Image.fromarray(np.ascontiguousarray(pixels))
    return np.asarray(image.resize((width, height), Image.Resampling.BILINEAR, box=area))
