"""Connected components by runs of equal pixels: each imported scribble is one edit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]


def components(values: NDArray[np.integer], *, none: int) -> NDArray[np.int32]:
    """Number 8-connected regions of equal value in (H, W): (H, W) int32, 0 where `none`.

    Numbers run from 1 in reading order of the regions' first pixels. Runs of each row are
    joined with touching runs of the next one, then numbered by minimum with pointer jumping.
    """
    height, width = values.shape
    out = np.zeros(values.shape, np.int32)
    starts = np.ones(values.shape, bool)
    starts[:, 1:] = values[:, 1:] != values[:, :-1]
    first = np.flatnonzero(starts)
    if not first.size:
        return out
    last = np.append(first[1:], height * width)  # one past the run, in flat pixels
    worth = values.ravel()[first] != none
    first, last = first[worth], last[worth]
    if not first.size:
        return out
    run_values = values.ravel()[first]
    above, below = _touching(first, last, width)
    same = run_values[above] == run_values[below]
    root = _joined(len(first), above[same], below[same])
    # The smallest run of a region is its first in reading order.
    _, number = np.unique(root, return_inverse=True)
    out.ravel()[_flat(first, last)] = np.repeat(number.astype(np.int32) + 1, last - first)
    return out


def _touching(first: Numbers, last: Numbers, width: int) -> tuple[Numbers, Numbers]:
    """Pairs of runs of neighbouring rows that touch, corners included."""
    row, left = first // width, first % width
    right = left + (last - first)  # exclusive
    stride = width + 2
    # In one ascending key per run, the runs of the next row from `left` to `right` are a slice.
    begins, ends = row * stride + left, row * stride + right
    low = np.searchsorted(ends, (row + 1) * stride + left, side="left")
    high = np.searchsorted(begins, (row + 1) * stride + right, side="right")
    count = np.maximum(high - low, 0)
    above = np.repeat(np.arange(len(first)), count)
    offset = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
    return above, np.repeat(low, count) + offset


def _joined(size: int, a: Numbers, b: Numbers) -> Numbers:
    """The smallest member of each one's region, for joins a-b."""
    root = np.arange(size)
    while True:
        low = np.minimum(root[a], root[b])
        before = root.copy()
        np.minimum.at(root, before[a], low)
        np.minimum.at(root, before[b], low)
        while not np.array_equal(root, root[root]):
            root = root[root]
        if np.array_equal(root, before):
            return root


def _flat(first: Numbers, last: Numbers) -> Numbers:
    lengths = last - first
    offset = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    out: Numbers = np.repeat(first, lengths) + offset
    return out
