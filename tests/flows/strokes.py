"""Strokes for a driver's hand: short paths inside the regions of a reference mask."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Path = list[tuple[float, float]]


def paths(mask: NDArray[np.uint8], *, classes: int, least_px: int = 600) -> list[tuple[int, Path]]:
    """One (class, path of (y, x)) for the largest region of each class that is large enough.

    The path runs through the deepest places of the region, so that a brush of a few pixels
    stays inside it.
    """
    found = []
    for value in range(classes):
        regions, count = ndimage.label(mask == value)
        if not count:
            continue
        sizes = ndimage.sum_labels(np.ones_like(mask), regions, range(1, count + 1))
        if sizes.max() < least_px:
            continue
        depth = ndimage.distance_transform_edt(np.pad(regions == sizes.argmax() + 1, 1))[1:-1, 1:-1]
        found.append((value, _along(depth)))
    return found


def _along(depth: NDArray[np.float64], length_px: int = 90) -> Path:
    y, x = (int(n) for n in np.unravel_index(depth.argmax(), depth.shape))
    path = [(y, x)]
    for step in (1, -1):
        side: Path = []
        row = y
        for column in range(x + step, x + step * length_px // 2, step):
            if not 0 <= column < depth.shape[1]:
                break
            rows = range(max(0, row - 1), min(depth.shape[0], row + 2))
            row = max(rows, key=lambda r, c=column: depth[r, c])
            if depth[row, column] < 3:
                break
            side.append((row, column))
        path = path + side if step == 1 else side[::-1] + path
    return [(float(a), float(b)) for a, b in path[::6]] or [(float(y), float(x))]
