"""The tools in the window, by mouse and keys, from the canvas into the labels and back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QToolButton
from pytestqt.qtbot import QtBot

from s4gui.core.classes import UNLABELLED
from s4gui.gui import application
from s4gui.gui.application import Application
from s4gui.store.settings import Settings
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
