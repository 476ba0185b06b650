from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s4gui.core.labels import Box
from s4gui.gui.canvas.asks import (
    Area,
    AreaAsk,
    CellsAsk,
    FitAsk,
    GrowAsk,
    PanAsk,
    PixelAsk,
    RadiusAsk,
    RegionAsk,
    Stage,
    StrokeAsk,
    StrokeEnds,
    StrokeGoesOn,
    Verb,
)
from s4gui.gui.canvas.gestures.areas import FIRST_REACH
from s4gui.gui.canvas.inputs import Button, Held, Key, Point
from s4gui.gui.canvas.interaction import Interaction, Mode, pixel_of
from s4gui.workbench.painting import Tool

NONE, SHIFT, CTRL, ALT = Held(), Held(shift=True), Held(ctrl=True), Held(alt=True)
LEFT, RIGHT, MIDDLE, ERASER = Button.LEFT, Button.RIGHT, Button.MIDDLE, Button.ERASER


def at(x, y):
    """A place of a view at zoom 2: frame (y / 2, x / 2)."""
    return Point((y / 2, x / 2), (float(x), float(y)))


def ready(tool=Tool.BRUSH, radius_px=5.0):
    it = Interaction()
    it.show_frame((100, 200))
    it.choose(tool, radius_px)
    it.hand.zoom = 2.0
    return it


def drag(it, button, places, held=NONE):
    """The asks of a press, moves and a release."""
    asks = list(it.press(button, at(*places[0]), held))
    for place in places[1:]:
        asks += it.move([at(*place)], held)
    return [*asks, *it.release(button, at(*places[-1]), held)]


def stroke(value, *path, radius_px=5.0):
    y, x = path[0]
    moves = [StrokeGoesOn((each,)) for each in path[1:]]
    return [StrokeAsk(value, (y, x), radius_px), *moves, StrokeEnds()]


@pytest.mark.parametrize(
    ("tool", "button", "held", "value"),
    [
        (Tool.BRUSH, LEFT, NONE, "tool"),
        (Tool.ERASER, LEFT, NONE, "erase"),
        (Tool.BRUSH, LEFT, CTRL, "erase"),
        (Tool.HAND, LEFT, CTRL, "erase"),
        (Tool.FILL, LEFT, CTRL, "erase"),
        (Tool.BRUSH, RIGHT, NONE, "erase"),
        (Tool.PICK, RIGHT, NONE, "erase"),
        (Tool.BRUSH, ERASER, NONE, "erase"),
    ],
)
def test_drags_that_paint(tool, button, held, value):
    asks = drag(ready(tool), button, [(10, 10), (30, 10), (30, 40)], held)
    assert asks == stroke(value, (5, 5), (5, 15), (20, 15))


@pytest.mark.parametrize(
    ("tool", "button", "held"),
    [(Tool.BRUSH, MIDDLE, NONE), (Tool.HAND, LEFT, NONE), (Tool.POLYGON, MIDDLE, NONE)],
)
def test_drags_that_pan(tool, button, held):
    asks = drag(ready(tool), button, [(10, 10), (30, 10), (25, 17)], held)
    assert asks == [PanAsk((20.0, 0.0)), PanAsk((-5.0, 7.0))]


def test_space_makes_the_left_button_pan_until_it_is_let_go():
    it = ready()
    assert it.key_down(Key.SPACE, NONE) == ()
    assert it.pans
    assert drag(it, LEFT, [(0, 0), (9, 0)]) == [PanAsk((9.0, 0.0))]
    it.key_up(Key.SPACE, NONE)
    assert drag(it, LEFT, [(0, 0), (8, 0)]) == stroke("tool", (0, 0), (0, 4))


@pytest.mark.parametrize(
    ("tool", "button", "held", "verb"),
    [
        (Tool.PICK, LEFT, NONE, Verb.PICK),
        (Tool.BRUSH, LEFT, ALT, Verb.PICK),
        (Tool.POLYGON, LEFT, ALT, Verb.PICK),
        (Tool.BRUSH, RIGHT, NONE, Verb.MENU),
        (Tool.HAND, RIGHT, NONE, Verb.MENU),
    ],
)
def test_clicks_on_a_pixel(tool, button, held, verb):
    # The hand trembles: less than 4 screen pixels are a click.
    assert drag(ready(tool), button, [(10, 20), (12, 21)], held) == [PixelAsk(verb, (10.0, 5.0))]


@pytest.mark.parametrize(
    ("tool", "kind"),
    [
        (Tool.FILL, Area.CONNECTED),
        (Tool.ENCLOSED, Area.ENCLOSED),
        (Tool.WAND, Area.SIMILAR),
    ],
)
def test_areas_are_looked_for_at_the_press_and_taken_at_the_release(tool, kind):
    look, take = drag(ready(tool), LEFT, [(10, 20), (12, 21)])
    assert (look.kind, look.at_yx, look.stage) == (kind, (10.0, 5.0), Stage.LOOK)
    assert take == replace(look, stage=Stage.TAKE)


def test_a_drag_of_the_wand_sets_its_reach_which_is_kept_for_the_next_click():
    it = ready(Tool.WAND)
    (first,) = it.press(LEFT, at(50, 50), NONE)
    assert first.reach == FIRST_REACH
    (more,) = it.move([at(80, 50)], NONE)
    assert more.reach == FIRST_REACH + 10
    assert it.note == f"± {FIRST_REACH + 10}"
    (less,) = it.move([at(50, 65)], NONE)
    assert less.reach == FIRST_REACH - 5
    assert it.move([at(51, 66)], NONE) == ()
    (none,) = it.move([at(-400, 50)], NONE)
    assert none.reach == 0
    (take,) = it.release(LEFT, at(-400, 50), NONE)
    assert take == AreaAsk(Area.SIMILAR, (25.0, 25.0), 0, Stage.TAKE)
    assert it.note == ""
    (look,) = it.press(LEFT, at(90, 90), NONE)
    assert look.reach == 0


@pytest.mark.parametrize("leave", ["escape", "focus"])
def test_an_area_is_dropped_and_the_reach_is_as_before(leave):
    it = ready(Tool.WAND)
    it.press(LEFT, at(50, 50), NONE)
    it.move([at(80, 50)], NONE)
    (asked,) = it.key_down(Key.ESCAPE, NONE) if leave == "escape" else it.abandon()
    assert asked == AreaAsk(Area.SIMILAR, (25.0, 25.0), FIRST_REACH, Stage.DROP)
    assert it.release(LEFT, at(80, 50), NONE) == ()


def test_superpixels_are_asked_for_along_a_drag_and_kept_at_its_end():
    it = ready(Tool.SUPERPIXEL)
    asks = drag(it, LEFT, [(10, 20), (30, 20)])
    first, then = (10.0, 5.0), (10.0, 15.0)
    look = [CellsAsk((each,), Stage.LOOK) for each in (first, then)]
    assert asks == [*look, CellsAsk((), Stage.TAKE)]
    it.press(LEFT, at(10, 20), NONE)
    assert it.abandon() == (CellsAsk((), Stage.TAKE),)
    it.press(LEFT, at(10, 20), NONE)
    assert it.key_down(Key.ESCAPE, NONE) == (CellsAsk((), Stage.DROP),)
    assert it.move([at(40, 40)], NONE) == ()
    assert it.release(LEFT, at(40, 40), NONE) == ()


def test_with_ctrl_superpixels_are_erased_to_the_end_of_the_drag():
    it = ready(Tool.SUPERPIXEL)
    (first,) = it.press(LEFT, at(10, 20), CTRL)
    (then,) = it.move([at(30, 20)], NONE)
    (last,) = it.release(LEFT, at(30, 20), NONE)
    assert first.erases
    assert then.erases
    assert last.erases
    assert not it.press(LEFT, at(10, 20), NONE)[0].erases


def test_the_wheel_steps_through_the_sizes_of_superpixels():
    it = ready(Tool.SUPERPIXEL, radius_px=12)
    assert it.wheel_radius(1) == (RadiusAsk(24.0),)
    assert it.wheel_radius(-0.2) == (RadiusAsk(6.0),)
    it.choose(Tool.SUPERPIXEL, 48)
    assert it.wheel_radius(1) == ()
    assert it.note == ""
    it.hand.held = SHIFT
    assert it.note == "96 px"


def test_growing_is_for_enter_and_escape_whenever_its_tool_is_in_hand():
    it = ready(Tool.GROW)
    assert it.wants(Key.ENTER)
    assert it.key_down(Key.ENTER, NONE) == (GrowAsk(Stage.TAKE),)
    assert it.key_down(Key.ESCAPE, NONE) == (GrowAsk(Stage.DROP),)
    assert drag(it, LEFT, [(10, 20), (60, 20)]) == [GrowAsk(Stage.LOOK)]
    assert drag(it, RIGHT, [(10, 20), (60, 20)]) == [PixelAsk(Verb.MENU, (10.0, 5.0))]
    assert it.wheel_radius(1) == (RadiusAsk(5.5),)
    assert drag(it, MIDDLE, [(0, 0), (9, 0)]) == [PanAsk((9.0, 0.0))]


def test_a_click_of_the_brush_is_a_dab_and_two_quick_ones_are_two():
    it = ready()
    assert drag(it, LEFT, [(4, 4)]) == stroke("tool", (2, 2))
    asks = it.double_click(LEFT, at(4, 4), NONE)
    assert [*asks, *it.release(LEFT, at(4, 4), NONE)] == stroke("tool", (2, 2))


def test_all_points_of_one_event_reach_the_stroke_in_order():
    it = ready()
    it.press(LEFT, at(0, 0), NONE)
    assert it.move([at(2, 0), at(4, 6), at(6, 8)], NONE) == (
        StrokeGoesOn(((0.0, 1.0), (3.0, 2.0), (4.0, 3.0))),
    )


def test_shift_and_a_click_draw_a_line_from_the_last_point():
    it = ready()
    drag(it, LEFT, [(0, 0), (20, 0)])
    it.move([at(60, 80)], SHIFT)
    assert it.outline.kind == "line"
    assert it.outline.points_yx == ((0, 10), (40, 30))
    assert drag(it, LEFT, [(60, 80)], SHIFT) == stroke("tool", (0, 10), (40, 30))
    assert drag(it, LEFT, [(80, 80)], SHIFT) == stroke("tool", (40, 30), (40, 40))


def test_the_first_shift_click_of_a_frame_is_a_dab():
    it = ready()
    drag(it, LEFT, [(0, 0), (20, 0)])
    it.show_frame((100, 200))
    assert drag(it, LEFT, [(60, 80)], SHIFT) == stroke("tool", (40, 30), (40, 30))


def test_shift_and_a_drag_stay_on_45_degrees():
    asks = drag(ready(), LEFT, [(0, 0), (20, 2), (40, 30), (60, -8)], SHIFT)
    assert asks == stroke("tool", (0, 0), (0, 10), (0, 20), (0, 30))
    asks = drag(ready(Tool.ERASER), LEFT, [(0, 0), (20, 18), (40, 20)], SHIFT)
    assert [type(each) for each in asks] == [StrokeAsk, StrokeGoesOn, StrokeGoesOn, StrokeEnds]
    assert asks[0].value == "erase"
    assert asks[2].points_yx[0] == pytest.approx((15, 15))


def test_alt_and_a_drag_size_the_brush_and_escape_restores_it():
    it = ready(radius_px=4)
    it.press(LEFT, at(50, 50), ALT)
    assert it.move([at(52, 50)], ALT) == ()
    assert it.move([at(150, 50)], ALT) == (RadiusAsk(8.0),)
    it.choose(Tool.BRUSH, 8.0)
    assert it.move([at(-50, 50)], ALT) == (RadiusAsk(2.0),)
    assert it.key_down(Key.ESCAPE, ALT) == (RadiusAsk(4.0),)
    assert it.release(LEFT, at(-50, 50), ALT) == ()
    assert it.mode is Mode.IDLE


def test_the_wheel_sizes_the_brush_within_its_limits():
    assert ready(radius_px=10).wheel_radius(1) == (RadiusAsk(11.0),)
    assert ready(radius_px=0.5).wheel_radius(-1) == ()


def test_escape_takes_a_stroke_back_and_the_rest_of_the_drag_does_nothing():
    it = ready()
    it.press(LEFT, at(0, 0), NONE)
    it.move([at(8, 0)], NONE)
    assert it.wants(Key.ESCAPE)
    assert it.key_down(Key.ESCAPE, NONE) == (StrokeEnds(cancelled=True),)
    assert it.move([at(30, 0)], NONE) == ()
    assert it.release(LEFT, at(30, 0), NONE) == ()
    assert drag(it, LEFT, [(0, 0)]) == stroke("tool", (0, 0))


def test_a_second_button_does_not_disturb_a_stroke():
    it = ready()
    it.press(LEFT, at(0, 0), NONE)
    assert it.press(RIGHT, at(0, 0), NONE) == ()
    assert it.release(RIGHT, at(0, 0), NONE) == ()
    assert it.press(MIDDLE, at(0, 0), NONE) == ()
    assert it.release(MIDDLE, at(0, 0), NONE) == ()
    assert it.move([at(8, 0)], NONE) == (StrokeGoesOn(((0.0, 4.0),)),)


def test_the_stroke_that_began_as_paint_stays_paint_when_ctrl_comes_later():
    it = ready()
    it.press(LEFT, at(0, 0), NONE)
    it.move([at(9, 9)], CTRL)
    assert not it.erases
    it.release(LEFT, at(9, 9), CTRL)
    assert it.erases  # what a press would do now


@pytest.mark.parametrize("close", ["enter", "double click", "first corner"])
def test_a_polygon_is_closed_three_ways(close):
    it = ready(Tool.POLYGON)
    for place in ((20, 20), (120, 20), (120, 80)):
        assert drag(it, LEFT, [place]) == []
    if close == "enter":
        asks = it.key_down(Key.ENTER, NONE)
    elif close == "double click":
        asks = it.double_click(LEFT, at(120, 80), NONE)
        assert it.release(LEFT, at(120, 80), NONE) == ()
    else:
        assert it.press(LEFT, at(23, 22), NONE) == ()  # it might be dragged
        asks = it.release(LEFT, at(23, 22), NONE)
    (region,) = asks
    assert isinstance(region, RegionAsk)
    frame = np.zeros((100, 200), bool)
    frame[region.box.slices] = region.inside
    assert frame[12, 50]
    assert frame[30, 58]
    assert not frame[35, 15]
    assert 700 < frame.sum() < 800  # half of 50 x 30, plus or minus the edge
    assert it.outline is None


def test_backspace_removes_corners_and_escape_the_polygon():
    it = ready(Tool.POLYGON)
    for place in ((20, 20), (120, 20), (120, 80)):
        drag(it, LEFT, [place])
    it.move([at(160, 90)], NONE)
    assert len(it.outline.points_yx) == 4  # and the pointer
    assert it.key_down(Key.BACKSPACE, NONE) == ()
    assert len(it.outline.points_yx) == 3
    assert it.key_down(Key.ENTER, NONE) == ()  # two corners enclose nothing
    assert it.outline is None
    drag(it, LEFT, [(20, 20)])
    assert it.key_down(Key.ESCAPE, NONE) == ()
    assert it.outline is None
    assert it.key_down(Key.ESCAPE, NONE) is None
    assert it.key_down(Key.BACKSPACE, NONE) is None


def test_another_tool_or_frame_drops_an_open_polygon():
    for drop in (lambda it: it.choose(Tool.BRUSH, 5), lambda it: it.show_frame((9, 9))):
        it = ready(Tool.POLYGON)
        drag(it, LEFT, [(20, 20)])
        drop(it)
        assert it.outline is None


def test_the_corner_that_closes_is_found_after_zooming():
    it = ready(Tool.POLYGON)
    for place in ((20, 20), (120, 20), (120, 80)):
        drag(it, LEFT, [place])
    it.hand.zoom = 20.0
    near = Point((10.3, 10.2), (400, 300))
    it.press(LEFT, near, NONE)
    assert it.release(LEFT, near, NONE) != ()


def test_a_rectangle_drag_fills_and_a_click_does_not():
    it = ready(Tool.RECTANGLE)
    assert drag(it, LEFT, [(10, 10)]) == []
    it.press(LEFT, at(10, 10), NONE)
    it.move([at(40, 30)], NONE)
    assert it.outline.kind == "rectangle"
    assert it.outline.points_yx == ((5, 5), (15, 20))
    (region,) = it.release(LEFT, at(40, 30), NONE)
    assert region.box == Box(5, 5, 16, 21)
    assert region.inside.all()


def test_a_region_outside_the_frame_is_not_asked_for():
    it = ready(Tool.RECTANGLE)
    assert drag(it, LEFT, [(-90, -90), (-20, -20)]) == []


def test_a_double_click_with_the_hand_fits():
    it = ready(Tool.HAND)
    assert it.double_click(LEFT, at(5, 5), NONE) == (FitAsk(),)
    assert it.release(LEFT, at(5, 5), NONE) == ()


def test_enter_without_a_polygon_accepts_under_the_pointer():
    it = ready()
    assert it.key_down(Key.ENTER, NONE) is None
    it.move([at(30, 20)], NONE)
    assert it.key_down(Key.ENTER, NONE) == (PixelAsk(Verb.ACCEPT, (10.0, 15.0)),)
    assert not it.wants(Key.ENTER)  # a menu's Enter goes first
    it.leave()
    assert it.key_down(Key.ENTER, NONE) is None


def test_h_held_shows_the_bare_image():
    it = ready()
    it.key_down(Key.BARE, NONE)
    assert it.bare
    it.key_up(Key.BARE, NONE)
    assert not it.bare
    it.key_down(Key.BARE, NONE)
    it.let_go_keys()
    assert not it.bare


def test_without_a_frame_nothing_is_asked():
    it = ready()
    it.show_frame(None)
    for button in Button:
        assert drag(it, button, [(0, 0), (50, 50)]) == []
    for key in Key:
        assert it.key_down(key, NONE) is None
        assert not it.wants(key)


def test_a_new_frame_ends_the_stroke_under_way():
    it = ready()
    it.press(LEFT, at(0, 0), NONE)
    assert it.show_frame((50, 50)) == (StrokeEnds(),)
    assert it.move([at(9, 9)], NONE) == ()


@pytest.mark.parametrize(
    ("yx", "pixel"),
    [((0.49, -0.5), (0, 0)), ((0.5, 3.4), (1, 3)), ((-0.51, 0), None), ((0, 8.5), None)],
)
def test_the_pixel_at_a_position(yx, pixel):
    assert pixel_of(yx, (5, 9)) == pixel


places = st.tuples(st.integers(-20, 220), st.integers(-20, 220))
helds = st.builds(Held, shift=st.booleans(), ctrl=st.booleans(), alt=st.booleans())
steps = st.one_of(
    st.tuples(st.just("press"), st.sampled_from(Button), places, helds),
    st.tuples(st.just("release"), st.sampled_from(Button), places, helds),
    st.tuples(st.just("double_click"), st.sampled_from(Button), places, helds),
    st.tuples(st.just("move"), places, helds),
    st.tuples(st.just("key_down"), st.sampled_from(Key), helds),
    st.tuples(st.just("key_up"), st.sampled_from(Key), helds),
    st.tuples(st.just("choose"), st.sampled_from(Tool)),
    st.tuples(st.just("frame")),
    st.tuples(st.just("abandon")),
)


def done(it, name, *rest):
    """Do one step; its asks."""
    if name == "move":
        return it.move([at(*rest[0])], rest[1])
    if name == "choose":
        it.choose(rest[0], 5.0)
        return ()
    if name == "frame":
        return it.show_frame((100, 200))
    if name in {"press", "release", "double_click"}:
        return getattr(it, name)(rest[0], at(*rest[1]), rest[2])
    return getattr(it, name)(*rest) or ()


@settings(max_examples=300, deadline=None)
@given(st.lists(steps, max_size=40))
def test_whatever_the_hand_does_strokes_begin_go_on_and_end_in_turn(gestures):
    it, is_open = ready(), False
    for step in gestures:
        for each in done(it, *step):
            if isinstance(each, StrokeAsk | RegionAsk):
                assert not is_open
            if isinstance(each, StrokeGoesOn | StrokeEnds):
                assert is_open
            is_open = isinstance(each, StrokeAsk) or (is_open and not isinstance(each, StrokeEnds))
    assert (it.abandon() == (StrokeEnds(),)) == is_open
