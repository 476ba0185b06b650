"""Image tags in the window: one key opens them, a click says the next, one key says the rest."""

from __future__ import annotations

import json

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from s4gui.core.tags import ImageTags
from s4gui.gui.application import Application
from s4gui.gui.dialogs.export import ExportDialog
from tests.gui.test_window import current, go, make, project, root, session_of, stroke  # noqa: F401

WAIT_MS = 20_000


def test_one_key_opens_the_classes_of_the_image_and_one_says_the_rest(
    root: Application,  # noqa: F811
    qtbot: QtBot,
) -> None:
    canvas, side = root.window.label.canvas, root.window.label.side
    bench = session_of(root).desk.workbench
    stroke(root, qtbot, Qt.MouseButton.LeftButton)
    qtbot.keyClick(canvas, Qt.Key.Key_T)
    assert side.page == "tags"
    words = side.tags.words()
    assert words == {"class 0": "✓ painted", **{f"class {n}": "unknown" for n in range(1, 6)}}
    item = side.tags.list.topLevelItem(2)
    assert item is not None
    at = side.tags.list.visualItemRect(item).center()
    qtbot.mouseClick(side.tags.list.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert side.tags.words()["class 2"] == "✓ present"
    qtbot.keyClick(canvas, Qt.Key.Key_T, Qt.KeyboardModifier.ShiftModifier)
    assert bench.project.tags[current(root)] == ImageTags(frozenset({2}), frozenset({1, 3, 4, 5}))
    assert list(side.tags.words().values()).count("✗ absent") == 4
    go(root, qtbot, "image.next", "train/1.png")
    assert set(side.tags.words().values()) == {"unknown"}
    qtbot.keyClick(canvas, Qt.Key.Key_Y)
    assert side.page == "history"
    assert not root.window.verbs.actions["image.tags"].isChecked()
    qtbot.keyClick(canvas, Qt.Key.Key_Y)
    assert side.page == ""


def test_the_export_of_labels_writes_them_beside(root: Application, qtbot: QtBot) -> None:  # noqa: F811
    stroke(root, qtbot, Qt.MouseButton.LeftButton)
    root.do("image.others_absent")
    assert root.window.label.side.page == "tags"
    session = session_of(root)
    session.desk.project.settle()
    root.do("project.export")
    dialog = root.window.findChild(ExportDialog)
    assert dialog is not None
    dialog.go_asked.emit()
    path = session.desk.project.folder / "export" / "tags.json"
    qtbot.waitUntil(path.exists, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: root.jobs.is_idle, timeout=WAIT_MS)
    said = json.loads(path.read_text(encoding="utf-8"))
    assert said["train/0"]["painted"] == ["class 0"]
    assert said["train/0"]["absent"] == [f"class {n}" for n in range(1, 6)]
