"""S4GAN: a discriminator compares predicted masks with painted ones and decides what to trust.

Mittal, Tatarchenko, Brox, "Semi-supervised semantic segmentation with high- and low-level
consistency" (2019), the S4GAN branch, as methods 1.3 gives it.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from s4gui.learn import optimizers
from s4gui.learn.judging import Dose, judged_maps, pseudo_labels
from s4gui.learn.losses import (
    adversarial,
    discriminator_loss,
    feature_matching,
    self_training,
    sparse_cross_entropy,
)
from s4gui.learn.nets.discriminator import Discriminator
from s4gui.learn.regularisers.together import Regularisers
from s4gui.learn.schedule import Progress
from s4gui.learn.teaching import shares_of
from s4gui.learn.update import apply_losses
from s4gui.learn.views import Batch, StepFacts, no_unlabelled


class S4Gan:
    """Learns from labelled and unlabelled images together.

    The generator minimises cross-entropy on labelled pixels, the L1 distance of the
    discriminator's mean features of real and predicted masks, and cross-entropy with its own
    answer on images whose score passes `trust` (after the warm-up, until when the
    discriminator is a stranger). Given train labels overwrite that answer. There is no
    adversarial term for the generator, unless a dose of the report's own is wanted: binary
    cross-entropy of the score with 1.

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
        self.self_taught = True
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

        DataError if the batch has no unlabelled views and a term needs them, or no real ones;
        BrokenNumber if a loss is not finite.
        """
        dose, real, labelled = self._dose, batch.real, batch.labelled
        if real is None or (batch.unlabelled is None and dose.uses_unlabelled):
            raise no_unlabelled()
        labelled_logits = self.generator(labelled.images)  # (N, C, H, W)
        if batch.unlabelled is None:  # the report's form: the masks of the very same images
            unlabelled, logits = labelled, labelled_logits
        else:
            unlabelled = batch.unlabelled
            logits = self.generator(unlabelled.images)  # (M, C, H, W)
        predicted = logits.softmax(1)
        real_maps, fake_maps = judged_maps(
            real, unlabelled, predicted, covered=self.discriminator.covered
        )

        self.discriminator.requires_grad_(False)
        with torch.no_grad():
            _, real_features = self.discriminator(*real_maps)
        score, fake_features = self.discriminator(*fake_maps)
        gate_open = self.self_taught and progress.step >= dose.warmup_steps
        trusted = score.detach().sigmoid() > dose.trust
        trusted &= gate_open
        losses = {
            "ce": sparse_cross_entropy(
                labelled_logits, labelled.labels, self.weights, labelled.shares
            )
        }
        if dose.uses_unlabelled:
            losses["fm"] = dose.feature_matching * feature_matching(real_features, fake_features)
            losses["st"] = dose.self_training * self_training(
                logits, pseudo_labels(logits, unlabelled), trusted
            )
        if dose.adversarial:
            losses["adv"] = dose.adversarial * adversarial(score)
        losses |= self._regularisers.losses(labelled_logits, labelled, progress)
        apply_losses(losses, self.generator, self._optimizer, clip_norm=self._clip_norm)

        self.discriminator.requires_grad_(True)
        fake_score, _ = self.discriminator(*(each.detach() for each in fake_maps))
        real_score, _ = self.discriminator(*real_maps)
        losses |= (judged := {"d": discriminator_loss(real_score, fake_score)})
        apply_losses(judged, self.discriminator, self._discriminator_optimizer, clip_norm=0.0)
        surest, classes = predicted.detach().max(1)
        rates = {
            "gate": float(trusted.float().mean()),
            "d_real": float(real_score.detach().sigmoid().mean()),
            "d_fake": float(fake_score.detach().sigmoid().mean()),
            "confidence": float(surest.mean()),
        }
        seen = shares_of(classes, unlabelled.inside, predicted.shape[1])
        said = {name: float(each.detach()) for name, each in losses.items()}
        return StepFacts(said, rates, seen)
