"""The journal: one row per edit, its tiles and facts; append-only, undo and redo included."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np

from s4gui.core.classes import UNLABELLED
from s4gui.core.errors import LabelFileError
from s4gui.core.frames import FrameId
from s4gui.core.labels import Patch
from s4gui.core.sources import NO_SOURCE
from s4gui.store import tiles

NO_FRAME: FrameId = ""
"""What rows of the whole project have for a frame."""


class RowKind(StrEnum):
    """What a row did."""

    EDIT = "edit"
    UNDO = "undo"
    REDO = "redo"
    IMPORT = "import"
    ACCEPT = "accept"
    CLOSE = "close"  # labels changed outside were taken over: nothing before can be undone
    PROJECT = "project"  # an edit of the whole project; of no frame, without tiles
    PART = "part"  # what such an edit, its undo or its redo (`ref_seq`) did to one frame

    @property
    def can_be_undone(self) -> bool:
        """Whether the row enters the history."""
        return self not in {RowKind.UNDO, RowKind.REDO, RowKind.CLOSE}


@dataclass(frozen=True, slots=True)
class NewRow:
    """An edit to be written down: `patch` is what changed now (for undo, the inverse).

    An undo or redo names the row it is about (`ref_seq`); its tiles are that row's. Rows of the
    whole project have the frame NO_FRAME and no patch.
    """

    frame: FrameId
    kind: RowKind
    patch: Patch | tiles.Packed | None
    time: float  # seconds since 1970, UTC
    tool: str = ""
    value: int = UNLABELLED
    ref_seq: int = 0
    author: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JournalRow:
    """A row as it stands in the database; `data` are its tiles, empty for undo and redo."""

    seq: int
    frame: FrameId
    kind: RowKind
    ref_seq: int
    time: float
    author: str
    tool: str
    value: int
    facts: dict[str, Any]
    data: bytes

    def patch(self) -> Patch:
        """What the row changed; LabelFileError if its bytes are damaged."""
        try:
            return tiles.decode(self.data)
        except ValueError as error:
            raise damaged(self.seq, self.frame, str(error)) from error


@dataclass(frozen=True, slots=True)
class Head:
    """A row without its tiles: enough to know what is done and what undone."""

    seq: int
    kind: RowKind
    ref_seq: int


@dataclass(frozen=True, slots=True)
class RowNote:
    """What an edit is called by: no tiles. `px` is None in rows from before it was counted."""

    seq: int
    kind: RowKind
    time: float
    tool: str
    value: int
    px: int | None = None
    detail: str = ""  # what an import or an acceptance came from
    ref_seq: int = 0

    @classmethod
    def of(cls, seq: int, row: NewRow) -> RowNote:
        """The note of a row that is about to be written."""
        facts = row.facts
        detail = str(facts.get("origin") or facts.get("from") or "")
        return cls(
            seq, row.kind, row.time, row.tool, row.value, facts.get("px"), detail, row.ref_seq
        )


_COLUMNS = "seq, frame, kind, ref_seq, time, author, tool, value, facts, tiles, checksum"


def append(connection: sqlite3.Connection, seq: int, row: NewRow) -> None:
    """Add a row and its part of the class counts; the caller commits."""
    patch = row.patch.patch() if isinstance(row.patch, tiles.Packed) else row.patch
    has_tiles = patch is not None and row.kind not in {RowKind.UNDO, RowKind.REDO}
    data = tiles.encode(patch) if patch is not None and has_tiles else b""
    facts = json.dumps(row.facts)
    # Plain values, as SQLite gives them back: the checksum is over their text.
    values = (
        seq,
        str(row.frame),
        str(row.kind),
        int(row.ref_seq),
        float(row.time),
        str(row.author),
        str(row.tool),
        int(row.value),
        facts,
        data,
    )
    # OR IGNORE: a commit that failed may have reached the disk all the same, and is tried again.
    added = connection.execute(
        f"INSERT OR IGNORE INTO journal({_COLUMNS}) VALUES(?,?,?,?,?,?,?,?,?,?,?)",
        (*values, _checksum(values)),
    )
    if not added.rowcount:
        return
    if patch is None:
        return
    for value, pixels in count_changes(patch).items():
        connection.execute(
            "INSERT INTO counts(frame, value, pixels) VALUES(?,?,?)"
            " ON CONFLICT(frame, value) DO UPDATE SET pixels = pixels + excluded.pixels",
            (row.frame, value, pixels),
        )
    for number, pixels in source_changes(patch).items():
        connection.execute(
            "INSERT INTO source_counts(frame, number, pixels) VALUES(?,?,?)"
            " ON CONFLICT(frame, number) DO UPDATE SET pixels = pixels + excluded.pixels",
            (row.frame, number, pixels),
        )


def count_changes(patch: Patch) -> dict[int, int]:
    """Labelled pixels won or lost per value; UNLABELLED and zeros left out."""
    total = np.zeros(256, np.int64)
    for tile in patch.tiles:
        total += np.bincount(tile.labels_after.ravel(), minlength=256)
        total -= np.bincount(tile.labels_before.ravel(), minlength=256)
    return {int(v): int(total[v]) for v in np.flatnonzero(total) if v != UNLABELLED}


def source_changes(patch: Patch) -> dict[int, int]:
    """Labelled pixels won or lost per number of a source; NO_SOURCE and zeros left out."""
    total: Counter[int] = Counter()
    for tile in patch.tiles:
        for plane, sign in ((tile.sources_after, 1), (tile.sources_before, -1)):
            found = np.bincount(plane.ravel())
            for number in np.flatnonzero(found):
                total[int(number)] += sign * int(found[number])
    return {number: px for number, px in total.items() if px and number != NO_SOURCE}


class Journal:
    """Reading of a project's rows over one connection; any thread may ask."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()

    def ask(self, question: str, *values: object) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with self._lock:
            return self._connection.execute(question, values).fetchall()

    def last_seq(self) -> int:
        """The highest number given in the project; 0 if none was."""
        return int(self.ask("SELECT coalesce(max(seq), 0) FROM journal")[0][0])

    def last_given(self) -> int:
        """The highest number that a row or a label file carries: new ones come after it."""
        rows = self.ask("SELECT coalesce(max(seq), 0) FROM saved")
        return max(self.last_seq(), int(rows[0][0]))

    def heads(self, frame: FrameId, upto: int | None = None) -> list[Head]:
        """The frame's rows without tiles, in order, none after `upto`."""
        rows = self.ask(
            "SELECT seq, kind, ref_seq FROM journal WHERE frame=? AND seq<=? ORDER BY seq",
            frame,
            _ALL if upto is None else upto,
        )
        return [Head(seq, RowKind(kind), ref) for seq, kind, ref in rows]

    def notes(self, frame: FrameId) -> dict[int, RowNote]:
        """What the frame's edits are called by, by number; undo and redo left out."""
        kinds = [str(kind) for kind in RowKind if kind.can_be_undone]
        rows = self.ask(
            "SELECT seq, kind, time, tool, value, json_extract(facts, '$.px'),"
            " coalesce(json_extract(facts, '$.origin'), json_extract(facts, '$.from'), ''),"
            " ref_seq"
            f" FROM journal WHERE frame=? AND kind IN ({','.join('?' * len(kinds))}) ORDER BY seq",
            frame,
            *kinds,
        )
        return {row[0]: RowNote(row[0], RowKind(row[1]), *row[2:]) for row in rows}

    def parts(self, numbers: Iterable[int]) -> dict[FrameId, dict[int, int]]:
        """The parts of these rows of the project: by frame, their numbers and whose they are."""
        listed = ",".join(str(int(each)) for each in numbers)
        out: dict[FrameId, dict[int, int]] = {}
        for frame, seq, ref in self.ask(
            f"SELECT frame, seq, ref_seq FROM journal WHERE kind='part' AND ref_seq IN ({listed})"
            " ORDER BY seq"
        ):
            out.setdefault(frame, {})[seq] = ref
        return out

    def head(self, seq: int) -> Head:
        """One row without tiles; LabelFileError if there is none."""
        found = self.ask("SELECT seq, kind, ref_seq FROM journal WHERE seq=?", seq)
        if not found:
            raise damaged(seq, "", "it is missing")
        return Head(found[0][0], RowKind(found[0][1]), found[0][2])

    def row(self, seq: int) -> JournalRow:
        """One row, its checksum proved; LabelFileError if it is damaged or missing."""
        found = self.ask(f"SELECT {_COLUMNS} FROM journal WHERE seq=?", seq)
        if not found:
            raise damaged(seq, "", "it is missing")
        return _row(found[0])

    def rows(self, frame: FrameId, after: int = 0, upto: int | None = None) -> Iterator[JournalRow]:
        """The frame's rows in order, one at a time, checksums proved."""
        numbers = self.ask(
            "SELECT seq FROM journal WHERE frame=? AND seq>? AND seq<=? ORDER BY seq",
            frame,
            after,
            _ALL if upto is None else upto,
        )
        return (self.row(seq) for (seq,) in numbers)

    def saved(self, frame: FrameId) -> dict[int, tuple[str, str]]:
        """Hashes of the label and the source plane by the seq they were saved at."""
        rows = self.ask("SELECT seq, labels, sources FROM saved WHERE frame=?", frame)
        return {seq: (labels, sources) for seq, labels, sources in rows}

    def counts(self, frame: FrameId) -> dict[int, int]:
        """Labelled pixels per value of a frame."""
        rows = self.ask("SELECT value, pixels FROM counts WHERE frame=? AND pixels>0", frame)
        return dict(rows)

    def all_counts(self) -> dict[FrameId, dict[int, int]]:
        """Labelled pixels per value of every frame that has any."""
        out: dict[FrameId, dict[int, int]] = {}
        for frame, value, pixels in self.ask("SELECT * FROM counts WHERE pixels>0"):
            out.setdefault(frame, {})[value] = pixels
        return out

    def close(self) -> None:
        """End the connection."""
        with self._lock:
            self._connection.close()


_ALL = 1 << 62


def damaged(seq: int, frame: FrameId, reason: str) -> LabelFileError:
    """The error for a row that is not what was written."""
    return LabelFileError(
        "journal.damaged",
        "Edit {seq} of {frame} is damaged in the database: {reason}",
        hint="Restore project.db from a backup; nothing is overwritten",
        seq=seq,
        frame=frame or "?",
        reason=reason,
    )


def _row(values: tuple[Any, ...]) -> JournalRow:
    seq, frame, kind, ref_seq, time, author, tool, value, facts, data, checksum = values
    try:
        if _checksum(values[:-1]) != checksum:
            raise damaged(seq, str(frame), "its checksum is wrong")
        return JournalRow(
            seq,
            frame,
            RowKind(kind),
            ref_seq,
            time,
            author,
            tool,
            value,
            json.loads(facts),
            data,
        )
    except (TypeError, ValueError, AttributeError) as error:
        raise damaged(seq, str(frame), str(error)) from error


def _checksum(values: tuple[Any, ...]) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    digest.update(repr(values[:-1]).encode("utf-8", "surrogatepass"))
    digest.update(values[-1])
    return digest.digest()
