"""Whole frames reach student and teacher as seed and step say, with the tags that are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from s4gui.core.classes import UNLABELLED
from s4gui.core.frames import Frame, Split
from s4gui.core.tags import ImageTags
from s4gui.learn.pictures import PictureBook, presence_of
from s4gui.learn.pixels import PixelCache, resized
from s4gui.store import snapshots
from s4gui.store.snapshots import Snapshot, SnapshotFrame
from tests.learn.scenes import CLASSES, QUICK, SHAPE, scene, strokes

# Training order is by id: road 2, sky 7, car 40.
RECIPE = QUICK.but(strategy="s4gan_mlmt", tag_px=64, batch_labelled=3, batch_unlabelled=4)


def _snapshot(folder: Path) -> Snapshot:
    """0: a whole mask without its car, 1: strokes, 2: tags alone, 3: nothing, 4: val, 5: tagged
    val, 6: broken, 7: a whole mask of which the road is held out for scores.
    """
    images = folder / "images"
    images.mkdir(parents=True)
    rows = []
    for number in range(8):
        image, reference = scene(number)
        Image.fromarray(image).save(images / f"{number}.png")
        split = Split.VAL if number in {4, 5} else Split.TRAIN
        frame = Frame("images", f"{number}.png", *SHAPE, split)
        no_car = np.where(reference == 40, np.uint8(2), reference)
        held = np.where(no_car == 2, no_car, np.uint8(UNLABELLED))
        kept = np.where(no_car == 2, np.uint8(UNLABELLED), no_car)
        rows.append(
            {
                0: SnapshotFrame(frame, train=no_car),
                1: SnapshotFrame(frame, train=strokes(reference, number)),
                2: SnapshotFrame(frame, tags=ImageTags(frozenset({7}), frozenset({40}))),
                3: SnapshotFrame(frame),
                4: SnapshotFrame(frame, val=no_car),
                5: SnapshotFrame(frame, tags=ImageTags(absent=frozenset({2}))),
                6: SnapshotFrame(Frame("images", "6.png", 0, 0, problem="broken")),
                7: SnapshotFrame(frame, train=kept, val=held),
            }[number]
        )
    return Snapshot.read(
        folder / snapshots.write(folder, CLASSES, {"images": images}, rows),
        roots={"images": images},
    )


def _book(folder: Path, **choices: object) -> tuple[PictureBook, Snapshot]:
    snapshot, recipe = _snapshot(folder), RECIPE.but(**choices)
    return PictureBook(snapshot, recipe, cache=PixelCache(long_side_px=0)), snapshot


def test_tags_come_from_whole_masks_strokes_and_people_and_never_from_what_is_held_out(
    tmp_path: Path,
) -> None:
    found = {name: each.tolist() for name, each in presence_of(_snapshot(tmp_path)).items()}
    assert found == {
        "images/0.png": [1, 1, 0],
        "images/1.png": [1, 1, 1],
        "images/2.png": [-1, 1, 0],
        "images/3.png": [-1, -1, -1],
        "images/7.png": [-1, 1, -1],
    }


def test_each_tagged_picture_carries_the_tags_of_its_own_frame(tmp_path: Path) -> None:
    book, snapshot = _book(tmp_path, flip=False)
    presence = presence_of(snapshot)
    whole = {
        name: resized(np.asarray(Image.open(tmp_path / name)), height=64, width=64)
        for name in presence
    }
    seen = set()
    for step in range(3):
        pictures = book.pictures(step)
        for image, teacher, tags in zip(
            pictures.tagged, pictures.tagged_teacher, pictures.presence, strict=True
        ):
            bytes_ = ((image[:3] + 1) * 127.5).round().byte().movedim(0, -1).numpy()
            (name,) = [n for n, each in whole.items() if np.array_equal(each, bytes_)]
            assert torch.equal(image, teacher)
            assert tags.tolist() == presence[name].tolist()
            seen.add(name)
    # Frame 1 shows all classes: that is a known vector too. Val frames and strokes are none.
    assert seen == {"images/0.png", "images/1.png", "images/2.png"}
    assert (book.tagged_frames, book.untagged_frames) == (3, 2)


def test_untagged_pictures_are_plain_for_the_teacher_and_changed_for_the_student(
    tmp_path: Path,
) -> None:
    book, _ = _book(tmp_path, flip=False)
    pictures = book.pictures(0)
    whole = [
        resized(np.asarray(Image.open(tmp_path / "images" / f"{n}.png")), height=64, width=64)
        for n in (3, 7)
    ]
    for student, teacher in zip(pictures.untagged, pictures.untagged_teacher, strict=True):
        bytes_ = ((teacher[:3] + 1) * 127.5).round().byte().movedim(0, -1).numpy()
        assert sum(np.array_equal(each, bytes_) for each in whole) == 1
        assert (student[:3] - teacher[:3]).abs().mean() > 0.01
        assert torch.equal(student[3:], teacher[3:])  # the place in the frame


def test_student_and_teacher_are_mirrored_apart(tmp_path: Path) -> None:
    book, _ = _book(tmp_path, flip=True, position=False)
    ways = set()
    for step in range(8):
        pictures = book.pictures(step)
        for one, other in zip(pictures.tagged, pictures.tagged_teacher, strict=True):
            assert torch.equal(one, other) or torch.equal(one, other.flip(-1))
            ways.add(torch.equal(one, other))
    assert ways == {True, False}


def test_pictures_are_a_function_of_seed_and_step(tmp_path: Path) -> None:
    book, snapshot = _book(tmp_path)
    again = PictureBook(snapshot, RECIPE, cache=PixelCache(long_side_px=0))
    book.pictures(0)
    one, other, later = book.pictures(5), again.pictures(5), again.pictures(6)
    for name in ("tagged", "tagged_teacher", "presence", "untagged", "untagged_teacher"):
        assert torch.equal(getattr(one, name), getattr(other, name))
    assert not torch.equal(one.untagged, later.untagged)


@pytest.mark.parametrize(("position", "channels"), [(False, 3), (True, 5)])
def test_shapes_are_what_the_networks_ask_for(
    tmp_path: Path, *, position: bool, channels: int
) -> None:
    pictures = _book(tmp_path, position=position)[0].pictures(1)
    assert pictures.tagged.shape == pictures.tagged_teacher.shape == (3, channels, 64, 64)
    assert pictures.untagged.shape == pictures.untagged_teacher.shape == (4, channels, 64, 64)
    assert pictures.presence.shape == (3, 3)
    assert pictures.tagged.dtype == pictures.presence.dtype == torch.float32
    assert pictures.untagged.abs().max() <= 1


def test_where_no_tags_are_left_pictures_say_nothing_and_are_still_there(tmp_path: Path) -> None:
    images = tmp_path / "images"
    images.mkdir()
    Image.fromarray(scene(0)[0]).save(images / "0.png")
    rows = [SnapshotFrame(Frame("images", "0.png", *SHAPE), train=strokes(scene(0)[1], 0))]
    rows[0].train[rows[0].train == 40] = 255
    name = snapshots.write(tmp_path / "s", CLASSES, {"images": images}, rows)
    snapshot = Snapshot.read(tmp_path / "s" / name, roots={"images": images})
    book = PictureBook(snapshot, RECIPE, cache=PixelCache(long_side_px=0))
    assert book.tagged_frames == 0
    assert (book.pictures(0).presence == -1).all()
