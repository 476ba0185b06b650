"""What a project's frames are labelled with, read from its journal and label files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from s4gui.core.frames import Frame, FrameId
from s4gui.core.history import Entry
from s4gui.core.labels import LabelMask
from s4gui.core.sources import SourceTable
from s4gui.store import loading, registry, source_counts
from s4gui.store.journal import Journal, JournalRow
from s4gui.store.loading import Loaded
from s4gui.store.writer import Writer


class ProjectLabels:
    """The part of a project that reads labels; the project has all that it reads from."""

    folder: Path
    frames: tuple[Frame, ...]
    sources: SourceTable
    read_only: bool
    _index: dict[FrameId, int]
    _journal: Journal
    _writer: Writer | None

    def frame(self, frame_id: FrameId) -> Frame:
        """A frame by its id; KeyError if it is unknown."""
        raise NotImplementedError

    def load(self, frame_id: FrameId, *, history_bytes: int = 64 << 20) -> Loaded:
        """A frame's labels and history: its files plus the journal's rows after them."""
        self._settle(frame_id)
        return loading.load(
            self._journal,
            self.folder,
            self.frame(frame_id),
            write=not self.read_only,
            history_bytes=history_bytes,
        )

    def entries(self, numbers: Iterable[int]) -> list[Entry]:
        """Edits by number, for a history that goes back further than its memory."""
        self.settle()
        return loading.entries(self._journal, numbers)

    def read_mask(self, frame_id: FrameId, upto: int | None = None) -> LabelMask:
        """A frame's labels without history, after row `upto` if given; any thread may ask."""
        self._settle(frame_id)
        return loading.read_mask(self._journal, self.folder, self.frame(frame_id), upto)

    def counts(self, frame_id: FrameId) -> dict[int, int]:
        """Labelled pixels per value, as acknowledged."""
        return self._journal.counts(frame_id)

    def all_counts(self) -> dict[FrameId, dict[int, int]]:
        """Labelled pixels per value of all frames that have any, as acknowledged."""
        return self._journal.all_counts()

    def source_kinds(self) -> source_counts.Kinds | None:
        """The kinds of source of each frame's labels, as acknowledged; None if not counted yet."""
        return source_counts.kinds(self._journal, self.sources)

    def modified_ns(self) -> list[int]:
        """When each image file was last changed, as the last scan saw it, in the frames' order."""
        return registry.read_modified(self._journal)

    def labelled_frames(self) -> tuple[FrameId, ...]:
        """Frames with a labelled pixel, in the project's order, as acknowledged."""
        found = self._journal.all_counts().keys() & self._index.keys()
        return tuple(sorted(found, key=self._index.__getitem__))

    def edits(self, frame_id: FrameId, upto: int | None = None) -> Iterator[JournalRow]:
        """All rows of a frame in order, none after `upto`."""
        return self._journal.rows(frame_id, 0, upto)

    def standing_edits(self, frame_id: FrameId, upto: int | None = None) -> Iterator[JournalRow]:
        """The rows whose effect stands (not undone), oldest first, none after `upto`."""
        heads = self._journal.heads(frame_id, upto)
        return (self._journal.row(seq) for seq in loading.effective(heads))

    def last_taken(self) -> int:
        """The number of the last edit, committed or on its way."""
        return self._journal.last_given() if self._writer is None else self._writer.last_taken

    def settle(self) -> None:
        """Wait until every edit taken is committed; raises if it cannot be."""
        if self._writer is not None:
            self._writer.settle()

    def _settle(self, frame_id: FrameId) -> None:
        if self._writer is not None and self._writer.is_waiting(frame_id):
            self._writer.settle()
