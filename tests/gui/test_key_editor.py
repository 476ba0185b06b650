"""The key editor: press to set, conflicts by name, presets, reset; each change is told at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QApplication, QLabel, QToolButton
from pytestqt.qtbot import QtBot

from s4gui.gui.dialogs.key_editor import KeyEditor
from s4gui.gui.key_desk import KeyDesk
from s4gui.gui.main_window import MainWindow
from s4gui.gui.notices import Notices
from s4gui.store.settings import Settings
from s4gui.workbench.actions import Situation
from s4gui.workbench.key_presets import PRESETS, S4GUI
from s4gui.workbench.keymap import KeyMap, resolve
from s4gui.workbench.verbs import ACTIONS

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def editor(qapp: QApplication, qtbot: QtBot) -> KeyEditor:
    editor = KeyEditor(None, resolve(S4GUI, {})[0], action="tool.hand")
    qtbot.addWidget(editor)
    editor.show()
    editor.field.setFocus()
    return editor


@pytest.fixture
def told(editor: KeyEditor) -> list[KeyMap]:
    heard: list[KeyMap] = []
    editor.chosen.connect(heard.append)
    return heard


def caps(editor: KeyEditor) -> list[str]:
    card = editor.field.parentWidget()
    held = [each for each in card.findChildren(QLabel) if each.parentWidget() is not card]
    return [each.text() for each in held if not each.parentWidget().isHidden()]


def listed(editor: KeyEditor) -> list[str]:
    model = editor.table.model()
    places = range(model.rowCount(QModelIndex()))
    return [str(model.index(n, 0).data()) for n in places]


def test_every_action_and_twenty_classes_are_listed(editor: KeyEditor) -> None:
    assert len(listed(editor)) == len(ACTIONS) + 20
    assert {each.text.text.rstrip("…") for each in ACTIONS} <= set(listed(editor))


def test_a_free_key_is_added_as_it_is_pressed(
    editor: KeyEditor, told: list[KeyMap], qtbot: QtBot
) -> None:
    qtbot.keyClick(editor.field, Qt.Key.Key_J, CTRL)
    assert [each.of("tool.hand") for each in told] == [("V", "Ctrl+J")]
    qtbot.waitUntil(lambda: caps(editor) == ["V", "Ctrl+J"])
    assert editor.offer.isHidden()


def test_a_key_of_another_is_not_taken_until_its_move_is_confirmed(
    editor: KeyEditor, told: list[KeyMap], qtbot: QtBot
) -> None:
    qtbot.keyClick(editor.field, Qt.Key.Key_E)
    assert told == []
    assert "Eraser" in editor._note.text()
    editor.offer.click()
    assert told[-1].of("tool.hand") == ("V", "E")
    assert told[-1].of("tool.eraser") == ()
    assert "Eraser" in editor._note.text()
    assert editor.offer.isHidden()


def test_a_key_that_is_always_used_is_explained_and_not_offered(
    editor: KeyEditor, told: list[KeyMap], qtbot: QtBot
) -> None:
    for key in (Qt.Key.Key_Space, Qt.Key.Key_Tab, Qt.Key.Key_Escape):
        qtbot.keyClick(editor.field, key)
        assert "cannot be chosen" in editor._note.text()
        assert editor.offer.isHidden()
    assert told == []
    assert editor.isVisible()  # Esc was a key to choose, not the way out
    assert editor.field.hasFocus()


def test_a_held_modifier_alone_is_no_key(
    editor: KeyEditor, told: list[KeyMap], qtbot: QtBot
) -> None:
    for key in (Qt.Key.Key_Control, Qt.Key.Key_Shift, Qt.Key.Key_Alt):
        qtbot.keyClick(editor.field, key)
    assert told == []
    assert editor._note.isHidden()


def test_a_key_is_taken_away_by_its_cross_and_comes_back_by_reset(
    editor: KeyEditor, told: list[KeyMap]
) -> None:
    cross = editor.field.parentWidget().findChildren(QToolButton)[0]
    cross.click()
    assert told[-1].of("tool.hand") == ()
    editor._reset.click()
    assert told[-1] == resolve(S4GUI, {})[0]
    assert not editor._reset.isEnabled()


def test_search_finds_actions_by_word_and_by_key(editor: KeyEditor) -> None:
    editor.search.setText("undo")
    assert listed(editor) == ["Undo", "Undo in all images"]
    editor.search.setText("CTRL+Z")
    assert "Undo" in listed(editor)
    editor.search.setText("no such thing")
    assert listed(editor) == []


def test_a_preset_gives_ones_own_keys_up_and_they_can_be_had_back(
    editor: KeyEditor, told: list[KeyMap], qtbot: QtBot
) -> None:
    qtbot.keyClick(editor.field, Qt.Key.Key_J, CTRL)
    mine = told[-1]
    editor._use_preset(2)
    assert told[-1] == resolve(PRESETS[2], {})[0]
    assert "(1) are gone" in editor._note.text()
    editor.offer.click()
    assert told[-1] == mine
    assert editor.preset.currentData() == "s4gui"


def test_reset_all_is_there_only_when_something_was_changed(
    editor: KeyEditor, told: list[KeyMap], qtbot: QtBot
) -> None:
    assert not editor._reset_all.isEnabled()
    qtbot.keyClick(editor.field, Qt.Key.Key_J, CTRL)
    editor._reset_all.click()
    assert told[-1] == resolve(S4GUI, {})[0]


def test_a_key_set_in_the_window_works_before_the_editor_is_closed(
    qapp: QApplication, qtbot: QtBot, tmp_path: Path
) -> None:
    window = MainWindow()
    qtbot.addWidget(window)
    window.show()
    window.verbs.show_situation(Situation(project=True, writable=True, frame=True))
    keys = KeyDesk(window, Settings(tmp_path), Notices(window))
    keys.edit()
    (editor,) = window.findChildren(KeyEditor)
    editor._choose("tool.hand")
    editor.field.setFocus()
    qtbot.keyClick(editor.field, Qt.Key.Key_J, CTRL)
    action = window.verbs.actions["tool.hand"]
    assert [each.toString() for each in action.shortcuts()] == ["V", "Ctrl+J"]
    assert "Ctrl+J" in action.toolTip()
    assert Settings(tmp_path).get("key_changes") == {"tool.hand": ["V", "Ctrl+J"]}
    editor.reject()
