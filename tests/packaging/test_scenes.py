"""The rendered scenes: masks exact, all classes there, nothing left to chance."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from s4gui.core.strokes import Stroke, rasterise
from tests.demo_scenes import ROOT, module, render

CLASSES = range(11)
VOID = 254


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_scene() -> None:
    make = module("render").render
    first, again, other = make(3, 72, 128), make(3, 72, 128), make(4, 72, 128)
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, b)
    assert (first[1] != other[1]).mean() > 0.1


@pytest.mark.parametrize(("seed", "size"), [(0, (90, 160)), (37, (33, 101)), (101, (128, 64))])
def test_a_scene_has_the_asked_size_and_only_known_values(seed: int, size: tuple[int, int]) -> None:
    rgb, mask = render(seed, *size, samples=1)
    assert rgb.shape == (*size, 3)
    assert mask.shape == size
    assert rgb.dtype == mask.dtype == np.uint8
    assert set(np.unique(mask)) <= {*CLASSES, VOID}
    assert rgb.std() > 15


def test_a_scene_below_sixteen_pixels_is_refused() -> None:
    with pytest.raises(ValueError, match="16 x 16"):
        render(0, 8, 640)


def test_the_scene_is_the_same_at_every_size() -> None:
    small = render(2, 90, 160, samples=1)[1]
    large = render(2, 270, 480, samples=1)[1][1::3, 1::3]
    np.testing.assert_array_equal(small, large)


def test_mask_edges_are_picture_edges() -> None:
    """Where two large classes meet, the picture changes more than inside them."""
    rgb, mask = render(0, 180, 320)
    grey = rgb.astype(np.float32).mean(axis=2)
    step = np.abs(np.diff(grey, axis=1))
    border = mask[:, 1:] != mask[:, :-1]
    assert step[border].mean() > 3 * step[~border].mean()


def test_no_class_is_told_by_its_colour_alone() -> None:
    """The nearest mean colour finds under 70 % of the pixels, so a learner has something to do."""
    train = [render(seed, 90, 160, samples=1) for seed in (0, 1, 2, 3)]
    rgb = np.concatenate([each[0].reshape(-1, 3) for each in train]).astype(np.float32)
    mask = np.concatenate([each[1].ravel() for each in train])
    means = np.stack([rgb[mask == c].mean(axis=0) for c in CLASSES])
    distance = ((rgb[:, None] - means[None]) ** 2).sum(axis=2)
    hit = (distance.argmin(axis=1) == mask)[mask != VOID].mean()
    assert 0.2 < hit < 0.7


@pytest.mark.parametrize("seed", [0, 4, 7])
def test_scribbles_stay_inside_their_regions(seed: int) -> None:
    _, mask = render(seed, 360, 640, samples=1)
    strokes = module("scribbles").scribbles(mask, np.random.default_rng(seed))
    assert {each.value for each in strokes} >= {0, 1, 3, 4}
    painted = wrong = 0
    for each in strokes:
        inside, box = rasterise(Stroke(each.path_yx, each.radius_px, each.value))
        y, x = np.nonzero(inside)
        y, x = y + box.y0, x + box.x0
        assert y.min() >= 0
        assert x.min() >= 0
        wrong += int((mask[y, x] != each.value).sum())
        painted += len(y)
    assert wrong <= 0.01 * painted
    assert painted < 0.12 * mask.size


def test_depth_inside_counts_the_steps_to_the_outside() -> None:
    region = np.zeros((9, 9), bool)
    region[2:7, 2:7] = True
    depth = module("scribbles").depth_inside(region)
    assert depth[4, 4] == 3
    assert depth[2, 4] == depth[2, 2] == 1
    assert not depth[~region].any()


def test_the_renderer_is_started_by_its_path_and_hides_no_installed_package(
    tmp_path: Path,
) -> None:
    words = [sys.executable, "packaging/demo", str(tmp_path), "--count", "1", "--size", "64x36"]
    subprocess.run(words, cwd=ROOT, check=True, timeout=100)
    with Image.open(tmp_path / "images" / "scene-01.jpg") as picture:
        assert picture.size == (64, 36)
    with Image.open(tmp_path / "reference" / "scene-01.png") as mask:
        assert mask.mode == "P"
        np.testing.assert_array_equal(np.asarray(mask), render(0, 36, 64)[1])
    code = "import packaging.version"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=100)
