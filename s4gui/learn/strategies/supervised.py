"""Supervised: cross-entropy on the labelled pixels, and regularisers if they are wanted."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn
from torch.optim import Optimizer

from s4gui.learn import optimizers
from s4gui.learn.losses import sparse_cross_entropy
from s4gui.learn.nets.coarse import coarse
from s4gui.learn.regularisers.together import Regularisers
from s4gui.learn.schedule import Progress
from s4gui.learn.update import apply_losses
from s4gui.learn.views import Batch, StepFacts


class Supervised:
    """Learns from labelled pixels; pixels nobody painted teach only by the regularisers."""

    def __init__(
        self,
        generator: nn.Module,
        optimizer: Optimizer,
        *,
        clip_norm: float = 0.0,
        weights: Tensor | None = None,
        regularisers: Regularisers | None = None,
    ) -> None:
        self.generator, self.weights = generator, weights
        self._optimizer, self._clip_norm = optimizer, clip_norm
        self.self_taught = False
        self._regularisers = regularisers or Regularisers()

    @property
    def parts(self) -> Mapping[str, nn.Module]:
        """None."""
        return {}

    @property
    def optimizers(self) -> Mapping[str, tuple[Optimizer, float]]:
        """The generator's alone."""
        return {"generator": optimizers.with_rate(self._optimizer)}

    def step(self, batch: Batch, progress: Progress) -> StepFacts:
        """Learn from one batch. BrokenNumber if a loss is not finite."""
        views = batch.labelled
        # As small as the network makes them: the loss enlarges them where it looks.
        logits = coarse(self.generator, views.images)
        losses = {"ce": sparse_cross_entropy(logits, views.labels, self.weights, views.shares)}
        losses |= self._regularisers.losses(logits, views, progress)
        apply_losses(losses, self.generator, self._optimizer, clip_norm=self._clip_norm)
        return StepFacts({name: float(each.detach()) for name, each in losses.items()}, {})
