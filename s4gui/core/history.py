"""History: undo and redo of one frame's edits, bounded by memory, not by count."""

from __future__ import annotations

from dataclasses import dataclass

from s4gui.core.labels import LabelMask, Patch


@dataclass(frozen=True, slots=True)
class Entry:
    """An edit that can be undone: its number in the journal and its patch."""

    seq: int
    patch: Patch


class History:
    """Done and undone edits of one frame; a new edit forgets what was undone."""

    def __init__(self, budget_bytes: int = 64 << 20) -> None:
        self._done: list[Entry] = []
        self._undone: list[Entry] = []
        self._budget_bytes = budget_bytes
        self._nbytes = 0

    @classmethod
    def restored(
        cls, done: list[Entry], undone: list[Entry], budget_bytes: int = 64 << 20
    ) -> History:
        """A history as it was: both stacks oldest first, the last one being the next."""
        history = cls(budget_bytes)
        history._done, history._undone = list(done), list(undone)
        history._nbytes = sum(each.patch.nbytes for each in (*done, *undone))
        return history

    @property
    def can_undo(self) -> bool:
        """Whether there is an edit to take back."""
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        """Whether there is an undone edit to do again."""
        return bool(self._undone)

    @property
    def nbytes(self) -> int:
        """Memory of all patches kept."""
        return self._nbytes

    @property
    def done(self) -> tuple[int, ...]:
        """Numbers of the edits that are done, oldest first."""
        return tuple(each.seq for each in self._done)

    @property
    def undone(self) -> tuple[int, ...]:
        """Numbers of the edits that are undone, the next one to do again last."""
        return tuple(each.seq for each in self._undone)

    def push(self, entry: Entry) -> tuple[Entry, ...]:
        """Remember an edit that was just done; the oldest ones, dropped to keep the budget."""
        self._nbytes -= sum(each.patch.nbytes for each in self._undone)
        self._undone.clear()
        self._done.append(entry)
        self._nbytes += entry.patch.nbytes
        dropped = []
        while len(self._done) > 1 and self._nbytes > self._budget_bytes:
            dropped.append(self._done.pop(0))
            self._nbytes -= dropped[-1].patch.nbytes
        return tuple(dropped)

    def put_back(self, older: list[Entry]) -> None:
        """Put edits under all others again (oldest first) that were dropped to save memory."""
        self._done[:0] = older
        self._nbytes += sum(each.patch.nbytes for each in older)

    def put_back_undone(self, older: list[Entry]) -> None:
        """Put undone edits under all others again, that were left out to save memory."""
        self._undone[:0] = older
        self._nbytes += sum(each.patch.nbytes for each in older)

    def undo(self, mask: LabelMask) -> Entry | None:
        """Take back the last edit on `mask`; the entry taken back, None if there is none."""
        if not self._done:
            return None
        entry = self._done[-1]
        mask.apply(entry.patch.inverse)
        self._undone.append(self._done.pop())
        return entry

    def redo(self, mask: LabelMask) -> Entry | None:
        """Do the last undone edit again on `mask`; its entry, None if there is none."""
        if not self._undone:
            return None
        entry = self._undone[-1]
        mask.apply(entry.patch)
        self._done.append(self._undone.pop())
        return entry
