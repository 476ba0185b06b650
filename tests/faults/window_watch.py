"""Watch: sees what a window has committed, as another program would, and kills it."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import numpy as np

from tests.faults.hand import Row
from tests.faults.window_project import reader, rows_after

MOMENTS = ("any", "row", "pen", "turn")
"""When to kill: at any time, as a row is seen, after the pen went up, after a turn of image."""


class Watch(threading.Thread):
    """Reads project.db as another program does, and kills the window at a chosen moment.

    `rows` are those that were committed, and readable, before the signal was sent.
    """

    def __init__(
        self,
        folder: Path,
        after: int,
        pid: int,
        random: np.random.Generator,
        moments: tuple[str, ...],
    ) -> None:
        super().__init__(name="watch")
        self._folder, self._last, self._pid = folder, after, pid
        self.rows: list[Row] = []
        self.killed = False
        self.moment = str(random.choice(moments))
        count = int(random.integers(1, 5 if self.moment == "turn" else 15))
        self._count, self._delay_s = count, float(random.uniform(0, 0.02))
        self._end = time.monotonic() + (random.uniform(0.1, 1.8) if self.moment == "any" else 4)
        self._noted: Counter[str] = Counter()
        self.over = threading.Event()

    def note(self, what: str) -> None:
        """The hand did something."""
        self._noted[what] += 1

    def run(self) -> None:
        with contextlib.closing(reader(self._folder)) as database:
            while not self._is_time() and not self.over.is_set():
                for row in rows_after(database, self._last):
                    self.rows.append(row)
                    self._last = row.seq
                    self.note("row")
                time.sleep(0.0005)
        if not self.over.is_set():
            os.kill(self._pid, signal.SIGKILL)
            self.killed = True
            self.over.set()

    def _is_time(self) -> bool:
        now = time.monotonic()
        if self.moment != "any" and self._noted[self.moment] >= self._count:
            # At once after a row; around the commit after a pen; during a save after a turn.
            self._end = min(self._end, now + (0 if self.moment == "row" else self._delay_s))
            self._count = sys.maxsize
        return now >= self._end
