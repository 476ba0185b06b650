"""Endings: said in words with what to do, and runs that a window left behind are found."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from s4gui.core.recipe import Recipe
from s4gui.store.runs import RunCard, RunFolder, claim
from s4gui.wire import events, liveness
from s4gui.workbench import endings
from s4gui.workbench.endings import LeftBehind
from s4gui.workbench.running import RunState

STARTED = events.RunStarted(1, 0, 100, "cpu", 2, 3, "images", {})
STEP = events.StepDone(8, {"ce": 1.0}, {}, 1e-3, 1.0)


def make(runs: Path, *said: events.Event) -> RunFolder:
    run = claim(runs)
    run.write(RunCard(run.number, "p", "2026-01-01T00:00:00Z", ""), Recipe())
    if said:
        run.events.write_text("".join(events.encode(each) + "\n" for each in said))
    return run


def worked_on_by(run: RunFolder, pid: int, *, detached: bool) -> None:
    liveness.write_card(run.worker, detached=detached)
    raw = json.loads(run.worker.read_text())
    raw |= {"pid": pid, "started": liveness.process_identity(pid) or "gone"}
    run.worker.write_text(json.dumps(raw))


def save_checkpoint(run: RunFolder, step: int) -> None:
    run.checkpoint(step).mkdir()
    (run.checkpoint(step) / "checkpoint.json").write_text("{}")


@pytest.fixture
def gone() -> int:
    """The pid of a process that is no more."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (-9, "killed (signal 9), perhaps because memory ran short"),
        (-15, "terminated"),
        (-11, "crashed in native code (SIGSEGV)"),
        (-6, "crashed in native code (SIGABRT)"),
        (0xC0000005, "crashed in native code (0xc0000005)"),
        (-2, "ended by SIGINT"),
        (3, "exit code 3"),
        (0, "before its last step"),
        (None, "without a word"),
    ],
)
def test_an_exit_is_said_in_words(code: int | None, words: str) -> None:
    assert words in endings.exit_in_words(code)


def test_a_death_says_from_where_to_continue(tmp_path: Path) -> None:
    run = make(tmp_path, STARTED, STEP)
    ending = endings.died(run, exit_code=-9, tail="last words")
    assert ending.state is RunState.DIED
    assert "Run 1" in ending.what
    assert "killed" in ending.what
    assert "Nothing was saved yet" in ending.hint
    save_checkpoint(run, 400)
    (run.checkpoint(600)).mkdir()  # was being written
    ending = endings.died(run, exit_code=-9, tail="last words")
    assert ending.hint == "Continue from step 400"
    assert ending.details == "last words"


def test_a_remembered_ending_is_that_of_the_past_run_until_it_is_continued(
    tmp_path: Path, gone: int
) -> None:
    run = make(tmp_path, STARTED, STEP)
    worked_on_by(run, gone, detached=False)
    endings.remember(run, endings.cut_short(run))
    log = endings.past(run)
    assert (log.state, log.step) == (RunState.STOPPED, 8)
    assert log.message[0] == "Run 1 was stopped at once"
    endings.forget(run)
    endings.forget(run)
    assert endings.past(run).state is RunState.DIED


def test_a_damaged_memory_of_an_ending_is_no_memory(tmp_path: Path, gone: int) -> None:
    run = make(tmp_path, STARTED)
    worked_on_by(run, gone, detached=False)
    (run.path / "ended.json").write_text('{"state": "training"}')
    assert endings.past(run).state is RunState.DIED


def test_past_runs_are_what_their_events_and_workers_say(tmp_path: Path) -> None:
    done = make(tmp_path, STARTED, events.Finished(100, "done"))
    assert endings.past(done).state is RunState.DONE
    never = make(tmp_path)
    assert endings.past(never).state is RunState.IDLE
    working = make(tmp_path, STARTED, STEP, events.Detached(8))
    worked_on_by(working, os.getpid(), detached=True)
    log = endings.past(working)
    assert (log.state, log.is_detached, log.number) == (RunState.TRAINING, True, 3)


def test_runs_that_a_window_left_are_found_and_no_others(tmp_path: Path, gone: int) -> None:
    make(tmp_path, STARTED, events.Finished(100, "done"))
    make(tmp_path, STARTED, events.Failed("data", "a.b", "x", "y", ""))
    told = make(tmp_path, STARTED, STEP)
    endings.remember(told, endings.died(told, exit_code=-9, tail=""))
    dead = make(tmp_path, STARTED, STEP)
    worked_on_by(dead, gone, detached=False)
    save_checkpoint(dead, 6)
    detached = make(tmp_path, STARTED, STEP, events.Detached(8))
    worked_on_by(detached, os.getpid(), detached=True)
    others = make(tmp_path, STARTED, STEP)
    worked_on_by(others, os.getpid(), detached=False)
    claim(tmp_path)  # claimed, but its window died before it wrote the card
    assert endings.find_detached(tmp_path) == [
        LeftBehind(dead, False, 8, 6),
        LeftBehind(detached, True, 8, None),
    ]
    assert endings.find_detached(tmp_path / "none") == []


def test_a_continued_run_that_died_again_is_found_again(tmp_path: Path, gone: int) -> None:
    run = make(tmp_path, STARTED, events.Finished(50, "stopped"), STARTED, STEP)
    worked_on_by(run, gone, detached=False)
    assert [each.run for each in endings.find_detached(tmp_path)] == [run]


def test_a_worker_that_is_about_to_end_with_its_window_is_waited_for(tmp_path: Path) -> None:
    run = make(tmp_path, STARTED, STEP)
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert child.stdin is not None
    worked_on_by(run, child.pid, detached=False)
    assert endings.find_detached(tmp_path, patience_s=0.0) == []
    child.stdin.close()
    start = time.monotonic()
    assert [each.lives for each in endings.find_detached(tmp_path, patience_s=30)] == [False]
    assert time.monotonic() - start < 29
    child.wait()
