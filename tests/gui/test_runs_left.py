"""Runs whose window was killed: the next window says how they end, whenever that is."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from pytestqt.qtbot import QtBot

from s4gui.gui.application import Application
from s4gui.store.project import RUNS
from s4gui.store.runs import RunFolder
from s4gui.wire import events
from s4gui.workbench.running import RunState
from tests.gui import test_window as windows
from tests.gui.test_window import WAIT_MS, session_of, shown
from tests.workbench import test_endings as runs

make, project = windows.make, windows.project


def said(run: RunFolder, event: events.Event) -> None:
    with run.events.open("a") as file:
        file.write(events.encode(event) + "\n")


def test_a_run_that_ends_after_its_window_was_killed_can_be_continued_in_the_next(
    make: Callable[..., Application], project: Path, qtbot: QtBot
) -> None:
    run = runs.make(project / RUNS, runs.STARTED, runs.STEP)
    runs.worked_on_by(run, os.getpid(), detached=False)  # it still puts its things away
    root = make()
    root.start(project)
    qtbot.waitUntil(lambda: shown(root), timeout=WAIT_MS)
    trainer = session_of(root).trainer
    qtbot.waitUntil(lambda: 1 in trainer.logs, timeout=WAIT_MS)
    assert trainer.logs[1].state is RunState.TRAINING
    assert not trainer.can_continue(1)
    runs.save_checkpoint(run, 9)
    said(run, events.CheckpointSaved(9, "checkpoints/step-000009"))
    said(run, events.Finished(9, "stopped"))
    qtbot.waitUntil(lambda: trainer.can_continue(1), timeout=WAIT_MS)
    assert trainer.logs[1].state is RunState.STOPPED
    notice = root.window.notice.text
    assert "Run 1 stopped with its window" in notice
    assert "step 9" in notice
