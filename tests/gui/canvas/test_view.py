from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import (
    QInputDevice,
    QKeyEvent,
    QKeySequence,
    QNativeGestureEvent,
    QPointingDevice,
    QPointingDeviceUniqueId,
    QShortcut,
    QTabletEvent,
    QWheelEvent,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMainWindow, QWidget

from s4gui.core.classes import UNLABELLED, VOID
from s4gui.core.labels import Box
from s4gui.core.prediction import Prediction
from s4gui.gui.canvas.asks import Stage, StrokeAsk
from s4gui.gui.canvas.material import Layer
from s4gui.workbench.painting import Tool
from tests.gui.canvas import scenes

SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
SIGNALS = (
    "stroke_begun",
    "stroke_moved",
    "stroke_ended",
    "stroke_cancelled",
    "region_asked",
    "area_asked",
    "picked",
    "accept_asked",
    "menu_asked",
    "radius_asked",
)


class Heard:
    """All asks of a canvas, by name, in order."""

    def __init__(self, it):
        self.asks = []
        for name in SIGNALS:
            getattr(it, name).connect(lambda *args, name=name: self.asks.append((name, *args)))

    @property
    def names(self):
        return [each[0] for each in self.asks]


def wheel(it, x, y, notches=1, *, keys=scenes.NO_KEY, pixels=None):
    at = QPointF(x, y)
    event = QWheelEvent(
        at,
        QPointF(it.mapToGlobal(at)),
        pixels or QPoint(),
        QPoint(0, int(120 * notches)),
        scenes.NO_BUTTON,
        keys,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(it, event)


def shown(qtbot, **more):
    """A canvas of 200 x 100 with a frame of 100 x 200 at 1 pixel each (scale factor 1)."""
    return scenes.canvas(qtbot, w=200, h=100, image=scenes.image(100, 200), **more)


def test_a_stroke_leaves_as_signals_with_frame_positions(qtbot):
    it = shown(qtbot)
    heard = Heard(it)
    it.set_tool(Tool.BRUSH, 3, 7.5)
    scenes.press(it, 20, 30)
    scenes.move(it, 24, 33)
    scenes.release(it, 24, 33)
    assert heard.asks == [
        ("stroke_begun", StrokeAsk("tool", (30, 20), 7.5)),
        ("stroke_moved", [(33, 24)]),
        ("stroke_ended",),
    ]


def test_showing_asks_nothing(qtbot):
    it = shown(qtbot)
    heard = Heard(it)
    it.set_tool(Tool.ERASER, 1, 3)
    it.show_palette(scenes.palette(5))
    it.show_labels(scenes.labels(100, 200))
    it.labels_changed(None)
    it.show_prediction(
        Prediction(np.zeros((100, 200), np.uint8), np.zeros((100, 200), np.uint8), "run 1")
    )
    it.prediction_changed()
    it.fit()
    it.zoom_to(3)
    it.show_box(Box(10, 10, 20, 30))
    it.show_image(scenes.image(5, 5))
    it.show_empty("Nothing here", "")
    assert heard.asks == []


def test_clicks_ask_for_pixels_of_the_frame_and_outside_of_it_for_nothing(qtbot):
    it = scenes.canvas(qtbot, w=200, h=140, image=scenes.image(100, 200))
    heard = Heard(it)
    for tool in (Tool.FILL, Tool.PICK):
        it.set_tool(tool, 1, 3)
        scenes.press(it, 50, 70)
        scenes.release(it, 50, 70)
        scenes.press(it, 50, 3)
        scenes.release(it, 50, 3)
    scenes.press(it, 60, 70, button=scenes.RIGHT)
    scenes.release(it, 60, 70, button=scenes.RIGHT)
    QTest.keyClick(it, Qt.Key.Key_Return)
    assert heard.names == ["area_asked", "area_asked", "picked", "menu_asked", "accept_asked"]
    assert [each[1].stage for each in heard.asks[:2]] == [Stage.LOOK, Stage.TAKE]
    assert heard.asks[0][2:] == heard.asks[1][2:] == heard.asks[2][1:] == (50, 50)
    assert heard.asks[3][2:] == heard.asks[4][1:] == (50, 60)
    assert (it.mapFromGlobal(heard.asks[3][1]) - QPoint(60, 70)).manhattanLength() <= 1


def test_the_wheel_zooms_at_the_pointer_and_ctrl_wheel_scrolls(qtbot):
    it = shown(qtbot)
    before = it.frame_yx(QPointF(150, 80))
    wheel(it, 150, 80, 3)
    assert it.zoom > 1.9 * it.devicePixelRatioF()
    after = it.frame_yx(QPointF(150, 80))
    assert np.abs(np.subtract(before, after)).max() < 1
    box, zoom = it.visible_box(), it.zoom
    wheel(it, 150, 80, -1, keys=CTRL)
    assert it.zoom == zoom
    assert it.visible_box().y0 > box.y0
    it.set_wheel_zooms(False)
    wheel(it, 150, 80, 1, keys=CTRL)
    assert it.zoom > zoom
    zoom = it.zoom
    wheel(it, 150, 80, 1)
    assert it.zoom == zoom


def test_two_fingers_scroll_and_pinch(qtbot):
    it = shown(qtbot)
    it.zoom_to(4)
    before, zoom = it.frame_yx(QPointF(0, 0)), it.zoom
    wheel(it, 100, 50, 0.1, pixels=QPoint(-8, -12))
    after = it.frame_yx(QPointF(0, 0))
    assert it.zoom == zoom
    scale = it.devicePixelRatioF() / zoom
    assert np.subtract(after, before) == pytest.approx((12 * scale, 8 * scale))
    pad = QPointingDevice(
        "pad",
        1,
        QInputDevice.DeviceType.TouchPad,
        QPointingDevice.PointerType.Finger,
        QInputDevice.Capability.Position,
        2,
        0,
    )
    at = QPointF(60, 40)
    below = it.frame_yx(at)
    pinch = QNativeGestureEvent(
        Qt.NativeGestureType.ZoomNativeGesture, pad, 2, at, at, at, 0.5, QPointF()
    )
    QApplication.sendEvent(it, pinch)
    assert it.zoom == pytest.approx(1.5 * zoom)
    assert np.abs(np.subtract(it.frame_yx(at), below)).max() < 0.5


def test_shift_and_the_wheel_ask_for_a_radius(qtbot):
    it = shown(qtbot)
    heard = Heard(it)
    it.set_tool(Tool.BRUSH, 1, 20)
    zoom = it.zoom
    wheel(it, 10, 10, 1, keys=SHIFT)
    wheel(it, 10, 10, -1, keys=SHIFT)
    assert it.zoom == zoom
    assert [each[1] for each in heard.asks] == pytest.approx([22, 20 / 1.1])


def test_a_drag_with_the_middle_button_moves_the_frame_with_the_pointer(qtbot):
    it = shown(qtbot)
    heard = Heard(it)
    it.zoom_to(4)
    grip = it.frame_yx(QPointF(50, 50))
    scenes.press(it, 50, 50, button=scenes.MIDDLE)
    assert it.cursor().shape() == Qt.CursorShape.ClosedHandCursor
    scenes.move(it, 71, 38, buttons=scenes.MIDDLE)
    scenes.release(it, 71, 38, button=scenes.MIDDLE)
    assert np.abs(np.subtract(it.frame_yx(QPointF(71, 38)), grip)).max() < 0.3
    assert heard.asks == []


def test_the_wheel_during_a_stroke_moves_the_view_not_the_paint(qtbot):
    it = shown(qtbot)
    heard = Heard(it)
    scenes.press(it, 100, 50)
    wheel(it, 100, 50, 4)
    scenes.move(it, 102, 50)
    scenes.release(it, 102, 50)
    (_, (point,)) = heard.asks[1]
    start = heard.asks[0][1].at_yx
    assert np.abs(np.subtract(point, start)).max() <= 2


def pen(it, kind, x, y, end, *, button=scenes.LEFT):
    device = QPointingDevice(
        "pen",
        7,
        QInputDevice.DeviceType.Stylus,
        end,
        QInputDevice.Capability.Position,
        1,
        2,
        "",
        QPointingDeviceUniqueId(),
    )
    at = QPointF(x, y)
    pressed = scenes.NO_BUTTON if kind == QEvent.Type.TabletRelease else button
    event = QTabletEvent(
        kind, device, at, QPointF(it.mapToGlobal(at)), 0.5, 0, 0, 0, 0, 0, scenes.NO_KEY, button,
        pressed,
    )  # fmt: skip
    QApplication.sendEvent(it, event)
    return event.isAccepted()


@pytest.mark.parametrize(
    ("end", "value"),
    [(QPointingDevice.PointerType.Pen, "tool"), (QPointingDevice.PointerType.Eraser, "erase")],
)
def test_a_pens_tip_paints_and_its_other_end_erases(qtbot, end, value):
    it = shown(qtbot)
    heard = Heard(it)
    assert pen(it, QEvent.Type.TabletPress, 20, 30, end)
    assert pen(it, QEvent.Type.TabletMove, 25.5, 30.25, end)
    assert pen(it, QEvent.Type.TabletRelease, 25.5, 30.25, end)
    assert heard.names == ["stroke_begun", "stroke_moved", "stroke_ended"]
    assert heard.asks[0][1].value == value
    # A pen is finer than the screen: its place is not rounded to a pixel.
    assert heard.asks[1][1][0] == pytest.approx((29.75, 25.0))


def test_h_held_shows_the_bare_image(qtbot):
    it = shown(qtbot, labels=scenes.labels(100, 200))
    scenes.only(it, Layer.IMAGE)
    bare = scenes.grabbed(it)
    it.set_layer(Layer.LABELS, visible=True)
    painted = scenes.grabbed(it)
    QTest.keyPress(it, Qt.Key.Key_H)
    np.testing.assert_array_equal(scenes.grabbed(it), bare)
    QTest.keyRelease(it, Qt.Key.Key_H)
    np.testing.assert_array_equal(scenes.grabbed(it), painted)
    assert (bare != painted).any()


def test_space_held_pans_with_an_open_hand_and_repeats_do_not_matter(qtbot):
    it = shown(qtbot)
    heard = Heard(it)
    QTest.keyPress(it, Qt.Key.Key_Space)
    for kind in (QEvent.Type.KeyRelease, QEvent.Type.KeyPress):
        repeat = QKeyEvent(kind, Qt.Key.Key_Space, scenes.NO_KEY, " ", True)
        QApplication.sendEvent(it, repeat)
    assert it.cursor().shape() == Qt.CursorShape.OpenHandCursor
    scenes.press(it, 5, 5)
    scenes.move(it, 9, 9)
    scenes.release(it, 9, 9)
    QTest.keyRelease(it, Qt.Key.Key_Space)
    assert it.cursor().shape() == Qt.CursorShape.CrossCursor
    assert heard.asks == []


def test_keys_of_an_open_polygon_go_before_the_windows_shortcuts(qtbot):
    window = QMainWindow()
    qtbot.addWidget(window)
    it = scenes.hidden_canvas(200, 100, image=scenes.image(100, 200))
    window.setCentralWidget(it)
    fired = []
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Escape, Qt.Key.Key_Backspace):
        QShortcut(QKeySequence(key), window).activated.connect(lambda key=key: fired.append(key))
    window.resize(300, 200)
    window.show()
    window.activateWindow()
    qtbot.waitExposed(window)
    it.setFocus()
    qtbot.waitUntil(it.hasFocus)
    heard = Heard(it)
    it.set_tool(Tool.POLYGON, 2, 5)
    for x, y in ((20, 20), (90, 20), (90, 70), (30, 80)):
        scenes.press(it, x, y)
        scenes.release(it, x, y)
    QTest.keyClick(it, Qt.Key.Key_Backspace)
    QTest.keyClick(it, Qt.Key.Key_Return)
    assert heard.names == ["region_asked"]
    assert fired == []
    for key in (Qt.Key.Key_Escape, Qt.Key.Key_Backspace, Qt.Key.Key_Return):
        QTest.keyClick(it, key)
    assert fired == [Qt.Key.Key_Escape, Qt.Key.Key_Backspace, Qt.Key.Key_Return]


def test_letters_of_the_window_pass_through(qtbot):
    it = shown(qtbot)
    for key, keys in ((Qt.Key.Key_B, scenes.NO_KEY), (Qt.Key.Key_H, CTRL)):
        event = QKeyEvent(QEvent.Type.ShortcutOverride, key, keys)
        event.ignore()
        QApplication.sendEvent(it, event)
        assert not event.isAccepted()


def test_a_frame_of_the_same_size_keeps_place_and_zoom_another_is_fitted(qtbot):
    it = shown(qtbot)
    it.zoom_to(5, QPointF(20, 20))
    view = it.view
    it.show_image(scenes.image(100, 200, seed=3))
    assert it.view == view
    it.show_image(scenes.image(50, 60))
    assert it.is_fitted
    assert it.visible_box() == Box(0, 0, 50, 60)


def test_a_new_frame_shows_no_labels_or_prediction_of_the_old_one(qtbot):
    it = shown(qtbot, labels=scenes.labels(100, 200))
    it.show_prediction(
        Prediction(np.ones((100, 200), np.uint8), np.ones((100, 200), np.uint8), "run 1")
    )
    it.show_image(np.full((100, 200, 3), 77, np.uint8))
    assert (scenes.grabbed(it)[it.view.shown.slices] == 77).all()


def test_a_fitted_frame_stays_fitted_and_a_zoomed_one_stays_centred(qtbot):
    it = shown(qtbot)
    it.resize(400, 300)
    assert it.visible_box() == Box(0, 0, 100, 200)
    assert it.zoom == pytest.approx(2 * it.devicePixelRatioF())
    it.zoom_to(6, QPointF(300, 100))
    centre = it.view.centre_yx
    it.resize(150, 333)
    assert it.view.centre_yx == centre
    assert it.zoom == 6
    assert it.view.view_hw == (333 * it.devicePixelRatioF(), 150 * it.devicePixelRatioF())


def test_show_box_brings_a_region_into_view_with_surroundings(qtbot):
    it = shown(qtbot)
    box = Box(60, 120, 70, 150)
    it.show_box(box)
    seen = it.visible_box()
    assert seen.y0 <= box.y0
    assert seen.x0 <= box.x0
    assert seen.y1 >= box.y1
    assert seen.x1 >= box.x1
    assert (seen.y1 - seen.y0) * (seen.x1 - seen.x0) < 100 * 200 / 2


def test_hovering_tells_the_pixel_once_and_leaving_that_there_is_none(qtbot):
    it = shown(qtbot)
    told = []
    it.hovered.connect(lambda y, x: told.append((y, x)))
    it.zoom_to(4 * it.devicePixelRatioF())
    oy, ox = it.view.to_device((50, 100))
    ratio = it.devicePixelRatioF()
    for step in (0.1, 1, 4.1):
        scenes.move(it, ox / ratio + step - 0.5, oy / ratio - 0.5, buttons=scenes.NO_BUTTON)
    scenes.leave(it)
    assert told == [(50, 100), (50, 101), (-1, -1)]


@pytest.mark.parametrize("value", [2, VOID, UNLABELLED])
def test_the_pointer_looks_different_for_paint_void_and_eraser(qtbot, value):
    it = shown(qtbot)
    bare = scenes.grabbed(it)
    looks = []
    for tool, paints in ((Tool.BRUSH, 2), (Tool.BRUSH, VOID), (Tool.ERASER, 2)):
        it.set_tool(tool, paints, 14)
        scenes.move(it, 100, 50, buttons=scenes.NO_BUTTON)
        looks.append(scenes.grabbed(it))
        changed = np.nonzero((looks[-1] != bare).any(axis=2))
        reach = 20 * it.devicePixelRatioF()
        assert all(np.ptp(each) <= 2 * reach for each in changed)
    assert (looks[0] != looks[1]).any()
    assert (looks[1] != looks[2]).any()
    scenes.leave(it)
    np.testing.assert_array_equal(scenes.grabbed(it), bare)


def test_the_ring_is_as_large_as_what_the_brush_would_paint(qtbot):
    it = scenes.canvas(qtbot, w=200, h=200, image=np.zeros((50, 50, 3), np.uint8))
    it.set_tool(Tool.BRUSH, 2, 10)
    scenes.move(it, 100, 100, buttons=scenes.NO_BUTTON)
    lit = np.nonzero((scenes.grabbed(it) > 0).any(axis=2))
    want = 2 * 10 * it.zoom
    line = 5 * it.devicePixelRatioF()
    for each in lit:
        assert want <= np.ptp(each) <= want + line


def test_linked_canvases_share_place_zoom_and_pointer(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    row = QHBoxLayout(window)
    three = [scenes.hidden_canvas(image=scenes.image(60, 90)) for _ in range(3)]
    for each in three:
        row.addWidget(each)
    a, b, c = three
    window.resize(700, 200)
    window.show()
    qtbot.waitExposed(window)
    QApplication.processEvents()
    for each in three:
        scenes.leave(each)
    a.link(b)
    c.link(b)
    wheel(b, 40, 60, 5)
    assert a.zoom == b.zoom == c.zoom
    assert a.view.centre_yx == b.view.centre_yx == c.view.centre_yx
    scenes.leave(b)
    before = [scenes.grabbed(each) for each in (a, c)]
    scenes.move(b, 40, 60, buttons=scenes.NO_BUTTON)
    for each, old in zip((a, c), before, strict=True):
        rows, columns = np.nonzero((scenes.grabbed(each) != old).any(axis=2))
        y, x = each.view.to_device(b.frame_yx(QPointF(40, 60)))
        assert abs((rows.min() + rows.max() + 1) / 2 - y) <= 1.5
        assert abs((columns.min() + columns.max() + 1) / 2 - x) <= 1.5
    scenes.leave(b)
    np.testing.assert_array_equal(scenes.grabbed(a), before[0])
    c.fit()
    assert a.is_fitted
    assert b.visible_box() == Box(0, 0, 60, 90)
    b.show_image(scenes.image(20, 20))
    b.zoom_to(9)
    assert a.visible_box() == Box(0, 0, 60, 90)  # another frame size: not the same places
    b.show_image(scenes.image(60, 90))
    a.zoom_to(7)
    assert b.zoom == 7
    c.unlink()
    c.zoom_to(3)
    assert a.zoom == b.zoom == 7


def test_a_late_canvas_opens_where_the_linked_ones_are(qtbot):
    a, b = (scenes.canvas(qtbot, w=120, h=80) for _ in range(2))
    a.link(b)
    a.show_image(scenes.image(60, 90))
    a.zoom_to(5, QPointF(10, 10))
    b.show_image(scenes.image(60, 90))
    assert b.view == a.view


def test_hiding_a_canvas_ends_its_stroke(qtbot):
    it = shown(qtbot)
    heard = Heard(it)
    scenes.press(it, 20, 30)
    it.hide()
    assert heard.names == ["stroke_begun", "stroke_ended"]
    it.show()
    scenes.move(it, 30, 30, buttons=scenes.NO_BUTTON)
    assert heard.names == ["stroke_begun", "stroke_ended"]


def test_a_release_that_went_elsewhere_ends_the_stroke_at_the_next_move(qtbot):
    it = shown(qtbot)
    heard = Heard(it)
    scenes.press(it, 20, 30)
    scenes.move(it, 40, 30, buttons=scenes.NO_BUTTON)
    assert heard.names == ["stroke_begun", "stroke_ended"]


def test_an_empty_canvas_takes_no_input(qtbot):
    it = scenes.canvas(qtbot)
    heard = Heard(it)
    scenes.press(it, 20, 30)
    scenes.move(it, 30, 30)
    scenes.release(it, 30, 30)
    wheel(it, 20, 20)
    it.fit()
    it.actual_size()
    it.show_box(Box(0, 0, 2, 2))
    it.labels_changed(Box(0, 0, 5, 5))
    assert heard.asks == []
    assert it.visible_box().is_empty
    assert it.zoom == 1


def test_it_can_be_reached_by_keyboard_and_has_a_name(qtbot):
    it = scenes.canvas(qtbot)
    assert it.focusPolicy() == Qt.FocusPolicy.StrongFocus
    assert it.accessibleName()
    assert it.accessibleDescription()
    assert not QApplication.testAttribute(Qt.ApplicationAttribute.AA_CompressHighFrequencyEvents)
