"""Classes with permanent ids; sources; frames."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4gui.core.classes import MAX_CLASS_ID, UNLABELLED, VOID, ClassMap, LabelClass
from s4gui.core.frames import Frame, natural_key
from s4gui.core.sources import NO_SOURCE, Source, SourceKind, SourceTable

ROAD, SKY = LabelClass(0, "Road", (1, 2, 3)), LabelClass(4, "Sky", (9, 9, 250))


def test_an_id_is_never_given_again() -> None:
    classes = ClassMap((ROAD, SKY)).with_class("Tree", (0, 9, 0))
    assert classes.ids == (0, 4, 5)
    again = classes.without(5).with_class("Car", (5, 5, 5))
    assert again.ids == (0, 4, 6)
    assert again.next_id == 7


def test_renaming_and_recolouring_leave_the_id() -> None:
    classes = ClassMap((ROAD, SKY)).changed(4, name="Clouds", rgb=(7, 7, 7))
    assert classes[4] == LabelClass(4, "Clouds", (7, 7, 7))
    assert classes.named("CLOUDS ") is classes[4]
    assert classes.named("Sky") is None


def test_display_order_changes_no_training_index() -> None:
    classes = ClassMap((ROAD, SKY))
    turned = classes.ordered((4, 0))
    assert turned.ids == (4, 0)
    assert np.array_equal(classes.to_train(), turned.to_train())
    with pytest.raises(ValueError, match="same classes"):
        classes.ordered((0,))


@given(st.sets(st.integers(0, MAX_CLASS_ID), min_size=1, max_size=40))
def test_training_indices_are_dense_and_go_back(ids: set[int]) -> None:
    classes = ClassMap(tuple(LabelClass(i, f"c{i}", (0, 0, 0)) for i in ids))
    to, back = classes.to_train(), classes.from_train()
    assert sorted(to[list(ids)]) == list(range(len(ids)))
    assert all(back[to[i]] == i for i in ids)
    others = [v for v in range(256) if v not in ids]
    assert set(to[others]) == {UNLABELLED}


@pytest.mark.parametrize(
    "make",
    [
        lambda: LabelClass(254, "void", (0, 0, 0)),
        lambda: LabelClass(-1, "x", (0, 0, 0)),
        lambda: LabelClass(1, " ", (0, 0, 0)),
        lambda: LabelClass(1, "x ", (0, 0, 0)),
        lambda: LabelClass(1, "x", (0, 0, 256)),
        lambda: ClassMap((ROAD, LabelClass(0, "Other", (0, 0, 0)))),
        lambda: ClassMap((ROAD, LabelClass(1, "rOAD", (0, 0, 0)))),
        lambda: ClassMap((SKY,), next_id=3),
    ],
)
def test_classes_that_contradict_themselves_do_not_exist(make) -> None:
    with pytest.raises(ValueError, match=r"class|colour|next_id"):
        make()


def test_the_palette_has_the_classes_colours_void_black_and_unlabelled_white() -> None:
    table = ClassMap((ROAD, SKY)).palette()
    assert table[4].tolist() == [9, 9, 250]
    assert table[VOID].tolist() == [0, 0, 0]
    assert table[UNLABELLED].tolist() == [255, 255, 255]


def test_an_empty_class_map_is_allowed() -> None:
    assert len(ClassMap()) == 0
    assert ClassMap().with_class("Road", (1, 1, 1)).ids == (0,)


def test_source_numbers_stay_when_others_come() -> None:
    painted, accepted = Source(SourceKind.PAINTED), Source(SourceKind.ACCEPTED, "run 7")
    table = SourceTable().with_source(painted)
    more = table.with_source(accepted).with_source(painted)
    assert (more.number(painted), more.number(accepted)) == (1, 2)
    assert more[2] == accepted
    assert more.validating() == (1,)
    with pytest.raises(KeyError):
        more[NO_SOURCE]
    with pytest.raises(KeyError):
        table.number(accepted)


def test_what_a_model_had_a_hand_in_never_validates() -> None:
    assert {kind.value for kind in SourceKind if kind.validates} == {
        "painted",
        "clicked",
        "imported",
    }


def test_names_are_sorted_as_people_count() -> None:
    names = ["b2.png", "a10.png", "a9.png", "A1.png", "a.png", "10.png", "9.png"]
    assert sorted(names, key=natural_key) == [
        "9.png",
        "10.png",
        "A1.png",
        "a9.png",
        "a10.png",
        "a.png",
        "b2.png",
    ]


@pytest.mark.parametrize("path", ["/etc/passwd", "../a.png", "a/../../b.png"])
def test_a_frame_never_lies_outside_its_root(path: str) -> None:
    with pytest.raises(ValueError, match="below a root"):
        Frame("images", path, 1, 1)
