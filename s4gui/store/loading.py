"""Opening a frame: its PNG files plus the journal's rows after them, each plane by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from s4gui.core.classes import UNLABELLED
from s4gui.core.errors import LabelFileError
from s4gui.core.frames import Frame
from s4gui.core.history import Entry, History
from s4gui.core.labels import Box, LabelMask, Patch
from s4gui.core.messages import Message
from s4gui.core.sources import NO_SOURCE
from s4gui.store import label_files, masks
from s4gui.store.journal import Head, Journal, JournalRow, RowKind

Pixels = NDArray[np.uint8]
_AT_ONCE_BYTES = 1 << 20
"""History decoded when a frame is opened (some 20 strokes); the rest when it is asked for."""
Plane = NDArray[np.generic]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A frame as opened.

    `history` has the newest edits, `older` the numbers of those before them (oldest first) and
    `later` those of undone edits under its own, which `entries` brings. `seq` is the last row
    in the mask; `recovered` the number of edits that were in the journal only, those of the whole
    project left out; `behind`: the files miss any. With `outside`
    somebody changed the label file: `outside_labels` are theirs, `mask` is ours, and the
    caller decides. `notices` are for the user.
    """

    mask: LabelMask
    history: History
    older: tuple[int, ...]
    later: tuple[int, ...]
    seq: int
    recovered: int = 0
    behind: bool = False
    outside: bool = False
    outside_labels: Pixels | None = None
    notices: tuple[Message, ...] = ()


@dataclass(slots=True)
class _Base:
    """Where a plane's replay begins."""

    plane: Plane
    seq: int = 0
    foreign: Pixels | None = None
    notices: list[Message] = field(default_factory=list)


def load(
    journal: Journal, project: Path, frame: Frame, *, write: bool, history_bytes: int
) -> Loaded:
    """Planes and history of a frame; with `write`, damaged files are moved aside.

    LabelFileError if neither the files nor the journal give the labels.
    """
    heads = journal.heads(frame.id)
    labels, sources = _bases(journal, project, frame, heads, None, write=write)
    # Edits of the whole project are not expected in files of frames that were not open then.
    parts = {head.seq for head in heads if head.kind is RowKind.PART}
    late = [head for head in heads if head.seq > labels.seq]
    recovered = sum(not parts & {head.seq, head.ref_seq} for head in late)
    mask = _replayed(journal, frame, labels, sources, None)
    history, older, later = _history(journal, heads, history_bytes)
    return Loaded(
        mask=mask,
        history=history,
        older=older,
        later=later,
        seq=heads[-1].seq if heads else 0,
        recovered=0 if labels.foreign is not None else recovered,
        behind=bool(late),
        outside=labels.foreign is not None,
        outside_labels=labels.foreign,
        notices=(*labels.notices, *sources.notices),
    )


def read_mask(journal: Journal, project: Path, frame: Frame, upto: int | None = None) -> LabelMask:
    """Both planes of a frame after row `upto`, without history; changes no file."""
    heads = journal.heads(frame.id, upto)
    labels, sources = _bases(journal, project, frame, heads, upto, write=False)
    return _replayed(journal, frame, labels, sources, upto)


def done_and_undone(heads: list[Head]) -> tuple[list[int], list[int]]:
    """The numbers of the edits that are done and of those undone, as the next undo sees them."""
    done: list[int] = []
    undone: list[int] = []
    for head in heads:
        if head.kind is RowKind.CLOSE:
            done, undone = [], []
        elif head.kind.can_be_undone:
            done.append(head.seq)
            undone = []
        elif head.kind is RowKind.UNDO and head.ref_seq in done:
            done.remove(head.ref_seq)
            undone.append(head.ref_seq)
        elif head.kind is RowKind.REDO and head.ref_seq in undone:
            undone.remove(head.ref_seq)
            done.append(head.ref_seq)
    return done, undone


def effective(heads: list[Head]) -> list[int]:
    """The numbers of all edits that stand, oldest first, those before a CLOSE included."""
    standing: list[int] = []
    since: list[Head] = []
    for head in heads:
        since.append(head)
        if head.kind is RowKind.CLOSE:
            standing += [*done_and_undone(since[:-1])[0], head.seq]
            since = []
    return standing + done_and_undone(since)[0]


def _bases(
    journal: Journal,
    project: Path,
    frame: Frame,
    heads: list[Head],
    upto: int | None,
    *,
    write: bool,
) -> tuple[_Base, _Base]:
    files = label_files.of(project, frame.id)
    empty = _Base(np.full(frame.shape, UNLABELLED, np.uint8))
    empty_sources = _Base(np.full(frame.shape, NO_SOURCE, np.uint16))
    if not files.labels.exists() and not heads:
        return empty, empty_sources
    saved = journal.saved(frame.id)
    known = {seq: pair[0] for seq, pair in saved.items()}
    labels = _base(files.labels, empty, known, has_rows=bool(heads), write=write)
    known = {seq: pair[1] for seq, pair in saved.items()}
    sources = _base(files.sources, empty_sources, known, has_rows=bool(heads), write=write)
    # The files may hold more than what is asked for.
    last = labels.seq + sources.seq if upto is None else upto
    if labels.seq > last:
        labels = _Base(empty.plane, notices=labels.notices, foreign=labels.foreign)
    if sources.seq > last or sources.foreign is not None:
        sources = _Base(empty_sources.plane, notices=sources.notices)
    return labels, sources


def _base(path: Path, empty: _Base, known: dict[int, str], *, has_rows: bool, write: bool) -> _Base:
    """What a file gives to begin with; the empty plane where it cannot be trusted."""
    if not path.exists():
        return _Base(empty.plane)
    try:
        masks.check_whole(path)
        is_labels = empty.plane.dtype == np.uint8
        plane, notes = masks.read_noted(path) if is_labels else masks.read_sources(path)
    except LabelFileError as error:
        if not has_rows:
            raise  # nothing to rebuild it from
        return _Base(empty.plane, notices=[_set_aside(path, error, write=write)])
    seq = int(notes["seq"]) if notes.get("seq", "").isdecimal() else 0
    if seq in known and label_files.digest(plane) == known[seq]:
        if plane.shape != empty.plane.shape:
            raise _wrong_size(path, plane.shape, empty.plane.shape)
        return _Base(plane, seq)
    foreign = plane if plane.dtype == np.uint8 else np.zeros((0, 0), np.uint8)
    return _Base(empty.plane, foreign=foreign.astype(np.uint8))


def _replayed(
    journal: Journal, frame: Frame, labels: _Base, sources: _Base, upto: int | None
) -> LabelMask:
    """Both planes after all rows (up to `upto`); each from its own seq on."""
    planes = labels.plane.copy(), sources.plane.copy()
    first = min(labels.seq, sources.seq)
    for row, patch in _patches(journal, journal.rows(frame.id, first, upto)):
        for tile in patch.tiles:
            inside = tile.box.clipped(frame.shape) == tile.box
            ok = inside
            if inside and row.seq > labels.seq:
                ok = _step(planes[0], tile.box, tile.labels_before, tile.labels_after)
            if ok and inside and row.seq > sources.seq:
                ok = _step(planes[1], tile.box, tile.sources_before, tile.sources_after)
            if not ok:
                raise _does_not_fit(frame, row.seq)
    try:
        return LabelMask(planes[0].astype(np.uint8), planes[1].astype(np.uint16))
    except ValueError as error:
        raise _does_not_fit(frame, 0) from error


def _patches(journal: Journal, rows: Iterator[JournalRow]) -> Iterator[tuple[JournalRow, Patch]]:
    for row in rows:
        if row.kind is RowKind.UNDO:
            yield row, journal.row(row.ref_seq).patch().inverse
        elif row.kind is RowKind.REDO:
            yield row, journal.row(row.ref_seq).patch()
        else:
            yield row, row.patch()


def _step(plane: Plane, box: Box, before: Plane, after: Plane) -> bool:
    if not np.array_equal(plane[box.slices], before):
        return False
    plane[box.slices] = after
    return True


def entries(journal: Journal, numbers: Iterable[int]) -> list[Entry]:
    """The edits of these numbers; LabelFileError if a row is damaged."""
    return [Entry(seq, journal.row(seq).patch()) for seq in numbers]


def _history(
    journal: Journal, heads: list[Head], budget_bytes: int
) -> tuple[History, tuple[int, ...], tuple[int, ...]]:
    """The newest edits that fill `_AT_ONCE_BYTES`, and the numbers of those under them, done
    and undone."""
    done, undone = done_and_undone(heads)
    redo, later = _newest(journal, undone, budget_bytes)
    undo, older = _newest(journal, done, min(_AT_ONCE_BYTES, budget_bytes))
    return History.restored(undo, redo, budget_bytes), tuple(older), tuple(later)


def _newest(
    journal: Journal, numbers: list[int], budget_bytes: int
) -> tuple[list[Entry], list[int]]:
    """Entries from the last one back while they fit (at least one), and what is left before."""
    found: list[Entry] = []
    left = list(numbers)
    while left:
        entry = Entry(left[-1], journal.row(left[-1]).patch())
        budget_bytes -= entry.patch.nbytes
        if budget_bytes < 0 and found:
            break
        found.append(entry)
        left.pop()
    return found[::-1], left


def _set_aside(path: Path, error: LabelFileError, *, write: bool) -> Message:
    kept = label_files.move_aside(path, "damaged") if write else path
    return Message(
        "labels.rebuilt",
        "{name} is damaged ({reason}); the labels were rebuilt from the journal, "
        "the file is kept as {kept}",
        {"name": path.name, "reason": str(error), "kept": kept.name},
    )


def _wrong_size(path: Path, found: tuple[int, ...], wanted: tuple[int, ...]) -> LabelFileError:
    return LabelFileError(
        "labels.wrong_size",
        "{name} is {found} pixels, its image {wanted}: the image was replaced by another one",
        hint="Put the old image back, or remove it from the project; the labels are kept",
        name=path.name,
        found="x".join(str(edge) for edge in found[::-1]),
        wanted="x".join(str(edge) for edge in wanted[::-1]),
    )


def _does_not_fit(frame: Frame, seq: int) -> LabelFileError:
    return LabelFileError(
        "labels.rows_do_not_fit",
        "The journal of {frame} does not fit its labels (edit {seq})",
        hint="Restore labels and project.db from a backup; nothing is overwritten",
        frame=frame.id,
        seq=seq,
    )
