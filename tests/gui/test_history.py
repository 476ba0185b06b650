"""The history panel in the window: it follows the image, and a click goes there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from pytestqt.qtbot import QtBot

from s4gui.core.classes import UNLABELLED, ClassMap, LabelClass
from s4gui.core.labels import Box
from s4gui.gui import history_words
from s4gui.gui.application import Application
from s4gui.store.journal import RowKind, RowNote
from s4gui.workbench.painting import Tool
from tests.gui.test_window import current, go, make, project, root, session_of  # noqa: F401


def paint(root: Application, at: int, value: int = 1) -> None:  # noqa: F811
    session = session_of(root)
    box = Box(at, at, at + 6, at + 6)
    change = session.desk.workbench.paint_region(
        current(root), np.ones((6, 6), bool), box, value, tool=Tool.BRUSH
    )
    session.desk.publish(change, None)


@pytest.mark.parametrize(
    ("note", "title"),
    [
        (RowNote(1, RowKind.EDIT, 0.0, "brush", 3, 1240), "Brush Road"),
        (RowNote(1, RowKind.EDIT, 0.0, "polygon", 9), "Polygon removed class 9"),
        (RowNote(1, RowKind.EDIT, 0.0, "eraser", UNLABELLED), "Eraser"),
        (RowNote(1, RowKind.ACCEPT, 0.0, "accept", UNLABELLED, 1, "run 7"), "Accepted from run 7"),
        (RowNote(1, RowKind.IMPORT, 0.0, "import", UNLABELLED, 1, "a.png"), "Import"),
    ],
)
def test_edits_are_called_by_tool_class_and_origin(note: RowNote, title: str) -> None:
    classes = ClassMap((LabelClass(3, "Road", (3, 2, 1)),))
    assert history_words.title(note, classes) == title
    assert title in history_words.tip(note, classes)
    assert history_words.pixels(RowNote(1, RowKind.EDIT, 0.0, "brush", 3, 1240)) == "1,240 px"


class Paints(QObject):
    """Counts how often a widget paints."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.Paint
        return False


@pytest.mark.usefixtures("make")
def test_a_key_shows_the_history_and_a_click_goes_there_in_one_repaint(
    root: Application,  # noqa: F811
    qtbot: QtBot,
) -> None:
    canvas, side = root.window.label.canvas, root.window.label.side
    for at in (0, 10, 20, 30):
        paint(root, at)
    qtbot.keyClick(canvas, Qt.Key.Key_Y)
    assert side.page == "history"
    assert root.window.verbs.actions["edit.history"].isChecked()
    done = ("Brush class 1", True)
    assert side.history.rows() == (("Before all edits", True), *[done] * 4)
    painted = session_of(root).desk.workbench.mask(current(root)).labels
    paints, edited = Paints(), []
    session_of(root).easel.edited.connect(lambda frame, box: edited.append(box))
    qtbot.wait(50)  # what was asked to be painted before is painted
    canvas.installEventFilter(paints)
    index = side.history.list.model().index(1, 0)
    qtbot.mouseClick(
        side.history.list.viewport(),
        Qt.MouseButton.LeftButton,
        pos=side.history.list.visualRect(index).center(),
    )
    qtbot.wait(50)
    canvas.removeEventFilter(paints)
    assert paints.count == 1
    assert edited == [Box(10, 10, 36, 36)]
    assert int((painted != 255).sum()) == 36
    undone = ("Brush class 1", False)
    assert side.history.rows() == (("Before all edits", True), done, *[undone] * 3)
    paint(root, 40, 2)
    assert side.history.rows()[1:] == (done, ("Brush class 2", True))
    qtbot.keyClick(canvas, Qt.Key.Key_Y)
    assert side.page == ""


def test_the_list_is_of_the_image_shown(root: Application, qtbot: QtBot) -> None:  # noqa: F811
    side = root.window.label.side
    paint(root, 0)
    root.do("edit.history")
    assert len(side.history.rows()) == 2
    go(root, qtbot, "image.next", "train/1.png")
    assert side.history.rows() == (("Before all edits", True),)
    go(root, qtbot, "image.previous", "train/0.png")
    assert len(side.history.rows()) == 2


def test_read_only_the_list_shows_but_does_not_go(
    make: Callable[..., Application],  # noqa: F811
    project: Path,  # noqa: F811
    qtbot: QtBot,
) -> None:
    first = make()
    first.start(project)
    qtbot.waitUntil(lambda: bool(first.session and first.session.has_begun), timeout=20_000)
    paint(first, 0)
    session_of(first).desk.workbench.write_now()
    second = make("other")
    second.start(project)
    qtbot.waitUntil(lambda: bool(second.session and second.session.has_begun), timeout=20_000)
    assert session_of(second).desk.read_only
    second.do("edit.history")
    panel = second.window.label.side.history
    assert len(panel.rows()) == 2
    panel.go_asked.emit(0)
    assert session_of(second).desk.workbench.counts(current(second)) == {1: 36}
