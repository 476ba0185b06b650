"""Trees over filter features: rows to learn from, a fitted forest, its class probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier

from s4gui.core.classes import MAX_CLASS_ID
from s4gui.preview.features import FEATURES, Floats, relit
from s4gui.preview.oblique import Directions, beside, directions

TREES = 20
MAX_DEPTH = 20
MIN_LEAF = 3
CANDIDATES = 20
"""Features tried at a split."""
ROWS_PER_CLASS = 500
"""At most so many pixels of a class teach; the others add time, not accuracy."""
RELIT_LIGHT = 0.15
"""Every row teaches twice: its copy's lightness changes by about this share,"""
RELIT_CHROMA = 0.1
"""and its colourfulness by about this share (decisions/0009: helps on a new drive)."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Features (n, F) float32 and class ids (n,) uint8 of labelled working pixels."""

    features: Floats
    classes: NDArray[np.uint8]

    def __post_init__(self) -> None:
        if self.features.shape[:1] != self.classes.shape:
            raise ValueError(f"{len(self.features)} rows, {len(self.classes)} classes")


def working_labels(
    labels: NDArray[np.uint8], shape: tuple[int, int]
) -> tuple[NDArray[np.intp], NDArray[np.uint8]]:
    """Labelled cells of a working grid (h, w): flat indices ascending, and their class ids.

    labels (H, W) uint8; ids above MAX_CLASS_ID (void, unlabelled) teach nothing. A cell takes
    the class that most of its labelled pixels have, the lower id if even.
    """
    y, x = np.nonzero(labels <= MAX_CLASS_ID)
    height, width = shape
    cells = (y * height // labels.shape[0]) * width + x * width // labels.shape[1]
    keys, counts = np.unique(cells * 256 + labels[y, x], return_counts=True)
    keys = keys[np.lexsort((keys, -counts, keys // 256))]
    cell, first = np.unique(keys // 256, return_index=True)
    return cell, (keys[first] % 256).astype(np.uint8)


def sampled(classes: NDArray[np.uint8], *, per_class: int, seed: int) -> NDArray[np.intp]:
    """Positions of at most `per_class` entries of each class, ascending, by a seeded draw.

    A smaller `per_class` draws a subset of what a larger one draws.
    """
    order = np.random.default_rng(seed).permutation(len(classes))
    ranked = order[np.argsort(classes[order], kind="stable")]
    _, starts, counts = np.unique(classes[ranked], return_index=True, return_counts=True)
    rank = np.arange(len(ranked)) - np.repeat(starts, counts)
    return np.sort(ranked[rank < per_class])


@dataclass(frozen=True, slots=True)
class Forest:
    """Fitted trees; columns of its probabilities are `class_ids`, ascending."""

    class_ids: tuple[int, ...]
    pixels: int
    oblique: Directions
    trees: tuple[Any, ...]

    def probabilities(self, features: Floats) -> Floats:
        """(h, w, C) float32 summing to 1, of features (h, w, F) float32."""
        height, width, columns = features.shape
        rows = self.oblique.added(features.reshape(-1, columns))
        total = np.zeros((len(rows), len(self.class_ids)))
        for tree in self.trees:
            total += tree.predict(rows)
        total /= len(self.trees)
        return total.astype(np.float32).reshape(height, width, -1)


def fitted(parts: Sequence[Rows], *, seed: int, threads: int) -> Forest:
    """Extremely randomised trees (Geurts et al. 2006) on these rows, classes balanced.

    The trees see the features and their discriminant directions; every row teaches as it is
    and once more under other light. ValueError unless at least two classes are among them.
    """
    ids = np.unique(np.concatenate([np.empty(0, np.uint8), *(part.classes for part in parts)]))
    if len(ids) < 2:
        raise ValueError("trees need at least two classes")
    features = np.concatenate([part.features for part in parts])
    classes = np.concatenate([part.classes for part in parts])
    chosen = sampled(classes, per_class=ROWS_PER_CLASS, seed=seed)
    rows = np.concatenate([features[chosen], _relit(features[chosen], seed)])
    answers = np.concatenate([classes[chosen]] * 2)
    oblique = _offered(rows, answers)
    model = ExtraTreesClassifier(
        n_estimators=TREES,
        max_depth=MAX_DEPTH,
        min_samples_leaf=MIN_LEAF,
        max_features=min(CANDIDATES, features.shape[1]),
        class_weight="balanced",
        random_state=seed,
        n_jobs=threads,
    )
    model.fit(oblique.added(rows), answers)
    trees = tuple(each.tree_ for each in model.estimators_)
    return Forest(tuple(int(each) for each in ids), len(chosen), oblique, trees)


def _offered(rows: Floats, classes: NDArray[np.uint8]) -> Directions:
    """Discriminant directions; where an encoder's features follow, first those of the filters.

    However little the encoder has to say of the classes, these stay on offer (decisions/0009).
    """
    if rows.shape[1] <= FEATURES:
        return directions(rows, classes)
    return beside(directions(rows[:, :FEATURES], classes), directions(rows, classes))


def _relit(rows: Floats, seed: int) -> Floats:
    rng = np.random.default_rng(seed)
    light = np.exp(rng.normal(0, RELIT_LIGHT, len(rows))).astype(np.float32)
    chroma = np.exp(rng.normal(0, RELIT_CHROMA, len(rows))).astype(np.float32)
    return relit(rows, light=light, chroma=chroma)
