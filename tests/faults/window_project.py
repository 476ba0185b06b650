"""The project that killed windows work on, and how another program reads it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from hashlib import blake2b, sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from s4gui.core.classes import ClassMap, LabelClass
from s4gui.store.project import Project
from tests.demo_scenes import render
from tests.faults.hand import EMPTY, Row

SHAPE = (240, 320)
FRAMES = tuple(f"images/{number}.png" for number in range(3))
CLASSES = ClassMap(tuple(LabelClass(i, f"class {i}", (50 * i, 90, 220 - 40 * i)) for i in range(5)))


def make_project(folder: Path) -> Path:
    """A project of three rendered scenes."""
    images = folder / "images"
    images.mkdir(parents=True)
    for number, frame in enumerate(FRAMES):
        Image.fromarray(render(number, *SHAPE, samples=1)[0]).save(images / Path(frame).name)
    Project.create(folder, name="kills", images=images, class_map=CLASSES).close()
    return folder


def reader(folder: Path) -> sqlite3.Connection:
    """A connection of another program."""
    return sqlite3.connect(f"file:{folder / 'project.db'}?mode=ro", uri=True, timeout=10)


def rows_after(database: sqlite3.Connection, seq: int) -> Iterator[Row]:
    """The committed rows after this number."""
    question = "SELECT * FROM journal WHERE seq>? ORDER BY seq"
    asked = database.execute(question, (seq,))
    names = [each[0] for each in asked.description]
    for values in asked.fetchall():
        row = dict(zip(names, values, strict=True))
        digest = blake2b(repr(values).encode()).hexdigest()[:32]
        few = (row[name] for name in ("seq", "frame", "kind", "value", "ref_seq"))
        yield Row(*few, digest)


def counted(labels: NDArray[np.uint8]) -> dict[int, int]:
    """Labelled pixels by value."""
    values, counts = np.unique(labels[labels != EMPTY], return_counts=True)
    return dict(zip(values.tolist(), counts.tolist(), strict=True))


def fault_of_label_file(path: Path) -> str:
    """What is wrong with a file of labels/, read with Pillow alone; empty if nothing is."""
    try:
        with Image.open(path) as image:
            pixels = np.asarray(image)
            told = image.info.get("sha256", "")
    except (OSError, SyntaxError, ValueError) as error:
        return f"it cannot be read: {error}"
    kind = np.uint8 if image.mode in {"P", "L"} else np.dtype("<u2")
    found = sha256(np.ascontiguousarray(pixels.astype(kind)).data).hexdigest()
    return "" if found == told else "its pixels have another hash than it says"
