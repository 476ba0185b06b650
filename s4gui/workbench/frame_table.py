"""FrameTable: what lists show of all frames, as columns; no Qt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from s4gui.core.frames import Frame, FrameId, FrameState

STATES = tuple(FrameState)
"""The states by their code in `FrameTable.states`."""
_CODE = {state: code for code, state in enumerate(STATES)}
Counts = Mapping[FrameId, Mapping[int, int]]


class FrameTable:
    """One row for each frame, in the project's order; `counts` are labelled pixels by value.

    Columns are (N,) arrays; those that cost something are made when they are first asked for.
    """

    def __init__(
        self,
        frames: tuple[Frame, ...] = (),
        counts: Counts | None = None,
        marks: Mapping[FrameId, FrameState] | None = None,
        places: Mapping[FrameId, int] | None = None,
    ) -> None:
        self.frames = frames
        self._places = places
        self.labelled_px = np.zeros(len(frames), np.int64)
        self._marks = np.zeros(len(frames), np.uint8)
        self._counts: dict[int, Mapping[int, int]] = {}
        for frame_id, each in (counts or {}).items():
            self.count(frame_id, each)
        self.mark(marks or {})

    def __len__(self) -> int:
        return len(self.frames)

    def place(self, frame_id: FrameId) -> int | None:
        """The row of a frame; None if there is none of this id."""
        if self._places is None:
            self._places = {each.id: n for n, each in enumerate(self.frames)}
        return self._places.get(frame_id)

    def count(self, frame_id: FrameId, counts: Mapping[int, int]) -> None:
        """Say how many pixels of each value a frame has now; frames not listed are left out."""
        place = self.place(frame_id)
        if place is None:
            return
        self._counts[place] = counts
        self.labelled_px[place] = sum(counts.values())

    def mark(self, marks: Mapping[FrameId, FrameState | None]) -> None:
        """Say how frames are marked now."""
        for frame_id, mark in marks.items():
            place = self.place(frame_id)
            if place is not None:
                self._marks[place] = 0 if mark is None else _CODE[mark]

    @property
    def states(self) -> NDArray[np.uint8]:
        """Codes of the states, places in STATES."""
        started = (self.labelled_px > 0).astype(np.uint8)
        return np.where(self._marks > 0, self._marks, started)

    def state(self, place: int) -> FrameState:
        """How far one frame is."""
        if self._marks[place]:
            return STATES[int(self._marks[place])]
        return FrameState.STARTED if self.labelled_px[place] else FrameState.UNTOUCHED

    def numbers(self) -> dict[FrameState, int]:
        """How many frames are in each state."""
        found = np.bincount(self.states, minlength=len(STATES))
        return {state: int(found[code]) for code, state in enumerate(STATES)}

    @property
    def labelled(self) -> int:
        """How many frames have a labelled pixel."""
        return int(np.count_nonzero(self.labelled_px))

    def all_are(self, frame_ids: Iterable[FrameId], state: FrameState) -> bool:
        """Whether all of these frames are in a state."""
        places = [self.place(each) for each in frame_ids]
        return all(place is not None and self.state(place) is state for place in places)

    @cached_property
    def broken(self) -> NDArray[np.bool_]:
        """Whether the image cannot be used."""
        return np.fromiter((bool(each.problem) for each in self.frames), bool, len(self))
