"""Changes of the class map and whole-project edits as values: done, undone, through JSON."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4gui.core import class_steps
from s4gui.core.class_steps import ClassStep, Removed, Renamed, Reordered
from s4gui.core.classes import UNLABELLED, ClassMap, LabelClass
from s4gui.core.labels import LabelMask
from s4gui.core.project_edit import ProjectEdit

MAP = ClassMap(tuple(LabelClass(n, f"class {n}", (n, n, n)) for n in range(4)))
STEPS: tuple[ClassStep, ...] = (
    Renamed(1, ("class 1", (1, 1, 1)), ("car", (9, 9, 9))),
    Reordered((0, 1, 2, 3), (3, 1, 0, 2)),
    Removed(MAP[2], 2),
)


@pytest.mark.parametrize("step", STEPS)
def test_undone_is_as_before_and_a_second_time_changes_nothing(step: ClassStep) -> None:
    done = step.done(MAP)
    assert done != MAP
    assert step.done(done) == done
    assert step.undone(done) == MAP
    assert step.undone(MAP) == MAP
    assert class_steps.from_json(json.loads(json.dumps(step.to_json()))) == step


def test_what_is_newer_stays() -> None:
    renamed, reordered, _ = STEPS
    newer = renamed.done(MAP).changed(1, name="tram")
    assert renamed.undone(newer)[1] == LabelClass(1, "tram", (1, 1, 1))
    other = reordered.done(MAP).ordered((2, 3, 0, 1))
    assert reordered.undone(other) == other
    assert reordered.undone(reordered.done(MAP).without(0)).ids == (1, 2, 3)


def test_a_removed_class_comes_back_under_a_free_name() -> None:
    removed = STEPS[2]
    taken = removed.done(MAP).with_class("CLASS 2", (0, 0, 0))
    assert removed.undone(taken)[2].name == "class 2 (2)"


@pytest.mark.parametrize("raw", [{}, {"renamed": 1}, {"removed": [1], "place": 0}])
def test_nonsense_is_no_step(raw: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"change of classes|unpack"):
        class_steps.from_json(raw)


@given(
    st.integers(0, 2**32 - 1),
    st.sets(st.integers(0, 4)),
    st.sets(st.integers(1, 3)),
    st.sampled_from([0, 2, UNLABELLED]),
)
def test_an_edit_changes_exactly_its_pixels(
    seed: int, values: set[int], sources: set[int], into: int
) -> None:
    random = np.random.default_rng(seed)
    labels = random.choice(np.array([0, 1, 2, 3, 4, UNLABELLED], np.uint8), (9, 8))
    numbers = np.where(labels == UNLABELLED, 0, random.integers(1, 4, (9, 8))).astype(np.uint16)
    mask = LabelMask(labels, numbers)
    edit = ProjectEdit("merge", "x", tuple(values), tuple(sources), into)
    assert ProjectEdit.from_json(json.loads(json.dumps(edit.to_json()))) == edit
    patch = edit.apply(mask)
    changed = 0
    for y in range(9):
        for x in range(8):
            hit = labels[y, x] in values or numbers[y, x] in sources
            assert mask.labels[y, x] == (into if hit else labels[y, x])
            gone = hit and into == UNLABELLED
            assert mask.sources[y, x] == (0 if gone else numbers[y, x])
            changed += hit and labels[y, x] != into
    assert changed == (0 if patch is None else patch.changed_px)
