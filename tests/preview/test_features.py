import numpy as np
import pytest
from scipy import ndimage
from skimage.color import rgb2lab

from s4gui.preview.features import (
    FEATURES,
    LONG_SIDE,
    SIGMAS,
    blurred,
    filter_features,
    lab_features,
    lab_planes,
    relit,
    shrunk,
    working_shape,
)
from tests.preview.scenes import scene


@pytest.mark.parametrize("sigma", SIGMAS)
def test_the_blur_is_scipys_gaussian(sigma: float) -> None:
    planes = np.random.default_rng(0).random((2, 37, 50)).astype(np.float32)
    radius = int(np.ceil(3 * sigma))
    expected = [
        ndimage.gaussian_filter(each.astype(float), sigma, mode="reflect", radius=radius)
        for each in planes
    ]
    np.testing.assert_allclose(blurred(planes, sigma), expected, atol=2e-6)


def test_a_blur_on_a_coarser_grid_is_the_blur_read_at_its_cells() -> None:
    planes = np.random.default_rng(0).random((1, 30, 45)).astype(np.float32)
    fine = blurred(planes, 4.0)
    np.testing.assert_allclose(blurred(planes, 4.0, shape=(10, 15)), fine[:, 1::3, 1::3], atol=2e-6)


def test_lab_is_skimages_lab_over_100() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (40, 30, 3), dtype=np.uint8)
    pixels[0, 0] = 0
    pixels[0, 1] = 255
    np.testing.assert_allclose(
        lab_planes(pixels).transpose(1, 2, 0) * 100, rgb2lab(pixels), atol=0.02
    )


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((360, 480), (180, 240)),
        ((1024, 2048), (120, 240)),
        ((50, 60), (50, 60)),
        ((1, 5000), (1, 240)),
    ],
)
def test_the_long_side_is_brought_down_to_the_working_size(shape, expected) -> None:
    assert working_shape(shape) == expected
    assert max(expected) <= LONG_SIDE


def test_shrinking_by_a_whole_factor_averages_areas() -> None:
    pixels = np.random.default_rng(2).integers(0, 256, (360, 480, 3), dtype=np.uint8)
    means = pixels.reshape(180, 2, 240, 2, 3).mean((1, 3))
    # Pillow rounds after each of its two passes: at most one level off.
    error = np.abs(shrunk(pixels) - means)
    assert error.max() <= 1
    assert error.mean() < 0.6


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (7, 3), (90, 120)])
def test_features_of_any_image_are_finite_float32(size) -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (*size, 3), dtype=np.uint8)
    features = filter_features(pixels)
    assert features.shape == (*working_shape(size), FEATURES)
    assert features.dtype == np.float32
    assert features.flags.c_contiguous
    assert np.isfinite(features).all()


def test_a_mirrored_image_has_mirrored_features() -> None:
    pixels, _ = scene(0)
    plain = filter_features(pixels)
    mirrored = filter_features(np.ascontiguousarray(pixels[:, ::-1]))
    np.testing.assert_allclose(mirrored[:, ::-1], plain, atol=1e-4)


def test_a_flat_image_has_colour_and_place_but_no_edges() -> None:
    features = filter_features(np.full((20, 30, 3), 128, np.uint8))
    spread = features.reshape(-1, FEATURES).std(0)
    varying = np.flatnonzero(spread > 1e-4)
    assert len(varying) == 2


def test_relit_rows_are_the_features_of_the_image_under_that_light() -> None:
    lab = lab_planes(scene(4)[0])
    changed = lab * np.array([1.3, 0.8, 0.8], np.float32)[:, None, None]
    rows = lab_features(lab).reshape(-1, FEATURES)
    ones = np.ones(len(rows), np.float32)
    found = relit(rows, light=ones * np.float32(1.3), chroma=ones * np.float32(0.8))
    np.testing.assert_allclose(found, lab_features(changed).reshape(-1, FEATURES), atol=2e-4)
    np.testing.assert_array_equal(rows, lab_features(lab).reshape(-1, FEATURES))
