"""Projects: made, opened, locked, read by two, damaged and mended."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from s4gui.core.classes import UNLABELLED, ClassMap
from s4gui.core.errors import ImageError, LabelFileError, ProjectError
from s4gui.core.frames import Split
from s4gui.core.labels import Box
from s4gui.core.sources import Source, SourceKind
from s4gui.store import database, label_files, masks, project_file
from s4gui.store.project import Project
from s4gui.workbench.painting import Tool
from s4gui.workbench.workbench import Workbench
from tests.workbench import places

SQUARE = np.ones((10, 10), bool)


def painted(folder: Path, frame: str = "images/a.png", value: int = 2) -> Workbench:
    bench = places.opened(folder)
    box = Box(5, 5, 15, 15)
    bench.paint_region(frame, SQUARE, box, value, tool=Tool.RECTANGLE)
    return bench


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return places.make(tmp_path, {"a.png": (40, 60), "sub/b.jpg": (30, 20)})


def files(folder: Path, frame: str = "images/a.png") -> label_files.LabelFiles:
    return label_files.of(folder, frame)


def test_a_new_project_lists_its_images_and_leaves_them_alone(tmp_path: Path) -> None:
    folder = places.make(tmp_path, {"b10.png": (4, 5), "b9.png": (4, 6), "val/c.jpg": (3, 3)})
    project = Project.open(folder)
    assert [each.path for each in project.frames] == ["b9.png", "b10.png", "val/c.jpg"]
    assert project.frame("images/b9.png").shape == (4, 6)
    assert project.frame("images/val/c.jpg").split is Split.VAL
    assert project.image_path("images/b9.png") == tmp_path / "images" / "b9.png"
    assert project.name == "test"
    assert not (tmp_path / "images" / project_file.NAME).exists()
    project.close()


def test_a_project_may_lie_in_its_image_folder(tmp_path: Path) -> None:
    Image.new("RGB", (5, 5)).save(tmp_path / "a.png")
    Project.create(tmp_path, name="x", images=tmp_path, class_map=ClassMap()).close()
    (tmp_path / "labels").mkdir()
    Image.new("L", (5, 5)).save(tmp_path / "labels" / "z.png")
    project = Project.open(tmp_path / "project.s4gui")
    project.rescan()
    assert [each.path for each in project.frames] == ["a.png"]
    project.close()


def test_a_folder_without_images_becomes_no_project(tmp_path: Path) -> None:
    with pytest.raises(ProjectError) as caught:
        Project.create(tmp_path / "p", name="x", images=tmp_path, class_map=ClassMap())
    assert caught.value.message.id == "scan.no_images"
    assert not (tmp_path / "p").exists()


def test_a_second_project_in_the_same_folder_is_refused(folder: Path) -> None:
    with pytest.raises(ProjectError, match="already"):
        Project.create(folder, name="x", images=folder.parent / "images", class_map=ClassMap())


def test_cancelling_leaves_no_project_behind(tmp_path: Path) -> None:
    Image.new("RGB", (5, 5)).save(tmp_path / "a.png")
    with pytest.raises(ProjectError) as caught:
        Project.create(
            tmp_path / "p",
            name="x",
            images=tmp_path,
            class_map=ClassMap(),
            progress=lambda done, total, what: total == 0,
        )
    assert caught.value.message.id == "scan.cancelled"
    assert not (tmp_path / "p").exists()


def test_two_cannot_write_and_the_second_may_read(folder: Path) -> None:
    first = Project.open(folder, program="window")
    with pytest.raises(ProjectError) as caught:
        Project.open(folder, program="command line")
    assert caught.value.message.id == "project.locked"
    assert caught.value.message.params["program"] == "window"
    second = Project.open(folder, write=False)
    assert second.read_only
    assert second.holder is not None
    assert second.holder.program == "window"
    with pytest.raises(ProjectError, match="read-only"):
        second.set_splits({})
    first.close()
    second.close()
    third = Project.open(folder)
    third.close()


def test_a_reader_cannot_paint_and_nothing_is_shown_as_painted(folder: Path) -> None:
    writer = Project.open(folder)
    bench = Workbench(Project.open(folder, write=False))
    for act in (
        lambda: bench.begin_stroke("images/a.png", value=1, radius_px=3, at_yx=(5, 5)),
        lambda: bench.paint_region(
            "images/a.png", SQUARE, Box(0, 0, 10, 10), 1, tool=Tool.RECTANGLE
        ),
        lambda: bench.undo("images/a.png"),
    ):
        with pytest.raises(ProjectError, match="read-only"):
            act()
    assert bench.mask("images/a.png").counts() == {}
    bench.close()
    writer.close()


def test_a_reader_sees_what_the_writer_has_committed(folder: Path) -> None:
    bench = painted(folder)
    bench.project.settle()
    reader = Project.open(folder, write=False)
    assert reader.load("images/a.png").mask.counts() == {2: 100}
    assert reader.labelled_frames() == ("images/a.png",)
    reader.close()
    bench.close()


def test_a_failed_opening_leaves_no_lock_behind(folder: Path) -> None:
    (folder / project_file.NAME).write_text("{")
    with pytest.raises(ProjectError, match=r"project\.s4gui"):
        Project.open(folder)
    raw = {"version": 1, "name": "x", "roots": {}, "classes": [], "next_id": 0}
    (folder / project_file.NAME).write_text(json.dumps(raw))
    Project.open(folder).close()


def test_splits_set_by_hand_stay_through_a_rescan(folder: Path) -> None:
    project = Project.open(folder)
    project.set_splits({"images/a.png": Split.TEST})
    assert project.frame("images/a.png").split is Split.TEST
    Image.new("RGB", (7, 7)).save(folder.parent / "images" / "new.png")
    project.rescan()
    assert {each.path: str(each.split) for each in project.frames} == {
        "a.png": "test",
        "new.png": "train",
        "sub/b.jpg": "train",
    }
    project.close()
    project = Project.open(folder)
    assert project.frame("images/a.png").split is Split.TEST
    project.close()


def test_labels_of_an_image_that_went_are_kept(folder: Path) -> None:
    bench = painted(folder)
    bench.project.writer.flush()
    (folder.parent / "images" / "a.png").rename(folder.parent / "kept.png")
    bench.project.rescan()
    assert bench.project.frame("images/a.png").problem
    (folder.parent / "kept.png").rename(folder.parent / "images" / "a.png")
    bench.project.rescan()
    assert bench.project.load("images/a.png").mask.counts() == {2: 100}
    bench.close()


def test_labels_are_never_put_on_an_image_of_another_size(folder: Path) -> None:
    painted(folder).close()
    Image.new("RGB", (61, 40)).save(folder.parent / "images" / "a.png")
    project = Project.open(folder)
    project.rescan()
    with pytest.raises(LabelFileError, match="61x40"):
        project.load("images/a.png")
    project.close()
    assert files(folder).labels.exists()


def test_moved_images_are_found_again(folder: Path) -> None:
    moved = folder.parent / "elsewhere" / "pictures"
    moved.parent.mkdir()
    (folder.parent / "images").rename(moved)
    project = Project.open(folder)
    assert project.missing_roots == ("images",)
    with pytest.raises(ProjectError, match="none of the project"):
        project.locate("images", folder)
    project.locate("images", moved)
    project.close()
    project = Project.open(folder)
    assert project.image_path("images/a.png") == moved / "a.png"
    assert project.missing_roots == ()
    project.close()


def test_the_whole_folder_may_move_with_its_images(folder: Path, tmp_path: Path) -> None:
    painted(folder).close()
    target = tmp_path.parent / f"{tmp_path.name}-moved"
    tmp_path.rename(target)
    try:
        project = Project.open(target / "project")
        assert project.image_path("images/a.png").is_file()
        assert project.load("images/a.png").mask.counts() == {2: 100}
        project.close()
    finally:
        target.rename(tmp_path)


def test_a_content_hash_is_taken_once_and_again_when_the_file_changes(folder: Path) -> None:
    project = Project.open(folder)
    first = project.content_hash("images/a.png")
    project.writer.flush()
    image = folder.parent / "images" / "a.png"
    facts = image.stat()
    assert project.content_hash("images/a.png") == first
    Image.new("RGB", (60, 40), (1, 2, 3)).save(image)
    assert image.stat().st_mtime_ns != facts.st_mtime_ns
    assert project.content_hash("images/a.png") != first
    image.unlink()
    with pytest.raises(ImageError, match="cannot be opened"):
        project.content_hash("images/a.png")
    project.close()


def test_source_numbers_stay_for_ever(folder: Path) -> None:
    project = Project.open(folder)
    painted_by_hand, run = Source(SourceKind.PAINTED), Source(SourceKind.ACCEPTED, "run 1")
    assert (project.add_source(painted_by_hand), project.add_source(run)) == (1, 2)
    assert project.add_source(painted_by_hand) == 1
    project.close()
    project = Project.open(folder)
    assert project.sources.sources == (painted_by_hand, run)
    project.close()


def test_label_files_can_be_read_by_pillow_alone(folder: Path) -> None:
    painted(folder).close()
    with Image.open(files(folder).labels) as image:
        assert image.mode == "P"
        assert image.info["seq"] == "1"
        assert image.info["frame"] == "images/a.png"
        labels = np.asarray(image)
        assert image.convert("RGB").getpixel((6, 6)) == places.CLASSES[2].rgb
    expected = np.full((40, 60), UNLABELLED, np.uint8)
    expected[5:15, 5:15] = 2
    assert np.array_equal(labels, expected)
    with Image.open(files(folder).sources) as image:
        assert np.array_equal(np.asarray(image) != 0, expected != UNLABELLED)


def test_a_damaged_label_file_is_rebuilt_and_kept_aside(folder: Path) -> None:
    painted(folder).close()
    whole = files(folder).labels.read_bytes()
    for damaged in (whole[:-20], whole[:60] + b"\xff" + whole[61:], b"", b"text"):
        files(folder).labels.write_bytes(damaged)
        project = Project.open(folder)
        loaded = project.load("images/a.png")
        assert loaded.mask.counts() == {2: 100}
        assert not loaded.outside
        assert [each.id for each in loaded.notices] == ["labels.rebuilt"]
        project.close()
        aside = [p for p in files(folder).labels.parent.iterdir() if "damaged" in p.name]
        assert damaged in [path.read_bytes() for path in aside]
        for path in aside:
            path.unlink()


def test_a_damaged_source_file_is_rebuilt_too(folder: Path) -> None:
    painted(folder).close()
    files(folder).sources.write_bytes(b"nothing")
    bench = places.opened(folder)
    assert set(np.unique(bench.mask("images/a.png").sources)) == {0, 1}
    assert [each.id for each in bench.take_notices()] == ["labels.rebuilt"]
    bench.close()
    masks.check_whole(files(folder).sources)


def test_a_damaged_file_that_the_journal_cannot_rebuild_is_not_touched(folder: Path) -> None:
    files(folder).labels.parent.mkdir(parents=True)
    files(folder).labels.write_bytes(b"not ours")
    project = Project.open(folder)
    with pytest.raises(LabelFileError):
        project.load("images/a.png")
    project.close()
    assert files(folder).labels.read_bytes() == b"not ours"


def test_a_damaged_row_is_found_and_nothing_is_overwritten(folder: Path) -> None:
    painted(folder).close()
    for path in (files(folder).labels, files(folder).sources):
        path.unlink()
    with sqlite3.connect(folder / database.NAME) as connection:
        (data,) = connection.execute("SELECT tiles FROM journal").fetchone()
        broken = data[:-1] + bytes([data[-1] ^ 1])
        connection.execute("UPDATE journal SET tiles=?", (broken,))
    connection.close()
    project = Project.open(folder)
    with pytest.raises(LabelFileError, match="checksum"):
        project.load("images/a.png")
    project.close()


def test_a_lost_database_is_made_anew_from_images_and_label_files(folder: Path) -> None:
    painted(folder).close()
    (folder / database.NAME).unlink()
    project = Project.open(folder)
    assert [each.id for each in project.notices] == ["project.database_made_anew"]
    loaded = project.load("images/a.png")
    assert loaded.mask.counts() == {2: 100} == project.counts("images/a.png")
    assert not loaded.outside
    assert not loaded.history.can_undo
    assert project.sources.sources == (Source(SourceKind.PAINTED),)
    bench = Workbench(project)
    bench.paint_region("images/a.png", SQUARE, Box(20, 20, 30, 30), 1, tool=Tool.RECTANGLE)
    bench.close()
    bench = places.opened(folder)
    assert bench.mask("images/a.png").counts() == {1: 100, 2: 100}
    bench.close()


def test_a_damaged_database_is_kept_aside_and_made_anew(folder: Path) -> None:
    painted(folder).close()
    junk = b"this is no database" * 400
    (folder / database.NAME).write_bytes(junk)
    project = Project.open(folder)
    assert [each.id for each in project.notices] == [
        "project.database_kept",
        "project.database_made_anew",
    ]
    assert project.load("images/a.png").mask.counts() == {2: 100}
    project.close()
    aside = [path for path in folder.iterdir() if "damaged" in path.name]
    assert [path.read_bytes() for path in aside] == [junk]


def test_labels_changed_outside_are_offered_and_our_history_is_kept_until_decided(
    folder: Path,
) -> None:
    painted(folder).close()
    theirs = np.full((40, 60), 3, np.uint8)
    Image.fromarray(theirs).save(files(folder).labels)
    bench = places.opened(folder)
    assert bench.mask("images/a.png").counts() == {2: 100}
    assert bench.can_undo("images/a.png")
    assert np.array_equal(bench.outside["images/a.png"], theirs)
    assert [each.id for each in bench.take_notices()] == ["labels.changed_outside"]
    # Painting and closing before the decision does not overwrite their file.
    bench.paint_region("images/a.png", SQUARE, Box(20, 20, 30, 30), 1, tool=Tool.RECTANGLE)
    bench.close()
    assert np.array_equal(masks.read_plain(files(folder).labels), theirs)

    bench = places.opened(folder)
    assert bench.mask("images/a.png").counts() == {1: 100, 2: 100}
    change = bench.take_outside("images/a.png")
    assert "images/a.png" in change.labels
    assert bench.mask("images/a.png").counts() == {3: 2400}
    assert not bench.can_undo("images/a.png")
    assert bench.outside == {}
    bench.close()
    bench = places.opened(folder)
    assert bench.mask("images/a.png").counts() == {3: 2400}
    assert bench.take_notices() == ()
    bench.close()


def test_keeping_ours_moves_their_file_aside(folder: Path) -> None:
    painted(folder).close()
    theirs = np.full((40, 60), 3, np.uint8)
    Image.fromarray(theirs).save(files(folder).labels)
    bench = places.opened(folder)
    assert bench.mask("images/a.png").counts() == {2: 100}
    assert bench.keep_ours("images/a.png")
    assert bench.can_undo("images/a.png")
    bench.close()
    assert (masks.read_plain(files(folder).labels) == 2).sum() == 100
    aside = [p for p in files(folder).labels.parent.iterdir() if ".outside-" in p.name]
    assert any(np.array_equal(masks.read_plain(p), theirs) for p in aside if "source" not in p.name)


def test_an_older_copy_of_our_own_file_is_brought_up_to_date(folder: Path) -> None:
    painted(folder).close()
    old = files(folder).labels.read_bytes()
    bench = places.opened(folder)
    bench.paint_region("images/a.png", SQUARE, Box(20, 20, 30, 30), 1, tool=Tool.RECTANGLE)
    bench.close()
    files(folder).labels.write_bytes(old)
    bench = places.opened(folder)
    assert bench.mask("images/a.png").counts() == {1: 100, 2: 100}
    assert bench.outside == {}
    bench.close()


def test_a_project_on_a_disk_that_cannot_be_written_opens_for_reading(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    painted(folder).close()

    def refused(path: object, *_: object) -> int:
        raise OSError(30, "Read-only file system", str(path))

    monkeypatch.setattr("s4gui.store.lock.os.open", refused)
    with pytest.raises(ProjectError) as caught:
        Project.open(folder)
    assert caught.value.message.id == "project.cannot_lock"
    project = Project.open(folder, write=False)
    assert project.load("images/a.png").mask.counts() == {2: 100}
    project.close()


def test_names_that_are_not_utf8_are_frames_like_others(tmp_path: Path) -> None:
    images = tmp_path / "images"
    images.mkdir()
    raw = images / os.fsdecode(b"caf\xe9.png")
    Image.new("RGB", (12, 11)).save(images / "x.png")
    (images / "x.png").rename(raw)
    Project.create(tmp_path / "p", name="x", images=images, class_map=places.CLASSES).close()
    bench = places.opened(tmp_path / "p")
    (frame,) = bench.frames
    assert frame.shape == (11, 12)
    assert bench.project.image_path(frame.id) == raw
    bench.paint_region(frame.id, SQUARE, Box(0, 0, 10, 10), 1, tool=Tool.RECTANGLE)
    bench.close()
    bench = places.opened(tmp_path / "p")
    assert bench.mask(frame.id).counts() == {1: 100}
    bench.close()


def test_copying_a_closed_project_copies_everything(folder: Path, tmp_path: Path) -> None:
    painted(folder).close()
    assert not list(folder.glob("*-wal"))
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    bench = places.opened(copy)
    assert bench.mask("images/a.png").counts() == {2: 100}
    bench.undo("images/a.png")
    assert bench.mask("images/a.png").counts() == {}
    bench.close()
