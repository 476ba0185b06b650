"""Supervised: cross-entropy on the labelled pixels, and a regulariser if one is wanted."""

from __future__ import annotations

from torch import Tensor, nn
from torch.optim import Optimizer

from s4gui.learn.losses import sparse_cross_entropy
from s4gui.learn.regularisers import gated_crf
from s4gui.learn.schedule import Progress
from s4gui.learn.update import apply_losses
from s4gui.learn.views import Batch, StepFacts

CRF_FROM = 0.1
"""Share of the run after which it counts: before, there is nothing to spread."""


class Supervised:
    """Learns from labelled pixels; pixels nobody painted teach only by their likeness.

    From the first tenth of the run on, neighbours of like colour are drawn to the same class
    (weight_crf times the gated CRF loss; 0: not at all).
    """

    def __init__(
        self,
        generator: nn.Module,
        optimizer: Optimizer,
        *,
        clip_norm: float = 0.0,
        weights: Tensor | None = None,
        weight_crf: float = 0.0,
    ) -> None:
        self.generator, self.optimizer = generator, optimizer
        self.weights = weights
        self._clip_norm, self._weight_crf = clip_norm, weight_crf

    def step(self, batch: Batch, progress: Progress) -> StepFacts:
        """Learn from one batch. BrokenNumber if a loss is not finite."""
        views = batch.labelled
        logits = _coarse(self.generator, views.images)
        losses = {"ce": sparse_cross_entropy(logits, views.labels, self.weights)}
        if self._weight_crf and progress.share >= CRF_FROM:
            losses["crf"] = self._weight_crf * gated_crf.on_logits(logits, views.rgb, views.inside)
        apply_losses(losses, self.generator, self.optimizer, clip_norm=self._clip_norm)
        return StepFacts({name: float(each.detach()) for name, each in losses.items()}, {})


def _coarse(network: nn.Module, images: Tensor) -> Tensor:
    """Logits as small as the network makes them: the loss enlarges them where it looks."""
    logits: Tensor = getattr(network, "coarse", network)(images)
    return logits
