"""For every test of the window: no display needed, no stall, nothing left alive, no surprise."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import psutil
import pytest
from _pytest.runner import runtestprotocol
from PySide6.QtCore import QCoreApplication, QEvent, QThread
from PySide6.QtWidgets import QApplication

from s4gui.gui.stalls import STALL_S, Control, StallWatcher

STALLED = "the window stalled"
TRIES = 3


def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """A stall counts if it comes again at once: the window's own code stalls each time, a
    machine that is shared does not. What came once stands in the test's properties.
    """
    where = {"nodeid": item.nodeid, "location": item.location}
    item.ihook.pytest_runtest_logstart(**where)
    for left in reversed(range(TRIES)):
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
        bad = [each for each in reports if each.failed]
        if not left or not bad or any(STALLED not in each.longreprtext for each in bad):
            break
        item.user_properties.append(("stalled once", bad[0].longreprtext))
        item._initrequest()
    for each in reports:
        item.ihook.pytest_runtest_logreport(report=each)
    item.ihook.pytest_runtest_logfinish(**where)
    return True


@pytest.fixture(scope="session")
def control() -> Iterator[Control]:
    """One process that tells how late the machine is anyway."""
    measured = Control()
    yield measured
    measured.close()


class NoStalls:
    """What a test may say to the watcher that watches it."""

    def __init__(self, watcher: StallWatcher) -> None:
        self.watcher = watcher
        self.forgiven = False

    def forgive(self) -> None:
        """This test stalls on purpose."""
        self.forgiven = True


@pytest.fixture(autouse=True)
def no_stalls(qapp: QApplication, control: Control) -> Iterator[NoStalls]:
    """Fails a test in which the window's own code kept its thread for over 100 ms."""
    watcher = StallWatcher(control)
    watcher.start()
    told = NoStalls(watcher)
    yield told
    watcher.stop()
    stalls = [each for each in watcher.stalls if each.own_s > STALL_S]
    if stalls and not told.forgiven:
        pytest.fail(f"{STALLED}\n" + "\n\n".join(map(str, stalls)))


@pytest.fixture(autouse=True)
def nothing_left_alive(qapp: QApplication, control: Control, no_stalls: NoStalls) -> Iterator[None]:
    """Fails a test that leaves a thread or a child process behind."""
    threads = set(threading.enumerate())
    children = set(psutil.Process().children(recursive=True))
    yield
    deadline = time.monotonic() + 5.0
    while left := _left(threads, children):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QCoreApplication.processEvents()
        if time.monotonic() > deadline:
            for each in left:
                if isinstance(each, psutil.Process):
                    each.kill()
            pytest.fail(f"left alive: {left}")
        QThread.msleep(5)


def _left(threads: set[threading.Thread], children: set[psutil.Process]) -> list[object]:
    return [
        *(each for each in threading.enumerate() if each not in threads and _runs(each)),
        *(
            each
            for each in psutil.Process().children(recursive=True)
            if each not in children and each.status() != psutil.STATUS_ZOMBIE
        ),
    ]


def _runs(thread: threading.Thread) -> bool:
    # A thread that Qt started is known to Python as a dummy that never learns of its end.
    if isinstance(thread, threading._DummyThread):
        return Path(f"/proc/self/task/{thread.native_id}").exists()
    return thread.is_alive()


class ExpectedLog:
    """Warnings that a test says it expects."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def expect(self, text: str) -> None:
        """A warning or error with this text in it is right."""
        self.texts.append(text)


@pytest.fixture(autouse=True)
def no_surprising_log(
    nothing_left_alive: None, caplog: pytest.LogCaptureFixture
) -> Iterator[ExpectedLog]:
    """Fails a test in which something was logged at WARNING or above that it did not expect."""
    expected = ExpectedLog()
    yield expected
    surprises = [
        record.getMessage()
        for when in ("setup", "call")
        for record in caplog.get_records(when)
        if record.levelno >= logging.WARNING
        and not any(text in record.getMessage() for text in expected.texts)
    ]
    if surprises:
        pytest.fail("logged without being expected:\n" + "\n".join(surprises))
