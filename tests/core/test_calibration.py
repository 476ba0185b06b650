"""Calibration equals closed forms, a double loop, and torchmetrics off the bins' borders."""

from __future__ import annotations

import numpy as np
import pytest

from s4gui.core.calibration import Calibration
from s4gui.core.classes import UNLABELLED, VOID


def _plane(*values: int) -> np.ndarray:
    return np.array([values], np.uint8)


def test_sure_and_always_right_has_no_error_and_always_wrong_has_one() -> None:
    for prediction, error in ((1, 0.0), (2, 1.0)):
        calibration = Calibration((1, 2))
        calibration.add(_plane(1, 1), _plane(prediction, prediction), _plane(255, 255))
        assert calibration.error() == error


def test_four_pixels_have_the_error_worked_out_by_hand() -> None:
    calibration = Calibration((0, 1), bins=5)
    # Three pixels of 0.6 (bin 3), two of them right; one of 0.2 (bin 1), wrong.
    calibration.add(_plane(0, 0, 0, 1), _plane(0, 0, 1, 0), _plane(153, 153, 153, 51))
    assert calibration.error() == pytest.approx((3 * abs(2 / 3 - 0.6) + 0.2) / 4, abs=1e-15)
    rows = calibration.table()
    assert [row.pixels for row in rows] == [0, 1, 0, 3, 0]
    assert (rows[3].accuracy, rows[3].confidence) == (pytest.approx(2 / 3), pytest.approx(0.6))
    assert (rows[1].low, rows[1].high) == (0.2, 0.4)
    assert rows[0].accuracy is None
    assert rows[0].confidence is None


@pytest.mark.parametrize("bins", [1, 10, 15, 255])
def test_it_equals_a_double_loop(bins: int) -> None:
    rng = np.random.default_rng(bins)
    reference = rng.choice([0, 1, VOID, UNLABELLED], (20, 30)).astype(np.uint8)
    prediction = rng.integers(0, 2, (20, 30), np.uint8)
    confidence = rng.integers(0, 256, (20, 30), np.uint8)
    calibration = Calibration((0, 1), bins=bins)
    calibration.add(reference, prediction, confidence)
    found: dict[int, list[tuple[bool, float]]] = {}
    for r, p, c in zip(reference.flat, prediction.flat, confidence.flat, strict=True):
        if r in (0, 1):
            place = next(b for b in range(bins) if int(c) * bins < 255 * (b + 1) or b == bins - 1)
            found.setdefault(place, []).append((r == p, int(c) / 255))
    total = sum(len(each) for each in found.values())
    error = sum(
        abs(sum(hit for hit, _ in each) - sum(sure for _, sure in each)) for each in found.values()
    )
    assert calibration.error() == pytest.approx(error / total, abs=1e-12)


def test_it_equals_torchmetrics_off_the_borders_of_bins() -> None:
    torch = pytest.importorskip("torch")
    from s4gui.learn import torchvision

    torchvision.load()  # which torchmetrics imports, beside whatever build of torch
    from torchmetrics.functional.classification import multiclass_calibration_error

    rng = np.random.default_rng(0)
    confidence = rng.choice([c for c in range(130, 255) if c % 17], (40, 50)).astype(np.uint8)
    reference = rng.integers(0, 2, (40, 50), np.uint8)
    prediction = rng.integers(0, 2, (40, 50), np.uint8)
    calibration = Calibration((0, 1))
    calibration.add(reference, prediction, confidence)
    sure = confidence.ravel() / 255
    probabilities = np.where(
        prediction.ravel()[:, None] == [0, 1], sure[:, None], 1 - sure[:, None]
    )
    theirs = multiclass_calibration_error(
        torch.from_numpy(probabilities), torch.from_numpy(reference.ravel()).long(), 2, n_bins=15
    )
    assert calibration.error() == pytest.approx(theirs.item(), abs=1e-6)


def test_no_reference_pixel_is_no_answer() -> None:
    calibration = Calibration((0, 1))
    assert calibration.error() is None
    calibration.add(_plane(VOID, UNLABELLED), _plane(0, 1), _plane(255, 0))
    assert calibration.error() is None
    assert sum(row.pixels for row in calibration.table()) == 0


def test_parts_merge_and_what_does_not_fit_is_refused() -> None:
    whole, part, rest = (Calibration((0, 1)) for _ in range(3))
    rng = np.random.default_rng(1)
    for each in (part, rest):
        planes = [rng.integers(0, 2, (5, 6), np.uint8) for _ in range(2)]
        sure = rng.integers(0, 256, (5, 6), np.uint8)
        each.add(*planes, sure)
        whole.add(*planes, sure)
    part.merge(rest)
    assert np.array_equal(part.counts, whole.counts)
    with pytest.raises(ValueError, match="classes or bins"):
        part.merge(Calibration((0, 1), bins=3))
    with pytest.raises(ValueError, match="different shapes"):
        part.add(_plane(0), _plane(0, 1), _plane(0, 1))
    with pytest.raises(ValueError, match="bins"):
        Calibration((0, 1), bins=0)
