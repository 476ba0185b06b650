"""Edits of the whole project in the window: taking back by source, undo and redo in all images."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from s4gui.core.labels import Box
from s4gui.core.sources import Source, SourceKind
from s4gui.gui.application import Application
from s4gui.gui.dialogs.merge import MergeDialog
from s4gui.gui.dialogs.revert import RevertDialog
from s4gui.store import label_files, masks
from s4gui.workbench.painting import Tool
from tests.gui.test_window import current, go, make, project, root, session_of  # noqa: F401

WAIT_MS = 20_000
RUN_7 = Source(SourceKind.ACCEPTED, "run 7")
HAND = Source(SourceKind.PAINTED)
FIRST, SECOND = "images/train/0.png", "images/train/1.png"


def paint(root: Application, frame: str, source: Source, at: int = 0, value: int = 1) -> None:  # noqa: F811
    desk = session_of(root).desk
    box = Box(at, at, at + 10, at + 10)
    change = desk.workbench.paint_region(
        frame, np.ones((10, 10), bool), box, value, tool=Tool.BRUSH, source=source
    )
    desk.publish(change, None)


def labelled(root: Application) -> dict[str, int]:  # noqa: F811
    bench = session_of(root).desk.workbench
    return {f.id: n for f in bench.frames if (n := sum(bench.counts(f.id).values()))}


def finished(root: Application, qtbot: QtBot) -> None:  # noqa: F811
    qtbot.waitUntil(lambda: session_of(root).whole.dialog is None, timeout=WAIT_MS)


def test_what_came_from_a_run_is_looked_at_taken_back_and_undone(
    root: Application,  # noqa: F811
    qtbot: QtBot,
) -> None:
    paint(root, FIRST, HAND)
    paint(root, FIRST, RUN_7, 20)
    paint(root, SECOND, RUN_7, 30)
    root.do("edit.revert")
    dialog = session_of(root).whole.dialog
    assert isinstance(dialog, RevertDialog)
    qtbot.waitUntil(lambda: dialog.sources.topLevelItemCount() == 2, timeout=WAIT_MS)
    assert not dialog._ok.isEnabled()
    dialog.check(RUN_7)
    assert dialog.frames() == (FIRST, SECOND)
    assert "200 pixels in 2 images" in dialog._about.text()
    edited: list[str] = []
    session_of(root).easel.edited.connect(lambda frame, _box: edited.append(frame))
    qtbot.mouseClick(dialog._ok, Qt.MouseButton.LeftButton)
    finished(root, qtbot)
    assert labelled(root) == {FIRST: 100}
    assert edited == [FIRST], "the instant preview hears of it"
    assert "200 pixels of 2 images" in root.window.notice._text.text()
    folder = session_of(root).desk.project.folder

    def file_px() -> int:
        path = label_files.of(folder, SECOND).labels
        return int((masks.read_plain(path) != 255).sum()) if path.exists() else -1

    qtbot.waitUntil(lambda: file_px() == 0, timeout=WAIT_MS)
    canvas = root.window.label.canvas
    root.window.activateWindow()
    canvas.setFocus()
    qtbot.waitUntil(root.window.isActiveWindow, timeout=WAIT_MS)
    qtbot.waitUntil(root.window.verbs.actions["edit.undo_project"].isEnabled)
    qtbot.keyClick(
        canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
    )
    qtbot.waitUntil(lambda: session_of(root).whole.dialog is not None, timeout=3000)
    finished(root, qtbot)
    assert labelled(root) == {FIRST: 200, SECOND: 100}
    qtbot.waitUntil(lambda: file_px() == 100, timeout=WAIT_MS)
    root.do("edit.redo")
    finished(root, qtbot)
    assert labelled(root) == {FIRST: 100}


def test_cancelling_the_dialog_changes_nothing(root: Application, qtbot: QtBot) -> None:  # noqa: F811
    paint(root, FIRST, RUN_7)
    before = session_of(root).desk.project.last_taken()
    root.do("edit.revert")
    dialog = session_of(root).whole.dialog
    assert isinstance(dialog, RevertDialog)
    dialog.reject()
    finished(root, qtbot)
    qtbot.waitUntil(lambda: root.jobs.is_idle, timeout=WAIT_MS)
    assert session_of(root).desk.project.last_taken() == before
    assert labelled(root) == {FIRST: 100}


def test_the_history_goes_through_an_edit_of_all_images(root: Application, qtbot: QtBot) -> None:  # noqa: F811
    paint(root, FIRST, HAND)
    paint(root, FIRST, RUN_7, 20)
    paint(root, SECOND, RUN_7)
    desk = session_of(root).desk
    desk.publish(desk.workbench.revert([RUN_7]), None)
    paint(root, FIRST, HAND, 40)
    root.do("edit.history")
    panel = root.window.label.side.history
    titles = [title for title, _ in panel.rows()]
    assert titles[-2:] == ["Take back accepted run 7", "Brush class 1"]
    panel.go_asked.emit(1)
    finished(root, qtbot)
    assert labelled(root) == {FIRST: 100, SECOND: 100}
    assert [done for _, done in panel.rows()] == [True, True, False, False, False]
    panel.go_asked.emit(4)
    finished(root, qtbot)
    assert labelled(root) == {FIRST: 200}


def test_undo_in_another_image_takes_back_in_all(root: Application, qtbot: QtBot) -> None:  # noqa: F811
    paint(root, FIRST, RUN_7)
    paint(root, SECOND, RUN_7)
    desk = session_of(root).desk
    desk.publish(desk.workbench.revert([RUN_7]), None)
    go(root, qtbot, "image.next", "train/1.png")
    root.do("edit.undo")
    finished(root, qtbot)
    assert current(root) == SECOND
    assert labelled(root) == {FIRST: 100, SECOND: 100}


def test_a_class_is_merged_into_another_after_a_look_at_what_it_means(
    root: Application,  # noqa: F811
    qtbot: QtBot,
) -> None:
    paint(root, FIRST, HAND)
    paint(root, SECOND, HAND, 5)
    paint(root, SECOND, HAND, 30, value=2)
    desk = session_of(root).desk
    desk.workbench.choose_value(1)
    session_of(root).classes.merge_asked.emit(1)
    dialog = session_of(root).whole.dialog
    assert isinstance(dialog, MergeDialog)
    assert dialog.gone.currentData() == 1
    dialog.into.setCurrentIndex(dialog.into.findData(1))
    assert not dialog._ok.isEnabled()
    dialog.into.setCurrentIndex(dialog.into.findData(2))
    assert dialog._about.text() == "200 pixels in 2 images become class 2."
    qtbot.mouseClick(dialog._ok, Qt.MouseButton.LeftButton)
    finished(root, qtbot)
    panel = root.window.label.classes
    assert panel.ids() == (0, 2, 3, 4, 5)
    assert desk.workbench.value == 0, "what was painted with is gone"

    def counted() -> str:
        return panel.model.rows[1].tip

    qtbot.waitUntil(lambda: "All images: 300 pixels" in counted(), timeout=WAIT_MS)
    root.do("edit.undo_project")
    finished(root, qtbot)
    assert panel.ids() == (0, 1, 2, 3, 4, 5)
    qtbot.waitUntil(lambda: "All images: 200 pixels" in counted(), timeout=WAIT_MS)


def test_a_new_name_and_a_new_order_are_undone_like_any_edit_of_the_project(
    root: Application,  # noqa: F811
    qtbot: QtBot,
) -> None:
    panel, bench = root.window.label.classes, session_of(root).desk.workbench
    session_of(root).desk.publish(bench.change_class(0, name="road"), None)
    panel.order_asked.emit((5, 4, 3, 2, 1, 0))
    qtbot.waitUntil(lambda: panel.ids() == (5, 4, 3, 2, 1, 0), timeout=WAIT_MS)
    for _ in range(2):
        root.do("edit.undo_project")
        finished(root, qtbot)
    assert panel.ids() == (0, 1, 2, 3, 4, 5)
    assert bench.class_map[0].name == "class 0"
    root.do("edit.redo_project")
    finished(root, qtbot)
    assert bench.class_map[0].name == "road"
