"""Predictions are whole, at the frame's size, and equal to their plain formulas."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from s4gui.learn.build import make_generator
from s4gui.learn.pixels import resized
from s4gui.learn.predict import Predictor
from s4gui.learn.refine import box_mean, fit_colours, fit_lines
from tests.learn.scenes import CLASSES, QUICK, scene

CPU = torch.device("cpu")
IDS = CLASSES.from_train()


class _Bright(nn.Module):
    """Says class 0 in the dark and class 2 in the light, more surely the further from grey."""

    def forward(self, images: Tensor) -> Tensor:
        light = 4 * images[:, :3].mean(1)
        return torch.stack([-light, torch.full_like(light, -9.0), light], 1)


def _predictor(network: nn.Module, **choices: object) -> Predictor:
    recipe = QUICK.but(refine="none", **choices)
    return Predictor(network, class_ids=IDS, recipe=recipe, device=CPU)


def _halves(height: int, width: int) -> np.ndarray:
    image = np.zeros((height, width, 3), np.uint8)
    image[:, width // 2 :] = 255
    return image


def test_a_prediction_holds_class_ids_and_their_probability() -> None:
    answer = _predictor(_Bright()).predict(_halves(48, 64), origin="run 7", step=3)
    assert answer.shape == (48, 64)
    assert (answer.classes[:, :32] == 2).all()
    assert (answer.classes[:, 32:] == 40).all()
    expected = torch.tensor([-4.0, -9.0, 4.0]).softmax(0)[2].item() * 255
    assert answer.confidence[0, 63] == round(expected)
    assert (answer.origin, answer.step) == ("run 7", 3)


@pytest.mark.parametrize("size", [(48, 64), (47, 61), (33, 200), (7, 5), (300, 31)])
@pytest.mark.parametrize("refine", ["none", "guided", "colours"])
@pytest.mark.parametrize("network", ["light", "unet"])
def test_any_size_is_predicted_at_its_size(
    size: tuple[int, int], refine: str, network: str
) -> None:
    torch.manual_seed(0)
    recipe = QUICK.but(network=network, refine=refine, long_side_px=64)
    net = make_generator(recipe, classes=3).eval()
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 255, (*size, 3), dtype=np.uint8)
    answer = Predictor(net, class_ids=IDS, recipe=recipe, device=CPU).predict(pixels, origin="x")
    assert answer.shape == size
    assert set(np.unique(answer.classes)) <= {2, 7, 40}


def test_enlarged_answers_equal_interpolating_all_maps_at_once() -> None:
    torch.manual_seed(0)
    recipe = QUICK.but(refine="none", long_side_px=32)
    net = make_generator(recipe, classes=3).eval()
    predictor = Predictor(net, class_ids=IDS, recipe=recipe, device=CPU)
    image, _ = scene(0)
    small = resized(image, height=32, width=43)
    maps = predictor.probabilities(small)
    whole = F.interpolate(maps[None], size=(48, 64), mode="bilinear")[0]
    recipe = recipe.but(long_side_px=43)
    answer = Predictor(net, class_ids=IDS, recipe=recipe, device=CPU).predict(image, origin="x")
    assert np.array_equal(answer.classes, IDS[whole.argmax(0).numpy()])


def test_the_mirrored_answer_takes_part() -> None:
    class Left(nn.Module):
        def forward(self, images: Tensor) -> Tensor:
            ramp = torch.linspace(-3, 3, images.shape[-1]).expand(
                images.shape[0], 1, *images.shape[-2:]
            )
            return torch.cat([-ramp, ramp, torch.full_like(ramp, -9)], 1)

    once = _predictor(Left()).predict(_halves(32, 32), origin="x")
    both = _predictor(Left(), mirror=True).predict(_halves(32, 32), origin="x")
    assert set(np.unique(once.classes)) == {2, 7}
    assert abs(int(both.confidence[0, 0]) - 127) <= 1


def test_a_mirrored_frame_keeps_its_own_position() -> None:
    class Places(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.seen: list[Tensor] = []

        def forward(self, images: Tensor) -> Tensor:
            self.seen.append(images.clone())
            return images[:, :3]

    net = Places()
    _predictor(net, mirror=True).predict(_halves(32, 48), origin="x")
    plain, turned = net.seen
    assert torch.equal(plain[:, 3:], turned[:, 3:])
    assert torch.equal(plain[:, :3], turned[:, :3].flip(-1))


def _guided_by_loops(p: np.ndarray, guide: np.ndarray, radius: int, epsilon: float) -> np.ndarray:
    """He, Sun, Tang 2013, equations 3 to 8, window by window."""
    h, w = guide.shape

    def window(y: int, x: int) -> tuple[slice, slice]:
        return (
            slice(max(0, y - radius), y + radius + 1),
            slice(max(0, x - radius), x + radius + 1),
        )

    a, b = np.zeros((h, w)), np.zeros((h, w))
    for y in range(h):
        for x in range(w):
            g, q = guide[window(y, x)], p[window(y, x)]
            a[y, x] = ((g * q).mean() - g.mean() * q.mean()) / (g.var() + epsilon)
            b[y, x] = q.mean() - a[y, x] * g.mean()
    out = np.zeros((h, w))
    for y in range(h):
        for x in range(w):
            out[y, x] = a[window(y, x)].mean() * guide[y, x] + b[window(y, x)].mean()
    return out


def test_the_guided_filter_equals_its_equations() -> None:
    rng = np.random.default_rng(0)
    guide, maps = rng.random((9, 11)), rng.random((2, 9, 11))
    lines = fit_lines(torch.from_numpy(maps), torch.from_numpy(guide), radius=2)
    ours = lines.slope[0] * torch.from_numpy(guide) + lines.offset
    for mine, p in zip(ours.numpy(), maps, strict=True):
        np.testing.assert_allclose(mine, _guided_by_loops(p, guide, 2, 1e-3), atol=1e-12)


def test_guided_maps_still_sum_to_one() -> None:
    rng = np.random.default_rng(1)
    maps = torch.from_numpy(rng.random((4, 12, 13))).softmax(0)
    guide = torch.from_numpy(rng.random((12, 13)))
    lines = fit_lines(maps, guide, radius=3)
    total = (lines.slope[0] * guide + lines.offset).sum(0)
    torch.testing.assert_close(total, torch.ones_like(total))


def test_a_box_mean_counts_only_pixels_of_the_image() -> None:
    assert torch.equal(box_mean(torch.ones(1, 5, 6), 2), torch.ones(1, 5, 6))


def test_the_filter_by_colours_equals_its_equations() -> None:
    rng = np.random.default_rng(5)
    guide, maps = rng.random((3, 7, 8)), rng.random((2, 7, 8))

    def mean(planes: np.ndarray) -> np.ndarray:
        flat = torch.from_numpy(planes.reshape(-1, 7, 8))
        return box_mean(box_mean(flat, 2), 2).numpy().reshape(planes.shape)

    slope, offset = np.zeros((2, 3, 7, 8)), np.zeros((2, 7, 8))
    square = mean(np.einsum("iyx,jyx->ijyx", guide, guide))
    for k, q in enumerate(maps):
        cross, middle = mean(guide * q), mean(guide)
        for y in range(7):
            for x in range(8):
                m = middle[:, y, x]
                sigma = square[:, :, y, x] - np.outer(m, m) + 1e-3 * np.eye(3)
                common = cross[:, y, x] - m * mean(q)[y, x]
                slope[k, :, y, x] = np.linalg.solve(sigma, common)
                offset[k, y, x] = mean(q)[y, x] - slope[k, :, y, x] @ m
    expected = np.einsum("kiyx,iyx->kyx", mean(slope), guide) + mean(offset)
    lines = fit_colours(torch.from_numpy(maps), torch.from_numpy(guide), radius=2)
    ours = (lines.slope * torch.from_numpy(guide)[:, None]).sum(0) + lines.offset
    np.testing.assert_allclose(ours.numpy(), expected, atol=1e-9)
    torch.testing.assert_close(
        fit_colours(torch.ones(1, 7, 8), torch.rand(3, 7, 8), radius=2).slope,
        torch.zeros(3, 1, 7, 8),
        atol=1e-4,
        rtol=0,
    )
