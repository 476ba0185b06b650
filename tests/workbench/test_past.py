"""The history of an image by name, and going anywhere in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from s4gui.core.classes import UNLABELLED
from s4gui.core.labels import Box
from s4gui.core.prediction import Prediction
from s4gui.store import journal
from s4gui.store.journal import RowKind
from s4gui.store.project import Project
from s4gui.workbench.painting import Tool
from s4gui.workbench.workbench import Workbench
from tests.workbench import places

A = "images/a.png"


def paint(bench: Workbench, at: int, value: int, tool: Tool = Tool.BRUSH) -> None:
    box = Box(at, at, at + 10, at + 10)
    bench.paint_region(A, np.ones((10, 10), bool), box, value, tool=tool)


def called(bench: Workbench) -> list[tuple[object, ...]]:
    return [(n.kind, n.tool, n.value, n.px, n.detail) for n in bench.steps(A).notes]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return places.make(tmp_path, {"a.png": (60, 80)})


def test_edits_have_names_with_their_pixels_and_keep_them_after_a_restart(folder: Path) -> None:
    bench = places.opened(folder)
    paint(bench, 0, 0)
    paint(bench, 5, 3, Tool.POLYGON)
    paint(bench, 0, UNLABELLED, Tool.ERASER)
    classes = np.zeros((60, 80), np.uint8)
    prediction = Prediction(classes, np.full((60, 80), 200, np.uint8), "run 7", 100)
    bench.accept(A, prediction, np.ones((5, 5), bool), Box(30, 30, 35, 35))
    bench.import_labels(A, np.full((60, 80), 3, np.uint8), detail="masks/a.png")
    expected = [
        (RowKind.EDIT, "brush", 0, 100, ""),
        (RowKind.EDIT, "polygon", 3, 100, ""),
        (RowKind.EDIT, "eraser", UNLABELLED, 100, ""),
        (RowKind.ACCEPT, "accept", UNLABELLED, 25, "run 7"),
        (RowKind.IMPORT, "import", UNLABELLED, 60 * 80 - 75, "masks/a.png"),
    ]
    assert called(bench) == expected
    bench.undo(A)
    bench.undo(A)
    assert bench.steps(A).done == 3
    assert called(bench) == expected, "what is undone stays listed, in the order it is redone"
    bench.close()
    again = Workbench(Project.open(folder))
    assert called(again) == expected
    assert again.steps(A).done == 3
    paint(again, 20, 3)
    assert called(again) == [*expected[:3], (RowKind.EDIT, "brush", 3, 100, "")]
    again.close()


def test_one_can_go_anywhere_and_every_state_is_the_one_that_was(folder: Path) -> None:
    bench = places.opened(folder, history_bytes=2000)  # so small that edits must be fetched again
    states = [bench.mask(A).labels.copy()]
    for number in range(12):
        paint(bench, 4 * number, (0, 3)[number % 2])
        states.append(bench.mask(A).labels.copy())
    random = np.random.default_rng(3)
    for done in (0, 12, 5, *(int(each) for each in random.integers(0, 13, 20))):
        moved = bench.steps(A).done != done
        change = bench.go_to(A, done)
        assert bool(change) == moved
        assert np.array_equal(bench.mask(A).labels, states[done])
        assert bench.steps(A).done == done
        assert len(bench.steps(A).notes) == 12
    bench.go_to(A, 4)
    bench.close()
    again = Workbench(Project.open(folder))
    assert np.array_equal(again.mask(A).labels, states[4])
    change = again.go_to(A, 12)
    assert change.labels[A] == Box(16, 16, 54, 54), "one box around all that changed"
    assert np.array_equal(again.mask(A).labels, states[12])
    again.close()


def test_rows_that_do_not_say_their_pixels_are_counted(folder: Path) -> None:
    bench = places.opened(folder)
    paint(bench, 0, 0)
    bench.project.settle()
    strip = "UPDATE journal SET facts = json_remove(facts, '$.px')"
    bench.project.writer.do(lambda to: to.execute(strip))
    checksums = "UPDATE journal SET checksum = ? WHERE seq = 1"
    bench.project.settle()
    row = bench.project._journal.ask("SELECT * FROM journal")[0]
    sealed = journal._checksum(row[:-1])
    bench.project.writer.do(lambda to: to.execute(checksums, (sealed,)))
    bench.close()
    again = Workbench(Project.open(folder))
    assert called(again) == [(RowKind.EDIT, "brush", 0, 100, "")]
    again.close()
