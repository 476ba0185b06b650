"""The tree energy loss equals dense sums over paths, and the values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree
from torch import Tensor
from torch.nn import functional as F

from s4gui.core.classes import UNLABELLED
from s4gui.core.recipe import Recipe
from s4gui.learn.regularisers import tree_energy
from s4gui.learn.regularisers.together import Regularisers
from s4gui.learn.regularisers.tree_energy import (
    STRIDE,
    grid_tree,
    on_logits,
    tie_strengths,
    tree_filter,
)
from s4gui.learn.schedule import Progress
from s4gui.learn.views import Views


def _everywhere(guide: Tensor) -> Tensor:
    return torch.ones(guide.shape[0], *guide.shape[2:], dtype=torch.bool)


def _filtered(values: Tensor, guide: Tensor, *, sigma: float) -> Tensor:
    tree = grid_tree(guide, _everywhere(guide))
    return tree_filter(values, tree, tie_strengths(guide, tree, sigma=sigma))


def _grid_costs(guide: np.ndarray) -> coo_array:
    """Squared distances of neighbours of one guide (D, h, w), plus 1 as scipy takes 0 for none."""
    _, height, width = guide.shape
    rows, columns, costs = [], [], []
    for y in range(height):
        for x in range(width):
            for v, u in ((y + 1, x), (y, x + 1)):
                if v < height and u < width:
                    rows.append(y * width + x)
                    columns.append(v * width + u)
                    costs.append(1 + ((guide[:, y, x] - guide[:, v, u]) ** 2).sum())
    cells = height * width
    return coo_array((costs, (rows, columns)), shape=(cells, cells))


def _paths(guide: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(V, V, E) which edges lie between two cells, and (E, 2) the edges, of scipy's tree."""
    tree = minimum_spanning_tree(_grid_costs(guide).tocsr()).tocoo()
    edges = np.stack((tree.row, tree.col), 1)
    cells = tree.shape[0]
    on_path = np.zeros((cells, cells, len(edges)))
    beside = {c: [] for c in range(cells)}
    for number, (a, b) in enumerate(edges.tolist()):
        beside[a].append((b, number))
        beside[b].append((a, number))
    for start in range(cells):
        stack = [(start, -1)]
        while stack:
            cell, before = stack.pop()
            for other, number in beside[cell]:
                if other != before:
                    on_path[start, other] = on_path[start, cell]
                    on_path[start, other, number] += 1
                    stack.append((other, cell))
    return on_path, edges


def _dense(values: Tensor, guide: Tensor, *, sigma: float) -> Tensor:
    """The filter as a full matrix over pairs, image by image, in plain autograd."""
    answers = []
    for image, colours in zip(values, guide, strict=True):
        on_path, edges = _paths(colours.detach().numpy())
        cells = colours.flatten(1)
        apart = (cells[:, edges[:, 0]] - cells[:, edges[:, 1]]).square().sum(0)
        affinity = torch.exp(-(torch.from_numpy(on_path) * apart).sum(-1) / sigma)
        means = (affinity @ image.flatten(1).T) / affinity.sum(1, keepdim=True)
        answers.append(means.T.reshape(image.shape))
    return torch.stack(answers)


def _random(seed: int, *, height: int, width: int) -> tuple[Tensor, Tensor]:
    torch.manual_seed(seed)
    values = torch.rand(2, 4, height, width, dtype=torch.float64)
    return values, torch.rand(2, 3, height, width, dtype=torch.float64)


def test_a_path_of_three_cells_gives_the_values_worked_out_by_hand() -> None:
    p = torch.tensor([[[[1, 0.5, 0]], [[0, 0.5, 1]]]], dtype=torch.float64)
    guide = torch.tensor([[[[0, 0.1, 0.3]]]], dtype=torch.float64)
    soft = _filtered(p, guide, sigma=0.02)
    by_hand = [[0.771795, 0.635256, 0.123008], [0.228205, 0.364744, 0.876992]]
    assert np.allclose(soft[0, :, 0].numpy(), by_hand, atol=1e-6)
    loss = tree_energy.tree_energy(p, soft, torch.ones(1, 1, 3, dtype=torch.bool))
    assert 0.4 * loss.item() == pytest.approx(0.1297250588, abs=1e-10)


def test_two_flat_regions_get_the_mean_of_each() -> None:
    values, guide = _random(0, height=6, width=7)
    guide[:] = 0.0
    guide[..., 3:] = 1.0
    soft = _filtered(values, guide, sigma=0.002)
    for half in (slice(0, 3), slice(3, 7)):
        mean = values[..., half].mean((2, 3), keepdim=True)
        assert (soft[..., half] - mean).abs().max() < 1e-14


@pytest.mark.parametrize("sigma", [0.5, 0.02, 1e-4])
def test_the_filter_equals_a_matrix_over_all_pairs(sigma: float) -> None:
    values, guide = _random(1, height=7, width=9)
    apart = _filtered(values, guide, sigma=sigma) - _dense(values, guide, sigma=sigma)
    assert apart.abs().max() < 1e-13


def test_a_long_thin_image_of_one_colour_gets_its_mean() -> None:
    values = torch.rand(1, 2, 1, 700, dtype=torch.float64)
    soft = _filtered(values, torch.zeros(1, 3, 1, 700, dtype=torch.float64), sigma=0.002)
    assert (soft - values.mean(-1, keepdim=True)).abs().max() < 1e-12


def test_its_gradients_are_those_of_the_matrix() -> None:
    values, guide = _random(2, height=4, width=5)
    values.requires_grad_()
    guide.requires_grad_()
    weighing = torch.rand_like(values)
    found = torch.autograd.grad(
        (_filtered(values, guide, sigma=0.3) * weighing).sum(), (values, guide)
    )
    theirs = torch.autograd.grad(
        (_dense(values, guide, sigma=0.3) * weighing).sum(), (values, guide)
    )
    for ours, dense in zip(found, theirs, strict=True):
        assert dense.abs().max() > 0.01
        assert (ours - dense).abs().max() < 1e-12


def test_its_gradients_are_those_of_finite_differences() -> None:
    values, guide = _random(3, height=3, width=4)
    tree = grid_tree(guide, _everywhere(guide))
    strengths = tie_strengths(guide, tree, sigma=0.5)
    inputs = (values.requires_grad_(), strengths.requires_grad_())
    assert torch.autograd.gradcheck(lambda v, s: tree_filter(v, tree, s), inputs)


@pytest.mark.parametrize("levels", [2, 5, 1000])
def test_the_tree_is_as_cheap_as_scipys(levels: int) -> None:
    rng = np.random.default_rng(levels)
    guide = rng.integers(0, levels, (3, 2, 11, 13)) / levels
    tree = grid_tree(torch.from_numpy(guide), torch.ones(3, 11, 13, dtype=torch.bool))
    parent = tree.parent.numpy().reshape(3, -1) - np.arange(3)[:, None] * 143
    for colours, above in zip(guide, parent, strict=True):
        child = np.flatnonzero(above != np.arange(143))
        assert len(child) == 142
        pairs = coo_array((np.ones(142), (child, above[child])), shape=(143, 143))
        assert connected_components(pairs)[0] == 1
        y, x = np.divmod(child, 13)
        v, u = np.divmod(above[child], 13)
        assert (np.abs(y - v) + np.abs(x - u) == 1).all()
        ours = ((colours[:, y, x] - colours[:, v, u]) ** 2).sum()
        cheapest = minimum_spanning_tree(_grid_costs(colours).tocsr()).sum() - 142
        assert ours == pytest.approx(cheapest, abs=1e-9)


def _loss(logits: Tensor, rgb: Tensor, unlabelled: Tensor, inside: Tensor) -> float:
    return on_logits(logits, rgb, unlabelled, inside).item()


def _scene(seed: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    torch.manual_seed(seed)
    logits, rgb = 3 * torch.randn(2, 4, 12, 16), torch.rand(2, 3, 48, 64) / 20
    yes = torch.ones(2, 48, 64, dtype=torch.bool)
    return logits, rgb, yes, yes.clone()


def test_ties_are_as_tight_as_methods_say_for_street_scenes() -> None:
    logits, rgb, *where = _scene(14)
    tight, loose = (on_logits(logits, 4 * rgb, *where, sigma=s).item() for s in (0.002, 0.02))
    assert on_logits(logits, 4 * rgb, *where).item() == tight
    assert tight < 0.9 * loose


@pytest.mark.parametrize("columns", [slice(43, None), slice(0, 41)])
def test_what_lies_beyond_the_frame_changes_nothing(columns: slice) -> None:
    """The borders cut one column off a cell; in the second view the tree's root is beyond."""
    logits, rgb, unlabelled, inside = _scene(4)
    inside[..., columns] = False
    inside[:, :8] = False
    before = _loss(logits, rgb, unlabelled, inside)
    other_logits, other_rgb, _, _ = _scene(5)
    beyond = ~inside.unsqueeze(1)
    rgb = torch.where(F.max_pool2d(beyond.float(), STRIDE).repeat_interleave(4, 2)
                      .repeat_interleave(4, 3) > 0, other_rgb, rgb)  # fmt: skip
    logits = torch.where(F.max_pool2d(beyond.float(), STRIDE) > 0, other_logits, logits)
    assert before > 0
    assert _loss(logits, rgb, unlabelled, inside) == pytest.approx(before, abs=1e-7)


def test_an_image_with_pixels_beyond_it_costs_what_it_costs_without_them() -> None:
    logits, rgb, unlabelled, inside = _scene(12)
    inside[..., 40:] = False
    alone = _loss(logits[..., :10], rgb[..., :40], unlabelled[..., :40], inside[..., :40])
    assert _loss(logits, rgb, unlabelled, inside) == pytest.approx(alone, rel=1e-6)


def test_labelled_pixels_are_not_pulled_but_pull() -> None:
    logits, rgb, unlabelled, inside = _scene(6)
    unlabelled[:, 20:] = False
    p = F.softmax(logits, 1)
    guide = F.interpolate(rgb, (12, 16), mode="bilinear")
    soft = _filtered(p, guide, sigma=tree_energy.SIGMA)
    above = (p - soft).abs().sum(1)[:, :5].mean()
    assert _loss(logits, rgb, unlabelled, inside) == pytest.approx(above.item(), rel=1e-5)
    logits[:, 0, 5:] += 9
    assert _loss(logits, rgb, unlabelled, inside) != pytest.approx(above.item(), rel=1e-3)


def test_nothing_unlabelled_or_nothing_inside_costs_nothing_and_has_a_gradient() -> None:
    logits, rgb, yes, inside = _scene(7)
    logits.requires_grad_()
    for unlabelled, within in ((~yes, inside), (yes, ~inside)):
        loss = on_logits(logits, rgb, unlabelled, within)
        loss.backward()
        assert loss.item() == 0
        assert logits.grad is not None
        assert torch.equal(logits.grad, torch.zeros_like(logits))


def test_logits_of_the_images_size_are_reduced_too() -> None:
    logits, rgb, unlabelled, inside = _scene(8)
    large = logits.repeat_interleave(4, 2).repeat_interleave(4, 3)
    assert _loss(large, rgb, unlabelled, inside) == pytest.approx(
        _loss(logits, rgb, unlabelled, inside), rel=1e-5
    )
    rough = 3 * torch.randn(2, 4, 48, 64)  # logits are averaged, not probabilities
    assert _loss(rough, rgb, unlabelled, inside) == pytest.approx(
        _loss(F.avg_pool2d(rough, STRIDE), rgb, unlabelled, inside), rel=1e-5
    )


def test_half_precision_is_computed_in_float32() -> None:
    logits, rgb, unlabelled, inside = _scene(9)
    exact = on_logits(logits.bfloat16().float(), rgb, unlabelled, inside)
    half = on_logits(logits.bfloat16(), rgb, unlabelled, inside)
    assert half.dtype == torch.float32
    assert half.item() == pytest.approx(exact.item(), rel=1e-6)


def test_features_make_a_second_tree_and_get_a_gradient() -> None:
    logits, rgb, unlabelled, inside = (each[:1] for each in _scene(10))
    logits, rgb = logits.double(), rgb.double()
    features = torch.rand(1, 5, 12, 16, dtype=torch.float64)
    logits.requires_grad_()
    features.requires_grad_()
    loss = on_logits(logits, rgb, unlabelled, inside, features=features)
    guide = F.interpolate(rgb, (12, 16), mode="bilinear")
    p = logits.softmax(1)
    soft = _dense(_dense(p, guide, sigma=tree_energy.SIGMA), features, sigma=1.0)
    dense = (p - soft).abs().sum(1).mean()
    assert loss.item() == pytest.approx(dense.item(), rel=1e-12)
    ours = torch.autograd.grad(loss, (logits, features))
    for mine, theirs in zip(ours, torch.autograd.grad(dense, (logits, features)), strict=True):
        assert theirs.abs().max() > 1e-6
        assert (mine - theirs).abs().max() < 1e-12


def test_a_recipe_with_weight_tree_adds_it_for_pixels_nobody_painted() -> None:
    logits, rgb, unlabelled, inside = _scene(13)
    unlabelled[:, :24] = False
    labels = torch.where(unlabelled, UNLABELLED, 1)
    views = Views(rgb * 2 - 1, labels, inside)
    terms = Regularisers.of(Recipe(weight_crf=0.0, weight_tree=0.4))
    losses = terms.losses(logits, views, Progress(0, 100))
    assert set(losses) == {"tree"}
    whole = 0.4 * _loss(logits, views.rgb, unlabelled, inside)
    assert losses["tree"].item() == pytest.approx(whole, rel=1e-5)


def test_the_loss_draws_like_pixels_to_one_class() -> None:
    """Descent on this term alone: two regions of one colour each end with one class each."""
    torch.manual_seed(11)
    rgb = torch.zeros(1, 3, 32, 48)
    rgb[..., 24:] = 0.8
    logits = torch.randn(1, 2, 8, 12)
    logits[:, 0, :, :6] += 0.8
    logits[:, 1, :, 6:] += 0.8
    logits.requires_grad_()
    yes = torch.ones(1, 32, 48, dtype=torch.bool)
    optimizer = torch.optim.Adam([logits], lr=0.1)
    for _ in range(60):
        optimizer.zero_grad()
        on_logits(logits, rgb, yes, yes).backward()
        optimizer.step()
    best = logits.argmax(1)[0]
    assert (best[:, :6] == 0).all()
    assert (best[:, 6:] == 1).all()
