"""Source: where a labelled pixel came from; SourceTable: the numbers of the source plane."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

NO_SOURCE = 0
"""Value of the source plane where nothing is labelled."""


class SourceKind(StrEnum):
    """How a pixel got its label."""

    PAINTED = "painted"
    CLICKED = "clicked"
    GROWN = "grown"
    ASSISTED = "assisted"
    PROPAGATED = "propagated"
    IMPORTED = "imported"
    ACCEPTED = "accepted"

    @property
    def number(self) -> int:
        """Its number in planes of kinds, 1 and up; never another one."""
        return _NUMBERS[self]

    @property
    def validates(self) -> bool:
        """Whether such pixels may be held out for scores: never what a model had a hand in."""
        return self in {SourceKind.PAINTED, SourceKind.CLICKED, SourceKind.IMPORTED}


_NUMBERS = {kind: number for number, kind in enumerate(SourceKind, 1)}


@dataclass(frozen=True, slots=True)
class Source:
    """One origin: its kind and what it came from (`run 7`, a file's name), empty for a hand."""

    kind: SourceKind
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SourceTable:
    """The sources of a project; a value n of the source plane (uint16) is `sources[n - 1]`.

    Append-only: a number, once given, means the same source for ever. 0 is "not labelled".
    """

    sources: tuple[Source, ...] = ()

    def __post_init__(self) -> None:
        if len(set(self.sources)) != len(self.sources):
            raise ValueError("sources repeat")
        if len(self.sources) > 65_535:
            raise ValueError("a project has at most 65,535 sources")

    def number(self, source: Source) -> int:
        """The number of a known source; KeyError if it is not in the table."""
        try:
            return self.sources.index(source) + 1
        except ValueError:
            raise KeyError(source) from None

    def with_source(self, source: Source) -> SourceTable:
        """The table with this source in it (itself, if it is there already)."""
        return self if source in self.sources else SourceTable((*self.sources, source))

    def __getitem__(self, number: int) -> Source:
        if not 1 <= number <= len(self.sources):
            raise KeyError(number)
        return self.sources[number - 1]

    def kinds(self) -> NDArray[np.uint8]:
        """(65536,) the number of the kind of each number of the source plane; 0: none."""
        table = np.zeros(65_536, np.uint8)
        table[1 : len(self.sources) + 1] = [each.kind.number for each in self.sources]
        return table

    def validating(self) -> tuple[int, ...]:
        """Numbers of the sources whose pixels may be held out for scores."""
        return tuple(n for n, each in enumerate(self.sources, 1) if each.kind.validates)

    def may_score(self, plane: NDArray[np.uint16]) -> NDArray[np.bool_]:
        """(H, W) bool of a source plane (H, W): where no model had a hand in the label."""
        table = np.zeros(65_536, bool)
        table[list(self.validating())] = True
        out: NDArray[np.bool_] = table[plane]
        return out
