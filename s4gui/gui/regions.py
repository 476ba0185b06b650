"""Regions around one pixel: connected, enclosed, alike in colour. numpy only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from s4gui.core.classes import UNLABELLED
from s4gui.core.labels import Box

Mask = NDArray[np.bool_]


def region_at(wanted: Mask, y: int, x: int) -> tuple[Mask, Box]:
    """The 4-connected region of `wanted` (H, W) bool that holds pixel (y, x), and its box.

    `inside` (box-shaped bool) is empty with an empty box if the pixel is not wanted. Works on
    runs of pixels in a row, not on pixels: a 2048x1024 prediction takes some 30 ms.
    """
    height, width = wanted.shape
    if not (0 <= y < height and 0 <= x < width and wanted[y, x]):
        return np.zeros((0, 0), bool), Box(y, x, y, x)
    rows, starts, ends = _runs(wanted)
    # One number for (row, column), so that one sorted array answers for all rows.
    width = wanted.shape[1] + 2
    seed = int(np.searchsorted(rows * width + starts, y * width + x, "right")) - 1
    reached = _reached(rows * width + starts, rows * width + ends, width, seed)
    y0, y1 = int(rows[reached].min()), int(rows[reached].max()) + 1
    x0, x1 = int(starts[reached].min()), int(ends[reached].max())
    box = Box(y0, x0, y1, x1)
    edges = np.zeros((y1 - y0, x1 - x0 + 1), np.int32)
    np.add.at(edges, (rows[reached] - y0, starts[reached] - x0), 1)
    np.add.at(edges, (rows[reached] - y0, ends[reached] - x0), -1)
    inside: Mask = np.cumsum(edges, axis=1)[:, :-1] > 0
    return inside, box


def enclosed_at(labels: NDArray[np.uint8], y: int, x: int, value: int) -> tuple[Mask, Box] | None:
    """The UNLABELLED pixels inside an outline of `value`, (h, w) bool of a box; None: no outline.

    The outline is the one around pixel (y, x), whatever else is labelled in it; on a pixel of
    the value itself, all that the connected area of this pixel encloses. Labels (H, W) uint8.
    """
    if labels[y, x] != value:
        inside, box = region_at(labels != value, y, x)
        height, width = labels.shape
        if box.y0 == 0 or box.x0 == 0 or box.y1 == height or box.x1 == width:
            return None
    else:
        area, box = region_at(labels == value, y, x)
        around = np.pad(~area, 1, constant_values=True)
        outside, _ = region_at(around, 0, 0)
        inside = ~area & ~outside[1:-1, 1:-1]
    return inside & (labels[box.slices] == UNLABELLED), box


def colour_spread(pixels: NDArray[np.uint8], y: int, x: int) -> NDArray[np.uint8]:
    """How far each pixel's colour is from that at (y, x): (H, W) uint8, the largest of 3 channels.

    The colour at a pixel is the mean of the 3x3 around it, so that one grain decides nothing.
    Pixels are (H, W, 3) uint8.
    """
    near = pixels[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2].reshape(-1, 3)
    spread = np.zeros(pixels.shape[:2], np.uint8)
    for channel, mean in enumerate(near.mean(0).round().astype(int)):
        distance = np.abs(np.arange(256) - mean).astype(np.uint8)
        np.maximum(spread, distance[pixels[..., channel]], out=spread)
    return spread


def _runs(wanted: Mask) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Row, first column and column after the last of each run, by row and column."""
    padded = np.zeros((wanted.shape[0], wanted.shape[1] + 2), np.int8)
    padded[:, 1:-1] = wanted
    steps = np.diff(padded, axis=1)
    rows, starts = np.nonzero(steps == 1)
    _, ends = np.nonzero(steps == -1)
    return rows, starts, ends


def _reached(
    starts: NDArray[np.intp], ends: NDArray[np.intp], width: int, seed: int
) -> NDArray[np.intp]:
    """Indices of the runs that hang together with run `seed`.

    Each run is joined with those it touches in the row below; then every run takes the
    smallest number among its neighbours, and follows it, until nothing changes.
    """
    low = np.searchsorted(ends, starts + width, "right")
    high = np.searchsorted(starts, ends + width, "left")
    count = np.maximum(high - low, 0)
    above = np.repeat(np.arange(len(starts)), count)
    offset = np.arange(len(above)) - np.repeat(np.cumsum(count) - count, count)
    below = np.repeat(low, count) + offset
    label = np.arange(len(starts))
    while True:
        before = label.copy()
        np.minimum.at(label, above, label[below])
        np.minimum.at(label, below, label[above])
        # A run's number is itself a run: follow it to its own number.
        np.minimum.at(label, before, label)
        while not np.array_equal(label, label[label]):
            label = label[label]
        if np.array_equal(before, label):
            return np.flatnonzero(label == label[seed])
