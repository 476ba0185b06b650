"""S4GAN+MLMT: S4GAN for where things are, a mean teacher for what is in the image at all.

Mittal, Tatarchenko, Brox, "Semi-supervised semantic segmentation with high- and low-level
consistency" (2019), both branches, as methods 1.3 and 1.6 give them. At prediction the classes
that the teacher does not find are shut (learn.fusion, methods 1.7).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from s4gui.learn import multilabel, optimizers
from s4gui.learn.ema import Ema
from s4gui.learn.judging import Dose, judged_maps, pseudo_labels
from s4gui.learn.losses import (
    adversarial,
    discriminator_loss,
    feature_matching,
    self_training,
    sparse_cross_entropy,
)
from s4gui.learn.nets.classifier import TAG_TEACHER, Classifier
from s4gui.learn.nets.discriminator import Discriminator
from s4gui.learn.regularisers.together import Regularisers
from s4gui.learn.schedule import Progress
from s4gui.learn.teaching import shares_of
from s4gui.learn.update import apply_losses
from s4gui.learn.views import Batch, Pictures, StepFacts, no_unlabelled, unlabelled_of

EMA = 0.999
"""The teacher's decay, which it reaches after a thousand steps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """How the multi-label branch learns.

    Weights of both terms; the form of the consistency (multilabel.CONSISTENCIES) and whether
    tagged images take part in it beside the untagged ones.
    """

    tags: float = 0.5
    consistency: float = 1.0
    form: str = "cosine"
    on_tagged: bool = False


class Branch:
    """The student G, its teacher H, and how they learn.

    With an `optimizer` of its own the student is a network apart; without one its trunk is the
    generator's encoder, and the generator's optimizer (which must know `own`) moves all of it.
    """

    def __init__(self, student: Classifier, *, lesson: Lesson, optimizer: Optimizer | None) -> None:
        self.student, self.optimizer = student, optimizer
        self.teacher = Ema(student, decay=EMA, form="keeps_start", buffers=False)
        self._lesson = lesson

    @property
    def tag_teacher(self) -> Classifier:
        """The teacher's network."""
        network = self.teacher.network
        assert isinstance(network, Classifier)
        return network

    @property
    def own(self) -> nn.Module:
        """What of the student is not the generator's."""
        return self.student.head if self.optimizer is None else self.student

    def losses(self, pictures: Pictures, ramped: float) -> tuple[dict[str, Tensor], Tensor]:
        """L_cls and w(e) L_cons, and the student's logits (N, C) of the tagged pictures.

        ramped: w(e) of the step (multilabel.ramp).
        """
        tagged = self.student(pictures.tagged)
        untagged = self.student(pictures.untagged)
        # Its running statistics are those of the images it sees itself (methods 1.6).
        self.teacher.network.train()
        with torch.no_grad():
            target = self.teacher.network(pictures.untagged_teacher)
            if self._lesson.on_tagged:
                target = torch.cat([self.teacher.network(pictures.tagged_teacher), target])
        answers = torch.cat([tagged, untagged]) if self._lesson.on_tagged else untagged
        weight = self._lesson.consistency * ramped
        losses = {
            "tags": self._lesson.tags * multilabel.tag_cross_entropy(tagged, pictures.presence),
            "tag_cons": weight * multilabel.consistency(answers, target, self._lesson.form),
        }
        return losses, tagged

    def follow(self, pictures: Pictures) -> None:
        """The teacher's part of a step, after the student's."""
        self.teacher.update(self.student)
        for each in (self.student, self.tag_teacher):
            each.note(pictures.presence)


@dataclass(frozen=True, slots=True)
class Critic:
    """The discriminator and what moves it."""

    network: Discriminator
    optimizer: Optimizer


class S4GanMlmt:
    """S4GAN (see there) and, on whole images, a multi-label student with a mean teacher.

    The student minimises binary cross-entropy with the tags that are known and, from a tenth of
    the run on with growing weight, its distance from its teacher, who sees other renderings of
    the same images. Which classes are in an image needs no place, so tags teach where nobody
    painted; where the classes are is S4GAN's.
    """

    def __init__(
        self,
        generator: nn.Module,
        optimizer: Optimizer,
        critic: Critic,
        branch: Branch,
        *,
        dose: Dose,
        clip_norm: float = 0.0,
        weights: Tensor | None = None,
        regularisers: Regularisers | None = None,
    ) -> None:
        self.generator, self._optimizer = generator, optimizer
        self.discriminator, self._discriminator_optimizer = critic.network, critic.optimizer
        self.branch, self.weights = branch, weights
        self._dose, self._clip_norm = dose, clip_norm
        self.self_taught = True
        self._regularisers = regularisers or Regularisers()

    @property
    def parts(self) -> Mapping[str, nn.Module]:
        """The discriminator, the student (without the generator) and the teacher."""
        return {
            "discriminator": self.discriminator,
            "tag_student": self.branch.own,
            TAG_TEACHER: self.branch.teacher,
        }

    @property
    def optimizers(self) -> Mapping[str, tuple[Optimizer, float]]:
        """The generator's, the discriminator's and, if it has one, the student's."""
        found = {
            "generator": optimizers.with_rate(self._optimizer),
            "discriminator": optimizers.with_rate(self._discriminator_optimizer),
        }
        if self.branch.optimizer is not None:
            found["tag_student"] = optimizers.with_rate(self.branch.optimizer)
        return found

    def step(self, batch: Batch, progress: Progress) -> StepFacts:
        """Learn from one batch, every network once.

        DataError if the batch lacks unlabelled views, real ones or pictures, BrokenNumber if a
        loss is not finite.
        """
        unlabelled, _ = unlabelled_of(batch)
        dose, labelled, real, pictures = self._dose, batch.labelled, batch.real, batch.pictures
        if real is None or pictures is None:
            raise no_unlabelled()
        labelled_logits = self.generator(labelled.images)  # (N, C, H, W)
        logits = self.generator(unlabelled.images)  # (M, C, H, W)
        predicted = logits.softmax(1)
        real_maps, fake_maps = judged_maps(
            real, unlabelled, predicted, covered=self.discriminator.covered
        )

        self.discriminator.requires_grad_(False)
        with torch.no_grad():
            _, real_features = self.discriminator(*real_maps)
        score, fake_features = self.discriminator(*fake_maps)
        trusted = score.detach().sigmoid() > dose.trust
        trusted &= self.self_taught and progress.step >= dose.warmup_steps
        losses = {
            "ce": sparse_cross_entropy(
                labelled_logits, labelled.labels, self.weights, labelled.shares
            ),
            "fm": dose.feature_matching * feature_matching(real_features, fake_features),
            "st": dose.self_training
            * self_training(logits, pseudo_labels(logits, unlabelled), trusted),
        }
        if dose.adversarial:
            losses["adv"] = dose.adversarial * adversarial(score)
        losses |= self._regularisers.losses(labelled_logits, labelled, progress)
        ramped = multilabel.ramp(progress.share) if self.self_taught else 0.0
        tag_losses, tag_logits = self.branch.losses(pictures, ramped)
        if self.branch.optimizer is None:
            both = nn.ModuleList([self.generator, self.branch.own])
            apply_losses(losses | tag_losses, both, self._optimizer, clip_norm=self._clip_norm)
        else:
            apply_losses(losses, self.generator, self._optimizer, clip_norm=self._clip_norm)
            apply_losses(
                tag_losses, self.branch.student, self.branch.optimizer, clip_norm=self._clip_norm
            )
        self.branch.follow(pictures)

        self.discriminator.requires_grad_(True)
        fake_score, _ = self.discriminator(*(each.detach() for each in fake_maps))
        real_score, _ = self.discriminator(*real_maps)
        judged = {"d": discriminator_loss(real_score, fake_score)}
        apply_losses(judged, self.discriminator, self._discriminator_optimizer, clip_norm=0.0)
        rates = {
            "gate": float(trusted.float().mean()),
            "d_real": float(real_score.detach().sigmoid().mean()),
            "d_fake": float(fake_score.detach().sigmoid().mean()),
            "confidence": float(predicted.detach().amax(1).mean()),
        }
        rates |= multilabel.presence_rates(tag_logits, pictures.presence)
        seen = shares_of(predicted.argmax(1), unlabelled.inside, predicted.shape[1])
        every = losses | tag_losses | judged
        said = {name: float(each.detach()) for name, each in every.items()}
        return StepFacts(said, rates, seen)
