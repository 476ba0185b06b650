"""The watcher blames the window for its own stalls, and for nothing else."""

from __future__ import annotations

import json
import signal
import time

import pytest
from PySide6.QtCore import QTimer

from s4gui.gui import stalls
from s4gui.gui.stalls import Control, StallWatcher


class _Machine:
    """A control whose lateness and slowness the test decides."""

    def __init__(self) -> None:
        self.late = self.slow = 0.0

    def late_s(self) -> float:
        return self.late

    def slow_s(self) -> float:
        return self.slow


@pytest.fixture
def machine() -> _Machine:
    return _Machine()


@pytest.fixture
def watcher(qapp, machine: _Machine, no_stalls):
    no_stalls.forgive()
    made = StallWatcher(machine)
    made.start()
    yield made
    if made._thread.is_alive():
        made.stop()


def _busy(seconds: float) -> None:
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        sum(range(1000))


def _in_the_loop(qtbot, work) -> None:
    done = []
    QTimer.singleShot(10, lambda: (work(), done.append(1)))
    qtbot.waitUntil(lambda: bool(done))
    qtbot.wait(20)


def test_a_slot_that_keeps_the_thread_is_named_with_its_stack(qtbot, watcher) -> None:
    _in_the_loop(qtbot, lambda: _busy(0.25))
    watcher.stop()
    assert len(watcher.stalls) == 1
    found = watcher.stalls[0]
    assert 0.2 < found.own_s <= found.seconds
    assert "_busy" in found.stacks[-1]
    assert "sum(range(1000))" in str(found)


def test_code_that_never_gives_the_lock_back_is_found_too(qtbot, watcher) -> None:
    text = json.dumps([{"a": i} for i in range(1_500_000)])
    start = time.thread_time()
    _in_the_loop(qtbot, lambda: json.loads(text))
    assert time.thread_time() - start > 0.12, "the test's own load is too small to be seen"
    watcher.stop()
    assert watcher.stalls


def test_short_work_is_no_stall(qtbot, watcher) -> None:
    for _ in range(10):
        _in_the_loop(qtbot, lambda: _busy(0.03))
    watcher.stop()
    assert not watcher.stalls


def test_lateness_that_the_machine_shares_is_not_blamed_on_the_window(
    qtbot, watcher, machine
) -> None:
    def late_with_the_machine() -> None:
        _busy(0.25)
        machine.late += 5.0

    _in_the_loop(qtbot, late_with_the_machine)
    watcher.stop()
    assert not watcher.stalls


def test_only_what_the_machine_shares_is_taken_off(qtbot, watcher, machine) -> None:
    def half_late() -> None:
        _busy(0.4)
        machine.late += 0.2

    _in_the_loop(qtbot, half_late)
    watcher.stop()
    (found,) = watcher.stalls
    assert 0.1 < found.own_s < found.seconds - 0.19


def test_a_slow_core_makes_a_stall_shorter_by_as_much(qtbot, watcher, machine) -> None:
    def slowed() -> None:
        start = time.monotonic()
        while time.monotonic() < start + 0.6:
            pass
        machine.slow += (time.monotonic() - start) / 2

    _in_the_loop(qtbot, slowed)
    watcher.stop()
    (found,) = watcher.stalls
    assert 0.1 < found.own_s < 0.55 * found.seconds


def test_the_control_never_takes_more_than_passed(control: Control) -> None:
    deadline = time.monotonic() + 20
    while not control.is_running and time.monotonic() < deadline:
        time.sleep(0.01)
    before, start = control.slow_s(), time.monotonic()
    time.sleep(0.3)
    lost, passed = control.slow_s() - before, time.monotonic() - start
    assert 0 <= lost < passed


def test_a_tests_own_work_outside_the_loop_is_not_the_windows(qtbot, watcher) -> None:
    qtbot.wait(20)
    _busy(0.3)
    qtbot.wait(20)
    watcher.stop()
    assert not watcher.stalls


def test_code_of_the_window_that_a_test_calls_counts_but_not_its_building(
    qtbot, watcher, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(stalls, "_GUI", str(tmp_path))
    source = "class View:\n def __init__(self, work): work()\ndef paint(work): work()\n"
    space: dict[str, object] = {}
    exec(compile(source, str(tmp_path / "view.py"), "exec"), space)
    space["View"](lambda: _busy(0.25))
    qtbot.wait(20)
    assert not watcher.stalls
    space["paint"](lambda: _busy(0.25))
    qtbot.wait(20)
    watcher.stop()
    assert len(watcher.stalls) == 1


def test_the_control_adds_up_its_lateness_and_ends(control: Control) -> None:
    own = Control()
    deadline = time.monotonic() + 20
    while not own.is_running and time.monotonic() < deadline:
        time.sleep(0)
    assert own.is_running
    before = own.late_s()
    own._process.send_signal(signal.SIGSTOP)
    stopped = time.monotonic()
    while time.monotonic() - stopped < 0.1:
        pass
    assert own.late_s() - before > 0.05
    own.close()
    assert own._process.returncode is not None
    assert not own._path.exists()
