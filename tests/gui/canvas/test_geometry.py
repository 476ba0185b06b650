from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4gui.core.labels import Box
from s4gui.gui.canvas.geometry import ZOOM_MAX, Viewport, samples, wheel_zoom

views = st.builds(
    Viewport,
    zoom=st.floats(0.02, 60),
    centre_yx=st.tuples(st.floats(0, 50), st.floats(0, 50)),
    view_hw=st.tuples(st.integers(1, 400), st.integers(1, 400)),
    frame_hw=st.tuples(st.integers(51, 300), st.integers(51, 300)),
)


@given(views, st.floats(0, 400), st.floats(0, 400))
def test_to_device_and_back_is_the_same_place(view, y, x):
    back = view.to_device(view.to_frame((y, x)))
    assert math.dist(back, (y, x)) < 1e-6


@given(views)
def test_the_middle_of_the_view_is_its_centre_within_half_a_screen_pixel(view):
    h, w = view.view_hw
    y, x = view.to_device(view.centre_yx)
    assert abs(y - h / 2) <= 0.5 + 1e-6
    assert abs(x - w / 2) <= 0.5 + 1e-6


@given(views, st.floats(0, 400), st.floats(0, 400), st.floats(0.05, 50))
def test_zooming_keeps_the_place_under_the_pointer(view, y, x, zoom):
    at = min(y, view.view_hw[0]), min(x, view.view_hw[1])
    before = view.to_frame(at)
    after = view.zoomed(zoom, at)
    h, w = view.frame_hw
    cy, cx = after.centre_yx
    if not (-0.5 < cy < h - 0.5 and -0.5 < cx < w - 0.5):
        return  # the centre was stopped at the frame's edge
    slack = 0.51 / view.zoom + 0.51 / after.zoom  # the frame's corner is on a whole pixel
    assert abs(after.to_frame(at)[0] - before[0]) <= slack
    assert abs(after.to_frame(at)[1] - before[1]) <= slack


@given(views, st.floats(1e-9, 1e9))
def test_zoom_stays_within_its_limits(view, zoom):
    assert view.zoom_min <= view.zoomed(zoom).zoom <= ZOOM_MAX


@given(views, st.floats(-1e4, 1e4), st.floats(-1e4, 1e4))
def test_the_frame_cannot_be_dragged_out_of_sight(view, dy, dx):
    if min(view.view_hw) > 4:
        assert not view.panned((dy, dx)).shown.is_empty


@pytest.mark.parametrize(
    ("view_hw", "frame_hw", "zoom"),
    [((100, 200), (50, 50), 2), ((100, 200), (400, 400), 0.25), ((640, 640), (1, 1), ZOOM_MAX)],
)
def test_fitting_shows_the_whole_frame_as_large_as_it_can_be(view_hw, frame_hw, zoom):
    view = Viewport.fitting(view_hw, frame_hw)
    assert view.zoom == zoom
    assert view.visible_box == Box(0, 0, *frame_hw)


@pytest.mark.parametrize("zoom", [0.5, 0.62, 0.78, 0.93, 1.0])
@pytest.mark.parametrize("offset", [-37, 0, 11])
def test_reduced_lines_together_show_every_source_pixel(zoom, offset):
    count = 101
    first, last = offset, offset + math.ceil(count * zoom)
    low, high = samples(first, last, offset=offset, scale=zoom, count=count)
    seen = set()
    for a, b in zip(low, high, strict=True):
        assert 0 <= b - a <= 1
        seen.update(range(a, b + 1))
    assert seen == set(range(count))


@pytest.mark.parametrize("zoom", [1.0, 1.3, 2.0, 7.77, 32.0])
def test_magnified_lines_show_the_pixel_under_the_middle_of_each_screen_pixel(zoom):
    low, high = samples(5, 90, offset=-13, scale=zoom, count=200)
    want = [math.floor((d + 13.5) / zoom) for d in range(5, 90)]
    assert list(low) == list(high) == want


@given(views, st.integers(0, 250), st.integers(0, 250), st.integers(1, 40))
def test_cover_holds_every_screen_pixel_of_a_box(view, y, x, size):
    box = Box(y, x, y + size, x + size).clipped(view.frame_hw)
    cover = view.cover(box)
    shown = view.shown
    for axis in (0, 1):
        begin, end = ((box.y0, box.y1), (box.x0, box.x1))[axis]
        a, b = ((shown.y0, shown.y1), (shown.x0, shown.x1))[axis]
        c, d = ((cover.y0, cover.y1), (cover.x0, cover.x1))[axis]
        at = np.floor((np.arange(a, b) + 0.5 - view.offset_yx[axis]) / view.zoom)
        hit = np.nonzero((at >= begin) & (at < end))[0] + a
        assert all(c <= each < d for each in hit)


def test_the_wheel_stops_at_actual_size_and_at_whole_zooms():
    zoom, seen = 0.31, []
    for _ in range(25):
        zoom = wheel_zoom(zoom, 1)
        seen.append(zoom)
    assert 1.0 in seen
    assert all(each == round(each) for each in seen if each >= 2)
    assert all(b > a for a, b in itertools.pairwise(seen))
    for _ in range(25):
        before, zoom = zoom, wheel_zoom(zoom, -1)
        assert zoom < before


def test_the_wheel_back_from_actual_size_leaves_it():
    assert wheel_zoom(1.0, -1) == pytest.approx(0.8)
    assert wheel_zoom(1.0, 1) == pytest.approx(1.25)
    assert wheel_zoom(2.0, 0.2) == pytest.approx(2 * 1.25**0.2)
