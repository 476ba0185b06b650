"""What teaches and what is held out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4gui.core.classes import UNLABELLED, VOID
from s4gui.core.labels import Box
from s4gui.core.prediction import Prediction
from s4gui.core.recipe import Recipe
from s4gui.core.sources import SourceKind
from s4gui.store.runs import all_runs
from s4gui.store.snapshots import Snapshot
from s4gui.workbench.components import components
from s4gui.workbench.painting import Tool
from s4gui.workbench.snapshotting import EditKey, choose
from s4gui.workbench.workbench import Workbench
from tests.workbench import places

A, B, C = "images/a.png", "images/b.png", "images/val/c.png"


@pytest.fixture
def bench(tmp_path: Path):
    paths = {"a.png": (100, 120), "b.png": (60, 80), "val/c.png": (50, 50), "test/d.png": (9, 9)}
    made = places.opened(places.make(tmp_path, paths))
    yield made
    made.close()


def spot(bench: Workbench, frame: str, number: int, value: int) -> None:
    """A 5x5 square of its own place: the `number`th of a grid with gaps."""
    y, x = 8 * (number // 8), 8 * (number % 8)
    box = Box(y, x, y + 5, x + 5)
    bench.paint_region(frame, np.ones((5, 5), bool), box, value, tool=Tool.RECTANGLE)


def taken(bench: Workbench, into: Path, hold_out: float = 0.25, seed: int = 0) -> Snapshot:
    return Snapshot.read(into / bench.snapshot(into, hold_out=hold_out, seed=seed))


def test_train_and_val_strokes_share_no_pixel_and_lose_none(bench, tmp_path: Path) -> None:
    for number in range(40):
        spot(bench, A, number, number % 3)
    snapshot = taken(bench, tmp_path / "s")
    train, val = snapshot.train_labels(A), snapshot.val_labels(A)
    assert train is not None
    assert val is not None
    assert not ((train != UNLABELLED) & (val != UNLABELLED)).any()
    both = np.where(train != UNLABELLED, train, val)
    assert np.array_equal(both, bench.mask(A).labels)
    assert snapshot.val_on == "strokes"
    assert [f.id for f in snapshot.labelled] == [A]
    assert {f.id for f in snapshot.unlabelled} == {B}


def test_an_edit_is_held_out_whole_or_not_at_all(bench, tmp_path: Path) -> None:
    for number in range(40):
        spot(bench, A, number, number % 3)
    val = taken(bench, tmp_path / "s").val_labels(A)
    assert val is not None
    held = [
        int((val[8 * (n // 8) : 8 * (n // 8) + 5, 8 * (n % 8) : 8 * (n % 8) + 5] < 250).sum())
        for n in range(40)
    ]
    assert set(held) == {0, 25}
    assert held.count(25) == round(0.25 * 14) + 2 * round(0.25 * 13)


def test_undone_edits_are_not_in_the_snapshot_and_redone_ones_are(bench, tmp_path: Path) -> None:
    for number in range(12):
        spot(bench, A, number, 1)
    for _ in range(6):
        bench.undo(A)
    bench.redo(A)
    snapshot = taken(bench, tmp_path / "s", hold_out=0.3)
    train, val = snapshot.train_labels(A), snapshot.val_labels(A)
    assert train is not None
    assert val is not None
    assert int((train == 1).sum() + (val == 1).sum()) == 7 * 25
    assert int((val == 1).sum()) == 2 * 25


def test_painting_over_a_held_out_stroke_moves_its_pixels_to_the_new_edit(
    bench, tmp_path: Path
) -> None:
    for number in range(8):
        spot(bench, A, number, 1)
    first = taken(bench, tmp_path / "s").val_labels(A)
    assert first is not None
    box = Box(0, 0, 100, 120)
    bench.paint_region(A, np.ones(box.shape, bool), box, 2, tool=Tool.RECTANGLE)
    snapshot = taken(bench, tmp_path / "s")
    train = snapshot.train_labels(A)
    assert train is not None
    assert set(np.unique(train)) == {2}
    assert snapshot.val_labels(A) is None


def test_a_painted_val_image_makes_all_strokes_teach(bench, tmp_path: Path) -> None:
    for number in range(20):
        spot(bench, A, number, number % 2)
    spot(bench, C, 0, 4)
    snapshot = taken(bench, tmp_path / "s")
    assert snapshot.val_on == "strokes", "a val image with a few strokes is no whole mask"
    assert snapshot.val_labels(A) is None
    assert np.array_equal(snapshot.train_labels(A), bench.mask(A).labels)
    assert snapshot.train_labels(C) is None
    assert np.array_equal(snapshot.val_labels(C), bench.mask(C).labels)


@pytest.mark.parametrize(("rows", "said"), [(44, "strokes"), (45, "images"), (50, "images")])
def test_val_images_score_as_images_from_nine_tenths_on(
    bench, tmp_path: Path, rows: int, said: str
) -> None:
    box = Box(0, 0, rows, 50)
    bench.paint_region(C, np.ones(box.shape, bool), box, 1, tool=Tool.RECTANGLE)
    spot(bench, A, 0, 0)
    snapshot = taken(bench, tmp_path / "s")
    assert snapshot.val_on == said
    # A snapshot from before counts were noted says the same.
    path = snapshot.folder / "snapshot.json"
    raw = json.loads(path.read_bytes())
    assert sum(each.pop("val_px", 0) for each in raw["frames"]) == rows * 50
    path.write_text(json.dumps(raw))
    assert Snapshot.read(snapshot.folder).val_on == said


def test_what_was_accepted_teaches_and_never_scores(bench, tmp_path: Path) -> None:
    classes = np.full((50, 50), 3, np.uint8)
    answer = Prediction(classes, np.full((50, 50), 255, np.uint8), "run 1")
    bench.accept(C, answer, np.ones((50, 50), bool), Box(0, 0, 50, 50))
    for number in range(10):
        spot(bench, B, number, 1)
    answer = Prediction(np.full((60, 80), 2, np.uint8), np.zeros((60, 80), np.uint8), "run 1")
    bench.accept(B, answer, np.ones((60, 80), bool), Box(0, 0, 60, 80))
    snapshot = taken(bench, tmp_path / "s", hold_out=0.5)
    assert snapshot.val_on == "strokes", "an accepted val image must not become a reference"
    val, train = snapshot.val_labels(B), snapshot.train_labels(B)
    assert val is not None
    assert train is not None
    assert set(np.unique(val)) == {1, UNLABELLED}
    assert int((train == 2).sum()) == 60 * 80 - 10 * 25


def test_void_stays_in_the_train_mask_and_test_images_in_none(bench, tmp_path: Path) -> None:
    for number in range(6):
        spot(bench, A, number, VOID)
    spot(bench, "images/test/d.png", 0, 1)
    snapshot = taken(bench, tmp_path / "s", hold_out=0.9)
    train = snapshot.train_labels(A)
    assert train is not None
    assert int((train == VOID).sum()) == 150
    assert snapshot.train_labels("images/test/d.png") is None
    assert snapshot.val_labels("images/test/d.png") is None


def test_imported_regions_are_held_out_one_by_one(bench, tmp_path: Path) -> None:
    labels = np.full((100, 120), UNLABELLED, np.uint8)
    for number in range(60):
        y, x = 9 * (number // 10), 9 * (number % 10)
        labels[y : y + 4, x : x + 4] = number % 2
    bench.import_labels(A, labels, detail="scribbles")
    val = taken(bench, tmp_path / "s", hold_out=0.2).val_labels(A)
    assert val is not None
    sizes = [
        int((val[9 * (n // 10) : 9 * (n // 10) + 4, 9 * (n % 10) : 9 * (n % 10) + 4] < 9).sum())
        for n in range(60)
    ]
    assert set(sizes) == {0, 16}
    assert sizes.count(16) == 12


def test_the_same_labels_give_the_same_snapshot_and_another_seed_another(
    bench, tmp_path: Path
) -> None:
    for number in range(30):
        spot(bench, A, number, number % 3)
    names = [bench.snapshot(tmp_path / "s", hold_out=0.3, seed=seed) for seed in (1, 1, 2)]
    assert names[0] == names[1] != names[2]


def test_a_prepared_run_has_the_labels_of_when_it_was_asked_for(bench) -> None:
    spot(bench, A, 0, 1)
    bench.save_now()
    make = bench.prepare_run(Recipe(hold_out=0.0))
    asked = bench.mask(A).labels.copy()
    spot(bench, A, 1, 2)
    bench.save_now()
    bench.project.writer.flush()
    run = make()
    snapshot = Snapshot.read(run.snapshot())
    assert np.array_equal(snapshot.train_labels(A), asked)
    assert run.read_recipe() == Recipe(hold_out=0.0)
    card = run.read_card()
    assert (card.number, card.project) == (1, "test")
    assert [each.number for each in all_runs(bench.project.runs)] == [1]


KEYS = st.lists(
    st.tuples(st.integers(1, 500), st.integers(0, 4)),
    min_size=1,
    max_size=80,
    unique_by=lambda t: t[0],
)


@given(KEYS, st.floats(0, 0.9), st.integers(0, 5))
def test_no_class_gives_all_its_edits_away(keys, share: float, seed: int) -> None:
    edits = {EditKey("f", number): class_id for number, class_id in keys}
    held = choose(edits, share=share, seed=seed)
    for class_id in set(edits.values()):
        mine = [key for key, value in edits.items() if value == class_id]
        gone = len(held.intersection(mine))
        assert gone < len(mine)
        assert abs(gone - share * len(mine)) <= 1 or gone == len(mine) - 1
        if share > 0 and len(mine) >= 4:
            assert gone >= 1
    if share == 0:
        assert not held


def test_a_new_edit_changes_little_of_what_is_held_out() -> None:
    edits = {EditKey("f", n): 0 for n in range(1, 101)}
    before = choose(edits, share=0.2, seed=0)
    after = choose(edits | {EditKey("f", 101): 0}, share=0.2, seed=0)
    assert len(before ^ after) <= 2


def flooded(values: np.ndarray, none: int) -> np.ndarray:
    """Regions by flood fill, pixel by pixel."""
    out = np.zeros(values.shape, np.int32)
    count = 0
    for y, x in np.ndindex(*values.shape):
        if values[y, x] == none or out[y, x]:
            continue
        count += 1
        todo = [(y, x)]
        out[y, x] = count
        while todo:
            cy, cx = todo.pop()
            for ny in range(max(cy - 1, 0), min(cy + 2, values.shape[0])):
                for nx in range(max(cx - 1, 0), min(cx + 2, values.shape[1])):
                    if not out[ny, nx] and values[ny, nx] == values[cy, cx]:
                        out[ny, nx] = count
                        todo.append((ny, nx))
    return out


@pytest.mark.parametrize("seed", range(30))
def test_components_equal_a_flood_fill(seed: int) -> None:
    random = np.random.default_rng(seed)
    shape = tuple(int(n) for n in random.integers(1, 40, 2))
    values = random.choice([0, 1, 255], shape, p=[0.3, 0.2, 0.5]).astype(np.uint8)
    assert np.array_equal(components(values, none=255), flooded(values, 255))


def test_no_labels_have_no_components() -> None:
    assert not components(np.full((3, 4), 255, np.uint8), none=255).any()
    assert (components(np.zeros((3, 4), np.uint8), none=255) == 1).all()


def test_a_snapshot_says_which_pixels_a_hand_did_not_paint(bench, tmp_path: Path) -> None:
    spot(bench, A, 0, 0)
    spot(bench, B, 0, 1)
    painted = taken(bench, tmp_path / "p", hold_out=0.0)
    assert painted.train_kinds(A) is None
    answer = np.full((100, 120), 1, np.uint8)
    sure = np.full((100, 120), 200, np.uint8)
    whole = np.ones((10, 20), bool)
    bench.accept(A, Prediction(answer, sure, "run 1"), whole, Box(50, 50, 60, 70))
    for hold_out in (0.0, 0.25):
        snapshot = taken(bench, tmp_path / str(hold_out), hold_out=hold_out)
        assert snapshot.hash != painted.hash
        kinds, labels = snapshot.train_kinds(A), snapshot.train_labels(A)
        assert kinds is not None
        assert labels is not None
        assert (kinds[50:60, 50:70] == SourceKind.ACCEPTED.number).all()
        assert (kinds[:5, :5] == SourceKind.PAINTED.number).all()
        assert (kinds[30:40] == 0).all()
        assert (kinds[labels != UNLABELLED] > 0).all()
        assert snapshot.train_kinds(B) is None
