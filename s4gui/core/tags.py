"""ImageTags: what a person says of a whole image: these classes are in it, those are not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from s4gui.core.classes import MAX_CLASS_ID


@dataclass(frozen=True, slots=True)
class ImageTags:
    """Class ids that are present in an image and ids that are absent; of others nothing is known.

    No id is in both. Nothing is said of where a class is.
    """

    present: frozenset[int] = field(default_factory=frozenset)
    absent: frozenset[int] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        both = sorted(self.present & self.absent)
        if both:
            raise ValueError(f"classes cannot be present and absent at once: {both}")
        wrong = sorted(each for each in self.present | self.absent if not _is_id(each))
        if wrong:
            raise ValueError(f"a class id is 0 to {MAX_CLASS_ID}, not {wrong}")

    def __bool__(self) -> bool:
        return bool(self.present or self.absent)

    def but(
        self,
        *,
        present: Iterable[int] = (),
        absent: Iterable[int] = (),
        unknown: Iterable[int] = (),
    ) -> ImageTags:
        """The same with something else said of these classes."""
        here, gone, open_again = frozenset(present), frozenset(absent), frozenset(unknown)
        return ImageTags(
            (self.present - gone - open_again) | here, (self.absent - here - open_again) | gone
        )

    def to_json(self) -> dict[str, list[int]]:
        """Sorted ids by name; empty for empty tags."""
        named = {"present": sorted(self.present), "absent": sorted(self.absent)}
        return {name: ids for name, ids in named.items() if ids}

    @classmethod
    def from_json(cls, raw: Any) -> ImageTags:
        """The tags of plain values; nothing known for an empty list or object.

        ValueError for anything else that `to_json` did not make.
        """
        if raw in ([], {}):
            return cls()
        if not isinstance(raw, dict) or not raw.keys() <= {"present", "absent"}:
            raise ValueError("tags are an object of present and absent classes")
        lists = [raw.get(name, []) for name in ("present", "absent")]
        if not all(isinstance(each, list) for each in lists):
            raise ValueError("present and absent are lists of class ids")
        return cls(*(frozenset(each) for each in lists))


def _is_id(value: object) -> bool:
    return type(value) is int and 0 <= value <= MAX_CLASS_ID
