"""Prior: how often each class really occurs, found on images nobody labelled."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from s4gui.core.camera import HiddenPlane
from s4gui.learn.pixels import Rgb
from s4gui.learn.predict import Predictor

Doubles = NDArray[np.float64]
ROUNDS = 30
FURTHEST = 4.0
"""A class's odds change by at most this factor: shares of rare classes are guesses."""


FRAMES = 24
"""How many train frames are asked."""
_EVERY = 37  # a prime, so that no column is preferred


def answers_on(
    frames: Iterable[tuple[Rgb, HiddenPlane | None]], predictor: Predictor
) -> NDArray[np.float32]:
    """(n, C) what a predictor without a tilt says of pixels spread over images, not of hidden."""
    rows = []
    for pixels, hidden in frames:
        maps = predictor.probabilities(predictor.at_working_size(pixels))  # (C, h, w)
        found = maps.flatten(1)[:, ::_EVERY].T.numpy(force=True)
        if hidden is not None:
            found = found[~hidden.at((maps.shape[1], maps.shape[2])).ravel()[::_EVERY]]
        rows.append(found)
    return np.concatenate(rows)


def found_shares(answers: NDArray[np.floating], taught: Doubles) -> Doubles:
    """(C,) shares that explain the answers (n, C) of a network taught with shares `taught` (C,).

    Saerens, Latinne, Decaestecker, "Adjusting the outputs of a classifier to new a priori
    probabilities" (2002), equations 2.9: reweigh the answers by found / taught shares, take
    their mean as found shares, and again. Classes that were never taught stay at 0.
    """
    rows = np.asarray(answers, np.float64)
    known = taught > 0
    found = np.where(known, taught / taught.sum(), 0.0)
    start = np.where(known, found, 1.0)
    for _ in range(ROUNDS):
        moved = rows * (found / start)
        moved /= np.maximum(moved.sum(1, keepdims=True), 1e-12)
        found = moved.mean(0)
    return found


def tilt(found: Doubles, taught: Doubles, *, strength: float) -> tuple[float, ...]:
    """(C,) factors for the odds of each class: (found / taught) ** strength, in bounds.

    The ratio itself is what Bayes asks for; a part of it gives better mean IoU, to which rare
    classes count as much as frequent ones. 1 for classes that were never taught.
    """
    known = taught > 0
    ratio = np.where(known, found / np.where(known, taught / taught.sum(), 1.0), 1.0)
    bounded = np.clip(ratio, 1 / FURTHEST, FURTHEST) ** strength
    return tuple(round(float(each), 6) for each in bounded)
