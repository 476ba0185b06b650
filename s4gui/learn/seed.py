"""Random numbers as functions of the seed and the step, so that nothing has to be remembered.

A run that goes on from a checkpoint draws what it would have drawn, because no generator has a
history: each step seeds torch's and its own anew.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import torch


class Stream(IntEnum):
    """Independent uses of one seed."""

    WEIGHTS = 0
    LABELLED = 1
    UNLABELLED = 2
    REAL = 3
    TORCH = 4
    MIX = 5
    STRONG = 6
    ANSWERS = 7
    TAGGED = 20
    UNTAGGED = 21


def generator(seed: int, stream: Stream, *numbers: int) -> np.random.Generator:
    """The random generator of one use, for example of (pass) or (step, place in the batch)."""
    return np.random.default_rng([seed, int(stream), *numbers])


def seed_torch(seed: int, stream: Stream, step: int = 0, *, rank: int = 0) -> None:
    """Set torch's own generators (start weights, dropout) for one step.

    Process 0 of several draws what one alone would, the others have numbers of their own.
    """
    others = (rank,) if rank else ()
    torch.manual_seed(int(generator(seed, stream, step, *others).integers(2**62)))
