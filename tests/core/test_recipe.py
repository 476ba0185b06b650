"""A recipe that exists is valid; one that contradicts itself says why."""

from __future__ import annotations

import pytest

from s4gui.core.errors import RecipeError
from s4gui.core.recipe import STRATEGIES, Recipe


def test_a_recipe_survives_json_with_its_source_weights() -> None:
    recipe = Recipe(source_weights={"accepted": 0.5}, epochs=2.0, description="why")
    assert Recipe.from_json(recipe.to_json()) == recipe
    assert hash(recipe) == hash(Recipe.from_json(recipe.to_json()))


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({"source_weights": {"guessed": 1.0}}, "source_weights cannot be 'guessed'"),
        ({"source_weights": {"accepted": -1.0}}, "weight of accepted pixels is -1.0"),
        ({"strategy": "weak2strong", "batch_unlabelled": 0}, "batch_unlabelled is 0"),
        ({"perturb": "complementary"}, "two strong views, not 1"),
        ({"nesterov": True, "momentum": 0.0}, "needs momentum"),
        ({"seconds": 0.0}, "neither steps nor epochs nor seconds"),
        ({"strong_views": 3}, "strong_views is 3"),
        ({"ema_form": "best"}, "ema_form cannot be 'best'"),
        ({"schedule": "step"}, "schedule cannot be 'step'"),
        ({"teacher": "me"}, "teacher cannot be 'me'"),
    ],
)
def test_choices_that_contradict_each_other_are_refused(choices: dict, said: str) -> None:
    with pytest.raises(RecipeError, match=said) as caught:
        Recipe(**choices)
    assert caught.value.hint


@pytest.mark.parametrize("value", [{"accepted": "half"}, [], "accepted", {"accepted": True}])
def test_source_weights_of_another_type_are_refused(value: object) -> None:
    with pytest.raises(RecipeError, match="source_weights is a dict"):
        Recipe.from_json({"source_weights": value})


def test_epochs_alone_are_a_budget() -> None:
    assert Recipe(epochs=1.0, seconds=0.0).epochs == 1.0


def test_only_strategies_that_ask_for_them_use_unlabelled_images() -> None:
    using = {name for name in STRATEGIES if Recipe(strategy=name).uses_unlabelled}
    assert using == set(STRATEGIES) - {"supervised"}
    adversarial = Recipe(strategy="s4gan", weight_fm=0.0, weight_st=0.0, weight_adv=1.0)
    assert not adversarial.uses_unlabelled
    assert adversarial.but(batch_unlabelled=0).batch_unlabelled == 0
