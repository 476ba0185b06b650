from __future__ import annotations

import numpy as np
import pytest

from s4gui.core.classes import UNLABELLED
from s4gui.core.labels import Box
from s4gui.gui.canvas.pyramid import ImagePyramid, LabelPyramid, level_for


def pooled(plane, number):
    """Any label of each block of 2**number pixels an edge, by a loop."""
    edge = 2**number
    h, w = (-(-n // edge) for n in plane.shape)
    out = np.empty((h, w), np.uint8)
    for y in range(h):
        for x in range(w):
            out[y, x] = plane[y * edge : (y + 1) * edge, x * edge : (x + 1) * edge].min()
    return out


@pytest.mark.parametrize("shape", [(64, 64), (37, 53), (1, 9), (1, 1)])
@pytest.mark.parametrize("number", [0, 1, 2, 4])
def test_a_level_holds_any_label_of_its_block(shape, number):
    rng = np.random.default_rng(0)
    plane = np.where(rng.random(shape) < 0.05, rng.integers(0, 12, shape), UNLABELLED)
    plane = plane.astype(np.uint8)
    np.testing.assert_array_equal(LabelPyramid(plane).level(number), pooled(plane, number))


@pytest.mark.parametrize("seed", range(10))
def test_refreshing_an_edited_box_equals_a_new_pyramid(seed):
    rng = np.random.default_rng(seed)
    plane = np.full((61, 83), UNLABELLED, np.uint8)
    pyramid = LabelPyramid(plane)
    pyramid.level(4)
    for _ in range(8):
        y0, x0 = (int(each) for each in rng.integers(-5, 70, 2))
        box = Box(y0, x0, y0 + int(rng.integers(1, 30)), x0 + int(rng.integers(1, 30)))
        inside = box.clipped(plane.shape)
        plane[inside.slices] = rng.choice([3, 7, UNLABELLED], inside.shape)
        pyramid.refresh(box)
    for number in range(5):
        np.testing.assert_array_equal(pyramid.level(number), pooled(plane, number))
    plane[:] = 1
    pyramid.refresh()
    assert (pyramid.level(3) == 1).all()


@pytest.mark.parametrize("shape", [(64, 48), (33, 21), (5, 1), (1, 1)])
def test_image_levels_are_means_of_their_blocks(shape):
    pixels = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    level = ImagePyramid(pixels).level(1)
    h, w = (-(-n // 2) for n in shape)
    assert level.shape == (h, w, 3)
    for y in range(h):
        for x in range(w):
            mean = pixels[2 * y : 2 * y + 2, 2 * x : 2 * x + 2].astype(float).mean(axis=(0, 1))
            assert np.abs(level[y, x] - mean).max() <= 1


def test_a_large_image_is_quick_once_it_is_prepared():
    chequers = (np.add.outer(np.arange(2001), np.arange(3003)) % 2 * 254).astype(np.uint8)
    pyramid = ImagePyramid(np.stack([chequers] * 3, axis=2))
    assert pyramid.is_quick(0)
    assert not pyramid.is_quick(2)
    assert pyramid.prepare(600) is pyramid
    assert pyramid.is_quick(2)
    level = pyramid.level(2)
    assert level.shape == (501, 751, 3)
    assert np.abs(level[:500, :750].astype(int) - 127).max() <= 1
    assert ImagePyramid(np.zeros((500, 500, 3), np.uint8)).is_quick(3)


def test_levels_go_on_below_one_pixel():
    assert ImagePyramid(np.zeros((3, 2, 3), np.uint8)).level(6).shape == (1, 1, 3)
    assert LabelPyramid(np.zeros((3, 2), np.uint8)).level(6).shape == (1, 1)


@pytest.mark.parametrize(
    ("zoom", "level"), [(8, 0), (1, 0), (0.51, 0), (0.5, 1), (0.26, 1), (0.25, 2), (0.1, 3)]
)
def test_the_level_shown_is_reduced_by_less_than_half(zoom, level):
    assert level_for(zoom) == level


@pytest.mark.parametrize("bad", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8)])
def test_what_is_no_image_is_refused(bad):
    with pytest.raises(ValueError, match="an image is"):
        ImagePyramid(bad)
    with pytest.raises(ValueError, match="a label plane is"):
        LabelPyramid(bad.astype(np.int32))
