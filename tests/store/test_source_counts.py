"""Which kinds of source a frame's labels have: kept with each row, counted once where they were
not."""

from __future__ import annotations

import contextlib
import random
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from s4gui.core.classes import UNLABELLED
from s4gui.core.labels import Box
from s4gui.core.prediction import Prediction
from s4gui.core.sources import Source, SourceKind
from s4gui.store import database
from s4gui.store.project import Project
from s4gui.workbench.painting import Tool
from s4gui.workbench.workbench import Workbench
from tests.workbench import places

A, B = "images/a.png", "images/b.png"
SIZE = (150, 200)  # more than one tile


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return places.make(tmp_path, {"a.png": SIZE, "b.png": SIZE})


def edit(bench: Workbench, frame: str, chance: random.Random) -> None:
    y, x = chance.randrange(SIZE[0] - 30), chance.randrange(SIZE[1] - 30)
    box = Box(y, x, y + 30, x + 30)
    inside = np.ones((30, 30), bool)
    what = chance.choice(["paint", "grow", "erase", "accept", "undo", "redo"])
    if what == "undo":
        bench.undo(frame)
    elif what == "redo":
        bench.redo(frame)
    elif what == "accept":
        classes = np.full(SIZE, 3, np.uint8)
        bench.accept(frame, Prediction(classes, classes, "run 1", 5), inside, box)
    else:
        value = UNLABELLED if what == "erase" else 2
        kind = SourceKind.GROWN if what == "grow" else SourceKind.PAINTED
        bench.paint_region(frame, inside, box, value, tool=Tool.FILL, source=Source(kind))


def by_eye(project: Project) -> dict[str, frozenset[SourceKind]]:
    found = {}
    for frame in project.frames:
        numbers = np.unique(project.read_mask(frame.id).sources)
        kinds = frozenset(project.sources[int(n)].kind for n in numbers if n)
        if kinds:
            found[frame.id] = kinds
    return found


@pytest.mark.parametrize("seed", range(4))
def test_the_kinds_are_those_of_the_planes_whatever_was_done(folder: Path, seed: int) -> None:
    chance = random.Random(seed)
    bench = places.opened(folder)
    for _ in range(25):
        edit(bench, chance.choice([A, B]), chance)
    bench.project.settle()
    assert bench.project.source_kinds() == by_eye(bench.project)
    bench.close()


def as_version_1(folder: Path) -> None:
    with contextlib.closing(sqlite3.connect(folder / database.NAME)) as connection:
        connection.executescript("DROP TABLE source_counts; PRAGMA user_version=1;")


def test_a_project_of_the_first_version_opens_and_is_counted_once(folder: Path) -> None:
    bench = places.opened(folder)
    chance = random.Random(7)
    for _ in range(15):
        edit(bench, A, chance)
    bench.close()
    as_version_1(folder)
    with contextlib.closing(Project.open(folder, write=False)) as reader:
        assert reader.source_kinds() is None
        assert [each.id for each in reader.frames] == [A, B]
    bench = places.opened(folder)
    bench.project.settle()
    expected = by_eye(bench.project)
    assert expected
    assert bench.project.source_kinds() == expected
    edit(bench, B, random.Random(3))
    bench.project.settle()
    assert bench.project.source_kinds() == by_eye(bench.project)
    bench.close()
    with contextlib.closing(sqlite3.connect(folder / database.NAME)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (database.VERSION,)


def test_a_database_made_anew_counts_the_sources_of_the_files_it_takes_over(folder: Path) -> None:
    bench = places.opened(folder)
    bench.paint_region(A, np.ones((9, 9), bool), Box(0, 0, 9, 9), 1, tool=Tool.RECTANGLE)
    bench.close()
    (folder / database.NAME).unlink()
    with contextlib.closing(Project.open(folder)) as project:
        project.settle()
        assert project.source_kinds() == {A: frozenset({SourceKind.PAINTED})}


def test_labels_that_cannot_be_read_do_not_keep_a_project_from_opening(folder: Path) -> None:
    bench = places.opened(folder)
    bench.paint_region(A, np.ones((9, 9), bool), Box(0, 0, 9, 9), 1, tool=Tool.RECTANGLE)
    bench.close()
    as_version_1(folder)
    with contextlib.closing(sqlite3.connect(folder / database.NAME)) as connection:
        connection.execute("UPDATE journal SET tiles=x'00'")
        connection.commit()
    for each in (folder / "labels").rglob("*.png"):
        each.write_bytes(b"no image")
    with contextlib.closing(Project.open(folder)) as project:
        project.settle()
        assert project.source_kinds() == {}
