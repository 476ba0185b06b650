"""Whose key it is: fields keep bare ones, the canvas has Tab, places count where letters fail."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QSpinBox, QTextEdit, QWidget
from pytestqt.qtbot import QtBot

from s4gui.core.classes import ClassMap, LabelClass
from s4gui.gui import menus
from s4gui.gui.bare_keys import is_text_field
from s4gui.gui.key_names import names_of, pressed
from s4gui.gui.main_window import MainWindow
from s4gui.workbench import keymap as keymaps
from s4gui.workbench.actions import Scope, Situation
from s4gui.workbench.key_presets import S4GUI
from s4gui.workbench.verbs import ACTIONS, by_id

K, M = Qt.Key, Qt.KeyboardModifier
BARE = M.NoModifier
OPEN = Situation(project=True, writable=True, frame=True, classes=25, can_undo=True)
CLASSES = ClassMap(tuple(LabelClass(n, f"class {n}", (n, 0, 0)) for n in range(25)))


def event(
    key: int, held: Qt.KeyboardModifier = BARE, text: str = "", *, code: int = 0, native: int = 0
) -> QKeyEvent:
    """A key press as X11 gives it: `code` is the keycode."""
    return QKeyEvent(QEvent.Type.KeyPress, key, held, code, 0, native, text)


@pytest.mark.parametrize(
    ("it", "names"),
    [
        (event(K.Key_B, BARE, "b", code=56), ("B",)),
        (event(0x418, BARE, "и", code=56), ("B", "И")),  # Russian
        (event(0x42F, M.ControlModifier, "я", code=52), ("Ctrl+Z", "Ctrl+Я")),
        (event(0x422, M.ShiftModifier, "Т", code=57), ("Shift+N", "Shift+Т")),
        (event(0x425, BARE, "х", code=34), ("[", "Х")),
        (event(0x392, BARE, "β", code=56), ("B", "Β")),  # Greek
        (event(0x5E0, BARE, "נ", code=56), ("B", "נ")),  # Hebrew
        (event(K.Key_Semicolon, BARE, ";", code=49), (";", "`")),
        (event(0xFEFB, BARE, "ﻻ", code=56), ("B", "ﻻ")),  # Arabic
        (event(K.Key_Ampersand, BARE, "&", code=10), ("&", "1")),  # French
        (event(K.Key_Exclam, M.ShiftModifier, "!", code=10), ("Shift+1", "!", "Shift+!")),
        (event(K.Key_Question, M.ShiftModifier, "?", code=61), ("?", "Shift+?", "Shift+/")),
        (event(K.Key_Plus, M.ControlModifier | M.ShiftModifier, "+", code=21),
         ("Ctrl++", "Ctrl+Shift++", "Ctrl+Shift+=")),
        (event(K.Key_A, BARE, "a", code=24), ("A",)),  # French: what is written on it counts
        (event(K.Key_At, BARE, "@", code=24, native=0x80), ("@",)),  # German AltGr+Q
        (event(K.Key_Tab), ("Tab",)),
        (event(K.Key_Backtab, M.ShiftModifier), ("Shift+Tab",)),
        (event(K.Key_1, M.KeypadModifier, "1", code=87), ("1",)),
        (event(K.Key_Shift, M.ShiftModifier), ()),
        (event(K.Key_F5), ("F5",)),
    ],
)  # fmt: skip
def test_a_key_is_called_by_what_is_written_on_it_or_by_its_place(
    it: QKeyEvent, names: tuple[str, ...]
) -> None:
    assert names_of(it, "xcb") == names
    assert pressed(it, "xcb") == (names[0] if names else "")


def test_windows_tells_the_place_without_x11s_offset_and_others_tell_none() -> None:
    assert pressed(event(0x418, BARE, "и", code=48), "windows") == "B"
    assert pressed(event(0x418, BARE, "и", code=1), "cocoa") == "B"  # by its letter
    assert pressed(event(K.Key_Ampersand, BARE, "&", code=2), "cocoa") == "&"


@pytest.fixture
def window(qapp: QApplication, qtbot: QtBot) -> MainWindow:
    window = MainWindow()
    qtbot.addWidget(window)
    window.resize(900, 600)
    window.show()
    window.activateWindow()
    window.verbs.show_situation(OPEN)
    window.label.classes.show_classes(CLASSES, {}, value=0)
    window.label.canvas.setFocus()
    qtbot.waitUntil(window.label.canvas.hasFocus)
    return window


@pytest.fixture
def asked(window: MainWindow) -> list[str]:
    heard: list[str] = []
    window.verb_asked.connect(heard.append)
    window.class_key_asked.connect(lambda place: heard.append(f"class {place + 1}"))
    return heard


def send(widget: QWidget, key: int, held: Qt.KeyboardModifier, text: str) -> None:
    """What Qt does with a key for which it found no shortcut."""
    QCoreApplication.sendEvent(widget, event(key, held, text))


@pytest.mark.parametrize(
    ("key", "held", "text", "action"),
    [
        (0x418, BARE, "и", "tool.brush"),
        (0x42F, M.ControlModifier, "я", "edit.undo"),
        (0x422, M.ShiftModifier, "Т", "image.next_unlabelled"),
        (0x5E0, BARE, "נ", "tool.brush"),
        (0x395, BARE, "ε", "tool.eraser"),
        (0x62A, BARE, "ت", ""),  # J, which means nothing
        (0x662, BARE, "٢", "class 2"),
    ],
)
def test_a_key_without_latin_letters_does_what_its_place_means(
    window: MainWindow,
    asked: list[str],
    key: int,
    held: Qt.KeyboardModifier,
    text: str,
    action: str,
) -> None:
    send(window.label.canvas, key, held, text)
    assert asked == ([action] if action else [])


def test_lists_do_not_look_for_rows_by_letters_that_are_keys(
    window: MainWindow, asked: list[str]
) -> None:
    view = window.label.frames.view
    view.setFocus()
    send(view, 0x418, BARE, "и")
    assert asked == ["tool.brush"]


def test_what_is_off_is_not_done_by_its_place_either(window: MainWindow, asked: list[str]) -> None:
    window.verbs.show_situation(replace(OPEN, writable=False, classes=0))
    send(window.label.canvas, 0x418, BARE, "и")
    send(window.label.canvas, 0x662, BARE, "٢")
    assert asked == []


def test_the_bare_image_is_held_by_the_place_of_its_key(window: MainWindow) -> None:
    canvas = window.label.canvas
    canvas._interaction.hand.frame_hw = (4, 4)
    send(canvas, 0x420, BARE, "р")
    assert canvas._interaction.bare


def test_bare_keys_write_in_a_field_that_was_made_later(
    window: MainWindow, asked: list[str], qtbot: QtBot
) -> None:
    field = QLineEdit(window.label)
    field.show()
    field.setFocus()
    qtbot.keyClicks(field, "be1?")
    qtbot.keyClick(field, K.Key_Return)
    send(field, 0x418, BARE, "и")
    assert field.text() == "be1?и"
    assert asked == []
    qtbot.keyClick(field, K.Key_T, M.ControlModifier)
    qtbot.keyClick(field, K.Key_F6)
    assert asked == ["workspace.label"]  # Train is off: nothing is labelled
    send(field, 0x41B, M.ControlModifier, "л")  # Ctrl+K by its place
    assert asked[-1] == "app.palette"
    send(field, 0x42F, M.ControlModifier, "я")  # Ctrl+Z is the field's own
    assert "edit.undo" not in asked


def test_what_is_a_text_field(qapp: QApplication, qtbot: QtBot) -> None:
    read_only, page, box = QLineEdit(), QTextEdit(), QComboBox()
    read_only.setReadOnly(True)
    page.setReadOnly(True)
    for each in (QLineEdit(), QSpinBox(), QTextEdit()):
        qtbot.addWidget(each)
        assert is_text_field(each)
    for each in (read_only, page, box, QWidget()):
        qtbot.addWidget(each)
        assert not is_text_field(each)
    box.setEditable(True)
    assert is_text_field(box)
    assert not is_text_field(None)


def test_tab_is_the_canvass_only_while_it_has_the_focus(
    qapp: QApplication, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    views = replace(by_id()["view.fit"], keys=("Tab",), scope=Scope.CANVAS)
    actions = tuple(views if each.id == "view.fit" else each for each in ACTIONS)
    monkeypatch.setattr(menus, "ACTIONS", actions)
    window = MainWindow()
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    window.verbs.show_situation(OPEN)
    among = keymaps.bindables(actions)
    window.show_keys(keymaps.resolve(S4GUI, {}, among)[0])
    heard: list[str] = []
    window.verb_asked.connect(heard.append)
    canvas, field = window.label.canvas, window.label.frames.filter_box
    canvas.setFocus()
    qtbot.waitUntil(canvas.hasFocus)
    qtbot.keyClick(canvas, K.Key_Tab)
    assert heard == ["view.fit"]
    assert canvas.hasFocus()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    qtbot.keyClick(field, K.Key_Tab)
    assert heard == ["view.fit"]
    assert not field.hasFocus()
