"""The command palette: type, choose by arrows, Enter does it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from s4gui.gui.dialogs.command_palette import CommandPalette
from s4gui.workbench.finding import Entry, Found, find

ENTRIES = [
    Entry("do a", "Apple", "Fruit", keys="A"),
    Entry("do b", "Banana bread", "Cake", off="There is no flour"),
    Entry("do c", "Cherry", "Fruit"),
    *(Entry(f"do {n}", f"Plum {n}", "Fruit") for n in range(40)),
]


def search(text: str) -> Sequence[Found]:
    return find(text, ENTRIES)


@pytest.fixture
def palette(qapp: QApplication, qtbot: QtBot) -> CommandPalette:
    palette = CommandPalette(None, search, "Find fruit")
    qtbot.addWidget(palette)
    palette.show()
    palette.text.setFocus()
    return palette


@pytest.fixture
def ran(palette: CommandPalette) -> list[str]:
    heard: list[str] = []
    palette.run_asked.connect(heard.append)
    return heard


def test_enter_does_the_first_that_fits_and_closes(
    palette: CommandPalette, ran: list[str], qtbot: QtBot
) -> None:
    qtbot.keyClicks(palette.text, "cher")
    assert palette.model.rowCount() == 1
    qtbot.keyClick(palette.text, Qt.Key.Key_Return)
    assert ran == ["do c"]
    assert not palette.isVisible()


def test_arrows_go_round_the_list_while_the_field_keeps_the_focus(
    palette: CommandPalette, ran: list[str], qtbot: QtBot
) -> None:
    qtbot.keyClick(palette.text, Qt.Key.Key_Up)
    assert palette.list.currentIndex().row() == len(ENTRIES) - 1
    qtbot.keyClick(palette.text, Qt.Key.Key_Down)
    qtbot.keyClick(palette.text, Qt.Key.Key_Down)
    qtbot.keyClick(palette.text, Qt.Key.Key_Down)
    assert palette.text.hasFocus()
    qtbot.keyClick(palette.text, Qt.Key.Key_PageDown)
    assert palette.list.currentIndex().row() == 12
    qtbot.keyClick(palette.text, Qt.Key.Key_Enter)
    assert ran == [ENTRIES[12].id]


def test_escape_closes_and_does_nothing(
    palette: CommandPalette, ran: list[str], qtbot: QtBot
) -> None:
    qtbot.keyClicks(palette.text, "app")
    qtbot.keyClick(palette.text, Qt.Key.Key_Escape)
    assert not palette.isVisible()
    assert ran == []


def test_what_cannot_be_done_says_why_and_stays(
    palette: CommandPalette, ran: list[str], qtbot: QtBot
) -> None:
    qtbot.keyClicks(palette.text, "bb")
    qtbot.keyClick(palette.text, Qt.Key.Key_Return)
    assert ran == []
    assert palette.isVisible()
    assert "no flour" in palette._foot.text()


def test_nothing_that_fits_is_said_and_enter_harmless(
    palette: CommandPalette, ran: list[str], qtbot: QtBot
) -> None:
    qtbot.keyClicks(palette.text, "zzz")
    qtbot.keyClick(palette.text, Qt.Key.Key_Return)
    qtbot.keyClick(palette.text, Qt.Key.Key_Down)
    assert ran == []
    assert "Nothing fits" in palette._foot.text()


def test_a_click_does_it(palette: CommandPalette, ran: list[str], qtbot: QtBot) -> None:
    place = palette.list.visualRect(palette.model.index(2)).center()
    qtbot.mouseClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert ran == ["do c"]


def test_every_kind_of_row_is_drawn(palette: CommandPalette) -> None:
    palette._search = lambda _text: find(
        "long",
        [
            Entry("1", "long " * 60, "Class", picture=(1, 2, 3), off="why not"),
            Entry("2", "a/" * 80 + "long.png", "Image", picture="images", keys="Ctrl+Shift+K"),
            Entry("3", "long", "Action", picture="tool.brush"),
        ],
    )
    palette._look("long")
    before = palette.grab().toImage()
    palette.list.setCurrentIndex(palette.model.index(2))
    assert palette.grab().toImage() != before
