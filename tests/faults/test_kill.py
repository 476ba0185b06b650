"""kill -9 of a painting process at any moment: what it was told is on disk is on disk."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from queue import Empty, Queue

import numpy as np
import pytest

from s4gui.core.errors import ProjectError
from s4gui.store.project import Project
from tests.faults import story

KILLS = int(os.environ.get("S4GUI_KILLS", "20"))


class Painters:
    """One process that imports everything once and forks a painter for each round."""

    def __init__(self) -> None:
        self.lines: Queue[str] = Queue()
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.painter", "serve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def start(self, folder: Path, first: int, count: int) -> int:
        assert self._server.stdin is not None
        self._server.stdin.write(f"{folder}\t{first}\t{count}\n")
        word, pid = self.lines.get(timeout=30).split()
        assert word == "PID"
        return int(pid)

    def drain(self) -> list[str]:
        out = []
        while True:
            try:
                out.append(self.lines.get(timeout=0.05))
            except Empty:
                return out

    def close(self) -> None:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.close()
        self._server.wait(30)
        self._reader.join(30)
        self._server.stdout.close()

    def _read(self) -> None:
        assert self._server.stdout is not None
        for line in self._server.stdout:
            self.lines.put(line.strip())


@pytest.fixture
def painters():
    made = Painters()
    yield made
    made.close()


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def numbers(lines: list[str], word: str) -> list[int]:
    return [int(line.split()[1]) for line in lines if line.startswith(f"{word} ")]


def test_no_acknowledged_edit_is_lost_by_kill_9(painters: Painters, tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    edits, after_kill, mid_way = 60, 0, 0
    expected = story.states(edits)
    for number in range(KILLS):
        folder = story.make(tmp_path / f"project{number}")
        pid = painters.start(folder, 0, edits)
        lines = []
        stop_at = int(random.integers(1, edits))
        while max(numbers(lines, "SENT"), default=0) < stop_at:
            lines.append(painters.lines.get(timeout=30))
        time.sleep(float(random.uniform(0, 0.004)))  # anywhere within an edit, not a wait
        os.kill(pid, signal.SIGKILL)
        while not gone(pid):
            pass
        lines += painters.drain()
        acknowledged = max(numbers(lines, "ACK"), default=0)
        after_kill += acknowledged
        mid_way += "CLOSED" not in lines
        assert story.check(folder, acknowledged, expected) == []
    assert mid_way > KILLS // 2, "the painters were done before they were killed"
    assert after_kill > KILLS, "too little was acknowledged to prove anything"


def test_the_lock_of_a_killed_process_is_free_at_once(painters: Painters, tmp_path: Path) -> None:
    folder = story.make(tmp_path / "project")
    pid = painters.start(folder, 0, 100_000)
    while not painters.lines.get(timeout=30).startswith("ACK"):
        pass
    with pytest.raises(ProjectError) as caught:
        Project.open(folder)
    assert caught.value.message.id == "project.locked"
    assert caught.value.message.params["pid"] == pid
    assert caught.value.message.params["program"] == "painter"
    watching = Project.open(folder, write=False)
    assert watching.read_only
    assert watching.holder is not None
    assert watching.holder.pid == pid
    watching.close()
    os.kill(pid, signal.SIGKILL)
    while not gone(pid):
        pass
    project = Project.open(folder)
    assert not project.read_only
    project.close()


def test_painting_goes_on_where_a_kill_left_it(painters: Painters, tmp_path: Path) -> None:
    folder = story.make(tmp_path / "project")
    pid = painters.start(folder, 0, 30)
    lines: list[str] = []
    while "CLOSED" not in lines:
        lines.append(painters.lines.get(timeout=30))
    while not gone(pid):
        pass
    pid = painters.start(folder, 30, 30)
    while "CLOSED" not in lines[lines.index("CLOSED") + 1 :]:
        lines.append(painters.lines.get(timeout=30))
    expected = story.states(60)
    assert numbers(lines, "ACK") == list(range(1, max(max(each) for each in expected.values()) + 1))
    assert story.check(folder, max(numbers(lines, "ACK")), expected) == []
