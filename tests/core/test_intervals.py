"""Intervals resample images or videos; compared with plain loops and with normal theory."""

from __future__ import annotations

import numpy as np
import pytest

from s4gui.core import scores
from s4gui.core.intervals import Interval, intervals


def _tallies(accuracies: np.ndarray, *, pixels: int) -> np.ndarray:
    """(N, 3, 1) tallies of images of one class that are right in so many of their pixels."""
    hits = np.round(accuracies * pixels).astype(np.int64)
    whole = np.full(len(hits), pixels, np.int64)
    return np.stack((hits, whole, whole), 1)[:, :, None]


def test_it_is_that_of_a_plain_loop_over_resampled_images() -> None:
    rng = np.random.default_rng(0)
    tallies = rng.integers(1, 50, (9, 3, 2))
    tallies[:, 0] = tallies.min(1)
    (found,) = intervals(tallies, scores.mean_iou, seed=5, draws=300)
    times = np.random.default_rng(5).multinomial(9, np.full(9, 1 / 9), size=300)
    plain = []
    for row in times:
        picked = [tallies[i] for i in range(9) for _ in range(row[i])]
        hits, support, predicted = np.sum(picked, 0)
        plain.append(np.mean(hits / (support + predicted - hits)))
    low, high = np.quantile(plain, (0.025, 0.975))
    assert found is not None
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))


def test_it_is_as_wide_as_normal_theory_says_of_images_not_of_pixels() -> None:
    rng = np.random.default_rng(1)
    accuracies = rng.normal(0.8, 0.05, 200)
    (found,) = intervals(_tallies(accuracies, pixels=10_000), scores.pixel_accuracy, seed=0)
    assert found is not None
    width = 2 * 1.96 * accuracies.std() / np.sqrt(200)
    assert found.high - found.low == pytest.approx(width, rel=0.1)
    of_pixels = 2 * 1.96 * np.sqrt(0.8 * 0.2 / (200 * 10_000))
    assert found.high - found.low > 10 * of_pixels


def test_videos_are_resampled_whole() -> None:
    rng = np.random.default_rng(2)
    accuracies = np.repeat(rng.normal(0.7, 0.1, 20), 10)  # ten like images of each video
    tallies = _tallies(accuracies, pixels=1000)
    videos = [str(i // 10) for i in range(200)]
    (alone,) = intervals(tallies, scores.pixel_accuracy, seed=0)
    (grouped,) = intervals(tallies, scores.pixel_accuracy, groups=videos, seed=0)
    assert alone is not None
    assert grouped is not None
    ratio = (grouped.high - grouped.low) / (alone.high - alone.low)
    assert ratio == pytest.approx(np.sqrt(10), rel=0.15)


def test_the_same_seed_gives_the_same_interval() -> None:
    tallies = _tallies(np.linspace(0.5, 0.9, 12), pixels=100)
    first, again, other = (
        intervals(tallies, scores.pixel_accuracy, seed=seed) for seed in (3, 3, 4)
    )
    assert first == again
    assert first != other


def test_one_image_or_one_video_has_no_interval() -> None:
    one = _tallies(np.array([0.5]), pixels=10)
    assert intervals(one, scores.pixel_accuracy, seed=0) == (None,)
    three = np.repeat(one, 3, 0)
    assert intervals(three, scores.pixel_accuracy, groups=["a"] * 3, seed=0) == (None,)
    assert intervals(np.zeros((1, 3, 4), np.int64), scores.ious, seed=0) == (None,) * 4
    with pytest.raises(ValueError, match="3 images and 2 groups"):
        intervals(three, scores.pixel_accuracy, groups=["a", "b"], seed=0)


def test_a_class_in_few_images_has_no_interval() -> None:
    tallies = np.ones((30, 3, 2), np.int64)
    tallies[1:, :, 1] = 0  # the second class is in one of 30 images: in 64 % of the draws
    common, rare = intervals(tallies, scores.ious, seed=0)
    assert common == Interval(1.0, 1.0)
    assert rare == Interval(1.0, 1.0)
    tallies[0, :, 1] = 0
    assert intervals(tallies, scores.ious, seed=0)[1] is None


def test_an_interval_goes_up() -> None:
    with pytest.raises(ValueError, match="goes up"):
        Interval(0.5, 0.4)
