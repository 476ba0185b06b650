"""How many pixels of each source a frame's labels have: kept with the rows, counted once before."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np

from s4gui.core.errors import LabelFileError
from s4gui.core.frames import Frame, FrameId
from s4gui.core.sources import NO_SOURCE, SourceKind, SourceTable
from s4gui.store import loading
from s4gui.store.database import NOT_COUNTED
from s4gui.store.journal import Journal

Kinds = dict[FrameId, frozenset[SourceKind]]


def kinds(journal: Journal, sources: SourceTable) -> Kinds | None:
    """The kinds of source of every labelled frame; None where not all of them are counted."""
    if not journal.ask("SELECT 1 FROM sqlite_master WHERE name='source_counts'"):
        return None  # of an older version, and open read-only
    found: dict[FrameId, set[SourceKind]] = {}
    rows = journal.ask("SELECT frame, number FROM source_counts WHERE pixels>0")
    for frame, number in rows:
        if number == NOT_COUNTED:
            return None
        if number <= len(sources.sources):
            found.setdefault(frame, set()).add(sources[number].kind)
    return {frame: frozenset(each) for frame, each in found.items()}


def count_missing(
    journal: Journal,
    folder: Path,
    frame_of: Callable[[FrameId], Frame],
    do: Callable[[Callable[[sqlite3.Connection], object]], None],
) -> None:
    """Count the sources of frames labelled before they were counted with each row.

    Frames that went or whose labels cannot be read have none until they are labelled again.
    """
    wanted = journal.ask("SELECT frame FROM source_counts WHERE number=?", NOT_COUNTED)
    for (name,) in wanted:
        rows: list[tuple[FrameId, int, int]] = []
        try:
            plane = loading.read_mask(journal, folder, frame_of(name)).sources
            found = np.bincount(plane.ravel())
            rows = [(name, int(n), int(found[n])) for n in np.flatnonzero(found)]
        except (KeyError, LabelFileError, ValueError):
            pass  # it went, or is said to be damaged when it is opened

        def put(to: sqlite3.Connection, name: FrameId = name, rows: list = rows) -> None:  # type: ignore[type-arg]
            to.execute("DELETE FROM source_counts WHERE frame=?", (name,))
            to.executemany(
                "INSERT INTO source_counts VALUES(?,?,?)",
                [row for row in rows if row[1] != NO_SOURCE],
            )

        do(put)
