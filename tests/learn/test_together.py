"""Regularisers are called alike by every strategy; the entropy equals its formula."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from s4gui.core.recipe import Recipe
from s4gui.learn import optimizers
from s4gui.learn.regularisers import entropy, gated_crf, tree_energy
from s4gui.learn.regularisers.together import Regularisers
from s4gui.learn.schedule import Progress
from s4gui.learn.views import Views


def test_the_entropy_is_scipys_over_unlabelled_pixels_inside() -> None:
    stats = pytest.importorskip("scipy.stats")
    logits = torch.randn(2, 4, 5, 6, generator=torch.Generator().manual_seed(0)).double()
    unlabelled, inside = torch.rand(2, 5, 6) < 0.7, torch.rand(2, 5, 6) < 0.9
    each = stats.entropy(logits.softmax(1).numpy(), axis=1)
    expected = each[(unlabelled & inside).numpy()].mean()
    assert entropy.on_logits(logits, unlabelled, inside).item() == pytest.approx(expected, abs=1e-6)


def test_a_sure_answer_and_no_counted_pixel_have_no_entropy() -> None:
    logits = torch.zeros(1, 3, 4, 4, requires_grad=True)
    nothing = torch.zeros(1, 4, 4, dtype=torch.bool)
    loss = entropy.on_logits(logits, nothing, ~nothing)
    loss.backward()
    assert loss.item() == 0.0
    assert logits.grad is not None
    assert not logits.grad.any()
    sure = torch.zeros(1, 3, 4, 4)
    sure[:, 1] = 1e4
    assert entropy.on_logits(sure, ~nothing, ~nothing).item() == 0.0
    assert entropy.on_logits(logits, ~nothing, ~nothing).item() == pytest.approx(np.log(3))


def test_a_coarse_cell_that_holds_a_label_does_not_count() -> None:
    logits = torch.zeros(1, 2, 2, 2)
    logits[0, 0, 0, 0] = 50.0  # only this cell is sure
    unlabelled = torch.ones(1, 4, 4, dtype=torch.bool)
    everywhere = torch.ones_like(unlabelled)
    assert entropy.on_logits(logits, unlabelled, everywhere).item() == pytest.approx(
        0.75 * np.log(2)
    )
    unlabelled[0, 0, 1] = False
    assert entropy.on_logits(logits, unlabelled, everywhere).item() == pytest.approx(np.log(2))


def test_terms_are_named_weighted_and_begin_at_their_share() -> None:
    torch.manual_seed(0)
    labels = torch.full((1, 16, 16), 255)
    labels[:, :4] = 1
    views = Views(torch.rand(1, 3, 16, 16), labels, torch.ones(1, 16, 16, dtype=torch.bool))
    logits = torch.randn(1, 3, 8, 8)
    recipe = Recipe(weight_crf=0.2, weight_entropy=0.5, regularise_from=0.3)
    ours = Regularisers.of(recipe)
    assert ours.losses(logits, views, Progress(29, 100)) == {}
    found = ours.losses(logits, views, Progress(30, 100))
    assert set(found) == {"crf", "entropy"}
    crf = gated_crf.on_logits(logits, views.rgb, views.inside)
    sure = entropy.on_logits(logits, labels == 255, views.inside)
    assert found["crf"].item() == pytest.approx(0.2 * crf.item())
    assert found["entropy"].item() == pytest.approx(0.5 * sure.item())
    alone = Regularisers.of(recipe.but(weight_crf=0.0))
    assert set(alone.losses(logits, views, Progress(99, 100))) == {"entropy"}


def test_likeness_is_that_of_the_frames_own_colours() -> None:
    torch.manual_seed(0)
    labels = torch.full((1, 32, 32), 255)
    labels[:, :4] = 1
    inside = torch.ones(1, 32, 32, dtype=torch.bool)
    seen, own = torch.rand(2, 1, 3, 32, 32)
    views = Views(seen * 2 - 1, labels, inside, plain=own)
    logits = 3 * torch.randn(1, 3, 8, 8)
    ours = Regularisers(weights={"crf": 1.0, "tree": 1.0})
    found = ours.losses(logits, views, Progress(0, 10))
    unlabelled = labels == 255
    for colours, same in ((own, True), (seen, False)):
        crf = gated_crf.on_logits(logits, colours, inside)
        tree = tree_energy.on_logits(logits, colours, unlabelled, inside)
        assert (found["crf"].item() == pytest.approx(crf.item(), rel=1e-6)) == same
        assert (found["tree"].item() == pytest.approx(tree.item(), rel=1e-6)) == same


def test_the_tree_energy_begins_with_the_run_and_the_others_after_their_share() -> None:
    torch.manual_seed(0)
    inside = torch.ones(1, 16, 16, dtype=torch.bool)
    views = Views(torch.rand(1, 3, 16, 16), torch.full((1, 16, 16), 255), inside)
    logits = torch.randn(1, 3, 8, 8)
    recipe = Recipe(weight_crf=0.1, weight_tree=0.4, weight_entropy=0.1)

    def there(recipe: Recipe, step: int) -> set[str]:
        return set(Regularisers.of(recipe).losses(logits, views, Progress(step, 100)))

    assert there(recipe, 0) == there(recipe, 9) == {"tree"}
    assert there(recipe, 10) == {"crf", "tree", "entropy"}
    late = recipe.but(tree_from=0.5, regularise_from=0.0)
    assert there(late, 49) == {"crf", "entropy"}
    assert there(late, 50) == {"crf", "tree", "entropy"}


def test_an_unknown_term_is_refused() -> None:
    for what in ({"weights": {"magic": 1.0}}, {"from_shares": {"magic": 0.5}}):
        with pytest.raises(ValueError, match="no such terms"):
            Regularisers(**what)


class _TwoRates(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body, self.head = nn.Linear(2, 2), nn.Linear(2, 1)

    def rate_groups(self):
        return [(list(self.body.parameters()), 1.0), (list(self.head.parameters()), 10.0)]


@pytest.mark.parametrize("name", ["sgd", "adam", "adamw"])
def test_a_network_may_ask_for_parts_that_learn_at_different_rates(name: str) -> None:
    network = _TwoRates()
    optimizer = optimizers.make(Recipe(optimizer=name, learning_rate=0.01), network)
    assert optimizers.with_rate(optimizer) == (optimizer, 0.01)
    optimizers.set_rate(optimizer, 0.002)
    rates = {id(p): group["lr"] for group in optimizer.param_groups for p in group["params"]}
    assert {rates[id(p)] for p in network.body.parameters()} == {0.002}
    assert {rates[id(p)] for p in network.head.parameters()} == {0.02}
