"""Strokes made into pixels, against distances computed one by one."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4gui.core.strokes import Stroke, Tip, capsule, rasterise, stamp, swept_square

POINT = st.tuples(st.floats(-20, 60, width=16), st.floats(-20, 60, width=16))


def distance(p: tuple[int, int], a: tuple[float, float], b: tuple[float, float]) -> float:
    dy, dx = b[0] - a[0], b[1] - a[1]
    length2 = dy * dy + dx * dx
    t = 0.0
    if length2:
        t = min(1.0, max(0.0, ((p[0] - a[0]) * dy + (p[1] - a[1]) * dx) / length2))
    return math.hypot(p[0] - a[0] - t * dy, p[1] - a[1] - t * dx)


@given(POINT, POINT, st.floats(0.5, 15, width=16))
def test_a_capsule_holds_the_pixels_within_its_radius(a, b, radius: float) -> None:
    inside, box = capsule(a, b, radius)
    nearest = round(a[0]), round(a[1])
    for y in range(box.y0 - 1, box.y1 + 1):
        for x in range(box.x0 - 1, box.x1 + 1):
            far = distance((y, x), a, b) - radius
            within = (box.y0 <= y < box.y1) and (box.x0 <= x < box.x1)
            is_in = bool(within and inside[y - box.y0, x - box.x0])
            if abs(far) > 1e-3:  # float32 against float64 at the very edge
                assert is_in == (far < 0 or (y, x) == nearest)


def test_the_smallest_brush_paints_the_pixel_under_it() -> None:
    inside, box = capsule((10.4, 7.6), (10.4, 7.6), 0.1)
    assert inside.sum() >= 1
    assert inside[10 - box.y0, 8 - box.x0]


def test_a_stroke_is_the_union_of_its_segments() -> None:
    path = ((5.0, 5.0), (20.0, 8.0), (20.0, 30.0), (3.0, 12.0))
    inside, box = rasterise(Stroke(path, 3.0, 1))
    pixels = {
        (y + box.y0, x + box.x0)
        for y in range(box.shape[0])
        for x in range(box.shape[1])
        if inside[y, x]
    }
    expected = {
        (y, x)
        for y in range(-2, 30)
        for x in range(-2, 40)
        if min(distance((y, x), a, b) for a, b in pairwise(path)) <= 3.0
    }
    assert pixels == expected


def test_a_stroke_of_one_point_is_a_dot() -> None:
    inside, _ = rasterise(Stroke(((9.0, 9.0),), 2.0, 1))
    assert int(inside.sum()) == 13  # pixels within 2 of a pixel centre


@pytest.mark.parametrize(
    ("path", "radius", "value"), [((), 1.0, 1), (((0.0, 0.0),), 0.0, 1), (((0.0, 0.0),), 1.0, 256)]
)
def test_a_stroke_that_makes_no_sense_does_not_exist(path, radius: float, value: int) -> None:
    with pytest.raises(ValueError, match=r"a stroke has|a pixel value"):
        Stroke(path, radius, value)


def square_distance(p: tuple[int, int], a: tuple[float, float], b: tuple[float, float]) -> float:
    """The least distance, the larger of y and x, between a pixel and a place on the way a-b."""
    d = b[0] - a[0], b[1] - a[1]
    # It is convex along the way and bends only where a difference is 0 or both are equal.
    parts = [0.0, 1.0]
    for i in (0, 1):
        parts += [(p[i] - a[i]) / d[i]] if d[i] else []
    for sign in (1, -1):
        slope = d[0] - sign * d[1]
        parts += [((p[0] - a[0]) - sign * (p[1] - a[1])) / slope] if slope else []
    return min(
        max(abs(p[i] - a[i] - t * d[i]) for i in (0, 1)) for t in (min(max(t, 0), 1) for t in parts)
    )


@given(POINT, POINT, st.floats(0.5, 15, width=16))
def test_a_swept_square_holds_the_pixels_that_it_covers(a, b, radius: float) -> None:
    inside, box = swept_square(a, b, radius)
    nearest = round(a[0]), round(a[1])
    for y in range(box.y0 - 1, box.y1 + 1):
        for x in range(box.x0 - 1, box.x1 + 1):
            far = square_distance((y, x), a, b) - radius
            within = (box.y0 <= y < box.y1) and (box.x0 <= x < box.x1)
            is_in = bool(within and inside[y - box.y0, x - box.x0])
            if abs(far) > 1e-6:
                assert is_in == (far < 0 or (y, x) == nearest)


def test_the_tip_decides_the_form_of_a_dab() -> None:
    at = (20.0, 20.0)
    square, box = stamp(at, at, 4.0, Tip.SQUARE)
    assert square.sum() == 9 * 9
    circle, _ = stamp(at, at, 4.0, Tip.ROUND)
    assert circle.sum() == 49
    inside, its_box = rasterise(Stroke((at,), 4.0, 1, Tip.SQUARE))
    assert its_box == box
    assert (inside == square).all()
