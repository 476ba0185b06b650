"""Planning an edit of the whole project, its undo or its redo: one frame at a time, any thread.

Nothing changes while it is planned, so that it can be cancelled and looked at first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from s4gui.core.errors import ProjectError
from s4gui.core.frames import FrameId
from s4gui.core.labels import Edit, LabelMask, Patch
from s4gui.core.messages import say
from s4gui.core.project_edit import ProjectEdit
from s4gui.store import loading, tiles
from s4gui.store.journal import RowKind
from s4gui.store.project import Project
from s4gui.store.project_rows import ProjectNote
from s4gui.store.tiles import Packed

Progress = Callable[[int, int, str], bool]
"""done, total, what; answers False to cancel."""


@dataclass(frozen=True, slots=True)
class PlannedPart:
    """What will happen to one frame: `kind` is PART, or UNDO or REDO of its row `ref_seq`."""

    frame: FrameId
    kind: RowKind
    patch: Packed
    px: int
    ref_seq: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """All that an edit of the project will do, small: patches are packed. Made at row `upto`.

    `of` is the edit that is undone (`back`) or done again, 0 for a new one.
    """

    edit: ProjectEdit
    parts: tuple[PlannedPart, ...]
    upto: int
    of: int = 0
    back: bool = False

    @property
    def px(self) -> int:
        """Pixels that change."""
        return sum(each.px for each in self.parts)


@dataclass(frozen=True, slots=True)
class Census:
    """Labelled pixels by source number and frame, as they were at row `upto`."""

    px: dict[int, dict[FrameId, int]]
    upto: int


def census(project: Project, progress: Progress | None = None) -> Census | None:
    """Count the sources of all labelled frames; None if cancelled. Masks come one at a time."""
    project.settle()
    upto = project.last_taken()
    found: dict[int, dict[FrameId, int]] = {}
    labelled = set(project.labelled_frames())
    frames = [each for each in _usable(project) if each in labelled]
    what = say("projectwide.counting", "Counting labels")
    for frame in _followed(frames, progress, what):
        if frame is None:
            return None
        numbers, px = np.unique(project.read_mask(frame, upto).sources, return_counts=True)
        for number, count in zip(numbers, px, strict=True):
            if number:
                found.setdefault(int(number), {})[frame] = int(count)
    return Census(found, upto)


def plan(
    project: Project,
    edit: ProjectEdit,
    progress: Progress | None = None,
    *,
    among: Iterable[FrameId] | None = None,
) -> Plan | None:
    """What a new edit does; None if cancelled. `among` are frames it may concern, if known."""
    project.settle()
    upto = project.last_taken()
    parts = []
    what = say("projectwide.planning", "Looking through the labels")
    frames = _concerned(project, edit) if among is None else list(among)
    for frame in _followed(frames, progress, what):
        if frame is None:
            return None
        part = _fresh(project.read_mask(frame, upto), frame, edit)
        parts += [part] if part is not None else []
    return Plan(edit, tuple(parts), upto)


def plan_flip(project: Project, note: ProjectNote, progress: Progress | None = None) -> Plan | None:
    """What the undo of an edit that stands does, or the redo of one that does not."""
    project.settle()
    upto, back = project.last_taken(), note.stands
    own = {note.seq: False, **_directions(project, note)}
    rows = project.journal.parts(own)
    frames = list(rows)
    if not back:
        frames += [each for each in _concerned(project, note.edit) if each not in rows]
    wanted = set(frames)
    frames = [each for each in _usable(project) if each in wanted]
    what = say("projectwide.flipping", "Looking through the labels")
    parts = []
    for frame in _followed(frames, progress, what):
        if frame is None:
            return None
        mine = {seq: own[ref] for seq, ref in rows.get(frame, {}).items()}
        part = _Frame(project, frame, upto, mine).flip(note.edit, back=back)
        parts += [part] if part is not None else []
    return Plan(note.edit, tuple(parts), upto, note.seq, back)


class _Frame:
    """One frame and which of its rows did (False) or took back (True) the edit in question."""

    def __init__(self, project: Project, frame: FrameId, upto: int, mine: dict[int, bool]) -> None:
        self._project, self._frame, self._upto, self._mine = project, frame, upto, mine
        heads = project.journal.heads(frame, upto)
        self._done, self._undone = loading.done_and_undone(heads)
        self._standing = loading.effective(heads)

    def flip(self, edit: ProjectEdit, *, back: bool) -> PlannedPart | None:
        """Undo or redo the edit here. A row next in the history is stepped over; else anew."""
        wanted = not back  # rows that took it back are those to be undone by a redo
        if self._undone and self._mine.get(self._undone[-1]) is back:
            return self._step(RowKind.REDO, self._undone[-1])
        if self._done and self._mine.get(self._done[-1]) is wanted:
            return self._step(RowKind.UNDO, self._done[-1])
        if back:
            return self._rest()
        return _fresh(self._mask(), self._frame, edit)

    def _step(self, kind: RowKind, seq: int) -> PlannedPart:
        data = Packed(self._project.journal.row(seq).data, inverse=kind is RowKind.UNDO)
        return PlannedPart(self._frame, kind, data, data.patch().changed_px, seq)

    def _rest(self) -> PlannedPart | None:
        """Put back what nothing newer has touched."""
        standing = [seq for seq in self._standing if seq in self._mine]
        if not standing or self._mine[standing[-1]]:
            return None
        last = standing[-1]
        mask = self._mask()
        newer = np.zeros(mask.shape, bool)
        for seq in self._standing:
            if seq > last:
                for tile in self._patch(seq).tiles:
                    newer[tile.box.slices] |= tile.changed
        edit = Edit(mask)
        for tile in self._patch(last).tiles:
            labels, sources = mask.labels[tile.box.slices], mask.sources[tile.box.slices]
            free = tile.changed & ~newer[tile.box.slices]
            edit.put(
                np.where(free, tile.labels_before, labels),
                np.where(free, tile.sources_before, sources),
                tile.box,
            )
        return _part(self._frame, edit.finish())

    def _mask(self) -> LabelMask:
        return self._project.read_mask(self._frame, self._upto)

    def _patch(self, seq: int) -> Patch:
        return self._project.journal.row(seq).patch()


def _directions(project: Project, note: ProjectNote) -> dict[int, bool]:
    rows = (project.journal.row(seq) for seq in note.flips)
    return {row.seq: row.kind is RowKind.UNDO for row in rows}


def _fresh(mask: LabelMask, frame: FrameId, edit: ProjectEdit) -> PlannedPart | None:
    return _part(frame, edit.apply(mask))


def _part(frame: FrameId, patch: Patch | None) -> PlannedPart | None:
    if patch is None:
        return None
    packed = Packed(tiles.encode(tiles.compact(patch)))
    return PlannedPart(frame, RowKind.PART, packed, patch.changed_px)


def _usable(project: Project) -> list[FrameId]:
    return [each.id for each in project.frames if not each.problem]


def _concerned(project: Project, edit: ProjectEdit) -> list[FrameId]:
    """Frames that may have such pixels; those that surely have not are never loaded."""
    counts = project.all_counts()
    if edit.sources:
        found = set(counts)
    else:
        found = {frame for frame, each in counts.items() if each.keys() & set(edit.values)}
    return [each for each in _usable(project) if each in found]


def _followed(
    frames: list[FrameId], progress: Progress | None, what: str
) -> Iterator[FrameId | None]:
    """The frames, telling how far it is; None once it is cancelled."""
    for number, frame in enumerate(frames):
        if progress is not None and not progress(number, len(frames), what):
            yield None
            return
        yield frame
    if progress is not None and not progress(len(frames), len(frames), what):
        yield None


def check_fresh(plan: Plan, last_taken: int) -> None:
    """ProjectError if something was painted since the plan was made."""
    if plan.upto != last_taken:
        raise ProjectError(
            "projectwide.stale",
            "Something was painted while the whole project was looked through",
            hint="Try again; nothing was changed",
        )
