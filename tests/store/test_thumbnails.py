"""Copies of images for lists: made once, made anew when they must be, never in the way."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from s4gui.core.errors import ImageError
from s4gui.store import images
from s4gui.store.thumbnails import LONG_SIDE_PX, Thumbnails


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The images that were read whole."""
    seen: list[Path] = []
    real = images.read_scaled

    def read(path: Path, long_side_px: int):
        seen.append(path)
        return real(path, long_side_px)

    monkeypatch.setattr(images, "read_scaled", read)
    return seen


def noise(path: Path, seed: int = 0, side: int = 300) -> Path:
    values = np.random.default_rng(seed).integers(0, 255, (side, 2 * side, 3), np.uint8)
    Image.fromarray(values).save(path)
    return path


def copies(folder: Path) -> list[Path]:
    return sorted(each for each in folder.rglob("*") if each.is_file())


def test_an_image_is_read_once_and_its_copy_looks_the_same(tmp_path: Path, reads) -> None:
    path, kept = noise(tmp_path / "a.png"), tmp_path / "kept"
    first = Thumbnails(kept).get(path)
    again = Thumbnails(kept).get(path)
    assert reads == [path]
    assert max(first.shape) == LONG_SIDE_PX
    assert again.shape == first.shape
    assert np.abs(again.astype(int) - first).mean() < 12  # a JPEG of noise
    assert len(copies(kept)) == 1


def test_a_changed_image_gets_another_copy(tmp_path: Path, reads) -> None:
    path, store = noise(tmp_path / "a.png"), Thumbnails(tmp_path / "kept")
    store.get(path)
    noise(path, seed=1)
    os.utime(path, ns=(5, 5))
    changed = store.get(path)
    assert reads == [path, path]
    assert np.array_equal(changed, images.read_scaled(path, LONG_SIDE_PX))


@pytest.mark.parametrize("damage", [b"", b"no image", None])
def test_a_damaged_copy_is_made_anew(tmp_path: Path, reads, damage: bytes | None) -> None:
    path, store = noise(tmp_path / "a.png"), Thumbnails(tmp_path / "kept")
    first = store.get(path)
    (copy,) = copies(tmp_path / "kept")
    copy.write_bytes(copy.read_bytes()[:200] if damage is None else damage)
    assert np.array_equal(store.get(path), first)
    assert len(reads) == 2
    store.get(path)
    assert len(reads) == 2


def test_small_files_are_not_copied(tmp_path: Path) -> None:
    Image.new("RGB", (900, 700)).save(tmp_path / "a.png")
    assert Thumbnails(tmp_path / "kept").get(tmp_path / "a.png").shape == (137, 176, 3)
    assert copies(tmp_path / "kept") == []


def test_a_place_that_cannot_be_written_is_no_trouble(tmp_path: Path) -> None:
    path, kept = noise(tmp_path / "a.png"), tmp_path / "kept"
    kept.write_bytes(b"a file where the folder should be")
    store = Thumbnails(kept)
    store.prune()
    assert max(store.get(path).shape) == LONG_SIDE_PX
    with pytest.raises(ImageError):
        store.get(tmp_path / "gone.png")


def test_pruning_keeps_the_newest_that_fit(tmp_path: Path) -> None:
    store, kept = Thumbnails(tmp_path / "kept"), tmp_path / "kept"
    for n in range(6):
        store.get(noise(tmp_path / f"{n}.png", seed=n))
        fresh = max(copies(kept), key=lambda each: each.stat().st_mtime_ns)
        os.utime(fresh, ns=(n, n))
    sizes = {each.stat().st_mtime_ns: each.stat().st_size for each in copies(kept)}
    assert sorted(sizes) == list(range(6))
    store.prune(sizes[5] + sizes[4] + sizes[3] // 2)
    assert sorted(each.stat().st_mtime_ns for each in copies(kept)) == [4, 5]
    store.prune()
    assert len(copies(kept)) == 2
