"""Superpixels and grown strokes as edits: one row each, sources, locks, undo."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from s4gui.core.classes import UNLABELLED
from s4gui.core.labels import Box
from s4gui.core.locks import Locks
from s4gui.core.sources import SourceKind
from s4gui.workbench.painting import Tool
from s4gui.workbench.workbench import Workbench
from tests.workbench import places

A = "images/a.png"
SHAPE = (12, 15)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    bench = places.opened(places.make(tmp_path, {"a.png": SHAPE}))
    yield bench
    bench.close()


def labels(bench: Workbench) -> np.ndarray:
    return bench.mask(A).labels.copy()


def kinds(bench: Workbench) -> np.ndarray:
    return bench.project.sources.kinds()[bench.mask(A).sources]


def square(bench: Workbench, y: int, x: int, value: int) -> None:
    box = Box(y, x, y + 3, x + 3)
    bench.paint_region(A, np.ones((3, 3), bool), box, value, tool=Tool.RECTANGLE)


def test_areas_of_one_drag_are_one_row_and_one_undo(bench: Workbench) -> None:
    bench.begin_areas(A, value=2, tool=Tool.SUPERPIXEL)
    assert bench.painting
    change = bench.add_area(np.ones((2, 3), bool), Box(0, 0, 2, 3))
    assert change.labels == {A: Box(0, 0, 2, 3)}
    bench.add_area(np.eye(4, dtype=bool), Box(10, 13, 14, 17))  # partly outside
    assert not bench.add_area(np.ones((2, 2), bool), Box(20, 20, 22, 22))
    assert bench.end_stroke()
    want = np.full(SHAPE, UNLABELLED, np.uint8)
    want[:2, :3] = want[10, 13] = want[11, 14] = 2
    assert (labels(bench) == want).all()
    assert (kinds(bench)[want == 2] == SourceKind.PAINTED.number).all()
    (note,) = bench.steps(A).notes
    assert (note.tool, note.value, note.px) == ("superpixel", 2, 8)
    bench.undo(A)
    assert (labels(bench) == UNLABELLED).all()
    assert not bench.can_undo(A)


def test_areas_are_taken_back_or_keep_to_locks_and_need_a_stroke(bench: Workbench) -> None:
    square(bench, 0, 0, 1)
    before = labels(bench)
    bench.begin_areas(A, value=2, tool=Tool.SUPERPIXEL)
    bench.add_area(np.ones(SHAPE, bool), Box(0, 0, *SHAPE))
    bench.cancel_stroke()
    assert (labels(bench) == before).all()
    assert not bench.add_area(np.ones(SHAPE, bool), Box(0, 0, *SHAPE))
    bench.set_locks(Locks(frozenset({1})))
    bench.begin_areas(A, value=2, tool=Tool.SUPERPIXEL)
    bench.add_area(np.ones(SHAPE, bool), Box(0, 0, *SHAPE))
    bench.end_stroke()
    assert bench.held_back
    assert ((labels(bench) == 1) == (before == 1)).all()
    assert ((labels(bench) == 2) == (before != 1)).all()


def test_what_has_grown_has_its_own_source_and_never_covers_a_label(bench: Workbench) -> None:
    square(bench, 0, 0, 1)
    before = labels(bench)
    grown = np.full(SHAPE, UNLABELLED, np.uint8)
    grown[:5, :5], grown[8:, 8:] = 3, 1
    whole = Box(0, 0, *SHAPE)
    assert bench.grow(A, grown, whole, reach_px=7.26)
    after = labels(bench)
    assert (after[before != UNLABELLED] == 1).all()
    assert (after[before == UNLABELLED] == grown[before == UNLABELLED]).all()
    assert (kinds(bench)[before != UNLABELLED] == SourceKind.PAINTED.number).all()
    fresh = after != before
    assert (kinds(bench)[fresh] == SourceKind.GROWN.number).all()
    assert bench.steps(A).notes[-1].tool == "grow"
    assert not bench.grow(A, grown, whole, reach_px=7.26)
    bench.undo(A)
    assert (labels(bench) == before).all()
    assert bench.grow(A, grown[8:, 8:], Box(8, 8, *SHAPE), reach_px=7.26)
    assert (labels(bench)[8:, 8:] == 1).all()
    assert (labels(bench)[:8] == before[:8]).all()
