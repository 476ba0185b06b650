"""The gated CRF loss equals its double loop and the values worked out by hand."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest
import torch

from s4gui.core.recipe import Recipe
from s4gui.learn.nets.light import LightNet
from s4gui.learn.regularisers.gated_crf import gated_crf, on_logits
from s4gui.learn.regularisers.together import Regularisers
from s4gui.learn.schedule import Progress
from s4gui.learn.strategies.supervised import Supervised
from s4gui.learn.views import Batch, Views


def _by_loops(
    p: np.ndarray,
    colours: np.ndarray,
    inside: np.ndarray,
    radius: int,
    sigma_colour: float = 0.3,
) -> float:
    _, height, width = p.shape
    total = 0.0
    for y in range(height):
        for x in range(width):
            for v in range(max(0, y - radius), min(height, y + radius + 1)):
                for u in range(max(0, x - radius), min(width, x + radius + 1)):
                    if (v, u) == (y, x) or not (inside[y, x] and inside[v, u]):
                        continue
                    unlike = ((colours[:, y, x] - colours[:, v, u]) ** 2).sum() / sigma_colour**2
                    far = ((y - v) ** 2 + (x - u) ** 2) / 6.0**2
                    kernel = math.exp(-(unlike + far) / 2)
                    total += kernel * (1 - (p[:, y, x] * p[:, v, u]).sum())
    return total / inside.sum()


def test_two_pixels_give_the_value_worked_out_by_hand() -> None:
    p = torch.tensor([[[[0.8, 0.5]], [[0.2, 0.5]]]], dtype=torch.float64)
    colours = torch.tensor([[[[0.0, 0.1]]]], dtype=torch.float64)
    inside = torch.ones(1, 1, 2, dtype=torch.bool)
    loss = gated_crf(p, colours, inside, sigma_place=6.0, sigma_colour=0.1)
    assert loss.item() == pytest.approx(0.2990824266, abs=1e-10)


def test_the_kernel_of_two_pixels_has_the_value_worked_out_by_hand() -> None:
    """Two pixels sure of different classes: the loss is the kernel itself."""
    p = torch.eye(2, dtype=torch.float64).reshape(1, 2, 1, 2)
    colours = torch.tensor([[[[0.0, 0.1]]]], dtype=torch.float64)
    inside = torch.ones(1, 1, 2, dtype=torch.bool)
    loss = gated_crf(p, colours, inside, sigma_place=6.0, sigma_colour=0.1)
    assert loss.item() == pytest.approx(0.5981648531, abs=1e-10)


def test_its_gradient_is_that_of_a_matrix_over_all_pairs() -> None:
    torch.manual_seed(0)
    logits = torch.randn(2, 3, 5, 6, dtype=torch.float64, requires_grad=True)
    colours = torch.rand(2, 3, 5, 6, dtype=torch.float64)
    inside = torch.rand(2, 5, 6) < 0.8
    y, x = torch.meshgrid(torch.arange(5), torch.arange(6), indexing="ij")
    places = torch.stack((y.flatten(), x.flatten()), 1).double()
    offsets = places[:, None] - places
    near = (offsets.abs().amax(-1) <= 2) & (offsets.abs().amax(-1) > 0)
    cells = colours.flatten(2).transpose(1, 2)
    unlike = (cells[:, :, None] - cells[:, None]).square().sum(-1) / 0.3**2
    kernel = torch.exp(-(unlike + offsets.square().sum(-1) / 4.0**2) / 2) * near
    gate = inside.flatten(1).double()
    p = logits.softmax(1).flatten(2)
    disagreed = 1 - torch.einsum("nci,ncj->nij", p, p)
    dense = (kernel * gate[:, :, None] * gate[:, None] * disagreed).sum() / gate.sum()
    ours = gated_crf(
        logits.softmax(1), colours, inside, radius=2, sigma_place=4.0, sigma_colour=0.3
    )
    found, theirs = (torch.autograd.grad(each, logits)[0] for each in (ours, dense))
    assert ours.item() == pytest.approx(dense.item(), abs=1e-12)
    assert theirs.abs().max() > 1e-3
    assert (found - theirs).abs().max() < 1e-14


@pytest.mark.parametrize("radius", [1, 3, 9])
def test_it_equals_the_double_loop(radius: int) -> None:
    rng = np.random.default_rng(radius)
    p = torch.from_numpy(rng.random((1, 3, 6, 7))).softmax(1)
    colours, inside = rng.random((3, 6, 7)), rng.random((6, 7)) < 0.8
    ours = gated_crf(
        p,
        torch.from_numpy(colours)[None],
        torch.from_numpy(inside)[None],
        radius=radius,
        sigma_colour=0.3,
    )
    assert ours.item() == pytest.approx(_by_loops(p[0].numpy(), colours, inside, radius), abs=1e-12)


def test_agreement_costs_nothing_and_nothing_inside_costs_nothing() -> None:
    sure = torch.zeros(2, 3, 5, 6)
    sure[:, 1] = 1
    colours = torch.rand(2, 3, 5, 6)
    everywhere = torch.ones(2, 5, 6, dtype=torch.bool)
    assert gated_crf(sure, colours, everywhere).item() == 0.0
    unsure = torch.full((2, 3, 5, 6), 1 / 3)
    assert gated_crf(unsure, colours, everywhere).item() > 0.0
    assert gated_crf(unsure, colours, ~everywhere).item() == 0.0


def test_cells_that_reach_beyond_the_frame_do_not_count() -> None:
    torch.manual_seed(0)
    logits, rgb = torch.randn(1, 3, 16, 24), torch.rand(1, 3, 32, 48)
    inside = torch.ones(1, 32, 48, dtype=torch.bool)
    inside[..., 23:] = False  # one column of a cell of 4
    before = on_logits(logits, rgb, inside)
    logits[..., 10:], rgb[..., 20:] = 0, 0
    assert torch.equal(on_logits(logits, rgb, inside), before)


def test_an_image_is_compared_at_a_quarter_of_its_size_as_methods_say() -> None:
    """Stride 4, radius 3, 6 pixels, a tenth of the colours' spread: methods 3.6 and 5.3."""
    rng = np.random.default_rng(3)
    logits, rgb = 3 * rng.normal(size=(3, 24, 36)), rng.random((3, 24, 36)) * 0.1
    inside = np.ones((24, 36), bool)
    inside[:5, 30:] = False

    def cells(maps: np.ndarray) -> np.ndarray:
        return maps.reshape(*maps.shape[:-2], 6, 4, 9, 4).mean((-3, -1))

    odds = np.exp(cells(logits))
    expected = _by_loops(
        odds / odds.sum(0), cells(rgb), cells(inside.astype(float)) == 1, 3, 0.1 * 0.225
    )
    tensors = [torch.from_numpy(each)[None] for each in (logits, rgb, inside)]
    assert on_logits(*tensors).item() == pytest.approx(expected, abs=1e-10)


def test_a_supervised_step_adds_it_after_the_first_tenth_only() -> None:
    torch.manual_seed(0)
    plain = LightNet(classes=3, width=4)
    rng = np.random.default_rng(0)
    images = torch.from_numpy(rng.random((2, 3, 64, 64), dtype=np.float32))
    labels = torch.full((2, 64, 64), 255)
    labels[:, 10:14] = 1
    batch = Batch(Views(images, labels, torch.ones(2, 64, 64, dtype=torch.bool)))
    after = {}
    for weight in (0.0, 0.1):
        for step in (9, 10):
            network = copy.deepcopy(plain)
            torch.manual_seed(1)
            optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
            terms = Regularisers.of(Recipe(weight_crf=weight))
            learner = Supervised(network, optimizer, regularisers=terms)
            facts = learner.step(batch, Progress(step, 100))
            assert ("crf" in facts.losses) == (weight > 0 and step == 10)
            after[weight, step] = network.classify.weight.detach().clone()
    assert torch.equal(after[0.0, 9], after[0.0, 10])
    assert torch.equal(after[0.0, 9], after[0.1, 9])
    assert not torch.equal(after[0.0, 10], after[0.1, 10])
