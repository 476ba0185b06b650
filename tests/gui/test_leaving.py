"""What cannot be written keeps the project open, until it can or is given up."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from s4gui.gui import leaving
from s4gui.gui.application import Application
from s4gui.gui.leaving import Answer
from s4gui.store.project import Project
from tests.gui.conftest import ExpectedLog
from tests.gui.test_window import (
    WAIT_MS,
    counts,
    make,
    project,
    root,
    session_of,
    shown,
    stroke,
)

__all__ = ["make", "project", "root"]


class Disk:
    """Full until room is made: rows cannot be committed."""

    def __init__(self, of: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_full = True
        connected = of.writer._connected

        def when_there_is_room() -> sqlite3.Connection:
            if self.is_full:
                raise sqlite3.OperationalError("database or disk is full")
            return connected()

        monkeypatch.setattr(of.writer, "_connected", when_there_is_room)


@pytest.fixture
def disk(root: Application, monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(session_of(root).desk.project, monkeypatch)


def answering(monkeypatch: pytest.MonkeyPatch, answer: Callable[[], Answer]) -> list[int]:
    asked: list[int] = []

    def ask(_window: object, _error: object, waiting: int) -> Answer:
        asked.append(waiting)
        return answer()

    monkeypatch.setattr(leaving, "_ask", ask)
    return asked


def on_disk(project: Path) -> int:
    with sqlite3.connect(project / "project.db") as found:
        (rows,) = found.execute("SELECT count(*) FROM journal").fetchone()
    found.close()
    return int(rows)


def test_a_full_disk_keeps_the_window_open_with_all_labels(
    root: Application, disk: Disk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, project: Path
) -> None:
    stroke(root, qtbot, Qt.MouseButton.LeftButton)
    mine = counts(root)
    asked = answering(monkeypatch, lambda: Answer.STAY)
    assert not root.window.close()
    assert asked[0] >= 1
    assert root.window.isVisible()
    assert counts(root) == mine
    disk.is_full = False
    assert root.window.close()
    assert on_disk(project) == 1


def test_trying_again_once_there_is_room_loses_nothing(
    root: Application,
    disk: Disk,
    make: Callable[..., Application],
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    project: Path,
) -> None:
    stroke(root, qtbot, Qt.MouseButton.LeftButton)
    mine = counts(root)

    def make_room() -> Answer:
        disk.is_full = False
        return Answer.RETRY

    asked = answering(monkeypatch, make_room)
    assert root.window.close()
    assert len(asked) == 1
    again = make()
    again.start(project)
    qtbot.waitUntil(lambda: shown(again), timeout=WAIT_MS)
    assert counts(again) == mine


def test_another_project_is_not_opened_over_what_cannot_be_written(
    root: Application, disk: Disk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, project: Path
) -> None:
    stroke(root, qtbot, Qt.MouseButton.LeftButton)
    mine, session = counts(root), session_of(root)
    answering(monkeypatch, lambda: Answer.STAY)
    root.opening.open(project)
    assert root.session is session
    assert counts(root) == mine
    disk.is_full = False


def test_who_gives_the_edits_up_may_close(
    root: Application,
    disk: Disk,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    project: Path,
    no_surprising_log: ExpectedLog,
) -> None:
    stroke(root, qtbot, Qt.MouseButton.LeftButton)
    answering(monkeypatch, lambda: Answer.LOSE)
    assert root.window.close()
    assert on_disk(project) == 0


@pytest.mark.parametrize(
    ("button", "answer"),
    [
        ("Try again", Answer.RETRY),
        ("Keep it open", Answer.STAY),
        ("Close and lose them", Answer.LOSE),
    ],
)
def test_the_question_names_the_error_and_what_waits(
    root: Application, disk: Disk, qtbot: QtBot, button: str, answer: Answer
) -> None:
    stroke(root, qtbot, Qt.MouseButton.LeftButton)
    writer = session_of(root).desk.project.writer
    qtbot.waitUntil(lambda: writer.last_error is not None, timeout=WAIT_MS)
    error = writer.last_error
    assert error is not None
    said: list[str] = []

    def click() -> None:
        (box,) = root.window.findChildren(QMessageBox)
        said.extend((box.text(), box.informativeText()))
        (chosen,) = [each for each in box.buttons() if each.text() == button]
        chosen.click()

    QTimer.singleShot(50, click)
    assert leaving._ask(root.window, error, 3) is answer
    assert "disk is full" in said[0]
    assert "3 changes" in said[1]
    disk.is_full = False
    QApplication.processEvents()
