"""Tags of images are kept, reach the runs that may learn from them, and no others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from s4gui.core.frames import Split
from s4gui.core.tags import ImageTags
from s4gui.store.project import Project
from s4gui.store.snapshots import Snapshot
from s4gui.workbench.workbench import Workbench
from tests.workbench import places

A, B, C = "images/a.png", "images/b.png", "images/val/c.png"
SEEN = ImageTags(frozenset({1}), frozenset({0, 2}))


@pytest.fixture
def bench(tmp_path: Path):
    made = places.opened(
        places.make(tmp_path, {"a.png": (40, 50), "b.png": (30, 40), "val/c.png": (20, 20)})
    )
    yield made
    made.close()


def taken(bench: Workbench, into: Path) -> Snapshot:
    return Snapshot.read(into / bench.snapshot(into, hold_out=0.2, seed=0))


def test_tags_are_there_again_when_the_project_is_opened_again(bench: Workbench) -> None:
    assert bench.set_tags([A, B], SEEN).frames
    bench.set_tags([B], ImageTags())
    bench.project.settle()
    again = Project.open(bench.project.folder, write=False)
    assert again.tags == bench.project.tags == {A: SEEN}
    again.close()


def test_a_snapshot_holds_tags_of_train_images_and_of_no_image_that_scores(
    bench: Workbench, tmp_path: Path
) -> None:
    bench.set_tags([A, B, C], SEEN)
    bench.set_split([B], Split.TEST)
    snapshot = taken(bench, tmp_path / "s")
    assert snapshot.tags(A) == SEEN
    assert snapshot.tags(B) == snapshot.tags(C) == ImageTags()


def test_tags_change_the_hash_of_a_snapshot_and_their_going_brings_it_back(
    bench: Workbench, tmp_path: Path
) -> None:
    before = taken(bench, tmp_path / "s").hash
    bench.set_tags([A], SEEN)
    tagged = taken(bench, tmp_path / "s").hash
    bench.set_tags([A], ImageTags())
    assert taken(bench, tmp_path / "s").hash == before != tagged


def test_a_snapshot_from_before_there_were_tags_is_read(bench: Workbench, tmp_path: Path) -> None:
    snapshot = taken(bench, tmp_path / "s")
    raw = json.loads((snapshot.folder / "snapshot.json").read_bytes())
    assert all("tags" not in row for row in raw["frames"])
    assert snapshot.tags(A) == ImageTags()


def test_tags_nobody_can_read_are_said_and_stay_until_the_image_is_tagged_anew(
    bench: Workbench,
) -> None:
    bench.project.writer.do(
        lambda to: to.execute("INSERT INTO state(frame, tags) VALUES(?, ?)", (A, '["rain"]'))
    )
    bench.project.settle()
    again = Project.open(bench.project.folder, write=False)
    (notice,) = again.notices
    assert again.tags == {}
    assert "tags of images/a.png cannot be read" in notice.text
    again.close()
    bench.set_tags([A], SEEN)
    bench.project.settle()
    healed = Project.open(bench.project.folder, write=False)
    assert (healed.tags, healed.notices) == ({A: SEEN}, [])
    healed.close()
