"""ConfusionMatrix and the scores that follow from it; "no answer" is None, never 0.

Scores are functions of a tally (..., 3, C) int64: pixels hit, of the reference, and predicted,
class by class. So they are the same for one set and for a thousand resampled ones; there "no
answer" is NaN.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]
DENSE = 0.9
"""Share of pixels with a label from which on a set of images counts as whole masks."""


@dataclass(frozen=True, slots=True)
class ClassScore:
    """IoU of one class with what it rests on.

    `iou` is None if and only if `support_px` (reference pixels) is 0; then
    `false_positive_px` still tells how often it was predicted where another class was right.
    """

    class_id: int
    iou: float | None
    support_px: int
    false_positive_px: int


class ConfusionMatrix:
    """Pixel counts (C, C) int64, rows reference, columns prediction, classes by id.

    Built by the report's steps: pixels without a reference class are dropped first, then
    category = C * reference + prediction, counted by bincount and accumulated over the set.
    torchmetrics counts an absent but predicted class as IoU 0; here it has no IoU (None).
    """

    def __init__(self, class_ids: tuple[int, ...], counts: Counts | None = None) -> None:
        size = len(class_ids)
        self.class_ids = tuple(sorted(class_ids))
        self._counts = np.zeros((size, size), np.int64) if counts is None else counts.copy()
        if self._counts.shape != (size, size) or self._counts.dtype != np.int64:
            raise ValueError(f"counts are ({size}, {size}) int64, not {self._counts.shape}")

    @property
    def counts(self) -> Counts:
        """A copy of the matrix (C, C) int64."""
        return self._counts.copy()

    def add(self, reference: NDArray[np.uint8], prediction: NDArray[np.uint8]) -> None:
        """Count one frame. Both (H, W) uint8 of class ids; only known reference ids count.

        ValueError if the shapes differ or a counted pixel is predicted as an unknown class.
        """
        if reference.shape != prediction.shape:
            raise ValueError(f"shapes differ: {reference.shape} and {prediction.shape}")
        size = len(self.class_ids)
        index = np.full(256, size, np.int64)
        index[list(self.class_ids)] = np.arange(size)
        rows = index[reference]
        known = rows < size
        columns = index[prediction[known]]
        if columns.size and int(columns.max()) >= size:
            raise ValueError("the prediction holds a class that the matrix does not know")
        found = np.bincount(size * rows[known] + columns, minlength=size * size)
        self._counts += found.reshape(size, size)

    def merge(self, other: ConfusionMatrix) -> None:
        """Add the counts of another matrix over the same classes."""
        if other.class_ids != self.class_ids:
            raise ValueError("the matrices are over different classes")
        self._counts += other._counts

    @property
    def tally(self) -> Counts:
        """(3, C) int64: hits, reference pixels and predicted pixels of each class."""
        return np.stack((np.diag(self._counts), self._counts.sum(1), self._counts.sum(0)))

    def per_class(self) -> tuple[ClassScore, ...]:
        """Scores by class id: intersection over union in float64, None without reference."""
        hits, support, predicted = self.tally
        return tuple(
            ClassScore(
                class_id=class_id,
                iou=answered(iou),
                support_px=int(support[i]),
                false_positive_px=int(predicted[i] - hits[i]),
            )
            for i, (class_id, iou) in enumerate(zip(self.class_ids, ious(self.tally), strict=True))
        )

    def mean_iou(self) -> float | None:
        """Mean of the IoUs of classes with reference pixels; None if no class has any."""
        return answered(mean_iou(self.tally))

    def pixel_accuracy(self) -> float | None:
        """Share of reference pixels predicted right; None without reference pixels."""
        return answered(pixel_accuracy(self.tally))

    def mean_accuracy(self) -> float | None:
        """Mean of the shares of each class's reference pixels predicted right, or None."""
        return answered(mean_accuracy(self.tally))

    def weighted_iou(self) -> float | None:
        """Mean of the IoUs, each class weighing as its share of reference pixels, or None."""
        return answered(weighted_iou(self.tally))


def ious(tally: Counts) -> Floats:
    """(..., C) of a tally: hits / (reference + predicted - hits), NaN without reference."""
    hits, support, predicted = np.moveaxis(tally, -2, 0)
    return _quotient(hits, support + predicted - hits, known=support > 0)


def mean_iou(tally: Counts) -> Floats:
    """(...) mean IoU over the classes with reference pixels, NaN if there is none."""
    return mean_of_known(ious(tally))


def pixel_accuracy(tally: Counts) -> Floats:
    """(...) hits of all classes / reference pixels of all classes."""
    hits, support = tally[..., 0, :].sum(-1), tally[..., 1, :].sum(-1)
    return _quotient(hits, support, known=support > 0)


def mean_accuracy(tally: Counts) -> Floats:
    """(...) mean over classes with reference pixels of hits / reference pixels."""
    hits, support = tally[..., 0, :], tally[..., 1, :]
    return mean_of_known(_quotient(hits, support, known=support > 0))


def weighted_iou(tally: Counts) -> Floats:
    """(...) frequency-weighted IoU: sum over classes of their share of the reference x IoU.

    (Long et al., "Fully convolutional networks for semantic segmentation", 2015, section 5.)
    """
    support = tally[..., 1, :]
    weighted = (support * np.nan_to_num(ious(tally))).sum(-1)
    return _quotient(weighted, support.sum(-1), known=support.sum(-1) > 0)


def mean_of_known(values: Floats) -> Floats:
    """(...) mean over the last axis without its NaN; NaN where there is nothing else."""
    known = ~np.isnan(values)
    count = known.sum(-1)
    return _quotient(np.where(known, values, 0.0).sum(-1), count, known=count > 0)


def answered(value: Floats | float) -> float | None:
    """None for NaN."""
    return None if np.isnan(value) else float(value)


def rests_on(labelled_px: int, all_px: int) -> Literal["images", "strokes"]:
    """What scores rest on if so many of all pixels of the scored images have a label.

    "strokes" where a tenth or more have none: people label what is clear, so such scores
    flatter, and are never called plain IoU (decision 0010).
    """
    return "images" if labelled_px >= DENSE * all_px else "strokes"


def _quotient(
    above: NDArray[np.generic], below: NDArray[np.generic], *, known: NDArray[np.bool_]
) -> Floats:
    """above / below in float64; NaN where it is not known."""
    answer = np.full(np.shape(known), np.nan)
    np.divide(above, below, out=answer, where=known, casting="unsafe")
    return answer
