"""ProjectEdit: one edit of a whole project: what pixels of all images become, and the classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s4gui.core import class_steps
from s4gui.core.class_steps import ClassStep
from s4gui.core.classes import UNLABELLED
from s4gui.core.frames import FrameId
from s4gui.core.labels import Box, LabelMask, Patch
from s4gui.core.sources import NO_SOURCE
from s4gui.core.tags import ImageTags


@dataclass(frozen=True, slots=True)
class ProjectEdit:
    """Pixels that have one of `values` or come from one of `sources` become `into`.

    They keep their source, unless they become UNLABELLED. `classes` is what happens to the
    class map. `verb` is `merge`, `revert`, `rename`, `reorder` or `remove`; `detail` says in
    the project's own words of what.
    """

    verb: str
    detail: str = ""
    values: tuple[int, ...] = ()
    sources: tuple[int, ...] = ()
    into: int = UNLABELLED
    classes: ClassStep | None = None

    @property
    def touches_pixels(self) -> bool:
        """Whether labels change, not only the class map."""
        return bool(self.values or self.sources)

    def where(self, mask: LabelMask) -> NDArray[np.bool_]:
        """(H, W) bool: the pixels that would change."""
        found: NDArray[np.bool_] = np.isin(mask.labels, np.array(self.values, np.uint8))
        if self.sources:
            found |= np.isin(mask.sources, np.array(self.sources, np.uint16))
        found &= mask.labels != self.into
        return found

    def apply(self, mask: LabelMask) -> Patch | None:
        """Do it to a mask; the patch, None if nothing changes."""
        where = self.where(mask)
        if not where.any():
            return None
        rows, columns = np.flatnonzero(where.any(1)), np.flatnonzero(where.any(0))
        box = Box(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)
        part = where[box.slices]
        labels, sources = mask.labels[box.slices].copy(), mask.sources[box.slices].copy()
        labels[part] = self.into
        if self.into == UNLABELLED:
            sources[part] = NO_SOURCE
        return mask.put(labels, sources, box)

    def merged_tags(self, tags: dict[FrameId, ImageTags]) -> dict[FrameId, ImageTags]:
        """The tags that a merge changes: present if any was, absent only if all were."""
        if self.verb != "merge":
            return {}
        every = {*self.values, self.into}
        out = {}
        for frame, old in tags.items():
            new = old.but(unknown=every)
            if old.present & every:
                new = new.but(present=[self.into])
            elif every <= old.absent:
                new = new.but(absent=[self.into])
            if new != old:
                out[frame] = new
        return out

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "verb": self.verb,
            "detail": self.detail,
            "values": list(self.values),
            "sources": list(self.sources),
            "into": self.into,
            "classes": None if self.classes is None else self.classes.to_json(),
        }

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> ProjectEdit:
        """The edit of plain values; ValueError if `to_json` did not make them."""
        try:
            return cls(
                verb=str(raw["verb"]),
                detail=str(raw["detail"]),
                values=tuple(int(each) for each in raw["values"]),
                sources=tuple(int(each) for each in raw["sources"]),
                into=int(raw["into"]),
                classes=class_steps.from_json(raw["classes"]) if raw["classes"] else None,
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"this is no edit of a project: {raw}") from error
