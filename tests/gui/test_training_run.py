"""A TrainingRun tells all a worker says, and always ends in exactly one way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import QObject

from s4gui.core.recipe import Recipe
from s4gui.gui import processes
from s4gui.gui.processes import IdleWorker
from s4gui.gui.training_run import BATCH_EVENTS, TrainingRun
from s4gui.store.runs import RunCard, RunFolder, claim
from s4gui.wire import events, liveness
from s4gui.wire.transport import events_of
from s4gui.workbench import endings
from s4gui.workbench.running import RunLog, RunState

WAIT_MS = 60_000


def fake(**choices: object) -> list[str]:
    """The command of a fake worker."""
    words = [f"{name}={value}" for name, value in choices.items()]
    return [sys.executable, "-m", "tests.fake_worker", *words]


@pytest.fixture(autouse=True)
def in_front(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Fake workers do not step back: on a busy machine an idle process may wait for minutes."""
    real = processes.step_back
    monkeypatch.setattr(processes, "step_back", lambda pid, idle: None)
    return real


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    folder = claim(tmp_path / "runs")
    folder.write(RunCard(folder.number, "p", "2026-01-01T00:00:00Z", ""), Recipe(steps=40))
    return folder


class Heard:
    """All that one TrainingRun told, in a RunLog as the window keeps it."""

    def __init__(self, training: TrainingRun) -> None:
        self.training = training
        self.log = RunLog(training.number)
        self.events: list[events.Event] = []
        self.batches: list[tuple[float, int]] = []
        self.threads: set[threading.Thread] = set()
        self.endings: list[str] = []
        self.told_after_end = False
        training.events.connect(self.take)
        training.ended.connect(self.end)

    def take(self, number: int, batch: tuple[events.Event, ...]) -> None:
        assert number == self.training.number
        self.told_after_end |= bool(self.endings)
        self.threads.add(threading.current_thread())
        self.batches.append((time.monotonic(), len(batch)))
        self.events += batch
        self.log.feed(batch)

    def end(self, number: int, state: str) -> None:
        assert number == self.training.number
        self.threads.add(threading.current_thread())
        self.endings.append(state)
        assert self.training.ending is not None
        assert self.training.ending.state == state

    def has(self, kind: type) -> bool:
        return any(isinstance(each, kind) for each in self.events)


@pytest.fixture
def supervised(qtbot) -> Iterator[Callable[[TrainingRun], Heard]]:
    made: list[TrainingRun] = []

    def hear(training: TrainingRun) -> Heard:
        made.append(training)
        return Heard(training)

    yield hear
    for each in made:
        assert each.close()


def wait_for_end(qtbot, heard: Heard) -> str:
    qtbot.waitUntil(lambda: bool(heard.endings), timeout=WAIT_MS)
    assert heard.training.wait(10_000)
    qtbot.wait(50)
    assert len(heard.endings) == 1
    assert not heard.told_after_end
    return heard.endings[0]


def wait_for(qtbot, heard: Heard, kind: type) -> None:
    qtbot.waitUntil(lambda: heard.has(kind), timeout=WAIT_MS)


def test_a_run_ends_done_and_all_its_events_are_heard_on_the_windows_thread(
    qtbot, run, supervised
) -> None:
    heard = supervised(TrainingRun.launch(run, command=fake(steps=40, banner=1, noise=1)))
    assert wait_for_end(qtbot, heard) == "done"
    assert heard.events == events_of(run.events.read_text().splitlines())
    assert heard.threads == {threading.main_thread()}
    assert heard.log.state is RunState.DONE
    assert heard.log.terms == ("ce", "st", "fm")
    assert [each.step for each in heard.log.validations] == [10, 20, 30, 40]
    assert not (run.path / "ended.json").exists()


def test_a_lambda_hears_on_the_windows_thread_too(qtbot, run, supervised) -> None:
    threads = []
    training = TrainingRun.launch(run, command=fake(steps=3))
    training.events.connect(lambda *_: threads.append(threading.current_thread()))
    training.ended.connect(lambda *_: threads.append(threading.current_thread()))
    wait_for_end(qtbot, supervised(training))
    assert set(threads) == {threading.main_thread()}


def test_events_are_told_at_most_thirty_times_a_second(qtbot, run, supervised) -> None:
    heard = supervised(TrainingRun.launch(run, command=fake(steps=2000, pause=0.0005)))
    wait_for_end(qtbot, heard)
    first, last = heard.batches[0][0], heard.batches[-1][0]
    assert sum(count for _, count in heard.batches) == len(heard.events) > 2000
    assert len(heard.batches) <= 30 * (last - first) + 3 + len(heard.events) / BATCH_EVENTS
    assert max(count for _, count in heard.batches) <= BATCH_EVENTS


def test_a_killed_worker_is_said_in_words_with_where_to_continue(qtbot, run, supervised) -> None:
    heard = supervised(TrainingRun.launch(run, command=fake(kill_at=25, half=1)))
    assert wait_for_end(qtbot, heard) == "died"
    ending = heard.training.ending
    assert ending is not None
    assert "was killed (signal 9)" in ending.what
    assert ending.hint == "Continue from step 20"
    assert ending.details == "last words of the worker"
    assert endings.past(run).message == (ending.what, ending.hint)
    assert endings.find_detached(run.path.parent) == []


def test_continue_goes_on_from_the_checkpoint_and_forgets_the_death(qtbot, run, supervised) -> None:
    heard = supervised(TrainingRun.launch(run, command=fake(kill_at=25, half=1)))
    wait_for_end(qtbot, heard)
    again = supervised(TrainingRun.launch(run, resume=True, command=fake(steps=40)))
    assert wait_for_end(qtbot, again) == "done"
    assert not (run.path / "ended.json").exists()
    heard.log.feed(again.events)
    assert heard.log.column("ce")[0].tolist() == list(range(1, 41))
    past = endings.past(run)
    assert past.state is RunState.DONE
    assert past.column("ce")[0].tolist() == list(range(1, 41))
    assert [each.step for each in past.checkpoints] == [10, 20, 30, 40]


@pytest.mark.parametrize(
    ("choices", "words"),
    [({"exit_at": 3}, "exit code 3"), ({"segv_at": 3}, "crashed in native code (SIGSEGV)")],
)
def test_other_deaths_are_told_apart(qtbot, run, supervised, choices, words) -> None:
    heard = supervised(TrainingRun.launch(run, command=fake(**choices)))
    assert wait_for_end(qtbot, heard) == "died"
    assert words in heard.training.ending.what
    assert heard.training.ending.hint.startswith("Nothing was saved yet")


def test_a_failure_keeps_the_workers_own_words(qtbot, run, supervised) -> None:
    heard = supervised(TrainingRun.launch(run, command=fake(fail_at=3)))
    assert wait_for_end(qtbot, heard) == "failed"
    ending = heard.training.ending
    assert (ending.what, ending.hint, ending.details) == ("No room", "Halve it", "Trace")


def test_a_worker_that_cannot_be_started_ends_the_run_in_words(qtbot, run, supervised) -> None:
    heard = supervised(TrainingRun.launch(run, command=["/no/such/program"]))
    assert wait_for_end(qtbot, heard) == "died"
    assert "could not be started" in heard.training.ending.what


def test_a_defect_of_the_supervision_itself_still_ends_the_run(qtbot, run, supervised) -> None:
    def broken() -> None:
        raise ZeroDivisionError("here")

    heard = supervised(TrainingRun(run, broken)._begin())
    assert wait_for_end(qtbot, heard) == "failed"
    assert "ZeroDivisionError: here" in heard.training.ending.details


def test_pause_holds_the_steps_until_it_goes_on(qtbot, run, supervised) -> None:
    heard = supervised(TrainingRun.launch(run, command=fake(steps=1_000_000)))
    wait_for(qtbot, heard, events.StepDone)
    heard.training.pause(True)
    qtbot.waitUntil(lambda: heard.log.state is RunState.PAUSED, timeout=WAIT_MS)
    qtbot.wait(100)
    held = heard.log.step
    qtbot.wait(200)
    assert heard.log.step == held
    heard.training.pause(False)
    qtbot.waitUntil(lambda: heard.log.step > held, timeout=WAIT_MS)
    heard.training.stop_after_step()
    assert wait_for_end(qtbot, heard) == "stopped"


def test_commands_reach_the_worker_in_order(qtbot, run, supervised) -> None:
    training = TrainingRun.launch(run, command=fake(steps=1_000_000))
    heard = supervised(training)
    training.watch(["r/a.png", "r/b.png"])
    training.use_labels("abc")
    training.save_checkpoint()
    for kind in (events.PredictionReady, events.LabelsUsed, events.CheckpointSaved):
        wait_for(qtbot, heard, kind)
    assert list(heard.log.predictions) == ["r/a.png", "r/b.png"]
    training.stop_after_step()
    assert wait_for_end(qtbot, heard) == "stopped"


def test_stop_after_the_step_waits_for_a_slow_step(qtbot, run, supervised) -> None:
    heard = supervised(TrainingRun.launch(run, command=fake(steps=1_000_000, pause=0.5)))
    wait_for(qtbot, heard, events.StepDone)
    heard.training.stop_after_step()
    assert wait_for_end(qtbot, heard) == "stopped"
    assert isinstance(heard.events[-1], events.Finished)
    assert heard.log.checkpoint_step == heard.log.step


def test_stop_now_ends_a_worker_that_hangs_after_its_grace(
    qtbot, run, supervised, monkeypatch
) -> None:
    heard = supervised(TrainingRun.launch(run, command=fake(hang_at=12)))
    qtbot.waitUntil(lambda: heard.log.step == 11, timeout=WAIT_MS)
    started = time.monotonic()
    heard.training.stop_now()
    assert wait_for_end(qtbot, heard) == "stopped"
    assert time.monotonic() - started >= 2.0
    assert "stopped at once" in heard.training.ending.what
    assert heard.training.ending.hint == "Continue from step 10"
    assert endings.past(run).state is RunState.STOPPED


def test_stop_now_kills_a_worker_that_ignores_even_terminate(qtbot, run, supervised) -> None:
    heard = supervised(TrainingRun.launch(run, command=fake(steps=1_000_000, deaf=1)))
    wait_for(qtbot, heard, events.StepDone)
    hello = next(each for each in heard.events if isinstance(each, events.Hello))
    heard.training.stop_now()
    assert wait_for_end(qtbot, heard) == "stopped"
    assert liveness.process_identity(hello.pid) is None


def test_the_grace_is_one_measured_step_and_at_least_two_seconds(run) -> None:
    supervision = TrainingRun(run, lambda: None)._supervision
    assert supervision.grace_s == 2.0
    for step, seconds in ((1, 1.0), (2, 9.0)):
        supervision._note(events.StepDone(step, {}, {}, 1e-3, seconds))
    assert supervision.grace_s == 12.0
    supervision._note(events.StepDone(3, {}, {}, 1e-3, 9.1))
    assert supervision.grace_s == 2.0
    supervision._note(events.StepDone(4, {}, {}, 1e-3, 999.0))
    assert supervision.grace_s == 60.0


def test_a_worker_that_lingers_after_its_last_word_is_ended(
    qtbot, run, supervised, monkeypatch
) -> None:
    monkeypatch.setattr("s4gui.gui.training_run._LAST_WORD_S", 0.5)
    heard = supervised(TrainingRun.launch(run, command=fake(steps=3, linger=600)))
    assert wait_for_end(qtbot, heard) == "done"


def test_a_run_can_be_stopped_before_the_worker_says_hello(qtbot, run, supervised) -> None:
    heard = supervised(TrainingRun.launch(run, command=fake(mute=600)))
    heard.training.stop_now()
    assert wait_for_end(qtbot, heard) == "stopped"


def test_a_detached_worker_lives_on_and_is_attached_again(qtbot, run, supervised) -> None:
    heard = supervised(TrainingRun.launch(run, command=fake(steps=1_000_000)))
    wait_for(qtbot, heard, events.StepDone)
    heard.training.detach()
    assert wait_for_end(qtbot, heard) == "detached"
    (left,) = endings.find_detached(run.path.parent)
    assert left.lives
    assert left.run == run
    log = endings.past(run)
    assert log.is_detached
    again = supervised(TrainingRun.attach(run))
    qtbot.waitUntil(lambda: again.log.step > heard.log.step, timeout=WAIT_MS)
    assert again.events[: len(heard.events)] == heard.events
    again.training.detach()
    assert wait_for_end(qtbot, again) == "detached"
    last = supervised(TrainingRun.attach(run, offset=run.events.stat().st_size))
    last.training.stop_after_step()
    assert wait_for_end(qtbot, last) == "stopped"
    assert not last.has(events.RunStarted)
    assert endings.find_detached(run.path.parent) == []


def test_a_detached_worker_that_is_killed_is_told(qtbot, run, supervised) -> None:
    heard = supervised(TrainingRun.launch(run, command=fake(steps=1_000_000)))
    wait_for(qtbot, heard, events.Validated)
    heard.training.detach()
    wait_for_end(qtbot, heard)
    again = supervised(TrainingRun.attach(run))
    wait_for(qtbot, again, events.StepDone)
    os.kill(liveness.read_card(run.worker).pid, signal.SIGKILL)
    assert wait_for_end(qtbot, again) == "died"
    assert "ended without a word" in again.training.ending.what
    assert again.training.ending.hint.startswith("Continue from step")


def test_stop_now_reaches_a_detached_worker_that_hangs(qtbot, run, supervised) -> None:
    heard = supervised(TrainingRun.launch(run, command=fake(steps=1_000_000, deaf="very")))
    wait_for(qtbot, heard, events.StepDone)
    heard.training.detach()
    wait_for_end(qtbot, heard)
    again = supervised(TrainingRun.attach(run))
    wait_for(qtbot, again, events.StepDone)
    again.training.stop_now()
    assert wait_for_end(qtbot, again) == "stopped"
    assert liveness.process_identity(liveness.read_card(run.worker).pid) is None


WINDOW = """
    import sys
    from pathlib import Path
    from PySide6.QtCore import QCoreApplication, QTimer
    from s4gui.gui import processes
    from s4gui.gui.training_run import TrainingRun
    from s4gui.store.runs import RunFolder
    processes.step_back = lambda pid, idle: None
    app = QCoreApplication([])
    training = TrainingRun.launch(RunFolder(Path(sys.argv[1])), command=sys.argv[3:])
    def tell(number, batch):
        for each in batch:
            print(type(each).__name__, getattr(each, "pid", 0), flush=True)
            if sys.argv[2] == "detach" and type(each).__name__ == "StepDone":
                training.detach()
    training.events.connect(tell)
    training.ended.connect(lambda *_: print("ended", *_, flush=True))
    app.exec()
"""


def _window(run: RunFolder, how: str, until: str) -> tuple[subprocess.Popen[str], psutil.Process]:
    command = [sys.executable, "-c", textwrap.dedent(WINDOW), str(run.path), how]
    window = subprocess.Popen(
        command + fake(steps=1_000_000), stdout=subprocess.PIPE, text=True, stderr=None
    )
    assert window.stdout is not None
    pid = 0
    for line in window.stdout:
        if line.startswith("Hello"):
            pid = int(line.split()[1])
        if line.startswith(until):
            return window, psutil.Process(pid)
    raise AssertionError(f"the window never said {until}")


def _killed(window: subprocess.Popen[str]) -> None:
    window.kill()
    window.wait()
    assert window.stdout is not None
    window.stdout.close()


def test_when_the_window_is_killed_its_worker_ends_by_itself(qtbot, run) -> None:
    window, worker = _window(run, "stay", "Validated")
    _killed(window)
    assert not psutil.wait_procs([worker], timeout=20)[1]
    last = events_of(run.events.read_text().splitlines())[-1]
    assert isinstance(last, events.Finished)
    assert last.reason == "stopped"


def test_when_the_window_is_killed_a_detached_worker_goes_on_and_is_found(
    qtbot, run, supervised
) -> None:
    window, worker = _window(run, "detach", "ended")
    _killed(window)
    assert worker.is_running()
    (left,) = endings.find_detached(run.path.parent)
    assert left.lives
    heard = supervised(TrainingRun.attach(run))
    wait_for(qtbot, heard, events.Validated)
    heard.training.stop_after_step()
    assert wait_for_end(qtbot, heard) == "stopped"
    assert not psutil.wait_procs([worker], timeout=20)[1]


@pytest.fixture
def idle(tmp_path: Path, qtbot) -> Iterator[IdleWorker]:
    made = IdleWorker(tmp_path / "runs", command=fake(steps=3))
    yield made
    made.close()


def test_an_idle_worker_says_hello_and_then_takes_the_run(qtbot, idle, run, supervised) -> None:
    with qtbot.waitSignal(idle.said_hello, timeout=WAIT_MS) as signal_:
        assert idle.prepare()
    (hello,) = signal_.args
    assert idle.is_ready
    assert idle.prepare()
    link = idle.take()
    assert link is not None
    assert link.pid == hello.pid
    assert idle.take() is None
    heard = supervised(TrainingRun.launch(run, idle=link))
    assert wait_for_end(qtbot, heard) == "done"
    assert heard.events[0] == hello
    assert heard.events == events_of(run.events.read_text().splitlines())
    assert run.log.exists()
    assert not list(run.path.parent.glob(".worker-*"))


def test_an_idle_worker_that_died_is_not_handed_out_and_leaves_no_file(qtbot, idle, run) -> None:
    with qtbot.waitSignal(idle.said_hello, timeout=WAIT_MS) as signal_:
        idle.prepare()
    os.kill(signal_.args[0].pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: not idle.is_ready, timeout=WAIT_MS)
    assert idle.take() is None
    qtbot.waitUntil(lambda: not list(run.path.parent.glob(".worker-*")), timeout=WAIT_MS)
    assert idle.prepare()


def test_no_idle_worker_is_kept_where_memory_is_short(tmp_path, qtbot) -> None:
    before = set(psutil.Process().children(recursive=True))
    short = IdleWorker(tmp_path, command=fake(), free_bytes=lambda: (2 << 30) - 1)
    assert not short.prepare()
    assert short.take() is None
    assert set(psutil.Process().children(recursive=True)) <= before


def test_files_of_idle_workers_of_killed_windows_are_swept(tmp_path, qtbot, idle) -> None:
    folder = tmp_path / "runs"
    folder.mkdir(exist_ok=True)
    gone, ours = folder / f".worker-{2**22 - 1}-1.log", folder / f".worker-{os.getpid()}-999.log"
    gone.write_text("")
    ours.write_text("")
    idle.prepare()
    assert not gone.exists()
    assert ours.exists()


def test_a_worker_is_behind_the_window_in_every_queue(qtbot, idle, in_front, monkeypatch) -> None:
    monkeypatch.setattr(processes, "step_back", in_front)
    idle.prepare()
    link = idle.take()
    assert link is not None
    try:
        assert os.sched_getscheduler(link.pid) == os.SCHED_IDLE
        assert psutil.Process(link.pid).nice() == 19
        proc = Path(f"/proc/{link.pid}")
        assert int((proc / "oom_score_adj").read_text()) == 500
        if (proc / "autogroup").exists() and "nice" in (proc / "autogroup").read_text():
            assert (proc / "autogroup").read_text().split()[-1] == "10"
    finally:
        link.close()


def test_a_group_that_cannot_step_back_just_now_does_so_soon(qtbot, monkeypatch) -> None:
    wrote: list[str] = []

    def write_text(self: Path, text: str) -> int:
        wrote.append(f"{self} {text}")
        if len(wrote) < 3:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        return len(text)

    monkeypatch.setattr(Path, "write_text", write_text)
    processes._group_steps_back(7, 19)
    qtbot.waitUntil(lambda: len(wrote) == 3, timeout=WAIT_MS)
    assert wrote == ["/proc/7/autogroup 19"] * 3


def test_free_memory_is_the_least_of_machine_and_container(tmp_path: Path) -> None:
    proc, groups = tmp_path / "proc", tmp_path / "cgroup"
    proc.mkdir()
    groups.mkdir()
    assert processes.free_memory_bytes(proc, groups) == sys.maxsize
    (proc / "meminfo").write_text("MemTotal: 9 kB\nMemFree: 1 kB\nMemAvailable:  3000 kB\n")
    assert processes.free_memory_bytes(proc, groups) == 3000 * 1024
    (groups / "memory.max").write_text("max\n")
    (groups / "memory.current").write_text("500\n")
    assert processes.free_memory_bytes(proc, groups) == 3000 * 1024
    (groups / "memory.max").write_text("1700\n")
    assert processes.free_memory_bytes(proc, groups) == 1200


def test_a_frozen_program_calls_itself_with_the_word(monkeypatch) -> None:
    assert processes.command_line("worker") == [sys.executable, "-m", "s4gui", "worker"]
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert processes.command_line("preview") == [sys.executable, "preview"]


def test_a_run_whose_owner_forgot_it_goes_on_to_its_end(qtbot, run) -> None:
    class Window(QObject):
        def __init__(self) -> None:
            super().__init__()
            self.endings: list[str] = []

        def end(self, _: int, state: str) -> None:
            self.endings.append(state)

    window = Window()
    TrainingRun.launch(run, command=fake(steps=5)).ended.connect(window.end)
    qtbot.waitUntil(lambda: window.endings == ["done"], timeout=WAIT_MS)
    qtbot.waitUntil(lambda: not TrainingRun._alive, timeout=WAIT_MS)
