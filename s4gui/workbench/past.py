"""Past: what was done to a frame, by name, and going back and forth in it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from s4gui.core.change import Change
from s4gui.core.frames import FrameId
from s4gui.store.journal import RowNote
from s4gui.workbench.labelling import Labelling, both

_COUNTED = 200


@dataclass(frozen=True, slots=True)
class Steps:
    """A frame's edits: the first `done` are done (oldest first), the others can be done again."""

    notes: tuple[RowNote, ...]
    done: int


class Past(Labelling):
    """The edits of a frame as a list in which one can go anywhere."""

    def steps(self, frame_id: FrameId) -> Steps:
        """All edits that undo and redo would reach, those of former sessions included."""
        opened = self._frame(frame_id)
        if not opened.knows_notes:
            opened.notes = self._counted(self.project.journal.notes(frame_id)) | opened.notes
            opened.knows_notes = True
        done, undone = opened.done, opened.undone
        return Steps(tuple(opened.notes[seq] for seq in (*done, *undone)), len(done))

    def go_to(self, frame_id: FrameId, done: int) -> Change:
        """Undo or redo until the first `done` edits of `steps` are done; one Change for all.

        It stops at an edit of the whole project: to undo that is another matter.
        """
        self.project.require_writable()
        change = self.end_stroke()
        opened = self._frame(frame_id)
        while len(opened.done) != done:
            back = len(opened.done) > done
            if self._is_whole(frame_id, back=back):
                break
            part = self.undo(frame_id) if back else self.redo(frame_id)
            if not part:
                break
            change = both(change, part)
        return change

    def _is_whole(self, frame_id: FrameId, *, back: bool) -> bool:
        """Whether the next step is one of the whole project."""
        return False

    def _counted(self, notes: dict[int, RowNote]) -> dict[int, RowNote]:
        """Old rows do not say how many pixels they changed: the newest ones are counted now."""
        silent = [seq for seq, note in notes.items() if note.px is None]
        for entry in self.project.entries(silent[-_COUNTED:]):
            notes[entry.seq] = replace(notes[entry.seq], px=entry.patch.changed_px)
        return notes
