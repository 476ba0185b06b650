"""What a pixel can be: the classes of a project, their permanent ids and their colours."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

MAX_CLASS_ID = 253
VOID = 254
"""Painted on purpose: never learned, never scored. Never a class id."""
UNLABELLED = 255
"""Nobody has painted here. Never a class id."""

Rgb = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class LabelClass:
    """One class; `id` is its pixel value (0-253), given once and never reused or renumbered."""

    id: int
    name: str
    rgb: Rgb
    group: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.id <= MAX_CLASS_ID:
            raise ValueError(f"a class id is 0 to {MAX_CLASS_ID}, not {self.id}")
        if not self.name.strip() or self.name != self.name.strip():
            raise ValueError(f"a class name has no outer blanks and is not empty: {self.name!r}")
        if len(self.rgb) != 3 or not all(0 <= part <= 255 for part in self.rgb):
            raise ValueError(f"a colour is three numbers of 0 to 255, not {self.rgb}")


@dataclass(frozen=True, slots=True)
class ClassMap:
    """The classes of a project in display order; may be empty.

    Ids and case-folded names are unique. `next_id` is the lowest id that was never given, so
    that an id whose class was removed is never given again.
    """

    classes: tuple[LabelClass, ...] = ()
    next_id: int = -1

    def __post_init__(self) -> None:
        ids = [each.id for each in self.classes]
        names = [each.name.casefold() for each in self.classes]
        if len(set(ids)) != len(ids):
            raise ValueError(f"class ids repeat: {ids}")
        if len(set(names)) != len(names):
            raise ValueError(f"class names repeat: {names}")
        lowest = max(ids, default=-1) + 1
        if self.next_id == -1:
            object.__setattr__(self, "next_id", lowest)
        if self.next_id < lowest:
            raise ValueError(f"next_id {self.next_id} is already given")

    def __len__(self) -> int:
        return len(self.classes)

    def __contains__(self, class_id: int) -> bool:
        return any(each.id == class_id for each in self.classes)

    def __getitem__(self, class_id: int) -> LabelClass:
        for each in self.classes:
            if each.id == class_id:
                return each
        raise KeyError(class_id)

    @property
    def ids(self) -> tuple[int, ...]:
        """Class ids in display order."""
        return tuple(each.id for each in self.classes)

    def named(self, name: str) -> LabelClass | None:
        """The class of this name, upper and lower case alike; None if there is none."""
        wanted = name.strip().casefold()
        return next((each for each in self.classes if each.name.casefold() == wanted), None)

    def with_class(self, name: str, rgb: Rgb, group: str = "") -> ClassMap:
        """A class map with one more class at the end; its id has never been used before."""
        added = LabelClass(self.next_id, name, rgb, group)
        return ClassMap((*self.classes, added), self.next_id + 1)

    def changed(
        self, class_id: int, *, name: str | None = None, rgb: Rgb | None = None
    ) -> ClassMap:
        """The same map with one class renamed or recoloured; its id stays."""
        old = self[class_id]
        new = replace(old, name=name or old.name, rgb=rgb or old.rgb)
        return ClassMap(tuple(new if c.id == class_id else c for c in self.classes), self.next_id)

    def without(self, class_id: int) -> ClassMap:
        """The map without one class; its id is not given again."""
        return ClassMap(tuple(c for c in self.classes if c.id != class_id), self.next_id)

    def ordered(self, ids: tuple[int, ...]) -> ClassMap:
        """The same classes in another display order."""
        if sorted(ids) != sorted(self.ids):
            raise ValueError("the new order does not hold the same classes")
        return ClassMap(tuple(self[i] for i in ids), self.next_id)

    def to_train(self) -> NDArray[np.uint8]:
        """Lookup table (256,) uint8 from pixel value to training index 0..C-1; all else 255.

        VOID, UNLABELLED and ids that are not in the map become 255 (never learned, never
        scored). The order is by id, so that a new display order changes no network.
        """
        table = np.full(256, UNLABELLED, np.uint8)
        for index, class_id in enumerate(sorted(self.ids)):
            table[class_id] = index
        return table

    def from_train(self) -> NDArray[np.uint8]:
        """Lookup table (C,) uint8 from training index to class id."""
        return np.array(sorted(self.ids), np.uint8)

    def palette(self) -> NDArray[np.uint8]:
        """Colours (256, 3) uint8 by pixel value; VOID black, UNLABELLED white, others grey."""
        table = np.full((256, 3), 128, np.uint8)
        for each in self.classes:
            table[each.id] = each.rgb
        table[VOID], table[UNLABELLED] = (0, 0, 0), (255, 255, 255)
        return table
