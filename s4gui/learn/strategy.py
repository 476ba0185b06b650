"""Strategy: what every way of learning offers to the loop and to checkpoints; what each needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from torch import Tensor, nn
from torch.optim import Optimizer

from s4gui.core.recipe import Recipe
from s4gui.learn.schedule import Progress
from s4gui.learn.views import Batch, StepFacts


class Strategy(Protocol):
    """How one step learns. The loop, checkpoints and resuming know strategies by this alone.

    `weights` (C,) are class weights of labelled pixels, or None; they change when labels do.
    `self_taught`: whether the network's own answers teach it; set to False, only labels do.
    """

    weights: Tensor | None
    self_taught: bool

    @property
    def generator(self) -> nn.Module:
        """The network that is taught to segment."""
        ...

    @property
    def parts(self) -> Mapping[str, nn.Module]:
        """All else with a state, by name: discriminator, student, teacher, averages.

        Checkpoints hold what their state_dict holds. No name is `generator`, `optimizer`,
        `ema`, `watch` or `scale`, or has a dot.
        """
        ...

    @property
    def optimizers(self) -> Mapping[str, tuple[Optimizer, float]]:
        """Optimizers with their base rates, by name; the generator's is called `generator`.

        A parameter group's rate is the schedule's times its `lr_factor` (1 where it has none).
        """
        ...

    def step(self, batch: Batch, progress: Progress) -> StepFacts:
        """Learn from one batch. BrokenNumber if a loss is not finite."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a step of a strategy sees beside labelled views.

    `real`: labelled views once more, drawn independently. `strong`: how many strongly changed
    versions of each unlabelled view. `pictures`: whole frames with tags (learn.pictures).
    `answered`: unlabelled views are only of frames that the network has answered, with its
    answers as labels (learn.self_teaching).
    `plain`: the labelled views' colours before they were changed, for terms that compare them.
    """

    unlabelled: bool = False
    real: bool = False
    strong: int = 0
    pictures: bool = False
    answered: bool = False
    plain: bool = False


_NEEDS: dict[str, Callable[[Recipe], Needs]] = {
    "supervised": lambda _: Needs(),
    "s4gan_mlmt": lambda _: Needs(unlabelled=True, real=True, pictures=True),
    "s4gan": lambda recipe: Needs(unlabelled=recipe.uses_unlabelled, real=True),
    "mean_teacher": lambda _: Needs(unlabelled=True, strong=1),
    "weak2strong": lambda recipe: Needs(unlabelled=True, strong=recipe.strong_views),
    "self_training": lambda _: Needs(unlabelled=True, strong=1, answered=True),
}


def needs(recipe: Recipe) -> Needs:
    """What the recipe's strategy and regularisers want in its batches."""
    compared = bool(recipe.weight_crf or recipe.weight_tree)
    return replace(
        _NEEDS[recipe.strategy](recipe),
        plain=compared and recipe.plain_colours and recipe.colour > 0,
    )


def labelled_beside_answers(recipe: Recipe) -> int:
    """How many labelled views a step has once answered ones take the place of some; one stays."""
    return max(1, recipe.batch_labelled - recipe.batch_unlabelled)
