"""The files of labels/: where a frame's two planes lie, and how they are written and moved."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from s4gui.core.errors import LabelFileError
from s4gui.core.frames import FrameId
from s4gui.core.labels import LabelMask
from s4gui.core.sources import SourceTable
from s4gui.store import masks, names
from s4gui.store.atomic import sync_folder

FOLDER = "labels"
Pixels = NDArray[np.uint8]
Sources = NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class LabelFiles:
    """The two files of one frame: indexed labels and, beside it, the source plane."""

    labels: Path
    sources: Path


def of(project: Path, frame: FrameId) -> LabelFiles:
    """`labels/<root>/<relative path with extension>.png` and `.source.png`."""
    parts = [names.escaped(part) for part in frame.split("/")]
    folder = project.joinpath(FOLDER, *parts[:-1])
    return LabelFiles(folder / f"{parts[-1]}.png", folder / f"{parts[-1]}.source.png")


def digest(plane: NDArray[np.generic]) -> str:
    """SHA-256 of a plane's pixels in row order, little-endian."""
    if plane.dtype.itemsize > 1:
        plane = plane.astype(plane.dtype.newbyteorder("<"), copy=False)
    return hashlib.sha256(np.ascontiguousarray(plane).data).hexdigest()


@dataclass(frozen=True, slots=True)
class Planes:
    """Both planes of a frame as they were at `seq`, its own copies."""

    frame: FrameId
    seq: int
    labels: Pixels
    sources: Sources


@dataclass(frozen=True, slots=True)
class Proved:
    """What a pair of label files says of itself, its hashes found true."""

    seq: int
    hashes: tuple[str, str]
    counts: dict[int, int]
    sources: dict[int, tuple[str, str]]


def proved(files: LabelFiles) -> Proved | None:
    """The facts of two files of one seq whose pixels have the hashes they name; None if not."""
    try:
        labels, notes = masks.read_noted(files.labels)
        sources, more = masks.read_sources(files.sources)
        hashes = digest(labels), digest(sources)
        if (notes["sha256"], more["sha256"]) != hashes or notes["seq"] != more["seq"]:
            return None
        table = json.loads(more["sources"])
        return Proved(
            seq=int(notes["seq"]),
            hashes=hashes,
            counts=LabelMask(labels, sources).counts(),
            sources={int(n): (str(kind), str(detail)) for n, (kind, detail) in table.items()},
        )
    except (LabelFileError, OSError, KeyError, ValueError, TypeError):
        return None


def write_in_steps(
    files: LabelFiles,
    planes: Planes,
    *,
    palette: NDArray[np.uint8],
    sources: SourceTable,
    hashes: tuple[str, str],
) -> Iterator[None]:
    """Write both files whole, labels first; yields between pieces of a few milliseconds.

    A crash between the two leaves planes of different seq; each says its own.
    """
    make_folder(files.labels.parent)
    notes = {"Software": "s4gui", "frame": planes.frame, "seq": str(planes.seq)}
    # The numbers' meaning goes along: the files can be read without the database.
    table = {n: [str(s.kind), s.detail] for n, s in enumerate(sources.sources, 1)}
    about = notes | {"sha256": hashes[1], "sources": json.dumps(table)}
    jobs = (
        (files.labels, masks.plain_stripes(planes.labels, palette, notes | {"sha256": hashes[0]})),
        (files.sources, masks.source_stripes(planes.sources, about)),
    )
    for path, stripes in jobs:
        yield from _replace_in_steps(path, stripes)
    sync_folder(files.labels.parent)


def move_aside(path: Path, why: str) -> Path:
    """Rename a file that must not be overwritten to `<name>.<why>-<time>`; its new path."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    target = path.with_name(f"{path.name}.{why}-{stamp}")
    number = 1
    while target.exists():
        number += 1
        target = path.with_name(f"{path.name}.{why}-{stamp}-{number}")
    path.rename(target)
    sync_folder(path.parent)
    return target


def make_folder(folder: Path) -> None:
    """Make a folder with its parents, each one's name durable."""
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        each.mkdir(exist_ok=True)
        sync_folder(each.parent)


def _replace_in_steps(path: Path, stripes: Iterator[bytes]) -> Iterator[None]:
    # One name per file: what a kill left behind is overwritten by the next save.
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            for data in stripes:
                file.write(data)
                yield
            file.flush()
            os.fsync(file.fileno())
        yield
        part.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    yield
