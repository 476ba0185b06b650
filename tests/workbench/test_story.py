"""Anything a person may do in any order, against full copies of both planes."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from s4gui.core.classes import UNLABELLED, VOID
from s4gui.core.labels import Box
from s4gui.core.prediction import Prediction
from s4gui.core.strokes import Stroke, rasterise
from s4gui.workbench.painting import Tool
from s4gui.workbench.workbench import Workbench
from tests.workbench import places

SHAPES = {"images/a.png": (140, 150), "images/b.png": (33, 47)}
FRAMES = st.sampled_from(sorted(SHAPES))
VALUES = st.sampled_from([0, 1, 5, VOID, UNLABELLED])
POINT = st.tuples(st.floats(-10, 150, width=16), st.floats(-10, 160, width=16))
MEMORY = {"budget_bytes": 150_000, "history_bytes": 20_000}  # so little that all is fetched again
State = tuple[np.ndarray, np.ndarray]


class Copies:
    """One frame as full copies: now, and what undo and redo go back and forth to."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self.now: State = np.full(shape, UNLABELLED, np.uint8), np.zeros(shape, np.uint16)
        self.done: list[State] = []
        self.undone: list[State] = []

    def change(self, after: State) -> None:
        if not all(np.array_equal(x, y) for x, y in zip(self.now, after, strict=True)):
            self.done.append(self.now)
            self.undone.clear()
            self.now = after

    def undo(self) -> None:
        if self.done:
            self.undone.append(self.now)
            self.now = self.done.pop()

    def redo(self) -> None:
        if self.undone:
            self.done.append(self.now)
            self.now = self.undone.pop()


class Story(RuleBasedStateMachine):
    """Paint, accept, import, undo, redo, switch, save, close and open again."""

    @initialize()
    def begin(self) -> None:
        self.base = Path(tempfile.mkdtemp())
        paths = {name.split("/")[1]: shape for name, shape in SHAPES.items()}
        self.folder = places.make(self.base, paths)
        self.bench: Workbench = places.opened(self.folder, **MEMORY)
        self.copies = {name: Copies(shape) for name, shape in SHAPES.items()}
        self.sources: list[str] = []

    def teardown(self) -> None:
        if hasattr(self, "bench"):
            self.bench.close()
            shutil.rmtree(self.base)

    def number(self, source: str) -> int:
        """Source numbers are given in order of first use."""
        if source not in self.sources:
            self.sources.append(source)
        return self.sources.index(source) + 1

    def put(self, frame: str, where: np.ndarray, values: np.ndarray | int, source: str) -> None:
        labels, sources = (plane.copy() for plane in self.copies[frame].now)
        number = self.number(source)
        fresh = where & (labels != values)
        labels[fresh] = values if isinstance(values, int) else values[fresh]
        sources[fresh] = number
        sources[labels == UNLABELLED] = 0
        self.copies[frame].change((labels, sources))

    @rule(frame=FRAMES, value=VALUES, path=st.lists(POINT, min_size=1, max_size=5))
    def paint_a_stroke(self, frame: str, value: int, path: list[tuple[float, float]]) -> None:
        self.bench.begin_stroke(frame, value=value, radius_px=6.0, at_yx=path[0])
        for point in path[1:]:
            self.bench.extend_stroke([point])
        self.bench.end_stroke()
        inside, box = rasterise(Stroke(tuple(path), 6.0, value))
        whole = np.zeros((400, 400), bool)  # room around the frame
        whole[box.y0 + 100 : box.y1 + 100, box.x0 + 100 : box.x1 + 100] = inside
        height, width = SHAPES[frame]
        self.put(frame, whole[100 : 100 + height, 100 : 100 + width], value, "painted")

    @rule(frame=FRAMES, value=VALUES, at=POINT)
    def cancel_a_stroke(self, frame: str, value: int, at: tuple[float, float]) -> None:
        self.number("painted")
        self.bench.begin_stroke(frame, value=value, radius_px=9.0, at_yx=at)
        self.bench.extend_stroke([(at[0] + 20, at[1] + 7)])
        self.bench.cancel_stroke()

    @rule(frame=FRAMES, value=VALUES, seed=st.integers(0, 99))
    def paint_a_region(self, frame: str, value: int, seed: int) -> None:
        random = np.random.default_rng(seed)
        height, width = SHAPES[frame]
        y, x = int(random.integers(-5, height)), int(random.integers(-5, width))
        box = Box(y, x, y + 20, x + 30)
        self.bench.paint_region(frame, np.ones(box.shape, bool), box, value, tool=Tool.RECTANGLE)
        where = np.zeros((height, width), bool)
        where[max(y, 0) : y + 20, max(x, 0) : x + 30] = True
        self.put(frame, where, value, "painted")

    @rule(frame=FRAMES, run=st.integers(1, 2), seed=st.integers(0, 99))
    def accept_a_region(self, frame: str, run: int, seed: int) -> None:
        random = np.random.default_rng(seed)
        shape = SHAPES[frame]
        classes = random.integers(0, 6, shape).astype(np.uint8)
        prediction = Prediction(classes, np.full(shape, 200, np.uint8), f"run {run}")
        where = random.random(shape) < 0.2
        self.bench.accept(frame, prediction, where, Box(0, 0, *shape))
        number = self.number(f"run {run}")
        labels, sources = self.copies[frame].now
        accepted = [n for n, s in enumerate(self.sources, 1) if s.startswith("run")]
        free = (labels == UNLABELLED) | np.isin(sources, accepted)
        self.put(frame, where & free, classes, f"run {run}")
        assert number == self.number(f"run {run}")

    @rule(frame=FRAMES, seed=st.integers(0, 99))
    def import_a_mask(self, frame: str, seed: int) -> None:
        random = np.random.default_rng(seed)
        labels = random.choice([0, 3, VOID, UNLABELLED], SHAPES[frame]).astype(np.uint8)
        self.bench.import_labels(frame, labels, detail="masks")
        self.put(frame, labels != UNLABELLED, labels, "masks")

    @rule(frame=FRAMES, times=st.integers(1, 4), then_open=st.booleans())
    def undo(self, frame: str, times: int, *, then_open: bool) -> None:
        for _ in range(times):
            self.bench.undo(frame)
            self.copies[frame].undo()
        if then_open:
            self.close_and_open()

    @rule(frame=FRAMES, times=st.integers(1, 4))
    def redo(self, frame: str, times: int) -> None:
        for _ in range(times):
            self.bench.redo(frame)
            self.copies[frame].redo()
            self.everything_is_as_in_the_copies()

    @rule(frame=FRAMES)
    def switch(self, frame: str) -> None:
        self.bench.show(frame)

    @rule()
    def save(self) -> None:
        self.bench.save_now()

    @rule()
    def close_and_open(self) -> None:
        self.bench.close()
        self.bench = places.opened(self.folder, **MEMORY)

    @precondition(lambda self: hasattr(self, "bench"))
    @rule()
    def copy_as_a_crash_would_leave_it(self) -> None:
        """Rows are durable, label files may be old: open a copy and compare."""
        self.bench.project.writer.flush()
        copy = self.base / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.folder, copy)
        other = places.opened(copy, **MEMORY)
        self.compare(other)
        other.project.close()

    @invariant()
    def everything_is_as_in_the_copies(self) -> None:
        if hasattr(self, "bench"):
            self.compare(self.bench)

    def compare(self, bench: Workbench) -> None:
        for frame, copies in self.copies.items():
            mask = bench.mask(frame)
            assert np.array_equal(mask.labels, copies.now[0])
            assert np.array_equal(mask.sources, copies.now[1])
            assert bench.can_undo(frame) == bool(copies.done)
            assert bench.can_redo(frame) == bool(copies.undone)
            assert bench.counts(frame) == mask.counts()


Story.TestCase.settings = settings(
    max_examples=int(os.environ.get("S4GUI_EXAMPLES", "40")),
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
test_any_story_equals_full_copies = Story.TestCase
