"""project.db: the SQLite file of a project, its tables, and connections that are safe to lose."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from s4gui.core.errors import ProjectError
from s4gui.store.atomic import sync_folder

NAME = "project.db"
VERSION = 2
SYNCHRONOUS = "FULL"
"""Every commit reaches the disk before it is acknowledged; OFF only in the test that needs it."""
NETWORK_KINDS = frozenset(
    [
        *("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ncpfs", "lustre", "beegfs"),
        *("vboxsf", "virtiofs", "ntfs", "ntfs3", "exfat", "vfat", "fuseblk"),
        *("fuse.sshfs", "fuse.rclone"),
    ]
)
"""File systems that refuse the write-ahead log, or accept it and break it."""

_SOURCE_COUNTS = """
CREATE TABLE source_counts(
  frame TEXT NOT NULL, number INTEGER NOT NULL, pixels INTEGER NOT NULL,
  PRIMARY KEY(frame, number)) WITHOUT ROWID;
"""
NOT_COUNTED = -1
"""In `source_counts` in place of a source: a frame whose sources are still to be counted."""
MIGRATIONS = {
    1: f"""{_SOURCE_COUNTS}
INSERT INTO source_counts SELECT DISTINCT frame, {NOT_COUNTED}, 1 FROM counts WHERE pixels>0;
"""
}
"""From version n to n + 1, in order, each with all of its statements or none."""
_SCHEMA = f"""
CREATE TABLE frames(
  id TEXT PRIMARY KEY, position INTEGER NOT NULL, root TEXT NOT NULL, path TEXT NOT NULL,
  height INTEGER NOT NULL, width INTEGER NOT NULL, split TEXT NOT NULL, problem TEXT NOT NULL,
  bytes INTEGER NOT NULL DEFAULT 0, mtime_ns INTEGER NOT NULL DEFAULT 0,
  sha256 TEXT NOT NULL DEFAULT '', split_by_hand INTEGER NOT NULL DEFAULT 0);
CREATE TABLE counts(
  frame TEXT NOT NULL, value INTEGER NOT NULL, pixels INTEGER NOT NULL,
  PRIMARY KEY(frame, value)) WITHOUT ROWID;
{_SOURCE_COUNTS}
CREATE TABLE sources(number INTEGER PRIMARY KEY, kind TEXT NOT NULL, detail TEXT NOT NULL);
CREATE TABLE state(
  frame TEXT PRIMARY KEY, review TEXT NOT NULL DEFAULT '', tags TEXT NOT NULL DEFAULT '[]',
  seconds REAL NOT NULL DEFAULT 0);
CREATE TABLE scores(
  run INTEGER NOT NULL, step INTEGER NOT NULL, frame TEXT NOT NULL, facts TEXT NOT NULL,
  PRIMARY KEY(run, step, frame));
CREATE TABLE journal(
  seq INTEGER PRIMARY KEY, frame TEXT NOT NULL, kind TEXT NOT NULL,
  ref_seq INTEGER NOT NULL DEFAULT 0, time REAL NOT NULL, author TEXT NOT NULL,
  tool TEXT NOT NULL, value INTEGER NOT NULL, facts TEXT NOT NULL, tiles BLOB NOT NULL,
  checksum BLOB NOT NULL);
CREATE INDEX journal_by_frame ON journal(frame, seq);
CREATE TABLE saved(
  frame TEXT NOT NULL, seq INTEGER NOT NULL, labels TEXT NOT NULL, sources TEXT NOT NULL,
  PRIMARY KEY(frame, seq)) WITHOUT ROWID;
"""


def connect(path: Path) -> sqlite3.Connection:
    """A connection that writes; makes the file and its tables where there are none.

    Write-ahead log with a sync at each commit; a rollback journal where the log is refused.
    sqlite3.Error if the file is damaged, full or not to be written.
    """
    fresh = not path.exists()
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
    try:
        _prepare(connection, path)
    except BaseException:
        connection.close()
        raise
    if fresh:
        sync_folder(path.parent)
    return connection


def connect_reading(path: Path) -> sqlite3.Connection:
    """A connection that only reads, also from a disk that cannot be written."""
    address = "file:" + quote(str(path), errors="surrogateescape")
    last: sqlite3.Error | None = None
    # A read-only disk has no room for the log's index: then nobody can write either.
    for mode in ("?mode=ro", "?mode=ro&immutable=1"):
        connection = sqlite3.connect(
            address + mode, uri=True, isolation_level=None, check_same_thread=False, timeout=5
        )
        try:
            connection.execute("SELECT count(*) FROM frames").fetchone()
        except sqlite3.Error as error:
            connection.close()
            last = error
        else:
            return connection
    raise ProjectError(
        "project.no_database",
        "{file} cannot be read: {reason}",
        hint="Open the project in a folder that can be written, or restore the file",
        file=path,
        reason=str(last),
    )


def put_frames(connection: sqlite3.Connection, rows: Iterable[dict[str, Any]]) -> None:
    """Replace the list of frames (keys are the columns); labels of frames that went stay."""
    connection.execute("DELETE FROM frames")
    connection.executemany(
        "INSERT INTO frames(id, position, root, path, height, width, split, problem, bytes,"
        " mtime_ns, sha256, split_by_hand) VALUES(:id, :position, :root, :path, :height, :width,"
        " :split, :problem, :bytes, :mtime_ns, :sha256, :split_by_hand)",
        rows,
    )


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    wanted = "DELETE" if on_network(path) else "WAL"
    (mode,) = connection.execute(f"PRAGMA journal_mode={wanted}").fetchone()
    level = SYNCHRONOUS
    if mode.upper() != "WAL" and level == "FULL":
        # With a rollback journal FULL leaves the journal's removal unsynced: a power loss would
        # bring it back and take the last acknowledged edit away.
        level = "EXTRA"
    connection.execute(f"PRAGMA synchronous={level}")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise ProjectError(
            "project.newer_database",
            "{file} was made by a newer s4gui",
            hint="Update s4gui; nothing was changed",
            file=path,
        )
    if version == 0:
        connection.executescript(f"BEGIN;{_SCHEMA}PRAGMA user_version={VERSION};COMMIT;")
        version = VERSION
    for number in range(version, VERSION):
        step = f"BEGIN;{MIGRATIONS[number]}PRAGMA user_version={number + 1};COMMIT;"
        connection.executescript(step)


def on_network(path: Path, *, mounts: Path = Path("/proc/mounts")) -> bool:
    """Whether the file lies on a file system that cannot carry a write-ahead log."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return str(path).startswith(("\\\\", "//"))
    best, kind = "", ""
    for line in lines:
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = fields[1].replace("\\040", " ")
        inside = path.is_relative_to(point)
        if inside and len(point) >= len(best):
            best, kind = point, fields[2]
    return kind in NETWORK_KINDS
