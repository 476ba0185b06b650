"""Edits of the whole project as rows of the journal, and the class map they lead to.

The row is what counts: a project file that was not written before a crash is brought up to it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from s4gui.core.classes import ClassMap
from s4gui.core.errors import LabelFileError
from s4gui.core.frames import FrameId
from s4gui.core.messages import Message
from s4gui.core.project_edit import ProjectEdit
from s4gui.core.tags import ImageTags
from s4gui.store.journal import NO_FRAME, Journal, JournalRow, RowKind
from s4gui.store.project_file import ProjectFile

LAST_EDIT = "last_edit"
"""Key of the project file: the token of the last edit of the project that it knows."""


@dataclass(frozen=True, slots=True)
class ProjectNote:
    """An edit of the project as it stands: what it did, to how much, and whether it is done."""

    seq: int
    time: float
    edit: ProjectEdit
    px: int
    images: int
    stands: bool = True
    tags: dict[FrameId, tuple[ImageTags, ImageTags]] = field(default_factory=dict)
    flips: tuple[int, ...] = ()  # rows that undid or redid it

    def flipped(self, seq: int, *, back: bool) -> ProjectNote:
        """The same after it was undone or done again by row `seq`."""
        return replace(self, stands=not back, flips=(*self.flips, seq))


def facts_of(
    edit: ProjectEdit,
    *,
    px: int,
    images: int,
    token: str,
    tags: dict[FrameId, tuple[ImageTags, ImageTags]],
) -> dict[str, Any]:
    """What the row of an edit notes; `tags` are those before and after of frames it changed."""
    pairs = {frame: [each.to_json() for each in pair] for frame, pair in tags.items()}
    return {"edit": edit.to_json(), "px": px, "images": images, "token": token, "tags": pairs}


def note_of(seq: int, time: float, facts: dict[str, Any]) -> ProjectNote:
    """The note of a row's facts; ValueError if they are none."""
    try:
        tags = {
            str(frame): (ImageTags.from_json(before), ImageTags.from_json(after))
            for frame, (before, after) in facts["tags"].items()
        }
        edit = ProjectEdit.from_json(facts["edit"])
        return ProjectNote(seq, time, edit, int(facts["px"]), int(facts["images"]), tags=tags)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("this row is no edit of a project") from error


def notes(journal: Journal) -> dict[int, ProjectNote]:
    """All edits of the project by number, oldest first; damaged rows are left out."""
    out: dict[int, ProjectNote] = {}
    for head in journal.heads(NO_FRAME):
        try:
            row = journal.row(head.seq)
            first = row.kind is RowKind.PROJECT
            note = note_of(row.seq, row.time, row.facts)
        except (LabelFileError, ValueError):
            continue  # `caught_up` has told of it
        if first:
            out[row.seq] = note
        elif row.ref_seq in out:
            back = row.kind is RowKind.UNDO
            out[row.ref_seq] = out[row.ref_seq].flipped(row.seq, back=back)
    return out


def caught_up(journal: Journal, content: ProjectFile) -> tuple[ProjectFile, list[Message]]:
    """The project file's content after all rows; the same if it knows them."""
    try:
        rows = list(journal.rows(NO_FRAME))
        tokens = [str(row.facts.get("token", "")) for row in rows]
        last = content.rest.get(LAST_EDIT)
        if last is not None and last not in tokens:
            return content, []  # the database is another one than the file was written with
        new = rows if last is None else rows[tokens.index(last) + 1 :]
        return _after(content, rows, new), []
    except (LabelFileError, ValueError) as error:
        english = "An edit of the whole project cannot be read: {reason}"
        return content, [Message("project.edit_unreadable", english, {"reason": str(error)})]


def stepped(class_map: ClassMap, edit: ProjectEdit, *, back: bool) -> ClassMap:
    """The class map after an edit was done, or undone."""
    if edit.classes is None:
        return class_map
    return edit.classes.undone(class_map) if back else edit.classes.done(class_map)


def _after(content: ProjectFile, rows: list[JournalRow], new: Iterable[JournalRow]) -> ProjectFile:
    by_seq = {row.seq: row for row in rows}
    for row in new:
        first = row if row.kind is RowKind.PROJECT else by_seq[row.ref_seq]
        edit = note_of(first.seq, first.time, first.facts).edit
        content = content.but(
            class_map=stepped(content.class_map, edit, back=row.kind is RowKind.UNDO),
            rest=content.rest | {LAST_EDIT: row.facts["token"]},
        )
    return content
