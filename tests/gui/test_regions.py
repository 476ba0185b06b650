"""Regions around a pixel, against a flood that takes one pixel at a time."""

from __future__ import annotations

import numpy as np
import pytest

from s4gui.core.classes import UNLABELLED, VOID
from s4gui.gui.regions import colour_spread, enclosed_at, region_at


@pytest.mark.parametrize("seed", range(40))
def test_a_region_is_what_hangs_together_with_its_pixel(seed: int) -> None:
    rng = np.random.default_rng(seed)
    wanted = rng.random((rng.integers(1, 40), rng.integers(1, 40))) > rng.random()
    y, x = int(rng.integers(wanted.shape[0])), int(rng.integers(wanted.shape[1]))
    inside, box = region_at(wanted, y, x)
    found = np.zeros_like(wanted)
    found[box.slices] = inside
    assert (found == _flooded(wanted, y, x)).all()


def _flooded(wanted: np.ndarray, y: int, x: int) -> np.ndarray:
    seen = np.zeros_like(wanted)
    waiting = [(y, x)]
    while waiting:
        a, b = waiting.pop()
        if not (0 <= a < wanted.shape[0] and 0 <= b < wanted.shape[1]):
            continue
        if wanted[a, b] and not seen[a, b]:
            seen[a, b] = True
            waiting += [(a + 1, b), (a - 1, b), (a, b + 1), (a, b - 1)]
    return seen


def _enclosed(labels: np.ndarray, y: int, x: int, value: int) -> np.ndarray | None:
    """What may be filled, by floods from all around and from the pixel."""
    _height, _width = labels.shape
    wall = labels == value
    if not wall[y, x]:
        inside = _flooded(~wall, y, x)
        edge = np.ones_like(wall)
        edge[1:-1, 1:-1] = False
        return None if (inside & edge).any() else inside & (labels == UNLABELLED)
    area = np.pad(_flooded(wall, y, x), 1)
    outside = _flooded(~area, 0, 0)
    return (~area & ~outside)[1:-1, 1:-1] & (labels == UNLABELLED)


@pytest.mark.parametrize("seed", range(60))
def test_enclosed_pixels_are_the_unlabelled_ones_that_no_flood_reaches(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.choice(
        np.array([1, 2, UNLABELLED, VOID], np.uint8), (14, 17), p=[0.5, 0.05, 0.4, 0.05]
    )
    y, x = int(rng.integers(14)), int(rng.integers(17))
    found, want = enclosed_at(labels, y, x, 1), _enclosed(labels, y, x, 1)
    if want is None:
        assert found is None
        return
    assert found is not None
    inside, box = found
    got = np.zeros(labels.shape, bool)
    got[box.slices] = inside
    assert (got == want).all()


def test_an_outline_with_another_class_across_it_still_encloses() -> None:
    labels = np.full((20, 20), UNLABELLED, np.uint8)
    labels[4:16, 4:16] = 1
    labels[5:15, 5:15] = UNLABELLED
    labels[9, 5:15] = 2
    found = enclosed_at(labels, 7, 7, 1)
    assert found is not None
    assert found[0].sum() == 10 * 9  # all but the line of the other class
    assert enclosed_at(labels, 4, 4, 1) is not None
    assert enclosed_at(labels, 2, 2, 1) is None
    labels[4, 8] = UNLABELLED  # a gap
    assert enclosed_at(labels, 7, 7, 1) is None


@pytest.mark.parametrize(("y", "x"), [(0, 0), (5, 7), (11, 12)])
def test_the_spread_is_the_largest_distance_of_a_channel_from_the_mean_around(
    y: int, x: int
) -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (12, 13, 3), np.uint8)
    around = [
        pixels[a, b].astype(float)
        for a in range(max(y - 1, 0), min(y + 2, 12))
        for b in range(max(x - 1, 0), min(x + 2, 13))
    ]
    mean = np.round(np.mean(around, axis=0))
    want = np.abs(pixels - mean).max(axis=2)
    assert (colour_spread(pixels, y, x) == want).all()
