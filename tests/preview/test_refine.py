import numpy as np
import pytest

from s4gui.core.labels import Box
from s4gui.preview.refine import COARSER, EPSILON, RADIUS_PX, edge_model, refined
from tests.preview.scenes import scene


def mirrored(index: int, size: int) -> int:
    index %= 2 * size
    return index if index < size else 2 * size - 1 - index


def test_the_model_is_the_colour_guided_filter_worked_out_window_by_window() -> None:
    rng = np.random.default_rng(0)
    height, width = 13, 10
    pixels = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    probabilities = rng.random((height, width, 2)).astype(np.float32)
    coarse = (-(-height // COARSER), -(-width // COARSER))
    radius = int(np.ceil(3 * RADIUS_PX))
    slopes, offsets = np.zeros((2, *coarse, 3)), np.zeros((2, *coarse))
    for i, j in np.ndindex(*coarse):
        cy = (i + 0.5) * height / coarse[0] - 0.5
        cx = (j + 0.5) * width / coarse[1] - 0.5
        guide, values, weights = [], [], []
        for y in range(round(cy) - radius, round(cy) + radius + 1):
            for x in range(round(cx) - radius, round(cx) + radius + 1):
                at = mirrored(y, height), mirrored(x, width)
                guide.append(pixels[at] / 255)
                values.append(probabilities[at])
                weights.append(np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / 2 / RADIUS_PX**2))
        guide, values = np.array(guide), np.array(values, float)
        weights = np.array(weights) / np.sum(weights)
        mean, mean_p = weights @ guide, weights @ values
        centred = guide - mean
        covariance = (centred * weights[:, None]).T @ centred + EPSILON * np.eye(3)
        for c in range(2):
            a = np.linalg.solve(
                covariance, (centred * weights[:, None]).T @ (values[:, c] - mean_p[c])
            )
            slopes[c, i, j] = a
            offsets[c, i, j] = mean_p[c] - a @ mean
    model = edge_model(probabilities, pixels)
    # The last step, a blur of the coefficients, keeps what is constant; undo it by comparing
    # the blurred oracle.
    from s4gui.preview.features import blurred

    expected = blurred(
        slopes.transpose(3, 0, 1, 2).reshape(6, *coarse).astype(np.float32), RADIUS_PX / COARSER
    )
    np.testing.assert_allclose(model.slopes, expected, atol=2e-3)
    np.testing.assert_allclose(
        model.offsets, blurred(offsets.astype(np.float32), RADIUS_PX / COARSER), atol=2e-3
    )


def test_noisy_probabilities_snap_to_the_edges_of_the_image() -> None:
    pixels, reference = scene(0, height=180, width=240)
    rng = np.random.default_rng(1)
    truth = np.stack([reference == value for value in (0, 3, 7)], axis=2).astype(np.float32)
    noisy = truth * 0.2 + rng.random(truth.shape).astype(np.float32) * 0.5
    ids = np.array([0, 3, 7])
    before = (ids[noisy.argmax(2)] == reference).mean()
    best, confidence = refined(edge_model(noisy, pixels), pixels, Box(0, 0, 180, 240))
    assert before < 0.75
    assert (ids[best] == reference).mean() > 0.97
    assert confidence.max() > confidence.min()


def test_certain_probabilities_are_full_confidence() -> None:
    pixels, _ = scene(2)
    certain = np.zeros((90, 120, 3), np.float32)
    certain[..., 1] = 1
    best, confidence = refined(edge_model(certain, pixels), pixels, Box(0, 0, 90, 120))
    assert (best == 1).all()
    assert confidence.min() >= 254


@pytest.mark.parametrize("box", [Box(0, 0, 200, 320), Box(37, 11, 38, 300), Box(100, 50, 171, 133)])
def test_a_part_is_the_same_as_that_part_of_the_whole(box: Box) -> None:
    pixels, _ = scene(3, height=200, width=320)
    probabilities = np.random.default_rng(4).random((150, 240, 4)).astype(np.float32)
    model = edge_model(probabilities, pixels)
    best, confidence = refined(model, pixels, Box(0, 0, 200, 320))
    part, part_confidence = refined(model, pixels, box)
    np.testing.assert_array_equal(part, best[box.slices])
    np.testing.assert_array_equal(part_confidence, confidence[box.slices])


def test_a_step_answers_every_nth_pixel_alike() -> None:
    pixels, _ = scene(5, height=200, width=320)
    probabilities = np.random.default_rng(6).random((150, 240, 4)).astype(np.float32)
    model = edge_model(probabilities, pixels)
    box = Box(10, 20, 121, 223)
    best, confidence = refined(model, pixels, box)
    coarse, coarse_confidence = refined(model, pixels, box, step=3)
    assert coarse.shape == box.shape
    np.testing.assert_array_equal(coarse[::3, ::3], best[::3, ::3])
    np.testing.assert_array_equal(coarse_confidence[::3, ::3], confidence[::3, ::3])
    np.testing.assert_array_equal(coarse[:3, :3], coarse[0, 0])


def test_a_single_pixel_can_be_refined() -> None:
    pixels = np.zeros((1, 1, 3), np.uint8)
    best, confidence = refined(
        edge_model(np.array([[[0.25, 0.75]]], np.float32), pixels), pixels, Box(0, 0, 1, 1)
    )
    assert best.tolist() == [[1]]
    assert abs(int(confidence[0, 0]) - 191) <= 1
