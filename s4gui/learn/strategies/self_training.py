"""Self-training: what the network said of whole images earlier in the run teaches like labels.

Yang et al., "ST++: make self-training work better for semi-supervised semantic segmentation"
(2022); classes share the answers as in Zou et al., "Unsupervised domain adaptation for semantic
segmentation via class-balanced self-training" (2018).
"""

from __future__ import annotations

import copy
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from s4gui.core.classes import UNLABELLED
from s4gui.learn import optimizers
from s4gui.learn.losses import sparse_cross_entropy
from s4gui.learn.nets.coarse import coarse
from s4gui.learn.regularisers.together import Regularisers
from s4gui.learn.schedule import Progress
from s4gui.learn.teaching import pasted, shares_of
from s4gui.learn.update import apply_losses
from s4gui.learn.views import Batch, StepFacts, unlabelled_of

TEACHER = "teacher"


class Teacher(nn.Module):
    """The network as it was when it answered last, and how often it has answered."""

    rounds: Tensor

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self.register_buffer("rounds", torch.zeros((), dtype=torch.int64))

    def become(self, network: nn.Module) -> None:
        """Take the weights of a network that is about to answer."""
        self.network.load_state_dict(network.state_dict())
        self.rounds += 1

    def forward(self, images: Tensor) -> Tensor:
        """What it answers."""
        answer: Tensor = self.network(images)
        return answer


class SelfTraining:
    """Cross-entropy on labelled views and, once there are answers, on answered ones.

    Answered views, strongly changed, take the place of labelled ones (learn.batches), so that
    unlabelled images cost no time. Before the first answers, and when the network must not
    teach itself, it is the supervised strategy.
    """

    def __init__(
        self,
        generator: nn.Module,
        optimizer: Optimizer,
        average: nn.Module,
        *,
        weight: float = 1.0,
        clip_norm: float = 0.0,
        weights: Tensor | None = None,
        regularisers: Regularisers | None = None,
    ) -> None:
        self.generator, self.weights = generator, weights
        self.self_taught = True
        self.teacher = Teacher(average)
        self._optimizer, self._weight, self._clip_norm = optimizer, weight, clip_norm
        self._regularisers = regularisers or Regularisers()

    @property
    def parts(self) -> Mapping[str, nn.Module]:
        """The teacher: a run that goes on must give the same answers."""
        return {TEACHER: self.teacher}

    @property
    def optimizers(self) -> Mapping[str, tuple[Optimizer, float]]:
        """The generator's alone."""
        return {"generator": optimizers.with_rate(self._optimizer)}

    def step(self, batch: Batch, progress: Progress) -> StepFacts:
        """Learn from one batch. BrokenNumber if a loss is not finite, DataError if answered
        views lack their strong version.
        """
        labelled, images = batch.labelled, batch.labelled.images
        answers = None
        if self.self_taught and batch.unlabelled is not None:
            views, (strong,) = unlabelled_of(batch, strong=1)
            changed = pasted(strong.images, strong.images, strong.box.unsqueeze(1))
            answers = pasted(views.labels, views.labels, strong.box)
            images = torch.cat([images, changed])
        # As small as the network makes them: the loss enlarges them where it looks.
        logits = coarse(self.generator, images)
        own = logits[: len(labelled.images)]
        losses = {"ce": sparse_cross_entropy(own, labelled.labels, self.weights, labelled.shares)}
        losses |= self._regularisers.losses(own, labelled, progress)
        rates: dict[str, float] = {}
        shares: tuple[float, ...] = ()
        if answers is not None:
            taught = logits[len(labelled.images) :]
            losses["answers"] = self._weight * sparse_cross_entropy(taught, answers, self.weights)
            known = answers != UNLABELLED
            rates = {"answered": float(known.float().mean())}
            # What it says now, not what it is taught: a collapse shows there first.
            size = (answers.shape[-2], answers.shape[-1])
            seen = nn.functional.interpolate(taught.detach(), size=size, mode="bilinear")
            shares = shares_of(seen.max(1).indices, views.inside, logits.shape[1])
        apply_losses(losses, self.generator, self._optimizer, clip_norm=self._clip_norm)
        said = {name: float(each.detach()) for name, each in losses.items()}
        return StepFacts(said, rates, shares)
