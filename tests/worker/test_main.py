"""The worker as a real process: what the window sees of it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from s4gui.learn import pretrained
from s4gui.wire import commands, events, liveness
from s4gui.wire.commands import Detach, Start, Stop
from s4gui.wire.events import Event
from tests.learn.scenes import QUICK, make_run

LONG = QUICK.but(steps=100_000, validate_every=100_000, checkpoint_every=100_000)


class Worker:
    """A worker process and what it says."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "s4gui", "worker", "--normal-priority"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        self._watchdog = threading.Timer(60, self.process.kill)
        self._watchdog.start()

    def say(self, command: commands.Command) -> None:
        self.process.stdin.write(commands.encode(command) + "\n")
        self.process.stdin.flush()

    def until(self, kind: type, *, step: int = 0) -> Event:
        """The next event of a kind (from a step on)."""
        for line in self.process.stdout:
            event = events.decode(line)  # every line is one of ours
            if isinstance(event, kind) and getattr(event, "step", step) >= step:
                return event
        pytest.fail(f"no {kind.__name__}: {self.process.stderr.read()}")

    def exit_code(self) -> int:
        return self.process.wait(30)

    def end(self) -> None:
        self._watchdog.cancel()
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            with contextlib.suppress(BrokenPipeError):
                stream.close()


@pytest.fixture
def worker() -> Iterator[Worker]:
    started = Worker()
    yield started
    started.end()


def test_a_worker_says_hello_does_a_run_and_ends(worker: Worker, tmp_path: Path) -> None:
    hello = worker.until(events.Hello)
    assert hello.pid == worker.process.pid
    assert hello.device in hello.devices
    assert "cpu" in hello.devices
    assert hello.memory_bytes > 0
    run = make_run(tmp_path)
    worker.say(Start(str(run.path)))
    assert worker.until(events.Finished) == events.Finished(10, "done")
    assert worker.exit_code() == 0
    recorded = [events.decode(line) for line in run.events.read_text().splitlines()]
    assert recorded[-1] == events.Finished(10, "done")
    assert sum(isinstance(each, events.StepDone) for each in recorded) == 10
    card = liveness.read_card(run.worker)
    assert card is not None
    assert card.pid == hello.pid
    assert not card.detached


def test_a_worker_says_which_encoders_have_weights_at_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "hub" / "checkpoints"
    place.mkdir(parents=True)
    (place / pretrained.weight_files("resnet34")[0].name).write_bytes(b"")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    started = Worker()
    try:
        assert started.until(events.Hello).encoders == ("resnet34",)
    finally:
        started.end()


def test_an_idle_worker_ends_with_its_window(worker: Worker) -> None:
    worker.until(events.Hello)
    worker.process.stdin.close()
    assert worker.exit_code() == 0


def test_an_attached_run_stops_with_its_window_and_can_be_continued(
    worker: Worker, tmp_path: Path
) -> None:
    run = make_run(tmp_path, LONG)
    worker.say(Start(str(run.path)))
    worker.until(events.StepDone, step=3)
    worker.process.stdin.close()
    finished = worker.until(events.Finished)
    assert finished.reason == "stopped"
    assert worker.exit_code() == 0
    assert run.checkpoint(finished.step).is_dir()


def test_a_detached_run_outlives_its_window_and_obeys_the_file(
    worker: Worker, tmp_path: Path
) -> None:
    run = make_run(tmp_path, LONG)
    worker.say(Start(str(run.path)))
    worker.until(events.StepDone, step=2)
    worker.say(Detach())
    detached = worker.until(events.Detached)
    worker.process.stdin.close()
    worker.until(events.StepDone, step=detached.step + 20)
    worker.process.stdout.close()  # the window is gone for good
    with run.commands.open("a") as file:
        file.write(commands.encode(Stop()) + "\n")
    assert worker.exit_code() == 0
    last = events.decode(run.events.read_text().splitlines()[-1])
    assert isinstance(last, events.Finished)
    assert last.reason == "stopped"
    assert last.step > detached.step + 20


def test_a_run_that_cannot_start_fails_in_words(worker: Worker, tmp_path: Path) -> None:
    run = make_run(tmp_path, labelled=())
    worker.say(Start(str(run.path)))
    failed = worker.until(events.Failed)
    assert failed.kind == "data"
    assert "two" in failed.what
    assert failed.hint
    assert worker.exit_code() == 3
    assert isinstance(events.decode(run.events.read_text().splitlines()[-1]), events.Failed)


def test_a_killed_worker_leaves_whole_events_and_its_checkpoint(
    worker: Worker, tmp_path: Path
) -> None:
    run = make_run(tmp_path, LONG.but(checkpoint_every=3))
    worker.say(Start(str(run.path)))
    worker.until(events.CheckpointSaved, step=6)
    worker.process.send_signal(signal.SIGKILL)
    assert worker.exit_code() == -signal.SIGKILL
    for line in run.events.read_text().splitlines():
        events.decode(line)
    assert run.last_checkpoint() is not None
