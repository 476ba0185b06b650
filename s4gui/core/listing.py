"""Listing: which images of a project a list shows; kept with the project."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

_MOST = 12


@dataclass(frozen=True, slots=True)
class Listing:
    """The filter in force and the last filters that were used, newest first."""

    filter: str = ""
    recent: tuple[str, ...] = ()

    def used(self, text: str) -> Listing:
        """The same with a filter remembered as the newest; an empty one is not."""
        if not text.strip():
            return self
        others = tuple(each for each in self.recent if each != text)
        return replace(self, recent=(text, *others)[:_MOST])

    def to_json(self) -> dict[str, Any]:
        """Plain values by name; empty for the listing of all images."""
        named = {"filter": self.filter, "recent": list(self.recent)}
        return {name: value for name, value in named.items() if value}

    @classmethod
    def from_json(cls, raw: Any) -> Listing:
        """The listing of plain values; what cannot be understood is as if it were not there."""
        if not isinstance(raw, dict):
            return cls()
        text, recent = raw.get("filter"), raw.get("recent")
        return cls(
            filter=text if isinstance(text, str) else "",
            recent=tuple(str(each) for each in recent[:_MOST]) if isinstance(recent, list) else (),
        )
