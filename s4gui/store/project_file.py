"""project.s4gui: what a person may edit (name, roots, classes); versioned, unknown keys kept."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from s4gui.core.classes import ClassMap, LabelClass
from s4gui.core.errors import ProjectError
from s4gui.core.listing import Listing
from s4gui.store.atomic import write_atomic
from s4gui.store.camera_masks import CameraLine

NAME = "project.s4gui"
VERSION = 1
_NEAR = 2
"""A root at most this many folders up is written relative: project and images move together."""

Raw = dict[str, Any]
MIGRATIONS: dict[int, Callable[[Raw], Raw]] = {}
"""From version n to n + 1, applied in order; the file is rewritten when it next changes."""


@dataclass(frozen=True, slots=True)
class ProjectFile:
    """The file's content; `roots` are absolute folders by name, `rest` the keys we don't know."""

    name: str
    roots: dict[str, Path]
    class_map: ClassMap
    listing: Listing = field(default_factory=Listing)
    camera_masks: tuple[CameraLine, ...] = ()
    rest: Raw = field(default_factory=dict)

    def but(self, **parts: Any) -> ProjectFile:
        """The same content with some parts changed."""
        return replace(self, **parts)


def locate(folder_or_file: Path) -> Path:
    """The project's folder, given it or its file; ProjectError if there is no project."""
    folder = folder_or_file
    if folder.name == NAME or folder.suffix == ".s4gui":
        folder = folder.parent
    if not (folder / NAME).is_file():
        raise ProjectError(
            "project.not_one",
            "There is no project in {folder}",
            hint="Make a new project from a folder of images",
            folder=folder,
        )
    return folder.resolve()


def read(folder: Path) -> ProjectFile:
    """The content of a project's file; ProjectError says what is wrong with it."""
    try:
        raw = json.loads((folder / NAME).read_bytes())
        version = int(raw["version"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(folder, error) from error
    if version > VERSION:
        raise ProjectError(
            "project.newer",
            "{name} was made by a newer s4gui (format {version}; this one knows {known})",
            hint="Update s4gui; nothing was changed",
            name=folder.name,
            version=version,
            known=VERSION,
        )
    try:
        for number in range(version, VERSION):
            raw = MIGRATIONS[number](raw)
        return _decoded(folder, raw)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(folder, error) from error


def write(folder: Path, content: ProjectFile) -> None:
    """Write the file whole, keys we don't know included."""
    raw: Raw = {
        **content.rest,
        "version": VERSION,
        "name": content.name,
        "roots": {name: _portable(folder, root) for name, root in content.roots.items()},
        "classes": [
            {"id": c.id, "name": c.name, "rgb": list(c.rgb), "group": c.group}
            for c in content.class_map.classes
        ],
        "next_id": content.class_map.next_id,
        "listing": content.listing.to_json(),
    }
    if content.camera_masks:
        raw["camera_masks"] = [each.to_json() for each in content.camera_masks]
    # Escapes only lone surrogates of a root's name would need; then the text is all ASCII.
    text = json.dumps(raw, indent=1, ensure_ascii=False)
    try:
        data = text.encode()
    except UnicodeEncodeError:
        data = json.dumps(raw, indent=1).encode()
    write_atomic(folder / NAME, data + b"\n")


def _decoded(folder: Path, raw: Raw) -> ProjectFile:
    classes = tuple(
        LabelClass(int(c["id"]), str(c["name"]), _rgb(c["rgb"]), str(c.get("group", "")))
        for c in raw["classes"]
    )
    # A person may add a class by hand and forget next_id.
    lowest = max((c.id for c in classes), default=-1) + 1
    known = {"version", "name", "roots", "classes", "next_id", "listing", "camera_masks"}
    return ProjectFile(
        name=str(raw["name"]),
        roots={str(n): _absolute(folder, str(p)) for n, p in raw["roots"].items()},
        class_map=ClassMap(classes, max(lowest, int(raw.get("next_id", -1)))),
        listing=Listing.from_json(raw.get("listing")),
        camera_masks=tuple(CameraLine.from_json(each) for each in raw.get("camera_masks", ())),
        rest={key: value for key, value in raw.items() if key not in known},
    )


def _rgb(raw: list[int]) -> tuple[int, int, int]:
    r, g, b = (int(part) for part in raw)
    return r, g, b


def _portable(folder: Path, root: Path) -> str:
    try:
        relative = Path(os.path.relpath(root, folder))
    except ValueError:  # another drive of Windows
        return str(root)
    ups = sum(part == ".." for part in relative.parts)
    return relative.as_posix() if ups <= _NEAR else str(root)


def _absolute(folder: Path, text: str) -> Path:
    return Path(os.path.normpath(folder / text))


def _damaged(folder: Path, error: Exception) -> ProjectError:
    return ProjectError(
        "project.damaged",
        "{file} cannot be read: {reason}",
        hint="Mend the text or restore the file from a backup; the labels are not touched",
        file=folder / NAME,
        reason=str(error) or type(error).__name__,
    )
