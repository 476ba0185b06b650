"""Tileable noise and hashes: the irregularity of every surface, from one generator."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[Any]
"""One number for each sample: float32 in pictures, bool where a share is all or nothing."""
TILE = 512


def _tile(rng: np.random.Generator, falloff: float) -> Floats:
    """A periodic (TILE, TILE) field of mean 0 and deviation 1 whose spectrum is 1 / f**falloff."""
    spectrum = np.fft.rfft2(rng.standard_normal((TILE, TILE)))
    fy = np.fft.fftfreq(TILE)[:, None]
    fx = np.fft.rfftfreq(TILE)[None, :]
    frequency = np.hypot(fy, fx)
    frequency[0, 0] = 1.0
    spectrum *= frequency**-falloff
    spectrum[0, 0] = 0.0
    field = np.fft.irfft2(spectrum, s=(TILE, TILE))
    return (field / field.std()).astype(np.float32)


class Noise:
    """Three noises over the plane, mean 0 and deviation 1: cloudy (soft), rough and grain."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.soft_tile = _tile(rng, 1.7)
        self.rough_tile = _tile(rng, 1.1)
        self.grain_tile = rng.standard_normal((TILE, TILE)).astype(np.float32)

    def soft(self, x: Floats, y: Floats) -> Floats:
        """Smooth noise; one tile is TILE units wide, blobs are some 60 units."""
        return _bilinear(self.soft_tile, x, y)

    def rough(self, x: Floats, y: Floats) -> Floats:
        """Noise with more detail than `soft`."""
        return _bilinear(self.rough_tile, x, y)

    def grain(self, x: Floats, y: Floats) -> Floats:
        """White noise in cells of one unit."""
        ix = np.floor(x).astype(np.int32) & (TILE - 1)
        iy = np.floor(y).astype(np.int32) & (TILE - 1)
        return self.grain_tile[iy, ix]


def _bilinear(tile: Floats, x: Floats, y: Floats) -> Floats:
    left, top = np.floor(x), np.floor(y)
    fx, fy = (x - left).astype(np.float32), (y - top).astype(np.float32)
    x0, y0 = left.astype(np.int32) & (TILE - 1), top.astype(np.int32) & (TILE - 1)
    x1, y1 = (x0 + 1) & (TILE - 1), (y0 + 1) & (TILE - 1)
    upper = tile[y0, x0] * (1 - fx) + tile[y0, x1] * fx
    lower = tile[y1, x0] * (1 - fx) + tile[y1, x1] * fx
    return upper * (1 - fy) + lower * fy


def cell_hash(*parts: Floats | float) -> Floats:
    """A number of 0 to 1 for each combination of whole numbers; equal parts, equal number."""
    mixed = np.uint32(0x9E3779B9) * np.ones(1, np.uint32)
    with np.errstate(over="ignore"):
        for part in parts:
            whole = np.floor(np.asarray(part, np.float64)).astype(np.int64).astype(np.uint32)
            mixed = (mixed ^ whole) * np.uint32(0x85EBCA6B)
            mixed ^= mixed >> np.uint32(13)
            mixed = mixed * np.uint32(0xC2B2AE35)
            mixed ^= mixed >> np.uint32(16)
    return (mixed >> np.uint32(8)).astype(np.float32) / np.float32(1 << 24)
