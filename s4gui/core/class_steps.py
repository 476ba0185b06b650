"""ClassStep: one change of a project's class map that can be taken back whenever it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from s4gui.core.classes import ClassMap, LabelClass, Rgb

Look = tuple[str, Rgb]
"""Name and colour."""


class ClassStep(Protocol):
    """A change of the class map. What was changed since is newer and stays as it is."""

    def done(self, class_map: ClassMap) -> ClassMap:
        """The map with the change; the same map if it has no hold there any more."""
        ...

    def undone(self, class_map: ClassMap) -> ClassMap:
        """The map without the change."""
        ...

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        ...


@dataclass(frozen=True, slots=True)
class Renamed:
    """A class has another name or colour."""

    class_id: int
    before: Look
    after: Look

    def done(self, class_map: ClassMap) -> ClassMap:
        """Give the class its new look."""
        return _look(class_map, self.class_id, self.before, self.after)

    def undone(self, class_map: ClassMap) -> ClassMap:
        """Give the class its old look."""
        return _look(class_map, self.class_id, self.after, self.before)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        looks = [[name, list(rgb)] for name, rgb in (self.before, self.after)]
        return {"renamed": self.class_id, "looks": looks}


@dataclass(frozen=True, slots=True)
class Reordered:
    """The classes are shown in another order."""

    before: tuple[int, ...]
    after: tuple[int, ...]

    def done(self, class_map: ClassMap) -> ClassMap:
        """The new order; classes that it does not know follow."""
        return _order(class_map, self.before, self.after)

    def undone(self, class_map: ClassMap) -> ClassMap:
        """The old order; classes that it does not know follow."""
        return _order(class_map, self.after, self.before)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"reordered": [list(self.before), list(self.after)]}


@dataclass(frozen=True, slots=True)
class Removed:
    """A class has left the map; its id is never given again, but it can come back."""

    gone: LabelClass
    place: int

    def done(self, class_map: ClassMap) -> ClassMap:
        """The map without it."""
        return class_map.without(self.gone.id)

    def undone(self, class_map: ClassMap) -> ClassMap:
        """The map with it at its old place; another name if its own was taken meanwhile."""
        if self.gone.id in class_map:
            return class_map
        name = _free_name(class_map, self.gone.name, self.gone.id)
        back = LabelClass(self.gone.id, name, self.gone.rgb, self.gone.group)
        classes = list(class_map.classes)
        classes.insert(self.place, back)
        return ClassMap(tuple(classes), max(class_map.next_id, back.id + 1))

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        gone = [self.gone.id, self.gone.name, list(self.gone.rgb), self.gone.group]
        return {"removed": gone, "place": self.place}


def from_json(raw: dict[str, Any]) -> ClassStep:
    """The step of plain values; ValueError if `to_json` did not make them."""
    try:
        if "renamed" in raw:
            before, after = ((str(name), _rgb(rgb)) for name, rgb in raw["looks"])
            return Renamed(int(raw["renamed"]), before, after)
        if "reordered" in raw:
            old, new = (tuple(int(each) for each in ids) for ids in raw["reordered"])
            return Reordered(old, new)
        number, name, rgb, group = raw["removed"]
        gone = LabelClass(int(number), str(name), _rgb(rgb), str(group))
        return Removed(gone, int(raw["place"]))
    except (KeyError, TypeError) as error:
        raise ValueError(f"this is no change of classes: {raw}") from error


def _look(class_map: ClassMap, class_id: int, old: Look, new: Look) -> ClassMap:
    if class_id not in class_map:
        return class_map
    now = class_map[class_id]
    name = _free_name(class_map, new[0], class_id) if now.name == old[0] else now.name
    return class_map.changed(class_id, name=name, rgb=new[1] if now.rgb == old[1] else now.rgb)


def _order(class_map: ClassMap, old: tuple[int, ...], new: tuple[int, ...]) -> ClassMap:
    known = [each for each in class_map.ids if each in old]
    if known != [each for each in old if each in class_map]:
        return class_map  # ordered anew since
    wanted = [each for each in new if each in class_map]
    return class_map.ordered((*wanted, *(each for each in class_map.ids if each not in wanted)))


def _free_name(class_map: ClassMap, name: str, class_id: int) -> str:
    wanted, number = name, 1
    while (found := class_map.named(wanted)) is not None and found.id != class_id:
        number += 1
        wanted = f"{name} ({number})"
    return wanted


def _rgb(raw: list[int]) -> Rgb:
    r, g, b = (int(part) for part in raw)
    return r, g, b
