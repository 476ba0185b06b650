"""The key sheet: every key of the map in use, by scope; search; one page of paper."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from s4gui.gui import key_sheet, theme
from s4gui.gui.dialogs.keys import KeysDialog
from s4gui.gui.key_names import native
from s4gui.gui.key_rows import scope_name
from s4gui.workbench.actions import CLASS_PLACES, Scope, class_action
from s4gui.workbench.key_presets import PRESETS, S4GUI, Preset
from s4gui.workbench.keymap import FIXED, KeyMap, resolve
from s4gui.workbench.verbs import ACTIONS


def plain(preset: Preset = S4GUI) -> KeyMap:
    return resolve(preset, {})[0]


def sheet(keymap: KeyMap) -> dict[tuple[str, str], key_sheet.SheetGroup]:
    """The row of each (where, text); fails on a text twice in one scope."""
    found = {}
    for group in key_sheet.groups(keymap, wheel_zooms=True):
        for row in group.rows:
            found.setdefault((group.where, row.text), []).append(row)
    return found  # type: ignore[return-value]


@pytest.mark.parametrize("preset", PRESETS, ids=lambda each: each.id)
def test_every_key_of_an_action_stands_in_its_scope(preset: Preset) -> None:
    keymap = plain(preset).with_keys("tool.hand", ["Ctrl+Alt+Shift+F9"])
    found = sheet(keymap)
    for spec in ACTIONS:
        rows = found.get((scope_name(spec.scope), spec.text.text.rstrip("…")), [])
        shown = {key for row in rows for key in row.keys}
        assert set(map(native, keymap.of(spec.id))) <= shown, spec.id


def test_what_has_no_key_has_no_row() -> None:
    found = sheet(plain().with_keys("tool.hand", []))
    assert (scope_name(Scope.WINDOW), "Hand") not in found


@pytest.mark.parametrize("preset", PRESETS, ids=lambda each: each.id)
def test_every_key_of_a_class_is_on_the_sheet_alone_or_in_a_range(preset: Preset) -> None:
    keymap = plain(preset)
    (group,) = [e for e in key_sheet.groups(keymap, wheel_zooms=True) if e.title == "Classes"]
    told: dict[int, list[str]] = {n: [] for n in range(1, CLASS_PLACES + 1)}
    for row in group.rows:
        numbers = [int(each) for each in re.findall(r"\d+", row.text)]
        if len(numbers) == 2:
            start = row.keys[0].split(" … ")[0][:-1]
            for n in range(numbers[0], numbers[1] + 1):
                told[n].append(f"{start}{n % 10}")
        else:
            told[numbers[0]] += row.keys
    for place in range(CLASS_PLACES):
        assert sorted(told[place + 1]) == sorted(map(native, keymap.of(class_action(place))))


def test_keys_that_cannot_be_chosen_are_on_the_sheet_too() -> None:
    found = sheet(plain())
    for each in FIXED:
        assert (scope_name(each.scope), each.text.text) in found


def test_the_wheel_is_told_as_it_is_set() -> None:
    for zooms in (True, False):
        told = key_sheet.mouse_rows(wheel_zooms=zooms)
        rows = {gesture: row.text for row in told for gesture in row.keys}
        assert ("Zoom" in rows["Wheel"]) is zooms
        assert ("Zoom" in rows["Ctrl + wheel"]) is not zooms


def test_a_search_leaves_rows_with_all_words_and_groups_of_that_name() -> None:
    found = key_sheet.groups(plain(), wheel_zooms=True)
    hits = key_sheet.fitting(found, "CTRL+Z undo")
    assert [row.text for each in hits for row in each.rows] == ["Undo"]
    (mouse,) = [each for each in key_sheet.fitting(found, "mouse") if each.title == "Mouse"]
    assert len(mouse.rows) == len(key_sheet.mouse_rows(wheel_zooms=True))
    assert key_sheet.fitting(found, "no such thing") == ()
    assert key_sheet.fitting(found, " ") == found


def test_no_column_of_the_page_is_twice_as_long_as_another() -> None:
    columns = key_sheet._columns(key_sheet.groups(plain(), wheel_zooms=True))
    lengths = [sum(len(each.rows) + 3 for each in column) for column in columns]
    assert max(lengths) < 1.6 * min(lengths)


def test_the_page_shows_what_is_searched_and_says_when_nothing_fits(
    qapp: QApplication, qtbot: QtBot
) -> None:
    dialog = KeysDialog(None, plain())
    qtbot.addWidget(dialog)
    assert "Undo" in dialog.sheet.toPlainText()
    assert "Brush" in dialog.sheet.toPlainText()
    qtbot.keyClicks(dialog.search, "undo")
    assert "Undo" in dialog.sheet.toPlainText()
    assert "Brush" not in dialog.sheet.toPlainText()
    qtbot.keyClicks(dialog.search, " zzz")
    assert dialog.sheet.toPlainText() == ""


def test_names_cannot_break_the_page() -> None:
    group = key_sheet.SheetGroup("<b>", "a & b", (key_sheet.SheetRow(("<",), "x > y"),))
    html = key_sheet.page((group,), theme.LIGHT)
    assert "a &amp; b" in html
    assert "&nbsp;&lt;&nbsp;" in html


def test_the_saved_page_has_the_whole_sheet_whatever_was_searched(
    qapp: QApplication, qtbot: QtBot, tmp_path: Path
) -> None:
    dialog = KeysDialog(None, plain(PRESETS[1]))
    qtbot.addWidget(dialog)
    qtbot.keyClicks(dialog.search, "undo")
    dialog.save(tmp_path / "keys.html")
    page = (tmp_path / "keys.html").read_text("utf-8")
    assert "labelme" in page
    for group in key_sheet.groups(plain(PRESETS[1]), wheel_zooms=True):
        assert all(escape(row.text) in page for row in group.rows)
