"""Locks hold for every way of changing labels; a model takes one pixel at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from s4gui.core.classes import UNLABELLED, VOID
from s4gui.core.labels import Box
from s4gui.core.locks import Locks
from s4gui.core.prediction import Prediction
from s4gui.core.sources import Source, SourceKind
from s4gui.core.strokes import Stroke, Tip, rasterise
from s4gui.workbench.labelling import PAINTED
from s4gui.workbench.painting import Tool
from s4gui.workbench.workbench import Workbench
from tests.workbench import places

FRAME, SHAPE = "images/a.png", (20, 26)
VALUES = (0, 1, 2, VOID)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    bench = places.opened(places.make(tmp_path_factory.mktemp("locks"), {"a.png": SHAPE}))
    yield bench
    bench.close()


class Model:
    """Both planes, changed pixel by pixel, with copies for undo."""

    def __init__(self, bench: Workbench, predicted: np.ndarray | None) -> None:
        mask = bench.mask(FRAME)
        self.bench, self.predicted = bench, predicted
        self.planes = mask.labels.copy(), mask.sources.copy()
        self.done: list[Any] = []
        self.undone: list[Any] = []

    def lets(self, y: int, x: int, after: int) -> bool:
        locks, before = self.bench.locks, int(self.planes[0][y, x])
        if before in locks.values or (locks.only_unlabelled and before != UNLABELLED):
            return False
        needed = self.bench.value if after == UNLABELLED else after
        in_prediction = self.predicted is not None and self.predicted[y, x] == needed
        return in_prediction or not locks.only_predicted

    def put(self, pixels: list[tuple[int, int]], after: Any, source: int) -> None:
        labels, sources = (each.copy() for each in self.planes)
        for y, x in pixels:
            wanted = int(after(y, x))
            if labels[y, x] != wanted and self.lets(y, x, wanted):
                labels[y, x], sources[y, x] = wanted, 0 if wanted == UNLABELLED else source
        if not (labels == self.planes[0]).all():
            self.done.append(self.planes)
            self.undone.clear()
            self.planes = labels, sources

    def step(self, *, back: bool) -> None:
        fro, to = (self.done, self.undone) if back else (self.undone, self.done)
        if fro:
            to.append(self.planes)
            self.planes = fro.pop()


def inside_of(inside: np.ndarray, box: Box) -> list[tuple[int, int]]:
    return [
        (y + box.y0, x + box.x0)
        for y, x in np.argwhere(inside).tolist()
        if 0 <= y + box.y0 < SHAPE[0] and 0 <= x + box.x0 < SHAPE[1]
    ]


point = st.tuples(st.floats(-3, 22, width=16), st.floats(-3, 28, width=16))
value = st.sampled_from(VALUES)
steps = st.one_of(
    st.tuples(
        st.just("stroke"),
        st.lists(point, min_size=1, max_size=3),
        st.floats(0.5, 7, width=16),
        st.sampled_from((*VALUES, UNLABELLED)),
        st.sampled_from(Tip),
    ),
    st.tuples(st.just("region"), st.integers(0, 99), st.sampled_from((*VALUES, UNLABELLED))),
    st.tuples(st.just("accept"), st.integers(0, 99)),
    st.tuples(
        st.just("locks"), st.builds(Locks, st.frozensets(value), st.booleans(), st.booleans())
    ),
    st.tuples(st.just("choose"), value),
    st.tuples(st.just("undo")),
    st.tuples(st.just("redo")),
)


def region_of(seed: int) -> tuple[np.ndarray, Box]:
    rng = np.random.default_rng(seed)
    y, x, h, w = (int(n) for n in rng.integers(1, 12, 4))
    box = Box(y, x, y + h, x + w).clipped(SHAPE)
    return rng.random(box.shape) < 0.8, box


def do(bench: Workbench, model: Model, prediction: Prediction, step: Any) -> None:
    """One step on both."""
    painted = bench.project.add_source(PAINTED)
    accepted = bench.project.add_source(Source(SourceKind.ACCEPTED, prediction.origin))
    match step:
        case ("stroke", path, radius_px, paints, tip):
            bench.choose_tip(tip)
            bench.begin_stroke(FRAME, value=paints, radius_px=radius_px, at_yx=path[0])
            bench.extend_stroke(path[1:])
            bench.end_stroke()
            inside, box = rasterise(Stroke(tuple(path), radius_px, paints, tip))
            model.put(inside_of(inside, box), lambda _y, _x: paints, painted)
        case ("region", seed, paints):
            inside, box = region_of(seed)
            bench.paint_region(FRAME, inside, box, paints, tool=Tool.POLYGON)
            model.put(inside_of(inside, box), lambda _y, _x: paints, painted)
        case ("accept", seed):
            inside, box = region_of(seed)
            bench.accept(FRAME, prediction, inside, box)
            labels, sources = model.planes
            free = (labels == UNLABELLED) | (sources == accepted)
            pixels = [(y, x) for y, x in inside_of(inside, box) if free[y, x]]
            model.put(pixels, lambda y, x: prediction.classes[y, x], accepted)
        case ("locks", locks):
            bench.set_locks(locks)
        case ("choose", chosen):
            bench.choose_value(chosen)
        case ("undo",) | ("redo",):
            (bench.undo if step[0] == "undo" else bench.redo)(FRAME)
            model.step(back=step[0] == "undo")


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(steps, min_size=1, max_size=14),
    st.integers(0, 99),
    st.sampled_from(["prediction", "none"]),
)
def test_whatever_is_locked_labels_are_as_the_model_has_them(
    bench: Workbench, todo: list[Any], seed: int, seen: str
) -> None:
    sees = seen == "prediction"
    rng = np.random.default_rng(seed)
    classes = rng.integers(0, 3, SHAPE, np.uint8)
    prediction = Prediction(classes, np.full(SHAPE, 200, np.uint8), "run 1")
    bench.set_locks(Locks())
    bench.see_prediction(FRAME, prediction if sees else None)
    bench.choose_value(1)
    while bench.can_undo(FRAME):
        bench.undo(FRAME)
    # A first edit that the examples cannot undo past, and that forgets what was undone.
    bench.paint_region(FRAME, *region_of(seed), 2, tool=Tool.POLYGON)
    model = Model(bench, classes if sees else None)
    for step in todo:
        if step == ("undo",) and not model.done:
            continue
        do(bench, model, prediction, step)
        mask = bench.mask(FRAME)
        np.testing.assert_array_equal(mask.labels, model.planes[0])
        np.testing.assert_array_equal(mask.sources, model.planes[1])


def test_a_stroke_on_locked_pixels_only_changes_nothing_and_tells(tmp_path: Path) -> None:
    bench = places.opened(places.make(tmp_path, {"a.png": SHAPE}))
    bench.paint(FRAME, Stroke(((10.0, 10.0),), 4.0, 2))
    bench.set_locks(Locks(frozenset({2})))
    for paints in (1, UNLABELLED):
        assert not bench.paint(FRAME, Stroke(((10.0, 10.0),), 2.0, paints))
        assert bench.held_back
    assert bench.paint(FRAME, Stroke(((10.0, 15.0),), 3.0, 1))
    assert bench.held_back  # a part of it
    assert bench.undo(FRAME)
    assert bench.undo(FRAME)  # locks do not keep the past
    assert not bench.held_back
    assert (bench.mask(FRAME).labels == UNLABELLED).all()
    bench.close()


def test_an_import_keeps_locked_pixels_but_needs_no_prediction(tmp_path: Path) -> None:
    bench = places.opened(places.make(tmp_path, {"a.png": SHAPE}))
    bench.paint_region(FRAME, np.ones((5, 5), bool), Box(0, 0, 5, 5), 2, tool=Tool.POLYGON)
    bench.set_locks(Locks(frozenset({2}), only_predicted=True))
    bench.import_labels(FRAME, np.full(SHAPE, 1, np.uint8), detail="elsewhere")
    labels = bench.mask(FRAME).labels
    assert (labels[:5, :5] == 2).all()
    assert (labels == 1).sum() == SHAPE[0] * SHAPE[1] - 25
    bench.close()


def test_the_prediction_of_another_image_unlocks_nothing(tmp_path: Path) -> None:
    bench = places.opened(places.make(tmp_path, {"a.png": SHAPE, "b.png": SHAPE}))
    classes = np.ones(SHAPE, np.uint8)
    bench.see_prediction("images/b.png", Prediction(classes, classes, "run 1"))
    bench.choose_value(1)
    bench.set_locks(Locks(only_predicted=True))
    everything = np.ones(SHAPE, bool), Box(0, 0, *SHAPE)
    assert not bench.paint_region(FRAME, *everything, 1, tool=Tool.POLYGON)
    assert bench.held_back
    assert bench.paint_region("images/b.png", *everything, 1, tool=Tool.POLYGON)
    bench.close()
