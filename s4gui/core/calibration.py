"""Calibration: whether a prediction that says 80 % is right in 80 of 100 pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s4gui.core.scores import Counts, Floats, answered

BINS = 15
SURE = 255


@dataclass(frozen=True, slots=True)
class ReliabilityRow:
    """One bin of confidences, `low` to below `high` (the last one with 1).

    `accuracy` and `confidence` are means over its pixels, None if it has none.
    """

    low: float
    high: float
    pixels: int
    accuracy: float | None
    confidence: float | None


class Calibration:
    """Counts (3, bins) int64 over bins of equal width: pixels, hits, sum of confidences.

    Confidences are as predictions have them, 0-255 for 0-1, so that the sums are exact. Only
    pixels with a reference class count.
    """

    def __init__(self, class_ids: tuple[int, ...], *, bins: int = BINS) -> None:
        if not 1 <= bins <= SURE:
            raise ValueError(f"confidences fall into 1 to {SURE} bins, not {bins}")
        self.class_ids = tuple(sorted(class_ids))
        self._counts = np.zeros((3, bins), np.int64)

    @property
    def counts(self) -> Counts:
        """A copy of the counts (3, bins)."""
        return self._counts.copy()

    def add(
        self,
        reference: NDArray[np.uint8],
        prediction: NDArray[np.uint8],
        confidence: NDArray[np.uint8],
    ) -> None:
        """Count one frame, all (H, W) uint8. ValueError if the shapes differ."""
        if not reference.shape == prediction.shape == confidence.shape:
            raise ValueError("reference, prediction and confidence have different shapes")
        known = np.isin(reference, self.class_ids)
        sure = confidence[known].astype(np.int64)
        hit = reference[known] == prediction[known]
        bins = self._counts.shape[1]
        place = np.minimum(sure * bins // SURE, bins - 1)
        self._counts[0] += np.bincount(place, minlength=bins)
        self._counts[1] += np.bincount(place[hit], minlength=bins)
        np.add.at(self._counts[2], place, sure)

    def merge(self, other: Calibration) -> None:
        """Add the counts of another set over the same classes and bins."""
        if other.class_ids != self.class_ids or other._counts.shape != self._counts.shape:
            raise ValueError("the counts are over different classes or bins")
        self._counts += other._counts

    def error(self) -> float | None:
        """The expected calibration error, 0 to 1; None without a reference pixel."""
        return answered(calibration_error(self._counts))

    def table(self) -> tuple[ReliabilityRow, ...]:
        """The reliability diagram as rows, from low to high confidence."""
        bins = self._counts.shape[1]
        return tuple(
            ReliabilityRow(
                low=i / bins,
                high=(i + 1) / bins,
                pixels=int(pixels),
                accuracy=float(hits / pixels) if pixels else None,
                confidence=float(sure / pixels / SURE) if pixels else None,
            )
            for i, (pixels, hits, sure) in enumerate(self._counts.T)
        )


def calibration_error(counts: Counts) -> Floats:
    """(...) of counts (..., 3, bins): sum over bins of |hits - sum of confidences| / pixels.

    (Naeini et al. 2015; Guo et al., "On calibration of modern neural networks", 2017.) NaN
    without a pixel.
    """
    pixels, hits, sure = np.moveaxis(counts, -2, 0)
    total = pixels.sum(-1)
    apart = np.abs(hits - sure / SURE).sum(-1)
    return np.where(total > 0, apart / np.maximum(total, 1), np.nan)
