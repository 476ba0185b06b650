"""BoundaryCounts: how well predicted classes keep to the edges of the reference."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from s4gui.core.scores import Counts, Floats, answered, mean_of_known

Mask = NDArray[np.bool_]
KINDS = 7


class BoundaryCounts:
    """Pixel counts (7, C) int64 by class id, from which boundary IoU and boundary F follow.

    All distances are Euclidean, between the middles of pixels, of the frame's own size. Pixels
    without a reference class are left out as if they lay beyond the frame: they are in no band
    and make none, and neither does the frame's border.

    With d = `distance_px`, of one class c: its band is all pixels of c at most d away from a
    pixel of another class; its edge is the band for d = 1. Of reference and prediction:

    - boundary IoU = |bands' intersection| / |bands' union| (Cheng et al., "Boundary IoU",
      2021; there the frame's border is an edge as well, and d is 2 % of the diagonal);
    - boundary F = 2PR / (P + R), where P is the share of the predicted edge that is at most d
      away from the reference's edge, and R the share of the reference's edge at most d away
      from the predicted one (Csurka et al., "What is a good evaluation measure for semantic
      segmentation?", 2013; there it is the mean over images, here counts are summed over the
      set, as for the IoU).

    Rows of the counts: intersection and union of the bands, the reference's band, predicted
    edge and how much of it was matched, reference edge and how much of it was matched.
    """

    def __init__(self, class_ids: tuple[int, ...], *, distance_px: float) -> None:
        if not distance_px >= 1:
            raise ValueError(f"a distance is at least one pixel, not {distance_px}")
        self.class_ids, self.distance_px = tuple(sorted(class_ids)), distance_px
        self._counts = np.zeros((KINDS, len(class_ids)), np.int64)

    @property
    def counts(self) -> Counts:
        """A copy of the counts (7, C)."""
        return self._counts.copy()

    def add(self, reference: NDArray[np.uint8], prediction: NDArray[np.uint8]) -> None:
        """Count one frame, both (H, W) uint8 of class ids. ValueError if the shapes differ."""
        if reference.shape != prediction.shape:
            raise ValueError(f"shapes differ: {reference.shape} and {prediction.shape}")
        known = np.isin(reference, self.class_ids)
        for place, class_id in enumerate(self.class_ids):
            mine, theirs = known & (reference == class_id), known & (prediction == class_id)
            box = _box(mine | theirs, margin=math.ceil(self.distance_px))
            if box is not None:
                found = _counted(mine[box], theirs[box], known[box], self.distance_px)
                self._counts[:, place] += found

    def merge(self, other: BoundaryCounts) -> None:
        """Add the counts of another set over the same classes and distance."""
        if (other.class_ids, other.distance_px) != (self.class_ids, self.distance_px):
            raise ValueError("the counts are over different classes or distances")
        self._counts += other._counts

    def ious(self) -> tuple[float | None, ...]:
        """Boundary IoU by class id; None where the reference has no band."""
        return tuple(answered(each) for each in boundary_ious(self._counts))

    def fs(self) -> tuple[float | None, ...]:
        """Boundary F by class id; None where the reference has no edge."""
        return tuple(answered(each) for each in boundary_fs(self._counts))

    def mean_iou(self) -> float | None:
        """Mean boundary IoU over classes whose reference has a band; None if none has."""
        return answered(mean_of_known(boundary_ious(self._counts)))

    def mean_f(self) -> float | None:
        """Mean boundary F over classes whose reference has an edge; None if none has."""
        return answered(mean_of_known(boundary_fs(self._counts)))


def boundary_ious(counts: Counts) -> Floats:
    """(..., C) of counts (..., 7, C); NaN where the reference has no band."""
    both, either, band, *_ = np.moveaxis(counts, -2, 0)
    return np.where(band > 0, both / np.maximum(either, 1), np.nan)


def boundary_fs(counts: Counts) -> Floats:
    """(..., C) of counts (..., 7, C); NaN where the reference has no edge."""
    *_, predicted, right, edge, found = np.moveaxis(counts, -2, 0)
    precision, recall = right / np.maximum(predicted, 1), found / np.maximum(edge, 1)
    both = precision + recall
    score = 2 * precision * recall / np.where(both > 0, both, 1.0)
    return np.where(edge > 0, score, np.nan)


def near(mask: Mask, distance_px: float) -> Mask:
    """(H, W) bool: at most so far (Euclidean) from a true pixel, which counts as 0 away.

    A disc is a stack of rows: for each row of it, whether a window of its width holds a true
    pixel, by running sums. Time grows with the distance, not with its square.
    """
    height, width = mask.shape
    reach = int(distance_px)
    sums = np.zeros((height, width + 2 * reach + 1), np.int32)
    np.cumsum(mask, axis=1, out=sums[:, reach + 1 : reach + 1 + width])
    sums[:, reach + 1 + width :] = sums[:, reach + width : reach + width + 1]
    found = np.zeros_like(mask)
    for down in range(min(reach, height - 1) + 1):
        half = int(math.sqrt(distance_px**2 - down**2))
        right = sums[:, reach + half + 1 : reach + half + 1 + width]
        row = right > sums[:, reach - half : reach - half + width]
        found[down:] |= row[: height - down]
        found[: height - down] |= row[down:]
    return found


def _counted(mine: Mask, theirs: Mask, known: Mask, distance_px: float) -> Counts:
    """(7,) of one class in one frame: the reference's pixels, the prediction's, known ones."""
    mine_band, mine_edge = _band_and_edge(mine, known, distance_px)
    their_band, their_edge = _band_and_edge(theirs, known, distance_px)
    masks = (
        mine_band & their_band,
        mine_band | their_band,
        mine_band,
        their_edge,
        their_edge & near(mine_edge, distance_px),
        mine_edge,
        mine_edge & near(their_edge, distance_px),
    )
    return np.array([np.count_nonzero(each) for each in masks], np.int64)


def _band_and_edge(mask: Mask, known: Mask, distance_px: float) -> tuple[Mask, Mask]:
    others = known & ~mask
    return mask & near(others, distance_px), mask & near(others, 1)


def _box(mask: Mask, *, margin: int) -> tuple[slice, slice] | None:
    """Rows and columns that hold all true pixels, with a margin; None without any."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return None
    top, left = max(0, int(rows[0]) - margin), max(0, int(columns[0]) - margin)
    return slice(top, int(rows[-1]) + margin + 1), slice(left, int(columns[-1]) + margin + 1)
