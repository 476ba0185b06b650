"""The database: where it may keep a log, and versions."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from s4gui.core.errors import ProjectError
from s4gui.core.labels import Box, LabelMask
from s4gui.store import database, journal
from s4gui.store.journal import Head, NewRow, RowKind
from s4gui.store.loading import done_and_undone, effective

MOUNTS = """\
/dev/sda / ext4 rw 0 0
server:/x /data nfs4 rw 0 0
/dev/sdb /data/local ext4 rw 0 0
//nas/y /my\\040drive cifs rw 0 0
/dev/sdc /media/stick fuseblk rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/home/a/p/project.db", False),
        ("/data/p/project.db", True),
        ("/data/local/p/project.db", False),
        ("/database/p/project.db", False),
        ("/my drive/p/project.db", True),
        ("/media/stick/project.db", True),
    ],
)
def test_network_and_foreign_drives_are_known(tmp_path: Path, path: str, expected: bool) -> None:  # noqa: FBT001
    mounts = tmp_path / "mounts"
    mounts.write_text(MOUNTS)
    assert database.on_network(Path(path), mounts=mounts) is expected


def test_commits_are_synced_with_either_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def modes(name: str) -> tuple[str, int]:
        with contextlib.closing(database.connect(tmp_path / name)) as connection:
            (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
            (level,) = connection.execute("PRAGMA synchronous").fetchone()
        return mode, level

    assert modes("log.db") == ("wal", 2)  # FULL
    monkeypatch.setattr(database, "on_network", lambda path: True)
    assert modes("rollback.db") == ("delete", 3)  # EXTRA
    assert modes("log.db") == ("delete", 3), "a project that moved to a network drive"


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / database.NAME
    database.connect(path).close()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version={database.VERSION + 1}")
    with pytest.raises(ProjectError, match="newer"):
        database.connect(path)


def test_writing_a_row_twice_counts_it_once(tmp_path: Path) -> None:
    mask = LabelMask.empty((10, 10))
    patch = mask.paint(np.ones((10, 10), bool), Box(0, 0, 10, 10), 3, source=1)
    assert patch is not None
    row = NewRow("images/a.png", RowKind.EDIT, patch, time=1)
    with contextlib.closing(database.connect(tmp_path / "x.db")) as connection:
        journal.append(connection, 1, row)
        journal.append(connection, 1, row)
        reading = journal.Journal(connection)
        assert reading.counts("images/a.png") == {3: 100}
        assert [each.seq for each in reading.rows("images/a.png")] == [1]


def heads(text: str) -> list[Head]:
    """`e` edit, `u3` undo of 3, `r3` redo of 3, `c` close."""
    kinds = {"e": RowKind.EDIT, "u": RowKind.UNDO, "r": RowKind.REDO, "c": RowKind.CLOSE}
    return [
        Head(seq, kinds[word[0]], int(word[1:] or 0)) for seq, word in enumerate(text.split(), 1)
    ]


@pytest.mark.parametrize(
    ("rows", "done", "undone", "standing"),
    [
        ("", [], [], []),
        ("e e e", [1, 2, 3], [], [1, 2, 3]),
        ("e e u2 u1", [], [2, 1], []),
        ("e e u2 u1 r1", [1], [2], [1]),
        ("e e u2 e", [1, 4], [], [1, 4]),
        ("e e u2 e u4 u1 r1 r4", [1, 4], [], [1, 4]),
        ("e e u2 c", [], [], [1, 4]),
        ("e c e e u4", [3], [4], [1, 2, 3]),
    ],
)
def test_rows_tell_what_is_done_and_what_undone(
    rows: str, done: list[int], undone: list[int], standing: list[int]
) -> None:
    assert done_and_undone(heads(rows)) == (done, undone)
    assert effective(heads(rows)) == standing
