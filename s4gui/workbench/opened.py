"""OpenFrames: the masks and histories in memory, bounded by bytes, none lost that matters."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from s4gui.core.errors import ImageError
from s4gui.core.frames import FrameId
from s4gui.core.history import Entry, History
from s4gui.core.labels import LabelMask, Patch
from s4gui.core.messages import Message
from s4gui.store import journal
from s4gui.store.journal import RowNote
from s4gui.store.project import Project

DEFAULT_BUDGET_BYTES = 512 << 20
DEFAULT_HISTORY_BYTES = 64 << 20
_FETCHED = 20


@dataclass(slots=True)
class OpenFrame:
    """One frame in memory. `seq` is its last row, `saved_seq` what its label files hold."""

    mask: LabelMask
    history: History
    seq: int
    saved_seq: int
    counts: dict[int, int]
    older: list[int]  # numbers of the edits before those in `history`, oldest first
    later: list[int]  # numbers of the undone edits under those in `history`, the next one last
    outside: NDArray[np.uint8] | None = None  # label file changed by somebody; not decided yet
    notes: dict[int, RowNote] = field(default_factory=dict)  # of edits made since it was opened
    knows_notes: bool = False  # whether `notes` has those from before, too

    @property
    def nbytes(self) -> int:
        """Memory of both planes and the history."""
        height, width = self.mask.shape
        return 3 * height * width + self.history.nbytes

    @property
    def is_dirty(self) -> bool:
        """Whether the label files are older than the mask."""
        return self.seq > self.saved_seq

    @property
    def can_undo(self) -> bool:
        """Whether there is an edit to take back, in memory or in the journal."""
        return self.history.can_undo or bool(self.older)

    @property
    def can_redo(self) -> bool:
        """Whether there is an undone edit, in memory or in the journal."""
        return self.history.can_redo or bool(self.later)

    @property
    def done(self) -> tuple[int, ...]:
        """Numbers of the edits that are done, oldest first."""
        return (*self.older, *self.history.done)

    @property
    def undone(self) -> tuple[int, ...]:
        """Numbers of the edits that are undone, the next one to do again first."""
        return (*self.later, *self.history.undone)[::-1]

    def push(self, entry: Entry) -> None:
        """Remember an edit; what the history drops can be fetched again."""
        self.later = []
        self.older += [each.seq for each in self.history.push(entry)]

    def close_history(self) -> None:
        """Nothing before now can be undone."""
        self.history = History()
        self.older, self.later = [], []

    def count(self, patch: Patch) -> None:
        """Take a patch that was applied into the counts."""
        for value, pixels in journal.count_changes(patch).items():
            self.counts[value] = self.counts.get(value, 0) + pixels
            if not self.counts[value]:
                del self.counts[value]


class OpenFrames:
    """Frames by use, the last used last; a frame leaves only when all of it is on disk.

    `notices` collects what opening found out (recovered edits, damaged files), for the user.
    """

    def __init__(
        self,
        project: Project,
        budget_bytes: int = DEFAULT_BUDGET_BYTES,
        history_bytes: int = DEFAULT_HISTORY_BYTES,
    ) -> None:
        self._project, self._budget_bytes = project, budget_bytes
        self._history_bytes = history_bytes
        self._frames: OrderedDict[FrameId, OpenFrame] = OrderedDict()
        self.notices: list[Message] = list(project.notices)

    def __contains__(self, frame_id: FrameId) -> bool:
        return frame_id in self._frames

    def get(self, frame_id: FrameId, *, keep: FrameId | None = None) -> OpenFrame:
        """A frame, opened if it is not; `keep` names one that must stay in memory."""
        opened = self._frames.get(frame_id)
        if opened is None:
            opened = self._open(frame_id)
            self._frames[frame_id] = opened
            self._make_room({frame_id, keep})
        self._frames.move_to_end(frame_id)
        return opened

    def dig(self, opened: OpenFrame) -> None:
        """See that the next undo is in memory, if there is one."""
        if not opened.history.can_undo and opened.older:
            opened.history.put_back(self._project.entries(opened.older[-_FETCHED:]))
            del opened.older[-_FETCHED:]

    def dig_undone(self, opened: OpenFrame) -> None:
        """See that the next redo is in memory, if there is one."""
        if not opened.history.can_redo and opened.later:
            opened.history.put_back_undone(self._project.entries(opened.later[-_FETCHED:]))
            del opened.later[-_FETCHED:]

    def peek(self, frame_id: FrameId) -> OpenFrame | None:
        """A frame if it is in memory."""
        return self._frames.get(frame_id)

    def save(self, frame_id: FrameId) -> None:
        """Hand a frame's planes to the writer if its files are older."""
        opened = self._frames[frame_id]
        if opened.is_dirty and opened.outside is None:
            self._project.writer.save_labels(
                frame_id, opened.mask.labels, opened.mask.sources, opened.seq
            )
            opened.saved_seq = opened.seq

    def save_all(self) -> None:
        """Hand all frames whose files are older to the writer."""
        for frame_id in self._frames:
            self.save(frame_id)

    def forget(self, frame_id: FrameId) -> None:
        """Drop a frame; what is not on disk is lost."""
        self._frames.pop(frame_id, None)

    @property
    def outside(self) -> dict[FrameId, NDArray[np.uint8]]:
        """Labels found in files that somebody else changed, by frame, not decided yet."""
        return {f: each.outside for f, each in self._frames.items() if each.outside is not None}

    def _open(self, frame_id: FrameId) -> OpenFrame:
        frame = self._project.frame(frame_id)
        if frame.problem:
            raise ImageError(
                "frame.unusable",
                "{name} cannot be painted: {reason}",
                hint="Replace the file, then look for images again",
                name=frame.path,
                reason=frame.problem,
            )
        loaded = self._project.load(frame_id, history_bytes=self._history_bytes)
        self.notices += loaded.notices
        if loaded.recovered:
            self.notices.append(_recovered(frame.path, loaded.recovered))
        if loaded.outside:
            self.notices.append(_outside(frame.path))
        return OpenFrame(
            mask=loaded.mask,
            history=loaded.history,
            seq=loaded.seq,
            saved_seq=loaded.seq if not (loaded.behind or loaded.notices) else -1,
            counts=loaded.mask.counts(),
            older=list(loaded.older),
            later=list(loaded.later),
            outside=loaded.outside_labels,
        )

    def _make_room(self, keep: set[FrameId | None]) -> None:
        total = sum(each.nbytes for each in self._frames.values())
        for frame_id in list(self._frames):
            if total <= self._budget_bytes:
                return
            if frame_id in keep or self._frames[frame_id].outside is not None:
                continue
            if self._project.read_only or self._is_settled(frame_id):
                total -= self._frames.pop(frame_id).nbytes

    def _is_settled(self, frame_id: FrameId) -> bool:
        """Whether all of it is on disk; what isn't is sent there, and it goes another time."""
        self.save(frame_id)
        return not self._project.writer.is_waiting(frame_id)


def _recovered(name: str, edits: int) -> Message:
    return Message(
        "labels.recovered",
        "{n} edits of {name} were recovered from the journal",
        {"n": edits, "name": name},
    )


def _outside(name: str) -> Message:
    return Message(
        "labels.changed_outside",
        "The labels of {name} were changed by another program: take them over or keep yours",
        {"name": name},
    )
