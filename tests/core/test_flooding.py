from __future__ import annotations

import heapq

import numpy as np
import pytest

from s4gui.core.flooding import averaged, flood, ridges, slopes, within


def by_heap(heights, seeds):
    """The textbook watershed: a queue of pixels by level, round and flood."""
    out = seeds.copy()
    queue = []

    def offer(y, x, level, turn):
        for y1, x1 in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
            if 0 <= y1 < out.shape[0] and 0 <= x1 < out.shape[1] and not out[y1, x1]:
                to = max(level, int(heights[y1, x1]))
                item = (to, turn + 1 if to == level else 0, int(out[y, x]), y1, x1)
                heapq.heappush(queue, item)

    for y, x in np.argwhere(seeds):
        offer(y, x, -1, 0)
    while queue:
        level, turn, number, y, x = heapq.heappop(queue)
        if not out[y, x]:
            out[y, x] = number
            offer(y, x, level, turn)
    return out


def lowest_passes(heights, seeds):
    """By sweeps: the height that must be crossed from each flood to each pixel, (N, H, W)."""
    count = int(seeds.max())
    cost = np.full((count, *heights.shape), 999)
    for number in range(count):
        cost[number][seeds == number + 1] = -1
    while True:
        around = np.pad(cost, ((0, 0), (1, 1), (1, 1)), constant_values=999)
        best = np.min(
            [around[:, :-2, 1:-1], around[:, 2:, 1:-1], around[:, 1:-1, :-2], around[:, 1:-1, 2:]],
            axis=0,
        )
        better = np.minimum(cost, np.maximum(best, heights))
        if (better == cost).all():
            return cost
        cost = better


def landscape(seed, levels):
    rng = np.random.default_rng(seed)
    height, width = rng.integers(1, 24, 2)
    heights = rng.integers(0, levels, (height, width)).astype(np.uint8)
    seeds = np.zeros((height, width), np.int32)
    for number in range(1, int(rng.integers(1, 6)) + 1):
        seeds[rng.integers(height), rng.integers(width)] = number
    return heights, seeds


@pytest.mark.parametrize("levels", [1, 3, 20, 256])
@pytest.mark.parametrize("seed", range(12))
def test_a_flood_is_the_textbook_watershed(seed, levels):
    heights, seeds = landscape(seed, levels)
    assert (flood(heights, seeds) == by_heap(heights, seeds)).all()


@pytest.mark.parametrize("seed", range(12))
def test_no_other_flood_comes_over_a_lower_pass(seed):
    heights, seeds = landscape(seed, 9)
    numbers = np.unique(seeds[seeds > 0])
    renumbered = np.searchsorted(numbers, seeds).astype(np.int32) + 1
    renumbered[seeds == 0] = 0
    got, cost = flood(heights, renumbered), lowest_passes(heights, renumbered)
    mine = np.take_along_axis(cost, got[None] - 1, 0)[0]
    assert (mine == cost.min(0)).all()


def test_without_a_seed_nothing_is_flooded_and_seeds_stay():
    heights = np.full((4, 5), 255, np.uint8)
    assert not flood(heights, np.zeros((4, 5), np.int32)).any()
    seeds = np.arange(1, 21, dtype=np.int32).reshape(4, 5)
    assert (flood(heights, seeds) == seeds).all()


def test_floods_meet_on_the_ridge():
    heights = np.zeros((5, 20), np.uint8)
    heights[:, 14:16] = 90
    seeds = np.zeros((5, 20), np.int32)
    seeds[2, 0], seeds[2, 19] = 1, 2
    got = flood(heights, seeds)
    assert (got[:, :14] == 1).all()
    assert (got[:, 16:] == 2).all()


@pytest.mark.parametrize("reach_px", [0.0, 1.0, 1.5, 4.0, 7.3, 50.0])
@pytest.mark.parametrize("seed", range(4))
def test_within_is_the_distance_to_the_nearest_pixel(seed, reach_px):
    rng = np.random.default_rng(seed)
    wanted = rng.random((int(rng.integers(1, 30)), int(rng.integers(1, 30)))) < 0.02
    wanted[0, 0] |= seed == 1
    ys, xs = np.mgrid[: wanted.shape[0], : wanted.shape[1]]
    want = np.zeros_like(wanted)
    for y, x in np.argwhere(wanted):
        want |= (ys - y) ** 2 + (xs - x) ** 2 <= reach_px**2
    assert (within(wanted, reach_px) == want).all()


def test_slopes_are_the_gradient_of_the_steepest_channel():
    pixels = np.zeros((6, 9, 3), np.uint8)
    pixels[..., 0] = 3 * np.arange(6)[:, None]
    pixels[..., 2] = 4 * np.arange(9)[None]
    assert (slopes(pixels)[1:-1, 1:-1] == 4).all()
    pixels[..., 2] += 3 * np.arange(6, dtype=np.uint8)[:, None]
    assert (slopes(pixels)[1:-1, 1:-1] == 5).all()
    assert not slopes(np.full((3, 1, 3), 7, np.uint8)).any()


def test_ridges_leave_out_the_grain():
    rng = np.random.default_rng(0)
    pixels = (100 + rng.integers(0, 4, (20, 20, 3))).astype(np.uint8)
    assert not ridges(pixels).any()
    pixels[:, 10:] += 60
    steep = slopes(pixels)
    assert (ridges(pixels)[:, 9:11] == steep[:, 9:11]).all()
    assert not ridges(pixels)[:, :9].any()


def test_averaged_is_the_mean_of_squares_and_covers_odd_edges():
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3)).astype(np.uint8)
    got = averaged(pixels, 2)
    assert got.shape == (3, 4, 3)
    assert (got[0, 0] == pixels[:2, :2].reshape(-1, 3).astype(int).sum(0) // 4).all()
    assert (got[2, 3] == pixels[4, 6]).all()
