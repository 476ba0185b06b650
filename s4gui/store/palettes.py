"""Ready class sets, what foreign mask values mean in them, and palettes of colours alone."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from s4gui.core.classes import ClassMap, LabelClass, Rgb
from s4gui.core.errors import FormatError
from s4gui.core.frames import natural_key
from s4gui.store import resources


@dataclass(frozen=True, slots=True)
class ImportTable:
    """What foreign masks mean: index values or colours, each to one of our values."""

    name: str
    title: str
    values: dict[int, int] = field(default_factory=dict)
    colours: dict[Rgb, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClassSet:
    """A class map to begin with, and tables for importing masks into it, by name."""

    name: str
    title: str
    class_map: ClassMap
    tables: dict[str, ImportTable] = field(default_factory=dict)

    @property
    def import_values(self) -> dict[str, dict[int, int]]:
        """Foreign index value -> our value, by table; colour tables left out."""
        return {name: table.values for name, table in self.tables.items() if table.values}


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours for classes, in the order in which they are given; `source` says whose they are."""

    name: str
    title: str
    source: str
    colours: tuple[Rgb, ...]

    def __post_init__(self) -> None:
        if len(set(self.colours)) != len(self.colours) or not self.colours:
            raise ValueError(f"a palette has colours, each once: {self.colours}")

    def give(self, count: int) -> tuple[Rgb, ...]:
        """So many different colours: the palette's own, then lighter and darker ones of them."""
        given: dict[Rgb, None] = {}
        turn = 0
        while len(given) < count:
            given |= dict.fromkeys(_mixed(rgb, turn) for rgb in self.colours)
            turn += 1
        return tuple(given)[:count]


def _mixed(rgb: Rgb, turn: int) -> Rgb:
    """A colour in its n-th turn: itself, then by turns nearer to white and to black."""
    if turn == 0:
        return rgb
    step, share = (turn + 1) // 2, 0.0
    for bit in range(step.bit_length()):  # 1/2, 1/4, 3/4, 1/8, …: far from all before
        share += (step >> bit & 1) / 2 ** (bit + 1)
    goal = 255 if turn % 2 else 0
    r, g, b = (round(part + (goal - part) * 0.9 * share) for part in rgb)
    return r, g, b


@functools.cache
def all_palettes() -> tuple[Palette, ...]:
    """Every palette that is shipped, by title."""
    found = [_palette(path) for path in resources.find("palettes/colours").glob("*.json")]
    return tuple(sorted(found, key=lambda each: each.title))


def _palette(path: Path) -> Palette:
    raw: dict[str, Any] = json.loads(path.read_bytes())
    colours = tuple(_rgb(each) for each in raw["colours"])
    return Palette(str(raw["name"]), str(raw["title"]), str(raw["source"]), colours)


@functools.cache
def all_class_sets() -> tuple[ClassSet, ...]:
    """Every class set that is shipped, the empty one last."""
    folder = resources.find("palettes")
    found = [read(path) for path in sorted(folder.glob("*.json"))]
    found.sort(key=lambda each: (not each.class_map.classes, natural_key(each.name)))
    if not any(not each.class_map.classes for each in found):
        found.append(ClassSet("empty", "No classes yet", ClassMap()))
    return tuple(found)


def read(path: Path) -> ClassSet:
    """The class set of a file; FormatError says what is wrong with it."""
    try:
        raw: dict[str, Any] = json.loads(path.read_bytes())
        classes = tuple(
            LabelClass(int(c["id"]), str(c["name"]), _rgb(c["rgb"]), str(c.get("group", "")))
            for c in raw["classes"]
        )
        tables = {
            str(name): _table(str(name), table)
            for name, table in raw.get("import_values", {}).items()
        }
        return ClassSet(str(raw["name"]), str(raw["title"]), ClassMap(classes), tables)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise FormatError(
            "palette.unreadable",
            "{name} is not a class set: {reason}",
            hint="Install s4gui again",
            name=path.name,
            reason=str(error),
        ) from error


def _table(name: str, raw: dict[str, Any]) -> ImportTable:
    """A table: {"title", "values" or "colours"}, or the values alone."""
    values = raw.get("values", {} if "colours" in raw else raw)
    colours = raw.get("colours", {})
    return ImportTable(
        name=name,
        title=str(raw.get("title", name)),
        values={int(foreign): int(ours) for foreign, ours in values.items()},
        colours={_rgb(key.split(",")): int(ours) for key, ours in colours.items()},
    )


def _rgb(raw: list[Any]) -> Rgb:
    r, g, b = (int(part) for part in raw)
    return r, g, b
