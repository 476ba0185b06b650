"""ImageNet weights for a multi-label classifier that is a ResNet of its own."""

from __future__ import annotations

from pathlib import Path

from s4gui.core.errors import WeightsError
from s4gui.core.recipe import Recipe
from s4gui.learn import pretrained
from s4gui.learn.build import Learner
from s4gui.learn.nets.classifier import PooledResNet
from s4gui.learn.strategies.s4gan_mlmt import S4GanMlmt

_TRUNK = "trunk.encoder."


def begin(learner: Learner, recipe: Recipe, *, place: Path | None = None) -> tuple[Recipe, str]:
    """Let a fresh student and its teacher begin with the encoder's weights that are at hand.

    Returns the recipe with `tagger_pretrained` decided and the name of the weights (empty:
    none). "auto" takes what lies in the folder (torch's by default), "imagenet" must find it:
    WeightsError if it does not, or if the file is damaged. Nothing happens for other strategies
    and for a shared encoder, which begins as its generator does.
    """
    strategy = learner.strategy
    if not isinstance(strategy, S4GanMlmt):
        return recipe, ""
    student = strategy.branch.student
    if not isinstance(student.trunk, PooledResNet) or recipe.tagger_pretrained == "none":
        return recipe.but(tagger_pretrained="none"), ""
    place = place or pretrained.folder()
    found = pretrained.find(recipe.tagger, place)
    if found is None and recipe.tagger_pretrained == "imagenet":
        raise WeightsError(
            "weights.tagger_not_at_hand",
            "There are no ImageNet weights of {encoder} in {folder} for the classifier",
            hint="Fetch them, or set tagger_pretrained to none",
            encoder=recipe.tagger,
            folder=place,
        )
    if found is None:
        return recipe.but(tagger_pretrained="none"), ""
    file, path = found
    given = pretrained.read(file, path)
    student.load_state_dict(pretrained.started(student.state_dict(), given, prefix=_TRUNK))
    strategy.branch.tag_teacher.load_state_dict(student.state_dict())
    return recipe.but(tagger_pretrained="imagenet"), file.title
