"""What a project knows of its images and sources: filled by scans, kept in its database."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from s4gui.core.errors import ImageError, ProjectError
from s4gui.core.frames import Frame, FrameId, Split
from s4gui.core.messages import Message
from s4gui.core.sources import Source, SourceKind, SourceTable
from s4gui.store import database, label_files, names
from s4gui.store.journal import Journal
from s4gui.store.project_file import ProjectFile
from s4gui.store.scan import Found, Progress, scan

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rooted:
    """What scans of all roots found, in the project's order."""

    images: tuple[tuple[str, Found], ...]
    mask_folders: tuple[Path, ...]


def root_name(folder: Path) -> str:
    """The name of a root: its folder's."""
    return names.clean(folder.name).replace("/", "") or "images"


def scan_roots(
    roots: dict[str, Path],
    *,
    known: dict[str, dict[str, Found]] | None = None,
    progress: Progress | None = None,
) -> Rooted:
    """Scan every root; ProjectError if one is missing, none has an image, or cancelled."""
    found: list[tuple[str, Found]] = []
    masks: list[Path] = []
    for root, folder in roots.items():
        result = scan(folder, known=(known or {}).get(root), progress=progress)
        found += [(root, each) for each in result.images]
        masks += result.mask_folders
    if not found:
        raise ProjectError(
            "scan.no_images",
            "There are no images in {folders}",
            hint="PNG, JPEG, WebP, TIFF and BMP are read; choose another folder",
            folders=", ".join(str(each) for each in roots.values()),
        )
    return Rooted(tuple(found), tuple(masks))


def make(folder: Path, found: Rooted) -> None:
    """Make the database of a new project and write the frames into it."""
    connection = database.connect(folder / database.NAME)
    try:
        _write_frames(connection, rows_of(found.images))
    finally:
        connection.close()


def ensure(folder: Path, content: ProjectFile) -> list[Message]:
    """See that the database is there and sound; made anew from images and labels if not.

    A damaged one is moved aside, never deleted; what was done is said in the notices.
    """
    path = folder / database.NAME
    lost = not path.exists()
    notices: list[Message] = []
    if not lost:
        try:
            database.connect(path).close()
        except sqlite3.OperationalError:
            raise  # full, locked, not to be written: nothing is wrong with the file
        except sqlite3.DatabaseError as error:
            notices.append(_set_aside(path, str(error)))
            lost = True
    if lost:
        present = {name: root for name, root in content.roots.items() if root.is_dir()}
        found = scan_roots(present).images if present else ()
        connection = database.connect(path)
        try:
            _write_frames(connection, rows_of(found))
            adopted = _adopt_labels(connection, folder)
        finally:
            connection.close()
        notices.append(_made_anew(adopted))
    return notices


def read_frames(journal: Journal) -> tuple[Frame, ...]:
    """Every frame in the project's order."""
    rows = journal.ask(
        "SELECT root, path, height, width, split, problem FROM frames ORDER BY position"
    )
    splits = {str(each): each for each in Split}
    return tuple(Frame(r, p, h, w, splits[s], problem) for r, p, h, w, s, problem in rows)


def read_modified(journal: Journal) -> list[int]:
    """When each image file was last changed, in ns since 1970, in the project's order."""
    return [ns for (ns,) in journal.ask("SELECT mtime_ns FROM frames ORDER BY position")]


def read_sources(journal: Journal) -> SourceTable:
    """The source table as it was given out."""
    rows = journal.ask("SELECT number, kind, detail FROM sources ORDER BY number")
    table = {number: Source(SourceKind(kind), detail) for number, kind, detail in rows}
    # A number that is not there was never committed; nothing carries it.
    gaps = range(1, max(table, default=0) + 1)
    return SourceTable(
        tuple(table.get(n, Source(SourceKind.IMPORTED, f"unknown {n}")) for n in gaps)
    )


def known(journal: Journal) -> dict[str, dict[str, Found]]:
    """What was found last time, by root and path."""
    out: dict[str, dict[str, Found]] = {}
    for root, *values in journal.ask(
        "SELECT root, path, height, width, problem, bytes, mtime_ns FROM frames"
    ):
        out.setdefault(root, {})[values[0]] = Found(*values)
    return out


def rows_of(images: Iterable[tuple[str, Found]]) -> list[Row]:
    """Rows of the frames table for what a scan found."""
    return [
        {
            "id": f"{root}/{each.path}",
            "position": position,
            "root": root,
            "path": each.path,
            "height": each.height,
            "width": each.width,
            "split": str(each.split),
            "problem": each.problem,
            "bytes": each.bytes,
            "mtime_ns": each.mtime_ns,
            "sha256": "",
            "split_by_hand": 0,
        }
        for position, (root, each) in enumerate(images)
    ]


def merged(journal: Journal, found: Rooted) -> list[Row]:
    """Rows after a rescan: splits set by hand and hashes of unchanged files stay.

    Frames that went but have labels stay in the list, with a problem.
    """
    old = {
        row[0]: dict(zip(_OLD, row, strict=True))
        for row in journal.ask(f"SELECT {', '.join(_OLD)} FROM frames")
    }
    rows = rows_of(found.images)
    for row in rows:
        before = old.pop(row["id"], None)
        if before is None:
            continue
        if before["split_by_hand"]:
            row["split"], row["split_by_hand"] = before["split"], 1
        if (before["bytes"], before["mtime_ns"]) == (row["bytes"], row["mtime_ns"]):
            row["sha256"] = before["sha256"]
    labelled = journal.all_counts()
    for frame_id, before in old.items():
        if frame_id in labelled:
            gone = before | {"position": len(rows), "problem": "the image is not there any more"}
            rows.append(gone)
    return rows


def as_frames(rows: Iterable[Row]) -> tuple[Frame, ...]:
    """Frames of rows of the frames table."""
    return tuple(
        Frame(r["root"], r["path"], r["height"], r["width"], Split(r["split"]), r["problem"])
        for r in rows
    )


def content_hash(journal: Journal, frame_id: FrameId, path: Path) -> tuple[str, Row | None]:
    """SHA-256 of an image file, and the row to remember it by if it was computed now."""
    try:
        facts = path.stat()
        stamp = facts.st_size, facts.st_mtime_ns
        rows = journal.ask("SELECT bytes, mtime_ns, sha256 FROM frames WHERE id=?", frame_id)
        if rows and rows[0][2] and rows[0][:2] == stamp:
            return str(rows[0][2]), None
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ImageError(
            "image.not_there",
            "{name} cannot be opened: {reason}",
            hint="Say where the images are now: locate",
            name=path.name,
            reason=error.strerror or str(error),
        ) from error
    row = {"id": frame_id, "bytes": stamp[0], "mtime_ns": stamp[1], "sha256": digest}
    return digest, row


def damaged(folder: Path, error: Exception) -> ProjectError:
    """The error for a database that cannot be used now."""
    return ProjectError(
        "project.database",
        "The database of {folder} cannot be opened: {reason}",
        hint="See that the disk has room and can be written; nothing was changed",
        folder=folder,
        reason=str(error),
    )


_OLD = (
    "id",
    "position",
    "root",
    "path",
    "height",
    "width",
    "split",
    "problem",
    "bytes",
    "mtime_ns",
    "sha256",
    "split_by_hand",
)


def _write_frames(connection: sqlite3.Connection, rows: list[Row]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    database.put_frames(connection, rows)
    connection.execute("COMMIT")


def _adopt_labels(connection: sqlite3.Connection, folder: Path) -> int:
    """Take label files that prove themselves (our seq, a true hash) as known; how many."""
    found = 0
    for (frame_id,) in connection.execute("SELECT id FROM frames").fetchall():
        facts = label_files.proved(label_files.of(folder, frame_id))
        if facts is None:
            continue
        connection.execute(
            "INSERT OR REPLACE INTO saved VALUES(?,?,?,?)", (frame_id, facts.seq, *facts.hashes)
        )
        connection.executemany(
            "INSERT OR IGNORE INTO counts VALUES(?,?,?)",
            [(frame_id, value, pixels) for value, pixels in facts.counts.items()],
        )
        connection.executemany(
            "INSERT OR IGNORE INTO sources VALUES(?,?,?)",
            [(number, *source) for number, source in facts.sources.items()],
        )
        connection.execute(
            "INSERT OR IGNORE INTO source_counts VALUES(?,?,1)", (frame_id, database.NOT_COUNTED)
        )
        found += 1
    return found


def _set_aside(path: Path, reason: str) -> Message:
    kept = label_files.move_aside(path, "damaged")
    for suffix in ("-wal", "-shm"):
        beside = path.with_name(path.name + suffix)
        if beside.exists():
            label_files.move_aside(beside, "damaged")
    return Message(
        "project.database_kept",
        "The database was damaged ({reason}) and is kept as {kept}",
        {"reason": reason, "kept": kept.name},
    )


def _made_anew(labels: int) -> Message:
    return Message(
        "project.database_made_anew",
        "The database was made anew from the images and {n} label files; "
        "edits before now cannot be undone",
        {"n": labels},
    )
