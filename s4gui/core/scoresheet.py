"""ScoreSheet: all scores of a set of images, each with the interval it may be trusted in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s4gui.core import scores
from s4gui.core.boundaries import BoundaryCounts, boundary_fs, boundary_ious
from s4gui.core.calibration import Calibration, calibration_error
from s4gui.core.classes import UNLABELLED
from s4gui.core.intervals import Interval, intervals
from s4gui.core.prediction import Prediction
from s4gui.core.scores import ConfusionMatrix, Counts, Floats, answered


@dataclass(frozen=True, slots=True)
class Scored:
    """A score and its interval over images; either is None where there is no answer."""

    value: float | None
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One class: IoU, what it rests on, and, if they were counted, boundary IoU and F."""

    class_id: int
    support_px: int
    iou: Scored
    boundary_iou: Scored | None
    boundary_f: Scored | None


@dataclass(frozen=True, slots=True)
class ImageRow:
    """One image by itself: mean IoU over its own classes and share of pixels right, or None."""

    image: str
    mean_iou: float | None
    pixel_accuracy: float | None


class ScoreSheet:
    """Counts images one by one; scores are of the set, from summed counts, not means of means.

    Boundaries are counted if `boundary_px` is given: they take far longer than all others.
    """

    def __init__(self, class_ids: tuple[int, ...], *, boundary_px: float | None = None) -> None:
        self.matrix = ConfusionMatrix(class_ids)
        self.calibration = Calibration(class_ids)
        self.boundaries = (
            None if boundary_px is None else BoundaryCounts(class_ids, distance_px=boundary_px)
        )
        self._images: list[str] = []
        self._groups: list[str] = []
        self._tallies: list[Counts] = []
        self._sureness: list[Counts] = []
        self._edges: list[Counts] = []
        self._labelled_px = self._all_px = 0

    def add(
        self, image: str, reference: NDArray[np.uint8], prediction: Prediction, *, group: str = ""
    ) -> None:
        """Count one image. reference (H, W) uint8 of class ids; `group` names its video."""
        ids = self.matrix.class_ids
        matrix, calibration = ConfusionMatrix(ids), Calibration(ids)
        matrix.add(reference, prediction.classes)
        calibration.add(reference, prediction.classes, prediction.confidence)
        if self.boundaries is not None:
            edges = BoundaryCounts(ids, distance_px=self.boundaries.distance_px)
            edges.add(reference, prediction.classes)
            self.boundaries.merge(edges)
            self._edges.append(edges.counts)
        self.matrix.merge(matrix)
        self.calibration.merge(calibration)
        self._images.append(image)
        self._groups.append(group or image)
        self._tallies.append(matrix.tally)
        self._sureness.append(calibration.counts)
        self._labelled_px += int(np.count_nonzero(reference != UNLABELLED))
        self._all_px += reference.size

    @property
    def on(self) -> str:
        """ "images", or "strokes" (scores.rests_on)."""
        return scores.rests_on(self._labelled_px, self._all_px)

    @property
    def groups(self) -> int:
        """How many groups the images belong to."""
        return len(set(self._groups))

    def images(self) -> tuple[ImageRow, ...]:
        """Every image by itself, as added."""
        return tuple(
            ImageRow(
                image,
                answered(scores.mean_iou(tally)),
                answered(scores.pixel_accuracy(tally)),
            )
            for image, tally in zip(self._images, self._tallies, strict=True)
        )

    def scores(self, *, seed: int) -> dict[str, Scored]:
        """Scores of the whole set by name; the same seed gives the same intervals."""
        wanted = [(name, self._tallies, score) for name, score in _OF_TALLIES.items()]
        wanted.append(("calibration_error", self._sureness, calibration_error))
        if self.boundaries is not None:
            wanted.append(("boundary_iou", self._edges, _mean_boundary_iou))
            wanted.append(("boundary_f", self._edges, _mean_boundary_f))
        return {name: self._each(tallies, score, seed)[0] for name, tallies, score in wanted}

    def classes(self, *, seed: int) -> tuple[ClassRow, ...]:
        """Scores by class id."""
        ids = self.matrix.class_ids
        none: tuple[Scored | None, ...] = (None,) * len(ids)
        ious = self._each(self._tallies, scores.ious, seed)
        edge_ious = self._each(self._edges, boundary_ious, seed) if self.boundaries else none
        edge_fs = self._each(self._edges, boundary_fs, seed) if self.boundaries else none
        support = self.matrix.tally[1]
        return tuple(
            ClassRow(class_id, int(support[i]), ious[i], edge_ious[i], edge_fs[i])
            for i, class_id in enumerate(ids)
        )

    def _each(
        self, tallies: list[Counts], score: Callable[[Counts], Floats], seed: int
    ) -> tuple[Scored, ...]:
        if not tallies:
            return (Scored(None, None),) * len(self.matrix.class_ids)
        stacked = np.stack(tallies)
        values = np.atleast_1d(score(stacked.sum(0)))
        around = intervals(stacked, score, groups=self._groups, seed=seed)
        return tuple(
            Scored(answered(value), interval)
            for value, interval in zip(values, around, strict=True)
        )


_OF_TALLIES: dict[str, Callable[[Counts], Floats]] = {
    "mean_iou": scores.mean_iou,
    "pixel_accuracy": scores.pixel_accuracy,
    "mean_accuracy": scores.mean_accuracy,
    "weighted_iou": scores.weighted_iou,
}


def _mean_boundary_iou(counts: Counts) -> Floats:
    return scores.mean_of_known(boundary_ious(counts))


def _mean_boundary_f(counts: Counts) -> Floats:
    return scores.mean_of_known(boundary_fs(counts))
