"""Listing: which images of a project a list shows, and in which order; kept with the project."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

_MOST = 12


class Sort(StrEnum):
    """What a list is sorted by; images that are alike stand in the project's order."""

    NAME = "name"
    DATE = "date"  # of the file's last change
    LABELLED = "labelled"
    STATE = "state"

    @property
    def follows_labels(self) -> bool:
        """Whether painting or marking can change the order."""
        return self in {Sort.LABELLED, Sort.STATE}


@dataclass(frozen=True, slots=True)
class Listing:
    """The filter in force, the order, and the last filters that were used, newest first."""

    filter: str = ""
    recent: tuple[str, ...] = ()
    sort: Sort = Sort.NAME
    descending: bool = False

    def used(self, text: str) -> Listing:
        """The same with a filter remembered as the newest; an empty one is not."""
        if not text.strip():
            return self
        others = tuple(each for each in self.recent if each != text)
        return replace(self, recent=(text, *others)[:_MOST])

    def to_json(self) -> dict[str, Any]:
        """Plain values by name; empty for the listing of all images."""
        named = {
            "filter": self.filter,
            "recent": list(self.recent),
            "sort": "" if self.sort is Sort.NAME else str(self.sort),
            "descending": self.descending,
        }
        return {name: value for name, value in named.items() if value}

    @classmethod
    def from_json(cls, raw: Any) -> Listing:
        """The listing of plain values; what cannot be understood is as if it were not there."""
        if not isinstance(raw, dict):
            return cls()
        text, recent, sort = raw.get("filter"), raw.get("recent"), raw.get("sort")
        return cls(
            filter=text if isinstance(text, str) else "",
            recent=tuple(str(each) for each in recent[:_MOST]) if isinstance(recent, list) else (),
            sort=Sort(sort) if sort in list(Sort) else Sort.NAME,
            descending=raw.get("descending") is True,
        )
