"""Edits of the whole project: what each does, what newer strokes keep, and what is never lost."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from s4gui.core.classes import UNLABELLED
from s4gui.core.errors import ProjectError
from s4gui.core.labels import Box
from s4gui.core.sources import Source, SourceKind
from s4gui.core.tags import ImageTags
from s4gui.store import label_files, masks
from s4gui.store.journal import RowKind
from s4gui.store.project import Project
from s4gui.workbench import planning, snapshotting
from s4gui.workbench.painting import Tool
from s4gui.workbench.workbench import Workbench
from tests.workbench import places

A, B, C = "images/a.png", "images/b.png", "images/c.png"
RUN_7 = Source(SourceKind.ACCEPTED, "run 7")
PAINTED = Source(SourceKind.PAINTED)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return places.make(tmp_path, {f"{name}.png": (40, 50) for name in "abc"})


@pytest.fixture
def bench(folder: Path):
    made = places.opened(folder)
    yield made
    made.close()


def paint(
    bench: Workbench, frame: str, at: int, value: int, source: Source = PAINTED, size: int = 10
) -> None:
    box = Box(at, at, at + size, at + size)
    bench.paint_region(
        frame, np.ones((size, size), bool), box, value, tool=Tool.BRUSH, source=source
    )


def total(bench: Workbench) -> dict[int, int]:
    out: dict[int, int] = {}
    for frame in (A, B, C):
        for value, px in bench.counts(frame).items():
            out[value] = out.get(value, 0) + px
    return out


def test_everything_from_a_source_goes_in_one_edit_and_comes_back(bench: Workbench) -> None:
    paint(bench, A, 0, 1)
    paint(bench, A, 20, 2, RUN_7)
    paint(bench, B, 0, 3, RUN_7)
    change = bench.revert([RUN_7])
    assert set(change.labels) == {A, B}
    assert total(bench) == {1: 100}
    edit = bench.project_edits[-1]
    assert (edit.px, edit.images, edit.edit.detail) == (200, 2, "accepted run 7")
    paint(bench, B, 5, 4)  # newer: covers 25 of the pixels that went
    assert bench.next_project_undo == edit
    bench.flip(edit)
    assert total(bench) == {1: 100, 2: 100, 3: 75, 4: 100}
    assert bench.mask(B).labels[7, 7] == 4
    assert bench.mask(B).sources[2, 2] == bench.project.sources.number(RUN_7)
    assert bench.next_project_undo is None
    bench.flip(bench.next_project_redo)
    assert total(bench) == {1: 100, 4: 100}


def test_undo_in_one_image_takes_it_back_in_all(bench: Workbench) -> None:
    paint(bench, A, 0, 1)
    paint(bench, B, 0, 1)
    bench.merge_class(1, 2)
    assert total(bench) == {2: 200}
    assert 1 not in bench.class_map
    change = bench.undo(B)
    assert set(change.labels) == {A, B}
    assert total(bench) == {1: 200}
    assert bench.class_map.ids == places.CLASSES.ids
    bench.redo(A)
    assert total(bench) == {2: 200}
    bench.undo(A)
    bench.undo(A)
    assert total(bench) == {1: 100}, "below it each image is its own again"


def test_a_merge_keeps_sources_and_the_id_is_never_given_again(bench: Workbench) -> None:
    paint(bench, A, 0, 5, RUN_7)
    bench.merge_class(5, 0)
    assert set(np.unique(bench.mask(A).sources)) == {0, bench.project.sources.number(RUN_7)}
    bench.add_class("new", (1, 1, 1))
    assert bench.class_map.classes[-1].id == 6
    bench.flip(bench.project_edits[0])
    assert [c.id for c in bench.class_map.classes] == [0, 1, 2, 3, 4, 5, 6]


def test_pixels_of_a_class_that_left_the_list_can_still_be_merged(bench: Workbench) -> None:
    paint(bench, A, 0, 5)
    bench.remove_class(5)
    bench.merge_class(5, 1)
    assert total(bench) == {1: 100}


def test_names_order_and_removal_are_edits_that_undo_in_any_order(bench: Workbench) -> None:
    bench.change_class(0, name="car", rgb=(9, 9, 9))
    bench.order_classes((5, 4, 3, 2, 1, 0))
    bench.remove_class(3)
    first, second, third = bench.project_edits
    assert [c.name for c in bench.class_map.classes][-1] == "car"
    bench.flip(first)
    assert bench.class_map.classes[-1] == places.CLASSES[0]
    bench.flip(third)
    bench.flip(second)
    assert bench.class_map.classes == places.CLASSES.classes
    assert bench.next_project_redo == bench.project_edits[1]
    bench.add_class("class x", (1, 2, 3))
    bench.flip(bench.project_edits[2])
    bench.change_class(6, name="class 3")
    bench.flip(bench.project_edits[2])
    assert bench.class_map[3].name == "class 3 (2)", "its name was taken meanwhile"


def test_no_change_is_no_edit(bench: Workbench) -> None:
    assert not bench.change_class(0, name="class 0")
    assert not bench.order_classes(bench.class_map.ids)
    assert bench.project_edits == ()


def test_cancelling_changes_nothing_and_one_mask_is_read_at_a_time(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    for frame in (A, B, C):
        paint(bench, frame, 0, 1)
    before = bench.project.last_taken()
    read: list[str] = []
    real = bench.project.read_mask
    monkeypatch.setattr(
        bench.project, "read_mask", lambda frame, *rest: (read.append(frame), real(frame, *rest))[1]
    )
    edit = bench.merge_edit(1, 2)
    assert planning.plan(bench.project, edit, lambda done, _total, _what: done < 2) is None
    assert len(read) == 2
    assert planning.census(bench.project, lambda *_: False) is None
    assert bench.project.last_taken() == before
    assert total(bench) == {1: 300}
    assert bench.class_map.ids == places.CLASSES.ids


def test_images_without_such_pixels_are_not_read(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    paint(bench, A, 0, 1)
    paint(bench, B, 0, 2)
    bench.project.settle()
    monkeypatch.setattr(planning, "_fresh", lambda mask, frame, edit: pytest.fail(frame))
    edit = bench.merge_edit(3, 0)
    found = planning.plan(bench.project, edit)
    assert found is not None
    assert found.parts == ()


def test_a_plan_that_is_out_of_date_is_refused_and_changes_nothing(bench: Workbench) -> None:
    paint(bench, A, 0, 1)
    plan = planning.plan(bench.project, bench.merge_edit(1, 2))
    assert plan is not None
    paint(bench, A, 5, 3)
    with pytest.raises(ProjectError) as caught:
        bench.carry_out(plan)
    assert caught.value.message.id == "projectwide.stale"
    assert total(bench) == {1: 75, 3: 100}
    assert 1 in bench.class_map


def test_the_census_counts_by_source_and_image(bench: Workbench) -> None:
    paint(bench, A, 0, 1)
    paint(bench, A, 5, 2, RUN_7)
    paint(bench, B, 5, 2, RUN_7)
    found = planning.census(bench.project)
    assert found is not None
    number = bench.project.sources.number
    assert found.px == {number(PAINTED): {A: 75}, number(RUN_7): {A: 100, B: 100}}


def test_files_of_images_that_are_not_open_follow_and_nothing_is_called_recovered(
    folder: Path,
) -> None:
    bench = places.opened(folder)
    for frame in (A, B):
        paint(bench, frame, 0, 1)
    bench.close()
    bench = places.opened(folder)
    bench.mask(A)
    bench.merge_class(1, 2)
    assert bench.behind(A) is None
    read = bench.behind(B)
    assert read is not None
    read()()
    bench.project.writer.flush()
    for frame in (A, B):
        labels = masks.read_plain(label_files.of(folder, frame).labels)
        assert int((labels == 2).sum()) == 100
    bench.flip(bench.project_edits[0])
    bench.close()
    bench = places.opened(folder)
    assert total(bench) == {1: 200}
    bench.mask(B)
    assert bench.take_notices() == ()
    bench.close()
    labels = masks.read_plain(label_files.of(folder, B).labels)
    assert int((labels == 1).sum()) == 100


def test_tags_of_a_merged_class_go_with_it_and_come_back(bench: Workbench) -> None:
    bench.set_tags([A], ImageTags(frozenset({1}), frozenset({2})))
    bench.set_tags([B], ImageTags(frozenset(), frozenset({1, 2})))
    bench.set_tags([C], ImageTags(frozenset({4}), frozenset({2})))
    before = dict(bench.project.tags)
    bench.merge_class(1, 2)
    assert bench.project.tags == {
        A: ImageTags(frozenset({2})),
        B: ImageTags(frozenset(), frozenset({2})),
        C: ImageTags(frozenset({4})),
    }
    bench.set_tags([B], ImageTags(frozenset({2})))  # newer
    bench.flip(bench.project_edits[0])
    assert bench.project.tags == before | {B: ImageTags(frozenset({2}))}


def test_held_out_strokes_stay_themselves_when_their_class_is_merged(bench: Workbench) -> None:
    for number in range(6):
        paint(bench, A, 6 * number, 1, size=5)
    bench.merge_class(1, 2)
    bench.project.settle()
    rows = list(bench.project.standing_edits(A))
    assert rows[-1].kind is RowKind.PART
    owner, strokes = snapshotting.owners((40, 50), rows)
    assert len(set(owner[bench.mask(A).labels == 2])) == 6 == len(strokes)


def test_labels_taken_over_from_outside_keep_what_is_newer(folder: Path) -> None:
    bench = places.opened(folder)
    paint(bench, A, 0, 1)
    bench.merge_class(1, 2)
    bench.close()
    path = label_files.of(folder, A).labels
    labels = masks.read_plain(path)
    labels[:5, :5] = 4
    path.write_bytes(masks.encode_plain(labels, places.CLASSES.palette()))
    bench = places.opened(folder)
    bench.mask(A)
    bench.take_outside(A)
    assert not bench.can_undo(A)
    bench.flip(bench.project_edits[0])
    assert bench.counts(A) == {4: 25, 1: 75}
    bench.close()


def test_read_only_nothing_is_done(folder: Path) -> None:
    bench = Workbench(Project.open(folder, write=False))
    with pytest.raises(ProjectError):
        bench.merge_class(0, 1)
    assert bench.class_map.ids == places.CLASSES.ids
    assert UNLABELLED not in bench.class_map
    bench.project.close()
