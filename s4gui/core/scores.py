"""ConfusionMatrix and the scores that follow from it; "no answer" is None, never 0."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]


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

    def per_class(self) -> tuple[ClassScore, ...]:
        """Scores by class id: intersection over union in float64, None without reference."""
        hits = np.diag(self._counts)
        support, predicted = self._counts.sum(1), self._counts.sum(0)
        return tuple(
            ClassScore(
                class_id=class_id,
                iou=float(hits[i] / (support[i] + predicted[i] - hits[i])) if support[i] else None,
                support_px=int(support[i]),
                false_positive_px=int(predicted[i] - hits[i]),
            )
            for i, class_id in enumerate(self.class_ids)
        )

    def mean_iou(self) -> float | None:
        """Mean of the IoUs of classes with reference pixels; None if no class has any."""
        found = [each.iou for each in self.per_class() if each.iou is not None]
        return float(np.mean(found)) if found else None

    def pixel_accuracy(self) -> float | None:
        """Share of reference pixels predicted right; None without reference pixels."""
        total = int(self._counts.sum())
        return float(np.trace(self._counts) / total) if total else None
