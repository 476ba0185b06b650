"""The learning rate of a step, as a pure function of how far the run is."""

from __future__ import annotations

import math
from dataclasses import dataclass

WARM_STEPS = 20
RISE_SHARE, RISE_FROM, FALL_TO = 0.3, 1 / 25, 1 / 25e4


@dataclass(frozen=True, slots=True)
class Progress:
    """Steps already done, of all steps of the run."""

    step: int
    total: int

    def __post_init__(self) -> None:
        if not 0 <= self.step < self.total:
            raise ValueError(f"step {self.step} is not one of {self.total}")

    @property
    def share(self) -> float:
        """0 at the first step, below 1 at the last."""
        return self.step / self.total


def rate_factor(schedule: str, share: float) -> float:
    """What the base rate is multiplied with, share in [0, 1).

    poly: (1 - share)^0.9 (Chen et al.); cosine: half a cosine; onecycle: from 1/25 up to 1 in
    the first 30 %, down to nearly 0 in the rest, both along a cosine (Smith, Topin, "Super-
    convergence", 2018); constant: 1.
    """
    if schedule == "poly":
        return float((1 - share) ** 0.9)
    if schedule == "cosine":
        return (1 + math.cos(math.pi * share)) / 2
    if schedule == "onecycle":
        if share < RISE_SHARE:
            return _between(RISE_FROM, 1.0, share / RISE_SHARE)
        return _between(1.0, FALL_TO, (share - RISE_SHARE) / (1 - RISE_SHARE))
    return 1.0


def _between(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2


def learning_rate(base: float, schedule: str, progress: Progress) -> float:
    """The rate of a step: the schedule with a short linear start for runs that are long enough.

    The start (20 steps, none in runs below 200) keeps the first steps of Adam, whose second
    moment is not known yet, from throwing the weights away. The report's poly rule has none.
    """
    rate = base * rate_factor(schedule, progress.share)
    if schedule == "cosine" and progress.total >= 10 * WARM_STEPS:
        rate *= min(1.0, (progress.step + 1) / WARM_STEPS)
    return rate
