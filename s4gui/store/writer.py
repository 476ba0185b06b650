"""Writer: the one thread that writes a project's rows and label files, in order."""

from __future__ import annotations

import contextlib
import sqlite3
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from s4gui.core.errors import ProjectError, S4Error
from s4gui.core.frames import FrameId
from s4gui.core.sources import SourceTable
from s4gui.store import database, journal, label_files
from s4gui.store.label_files import Planes

Done = Callable[[int], None]
Task = Callable[[sqlite3.Connection], object]
_RETRY_S = 1.0


@dataclass(slots=True)
class _Item:
    """One thing for the database; a row when `seq` is not 0."""

    work: Task
    seq: int = 0
    frame: FrameId = ""
    done: Done | None = None


@dataclass(slots=True)
class _Waiting:
    items: deque[_Item] = field(default_factory=deque)
    saves: dict[FrameId, Planes] = field(default_factory=dict)
    files: dict[str, Callable[[], None]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return len(self.items) + len(self.saves) + len(self.files)


class Writer:
    """Takes edits at once and writes them soon; what fails stays in memory and is tried again.

    Rows are committed before anything else, several that wait in one transaction. A label
    file is written only when all rows up to its seq are committed, so what it says it holds
    is always in the journal. `on_error` is called once until something succeeds again.
    """

    def __init__(
        self,
        folder: Path,
        *,
        next_seq: int,
        palette: Callable[[], NDArray[np.uint8]],
        sources: Callable[[], SourceTable] = SourceTable,
    ) -> None:
        self._folder, self._palette, self._sources = folder, palette, sources
        self._next_seq = next_seq
        self._waiting = _Waiting()
        self._changed = threading.Condition()
        self._closing = self._hurry = False
        self._failures = 0
        self._connection: sqlite3.Connection | None = None
        self.last_error: S4Error | None = None
        self.on_error: Callable[[S4Error], None] | None = None
        self.on_recovered: Callable[[], None] | None = None
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    @property
    def pending(self) -> int:
        """Rows, label files and other writes that are not on disk yet."""
        with self._changed:
            return self._waiting.count

    @property
    def pending_rows(self) -> int:
        """Edits that are not acknowledged yet."""
        with self._changed:
            return sum(1 for each in self._waiting.items if each.seq)

    def is_waiting(self, frame: FrameId) -> bool:
        """Whether something of this frame is not on disk yet."""
        with self._changed:
            found = any(each.frame == frame for each in self._waiting.items)
            return found or frame in self._waiting.saves

    def record(self, row: journal.NewRow, done: Done | None = None) -> int:
        """Take an edit; its number at once, `done(number)` on the writer's thread when durable."""
        with self._changed:
            seq = self._next_seq
            self._next_seq += 1
            item = _Item(lambda to: journal.append(to, seq, row), seq, row.frame, done)
            self._add(item)
        return seq

    def do(self, task: Task) -> None:
        """Take another change of the database, in order with the rows; it may be tried again."""
        with self._changed:
            self._add(_Item(task))

    def write_file(self, name: str, work: Callable[[], None]) -> None:
        """Take the writing of another file of the project; only the newest for each name."""
        with self._changed:
            self._check_open()
            self._waiting.files[name] = work
            self._changed.notify_all()

    def save_labels(
        self,
        frame: FrameId,
        labels: NDArray[np.uint8],
        sources: NDArray[np.uint16],
        seq: int,
    ) -> None:
        """Take both planes (copied here) as they are after `seq`; only the newest per frame."""
        planes = Planes(frame, seq, labels.copy(), sources.copy())
        with self._changed:
            self._check_open()
            self._waiting.saves[frame] = planes
            self._changed.notify_all()

    @property
    def last_taken(self) -> int:
        """The number of the last edit taken."""
        with self._changed:
            return self._next_seq - 1

    def settle(self, timeout_s: float = 30) -> None:
        """Wait until every row taken is committed; raises like `flush`."""
        self._wait_for(lambda: len(self._waiting.items), timeout_s)

    def flush(self, timeout_s: float = 30) -> None:
        """Wait until everything taken is on disk.

        Raises the error (S4Error) of a try made since the call, or ProjectError when the time
        is over; what waits is kept.
        """
        self._wait_for(lambda: self._waiting.count, timeout_s)

    def _wait_for(self, left: Callable[[], int], timeout_s: float) -> None:
        with self._changed:
            failures = self._failures
            self._hurry = True
            self._changed.notify_all()
            finished = self._changed.wait_for(
                lambda: not left() or self._failures > failures, timeout_s
            )
            if left() and self._failures > failures and self.last_error:
                raise self.last_error
            if not finished:
                raise ProjectError(
                    "writer.slow",
                    "{n} changes are still being written",
                    hint="Wait; the disk is slow",
                    n=self._waiting.count,
                )

    def close(self, timeout_s: float = 30) -> None:
        """Write what waits and end the thread; raises like `flush`, the thread has ended then."""
        try:
            self.flush(timeout_s)
        finally:
            with self._changed:
                self._closing = True
                self._changed.notify_all()
            self._thread.join(timeout_s)

    def _add(self, item: _Item) -> None:
        self._check_open()
        self._waiting.items.append(item)
        self._changed.notify_all()

    def _check_open(self) -> None:
        if self._closing:
            raise RuntimeError("the project is closed")

    # --- the writer's thread -----------------------------------------------------------------

    def _run(self) -> None:
        saving: Iterator[None] | None = None
        while self._wait(busy=saving is not None):
            try:
                if self._commit() or self._write_file():
                    continue
                saving = saving or self._begin_save()
                if saving is not None and next(saving, self) is self:
                    saving = None
            except Exception as error:  # noqa: BLE001 - what waits is lost when this thread ends
                saving = None
                self._failed(error)
        if self._connection is not None:
            self._connection.close()

    def _wait(self, *, busy: bool) -> bool:
        """Until there is work and no pause after a failure is left; False: end."""
        with self._changed:
            if not busy:
                self._changed.wait_for(lambda: self._waiting.count or self._closing)
            if self.last_error is not None and not self._closing:
                end = time.monotonic() + _RETRY_S
                while not self._hurry and not self._closing and time.monotonic() < end:
                    self._changed.wait(max(0.0, end - time.monotonic()))
            self._hurry = False
            return not self._closing

    def _commit(self) -> bool:
        """All waiting rows in one transaction; whether there were any."""
        with self._changed:
            batch = list(self._waiting.items)
        if not batch:
            return False
        connection = self._connected()
        connection.execute("BEGIN IMMEDIATE")
        try:
            for item in batch:
                item.work(connection)
            connection.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                connection.rollback()
            raise
        with self._changed:
            for _ in batch:
                self._waiting.items.popleft()
        self._succeeded()
        for item in batch:
            _tell(item)
        return True

    def _write_file(self) -> bool:
        with self._changed:
            if not self._waiting.files:
                return False
            name, work = next(iter(self._waiting.files.items()))
        work()
        with self._changed:
            if self._waiting.files.get(name) is work:
                del self._waiting.files[name]
        self._succeeded()
        return True

    def _begin_save(self) -> Iterator[None] | None:
        with self._changed:
            planes = next(iter(self._waiting.saves.values()), None)
        return None if planes is None else self._save(planes)

    def _save(self, planes: Planes) -> Iterator[None]:
        """One frame's files, in steps: a row that comes meanwhile is committed between them."""
        hashes = label_files.digest(planes.labels), label_files.digest(planes.sources)
        yield
        # Known before the file is there: a hash on disk that is not known was made outside.
        self._connected().execute(
            "INSERT OR REPLACE INTO saved(frame, seq, labels, sources) VALUES(?,?,?,?)",
            (planes.frame, planes.seq, *hashes),
        )
        yield
        files = label_files.of(self._folder, planes.frame)
        yield from label_files.write_in_steps(
            files, planes, palette=self._palette(), sources=self._sources(), hashes=hashes
        )
        with self._changed:
            if self._waiting.saves.get(planes.frame) is planes:
                del self._waiting.saves[planes.frame]
        self._succeeded()

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = database.connect(self._folder / database.NAME)
        return self._connection

    def _succeeded(self) -> None:
        with self._changed:
            recovered, self.last_error = self.last_error is not None, None
            self._changed.notify_all()
        if recovered and self.on_recovered is not None:
            self.on_recovered()

    def _failed(self, cause: Exception) -> None:
        # After a failed sync the connection's idea of the file may be wrong: begin anew, and
        # write everything again from memory.
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None
        error = cause if isinstance(cause, S4Error) else _cannot_write(self._folder, cause)
        with self._changed:
            first, self.last_error = self.last_error is None, error
            self._failures += 1
            self._changed.notify_all()
        if first and self.on_error is not None:
            self.on_error(error)


def _tell(item: _Item) -> None:
    if item.done is None:
        return
    try:
        item.done(item.seq)
    except Exception:  # noqa: BLE001 - the listener's defect, not the writer's: to the last door
        thread = threading.current_thread()
        threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), thread)))


def _cannot_write(folder: Path, cause: Exception) -> ProjectError:
    reason = cause.strerror if isinstance(cause, OSError) and cause.strerror else str(cause)
    return ProjectError(
        "project.cannot_write",
        "Changes cannot be written to {folder}: {reason}",
        hint="They are kept in memory and tried again: make room or make the folder writable",
        folder=folder,
        reason=reason or type(cause).__name__,
    )
