"""The palette editor: chooses, warns, and changes nothing until it is accepted."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QColorDialog
from pytestqt.qtbot import QtBot

from s4gui.core.classes import ClassMap, LabelClass
from s4gui.core.colours import Vision
from s4gui.gui.application import Application
from s4gui.gui.dialogs.palette import PaletteDialog
from s4gui.store.palettes import all_palettes
from tests.gui.test_window import (
    counts,
    make,
    project,
    root,
    session_of,
    stroke,
)

__all__ = ["make", "project", "root"]
CLASSES = ClassMap(
    (
        LabelClass(0, "sky", (70, 130, 180)),
        LabelClass(4, "road", (200, 60, 0)),
        LabelClass(2, "grass", (150, 85, 0)),
    )
)
PALETTES = all_palettes()


@pytest.fixture
def dialog(qtbot: QtBot) -> PaletteDialog:
    made = PaletteDialog(None, CLASSES, PALETTES)
    qtbot.addWidget(made)
    return made


def take(dialog: PaletteDialog, name: str) -> None:
    place = dialog.palette_box.findData(name)
    dialog.palette_box.setCurrentIndex(place)
    dialog.palette_box.activated.emit(place)


def test_a_palette_is_given_in_the_order_of_the_classes_and_taken_back(
    dialog: PaletteDialog,
) -> None:
    assert dialog.chosen() == {}
    take(dialog, "okabe-ito")
    assert dialog.chosen() == {0: (230, 159, 0), 4: (86, 180, 233), 2: (0, 158, 115)}
    take(dialog, "")
    assert dialog.chosen() == {}


def test_classes_that_are_hard_to_tell_apart_are_named_with_who_finds_it_hard(
    dialog: PaletteDialog,
) -> None:
    assert "road and grass (protanopia)" in dialog.warning.text()
    assert "sky" not in dialog.warning.text()
    take(dialog, "tol-bright")
    assert "can be told apart" in dialog.warning.text()


def test_many_hard_pairs_are_counted(qtbot: QtBot) -> None:
    alike = ClassMap(tuple(LabelClass(n, f"c{n}", (9, 9, n)) for n in range(6)))
    made = PaletteDialog(None, alike, PALETTES)
    qtbot.addWidget(made)
    assert "and 10 more" in made.warning.text()


def test_one_colour_is_changed_by_hand(
    dialog: PaletteDialog, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not dialog.change.isEnabled()
    dialog.listed.setCurrentRow(1)
    assert dialog.change.isEnabled()
    monkeypatch.setattr(QColorDialog, "getColor", lambda *_: QColor())  # cancelled
    dialog.change.click()
    assert dialog.chosen() == {}
    monkeypatch.setattr(QColorDialog, "getColor", lambda *_: QColor(1, 2, 3))
    dialog.change.click()
    assert dialog.chosen() == {4: (1, 2, 3)}


def test_swatches_show_colours_as_another_eye_sees_them(dialog: PaletteDialog) -> None:
    def shown(place: int) -> QColor:
        return dialog.listed.item(place).icon().pixmap(40, 20).toImage().pixelColor(10, 10)

    assert shown(1) == QColor(200, 60, 0)
    dialog.vision_box.setCurrentIndex(dialog.vision_box.findData(Vision.DEUTERANOPIA))
    assert shown(1) != QColor(200, 60, 0)
    assert dialog.chosen() == {}


def test_accepted_colours_are_shown_at_once_and_stay(root: Application, qtbot: QtBot) -> None:
    stroke(root, qtbot, Qt.MouseButton.LeftButton)
    before = counts(root)

    def accept() -> None:
        (asked,) = [w for w in QApplication.topLevelWidgets() if isinstance(w, PaletteDialog)]
        take(asked, "okabe-ito")
        asked.accept()

    QTimer.singleShot(0, accept)
    root.do("view.colours")
    desk = session_of(root).desk
    assert [each.rgb for each in desk.workbench.class_map.classes[:2]] == [
        (230, 159, 0),
        (86, 180, 233),
    ]
    palette = root.window.label.canvas._picture.palette
    np.testing.assert_array_equal(palette[0], (230, 159, 0))
    assert counts(root) == before
    assert desk.project.class_map == desk.workbench.class_map
