"""The detached transport follows files: nothing twice, nothing half, and it knows who lives."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from s4gui.store.runs import RunFolder
from s4gui.wire import commands, events, liveness
from s4gui.wire.detached import Detached
from s4gui.wire.transport import events_of
from tests.wire.test_transport import all_events, start, until


def follow(run: RunFolder, offset: int = 0) -> Detached:
    return Detached(
        events_file=run.events,
        commands_file=run.commands,
        card_file=run.worker,
        log=run.log,
        offset=offset,
    )


def line(step: int) -> str:
    return events.encode(events.Heartbeat(step, 1)) + "\n"


@pytest.fixture
def living(run: RunFolder) -> RunFolder:
    """This very process says it works on the run."""
    liveness.write_card(run.worker, detached=True)
    return run


def test_a_half_line_waits_for_its_rest(living: RunFolder) -> None:
    link = follow(living)
    whole = line(1)
    living.events.write_text(whole + whole[:9])
    assert len(link.read(1)) == 1
    assert link.read(0) == []
    with living.events.open("a") as file:
        file.write(whole[9:])
    assert events_of(link.read(1)) == [events.Heartbeat(1, 1)]
    assert link.offset == living.events.stat().st_size
    assert not link.ended


def test_reading_begins_at_the_offset(living: RunFolder) -> None:
    living.events.write_text(line(1) + line(2) + line(3))
    link = follow(living, len(line(1)))
    assert [e.step for e in events_of(link.read(1))] == [2, 3]


def test_a_file_larger_than_a_chunk_comes_whole_and_in_order(living: RunFolder) -> None:
    living.events.write_text("".join(map(line, range(5000))) + "x" * 200_000 + "\n" + line(5000))
    link, lines = follow(living), []
    while not lines or '"step":5000' not in lines[-1]:
        got = link.read(1)
        assert got
        lines += got
    assert [e.step for e in events_of(lines)] == list(range(5001))


def test_a_file_that_is_not_there_yet_is_waited_for(living: RunFolder) -> None:
    link = follow(living)
    assert link.read(0) == []
    living.events.write_text(line(1))
    assert len(link.read(1)) == 1


def test_commands_are_appended_as_whole_lines(living: RunFolder) -> None:
    link = follow(living)
    link.send(commands.encode(commands.Pause(True)))
    link.send(commands.encode(commands.Stop()))
    found = [commands.decode(each) for each in living.commands.read_text().splitlines()]
    assert found == [commands.Pause(True), commands.Stop()]


def test_a_real_worker_is_detached_followed_and_stopped_through_files(attached, run) -> None:
    link = attached(steps=1_000_000)
    start(link, run)
    until(link, events.StepDone)
    link.send(commands.encode(commands.Detach()))
    until(link, events.Detached)
    link.release()
    again = follow(run)
    assert again.can_end
    until(again, events.Validated)
    again.send(commands.encode(commands.Stop()))
    heard = all_events(again)
    assert isinstance(heard[-1], events.Finished)
    assert heard[-1].reason == "stopped"
    assert again.exit_code is None


def test_a_detached_worker_can_be_killed_and_that_is_its_end(attached, run) -> None:
    link = attached(steps=1_000_000, deaf="very")
    start(link, run)
    until(link, events.StepDone)
    link.send(commands.encode(commands.Detach()))
    until(link, events.Detached)
    link.release()
    again = follow(run)
    again.terminate()
    until(again, events.StepDone)
    assert liveness.process_identity(link.pid) is not None
    again.kill()
    heard = all_events(again)
    assert liveness.process_identity(link.pid) is None
    assert not any(isinstance(each, events.Finished | events.Failed) for each in heard)


def test_a_process_is_told_from_a_later_one_with_its_pid(run: RunFolder) -> None:
    liveness.write_card(run.worker)
    card = liveness.read_card(run.worker)
    assert card is not None
    assert card.is_local
    assert liveness.is_alive(card, run.events)
    raw = json.loads(run.worker.read_text())
    run.worker.write_text(json.dumps(raw | {"started": "earlier"}))
    assert not liveness.is_alive(liveness.read_card(run.worker), run.events)


def test_a_zombie_does_not_live() -> None:
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    process = psutil.Process(child.pid)
    deadline = time.monotonic() + 30
    while process.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
    assert liveness.process_identity(child.pid) is None
    child.wait()
    assert liveness.process_identity(child.pid) is None


def test_the_start_of_a_process_is_the_same_by_ps() -> None:
    here = liveness._ps_identity(os.getpid())
    assert here is not None
    assert here == liveness._ps_identity(os.getpid())
    assert liveness._ps_identity(2**22 - 1) is None


def test_a_worker_of_another_host_lives_by_its_heartbeats(run: RunFolder) -> None:
    run.worker.write_text(json.dumps({"pid": 1, "host": "elsewhere", "started": "x"}))
    card = liveness.read_card(run.worker)
    assert not liveness.is_alive(card, run.events)
    run.events.write_text(line(1))
    assert liveness.is_alive(card, run.events)
    link = follow(run)
    assert not link.can_end
    assert len(link.read(1)) == 1
    old = time.time() - liveness.HEARTBEAT_LATE_S - 5
    os.utime(run.events, (old, old))
    assert not liveness.is_alive(card, run.events)
    late = follow(run, link.offset)
    late.kill()
    assert late.read(1) == []
    assert late.ended


@pytest.mark.parametrize("text", ["", "[]", "{", '{"pid": "x", "host": 1}', '{"host": "h"}'])
def test_a_damaged_card_is_no_card(run: RunFolder, text: str) -> None:
    run.worker.write_text(text)
    assert liveness.read_card(run.worker) is None
    assert not liveness.is_alive(None, run.events)


def test_no_card_is_no_worker(run: RunFolder) -> None:
    assert liveness.read_card(Path(run.worker)) is None
    link = follow(run)
    assert link.read(0.01) == []
    assert link.ended
