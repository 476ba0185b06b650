"""Scanning: what is an image, what a mask, what is broken."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from s4gui.core.errors import ProjectError
from s4gui.core.frames import Split
from s4gui.store import images
from s4gui.store.scan import Found, scan
from tests.shared import camvid


def image(path: Path, size: tuple[int, int] = (6, 4), mode: str = "RGB", **save: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size).save(path, **save)
    return path


def paths(found: tuple[Found, ...]) -> list[str]:
    return [each.path for each in found]


def test_images_come_in_the_order_people_count_hidden_ones_left_out(tmp_path: Path) -> None:
    for name in ("10.png", "9.jpg", "b/2.webp", "b/1.TIFF", "a.bmp", ".hidden.png", ".git/x.png"):
        image(tmp_path / name, format="PNG" if name.startswith(".") else None)
    (tmp_path / "notes.txt").write_text("no image")
    assert paths(scan(tmp_path).images) == ["9.jpg", "10.png", "a.bmp", "b/1.TIFF", "b/2.webp"]


def test_broken_files_are_listed_with_their_reason(tmp_path: Path) -> None:
    image(tmp_path / "good.png")
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "text.jpg").write_text("hello")
    found = {each.path: each for each in scan(tmp_path).images}
    assert found["good.png"].problem == ""
    assert found["empty.png"].problem
    assert "text.jpg" in found["text.jpg"].problem
    assert (found["text.jpg"].height, found["text.jpg"].width) == (0, 0)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_size_is_the_one_that_is_shown(tmp_path: Path, suffix: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = image(tmp_path / f"a.{suffix}", (30, 20), exif=exif)
    (found,) = scan(tmp_path).images
    pixels = images.read_pixels(path)
    assert (found.height, found.width) == pixels.shape[:2]
    assert pixels.shape[:2] == ((30, 20) if orientation >= 5 else (20, 30))


def test_splits_follow_the_innermost_folder_that_says_one(tmp_path: Path) -> None:
    for name in ("a.png", "Train/a.png", "val/x/a.png", "train/test/a.png", "validation/a.png"):
        image(tmp_path / name)
    assert {each.path: each.split for each in scan(tmp_path).images} == {
        "a.png": Split.TRAIN,
        "Train/a.png": Split.TRAIN,
        "train/test/a.png": Split.TEST,
        "val/x/a.png": Split.VAL,
        "validation/a.png": Split.VAL,
    }


def test_folders_of_masks_are_left_out_and_named(tmp_path: Path) -> None:
    image(tmp_path / "train" / "a.png")
    mask = np.zeros((4, 6), np.uint8)
    for folder in ("trainannot", "labels", "my_masks", "gtFine/train"):
        (tmp_path / folder).mkdir(parents=True)
        Image.fromarray(mask).save(tmp_path / folder / "a.png")
    found = scan(tmp_path)
    assert paths(found.images) == ["train/a.png"]
    assert {each.relative_to(tmp_path).as_posix() for each in found.mask_folders} == {
        "trainannot",
        "labels",
        "my_masks",
        "gtFine/train",
    }


def test_photographs_in_a_folder_with_a_suspicious_name_stay_images(tmp_path: Path) -> None:
    image(tmp_path / "labels" / "colour.png")
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
    (tmp_path / "masks").mkdir()
    Image.fromarray(grey).save(tmp_path / "masks" / "grey.png")
    image(tmp_path / "plain" / "index.png", mode="P")
    found = scan(tmp_path)
    assert paths(found.images) == ["labels/colour.png", "masks/grey.png", "plain/index.png"]
    assert found.mask_folders == ()


def test_cityscapes_masks_beside_images_are_no_images(tmp_path: Path) -> None:
    image(tmp_path / "aachen_0_leftImg8bit.png")
    image(tmp_path / "aachen_0_gtFine_labelIds.png", mode="L")
    image(tmp_path / "aachen_0_gtFine_color.png", mode="RGBA")
    assert paths(scan(tmp_path).images) == ["aachen_0_leftImg8bit.png"]


def test_the_camvid_folder_gives_its_photographs_only() -> None:
    found = scan(camvid())
    assert len(found.images) == 468
    assert {each.path.split("/")[0] for each in found.images} == {"train", "val"}
    assert len(found.mask_folders) == 4


def test_a_folder_linked_into_itself_ends(tmp_path: Path) -> None:
    image(tmp_path / "a" / "x.png")
    (tmp_path / "a" / "again").symlink_to(tmp_path, target_is_directory=True)
    assert paths(scan(tmp_path).images) == ["a/x.png"]


def test_progress_counts_and_can_cancel(tmp_path: Path) -> None:
    for number in range(5):
        image(tmp_path / f"{number}.png")
    seen: list[tuple[int, int]] = []
    scan(tmp_path, progress=lambda done, total, what: not seen.append((done, total)))
    assert seen[-1] == (5, 5)
    assert [done for done, total in seen if total] == [0, 1, 2, 3, 4, 5]
    with pytest.raises(ProjectError, match="Cancelled"):
        scan(tmp_path, progress=lambda done, total, what: done < 3)


def test_known_files_are_not_opened_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image(tmp_path / "a.png")
    image(tmp_path / "b.png")
    known = {each.path: each for each in scan(tmp_path).images}
    image(tmp_path / "b.png", (60, 40))
    opened: list[str] = []
    real = images.read_facts

    def counted(path: Path) -> images.ImageFacts:
        opened.append(path.name)
        return real(path)

    monkeypatch.setattr(images, "read_facts", counted)
    found = {each.path: each for each in scan(tmp_path, known=known).images}
    assert opened == ["b.png"]
    assert (found["b.png"].height, found["b.png"].width) == (40, 60)


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="no folder"):
        scan(tmp_path / "gone")
