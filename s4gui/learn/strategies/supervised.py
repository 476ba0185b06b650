"""Supervised: cross-entropy on the labelled pixels, and nothing else."""

from __future__ import annotations

from torch import Tensor, nn
from torch.optim import Optimizer

from s4gui.learn.losses import sparse_cross_entropy
from s4gui.learn.schedule import Progress
from s4gui.learn.update import apply_losses
from s4gui.learn.views import Batch, StepFacts


class Supervised:
    """Learns from labelled pixels; pixels nobody painted neither teach nor count."""

    def __init__(
        self,
        generator: nn.Module,
        optimizer: Optimizer,
        *,
        clip_norm: float = 0.0,
        weights: Tensor | None = None,
    ) -> None:
        self.generator, self.optimizer = generator, optimizer
        self.weights = weights
        self._clip_norm = clip_norm

    def step(self, batch: Batch, progress: Progress) -> StepFacts:
        """Learn from one batch. BrokenNumber if a loss is not finite."""
        del progress  # supervision is the same from first to last
        views = batch.labelled
        losses = {
            "ce": sparse_cross_entropy(
                _coarse(self.generator, views.images), views.labels, self.weights
            )
        }
        apply_losses(losses, self.generator, self.optimizer, clip_norm=self._clip_norm)
        return StepFacts({name: float(each.detach()) for name, each in losses.items()}, {})


def _coarse(network: nn.Module, images: Tensor) -> Tensor:
    """Logits as small as the network makes them: the loss enlarges them where it looks."""
    logits: Tensor = getattr(network, "coarse", network)(images)
    return logits
