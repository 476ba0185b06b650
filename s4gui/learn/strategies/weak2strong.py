"""Weak to strong: what is said of a weakly changed view teaches the strongly changed ones.

Sohn et al., "FixMatch" (2020); Yang et al., "Revisiting weak-to-strong consistency in semi-
supervised semantic segmentation" (UniMatch, 2023) and "UniMatch V2" (2024); methods 3.3, 3.4
and 5.3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from s4gui.learn import optimizers
from s4gui.learn.collectives import ratio
from s4gui.learn.losses import enlarged, masked_consistency, sparse_cross_entropy
from s4gui.learn.nets.coarse import coarse
from s4gui.learn.perturbing import dropped, halves, perturbable
from s4gui.learn.regularisers.together import Regularisers
from s4gui.learn.schedule import Progress
from s4gui.learn.teaching import HardAnswers, pasted, shares_of
from s4gui.learn.update import apply_losses
from s4gui.learn.views import Batch, StepFacts, Strong, Views, unlabelled_of

PRESETS: dict[str, dict[str, str | int | float]] = {
    "fixmatch": {"teacher": "average", "strong_views": 1, "perturb": "none"},
    "unimatch": {"teacher": "itself", "strong_views": 2, "perturb": "features"},
    "unimatch_v2": {"teacher": "average", "strong_views": 2, "perturb": "complementary"},
}
"""Choices of a recipe that make this strategy the published ones; FixMatch's own teacher is
`itself`, the average is what made it work on few images (methods 0.7)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """Who teaches (`average` or `itself`), what is done to features, how sure is sure enough."""

    teacher: str = "average"
    perturb: str = "none"
    threshold: float = 0.95
    weight: float = 1.0
    warmup_steps: int = 0


class WeakToStrong:
    """Half the labelled cross-entropy, half that of strong views with the weak view's answers.

    Only answers at least as sure as the threshold teach, but the mean is over all valid
    pixels. With feature perturbation two strong views count 1/4 each and the weak view with
    dropped features counts 1/2 (UniMatch); otherwise strong views share the half evenly.
    """

    def __init__(
        self,
        generator: nn.Module,
        optimizer: Optimizer,
        average: nn.Module,
        *,
        manner: Manner,
        clip_norm: float = 0.0,
        weights: Tensor | None = None,
        regularisers: Regularisers | None = None,
    ) -> None:
        if manner.perturb != "none":
            perturbable(generator)
        self.generator, self.weights = generator, weights
        self.self_taught = True
        self._optimizer, self._average = optimizer, average
        self._manner, self._clip_norm = manner, clip_norm
        self._regularisers = regularisers or Regularisers()

    @property
    def parts(self) -> Mapping[str, nn.Module]:
        """None: the average is kept by the learner."""
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
        rates: dict[str, float] = {}
        shares: tuple[float, ...] = ()
        unsupervised: dict[str, Tensor] = {}
        if self.self_taught and progress.step >= self._manner.warmup_steps:
            weak, strong = unlabelled_of(batch, strong=1)
            logits, feature_logits, answers, partner = self._weak(labelled, weak)
            unsupervised, rates = self._strong(strong, answers, partner)
            if feature_logits is not None:
                unsupervised["fp"] = self._taught(feature_logits, answers)
            shares = shares_of(answers.classes, answers.valid, logits.shape[1])
        else:
            logits = coarse(self.generator, labelled.images)
        supervised = sparse_cross_entropy(logits, labelled.labels, self.weights, labelled.shares)
        losses = total(supervised, unsupervised, weight=self._manner.weight)
        losses |= self._regularisers.losses(logits, labelled, progress)
        apply_losses(losses, self.generator, self._optimizer, clip_norm=self._clip_norm)
        said = {name: float(each.detach()) for name, each in losses.items()}
        return StepFacts(said, rates, shares)

    def _weak(
        self, labelled: Views, weak: Views
    ) -> tuple[Tensor, Tensor | None, HardAnswers, HardAnswers]:
        """Labelled logits, those of dropped features, and answers on weak views: of the view
        itself and, for what is pasted from it, as a partner.
        """
        manner, count = self._manner, len(labelled.images)
        partner = self._answers_in_peace(weak)
        if manner.teacher == "average" and manner.perturb != "features":
            return coarse(self.generator, labelled.images), None, partner, partner
        both = torch.cat([labelled.images, weak.images])
        feature_logits = None
        if manner.perturb == "features":
            network = perturbable(self.generator)
            size = (both.shape[-2], both.shape[-1])
            features = network.features(both)
            fed = tuple(torch.cat(pair) for pair in zip(features, dropped(features), strict=True))
            plain, perturbed = network.decode(fed, size).chunk(2)
            feature_logits = perturbed[count:]
        else:
            plain = coarse(self.generator, both)
        answers = partner
        if manner.teacher == "itself":
            answers = HardAnswers.of(enlarged(plain[count:].detach(), weak.labels), weak)
        return plain[:count], feature_logits, answers, partner

    def _answers_in_peace(self, weak: Views) -> HardAnswers:
        """Of the teacher in eval mode, without a gradient."""
        if self._manner.teacher == "average":
            with torch.no_grad():
                return HardAnswers.of(self._average(weak.images), weak)
        self.generator.eval()
        try:
            with torch.no_grad():
                return HardAnswers.of(self.generator(weak.images), weak)
        finally:
            self.generator.train()

    def _strong(
        self, strong: tuple[Strong, ...], answers: HardAnswers, partner: HardAnswers
    ) -> tuple[dict[str, Tensor], dict[str, float]]:
        """The terms of strong views, s1 and s2, and what they were taught by."""
        pictures = [pasted(each.images, each.images, each.box.unsqueeze(1)) for each in strong]
        images = torch.cat(pictures)
        if self._manner.perturb == "complementary":
            network = perturbable(self.generator)
            size = (images.shape[-2], images.shape[-1])
            logits = network.decode(halves(network.features(images)), size)
        else:
            logits = coarse(self.generator, images)
        terms = {
            f"s{number}": self._taught(of_view, answers.with_boxes(partner, each.box))
            for number, (of_view, each) in enumerate(
                zip(logits.chunk(len(strong)), strong, strict=True), 1
            )
        }
        sure = (answers.confidence >= self._manner.threshold) & answers.valid
        rates = {
            "mask": float(ratio(sure.sum(), answers.valid.sum())),
            "confidence": float(answers.confidence.mean()),
        }
        return terms, rates

    def _taught(self, logits: Tensor, answers: HardAnswers) -> Tensor:
        sure = answers.confidence >= self._manner.threshold
        return masked_consistency(logits, answers.classes, sure, answers.valid)


def total(
    supervised: Tensor, unsupervised: dict[str, Tensor], *, weight: float = 1.0
) -> dict[str, Tensor]:
    """The weighted terms, whose sum is the loss: `ce` of labelled pixels, `s1`, `s2` of strong
    views, `fp` of dropped features, as there are.

    1/2 (ce + 1/4 s1 + 1/4 s2 + 1/2 fp) with dropped features, 1/2 (ce + mean of s) without.
    Without any unsupervised term (warm-up) the supervised one counts as it will later.
    """
    views = sum(name.startswith("s") for name in unsupervised)
    of_views = (0.5 if "fp" in unsupervised else 1.0) / max(1, views)
    found = {"ce": supervised / 2}
    for name, each in unsupervised.items():
        found[name] = weight / 2 * (0.5 if name == "fp" else of_views) * each
    return found
