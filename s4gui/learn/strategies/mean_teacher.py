"""Mean teacher: a student that sees strong views agrees with its own average on weak ones.

Tarvainen, Valpola, "Mean teachers are better role models" (2017), with boxes of other views
pasted in (French et al. 2020); methods 5.3.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from s4gui.learn import optimizers
from s4gui.learn.losses import sparse_cross_entropy, squared_distance
from s4gui.learn.nets.coarse import coarse
from s4gui.learn.regularisers.together import Regularisers
from s4gui.learn.schedule import Progress
from s4gui.learn.teaching import SoftAnswers, pasted, shares_of
from s4gui.learn.update import apply_losses
from s4gui.learn.views import Batch, StepFacts, unlabelled_of

RAMP_SHARE = 0.3
"""Share of the run after which the teacher counts in full."""


class MeanTeacher:
    """Cross-entropy on labelled pixels, squared distance to the teacher on unlabelled views.

    The teacher is a network that someone else keeps as the average of the generator.
    """

    def __init__(
        self,
        generator: nn.Module,
        optimizer: Optimizer,
        teacher: nn.Module,
        *,
        consistency: float = 1.0,
        clip_norm: float = 0.0,
        weights: Tensor | None = None,
        regularisers: Regularisers | None = None,
    ) -> None:
        self.generator, self.weights = generator, weights
        self.self_taught = True
        self._optimizer, self._teacher = optimizer, teacher
        self._consistency, self._clip_norm = consistency, clip_norm
        self._regularisers = regularisers or Regularisers()

    @property
    def parts(self) -> Mapping[str, nn.Module]:
        """None: the teacher is kept with the average."""
        return {}

    @property
    def optimizers(self) -> Mapping[str, tuple[Optimizer, float]]:
        """The generator's alone."""
        return {"generator": optimizers.with_rate(self._optimizer)}

    def step(self, batch: Batch, progress: Progress) -> StepFacts:
        """Learn from one batch. BrokenNumber if a loss is not finite, DataError if the batch
        has no unlabelled views.
        """
        labelled = batch.labelled
        logits = coarse(self.generator, labelled.images)
        losses = {
            "ce": sparse_cross_entropy(logits, labelled.labels, self.weights, labelled.shares)
        }
        losses |= self._regularisers.losses(logits, labelled, progress)
        rates: dict[str, float] = {}
        shares: tuple[float, ...] = ()
        if self.self_taught:
            views, (strong,) = unlabelled_of(batch, strong=1)
            with torch.no_grad():
                answers = SoftAnswers.of(self._teacher(views.images), views)
            target = answers.with_boxes(answers, strong.box)
            student = coarse(
                self.generator, pasted(strong.images, strong.images, strong.box.unsqueeze(1))
            )
            weight = self._consistency * ramp(progress.share)
            distance = squared_distance(student, target.probabilities, target.valid)
            losses["cons"] = weight * distance
            confidence, classes = answers.probabilities.max(1)
            rates = {"ramp": ramp(progress.share), "confidence": float(confidence.mean())}
            shares = shares_of(classes, answers.valid, answers.probabilities.shape[1])
        apply_losses(losses, self.generator, self._optimizer, clip_norm=self._clip_norm)
        said = {name: float(each.detach()) for name, each in losses.items()}
        return StepFacts(said, rates, shares)


def ramp(share: float) -> float:
    """exp(-5 (1 - min(share / 0.3, 1))^2): 0.0067 at the start, 1 from 30 % of the run on."""
    return math.exp(-5 * (1 - min(share / RAMP_SHARE, 1.0)) ** 2)
