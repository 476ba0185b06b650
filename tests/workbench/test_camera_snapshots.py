"""What a camera mask hides is in no snapshot: it neither teaches nor scores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from s4gui.core.camera import CameraMask, CameraMasks, HiddenPlane
from s4gui.core.classes import UNLABELLED, VOID
from s4gui.core.frames import Split
from s4gui.core.labels import Box
from s4gui.store.snapshots import Snapshot
from s4gui.workbench.painting import Tool
from s4gui.workbench.workbench import Workbench
from tests.workbench import places

SHAPE = (64, 80)
A, B, C, OTHER = "images/a.png", "images/b.png", "images/c.png", "images/other.png"
HIDDEN = np.zeros(SHAPE, bool)
HIDDEN[48:] = True
PLANE = HiddenPlane.of(HIDDEN)


@pytest.fixture
def bench(tmp_path: Path):
    paths = {"a.png": SHAPE, "b.png": SHAPE, "c.png": SHAPE, "other.png": (30, 40)}
    made = places.opened(places.make(tmp_path, paths))
    made.project.set_camera_masks(CameraMasks((CameraMask("images/", PLANE),)))
    yield made
    made.close()


def paint(bench: Workbench, frame: str, box: Box, value: int) -> None:
    bench.paint_region(frame, np.ones(box.shape, bool), box, value, tool=Tool.RECTANGLE)


def taken(bench: Workbench, into: Path, hold_out: float = 0.0) -> Snapshot:
    return Snapshot.read(into / bench.snapshot(into, hold_out=hold_out, seed=0))


def test_labels_below_the_mask_do_not_teach_and_others_do(bench, tmp_path: Path) -> None:
    paint(bench, A, Box(40, 0, 60, 10), 1)
    found = taken(bench, tmp_path / "s")
    train = found.train_labels(A)
    assert train is not None
    assert (train[40:48, :10] == 1).all()
    assert (train[48:] == VOID).all()
    assert (bench.mask(A).labels[48:60, :10] == 1).all(), "the labels themselves stay"
    plane = found.hidden(A)
    assert plane == PLANE
    assert found.hidden(B) == PLANE
    assert found.hidden(OTHER) is None


@pytest.mark.parametrize("value", [VOID, 1])
def test_a_frame_with_labels_below_the_mask_only_is_unlabelled_data(
    bench, tmp_path: Path, value: int
) -> None:
    paint(bench, A, Box(30, 0, 40, 10), 2)
    paint(bench, B, Box(50, 0, 64, 80), value)
    found = taken(bench, tmp_path / "s")
    assert [each.id for each in found.labelled] == [A]
    assert {each.id for each in found.unlabelled} == {B, C, OTHER}
    assert found.train_labels(B) is None
    assert found.hidden(B) == PLANE


def test_a_frame_labelled_all_around_the_mask_is_labelled_whole(bench, tmp_path: Path) -> None:
    paint(bench, A, Box(0, 0, 48, 80), 3)
    train = taken(bench, tmp_path / "s").train_labels(A)
    assert train is not None
    assert not (train == UNLABELLED).any()


def test_nothing_below_the_mask_is_held_out(bench, tmp_path: Path) -> None:
    for number in range(40):
        y, x = 12 * (number // 8), 10 * (number % 8)
        paint(bench, A, Box(y, x, y + 5, x + 5), number % 2)
    found = taken(bench, tmp_path / "s", hold_out=0.4)
    train, val = found.train_labels(A), found.val_labels(A)
    assert train is not None
    assert val is not None
    assert (val[:48] <= 1).sum() == 25 * 2 * round(0.4 * 16)
    assert (val[48:] == UNLABELLED).all()
    assert not ((train != UNLABELLED) & (val != UNLABELLED)).any()


def test_nothing_below_the_mask_scores_on_a_val_image(bench, tmp_path: Path) -> None:
    bench.set_split([A, B], Split.VAL)
    paint(bench, A, Box(0, 0, 64, 80), 2)
    paint(bench, B, Box(50, 0, 60, 80), 2)
    found = taken(bench, tmp_path / "s")
    val = found.val_labels(A)
    assert val is not None
    assert np.array_equal(val <= 250, ~HIDDEN)
    assert found.val_labels(B) is None
    assert found.val_on == "images", "all that can be labelled is"


def test_another_mask_makes_another_snapshot_and_none_the_one_from_before_masks(
    bench, tmp_path: Path
) -> None:
    paint(bench, A, Box(0, 0, 10, 10), 2)
    hashes = [taken(bench, tmp_path / "s").hash]
    bench.project.set_camera_masks(CameraMasks())
    hashes.append(taken(bench, tmp_path / "s").hash)
    bench.project.set_camera_masks(
        CameraMasks((CameraMask("images/", HiddenPlane.of(HIDDEN[::-1])),))
    )
    hashes.append(taken(bench, tmp_path / "s").hash)
    assert len(set(hashes)) == 3


def test_a_camera_has_one_file_in_a_snapshot(bench, tmp_path: Path) -> None:
    folder = tmp_path / "s"
    name = bench.snapshot(folder, hold_out=0.0, seed=0)
    assert len(list((folder / name).glob("hidden.*.png"))) == 1
