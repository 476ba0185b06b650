from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.measure import points_in_poly

from s4gui.core.labels import Box
from s4gui.gui.canvas import brush


@pytest.mark.parametrize("seed", range(30))
def test_polygon_pixels_are_those_whose_centre_lies_inside(seed):
    rng = np.random.default_rng(seed)
    # No corner on a pixel's centre line: there the two ways may count the edge otherwise.
    corners = rng.integers(-10, 50, (int(rng.integers(3, 9)), 2)) + rng.uniform(0.01, 0.99, 2)
    inside, box = brush.polygon_pixels(tuple((float(y), float(x)) for y, x in corners), (33, 41))
    got = np.zeros((33, 41), bool)
    got[box.slices] = inside
    centres = np.stack(np.mgrid[:33, :41], axis=-1).reshape(-1, 2)
    want = points_in_poly(centres, corners).reshape(33, 41)
    np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("seed", range(10))
def test_pixels_of_two_rings_are_those_inside_an_odd_number_of_them(seed):
    rng = np.random.default_rng(100 + seed)
    rings = [rng.integers(0, 40, (5, 2)) + rng.uniform(0.01, 0.99, 2) for _ in range(2)]
    first, second = (tuple((float(y), float(x)) for y, x in ring) for ring in rings)
    inside, box = brush.polygon_pixels(first, (40, 40), holes=[second])
    got = np.zeros((40, 40), bool)
    got[box.slices] = inside
    centres = np.stack(np.mgrid[:40, :40], axis=-1).reshape(-1, 2)
    odd = points_in_poly(centres, rings[0]) ^ points_in_poly(centres, rings[1])
    np.testing.assert_array_equal(got, odd.reshape(40, 40))


@pytest.mark.parametrize("seed", range(20))
def test_polyline_pixels_are_those_near_the_path(seed):
    rng = np.random.default_rng(seed)
    path = rng.uniform(-40, 200, (int(rng.integers(1, 6)), 2))
    radius = float(rng.uniform(0.6, 15))
    inside, box = brush.polyline_pixels([(float(y), float(x)) for y, x in path], radius, (90, 110))
    got = np.zeros((90, 110), bool)
    got[box.slices] = inside
    distance = np.full((90, 110), np.inf)
    for y, x in np.ndindex(90, 110):
        for a, b in zip(path, path[1:] if len(path) > 1 else path, strict=False):
            d, length2 = b - a, float((b - a) @ (b - a))
            t = min(max(float((np.array([y, x]) - a) @ d) / length2, 0), 1) if length2 else 0.0
            distance[y, x] = min(distance[y, x], np.linalg.norm(a + t * d - (y, x)))
    clear = abs(distance - radius) > 1e-3  # on the edge itself rounding decides
    np.testing.assert_array_equal(got[clear], (distance <= radius)[clear])


def test_a_polygon_outside_the_frame_has_no_pixels():
    inside, _ = brush.polygon_pixels(((-9.0, -9.0), (-9.0, -2.0), (-3.0, -5.0)), (20, 20))
    assert not inside.any()


def test_neighbouring_polygons_share_no_pixel_and_leave_no_gap():
    left, box = brush.polygon_pixels(((0, 0), (0, 5), (9, 5), (9, 0)), (20, 20))
    right, other = brush.polygon_pixels(((0, 5), (0, 12), (9, 12), (9, 5)), (20, 20))
    got = np.zeros((20, 20), int)
    got[box.slices] += left
    got[other.slices] += right
    assert (got[1:9, 0:12] == 1).all()
    assert got.max() == 1


@pytest.mark.parametrize(
    ("a", "b", "box"),
    [
        ((2.4, 3.4), (5.6, 7.5), Box(2, 3, 7, 9)),
        ((5.6, 7.4), (2.4, 3.6), Box(2, 4, 7, 8)),
        ((-8, -8), (1, 1), Box(0, 0, 2, 2)),
        ((18, 18), (90, 90), Box(18, 18, 20, 20)),
    ],
)
def test_rectangle_pixels_are_those_under_and_between_its_corners(a, b, box):
    inside, got = brush.rectangle_pixels(a, b, (20, 20))
    assert got == box
    assert inside.shape == box.shape
    assert inside.all()


@given(st.floats(brush.RADIUS_MIN_PX, brush.RADIUS_MAX_PX))
def test_a_step_up_changes_the_radius_by_ten_percent_and_at_least_half_a_pixel(radius_px):
    more, less = brush.stepped_radius(radius_px, 1), brush.stepped_radius(radius_px, -1)
    assert more == pytest.approx(min(max(radius_px * 1.1, radius_px + 0.5), 500))
    assert less == pytest.approx(max(min(radius_px / 1.1, radius_px - 0.5), 0.5))


def test_a_drag_of_100_screen_pixels_doubles_the_radius():
    assert brush.dragged_radius(7, 100) == pytest.approx(14)
    assert brush.dragged_radius(7, -100) == pytest.approx(3.5)
    assert brush.dragged_radius(7, 1e4) == brush.RADIUS_MAX_PX


@pytest.mark.parametrize("degrees", range(-180, 180, 7))
def test_a_snapped_axis_is_the_nearest_of_eight(degrees):
    angle = math.radians(degrees)
    y, x = brush.snapped_axis((3, 4), (3 + 10 * math.sin(angle), 4 + 10 * math.cos(angle)))
    snapped = math.degrees(math.atan2(y, x))
    assert math.hypot(y, x) == pytest.approx(1)
    assert snapped / 45 == pytest.approx(round(snapped / 45))
    assert abs((snapped - degrees + 180) % 360 - 180) <= 22.5 + 1e-6


def test_a_point_goes_to_the_nearest_of_the_axis():
    assert brush.on_axis((2, 2), (0, 1), (9, 7)) == (2, 7)
    assert brush.on_axis((0, 0), (math.sqrt(0.5), math.sqrt(0.5)), (4, 0)) == pytest.approx((2, 2))
