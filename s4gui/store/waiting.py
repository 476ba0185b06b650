"""What waits to be written: rows, files, label files; in which order they may go."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from s4gui.core.errors import S4Error
from s4gui.core.frames import FrameId
from s4gui.store.label_files import Planes

Done = Callable[[int], None]
Task = Callable[[sqlite3.Connection], object]


@dataclass(slots=True)
class Item:
    """One thing for the database; a row when `seq` is not 0."""

    work: Task
    seq: int = 0
    frame: FrameId = ""
    done: Done | None = None


class Lane(StrEnum):
    """Kinds of work, the first ones first; trouble with one does not hold up the others."""

    ROWS = "rows"
    FILES = "files"
    LABELS = "labels"


@dataclass(slots=True)
class Trouble:
    """How a lane does: its last error until it succeeds, how often it failed, when it may try."""

    error: S4Error | None = None
    failures: int = 0
    retry_at: float = 0.0


@dataclass(frozen=True, slots=True)
class File:
    """The writing of a file, once row `after` is committed."""

    work: Callable[[], None]
    after: int = 0


@dataclass(slots=True)
class Waiting:
    """All that is not on disk yet."""

    items: deque[Item] = field(default_factory=deque)
    saves: dict[FrameId, Planes] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many things."""
        return len(self.items) + len(self.saves) + len(self.files)

    def has(self, lane: Lane) -> bool:
        """Whether something of a lane could be done now."""
        if lane is Lane.ROWS:
            return bool(self.items)
        found = self.next_file() if lane is Lane.FILES else self.next_save()
        return found is not None

    def next_file(self) -> str | None:
        """A file that need not wait for a row."""
        first = next((each.seq for each in self.items if each.seq), 1 << 62)
        return next((name for name, each in self.files.items() if each.after < first), None)

    def next_save(self) -> Planes | None:
        """Planes all of whose rows are committed."""
        if not self.saves:
            return None
        rows = {each.frame: each.seq for each in reversed(self.items) if each.seq}
        for frame, planes in self.saves.items():
            if rows.get(frame, planes.seq + 1) > planes.seq:
                return planes
        return None
