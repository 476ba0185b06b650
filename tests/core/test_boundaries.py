"""Boundary scores equal scipy's exact distances and values counted by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt

from s4gui.core.boundaries import BoundaryCounts, near
from s4gui.core.classes import UNLABELLED, VOID

IDS = (3, 5, 9)


def _scene(seed: int, *, void: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Blobs of three classes and a shifted, noisy answer."""
    rng = np.random.default_rng(seed)
    heights = np.cumsum(np.cumsum(rng.normal(size=(30, 41)), 0), 1)
    reference = np.array(IDS, np.uint8)[np.digitize(heights, np.quantile(heights, (0.3, 0.7)))]
    prediction = np.roll(reference, (1, 2), (0, 1))
    wrong = rng.random(reference.shape) < 0.03
    prediction[wrong] = rng.choice(IDS, int(wrong.sum()))
    gone = rng.random(reference.shape) < void
    reference[gone] = rng.choice([VOID, UNLABELLED], int(gone.sum()))
    return reference, prediction


def _far(mask: np.ndarray) -> np.ndarray:
    """Distances to the next true pixel, infinite without any."""
    return distance_transform_edt(~mask) if mask.any() else np.full(mask.shape, np.inf)


def _by_distances(reference: np.ndarray, prediction: np.ndarray, distance: float) -> np.ndarray:
    known = np.isin(reference, IDS)
    rows = []
    for class_id in IDS:
        bands, edges = [], []
        for plane in (reference, prediction):
            mine = known & (plane == class_id)
            away = _far(known & (plane != class_id))
            bands.append(mine & (away <= distance))
            edges.append(mine & (away <= 1))
        rows.append(
            [
                (bands[0] & bands[1]).sum(),
                (bands[0] | bands[1]).sum(),
                bands[0].sum(),
                edges[1].sum(),
                (edges[1] & (_far(edges[0]) <= distance)).sum(),
                edges[0].sum(),
                (edges[0] & (_far(edges[1]) <= distance)).sum(),
            ]
        )
    return np.array(rows).T


@pytest.mark.parametrize("distance", [0, 1, 1.5, 2, 2**0.5, 5, 5.3, 60])
def test_near_is_exactly_scipys_distance(distance: float) -> None:
    rng = np.random.default_rng(0)
    for density in (0.002, 0.05, 0.0):
        mask = rng.random((23, 37)) < density
        assert np.array_equal(near(mask, distance), _far(mask) <= distance)
    assert near(np.ones((1, 1), bool), distance).all()


@pytest.mark.parametrize("void", [0.0, 0.2])
@pytest.mark.parametrize("distance", [1, 2, 3.5, 8])
def test_counts_equal_those_by_distances(distance: float, void: float) -> None:
    counts = BoundaryCounts(IDS, distance_px=distance)
    total = np.zeros((7, 3), int)
    for seed in range(4):
        scene = _scene(seed, void=void)
        counts.add(*scene)
        total += _by_distances(*scene, distance)
    assert np.array_equal(counts.counts, total)
    assert (total > 0).all()
    both, either, _, predicted, right, edge, found = total
    assert counts.ious() == pytest.approx(both / either, abs=1e-15)
    p, r = right / predicted, found / edge
    assert counts.fs() == pytest.approx(2 * p * r / (p + r), abs=1e-15)
    assert counts.mean_f() == pytest.approx(np.mean(2 * p * r / (p + r)), abs=1e-15)


def test_a_shifted_edge_has_the_values_counted_by_hand() -> None:
    """Columns 0-3 are of class 3; the answer puts the edge two columns to the right."""
    reference = np.full((5, 10), 5, np.uint8)
    reference[:, :4] = 3
    prediction = np.full((5, 10), 5, np.uint8)
    prediction[:, :6] = 3
    counts = BoundaryCounts((3, 5), distance_px=2)
    counts.add(reference, prediction)
    # Bands of class 3: columns 2-3 and 4-5; of class 5: 4-5 and 6-7. Edges: 3 and 5; 4 and 6.
    assert counts.ious() == (0.0, 0.0)
    assert counts.fs() == (1.0, 1.0)
    nearer = BoundaryCounts((3, 5), distance_px=1)
    nearer.add(reference, prediction)
    assert nearer.fs() == (0.0, 0.0)
    wider = BoundaryCounts((3, 5), distance_px=3)
    wider.add(reference, prediction)
    assert wider.ious() == (1 / 5, 1 / 5)  # columns 1-3 and 3-5 of class 3


def test_a_perfect_answer_has_one_and_an_absent_class_none() -> None:
    reference, _ = _scene(0)
    counts = BoundaryCounts((*IDS, 11), distance_px=3)
    counts.add(reference, reference)
    assert counts.ious() == (1.0, 1.0, 1.0, None)
    assert counts.fs() == (1.0, 1.0, 1.0, None)
    assert counts.mean_iou() == counts.mean_f() == 1.0
    flat = BoundaryCounts((3,), distance_px=3)
    flat.add(np.full((4, 4), 3, np.uint8), np.full((4, 4), 3, np.uint8))
    assert flat.ious() == flat.fs() == (None,)  # one class everywhere has no edge
    assert flat.mean_iou() is None
    assert flat.mean_f() is None


def test_a_class_that_was_not_found_has_zero() -> None:
    reference, _ = _scene(1)
    counts = BoundaryCounts(IDS, distance_px=3)
    counts.add(reference, np.full_like(reference, 5))
    assert counts.ious()[0] == 0.0
    assert counts.fs() == (0.0, 0.0, 0.0)


def test_a_class_that_is_only_predicted_has_no_score() -> None:
    counts = BoundaryCounts((3, 5), distance_px=2)
    reference = np.full((6, 6), 3, np.uint8)
    prediction = reference.copy()
    prediction[:2] = 5
    counts.add(reference, prediction)
    assert counts.ious() == counts.fs() == (None, None)  # and of class 3 there is no edge
    assert counts.counts[3].tolist() == [6, 6]  # though edges were predicted


def test_what_is_predicted_under_void_never_matters() -> None:
    reference, prediction = _scene(2, void=0.3)
    other = np.where(np.isin(reference, IDS), prediction, 9).astype(np.uint8)
    one, two = BoundaryCounts(IDS, distance_px=2), BoundaryCounts(IDS, distance_px=2)
    one.add(reference, prediction)
    two.add(reference, other)
    assert np.array_equal(one.counts, two.counts)


def test_counts_of_parts_merge_and_what_does_not_fit_is_refused() -> None:
    whole, part, rest = (BoundaryCounts(IDS, distance_px=2) for _ in range(3))
    for seed in range(3):
        whole.add(*_scene(seed))
        (part if seed else rest).add(*_scene(seed))
    part.merge(rest)
    assert np.array_equal(part.counts, whole.counts)
    with pytest.raises(ValueError, match="distances"):
        whole.merge(BoundaryCounts(IDS, distance_px=3))
    with pytest.raises(ValueError, match="shapes differ"):
        whole.add(np.zeros((2, 2), np.uint8), np.zeros((2, 3), np.uint8))
    with pytest.raises(ValueError, match="at least one pixel"):
        BoundaryCounts(IDS, distance_px=0.5)
