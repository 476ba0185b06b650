"""Jobs: work off the window's thread; results come back on it, stale ones are dropped."""

from __future__ import annotations

import itertools
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal

T = TypeVar("T")
THREADS = 2


@dataclass(order=True, slots=True)
class _Job:
    """Sorts by priority, then age."""

    priority: int
    number: int
    topic: str = field(compare=False)
    work: Callable[[], Any] | None = field(compare=False)  # None: the thread ends
    done: Callable[[Any], None] = field(compare=False)
    failed: Callable[[BaseException], None] | None = field(compare=False)
    owner: QObject | None = field(compare=False)


class Jobs(QObject):
    """`run(topic, work, done, failed)`: only the newest job of a topic is heard, on the window's
    thread; one that is outdated before it began is not done at all.

    The threads are daemons: a job that hangs on a dead network drive cannot keep the program.
    """

    failed_unheard = Signal(object)  # an error of a job that was run without `failed`
    _finished = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._numbers = itertools.count(1)
        self._newest: dict[str, int] = {}  # only ever changed on the window's thread
        self._queue: queue.PriorityQueue[_Job] = queue.PriorityQueue()
        self._is_closed = False
        self._finished.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._threads = [
            threading.Thread(target=self._work, name=f"job-{i}", daemon=True)
            for i in range(THREADS)
        ]
        for each in self._threads:
            each.start()

    def run(
        self,
        topic: str,
        work: Callable[[], T],
        done: Callable[[T], None],
        failed: Callable[[BaseException], None] | None = None,
        *,
        owner: QObject | None = None,
        priority: int = 0,
    ) -> None:
        """Do `work` on another thread, then `done` with its result or `failed` with its error.

        Lower priorities go first. Nothing is told to an `owner` that Qt has deleted.
        """
        if self._is_closed:
            return
        number = next(self._numbers)
        self._newest[topic] = number
        self._queue.put(_Job(priority, number, topic, work, done, failed, owner))

    def forget(self, topic: str) -> None:
        """Nobody wants to hear of this topic any more."""
        self._newest.pop(topic, None)

    def forget_all(self) -> None:
        """Nobody wants to hear of anything asked so far: what it was about is closed."""
        self._newest.clear()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is waited for."""
        return not self._newest

    def close(self, *, timeout_s: float = 5.0) -> bool:
        """Drop what waits, wait for what runs; whether all threads ended in time."""
        self._is_closed = True
        self._newest.clear()
        for _ in self._threads:
            self._queue.put(_Job(-(1 << 62), 0, "", None, _nobody, None, None))
        deadline = time.monotonic() + timeout_s
        for each in self._threads:
            each.join(max(0.0, deadline - time.monotonic()))
        return not any(each.is_alive() for each in self._threads)

    def _work(self) -> None:
        while (job := self._queue.get()).work is not None:
            if self._newest.get(job.topic) != job.number:
                continue
            result: object = None
            error: BaseException | None = None
            try:
                result = job.work()
            except BaseException as caught:  # noqa: BLE001 - a door: handed to `failed`
                error = caught
            try:
                self._finished.emit((job, result, error))
            except RuntimeError:  # the window is gone
                return
            del job, result, error  # an idle thread holds no pixels

    def _deliver(self, finished: tuple[_Job, object, BaseException | None]) -> None:
        job, result, error = finished
        if self._newest.get(job.topic) != job.number:
            return
        del self._newest[job.topic]
        if job.owner is not None and not shiboken6.isValid(job.owner):
            return
        if error is None:
            job.done(result)
        elif job.failed is not None:
            job.failed(error)
        else:
            self.failed_unheard.emit(error)


def _nobody(_: object) -> None:
    """Hears nothing."""
