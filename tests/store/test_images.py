"""Images of every kind, as everybody sees them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from s4gui.core.errors import ImageError
from s4gui.store import images

COLOURS = np.random.default_rng(0).integers(0, 256, (20, 30, 3)).astype(np.uint8)


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif", "webp"])
def test_lossless_colours_are_read_as_they_are(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(COLOURS).save(path, lossless=True)
    assert np.array_equal(images.read_pixels(path), COLOURS)
    facts = images.read_facts(path)
    assert (facts.height, facts.width) == (20, 30)


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_turns_the_pixels(tmp_path: Path, suffix: str, orientation: int) -> None:
    upright = np.zeros((16, 32, 3), np.uint8)
    upright[:8, :8] = 255  # a white mark at the top left, as it should be shown
    turn_back = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: np.rot90(a, 1),
        7: lambda a: np.rot90(a, 2).transpose(1, 0, 2),
        8: lambda a: np.rot90(a, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"a.{suffix}"
    stored = np.ascontiguousarray(turn_back(upright))
    Image.fromarray(stored).save(path, exif=exif, quality=95)
    shown = images.read_pixels(path)
    assert shown.shape == upright.shape
    assert np.abs(shown.astype(int) - upright).mean() < 4
    small = images.read_scaled(path, 16)
    assert small.shape == (8, 16, 3)


def test_deep_grey_is_stretched_to_what_an_eye_can_see(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    ramp = np.linspace(1000, 3000, 600).reshape(20, 30).astype(np.uint16)
    Image.fromarray(ramp).save(path)
    pixels = images.read_pixels(path)
    assert pixels.shape == (20, 30, 3)
    assert pixels.min() < 5
    assert pixels.max() > 250
    assert (np.diff(pixels[..., 0].ravel().astype(int)) >= 0).all()


@pytest.mark.parametrize("mode", ["L", "P", "1", "CMYK", "RGBA", "LA"])
def test_other_colour_models_become_rgb(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("a.tif" if mode == "CMYK" else "a.png")
    Image.fromarray(COLOURS).convert(mode).save(path)
    pixels = images.read_pixels(path)
    assert pixels.shape == (20, 30, 3)
    assert pixels.dtype == np.uint8
    assert pixels.flags.c_contiguous


def test_transparent_parts_lie_on_black(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("RGBA", (4, 4), (200, 100, 50, 0)).save(path)
    assert not images.read_pixels(path).any()


def test_a_constant_deep_image_is_no_crash(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    Image.fromarray(np.full((5, 5), 7.5, np.float32)).save(path)
    assert images.read_pixels(path).shape == (5, 5, 3)


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tif", "bmp"])
def test_cut_files_are_said_not_a_crash(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(COLOURS).save(path)
    whole = path.read_bytes()
    for size in (0, 3, len(whole) // 3, len(whole) * 2 // 3):
        path.write_bytes(whole[:size])
        with pytest.raises(ImageError):
            images.read_pixels(path)


def test_an_image_that_would_take_all_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "MAX_PIXELS", 599)
    path = tmp_path / "a.png"
    Image.fromarray(COLOURS).save(path)
    with pytest.raises(ImageError, match="million pixels"):
        images.read_facts(path)
