"""Polygons as they are drawn, changed and finished."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4gui.gui.canvas import brush
from s4gui.gui.canvas.asks import PixelAsk, RegionAsk, Verb
from s4gui.gui.canvas.inputs import Button, Held, Key, Point
from s4gui.gui.canvas.interaction import Interaction
from s4gui.workbench.painting import Tool

NONE, SHIFT, CTRL, ALT = Held(), Held(shift=True), Held(ctrl=True), Held(alt=True)
LEFT, RIGHT = Button.LEFT, Button.RIGHT
FRAME = (100, 200)


def at(x, y):
    """A place of a view at zoom 4: frame (y, x), screen (4 x, 4 y)."""
    return Point((float(y), float(x)), (4.0 * x, 4.0 * y))


def ready(tool=Tool.POLYGON):
    it = Interaction()
    it.show_frame(FRAME)
    it.choose(tool, 5.0)
    it.hand.zoom = 4.0
    return it


def drag(it, places, *, button=LEFT, held=NONE):
    asks = list(it.press(button, at(*places[0]), held))
    for place in places[1:]:
        asks += it.move([at(*place)], held)
    return [*asks, *it.release(button, at(*places[-1]), held)]


def clicks(it, *places, held=NONE):
    return [ask for place in places for ask in drag(it, [place], held=held)]


def corners(it):
    """The corners as set, (x, y): the pointer is not over the canvas."""
    it.leave()
    outline = it.outline
    return [] if outline is None else [(x, y) for y, x in outline.points_yx]


def pixels(asks):
    (ask,) = asks
    assert isinstance(ask, RegionAsk)
    out = np.zeros(FRAME, bool)
    out[ask.box.slices] = ask.inside
    return out


SQUARE = ((10, 10), (50, 10), (50, 50), (10, 50))


def test_a_corner_is_moved_by_dragging_it_and_the_first_one_too():
    it = ready()
    clicks(it, *SQUARE)
    assert drag(it, [(50, 50), (60, 55), (70, 60)]) == []
    assert drag(it, [(10, 10), (5, 5)]) == []
    assert corners(it) == [(5, 5), (50, 10), (70, 60), (10, 50)]


def test_an_edge_that_is_dragged_gets_a_corner_there():
    it = ready()
    clicks(it, *SQUARE)
    assert drag(it, [(50, 30), (55, 30), (60, 31)]) == []
    assert corners(it) == [(10, 10), (50, 10), (60, 31), (50, 50), (10, 50)]


def test_a_click_on_an_edge_is_a_corner_at_the_end():
    it = ready()
    clicks(it, *SQUARE)
    clicks(it, (50, 30))
    assert corners(it) == [*SQUARE, (50, 30)]


def test_a_right_click_removes_a_corner_and_elsewhere_asks_for_the_menu():
    it = ready()
    clicks(it, *SQUARE)
    assert drag(it, [(50, 10)], button=RIGHT) == []
    assert corners(it) == [(10, 10), (50, 50), (10, 50)]
    assert drag(it, [(90, 90)], button=RIGHT) == [PixelAsk(Verb.MENU, (90.0, 90.0))]
    for place in ((10, 10), (50, 50), (10, 50)):
        drag(it, [place], button=RIGHT)
    assert it.outline is None


def test_with_shift_corners_keep_to_45_degrees():
    it = ready()
    clicks(it, (10, 10))
    clicks(it, (50, 13), held=SHIFT)
    clicks(it, (80, 38), held=SHIFT)
    assert np.allclose(corners(it), [(10, 10), (50, 10), (79, 39)])
    it.move([at(76, 80)], SHIFT)
    assert it.outline.points_yx[-1] == pytest.approx((80, 79))  # as the pointer shows it


def test_drawing_free_hand_keeps_few_corners_near_the_way_of_the_hand():
    it = ready()
    way = [(50 + 30 * math.cos(a), 50 + 30 * math.sin(a)) for a in np.linspace(0, 5, 200)]
    assert drag(it, way) == []
    drawn = [(y, x) for x, y in corners(it)]
    assert 8 < len(drawn) < 60
    for x, y in way:
        edges = itertools.pairwise(drawn)
        assert min(brush.distance_to(a, b, (y, x)) for a, b in edges) < 0.8


def test_a_way_that_comes_back_to_its_beginning_is_finished():
    it = ready()
    way = [(50 + 30 * math.cos(a), 50 + 30 * math.sin(a)) for a in np.linspace(0, 6.28, 200)]
    got = pixels(drag(it, way))
    yy, xx = np.mgrid[: FRAME[0], : FRAME[1]]
    distance = np.hypot(yy - 50, xx - 50)
    assert got[distance < 29].all()
    assert not got[distance > 31].any()
    assert it.outline is None


def test_clicks_and_free_hand_go_together():
    it = ready()
    clicks(it, (10, 10), (50, 10))
    drag(it, [(60, 20), (70, 30), (60, 40), (50, 50)])
    clicks(it, (10, 50))
    assert corners(it) == [(10, 10), (50, 10), (60, 20), (70, 30), (50, 50), (10, 50)]


def test_alt_begins_a_hole():
    it = ready()
    clicks(it, *SQUARE)
    clicks(it, (20, 20), held=ALT)
    clicks(it, (40, 20), (40, 40), (20, 40))
    got = pixels(it.key_down(Key.ENTER, NONE))
    want = np.zeros(FRAME, bool)
    want[10:50, 10:50] = True
    want[20:40, 20:40] = False
    np.testing.assert_array_equal(got, want)


def test_begun_with_ctrl_it_erases_and_shows_that():
    it = ready()
    clicks(it, SQUARE[0], held=CTRL)
    clicks(it, *SQUARE[1:])
    assert it.erases
    assert it.outline.erases
    assert not it.strokes
    (ask,) = it.key_down(Key.ENTER, NONE)
    assert ask.erases
    clicks(it, *SQUARE)
    (ask,) = it.key_down(Key.ENTER, NONE)
    assert not ask.erases


def test_a_rectangle_with_ctrl_erases():
    (ask,) = drag(ready(Tool.RECTANGLE), [(10, 10), (20, 20)], held=CTRL)
    assert ask.erases


def test_the_double_click_on_the_first_corner_begins_no_other_polygon():
    it = ready()
    clicks(it, *SQUARE)
    assert len(clicks(it, SQUARE[0])) == 1
    assert it.double_click(LEFT, at(*SQUARE[0]), NONE) == ()
    it.release(LEFT, at(*SQUARE[0]), NONE)
    assert it.outline is None


def test_escape_while_a_corner_is_dragged_drops_the_polygon():
    it = ready()
    clicks(it, *SQUARE)
    it.press(LEFT, at(50, 50), NONE)
    it.move([at(60, 60)], NONE)
    assert it.key_down(Key.ESCAPE, NONE) == ()
    assert it.move([at(70, 70)], NONE) == ()
    assert it.release(LEFT, at(70, 70), NONE) == ()
    assert it.outline is None


def test_the_view_may_be_moved_while_a_polygon_is_open():
    it = ready()
    clicks(it, *SQUARE)
    it.key_down(Key.SPACE, NONE)
    drag(it, [(0, 0), (20, 20)])
    it.key_up(Key.SPACE, NONE)
    drag(it, [(0, 0), (20, 20)], button=Button.MIDDLE)
    assert corners(it) == list(SQUARE)


@pytest.mark.parametrize("close", ["enter", "double click"])
def test_a_line_is_as_wide_as_the_brush_and_finished_two_ways(close):
    it = ready(Tool.POLYLINE)
    clicks(it, (20, 20), (60, 20))
    assert it.outline.kind == "polyline"
    assert it.outline.radius_px == 5.0
    assert it.strokes  # the pointer shows the width
    it.choose(Tool.POLYLINE, 3.0)
    asks = (
        it.key_down(Key.ENTER, NONE)
        if close == "enter"
        else it.double_click(LEFT, at(60, 20), NONE)
    )
    got = pixels(asks)
    assert got[17:24, 20:61].all()
    assert not got[:17].any()
    assert not got[24:].any()
    assert it.outline is None


def test_a_line_does_not_close_loses_its_last_point_and_may_be_dropped():
    it = ready(Tool.POLYLINE)
    clicks(it, (20, 20), (60, 20), (60, 60), (20, 20))
    assert corners(it) == [(20, 20), (60, 20), (60, 60)]  # the click on the first one is no more
    it.key_down(Key.BACKSPACE, NONE)
    assert corners(it) == [(20, 20), (60, 20)]
    assert it.key_down(Key.ESCAPE, NONE) == ()
    assert it.outline is None
    (ask,) = [*clicks(it, (20, 20)), *it.key_down(Key.ENTER, NONE)]  # one point is a dab
    assert ask.inside.sum() > 70


points = st.lists(st.tuples(st.floats(0, 50), st.floats(0, 50)), min_size=2, max_size=60)


@given(points, st.floats(0.1, 10))
def test_a_simplified_path_keeps_its_ends_and_strays_no_further_than_told(path, error_px):
    kept = brush.simplified(path, error_px)
    assert (kept[0], kept[-1]) == (path[0], path[-1])
    assert len(kept) <= len(path)
    places, here = [], 0
    for point in kept:
        here = path.index(point, here)
        places.append(here)
        here += 1
    if len(set(path)) == len(path):  # else a point's place is not known
        for first, last in itertools.pairwise(places):
            for point in path[first:last]:
                assert brush.distance_to(path[first], path[last], point) <= error_px + 1e-9
