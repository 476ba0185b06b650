"""The channel passes commands in their order and says events to whoever is still there."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from s4gui.core.errors import CheckpointError, DataError, DeviceError
from s4gui.learn.failing import as_failed
from s4gui.store import runs
from s4gui.wire import commands, events, liveness
from s4gui.worker.channel import Channel, resident_bytes
from s4gui.worker.guard import EXIT_CODES, guarded
from s4gui.worker.main import lower_priority

STEP = events.StepDone(3, {"ce": 1.0}, {}, 0.1, 2.0)


def _until(fact: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not fact():
        assert time.monotonic() < deadline, "it did not happen within 10 seconds"
        time.sleep(0.005)


def _piped(text: str) -> int:
    """The reading end of a pipe with this text and its end."""
    reading, writing = os.pipe()
    os.write(writing, text.encode())
    os.close(writing)
    return reading


def _lines(*given: commands.Command) -> int:
    return _piped("".join(commands.encode(each) + "\n" for each in given))


def test_commands_come_in_order_and_the_end_of_stdin_is_a_stop(tmp_path: Path) -> None:
    channel = Channel(io.StringIO())
    channel.record(runs.claim(tmp_path))
    channel.listen(_lines(commands.Pause(True), commands.Watch(("a", "b"))))
    got = [channel.control.take(5.0) for _ in range(3)]
    assert got == [commands.Pause(True), commands.Watch(("a", "b")), commands.Stop()]
    channel.close()


def test_a_worker_that_never_started_ends_with_stdin() -> None:
    channel = Channel(io.StringIO())
    channel.listen(_piped(""))
    assert channel.started.take(5.0) == commands.Stop()


def test_start_is_heard_before_any_run() -> None:
    channel = Channel(io.StringIO())
    start = commands.Start("/somewhere", resume=True)
    channel.listen(_lines(start))
    assert channel.started.take(5.0) == start


def test_a_line_that_is_no_command_is_a_notice_and_the_next_one_is_heard() -> None:
    out = io.StringIO()
    channel = Channel(out)
    command = commands.encode(commands.Pause(True))
    channel.listen(_piped('{"kind": "Dance"}\n\nnoise\n' + command + "\n"))
    assert channel.control.take(5.0) == commands.Pause(True)
    said = [events.decode(line) for line in out.getvalue().splitlines()]
    assert [type(each) for each in said] == [events.Notice, events.Notice]


def test_events_go_to_the_window_and_into_the_runs_folder(tmp_path: Path) -> None:
    out, run = io.StringIO(), runs.claim(tmp_path)
    channel = Channel(out)
    channel.say(events.Heartbeat(0, 1))
    channel.record(run)
    channel.say(STEP)
    channel.close()
    assert [events.decode(line) for line in out.getvalue().splitlines()][-1] == STEP
    assert [events.decode(line) for line in run.events.read_text().splitlines()] == [STEP]
    assert channel.step == 3


def test_a_window_that_is_gone_does_not_stop_the_record(tmp_path: Path) -> None:
    class Gone(io.StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError

    run = runs.claim(tmp_path)
    channel = Channel(Gone())
    channel.record(run)
    channel.say(STEP)
    channel.say(STEP)
    channel.close()
    assert len(run.events.read_text().splitlines()) == 2


def test_a_detached_run_hears_the_file_and_not_the_end_of_stdin(tmp_path: Path) -> None:
    run = runs.claim(tmp_path)
    run.commands.write_text(commands.encode(commands.Stop()) + "\n")  # of an earlier worker
    channel = Channel(io.StringIO())
    channel.record(run)
    channel.listen(_lines(commands.Detach()))
    assert channel.control.take(5.0) == commands.Detach()
    card = liveness.read_card(run.worker)
    assert card is not None
    assert card.detached
    assert card.pid == os.getpid()
    line = commands.encode(commands.Pause(True)) + "\n"
    with run.commands.open("a") as file:
        file.write(line[:10])
        file.flush()
        assert channel.control.take(0.4) is None  # neither the old Stop, nor half a line
        file.write(line[10:])
    assert channel.control.take(5.0) == commands.Pause(True)
    channel.close()


def test_heartbeats_carry_the_step_and_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("s4gui.worker.channel.HEARTBEAT_SECONDS", 0.01)
    out = io.StringIO()
    channel = Channel(out)
    channel.say(STEP)
    channel.beat()
    _until(lambda: out.getvalue().count("Heartbeat") >= 2)
    channel.close()
    beat = events.decode(out.getvalue().splitlines()[-1])
    assert isinstance(beat, events.Heartbeat)
    assert beat.step == 3
    assert beat.rss_bytes > 10 << 20
    assert resident_bytes() > 10 << 20


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (DataError("a.b", "no labels", hint="paint"), "data"),
        (CheckpointError("a.b", "damaged"), "data"),
        (DeviceError("memory.exhausted", "too large"), "memory"),
        (DeviceError("device.missing", "no card"), "device"),
        (MemoryError(), "memory"),
        (RuntimeError("CUDA out of memory. Tried"), "memory"),
        (ZeroDivisionError("oops"), "defect"),
    ],
)
def test_every_error_becomes_a_last_event_and_an_exit_code(error: Exception, kind: str) -> None:
    said: list[events.Event] = []

    def work() -> None:
        raise error

    assert guarded(work, said.append) == EXIT_CODES[kind] != 0
    (failed,) = said
    assert isinstance(failed, events.Failed)
    assert failed.kind == kind
    assert failed.what
    assert ("oops" in failed.traceback) == (kind == "defect")


def test_a_run_that_ends_well_has_exit_code_zero() -> None:
    said: list[events.Event] = []
    assert guarded(lambda: None, said.append) == 0
    assert said == []


def test_an_error_a_user_can_act_on_carries_no_traceback() -> None:
    failed = as_failed(DataError("a.b", "no labels", hint="paint"))
    assert (failed.what, failed.hint, failed.traceback) == ("no labels", "paint", "")


@pytest.mark.skipif(not hasattr(os, "SCHED_IDLE"), reason="Linux scheduling")
def test_the_worker_gives_way_and_is_the_first_to_go() -> None:
    child = os.fork()
    if child == 0:
        lower_priority()
        good = os.sched_getscheduler(0) == os.SCHED_IDLE and os.nice(0) == 19
        score = int(Path("/proc/self/oom_score_adj").read_text())
        os._exit(0 if good and score >= 600 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
