"""Oblique directions: what Fisher's discriminant adds to the axes that trees can split on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from s4gui.preview.features import Floats

SHRINKAGE = 0.05
"""Weight of the identity in the within-class covariance (of standardised features)."""
_SMALLEST_SPREAD = 1e-3


@dataclass(frozen=True, slots=True)
class Directions:
    """Affine map of features (F,) to discriminant coordinates (D,); `weights` is (F, D)."""

    weights: Floats
    offsets: Floats

    def added(self, rows: Floats) -> Floats:
        """Rows (n, F) with their D discriminant coordinates behind: (n, F + D) float32."""
        count, columns = rows.shape
        wide = np.empty((count, columns + len(self.offsets)), np.float32)
        wide[:, :columns] = rows
        np.matmul(rows, self.weights, out=wide[:, columns:])
        wide[:, columns:] += self.offsets
        return wide


def beside(first: Directions, second: Directions) -> Directions:
    """Both; the columns that `first` is of are the first ones of those that `second` is of."""
    weights = np.zeros((len(second.weights), first.weights.shape[1]), np.float32)
    weights[: len(first.weights)] = first.weights
    return Directions(
        np.concatenate([weights, second.weights], 1),
        np.concatenate([first.offsets, second.offsets]),
    )


def directions(rows: Floats, classes: NDArray[np.uint8]) -> Directions:
    """Fisher's discriminant (Fisher 1936; Rao 1948 for many classes), all classes equal.

    rows (n, F) float32, classes (n,) ids, C of them: at most C - 1 directions, the ones in
    which class means lie furthest apart in units of the spread within classes (SHRINKAGE
    towards a sphere). A tree's split along one is an oblique split of the feature space.
    """
    mean = rows.mean(0, dtype=np.float64)
    spread = rows.std(0, dtype=np.float64) + _SMALLEST_SPREAD
    scaled = (rows - mean) / spread
    columns = rows.shape[1]
    ids = np.unique(classes)
    means = np.empty((len(ids), columns))
    within = np.zeros((columns, columns))
    for i, each in enumerate(ids):
        part = scaled[classes == each]
        means[i] = part.mean(0)
        part -= means[i]
        within += part.T @ part / (len(part) * len(ids))
    sphere = np.trace(within) / columns + 1e-9
    within = (1 - SHRINKAGE) * within + SHRINKAGE * sphere * np.eye(columns)
    means -= means.mean(0)
    count = min(len(ids) - 1, columns)
    _, vectors = linalg.eigh(
        means.T @ means / len(ids), within, subset_by_index=(columns - count, columns - 1)
    )
    weights = vectors / spread[:, None]
    return Directions(weights.astype(np.float32), (-mean @ weights).astype(np.float32))
