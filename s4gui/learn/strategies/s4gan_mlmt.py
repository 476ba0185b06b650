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

from s4gui.core.errors import DataError
from s4gui.learn import multilabel, optimizers
from s4gui.learn.ema import Ema
from s4gui.learn.judging import Dose, judged_maps, pseudo_labels
from s4gui.learn.losses import (
    discriminator_loss,
    feature_matching,
    self_training,
    sparse_cross_entropy,
)
from s4gui.learn.nets.classifier import Classifier
from s4gui.learn.nets.discriminator import Discriminator
from s4gui.learn.pictures import Pictures
from s4gui.learn.regularisers.together import Regularisers
from s4gui.learn.schedule import Progress
from s4gui.learn.update import apply_losses
from s4gui.learn.views import Batch, StepFacts

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

    With an `optimizer` of its own the student is a network apart; without one it shares the
    generator's encoder, and the generator's optimizer moves all of it.
    """

    def __init__(self, student: Classifier, *, lesson: Lesson, optimizer: Optimizer | None) -> None:
        self.student, self.optimizer = student, optimizer
        self.teacher = Ema(student, decay=EMA, form="keeps_start", buffers=False)
        # Its running statistics are those of the images it sees itself.
        self.teacher.network.train()
        self._lesson = lesson

    def losses(self, pictures: Pictures, progress: Progress) -> tuple[dict[str, Tensor], Tensor]:
        """L_cls and w(e) L_cons, and the student's logits (N, C) of the tagged pictures."""
        tagged = self.student(pictures.tagged)
        untagged = self.student(pictures.untagged)
        with torch.no_grad():
            target = self.teacher.network(pictures.untagged_teacher)
            if self._lesson.on_tagged:
                target = torch.cat([self.teacher.network(pictures.tagged_teacher), target])
        answers = torch.cat([tagged, untagged]) if self._lesson.on_tagged else untagged
        weight = self._lesson.consistency * multilabel.ramp(progress.share)
        losses = {
            "tags": self._lesson.tags * multilabel.tag_cross_entropy(tagged, pictures.presence),
            "cons": weight * multilabel.consistency(answers, target, self._lesson.form),
        }
        return losses, tagged

    def follow(self, pictures: Pictures) -> None:
        """The teacher's part of a step, after the student's."""
        self.teacher.update(self.student)
        for each in (self.student, self.teacher.network):
            each.note(pictures.presence)


class S4GanMlmt:
    """S4GAN (see there) and, on whole images, a multi-label student with a mean teacher.

    The student minimises binary cross-entropy with the tags that are known and, from a tenth of
    the run on with growing weight, its distance from its teacher, who sees other renderings of
    the same images.
    """

    def __init__(
        self,
        generator: nn.Module,
        discriminator: Discriminator,
        branch: Branch,
        *,
        optimizers_of: tuple[Optimizer, Optimizer],
        dose: Dose,
        clip_norm: float = 0.0,
        weights: Tensor | None = None,
        regularisers: Regularisers | None = None,
    ) -> None:
        self.generator, self.discriminator, self.branch = generator, discriminator, branch
        self.weights = weights
        self._optimizer, self._discriminator_optimizer = optimizers_of
        self._dose, self._clip_norm = dose, clip_norm
        self._regularisers = regularisers or Regularisers()
