"""FrameTable: what lists show of all frames, as columns; no Qt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from s4gui.core.classes import VOID, ClassMap
from s4gui.core.errors import FilterError
from s4gui.core.frames import Frame, FrameId, FrameState
from s4gui.core.listing import Sort
from s4gui.core.sources import SourceKind
from s4gui.core.tags import ImageTags
from s4gui.store.project import Project

STATES = tuple(FrameState)
"""The states by their code in `FrameTable.states`."""
_CODE = {state: code for code, state in enumerate(STATES)}
Counts = Mapping[FrameId, Mapping[int, int]]


def classes_by_name(class_map: ClassMap) -> dict[str, int]:
    """The names that `class:` of a filter knows, as they are written, with their pixel values."""
    return {"void": VOID} | {each.name: each.id for each in class_map.classes}


class FrameTable:
    """One row for each frame, in the project's order; `counts` are labelled pixels by value.

    Columns are (N,) arrays; those that cost something are made when they are first asked for.
    `sources` tells the kinds of source a frame's labels have; None if that is not known.
    """

    def __init__(
        self,
        frames: tuple[Frame, ...] = (),
        counts: Counts | None = None,
        marks: Mapping[FrameId, FrameState] | None = None,
        places: Mapping[FrameId, int] | None = None,
        *,
        tags: Mapping[FrameId, ImageTags] | None = None,
        classes: Mapping[str, int] | None = None,
        sources: Callable[[], Mapping[FrameId, frozenset[SourceKind]] | None] = dict,
        modified_ns: Callable[[], Sequence[int]] = tuple,
    ) -> None:
        self._modified_ns = modified_ns
        self.frames, self.classes = frames, classes or {}
        self._places, self._tags, self._sources = places, tags or {}, sources
        self.labelled_px = np.zeros(len(frames), np.int64)
        self._marks = np.zeros(len(frames), np.uint8)
        self._counts: dict[int, Mapping[int, int]] = {}
        for frame_id, each in (counts or {}).items():
            self.count(frame_id, each)
        self.mark(marks or {})

    @classmethod
    def of(cls, project: Project) -> FrameTable:
        """The table of a project as acknowledged."""
        return cls(
            project.frames,
            project.all_counts(),
            project.marks,
            project.places,
            tags=project.tags,
            classes=classes_by_name(project.class_map),
            sources=project.source_kinds,
            modified_ns=project.modified_ns,
        )

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

    @cached_property
    def folded(self) -> list[str]:
        """Paths for a search without case."""
        return [each.path.casefold() for each in self.frames]

    def ordered(self, places: NDArray[np.intp], by: Sort, *, down: bool) -> NDArray[np.intp]:
        """Rows of the table (in its order) as they stand in a list sorted like this."""
        if by is Sort.NAME:
            return places[::-1] if down else places
        columns: dict[Sort, Callable[[], NDArray[np.float64] | NDArray[np.int64]]] = {
            Sort.DATE: lambda: self._modified,
            Sort.LABELLED: lambda: self.column("labelled"),
            Sort.STATE: lambda: self.states.astype(np.int64),
        }
        key = columns[by]()[places]
        return places[np.argsort(-key if down else key, kind="stable")]

    @cached_property
    def _modified(self) -> NDArray[np.int64]:
        found = np.zeros(len(self), np.int64)
        known = self._modified_ns()[: len(self)]
        found[: len(known)] = known
        return found

    def with_class(self, values: frozenset[int]) -> NDArray[np.bool_]:
        """Frames with a pixel of one of these values, or a tag that says it is there."""
        found = np.zeros(len(self), bool)
        for place, counts in self._counts.items():
            found[place] = not values.isdisjoint(value for value, px in counts.items() if px)
        for frame_id, each in self._tags.items():
            row = self.place(frame_id)
            if row is not None and not values.isdisjoint(each.present):
                found[row] = True
        return found

    def from_source(self, kinds: frozenset[SourceKind]) -> NDArray[np.bool_]:
        """Frames with a pixel of one of these kinds of source; FilterError if none can be told."""
        known = self._sources()
        if known is None:
            raise FilterError(
                "filter.no_sources",
                "Where labels come from is not counted in this project yet",
                hint="Open it once where it can be written",
                at=0,
                until=0,
            )
        found = np.zeros(len(self), bool)
        for frame_id, each in known.items():
            place = self.place(frame_id)
            if place is not None:
                found[place] = not kinds.isdisjoint(each)
        return found

    def column(self, name: str) -> NDArray[np.float64]:
        """Numbers by name: `labelled` (percent), `width`, `height`, `size` (all pixels)."""
        height, width = self._shapes
        area: NDArray[np.float64] = height * width
        if name == "labelled":
            share: NDArray[np.float64] = 100 * self.labelled_px / np.maximum(area, 1)
            return share
        return {"width": width, "height": height, "size": area}[name]

    @cached_property
    def _shapes(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        flat = (edge for each in self.frames for edge in (each.height, each.width))
        both = np.fromiter(flat, np.float64, 2 * len(self))
        return both[::2], both[1::2]
