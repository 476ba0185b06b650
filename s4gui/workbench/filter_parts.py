"""What a filter is made of: each part says of every frame of a table whether it passes."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from s4gui.core.frames import FrameState, Split
from s4gui.core.sources import SourceKind
from s4gui.workbench.frame_table import STATES, FrameTable

Mask = NDArray[np.bool_]
OPERATORS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
}


class Part(Protocol):
    """One condition."""

    @property
    def follows_labels(self) -> bool:
        """Whether painting or marking can change what passes."""

    def mask(self, table: FrameTable) -> Mask:
        """(N,) bool: the frames that pass."""


@dataclass(frozen=True, slots=True)
class All:
    """Every part passes; without parts every frame does."""

    parts: tuple[Part, ...] = ()

    @property
    def follows_labels(self) -> bool:
        """As one of its parts."""
        return any(each.follows_labels for each in self.parts)

    def mask(self, table: FrameTable) -> Mask:
        """(N,) bool."""
        found = np.ones(len(table), bool)
        for each in self.parts:
            found &= each.mask(table)
        return found


@dataclass(frozen=True, slots=True)
class Either:
    """At least one part passes."""

    parts: tuple[Part, ...]

    @property
    def follows_labels(self) -> bool:
        """As one of its parts."""
        return any(each.follows_labels for each in self.parts)

    def mask(self, table: FrameTable) -> Mask:
        """(N,) bool."""
        found = np.zeros(len(table), bool)
        for each in self.parts:
            found |= each.mask(table)
        return found


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not pass."""

    part: Part

    @property
    def follows_labels(self) -> bool:
        """As its part."""
        return self.part.follows_labels

    def mask(self, table: FrameTable) -> Mask:
        """(N,) bool."""
        return ~self.part.mask(table)


@dataclass(frozen=True, slots=True)
class Named:
    """The path below the root holds this text, case ignored."""

    text: str
    follows_labels: bool = False

    def mask(self, table: FrameTable) -> Mask:
        """(N,) bool."""
        wanted = self.text.casefold()
        return np.fromiter((wanted in each for each in table.folded), bool, len(table))


@dataclass(frozen=True, slots=True)
class InState:
    """The frame is in one of these states."""

    states: frozenset[FrameState]
    follows_labels: bool = True

    def mask(self, table: FrameTable) -> Mask:
        """(N,) bool."""
        wanted = np.array([each in self.states for each in STATES])
        passes: Mask = wanted[table.states]
        return passes


@dataclass(frozen=True, slots=True)
class InSplit:
    """The frame has one of these splits."""

    splits: frozenset[Split]
    follows_labels: bool = False

    def mask(self, table: FrameTable) -> Mask:
        """(N,) bool."""
        return np.fromiter((each.split in self.splits for each in table.frames), bool, len(table))


@dataclass(frozen=True, slots=True)
class WithClass:
    """Pixels of one of these values are painted, or a tag says that the class is there."""

    values: frozenset[int]
    follows_labels: bool = True

    def mask(self, table: FrameTable) -> Mask:
        """(N,) bool."""
        return table.with_class(self.values)


@dataclass(frozen=True, slots=True)
class FromSource:
    """Pixels of one of these kinds of source are there."""

    kinds: frozenset[SourceKind]
    follows_labels: bool = True

    def mask(self, table: FrameTable) -> Mask:
        """(N,) bool."""
        return table.from_source(self.kinds)


@dataclass(frozen=True, slots=True)
class Compared:
    """A column compared with a number: `labelled` (percent), `width`, `height`, `size` (pixels).

    A broken image has no pixels, and none of it is labelled.
    """

    column: str
    sign: str
    number: float

    @property
    def follows_labels(self) -> bool:
        """Whether the labelled share is asked for."""
        return self.column == "labelled"

    def mask(self, table: FrameTable) -> Mask:
        """(N,) bool."""
        passes: Mask = OPERATORS[self.sign](table.column(self.column), self.number)
        return passes
