"""The workbench: what each verb changes and what it says it changed."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import numpy as np
import pytest

from s4gui.core.change import Change
from s4gui.core.classes import UNLABELLED, VOID
from s4gui.core.errors import ImageError
from s4gui.core.frames import Split
from s4gui.core.labels import Box
from s4gui.core.prediction import Prediction
from s4gui.core.sources import SourceKind
from s4gui.core.strokes import Stroke
from s4gui.store.journal import RowKind
from s4gui.store.project import Project
from s4gui.workbench.painting import MAX_RADIUS_PX, Tool
from s4gui.workbench.workbench import Workbench
from tests.workbench import places

A, B = "images/a.png", "images/b.png"


@pytest.fixture
def bench(tmp_path: Path):
    made = places.opened(places.make(tmp_path, {"a.png": (300, 400), "b.png": (60, 80)}))
    yield made
    made.close()


def square(bench: Workbench, frame: str, at: int, value: int) -> Change:
    box = Box(at, at, at + 10, at + 10)
    return bench.paint_region(frame, np.ones((10, 10), bool), box, value, tool=Tool.RECTANGLE)


def test_a_drag_is_one_edit_and_equals_the_whole_stroke(bench: Workbench) -> None:
    path = ((20.0, 20.0), (60.0, 200.0), (150.0, 210.0))
    changes = [bench.begin_stroke(A, value=2, radius_px=7.0, at_yx=path[0])]
    changes += [bench.extend_stroke([point]) for point in path[1:]]
    assert bench.painting
    dragged = bench.mask(A).labels.copy()
    changes.append(bench.end_stroke())
    assert not bench.painting
    assert np.array_equal(bench.mask(A).labels, dragged), "it must be painted before the release"
    bench.paint(A, Stroke(path, 7.0, UNLABELLED))
    assert bench.mask(A).counts() == {}
    bench.paint(A, Stroke(path, 7.0, 2))
    assert np.array_equal(bench.mask(A).labels, dragged)
    where = changes[0].labels[A]
    for change in changes[1:]:
        where = where.union(change.labels[A])
    ys, xs = np.nonzero(dragged != UNLABELLED)
    assert where.union(Box(ys.min(), xs.min(), ys.max() + 1, xs.max() + 1)) == where
    bench.project.settle()
    assert [row.kind for row in bench.project.edits(A)] == [RowKind.EDIT] * 3


def test_the_journal_notes_tool_value_time_and_what_was_painted_over(tmp_path: Path) -> None:
    now = [1000.0]
    folder = places.make(tmp_path, {"a.png": (50, 50)})
    bench = Workbench(Project.open(folder), clock=lambda: now[0], author="anna")
    bench.begin_stroke(A, value=UNLABELLED, radius_px=3, at_yx=(5, 5))
    bench.end_stroke()
    bench.begin_stroke(A, value=4, radius_px=3, at_yx=(5.26, 5), over="run 7 step 20")
    now[0] = 1002.5
    bench.end_stroke()
    bench.begin_stroke(A, value=UNLABELLED, radius_px=2, at_yx=(5, 5))
    bench.end_stroke()
    bench.project.settle()
    stroke, erased = bench.project.edits(A)
    assert (stroke.tool, stroke.value, stroke.time, stroke.author) == ("brush", 4, 1002.5, "anna")
    assert stroke.facts == {
        "radius_px": 3,
        "seconds": 2.5,
        "path_yx": [[5.3, 5]],
        "over": "run 7 step 20",
        "px": sum((y - 5.26) ** 2 + (x - 5) ** 2 <= 9 for y in range(10) for x in range(10)),
    }
    assert (erased.tool, erased.value) == ("eraser", UNLABELLED)
    bench.close()


def test_a_cancelled_stroke_leaves_no_row(bench: Workbench) -> None:
    bench.begin_stroke(A, value=1, radius_px=5, at_yx=(9, 9))
    change = bench.cancel_stroke()
    assert A in change.labels
    assert bench.mask(A).counts() == {}
    assert not bench.can_undo(A)
    assert bench.project.last_taken() == 0
    assert not bench.cancel_stroke()
    assert not bench.end_stroke()
    assert not bench.extend_stroke([(1, 1)])


def test_undo_during_a_stroke_ends_it_and_takes_it_back(bench: Workbench) -> None:
    bench.begin_stroke(A, value=1, radius_px=5, at_yx=(9, 9))
    bench.undo(A)
    assert bench.mask(A).counts() == {}
    assert bench.can_redo(A)


def test_undo_is_of_one_image_only(bench: Workbench) -> None:
    square(bench, A, 5, 1)
    square(bench, B, 5, 2)
    assert bench.undo(A).labels.keys() == {A}
    assert bench.mask(B).counts() == {2: 100}
    assert not bench.undo(A)
    assert bench.redo(A)
    assert not bench.redo(A)


def test_two_hundred_strokes_can_be_undone_on_a_large_image(tmp_path: Path) -> None:
    bench = places.opened(places.make(tmp_path, {"a.png": (1024, 2048)}))
    random = np.random.default_rng(0)
    for number in range(200):
        path = random.uniform((0, 0), (1024, 2048), (1, 2)) + np.cumsum(
            random.uniform(-30, 30, (20, 2)), axis=0
        )
        bench.paint(A, Stroke(tuple((float(y), float(x)) for y, x in path), 12.0, number % 6))
    count = 0
    while bench.can_undo(A):
        bench.undo(A)
        count += 1
    assert count == 200
    assert bench.mask(A).counts() == {}
    bench.close()


def test_accepting_never_touches_what_a_person_painted(bench: Workbench) -> None:
    square(bench, B, 0, 1)
    square(bench, B, 20, VOID)
    shape = (60, 80)
    answer = Prediction(np.full(shape, 5, np.uint8), np.full(shape, 9, np.uint8), "run 2", 40)
    inside = np.zeros(shape, bool)
    inside[:40] = True
    change = bench.accept(B, answer, inside, Box(0, 0, *shape))
    mask = bench.mask(B)
    assert mask.counts() == {1: 100, VOID: 100, 5: 40 * 80 - 200}
    number = int(mask.sources[39, 79])
    source = bench.project.sources[number]
    assert (source.kind, source.detail) == (SourceKind.ACCEPTED, "run 2")
    assert change.labels.keys() == {B}
    newer = Prediction(np.full(shape, 3, np.uint8), np.full(shape, 9, np.uint8), "run 3")
    bench.accept(B, newer, inside, Box(0, 0, *shape))
    assert mask.counts() == {1: 100, VOID: 100, 3: 40 * 80 - 200}
    bench.undo(B)
    bench.undo(B)
    assert mask.counts() == {1: 100, VOID: 100}


def test_a_prediction_of_another_size_is_refused(bench: Workbench) -> None:
    answer = Prediction(np.zeros((3, 3), np.uint8), np.zeros((3, 3), np.uint8), "run 2")
    with pytest.raises(ValueError, match="the frame"):
        bench.accept(B, answer, np.ones((3, 3), bool), Box(0, 0, 3, 3))


def test_choosing_tells_what_changed_and_only_then(bench: Workbench) -> None:
    assert bench.value == 0
    assert bench.choose_value(3) == Change(tool=True)
    assert not bench.choose_value(3)
    bench.swap_value()
    assert bench.value == 0
    bench.swap_value()
    assert bench.value == 3
    assert bench.choose_tool(Tool.FILL)
    assert not bench.choose_tool(Tool.FILL)
    assert bench.set_radius(Tool.BRUSH, 1e9) == Change(tool=True)
    assert bench.radius_px(Tool.BRUSH) == MAX_RADIUS_PX
    assert bench.radius_px(Tool.ERASER) != MAX_RADIUS_PX
    with pytest.raises(ValueError, match="no class"):
        bench.choose_value(77)


def test_switching_images_saves_the_one_left(bench: Workbench) -> None:
    assert bench.show(A) == Change(current_frame=True)
    square(bench, A, 5, 1)
    assert not bench.show(A)
    bench.show(B)
    bench.project.writer.flush()
    assert (bench.project.folder / "labels" / "images" / "a.png.png").exists()
    with pytest.raises(KeyError):
        bench.show("images/none.png")


def test_classes_are_added_renamed_ordered_and_removed_for_good(tmp_path: Path) -> None:
    folder = places.make(tmp_path, {"a.png": (50, 50)})
    bench = places.opened(folder)
    assert bench.add_class("Tram", (1, 2, 3)) == Change(classes=True)
    bench.choose_value(6)
    square(bench, A, 5, 6)
    bench.change_class(6, name="Tramway", rgb=(9, 9, 9))
    bench.order_classes([6, 5, 4, 3, 2, 1, 0])
    change = bench.remove_class(6)
    assert change.classes
    assert change.tool
    assert bench.value == 5
    assert bench.mask(A).counts() == {6: 100}, "pixels keep their value"
    bench.add_class("Bus", (4, 4, 4))
    bench.close()
    bench = places.opened(folder)
    assert bench.class_map.ids == (5, 4, 3, 2, 1, 0, 7)
    bench.close()


def test_an_empty_class_set_still_lets_one_paint_void(tmp_path: Path) -> None:
    folder = places.make(tmp_path, {"a.png": (50, 50)})
    project = Project.open(folder)
    for class_id in project.class_map.ids:
        project.set_class_map(project.class_map.without(class_id))
    bench = Workbench(project)
    assert bench.value == VOID
    square(bench, A, 0, bench.value)
    assert bench.counts(A) == {VOID: 100}
    bench.close()


def test_splits_are_set_and_told(bench: Workbench) -> None:
    assert bench.set_split([A], Split.VAL) == Change(frames=True)
    assert bench.project.frame(A).split is Split.VAL


def test_counts_of_closed_images_come_from_the_database(bench: Workbench) -> None:
    square(bench, A, 5, 1)
    assert bench.counts(A) == {1: 100}
    bench.project.settle()
    assert bench.project.counts(A) == {1: 100}
    bench.undo(A)
    bench.project.settle()
    assert bench.counts(A) == bench.project.counts(A) == {}
    assert bench.project.labelled_frames() == ()


def test_memory_is_bounded_and_nothing_is_lost_by_it(tmp_path: Path) -> None:
    names = {f"{n}.png": (100, 100) for n in range(12)}
    bench = places.opened(places.make(tmp_path, names), budget_bytes=100_000)
    for number in range(11):
        square(bench, f"images/{number}.png", number, number % 6)
    bench.save_now()
    bench.project.writer.flush()
    square(bench, "images/11.png", 11, 5)
    assert len([f for f in bench.frames if f.id in bench._open]) <= 4
    for number in range(12):
        assert bench.mask(f"images/{number}.png").counts() == {number % 6: 100}
        assert bench.can_undo(f"images/{number}.png")
    assert bench.take_notices() == ()
    bench.close()


def test_another_thread_is_refused(bench: Workbench) -> None:
    caught: list[BaseException] = []

    def act() -> None:
        try:
            square(bench, A, 5, 1)
        except RuntimeError as error:
            caught.append(error)

    thread = threading.Thread(target=act)
    thread.start()
    thread.join()
    assert "another thread" in str(caught[0])
    assert bench.mask(A).counts() == {}


def test_a_broken_image_cannot_be_painted_but_shown_as_broken(tmp_path: Path) -> None:
    folder = places.make(tmp_path, {"a.png": (5, 5)})
    (tmp_path / "images" / "b.png").write_bytes(b"no image")
    bench = places.opened(folder)
    bench.project.rescan()
    assert bench.project.frame(B).problem
    assert bench.show(B)
    with pytest.raises(ImageError, match="cannot be painted"):
        bench.mask(B)
    bench.close()


def test_an_edit_is_acknowledged_after_it_is_committed(bench: Workbench) -> None:
    seen: list[tuple[int, dict[int, int]]] = []
    bench.on_acknowledged = lambda seq: seen.append((seq, bench.project.counts(A)))
    square(bench, A, 5, 1)
    bench.project.settle()
    bench.project.writer.do(lambda to: None)
    bench.project.writer.flush()
    assert seen == [(1, {1: 100})]
    assert bench.acknowledged
    assert bench.pending == 0


def test_recovered_edits_are_told_once(tmp_path: Path) -> None:
    folder = places.make(tmp_path, {"a.png": (50, 50)})
    bench = places.opened(folder)
    square(bench, A, 0, 1)
    square(bench, A, 20, 1)
    bench.project.writer.flush()
    crashed = shutil.copytree(folder, tmp_path / "crashed")
    bench.close()
    bench = places.opened(crashed)
    assert bench.mask(A).counts() == {1: 200}
    (notice,) = bench.take_notices()
    assert notice.id == "labels.recovered"
    assert notice.params["n"] == 2
    bench.close()
    bench = places.opened(crashed)
    bench.mask(A)
    assert bench.take_notices() == ()
    bench.close()


def test_colours_of_many_classes_change_at_once_and_names_and_ids_stay(tmp_path: Path) -> None:
    folder = places.make(tmp_path, {"a.png": (20, 30)})
    bench = places.opened(folder)
    before = bench.class_map
    change = bench.recolour_classes({0: (1, 2, 3), 4: (4, 5, 6)})
    assert change.classes
    after = {each.id: each for each in bench.class_map.classes}
    assert (after[0].rgb, after[4].rgb, after[1].rgb) == ((1, 2, 3), (4, 5, 6), before[1].rgb)
    assert [(c.id, c.name) for c in bench.class_map.classes] == [
        (c.id, c.name) for c in before.classes
    ]
    with pytest.raises(KeyError):
        bench.recolour_classes({0: (9, 9, 9), 77: (0, 0, 0)})
    assert bench.class_map[0].rgb == (1, 2, 3)
    bench.close()
    again = places.opened(folder)
    assert again.class_map[4].rgb == (4, 5, 6)
    again.close()
