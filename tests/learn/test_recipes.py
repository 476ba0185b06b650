"""The shipped recipes are valid, and the network they ask for learns."""

from __future__ import annotations

import json

import pytest
import torch
from torch import nn

from s4gui.core.recipe import STRATEGIES, Recipe, encoder_of
from s4gui.learn.build import Learner, make_generator, make_learner
from s4gui.learn.schedule import Progress
from s4gui.learn.strategies.weak2strong import PRESETS
from s4gui.learn.strategy import needs
from s4gui.learn.views import Batch, Strong, Views
from s4gui.store import resources

PATHS = sorted(resources.find("recipes").glob("*.json"))


def _views(recipe: Recipe) -> Views:
    torch.manual_seed(0)
    channels = 5 if recipe.position else 3
    labels = torch.randint(0, 3, (2, 32, 32))
    return Views(torch.rand(2, channels, 32, 32), labels, torch.ones_like(labels).bool())


@pytest.mark.parametrize("path", PATHS, ids=[path.stem for path in PATHS])
def test_a_shipped_recipe_learns(path) -> None:
    recipe = Recipe.from_json(json.loads(path.read_text()))
    assert recipe.name == path.stem
    small = recipe.but(width=4, discriminator_width=4, warmup_steps=0)
    if encoder_of(small.network):
        small = small.but(network="deeplabv2-resnet18")
    learner = make_learner(small, classes=3, covered=True, device=torch.device("cpu"))
    before = {name: each.clone() for name, each in learner.generator.state_dict().items()}
    views = _views(small)
    strong = Strong(views.images, torch.zeros_like(views.inside))
    batch = Batch(views, views, views, (strong,) * needs(small).strong)
    facts = learner.step(batch, Progress(9, 10))
    after = learner.generator.state_dict()
    assert "ce" in facts.losses
    assert any(not torch.equal(each, after[name]) for name, each in before.items())


def test_the_choices_of_a_recipe_that_says_nothing_are_those_of_fast() -> None:
    fast = json.loads(resources.find("recipes/fast.json").read_text())
    assert Recipe.from_json(fast) == Recipe()


def test_the_reports_recipe_is_the_reports() -> None:
    recipe = Recipe.from_json(json.loads(resources.find("recipes/seed-unet.json").read_text()))
    assert (recipe.optimizer, recipe.batch_labelled, recipe.learning_rate) == ("adam", 5, 1e-3)
    assert (recipe.steps, recipe.epochs) == (0, 25)
    assert recipe.ema == 0
    with torch.device("meta"):
        network = make_generator(recipe, classes=4)
    assert sum(each.numel() for each in network.parameters()) == 31_043_716


def _tag_head(learner: Learner) -> nn.Module:
    return learner.strategy.parts.get("tag_student", nn.Identity())


def test_each_optimizer_has_each_weight_once() -> None:
    for strategy in STRATEGIES:
        recipe = Recipe(strategy=strategy, width=4, discriminator_width=4)
        learner = make_learner(recipe, classes=3, covered=True, device=torch.device("cpu"))
        for optimizer, _ in learner.strategy.optimizers.values():
            listed = [id(each) for group in optimizer.param_groups for each in group["params"]]
            assert len(set(listed)) == len(listed)
        mine = {id(each) for each in learner.generator.parameters()}
        # A shared classifier's last layer learns along.
        mine |= {id(each) for each in _tag_head(learner).parameters()}
        taught, _ = learner.strategy.optimizers["generator"]
        assert {id(p) for g in taught.param_groups for p in g["params"]} == mine


def test_the_published_recipe_for_cityscapes_is_the_published_one() -> None:
    path = resources.find("recipes/s4gan-cityscapes.json")
    recipe = Recipe.from_json(json.loads(path.read_text()))
    assert encoder_of(recipe.network) == "resnet101"
    assert (recipe.steps, recipe.batch_labelled, recipe.batch_unlabelled) == (35_000, 8, 8)
    assert (recipe.optimizer, recipe.learning_rate, recipe.momentum) == ("sgd", 2.5e-4, 0.9)
    assert (recipe.weight_decay, recipe.schedule) == (5e-4, "poly")
    assert (recipe.weight_fm, recipe.weight_st, recipe.trust) == (0.1, 1.0, 0.7)
    assert recipe.discriminator_learning_rate == 1e-5
    assert (recipe.crop_px, recipe.crop_px * recipe.crop_ratio, recipe.long_side_px) == (
        256,
        512,
        1024,
    )
    assert "40,000" in recipe.description


@pytest.mark.parametrize(("name", "preset"), [("unimatch", "unimatch"), ("careful", "unimatch_v2")])
def test_recipes_of_weak_to_strong_are_its_presets(name: str, preset: str) -> None:
    recipe = Recipe.from_json(json.loads(resources.find(f"recipes/{name}.json").read_text()))
    assert recipe == recipe.but(**PRESETS[preset])
    assert (recipe.threshold, recipe.cutmix) == (0.95, 0.5)


def test_the_reports_second_system_adds_only_the_discriminators_game() -> None:
    unet, gan = (
        json.loads(resources.find(f"recipes/seed-{name}.json").read_text())
        for name in ("unet", "gan")
    )
    differing = {k for k in gan if gan[k] != unet.get(k)} - {"name", "description"}
    assert differing == {
        "strategy", "weight_fm", "weight_st", "weight_adv", "warmup_steps",
        "discriminator_width", "discriminator_learning_rate",
    }  # fmt: skip
    recipe = Recipe.from_json(gan)
    assert recipe.weight_adv > 0
    assert not recipe.uses_unlabelled
