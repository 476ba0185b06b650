"""The attached transport carries every line of a process and tells its end truly."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from s4gui.core.errors import WorkerDied
from s4gui.store.runs import RunFolder
from s4gui.wire import commands, events, stderr_log
from s4gui.wire.transport import Attached, Transport, events_of

WAIT_S = 60


def all_events(link: Transport) -> list[events.Event]:
    """Everything until the end."""
    found: list[events.Event] = []
    deadline = time.monotonic() + WAIT_S
    while not link.ended:
        found += events_of(link.read(0.2))
        assert time.monotonic() < deadline, found[-3:]
    return found


def until(link: Transport, kind: type) -> list[events.Event]:
    """Everything up to the first event of a kind, which must come."""
    found: list[events.Event] = []
    deadline = time.monotonic() + WAIT_S
    while not any(isinstance(each, kind) for each in found):
        assert not link.ended, found[-3:]
        assert time.monotonic() < deadline, found[-3:]
        found += events_of(link.read(0.2))
    return found


def start(link: Transport, run: RunFolder, *, resume: bool = False) -> None:
    link.send(commands.encode(commands.Start(str(run.path), resume)))


def test_a_whole_run_comes_through_in_order_and_equals_the_runs_file(attached, run) -> None:
    link = attached(steps=30)
    start(link, run)
    heard = all_events(link)
    assert heard == events_of(run.events.read_text().splitlines())
    assert [e.step for e in heard if isinstance(e, events.StepDone)] == list(range(1, 31))
    assert isinstance(heard[0], events.Hello)
    assert heard[-1] == events.Finished(30, "done")
    assert link.exit_code == 0


def test_login_banners_before_hello_are_ignored(attached, run) -> None:
    link = attached(banner=1, steps=3)
    start(link, run)
    lines: list[str] = []
    while not link.ended:
        lines += link.read(0.2)
    assert '"Hello"' in lines[0]
    assert not any("Welcome" in each or '"not"' in each for each in lines)


def test_noise_between_events_costs_no_event(attached, run) -> None:
    link = attached(noise=1, steps=50)
    start(link, run)
    heard = all_events(link)
    assert [e.step for e in heard if isinstance(e, events.StepDone)] == list(range(1, 51))


def test_the_end_of_stdin_stops_the_run_with_a_last_word(attached, run) -> None:
    link = attached(steps=1_000_000)
    start(link, run)
    until(link, events.StepDone)
    link.end_input()
    last = all_events(link)[-1]
    assert isinstance(last, events.Finished)
    assert last.reason == "stopped"


def test_a_killed_worker_shows_its_signal_and_its_last_words(attached, run) -> None:
    link = attached(kill_at=5, half=1)
    start(link, run)
    heard = all_events(link)
    assert heard[-1].step == 4
    assert link.exit_code == -signal.SIGKILL
    assert link.tail() == "last words of the worker"
    assert run.log.read_text() == "last words of the worker\n"


def test_the_tail_is_the_last_fifty_lines(tmp_path: Path) -> None:
    log = tmp_path / "stderr.log"
    log.write_bytes(b"\xff" * 100_000 + b"\n" + b"".join(b"line %d\n" % i for i in range(200)))
    assert stderr_log.tail(log).splitlines() == [f"line {i}" for i in range(150, 200)]
    assert stderr_log.tail(tmp_path / "none") == ""


def test_a_signal_of_the_terminal_does_not_reach_the_worker(attached, run) -> None:
    link = attached(steps=1_000_000)
    start(link, run)
    until(link, events.StepDone)
    child = psutil.Process(link.pid)
    import os

    assert os.getsid(child.pid) == child.pid
    assert os.getpgid(child.pid) != os.getpgid(0)


def test_kill_takes_the_children_of_the_worker_along(tmp_path: Path) -> None:
    code = """
        import subprocess, sys, time
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        print('{"type":"Hello"}')
        print(child.pid, flush=True)
        time.sleep(600)
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    link = Attached(command, greeting="Hello", log=tmp_path / "log")
    lines: list[str] = []
    while len(lines) < 2:
        lines += link.read(1)
    grandchild = psutil.Process(int(lines[1]))
    link.close()
    assert link.exit_code == -signal.SIGKILL
    _, left = psutil.wait_procs([grandchild], timeout=10)
    assert not left


def test_a_worker_whose_child_holds_the_pipe_open_still_ends(tmp_path: Path) -> None:
    code = """
        import subprocess, sys
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        print('{"type":"Hello"}', flush=True)
        sys.exit(7)
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    link = Attached(command, greeting="Hello", log=tmp_path / "log")
    lines: list[str] = []
    start_s = time.monotonic()
    while not link.ended:
        lines += link.read(0.2)
        assert time.monotonic() - start_s < 30
    assert lines == ['{"type":"Hello"}']
    assert link.exit_code == 7
    link.close()


def test_sending_never_blocks_even_when_nobody_reads(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    link = Attached(command, greeting="Hello", log=tmp_path / "log")
    start_s = time.thread_time()
    for _ in range(100):
        link.send("x" * 100_000)
    assert time.thread_time() - start_s < 1
    link.close()
    assert link.exit_code is not None


def test_long_lines_arrive_whole(tmp_path: Path) -> None:
    code = 'import sys\nprint(\'{"type":"Hello"}\')\nfor l in sys.stdin: sys.stdout.write(l)'
    link = Attached([sys.executable, "-c", code], greeting="Hello", log=tmp_path / "log")
    sent = ["y" * 700_000, "é" * 5, "z"]
    for each in sent:
        link.send(each)
    link.end_input()
    lines: list[str] = []
    while not link.ended:
        lines += link.read(0.2)
    link.close()
    assert lines[1:] == sent


def test_what_was_read_can_be_put_back(attached, run) -> None:
    link = attached(steps=3)
    lines: list[str] = []
    while not lines:
        lines = link.read(0.2)
    link.unread(lines)
    start(link, run)
    heard = all_events(link)
    assert isinstance(heard[0], events.Hello)
    assert heard == events_of(run.events.read_text().splitlines())


def test_the_log_of_an_idle_worker_moves_to_its_run_and_an_older_one_is_kept(
    attached, run, tmp_path
) -> None:
    link = attached(exit_at=2)
    link.read(5)
    elsewhere = tmp_path / "runs" / "0009.log"
    elsewhere.write_text("of the run before")
    link.move_log(elsewhere)
    start(link, run)
    all_events(link)
    assert elsewhere.read_text() == "last words of the worker\n"
    assert (elsewhere.parent / "0009-1.log").read_text() == "of the run before"
    assert link.tail() == "last words of the worker"


def test_a_log_that_cannot_be_moved_is_copied_in_the_end(
    attached, run, tmp_path, monkeypatch
) -> None:
    link = attached(exit_at=2)
    link.read(5)

    def refuse(self: Path, target: Path) -> Path:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(Path, "rename", refuse)
    link.move_log(tmp_path / "moved.log")
    start(link, run)
    all_events(link)
    link.close()
    assert (tmp_path / "moved.log").read_text() == "last words of the worker\n"
    assert not run.log.exists()


def test_a_released_worker_lives_on_and_leaves_no_zombie(attached, run) -> None:
    link = attached(steps=1_000_000)
    start(link, run)
    until(link, events.StepDone)
    link.send(commands.encode(commands.Detach()))
    until(link, events.Detached)
    link.release()
    process = psutil.Process(link.pid)
    before = run.events.stat().st_size
    deadline = time.monotonic() + WAIT_S
    while run.events.stat().st_size <= before + 4096:
        assert process.is_running()
        assert time.monotonic() < deadline
    process.kill()
    assert not psutil.wait_procs([process], timeout=10)[1]


def test_a_program_that_is_not_there_is_an_error_a_user_can_read(tmp_path: Path) -> None:
    with pytest.raises(WorkerDied, match="could not be started"):
        Attached(["/no/such/program"], greeting="Hello", log=tmp_path / "log")


def test_an_event_behind_a_torn_line_is_not_lost() -> None:
    whole = events.encode(events.Finished(3, "done"))
    torn = '{"type":"StepDone","step":3,"los'
    assert events_of([torn + whole, torn, "", "noise", "\x00" * 50 + whole]) == [
        events.Finished(3, "done"),
        events.Finished(3, "done"),
    ]


def test_the_worker_ends_when_its_window_is_killed(run: RunFolder, tmp_path: Path) -> None:
    code = f"""
        import sys
        from pathlib import Path
        from s4gui.wire import commands
        from s4gui.wire.transport import Attached
        command = [sys.executable, "-m", "tests.fake_worker", "steps=1000000"]
        link = Attached(command, greeting="Hello", log=Path({str(run.log)!r}))
        link.send(commands.encode(commands.Start({str(run.path)!r})))
        sys.stdout.write(str(link.pid) + "\\n")
        sys.stdout.flush()
        while True:
            link.read(1)
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    window = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert window.stdout is not None
    worker = psutil.Process(int(window.stdout.readline()))
    deadline = time.monotonic() + WAIT_S
    while not run.events.exists() or "StepDone" not in run.events.read_text():
        assert time.monotonic() < deadline
    window.kill()
    window.wait()
    window.stdout.close()
    gone, _ = psutil.wait_procs([worker], timeout=20)
    assert gone
    last = events_of(run.events.read_text().splitlines())[-1]
    assert isinstance(last, events.Finished)
    assert last.reason == "stopped"
