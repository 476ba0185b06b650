"""The tools in the window, by mouse and keys, from the canvas into the labels and back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QMenu, QToolButton
from pytestqt.qtbot import QtBot

from s4gui.core.classes import UNLABELLED
from s4gui.core.labels import Box
from s4gui.core.prediction import Prediction
from s4gui.core.sources import SourceKind
from s4gui.core.superpixels import Cells, parted
from s4gui.gui import application, status_words
from s4gui.gui.application import Application
from s4gui.store.settings import Settings
from s4gui.workbench.actions import Menu
from s4gui.workbench.painting import Tool
from tests.workbench import places

WAIT_MS = 20_000
FRAME = (60, 80)
LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
NO_KEY = Qt.KeyboardModifier.NoModifier
SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier


class Room:
    """A window with one project, and a hand that counts in frame pixels."""

    def __init__(self, root: Application, qtbot: QtBot) -> None:
        self.root, self.qtbot = root, qtbot
        self.canvas = root.window.label.canvas
        assert root.session is not None
        self.session = root.session
        self.bench = root.session.desk.workbench

    @property
    def labels(self) -> NDArray[np.uint8]:
        """The label plane as it is now."""
        assert self.bench.current is not None
        return self.bench.mask(self.bench.current).labels.copy()

    @property
    def notice(self) -> str:
        """What the bar says."""
        return self.root.window.notice.text

    def place(self, x: float, y: float) -> QPoint:
        """The widget's pixel over a frame position."""
        view = self.canvas.view
        assert view is not None
        down, right = view.to_device((y, x))
        return QPoint(round(right - 0.5), round(down - 0.5))

    def drag(
        self,
        *path: tuple[float, float],
        button: Qt.MouseButton = LEFT,
        keys: Qt.KeyboardModifier = NO_KEY,
        let_go: bool = True,
    ) -> None:
        """Press, moves, release."""
        self.qtbot.mousePress(self.canvas, button, keys, self.place(*path[0]))
        for each in path[1:]:
            self.qtbot.mouseMove(self.canvas, self.place(*each))
        if let_go:
            self.qtbot.mouseRelease(self.canvas, button, keys, self.place(*path[-1]))

    def click(self, *path: tuple[float, float], keys: Qt.KeyboardModifier = NO_KEY) -> None:
        """Clicks, one after another."""
        for each in path:
            self.drag(each, keys=keys)

    def key(self, key: Qt.Key, keys: Qt.KeyboardModifier = NO_KEY) -> None:
        """A key, on the canvas."""
        self.qtbot.keyClick(self.canvas, key, keys)

    def take(self, tool: str) -> None:
        """Press a tool's button in the panel."""
        action = self.root.window.verbs.actions[f"tool.{tool}"]
        buttons = self.root.window.label.tools.findChildren(QToolButton)
        (button,) = [each for each in buttons if each.defaultAction() is action]
        self.qtbot.mouseClick(button, LEFT)
        assert action.isChecked()

    def settle(self) -> None:
        """Wait for the jobs of the tools."""
        self.qtbot.waitUntil(lambda: self.session.desk.jobs.is_idle, timeout=WAIT_MS)


@pytest.fixture
def room(qapp: QApplication, tmp_path: Path, qtbot: QtBot) -> Iterator[Room]:
    folder = places.make(tmp_path, {f"train/{n}.png": FRAME for n in range(2)})
    pixels = np.full((*FRAME, 3), 90, np.uint8)
    pixels[:, 40:] = 120
    pixels[30:40, 10:20] = 95
    Image.fromarray(pixels).save(tmp_path / "images" / "train" / "0.png")
    settings = Settings(tmp_path / "settings", extra=application.SETTINGS)
    for key, value in {"tour_done": True, "warm_workers": False, "live_preview": False}.items():
        settings.set(key, value)
    root = Application(qapp, settings, tmp_path / "settings")
    root.window.resize(1000, 760)
    root.start(folder)
    qtbot.waitUntil(
        lambda: root.session is not None and root.session.desk.current is not None, timeout=WAIT_MS
    )
    qtbot.waitUntil(lambda: root.session is not None and root.session.has_begun, timeout=WAIT_MS)
    yield Room(root, qtbot)
    root.window.close()
    root.window.deleteLater()
    root.deleteLater()


def boxed(x0: int, y0: int, x1: int, y1: int) -> NDArray[np.bool_]:
    out = np.zeros(FRAME, bool)
    out[y0:y1, x0:x1] = True
    return out


def value_of(room: Room) -> int:
    return room.bench.value


def test_a_polygon_with_a_moved_corner_and_a_hole_is_one_edit_that_undo_takes_back(
    room: Room,
) -> None:
    room.take("polygon")
    room.click((10, 10), (40, 10), (40, 40), (12, 42))
    room.drag((12, 42), (11, 41), (10, 40))
    room.click((20, 20), keys=ALT)
    room.click((30, 20), (30, 30), (20, 30))
    assert (room.labels == UNLABELLED).all()
    room.key(Qt.Key.Key_Return)
    got = room.labels == value_of(room)
    want = boxed(10, 10, 40, 40) & ~boxed(20, 20, 30, 30)
    assert (got != want).sum() < 130  # the widget's pixels are not the frame's: one px each edge
    assert got[15, 15]
    assert not got[25, 25]
    room.session.easel.undo()
    assert (room.labels == UNLABELLED).all()


def test_a_polygon_begun_with_ctrl_erases(room: Room) -> None:
    room.take("rectangle")
    room.drag((5, 5), (60, 50))
    room.take("polygon")
    room.click((20, 20), keys=CTRL)
    room.click((40, 20), (40, 40))
    room.key(Qt.Key.Key_Return)
    assert room.labels[25, 38] == UNLABELLED
    assert room.labels[10, 10] == value_of(room)


def test_escape_drops_a_polygon_and_nothing_is_painted(room: Room) -> None:
    room.take("polygon")
    room.click((10, 10), (40, 10), (40, 40))
    room.key(Qt.Key.Key_Escape)
    room.key(Qt.Key.Key_Return)
    assert (room.labels == UNLABELLED).all()
    assert room.bench.tool is Tool.POLYGON


def test_a_line_with_points_taken_back_is_painted_as_wide_as_the_brush(room: Room) -> None:
    room.session.easel.set_radius(3.0)
    room.take("polyline")
    room.click((10, 20), (50, 20), (50, 50))
    room.key(Qt.Key.Key_Backspace)
    assert (room.labels == UNLABELLED).all()
    room.key(Qt.Key.Key_Return)
    painted = room.labels != UNLABELLED
    assert painted[20, 10:50].all()
    assert 5 <= painted[:, 30].sum() <= 7
    assert not painted[30:].any()
    room.session.easel.undo()
    assert (room.labels == UNLABELLED).all()


def test_the_square_brush_is_switched_by_its_button_paints_squares_and_is_remembered(
    room: Room,
) -> None:
    room.session.easel.set_radius(4.0)
    room.click((20, 20))
    assert room.labels[17, 17] != value_of(room)
    room.session.easel.undo()
    button = next(
        each
        for each in room.root.window.label.tools.findChildren(QToolButton)
        if each.defaultAction() is room.root.window.verbs.actions["brush.square"]
    )
    room.qtbot.mouseClick(button, LEFT)
    assert button.isChecked()
    room.click((20, 20))
    painted = room.labels == value_of(room)
    assert painted.sum() in {64, 72, 81}
    assert painted[17, 17]
    room.drag((20, 20), (50, 20), button=RIGHT)  # the eraser is square too
    assert not (room.labels == value_of(room)).any()
    assert room.root.session is not None
    assert room.session.desk.settings.get("square_brush") is True


def frame_of(room: Room, x0: int, y0: int, x1: int, y1: int, value: int) -> None:
    """A frame one pixel thick along the inside of a box."""
    ring = boxed(x0, y0, x1, y1) & ~boxed(x0 + 1, y0 + 1, x1 - 1, y1 - 1)
    assert room.bench.current is not None
    change = room.bench.paint_region(
        room.bench.current, ring, Box(0, 0, *FRAME), value, tool=Tool.POLYGON
    )
    room.session.desk.publish(change, None)


def test_fill_shows_the_area_while_the_button_is_down_and_paints_it_after(room: Room) -> None:
    frame_of(room, 10, 10, 31, 31, 2)
    room.session.easel.choose_value(3)
    room.take("fill")
    room.drag((20, 20), let_go=False)
    room.settle()
    mark = room.canvas._mark
    assert mark is not None
    assert mark.box == Box(11, 11, 30, 30)
    assert not (room.labels == 3).any()
    room.qtbot.mouseRelease(room.canvas, LEFT, NO_KEY, room.place(20, 20))
    assert room.canvas._mark is None
    assert ((room.labels == 3) == boxed(11, 11, 30, 30)).all()
    room.session.easel.choose_value(4)
    room.click((10, 20))  # the frame itself is an area of one value
    room.settle()
    assert (room.labels == 4).sum() == 80


def test_fill_refuses_an_open_area_and_says_so(room: Room) -> None:
    room.take("fill")
    room.click((3, 3))
    room.qtbot.waitUntil(lambda: "open" in room.notice, timeout=WAIT_MS)
    assert (room.labels == UNLABELLED).all()


def test_fill_inside_fills_what_is_unlabelled_in_an_outline_of_the_class(room: Room) -> None:
    frame_of(room, 10, 10, 31, 31, 3)
    frame_of(room, 5, 18, 40, 22, 2)  # across it
    frame_of(room, 10, 10, 31, 31, 3)
    room.session.easel.choose_value(3)
    before = room.labels
    room.take("enclosed")
    room.click((14, 14))
    room.settle()
    want = boxed(10, 10, 31, 31) & (before != 2)
    assert ((room.labels == 3) == want).all()
    assert ((room.labels == 2) == (before == 2)).all()
    room.session.easel.undo()
    assert (room.labels == before).all()
    room.session.easel.choose_value(4)
    room.click((14, 14))
    room.qtbot.waitUntil(lambda: "does not enclose" in room.notice, timeout=WAIT_MS)
    assert (room.labels == before).all()


def test_the_wand_follows_the_drag_and_escape_leaves_all_as_it_was(room: Room) -> None:
    room.take("wand")
    room.drag((20, 20), let_go=False)
    room.settle()
    room.qtbot.mouseMove(room.canvas, room.place(20, 20) - QPoint(39, 0))  # 16 - 13: not 95
    room.settle()
    mark = room.canvas._mark
    assert mark is not None
    assert (mark.plane > 0).sum() == 60 * 40 - 100
    room.key(Qt.Key.Key_Escape)
    assert room.canvas._mark is None
    room.qtbot.mouseRelease(room.canvas, LEFT, NO_KEY, room.place(20, 20))
    room.settle()
    assert (room.labels == UNLABELLED).all()


def test_the_wand_paints_what_is_alike_when_it_is_let_go(room: Room) -> None:
    room.take("wand")
    room.click((20, 20))  # let go before the answer is there
    room.settle()
    assert ((room.labels == value_of(room)) == boxed(0, 0, 40, 60)).all()
    room.session.easel.undo()
    assert (room.labels == UNLABELLED).all()


def wheel(room: Room, at: tuple[float, float], notches: int) -> None:
    """The wheel with Shift held."""
    place = QPointF(room.place(*at))
    where = QPointF(room.canvas.mapToGlobal(place.toPoint()))
    turn, still = QPoint(0, 120 * notches), Qt.ScrollPhase.NoScrollPhase
    event = QWheelEvent(place, where, QPoint(), turn, Qt.MouseButton.NoButton, SHIFT, still, False)
    QApplication.sendEvent(room.canvas, event)


def test_superpixels_are_shown_under_the_pointer_and_a_drag_paints_them_as_one_edit(
    room: Room,
) -> None:
    room.session.easel.choose_value(3)
    room.take("superpixel")
    room.settle()
    room.qtbot.mouseMove(room.canvas, room.place(30, 10))
    mark = room.canvas._mark
    assert mark is not None
    shown = np.zeros(FRAME, bool)
    shown[mark.box.slices] = mark.plane > 0
    assert shown[10, 30]
    assert not shown[:, 42:].any()  # an edge of the image, two pixels thick, ends the cell
    assert (room.labels == UNLABELLED).all()
    room.click((30, 10))
    assert ((room.labels == 3) == shown).all()
    room.drag((30, 10), (70, 10), (70, 50))  # two leaps: what is between is painted too
    painted = room.labels == 3
    assert painted[10, 30:71].all()
    assert painted[10:51, 70].all()
    assert not painted[50, :38].any()
    room.session.easel.undo()
    assert ((room.labels == 3) == shown).all()
    room.drag((30, 10), keys=CTRL)
    assert (room.labels == UNLABELLED).all()
    room.session.easel.undo()
    room.session.easel.undo()
    assert (room.labels == UNLABELLED).all()
    assert room.bench.mask(room.bench.current or "").labels.shape == FRAME


def test_escape_takes_the_superpixels_of_a_drag_back(room: Room) -> None:
    room.take("superpixel")
    room.settle()
    room.drag((10, 10), (70, 10), let_go=False)
    assert (room.labels != UNLABELLED).any()
    room.key(Qt.Key.Key_Escape)
    room.qtbot.mouseRelease(room.canvas, LEFT, NO_KEY, room.place(70, 10))
    assert (room.labels == UNLABELLED).all()
    assert room.bench.current is not None
    assert not room.bench.can_undo(room.bench.current)


def test_shift_and_the_wheel_change_the_size_of_superpixels(room: Room) -> None:
    room.take("superpixel")
    room.settle()
    assert room.bench.radius_px(Tool.SUPERPIXEL) == 12
    room.qtbot.mouseMove(room.canvas, room.place(20, 20))
    assert room.canvas._mark is not None
    before = int((room.canvas._mark.plane > 0).sum())
    wheel(room, (20, 20), -1)
    assert room.bench.radius_px(Tool.SUPERPIXEL) == 6
    assert room.canvas._interaction.note == "12 px"
    assert (room.canvas._mark.plane > 0).sum() < before
    for _ in range(5):
        wheel(room, (20, 20), 1)
    assert room.bench.radius_px(Tool.SUPERPIXEL) == 48
    assert (room.canvas._mark.plane > 0).sum() > before
    room.key(Qt.Key.Key_BracketLeft)
    assert room.bench.radius_px(Tool.SUPERPIXEL) == 24
    assert room.bench.radius_px(Tool.BRUSH) != 24


def test_superpixels_respect_locks_and_follow_another_image(room: Room) -> None:
    room.session.easel.choose_value(2)
    room.take("rectangle")
    room.drag((0, 0), (30, 20))
    before = room.labels
    room.key(Qt.Key.Key_L)
    room.session.easel.choose_value(3)
    room.take("superpixel")
    room.settle()
    room.drag((10, 5), (30, 40))
    assert ((room.labels == 2) == (before == 2)).all()
    assert (room.labels == 3).any()
    first = room.bench.current
    room.root.do("image.next")
    room.qtbot.waitUntil(lambda: room.bench.current != first, timeout=WAIT_MS)
    room.settle()
    room.click((39, 20))
    painted = room.labels == 3  # this image has no edge in its middle
    assert painted[:, :40].any()
    room.session.easel.undo()
    assert (room.labels == UNLABELLED).all()


def test_another_image_stops_the_search_for_superpixels_of_the_one_before(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, asked = threading.Event(), []

    def slow(pixels: NDArray[np.uint8], size_px: int) -> Cells:
        asked.append((int(pixels[0, 50, 0]), size_px))
        assert go_on.wait(WAIT_MS / 1000)
        return parted(pixels, size_px)

    monkeypatch.setattr("s4gui.gui.superpixels.parted", slow)
    room.take("superpixel")
    room.qtbot.waitUntil(lambda: len(asked) == 1, timeout=WAIT_MS)
    room.click((30, 10))
    assert "being found" in room.notice
    first = room.bench.current
    room.root.do("image.next")
    room.qtbot.waitUntil(lambda: room.bench.current != first, timeout=WAIT_MS)
    go_on.set()
    room.settle()
    assert asked == [(120, 24), (90, 24), (90, 12), (90, 48), (90, 96)]
    assert (room.labels == UNLABELLED).all()


def strokes_left_and_right(room: Room) -> NDArray[np.uint8]:
    """A short stroke of class 2 in the left half and one of class 3 in the right one."""
    for value, x in ((2, 15), (3, 60)):
        room.session.easel.choose_value(value)
        room.take("rectangle")
        room.drag((x, 10), (x + 6, 50))
    return room.labels


def test_strokes_grow_to_the_edge_between_them_when_enter_says_so(room: Room) -> None:
    before = strokes_left_and_right(room)
    room.key(Qt.Key.Key_G)
    assert room.bench.tool is Tool.GROW
    for _ in range(30):
        wheel(room, (20, 20), 1)
    room.settle()
    assert (room.labels == before).all()
    mark = room.canvas._mark
    assert mark is not None
    assert mark.box == Box(0, 0, *FRAME)
    assert mark.plane[before == UNLABELLED].all()  # all is in reach
    assert not mark.plane[before != UNLABELLED].any()
    room.key(Qt.Key.Key_Return)
    assert room.bench.tool is Tool.BRUSH
    assert room.canvas._mark is None
    left = boxed(0, 0, 40, 60)
    assert ((room.labels == 2) != left).sum() <= 60  # the edge is two pixels thick
    assert ((room.labels == 3) != ~left).sum() <= 60
    assert room.bench.current is not None
    mask, table = room.bench.mask(room.bench.current), room.bench.project.sources
    grown = room.labels != before
    assert {table[n].kind for n in np.unique(mask.sources[grown])} == {SourceKind.GROWN}
    assert {table[n].kind for n in np.unique(mask.sources[~grown])} == {SourceKind.PAINTED}
    room.session.easel.undo()
    assert (room.labels == before).all()


def test_escape_leaves_the_strokes_as_they_are_and_another_tool_hides_what_would_grow(
    room: Room,
) -> None:
    before = strokes_left_and_right(room)
    for leave in (Qt.Key.Key_Escape, Qt.Key.Key_R):
        room.take("grow")
        room.settle()
        assert room.canvas._mark is not None
        room.key(leave)
        assert room.canvas._mark is None
        assert (room.labels == before).all()


def test_enter_before_the_answer_is_there_takes_it_when_it_comes(room: Room) -> None:
    before = strokes_left_and_right(room)
    room.take("grow")
    room.key(Qt.Key.Key_Return)
    room.settle()
    assert (room.labels != before).any()
    assert (room.labels[before != UNLABELLED] == before[before != UNLABELLED]).all()


def test_a_smaller_reach_grows_less_and_locks_hold(room: Room) -> None:
    before = strokes_left_and_right(room)
    classes = np.full(FRAME, 2, np.uint8)
    room.session._prediction_shown(Prediction(classes, np.full_like(classes, 200), "run 3", 10))
    room.take("grow")
    sizes = []
    for notches in (20, -30):
        wheel(room, (20, 20), notches)
        room.settle()
        assert room.canvas._mark is not None
        sizes.append(int((room.canvas._mark.plane > 0).sum()))
    assert sizes[0] > sizes[1] > 0
    wheel(room, (20, 20), 30)
    room.root.do("lock.predicted")
    room.settle()
    assert room.canvas._mark is not None
    shown = np.zeros(FRAME, bool)
    shown[room.canvas._mark.box.slices] = room.canvas._mark.plane > 0
    room.key(Qt.Key.Key_Return)
    assert ((room.labels != before) == shown).all()
    assert (room.labels == 2).sum() > (before == 2).sum()
    assert ((room.labels == 3) == (before == 3)).all()


def test_what_would_grow_follows_undo_and_says_when_there_is_nothing(room: Room) -> None:
    strokes_left_and_right(room)
    room.take("grow")
    room.settle()
    assert room.canvas._mark is not None
    before = room.canvas._mark
    room.session.easel.undo()
    room.settle()
    assert room.canvas._mark is not None
    assert (room.canvas._mark.plane > 0).sum() < (before.plane > 0).sum()
    room.session.easel.undo()
    room.settle()
    assert room.canvas._mark is None
    assert "Nothing grows" in room.notice
    assert room.bench.tool is Tool.GROW
    room.key(Qt.Key.Key_Return)
    assert room.bench.tool is Tool.BRUSH
    assert (room.labels == UNLABELLED).all()


def test_every_tool_is_in_the_panel_and_in_the_menu(room: Room) -> None:
    verbs, window = room.root.window.verbs, room.root.window
    for tool in Tool:
        room.take(str(tool))
        assert room.bench.tool is tool
        assert [each for each in Tool if verbs.actions[f"tool.{each}"].isChecked()] == [tool]
        action = verbs.actions[f"tool.{tool}"]
        assert action in window.menus[Menu.TOOLS].actions()
        assert not action.icon().isNull()
        assert action.shortcut().toString() in action.toolTip()


def test_a_locked_class_is_neither_painted_over_nor_erased_and_the_bar_says_so(
    room: Room,
) -> None:
    room.session.easel.set_radius(3.0)
    room.session.easel.choose_value(2)
    room.drag((20, 20), (50, 20))
    before = room.labels
    room.key(Qt.Key.Key_L)
    assert room.root.window.verbs.actions["lock.class"].isChecked()
    assert room.bench.locks.values == {2}
    room.drag((20, 20), (50, 20), button=RIGHT)
    assert (room.labels == before).all()
    assert "locked" in room.notice
    room.session.easel.choose_value(3)
    assert not room.root.window.verbs.actions["lock.class"].isChecked()
    room.take("rectangle")
    room.drag((10, 10), (60, 30))
    assert (room.labels[before == 2] == 2).all()
    assert (room.labels == 3).any()
    room.session.easel.undo()
    room.session.easel.undo()  # locks do not keep the past
    assert (room.labels == UNLABELLED).all()


def test_locking_all_others_leaves_only_the_class_in_hand_to_be_changed(room: Room) -> None:
    room.session.easel.choose_value(2)
    room.take("rectangle")
    room.drag((10, 10), (30, 30))
    room.session.easel.choose_value(3)
    room.drag((40, 10), (60, 30))
    before = room.labels
    room.key(Qt.Key.Key_L, SHIFT)
    assert room.root.window.verbs.actions["lock.others"].isChecked()
    room.drag((5, 5), (70, 50), keys=CTRL)
    assert ((room.labels == 2) == (before == 2)).all()
    assert not (room.labels == 3).any()
    room.key(Qt.Key.Key_L, SHIFT)
    assert not room.bench.locks


def test_only_over_unlabelled_and_only_inside_the_prediction_hold_together(room: Room) -> None:
    classes = np.full(FRAME, 4, np.uint8)
    classes[:, 40:] = 5
    room.session._prediction_shown(Prediction(classes, np.full_like(classes, 200), "run 3", 10))
    room.session.easel.choose_value(2)
    room.take("rectangle")
    room.drag((10, 10), (30, 30))
    before = room.labels
    room.root.do("lock.unlabelled")
    room.root.do("lock.predicted")
    room.session.easel.choose_value(4)
    room.drag((5, 5), (70, 50))
    painted = room.labels == 4
    assert painted.any()
    assert (painted <= ((classes == 4) & (before == UNLABELLED))).all()
    assert ((room.labels == 2) == (before == 2)).all()
    room.session._prediction_shown(None)
    after = room.labels
    room.drag((5, 40), (70, 58))
    assert (room.labels == after).all()
    assert "locked" in room.notice


def test_what_a_fill_shows_is_what_the_locks_let(room: Room) -> None:
    room.session.easel.choose_value(2)
    room.take("rectangle")
    room.drag((10, 10), (30, 30))
    room.key(Qt.Key.Key_L)
    room.session.easel.choose_value(3)
    room.take("fill")
    room.drag((20, 20), let_go=False)
    room.settle()
    mark = room.canvas._mark
    assert mark is not None
    assert not mark.plane.any()
    room.qtbot.mouseRelease(room.canvas, LEFT, NO_KEY, room.place(20, 20))
    assert not (room.labels == 3).any()
    assert "locked" in room.notice


def test_the_list_shows_which_classes_are_locked_and_its_menu_switches_them(room: Room) -> None:
    classes = room.root.window.label.classes
    before = classes.grab().toImage()
    room.session.classes._menu(2, QPoint(5, 5))
    menu = classes.findChild(QMenu)
    assert menu is not None
    next(each for each in menu.actions() if each.text() == "Lock").trigger()
    menu.close()
    assert room.bench.locks.values == {2}
    assert classes.grab().toImage() != before
    assert "locked" not in status_words.under_cursor(room.session.desk, None, 5, 5)
    room.session.easel.choose_value(2)
    room.click((5, 5))
    assert "locked" in status_words.under_cursor(room.session.desk, None, 5, 5)


def two_pieces(room: Room) -> None:
    """A piece of class 2 at the left and one at the right; the select tool in hand."""
    room.session.easel.choose_value(2)
    room.take("rectangle")
    room.drag((10, 10), (20, 20))
    room.drag((50, 10), (60, 20))
    room.take("select")


def selected(room: Room) -> bool:
    room.settle()
    return room.canvas._mark is not None


def test_a_selected_area_is_moved_as_one_edit_and_escape_puts_it_back(room: Room) -> None:
    two_pieces(room)
    before = room.labels
    room.click((15, 15))
    assert selected(room)
    room.drag((15, 15), (15, 30), (15, 40), let_go=False)
    assert (room.labels == before).all()  # only shown
    room.key(Qt.Key.Key_Escape)
    room.qtbot.mouseRelease(room.canvas, LEFT, NO_KEY, room.place(15, 40))
    assert (room.labels == before).all()
    room.drag((15, 15), (15, 30), (15, 40))
    assert room.labels[15, 15] == UNLABELLED
    assert room.labels[40, 15] == 2
    assert (room.labels == 2).sum() == (before == 2).sum()
    assert (room.labels[:, 40:] == before[:, 40:]).all()
    room.drag((15, 40), (17, 40), (25, 40))  # it is still selected where it is now
    assert room.labels[40, 25] == 2
    room.session.easel.undo()
    room.session.easel.undo()
    assert (room.labels == before).all()
    assert room.canvas._mark is None  # an edit from elsewhere lets it go


def test_a_class_key_reclasses_the_selected_area_and_backspace_erases_it(room: Room) -> None:
    two_pieces(room)
    room.click((55, 15))
    assert selected(room)
    room.key(Qt.Key.Key_4)  # the fourth class
    assert room.labels[15, 55] == 3
    assert room.labels[15, 15] == 2
    assert room.bench.tool is Tool.SELECT
    room.key(Qt.Key.Key_Backspace)
    assert room.labels[15, 55] == UNLABELLED
    assert room.labels[15, 15] == 2
    assert room.canvas._mark is None


def test_nothing_is_selected_on_unlabelled_pixels_after_escape_or_with_another_tool(
    room: Room,
) -> None:
    two_pieces(room)
    room.click((30, 40))
    assert not selected(room)
    room.click((15, 15))
    assert selected(room)
    room.key(Qt.Key.Key_Escape)
    assert not selected(room)
    room.click((15, 15))
    assert selected(room)
    room.take("brush")
    assert not selected(room)


def test_copy_and_paste_go_to_another_image_and_the_previous_one_is_at_hand(room: Room) -> None:
    two_pieces(room)
    room.click((15, 15))
    assert selected(room)
    copied = room.labels
    room.key(Qt.Key.Key_C, CTRL)
    first = room.bench.current
    room.root.do("image.next")
    room.qtbot.waitUntil(lambda: room.bench.current != first, timeout=WAIT_MS)
    room.key(Qt.Key.Key_V, CTRL)
    left = boxed(0, 0, 40, 60)
    assert (room.labels[left] == copied[left]).all()
    assert (room.labels[~left] == UNLABELLED).all()
    room.key(Qt.Key.Key_V, CTRL | SHIFT)
    assert (room.labels == copied).all()
    room.session.easel.undo()
    room.session.easel.undo()
    assert (room.labels == UNLABELLED).all()


def test_pasting_respects_locks(room: Room) -> None:
    two_pieces(room)
    room.key(Qt.Key.Key_C, CTRL)
    room.session.easel.choose_value(3)
    room.take("rectangle")
    room.drag((5, 5), (70, 30))
    room.key(Qt.Key.Key_L)
    before = room.labels
    room.key(Qt.Key.Key_V, CTRL)
    assert (room.labels == before).all()
    assert "locked" in room.notice
