"""Watersheds: seeds flood a landscape of slopes, lowest first, until they meet. numpy only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Numbers = NDArray[np.int32]
_DRY = np.int32(2**31 - 1)
_WALL = 256
_GRAIN = 3


def averaged(pixels: Pixels, scale: int) -> Pixels:
    """A smaller image, (ceil(H / scale), ceil(W / scale), 3) uint8: the means of squares."""
    height, width, channels = pixels.shape
    rest = ((0, -height % scale), (0, -width % scale), (0, 0))
    padded = np.pad(pixels, rest, mode="edge")
    blocks = padded.reshape(padded.shape[0] // scale, scale, -1, scale, channels)
    total = blocks.sum((1, 3), dtype=np.uint32)
    out: Pixels = (total // scale**2).astype(np.uint8)
    return out


def slopes(pixels: Pixels) -> Pixels:
    """How steeply colours change at each pixel: (H, W) uint8 of pixels (H, W, 3) uint8.

    The length of the gradient by central differences, per pixel of way, in the channel where
    it is largest; edges of the image are even.
    """
    steepest = np.zeros(pixels.shape[:2], np.float32)
    for channel in range(pixels.shape[2]):
        plane = np.pad(pixels[..., channel].astype(np.float32), 1, mode="edge")
        down = plane[2:, 1:-1] - plane[:-2, 1:-1]
        right = plane[1:-1, 2:] - plane[1:-1, :-2]
        np.maximum(steepest, down * down + right * right, out=steepest)
    out: Pixels = np.minimum(np.round(np.sqrt(steepest) / 2), 255).astype(np.uint8)
    return out


def ridges(pixels: Pixels) -> Pixels:
    """The slopes, all that are no steeper than the grain of a camera's image made even.

    Else floods would meet along a ragged line of grain where there is no edge.
    """
    steep = slopes(pixels)
    steep[steep <= _GRAIN] = 0
    return steep


def flood(heights: Pixels, seeds: Numbers) -> Numbers:
    """The seeded watershed of heights (H, W) uint8 from seeds (H, W) int32, 0: no seed.

    Every pixel gets the number of the seed whose flood is there first; without any seed all
    is 0. The water rises level by level. Within a level it goes one pixel a round, to all four
    sides; where two floods meet in one round the smaller number wins. So a pixel's flood is one
    that comes to it over the lowest pass (Meyer 1992, without lines between).
    """
    height, width = heights.shape
    wide = width + 2
    ground = np.full((height + 2, wide), _WALL, np.int16)
    ground[1:-1, 1:-1] = heights
    water = np.full((height + 2, wide), _DRY, np.int32)
    water[1:-1, 1:-1] = np.where(seeds > 0, seeds, _DRY)
    sides = np.array((-wide, -1, 1, wide))
    high, flood_of = ground.ravel(), water.ravel()
    ticket = np.zeros(high.size, np.int32)
    by_height = np.argsort(high, kind="stable")
    begin = 0
    for level, end in enumerate(np.searchsorted(high[by_height], np.arange(_WALL), "right")):
        shore = by_height[begin:end]
        begin = end
        while shore.size:
            shore = shore[flood_of[shore] == _DRY]
            first = np.minimum.reduce([flood_of[shore + side] for side in sides])
            is_wet = first != _DRY
            shore = shore[is_wet]
            flood_of[shore] = first[is_wet]
            beside = (shore + sides[:, None]).ravel()
            beside = beside[(flood_of[beside] == _DRY) & (high[beside] <= level)]
            # The last one to write its place keeps it: each pixel once.
            places = np.arange(beside.size, dtype=np.int32)
            ticket[beside] = places
            shore = beside[ticket[beside] == places]
    out = water[1:-1, 1:-1].copy()
    out[out == _DRY] = 0
    return out


def within(wanted: Mask, reach_px: float) -> Mask:
    """Where a pixel of `wanted` (H, W) bool is at most `reach_px` away, as the crow flies."""
    out = np.zeros_like(wanted)
    rows, columns = np.flatnonzero(wanted.any(1)), np.flatnonzero(wanted.any(0))
    if not rows.size:
        return out
    reach = int(reach_px)
    part = (
        slice(max(int(rows[0]) - reach, 0), int(rows[-1]) + reach + 1),
        slice(max(int(columns[0]) - reach, 0), int(columns[-1]) + reach + 1),
    )
    away, found = _columns_away(wanted[part]), out[part]
    for rows_away in range(min(reach, len(found) - 1) + 1):
        is_near = away <= int((reach_px**2 - rows_away**2) ** 0.5)
        found[rows_away:] |= is_near[: len(found) - rows_away]
        found[: len(found) - rows_away] |= is_near[rows_away:]
    return out


def _columns_away(wanted: Mask) -> Numbers:
    """How many columns away the nearest wanted pixel of the same row is; very many: none."""
    far = 1 << 20
    column = np.arange(wanted.shape[1], dtype=np.int32)
    before = np.maximum.accumulate(np.where(wanted, column, -far), axis=1)
    after = np.minimum.accumulate(np.where(wanted, column, far)[:, ::-1], axis=1)[:, ::-1]
    out: Numbers = np.minimum(column - before, after - column).astype(np.int32)
    return out
