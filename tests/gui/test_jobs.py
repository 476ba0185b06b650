"""Jobs: results on the window's thread, only the newest of a topic, nothing after the close."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import shiboken6
from PySide6.QtCore import QObject

from s4gui.gui.jobs import THREADS, Jobs


@pytest.fixture
def jobs(qtbot) -> Iterator[Jobs]:
    made = Jobs()
    yield made
    assert made.close()


class Gates:
    """Keeps all threads of the pool busy until it is opened."""

    def __init__(self, jobs: Jobs) -> None:
        self.gate = threading.Event()
        self.begun = threading.Semaphore(0)
        for i in range(THREADS):
            jobs.run(f"gate {i}", self._wait, lambda _: None)
        for _ in range(THREADS):
            assert self.begun.acquire(timeout=30)

    def _wait(self) -> None:
        self.begun.release()
        self.gate.wait(60)


def test_only_the_newest_job_of_a_topic_is_heard(qtbot, jobs) -> None:
    begun, gate, heard = threading.Event(), threading.Event(), []

    def old() -> str:
        begun.set()
        gate.wait(60)
        return "old"

    jobs.run("prediction", old, heard.append, heard.append)
    assert begun.wait(30)
    jobs.run("prediction", lambda: "new", heard.append, heard.append)
    gate.set()
    qtbot.waitUntil(lambda: bool(heard))
    assert jobs.close()
    qtbot.wait(20)
    assert heard == ["new"]


def test_a_job_that_is_outdated_before_it_begins_is_not_done(qtbot, jobs) -> None:
    gates, done, heard = Gates(jobs), [], []
    for i in range(50):
        jobs.run("image", lambda i=i: done.append(i) or i, heard.append)
    gates.gate.set()
    qtbot.waitUntil(lambda: jobs.is_idle)
    assert done == heard == [49]


def test_an_error_arrives_on_the_windows_thread_as_a_value(qtbot, jobs) -> None:
    seen = []

    def broken() -> None:
        raise OSError("no such disk")

    jobs.run("save", broken, seen.append, lambda e: seen.append((e, threading.current_thread())))
    qtbot.waitUntil(lambda: bool(seen))
    error, thread = seen[0]
    assert str(error) == "no such disk"
    assert thread is threading.main_thread()


def test_an_error_that_nobody_asked_for_is_told_to_the_door(qtbot, jobs) -> None:
    with qtbot.waitSignal(jobs.failed_unheard) as told:
        jobs.run("save", lambda: 1 // 0, pytest.fail)
    assert isinstance(told.args[0], ZeroDivisionError)


def test_even_an_exit_in_a_job_is_a_value_and_the_thread_lives_on(qtbot, jobs) -> None:
    errors, done = [], []

    def leave() -> None:
        raise SystemExit(3)

    for i in range(THREADS * 2):
        jobs.run(f"leave {i}", leave, pytest.fail, errors.append)
    qtbot.waitUntil(lambda: len(errors) == THREADS * 2)
    jobs.run("work", lambda: "works", done.append)
    qtbot.waitUntil(lambda: done == ["works"])


def test_work_is_done_off_the_windows_thread_and_heard_on_it(qtbot, jobs) -> None:
    seen = []
    jobs.run("x", threading.current_thread, lambda t: seen.append((t, threading.current_thread())))
    qtbot.waitUntil(lambda: bool(seen))
    assert seen[0][0] is not threading.main_thread()
    assert seen[0][1] is threading.main_thread()


def test_what_is_urgent_overtakes_what_waits(qtbot, jobs) -> None:
    gates, order = Gates(jobs), []
    for i in range(20):
        jobs.run(f"thumb {i}", lambda i=i: order.append(f"thumb {i}"), lambda _: None, priority=5)
    jobs.run("image", lambda: order.append("image"), lambda _: None)
    gates.gate.set()
    qtbot.waitUntil(lambda: jobs.is_idle)
    assert order[0] == "image"
    assert len(order) == 21


def test_an_owner_that_qt_has_deleted_hears_nothing(qtbot, jobs) -> None:
    gates, owner, heard = Gates(jobs), QObject(), []
    jobs.run("a", lambda: 1, heard.append, owner=owner)
    jobs.run("b", lambda: 1 // 0, heard.append, heard.append, owner=owner)
    shiboken6.delete(owner)
    gates.gate.set()
    qtbot.waitUntil(lambda: jobs.is_idle)
    assert heard == []


def test_a_forgotten_topic_is_not_heard(qtbot, jobs) -> None:
    gates, heard = Gates(jobs), []
    jobs.run("a", lambda: heard.append("done"), heard.append)
    jobs.forget("a")
    gates.gate.set()
    qtbot.waitUntil(lambda: jobs.is_idle)
    assert jobs.close()
    assert heard == []


def test_after_the_close_nothing_is_done_or_heard(qtbot) -> None:
    jobs, heard = Jobs(), []
    jobs.run("a", lambda: "late", heard.append)
    assert jobs.close()
    jobs.run("b", lambda: heard.append("worked"), heard.append)
    qtbot.wait(30)
    assert heard == []


def test_a_job_that_hangs_does_not_keep_the_program(qtbot) -> None:
    jobs, gate = Jobs(), threading.Event()
    begun = threading.Event()
    jobs.run("hang", lambda: begun.set() or gate.wait(60), lambda _: None)
    assert begun.wait(30)
    assert not jobs.close(timeout_s=0.05)
    assert all(each.daemon for each in jobs._threads)
    gate.set()
    assert jobs.close()


def test_an_error_in_done_reaches_the_last_door_and_jobs_go_on(qtbot, jobs) -> None:
    heard = []
    with qtbot.captureExceptions() as caught:
        jobs.run("a", lambda: 1, lambda _: 1 // 0)
        qtbot.waitUntil(lambda: bool(caught))
        jobs.run("a", lambda: 2, heard.append)
        qtbot.waitUntil(lambda: heard == [2])
    assert caught[0][0] is ZeroDivisionError
