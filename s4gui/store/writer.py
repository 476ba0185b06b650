"""Writer: the one thread that writes a project's rows and label files, in order."""

from __future__ import annotations

import contextlib
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from s4gui.core.errors import ProjectError, S4Error
from s4gui.core.frames import FrameId
from s4gui.core.sources import SourceTable
from s4gui.store import database, journal, label_files
from s4gui.store.label_files import Planes
from s4gui.store.waiting import Done, File, Item, Lane, Task, Trouble, Waiting

_RETRY_S = 1.0


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
        self._waiting = Waiting()
        self._changed = threading.Condition()
        self._closing = False
        self._lanes = {lane: Trouble() for lane in Lane}
        self._saving: Iterator[None] | None = None
        self._connection: sqlite3.Connection | None = None
        self.on_error: Callable[[S4Error], None] | None = None
        self.on_recovered: Callable[[], None] | None = None
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    @property
    def last_error(self) -> S4Error | None:
        """What keeps something from being written now; None if all goes well."""
        return next((each.error for each in self._lanes.values() if each.error), None)

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
            item = Item(lambda to: journal.append(to, seq, row), seq, row.frame, done)
            self._add(item)
        return seq

    def record_together(
        self,
        rows_from: Callable[[int], Sequence[journal.NewRow]],
        *,
        also: Task | None = None,
        done: Done | None = None,
    ) -> range:
        """Take several edits, and `also` another change, of which all or none are committed.

        `rows_from` makes them, given the number of the first; `done` hears the last one's.
        """
        with self._changed:
            first = self._next_seq
            rows = rows_from(first)
            self._check_open()
            if also is not None:
                self._waiting.items.append(Item(also))
            for seq, row in enumerate(rows, first):
                work = partial(journal.append, seq=seq, row=row)
                last = done if seq == first + len(rows) - 1 else None
                self._waiting.items.append(Item(work, seq, row.frame, last))
            self._next_seq += len(rows)
            # One lock for all: `_commit` finds either none of them or every one.
            self._changed.notify_all()
        return range(first, first + len(rows))

    def do(self, task: Task) -> None:
        """Take another change of the database, in order with the rows; it may be tried again."""
        with self._changed:
            self._add(Item(task))

    def write_file(self, name: str, work: Callable[[], None], *, after: int = 0) -> None:
        """Take the writing of another file of the project; only the newest for each name.

        It is written when row `after` is committed, not sooner.
        """
        with self._changed:
            self._check_open()
            self._waiting.files[name] = File(work, after)
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
        self._wait_for((Lane.ROWS,), timeout_s)

    def flush(self, timeout_s: float = 30) -> None:
        """Wait until everything taken is on disk.

        Raises the error (S4Error) of a try made since the call, or ProjectError when the time
        is over; what waits is kept.
        """
        self._wait_for(tuple(Lane), timeout_s)

    def _wait_for(self, lanes: tuple[Lane, ...], timeout_s: float) -> None:
        with self._changed:
            mine = [self._lanes[lane] for lane in lanes]
            failures = [each.failures for each in mine]
            for each in mine:
                each.retry_at = 0.0
            self._changed.notify_all()
            finished = self._changed.wait_for(
                lambda: not self._left(lanes) or failures != [each.failures for each in mine],
                timeout_s,
            )
            error = next((each.error for each in mine if each.error), None)
            if self._left(lanes) and error is not None:
                raise error
            if not finished:
                raise ProjectError(
                    "writer.slow",
                    "{n} changes are still being written",
                    hint="Wait; the disk is slow",
                    n=self._waiting.count,
                )

    def _left(self, lanes: tuple[Lane, ...]) -> int:
        return len(self._waiting.items) if len(lanes) == 1 else self._waiting.count

    def close(self, timeout_s: float = 30) -> None:
        """Write what waits and end the thread; raises like `flush`, the thread has ended then."""
        try:
            self.flush(timeout_s)
        finally:
            with self._changed:
                self._closing = True
                self._changed.notify_all()
            self._thread.join(timeout_s)

    def _add(self, item: Item) -> None:
        self._check_open()
        self._waiting.items.append(item)
        self._changed.notify_all()

    def _check_open(self) -> None:
        if self._closing:
            raise RuntimeError("the project is closed")

    # --- the writer's thread -----------------------------------------------------------------

    def _run(self) -> None:
        while (lane := self._next_lane()) is not None:
            try:
                if lane is Lane.ROWS:
                    self._commit()
                elif lane is Lane.FILES:
                    self._write_file()
                else:
                    self._save_on()
            except Exception as error:  # noqa: BLE001 - what waits is lost when this thread ends
                self._failed(lane, error)
        if self._connection is not None:
            self._connection.close()

    def _next_lane(self) -> Lane | None:
        """Wait for work that may be tried now, rows before all else; None: end."""
        with self._changed:
            while not self._closing:
                now = time.monotonic()
                waiting = [lane for lane in Lane if self._waiting.has(lane)]
                if self._saving is not None and Lane.LABELS not in waiting:
                    waiting.append(Lane.LABELS)
                for lane in waiting:
                    if self._lanes[lane].retry_at <= now:
                        return lane
                ends = [self._lanes[lane].retry_at - now for lane in waiting]
                self._changed.wait(min(ends) if ends else None)
            return None

    def _commit(self) -> None:
        """All waiting rows in one transaction."""
        with self._changed:
            batch = list(self._waiting.items)
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
        self._succeeded(Lane.ROWS)
        for item in batch:
            _tell(item)

    def _write_file(self) -> None:
        with self._changed:
            name = self._waiting.next_file()
            if name is None:
                return
            file = self._waiting.files[name]
        file.work()
        with self._changed:
            if self._waiting.files.get(name) is file:
                del self._waiting.files[name]
        self._succeeded(Lane.FILES)

    def _save_on(self) -> None:
        """Go on with the label files under way for a few milliseconds, or begin the next ones."""
        if self._saving is None:
            with self._changed:
                planes = self._waiting.next_save()
            self._saving = self._save(planes) if planes is not None else None
        if self._saving is not None and next(self._saving, self) is self:
            self._saving = None

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
        self._succeeded(Lane.LABELS)

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = database.connect(self._folder / database.NAME)
        return self._connection

    def _succeeded(self, lane: Lane) -> None:
        with self._changed:
            was_in_trouble = self.last_error is not None
            self._lanes[lane].error, self._lanes[lane].retry_at = None, 0.0
            recovered = was_in_trouble and self.last_error is None
            self._changed.notify_all()
        if recovered and self.on_recovered is not None:
            self.on_recovered()

    def _failed(self, lane: Lane, cause: Exception) -> None:
        # After a failed sync the connection's idea of the file may be wrong: begin anew, and
        # write everything again from memory.
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None
        if lane is Lane.LABELS:
            self._saving = None
        error = cause if isinstance(cause, S4Error) else _cannot_write(self._folder, cause)
        with self._changed:
            first, mine = self.last_error is None, self._lanes[lane]
            mine.error, mine.retry_at = error, time.monotonic() + _RETRY_S
            mine.failures += 1
            self._changed.notify_all()
        if first and self.on_error is not None:
            self.on_error(error)


def _tell(item: Item) -> None:
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
