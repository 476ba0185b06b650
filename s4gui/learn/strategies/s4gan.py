"""S4GAN: a discriminator compares predicted masks with painted ones and decides what to trust.

Mittal, Tatarchenko, Brox, "Semi-supervised semantic segmentation with high- and low-level
consistency" (2019), the S4GAN branch, as methods 1.3 gives it.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from s4gui.core.errors import DataError
from s4gui.learn import optimizers
from s4gui.learn.judging import Dose, judged_maps, pseudo_labels
from s4gui.learn.losses import (
    discriminator_loss,
    feature_matching,
    self_training,
    sparse_cross_entropy,
)
from s4gui.learn.nets.discriminator import Discriminator
from s4gui.learn.regularisers.together import Regularisers
from s4gui.learn.schedule import Progress
from s4gui.learn.update import apply_losses
from s4gui.learn.views import Batch, StepFacts


class S4Gan:
    """Learns from labelled and unlabelled images together.

    The generator minimises cross-entropy on labelled pixels, the L1 distance of the
    discriminator's mean features of real and predicted masks, and cross-entropy with its own
    answer on images whose score passes `trust` (after the warm-up, until when the
    discriminator is a stranger). Given train labels overwrite that answer. There is no
    adversarial term for the generator.

    With strokes the discriminator would tell real from predicted by counting empty pixels. Its
    masked form sees both under the cover of strokes: predictions under strokes borrowed from a
    labelled view, real masks softened by the generator's own mean doubt (methods 5.3a).
    """

    def __init__(
        self,
        generator: nn.Module,
        discriminator: Discriminator,
        *,
        generator_optimizer: Optimizer,
        discriminator_optimizer: Optimizer,
        dose: Dose,
        clip_norm: float = 0.0,
        weights: Tensor | None = None,
        regularisers: Regularisers | None = None,
    ) -> None:
        self.generator, self._optimizer = generator, generator_optimizer
        self.discriminator, self._discriminator_optimizer = discriminator, discriminator_optimizer
        self.weights = weights
        self._dose, self._clip_norm = dose, clip_norm
        self._regularisers = regularisers or Regularisers()

    @property
    def parts(self) -> Mapping[str, nn.Module]:
        """The discriminator."""
        return {"discriminator": self.discriminator}

    @property
    def optimizers(self) -> Mapping[str, tuple[Optimizer, float]]:
        """The generator's and the discriminator's."""
        return {
            "generator": optimizers.with_rate(self._optimizer),
            "discriminator": optimizers.with_rate(self._discriminator_optimizer),
        }

    def step(self, batch: Batch, progress: Progress) -> StepFacts:
        """Learn from one batch, generator and discriminator once each.

        DataError if the batch has no unlabelled views, BrokenNumber if a loss is not finite.
        """
        if batch.unlabelled is None or batch.real is None:
            raise DataError(
                "s4gan.no_unlabelled",
                "S4GAN learns from unlabelled images too, and there are none",
                hint="Add images to the project, or choose the supervised recipe",
            )
        unlabelled, real = batch.unlabelled, batch.real
        labelled_logits = self.generator(batch.labelled.images)  # (N, C, H, W)
        logits = self.generator(unlabelled.images)  # (M, C, H, W)
        predicted = logits.softmax(1)
        real_maps, fake_maps = judged_maps(
            real, unlabelled, predicted, covered=self.discriminator.covered
        )

        self.discriminator.requires_grad_(False)
        with torch.no_grad():
            _, real_features = self.discriminator(*real_maps)
        score, fake_features = self.discriminator(*fake_maps)
        gate_open = progress.step >= self._dose.warmup_steps
        trusted = score.detach().sigmoid() > self._dose.trust
        trusted &= gate_open
        losses = {
            "ce": sparse_cross_entropy(labelled_logits, batch.labelled.labels, self.weights),
            "fm": self._dose.feature_matching * feature_matching(real_features, fake_features),
            "st": self._dose.self_training
            * self_training(logits, pseudo_labels(logits, unlabelled), trusted),
        }
        losses |= self._regularisers.losses(labelled_logits, batch.labelled, progress)
        apply_losses(losses, self.generator, self._optimizer, clip_norm=self._clip_norm)

        self.discriminator.requires_grad_(True)
        fake_score, _ = self.discriminator(*(each.detach() for each in fake_maps))
        real_score, _ = self.discriminator(*real_maps)
        losses |= (judged := {"d": discriminator_loss(real_score, fake_score)})
        apply_losses(judged, self.discriminator, self._discriminator_optimizer, clip_norm=0.0)
        rates = {
            "gate": float(trusted.float().mean()),
            "d_real": float(real_score.detach().sigmoid().mean()),
            "d_fake": float(fake_score.detach().sigmoid().mean()),
            "confidence": float(predicted.detach().amax(1).mean()),
        }
        return StepFacts({name: float(each.detach()) for name, each in losses.items()}, rates)
