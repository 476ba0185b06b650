"""Power loss at any system call: what was acknowledged is there, and nothing half-done."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.faults import story
from tests.faults.disk import CALLS, Call, Disk, calls

LONG = bool(os.environ.get("S4GUI_LONG_FAULTS"))
EDITS = 120 if LONG else 24
POINTS = 100_000 if LONG else 90


def recorded(folder: Path, trace: Path, synchronous: str) -> list[Call]:
    """The system calls of a process that paints the whole story and closes."""
    if shutil.which("strace") is None:
        pytest.skip("needs strace to record system calls, which is not installed")
    command = ["strace", "-f", "-y", "-xx", "-s", "100000000", "-e", f"trace={CALLS}"]
    painter = [sys.executable, "-m", "tests.faults.painter", synchronous, str(folder), str(EDITS)]
    done = subprocess.run(
        [*command, "-o", str(trace), *painter], capture_output=True, text=True, check=False
    )
    if "PTRACE" in done.stderr or "ptrace" in done.stderr:
        pytest.skip("strace may not trace processes here")
    assert done.returncode == 0, done.stderr
    assert "CLOSED" in done.stdout
    return list(calls(trace))


def acknowledgement(call: Call) -> int | None:
    """The number that this call told the parent, None for any other call."""
    if call.name == "write" and call.arguments.startswith("1<"):
        text = call.strings[0].decode()
        if text.startswith("ACK "):
            return int(text.split()[1])
    return None


def losses(tmp_path: Path, synchronous: str) -> tuple[list[str], int]:
    """What is wrong after a loss of power at points of the story, and how many were tried."""
    folder = story.make(tmp_path / "project")
    before = shutil.copytree(folder, tmp_path / "before")
    made = recorded(folder, tmp_path / "trace", synchronous)
    told = [n for call in made if (n := acknowledgement(call))]
    assert told == list(range(1, EDITS + 1))
    expected = story.states(EDITS)
    disk, acknowledged, tried = Disk(before, lived_at=folder), 0, 0
    chosen = points(made)
    for number, call in enumerate(made):
        disk.play(call)
        acknowledged = max(acknowledged, acknowledgement(call) or 0)
        if number not in chosen:
            continue
        # Nothing that was not synced, then any part of it.
        for random in (None, np.random.default_rng(number)):
            after = tmp_path / "after"
            shutil.rmtree(after, ignore_errors=True)
            disk.after_power_loss(after, random)
            tried += 1
            if wrong := story.check(after, acknowledged, expected):
                return [f"call {number} {call.name}: {each}" for each in wrong], tried
    return [], tried


def points(made: list[Call]) -> set[int]:
    """Calls to lose power after: every acknowledgement, and others evenly."""
    changing = [i for i, call in enumerate(made) if call.name not in {"lseek", "mkdir"}]
    told = {i for i, call in enumerate(made) if acknowledgement(call) is not None}
    return set(changing[:: max(1, len(changing) // POINTS)]) | told


def test_every_acknowledged_edit_survives_a_loss_of_power_at_any_call(tmp_path: Path) -> None:
    wrong, tried = losses(tmp_path, "FULL")
    assert not wrong, wrong
    assert tried > 2 * EDITS


def test_the_replay_finds_lost_edits_when_commits_are_not_synced(tmp_path: Path) -> None:
    wrong, _ = losses(tmp_path, "OFF")
    assert any("was acknowledged" in each for each in wrong)
