"""Intervals: how far scores would move had other images been drawn; by the bootstrap.

Images are resampled, or groups of them (videos), never pixels: pixels of one image are alike,
and an interval over them would be far too narrow. The same holds for images of one video.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s4gui.core.scores import Counts, Floats

DRAWS = 1000
LEVEL = 0.95
_AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True)
class Interval:
    """Where a score lies in `level` of all draws; low is at most high."""

    low: float
    high: float
    level: float = LEVEL

    def __post_init__(self) -> None:
        if not self.low <= self.high:
            raise ValueError(f"an interval goes up, not from {self.low} to {self.high}")


def intervals(
    tallies: Counts,
    score: Callable[[Counts], Floats],
    *,
    groups: Sequence[str] | None = None,
    seed: int,
    draws: int = DRAWS,
) -> tuple[Interval | None, ...]:
    """Percentile intervals (Efron 1979) of scores whose tallies add up over images.

    tallies (N, ...) int64 hold one tally for each of N images, `groups` its video (None: each
    image stands alone). As many groups as there are are drawn with replacement, `draws` times,
    and `score` makes (draws, ...) sums into (draws,) or (draws, K). None where there are fewer
    than two groups, or where fewer than half of the draws have a score.
    """
    sums = _by_group(tallies, groups)
    count = len(sums)
    if count < 2:
        width = np.atleast_1d(score(tallies.sum(0, keepdims=True))[0]).size
        return (None,) * width
    rng = np.random.default_rng(seed)
    times = rng.multinomial(count, np.full(count, 1 / count), size=draws)  # (draws, groups)
    flat = sums.reshape(count, -1)
    chunk = max(1, _AT_ONCE // flat.shape[1])
    found = [
        score((times[i : i + chunk] @ flat).reshape(-1, *tallies.shape[1:]))
        for i in range(0, draws, chunk)
    ]
    values = np.concatenate(found).reshape(draws, -1)
    return tuple(_middle(column) for column in values.T)


def _by_group(tallies: Counts, groups: Sequence[str] | None) -> Counts:
    """(G, ...) sums of the tallies of each group."""
    if groups is None:
        return tallies
    if len(groups) != len(tallies):
        raise ValueError(f"{len(tallies)} images and {len(groups)} groups")
    _, place = np.unique(np.asarray(groups), return_inverse=True)
    sums = np.zeros((int(place.max(initial=-1)) + 1, *tallies.shape[1:]), np.int64)
    np.add.at(sums, place, tallies)
    return sums


def _middle(values: NDArray[np.float64]) -> Interval | None:
    known = values[~np.isnan(values)]
    if 2 * len(known) < len(values):
        return None
    low, high = np.quantile(known, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return Interval(float(low), float(high))
