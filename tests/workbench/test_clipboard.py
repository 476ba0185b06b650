"""Labels that are copied, pasted and moved, with and without locks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from s4gui.core.classes import UNLABELLED
from s4gui.core.labels import Box, LabelMask
from s4gui.core.locks import Guard, Locks
from s4gui.core.sources import Source, SourceKind
from s4gui.workbench.clipboard import Clip, moved, pasted
from s4gui.workbench.painting import Tool
from s4gui.workbench.workbench import Workbench
from tests.workbench import places

A, B = "images/a.png", "images/b.png"
SHAPE = (12, 15)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    bench = places.opened(places.make(tmp_path, {"a.png": SHAPE, "b.png": SHAPE}))
    yield bench
    bench.close()


def random_mask(seed: int) -> LabelMask:
    rng = np.random.default_rng(seed)
    labels = rng.choice(np.array([0, 1, 2, UNLABELLED], np.uint8), SHAPE)
    sources = np.where(labels == UNLABELLED, 0, rng.integers(1, 4, SHAPE)).astype(np.uint16)
    return LabelMask(labels, sources)


@pytest.mark.parametrize("seed", range(40))
def test_moved_labels_are_as_if_taken_off_and_put_down_one_by_one(seed: int) -> None:
    rng = np.random.default_rng(1000 + seed)
    mask = random_mask(seed)
    inside = (mask.labels == 1) & (rng.random(SHAPE) < 0.7)
    by = int(rng.integers(-5, 6)), int(rng.integers(-5, 6))
    locked = frozenset({int(rng.integers(0, 3))}) if seed % 2 else frozenset()
    labels, sources = mask.labels.copy(), mask.sources.copy()
    going = []
    for y, x in np.argwhere(inside).tolist():
        to = y + by[0], x + by[1]
        in_frame = 0 <= to[0] < SHAPE[0] and 0 <= to[1] < SHAPE[1]
        if 1 not in locked and not (in_frame and int(labels[to]) in locked):
            going.append(((y, x), to if in_frame else None))
    for fro, _ in going:
        labels[fro], sources[fro] = UNLABELLED, 0
    for fro, to in going:
        if to is not None:
            labels[to], sources[to] = mask.labels[fro], mask.sources[fro]
    was = mask.labels.copy()
    guard = Guard(Locks(locked), None, 1) if locked else None
    patch = moved(mask, inside, Box(0, 0, *SHAPE), by, guard=guard)
    np.testing.assert_array_equal(mask.labels, labels)
    np.testing.assert_array_equal(mask.sources, sources)
    if patch is not None:
        mask.apply(patch.inverse)
    np.testing.assert_array_equal(mask.labels, was)


@pytest.mark.parametrize("seed", range(20))
def test_pasting_puts_labels_where_they_were_and_leaves_the_rest(seed: int) -> None:
    theirs, mine = random_mask(seed), random_mask(500 + seed)
    before, before_sources = mine.labels.copy(), mine.sources.copy()
    box = Box(2, 3, 9, 13)
    inside = np.random.default_rng(seed).random(box.shape) < 0.6
    guard = Guard(Locks(frozenset({2})), None, 1)
    pasted(mine, Clip.of(A, theirs, box, inside), source=9, guard=guard)
    for y, x in np.ndindex(SHAPE):
        in_box = box.y0 <= y < box.y1 and box.x0 <= x < box.x1
        taken = in_box and bool(inside[y - box.y0, x - box.x0])
        value = int(theirs.labels[y, x]) if taken else UNLABELLED
        fresh = value not in {UNLABELLED, int(before[y, x])} and before[y, x] != 2
        assert mine.labels[y, x] == (value if fresh else before[y, x])
        assert mine.sources[y, x] == (9 if fresh else before_sources[y, x])


def test_on_its_own_frame_a_copy_keeps_its_source_elsewhere_it_names_the_frame(
    bench: Workbench,
) -> None:
    box = Box(2, 2, 6, 6)
    bench.paint_region(A, np.ones(box.shape, bool), box, 2, tool=Tool.POLYGON)
    sources = bench.mask(A).sources.copy()
    clip = Clip.of(A, bench.mask(A), Box(0, 0, *SHAPE), None)
    assert clip.px == 16
    bench.paint_region(A, np.ones(box.shape, bool), box, UNLABELLED, tool=Tool.ERASER)
    bench.paste(A, clip)
    np.testing.assert_array_equal(bench.mask(A).sources, sources)
    bench.paste(B, clip)
    number = int(bench.mask(B).sources[3, 3])
    assert bench.project.sources.sources[number - 1] == Source(SourceKind.PROPAGATED, A)
    bench.undo(B)
    assert (bench.mask(B).labels == UNLABELLED).all()


def test_a_move_is_one_edit(bench: Workbench) -> None:
    box = Box(2, 2, 6, 6)
    bench.paint_region(A, np.ones(box.shape, bool), box, 2, tool=Tool.POLYGON)
    before = bench.mask(A).labels.copy()
    assert bench.move(A, np.ones(box.shape, bool), box, (3, -1))
    assert (bench.mask(A).labels[5:9, 1:5] == 2).all()
    assert (bench.mask(A).labels == 2).sum() == 16
    bench.undo(A)
    np.testing.assert_array_equal(bench.mask(A).labels, before)
    assert not bench.move(A, np.ones(box.shape, bool), box, (0, 0))
