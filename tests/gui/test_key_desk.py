"""The user's keys in the window: they work at once, are shown everywhere, and are remembered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from s4gui.core.classes import ClassMap, LabelClass
from s4gui.gui.key_desk import KeyDesk
from s4gui.gui.main_window import MainWindow
from s4gui.gui.notices import Notices
from s4gui.store.settings import FILE, Settings
from s4gui.workbench.actions import Situation

CLASSES = ClassMap(tuple(LabelClass(n, f"class {n}", (n, 0, 0)) for n in range(25)))
OPEN = Situation(project=True, writable=True, frame=True, classes=25)


@pytest.fixture
def window(qapp: QApplication, qtbot: QtBot) -> MainWindow:
    window = MainWindow()
    qtbot.addWidget(window)
    window.resize(900, 600)
    window.show()
    window.verbs.show_situation(OPEN)
    window.label.classes.show_classes(CLASSES, {}, value=0)
    window.label.canvas.setFocus()
    return window


def desk(window: MainWindow, folder: Path) -> KeyDesk:
    return KeyDesk(window, Settings(folder), Notices(window))


def asked(window: MainWindow, qtbot: QtBot, key: Qt.Key, held: Qt.KeyboardModifier) -> list[str]:
    heard: list[str] = []
    window.verb_asked.connect(heard.append)
    window.class_key_asked.connect(lambda place: heard.append(f"class {place}"))
    qtbot.keyClick(window.label.canvas, key, held)
    window.verb_asked.disconnect(heard.append)
    return heard


BARE, CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def test_a_moved_key_does_the_new_thing_at_once_and_no_longer_the_old(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    keys = desk(window, tmp_path)
    assert asked(window, qtbot, Qt.Key.Key_E, BARE) == ["tool.eraser"]
    keys.use(keys.keymap.with_keys("tool.hand", ["E"]))
    assert asked(window, qtbot, Qt.Key.Key_E, BARE) == ["tool.hand"]
    assert asked(window, qtbot, Qt.Key.Key_V, BARE) == []
    assert "(E)" in window.verbs.actions["tool.hand"].toolTip()
    assert "(E)" not in window.verbs.actions["tool.eraser"].toolTip()


def test_keys_are_remembered_as_what_differs_from_the_preset(
    window: MainWindow, tmp_path: Path
) -> None:
    keys = desk(window, tmp_path)
    keys.use_preset("cvat")
    keys.use(keys.keymap.with_keys("help.keys", ["F1", "?"]))
    held = json.loads((tmp_path / FILE).read_text())
    assert held == {"key_preset": "cvat", "key_changes": {"help.keys": ["F1", "?"]}}
    assert desk(window, tmp_path).keymap == keys.keymap


def test_a_preset_moves_classes_and_says_so_in_the_list(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    keys = desk(window, tmp_path)
    assert asked(window, qtbot, Qt.Key.Key_2, BARE) == ["class 1"]
    keys.use_preset("napari")
    assert asked(window, qtbot, Qt.Key.Key_2, BARE) == ["tool.brush"]
    assert window.label.classes.key_shown(1) == "Shift+2"
    keys.use_preset("cvat")
    assert "class 1" in asked(window, qtbot, Qt.Key.Key_2, CTRL)


def test_digits_choose_the_first_ten_classes_and_with_shift_the_next_ten(
    window: MainWindow, qtbot: QtBot
) -> None:
    for place in range(20):
        digit = Qt.Key(int(Qt.Key.Key_0) + (place + 1) % 10)
        held = SHIFT if place >= 10 else BARE
        heard: list[int] = []
        window.class_key_asked.connect(heard.append)
        qtbot.keyClick(window.label.canvas, digit, held)
        window.class_key_asked.disconnect(heard.append)
        assert heard == [place]


def test_labelme_hands_scroll_and_the_wheel_is_remembered(
    window: MainWindow, tmp_path: Path
) -> None:
    desk(window, tmp_path).use_preset("labelme")
    window.build_rest()
    canvases = (window.label.canvas, window.review.image, window.review.prediction)
    assert [each._wheel_zooms for each in canvases] == [False] * 3
    assert Settings(tmp_path).get("wheel_zooms") is False


def test_the_bare_image_is_held_by_the_chosen_key(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    keys = desk(window, tmp_path)
    keys.use(keys.keymap.with_keys("layer.bare", ["Ctrl+J"]))
    canvas = window.label.canvas
    canvas._interaction.hand.frame_hw = (4, 4)
    qtbot.keyPress(canvas, Qt.Key.Key_H)
    assert not canvas._interaction.bare
    qtbot.keyPress(canvas, Qt.Key.Key_J, CTRL)
    assert canvas._interaction.bare
    qtbot.keyRelease(canvas, Qt.Key.Key_J)  # Ctrl was let go first
    assert not canvas._interaction.bare


def test_keys_nobody_knows_are_dropped_said_once_and_forgotten(
    window: MainWindow, tmp_path: Path
) -> None:
    settings = Settings(tmp_path)
    settings.set("key_preset", "paintbox")
    settings.set("key_changes", {"tool.spray": ["S"], "tool.brush": ["K", "Foo"]})
    keys = desk(window, tmp_path)
    keys.tell_dropped()
    for what in ("paintbox", "tool.spray", "tool.brush: Foo"):
        assert what in window.notice.text
    assert keys.keymap.of("tool.brush") == ("K",)
    window.notice.hide()
    again = desk(window, tmp_path)
    again.tell_dropped()
    assert window.notice.text == ""
    assert again.keymap.of("tool.brush") == ("K",)
