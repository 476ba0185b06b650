"""Marks of images (done, approved, flagged) in the project's database, beside their tags."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from s4gui.core.frames import FrameId, FrameState
from s4gui.store.journal import Journal

_MARKS = {str(each): each for each in FrameState if each.is_mark}


def read(journal: Journal) -> dict[FrameId, FrameState]:
    """The marks of all frames that have one; a word of a later version counts as none."""
    rows = journal.ask("SELECT frame, review FROM state WHERE review != ''")
    return {frame: _MARKS[word] for frame, word in rows if word in _MARKS}


def put(connection: sqlite3.Connection, marks: Mapping[FrameId, FrameState | None]) -> None:
    """Replace the marks of these frames, None for no mark; the rest of their state stays."""
    wrong = [each for each in marks.values() if each is not None and not each.is_mark]
    if wrong:
        raise ValueError(f"follows from the labels, is not to be set: {wrong[0]}")
    connection.executemany(
        "INSERT INTO state(frame, review) VALUES(?, ?)"
        " ON CONFLICT(frame) DO UPDATE SET review = excluded.review",
        [(frame, str(mark or "")) for frame, mark in marks.items()],
    )
