"""Strokes grown to the edges around them: a watershed between them and what is out of reach."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from s4gui.core.classes import UNLABELLED
from s4gui.core.flooding import averaged, flood, ridges, within

Pixels = NDArray[np.uint8]
MAX_PX = 3_000_000
"""Larger images are flooded at half the size, or at a quarter."""


def grown(pixels: Pixels, labels: Pixels, is_stroke: NDArray[np.bool_], reach_px: float) -> Pixels:
    """What strokes grow to: (H, W) uint8, UNLABELLED where there is a label or nothing grows.

    Pixels are (H, W, 3) uint8, labels (H, W) uint8; `is_stroke` (H, W) bool are the labelled
    pixels to grow from. Each value floods from its strokes, and nothing from all that is
    farther than `reach_px` from every stroke: they meet on the steepest ridge between. No
    pixel gets a value whose strokes are all out of reach.
    """
    strokes = np.where(is_stroke, labels, np.uint8(UNLABELLED))
    scale = 1
    while strokes.size > MAX_PX * scale**2:
        scale *= 2
    if scale > 1:
        pixels, strokes = averaged(pixels, scale), _thinned(strokes, scale)
    values = np.unique(strokes[strokes != UNLABELLED])
    reach = reach_px / scale
    seeds = np.searchsorted(values, strokes).astype(np.int32) + 1
    seeds[strokes == UNLABELLED] = 0
    outside = len(values) + 1
    seeds[~within(seeds > 0, reach)] = outside
    found = flood(ridges(pixels), seeds)
    out = np.full(strokes.shape, UNLABELLED, np.uint8)
    for number, value in enumerate(values.tolist(), 1):
        out[(found == number) & within(seeds == number, reach)] = value
    if scale > 1:
        out = out.repeat(scale, 0).repeat(scale, 1)[: labels.shape[0], : labels.shape[1]]
    out[labels != UNLABELLED] = UNLABELLED
    return out


def _thinned(strokes: Pixels, scale: int) -> Pixels:
    """A smaller plane: in each square the lowest value, so that the thinnest stroke is kept."""
    height, width = strokes.shape
    padded = np.pad(
        strokes, ((0, -height % scale), (0, -width % scale)), constant_values=UNLABELLED
    )
    rows = padded.reshape(padded.shape[0] // scale, scale, -1, scale)
    out: Pixels = rows.min((1, 3))
    return out
