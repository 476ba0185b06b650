"""Teaching: what a teacher says of unlabelled views, and boxes pasted from other views."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from s4gui.core.classes import UNLABELLED
from s4gui.learn.collectives import shifted, summed
from s4gui.learn.views import Views


@dataclass(frozen=True, slots=True)
class SoftAnswers:
    """A teacher's word on M views, as probabilities (M, C, H, W).

    Where a train label is given they are certain of it. valid (M, H, W) bool: not beyond the
    frame. Nothing of it carries a gradient.
    """

    probabilities: Tensor
    valid: Tensor

    @classmethod
    def of(cls, logits: Tensor, views: Views) -> SoftAnswers:
        """Of logits (M, C, H, W); given train labels overwrite them (ReCo's rule, methods 5.1)."""
        own = logits.detach().softmax(1)
        classes = own.shape[1]
        given = views.labels != UNLABELLED
        certain = F.one_hot(views.labels.clamp(max=classes), classes + 1)[..., :classes]
        taught = torch.where(given.unsqueeze(1), certain.movedim(-1, 1).to(own), own)
        return cls(taught, views.inside)

    def with_boxes(self, partner: SoftAnswers, box: Tensor) -> SoftAnswers:
        """With the partner's word on the next view where `box` (M, H, W) is true."""
        return SoftAnswers(
            pasted(self.probabilities, partner.probabilities, box.unsqueeze(1)),
            pasted(self.valid, partner.valid, box),
        )


@dataclass(frozen=True, slots=True)
class HardAnswers:
    """A teacher's word on M views: the likeliest class, and how sure it is of it.

    classes (M, H, W) int64, confidence (M, H, W) in 0..1, valid (M, H, W) bool. Where a train
    label is given, it is the class, with confidence 1.
    """

    classes: Tensor
    confidence: Tensor
    valid: Tensor

    @classmethod
    def of(cls, logits: Tensor, views: Views) -> HardAnswers:
        """Of logits (M, C, H, W); given train labels overwrite them (ReCo's rule, methods 5.1)."""
        confidence, classes = logits.detach().softmax(1).max(1)
        given = views.labels != UNLABELLED
        return cls(
            torch.where(given, views.labels, classes),
            torch.where(given, 1.0, confidence),
            views.inside,
        )

    def with_boxes(self, partner: HardAnswers, box: Tensor) -> HardAnswers:
        """With the partner's word on the next view where `box` (M, H, W) is true."""
        return HardAnswers(
            pasted(self.classes, partner.classes, box),
            pasted(self.confidence, partner.confidence, box),
            pasted(self.valid, partner.valid, box),
        )


def pasted(x: Tensor, partner: Tensor, box: Tensor) -> Tensor:
    """x (M, ...) with the next view's part of `partner` inside the box; never its own.

    The same for pictures, answers and validity, so that they stay together. (The reference
    code pastes an image into itself: both of its loaders have the same order, methods 3.3.)
    """
    return torch.where(box, shifted(partner), x)


def shares_of(classes: Tensor, valid: Tensor, count: int) -> tuple[float, ...]:
    """(count,) how often each class stands in classes (M, H, W) where valid (M, H, W)."""
    found = summed(torch.bincount(classes[valid], minlength=count))
    return tuple((found / found.sum().clamp(min=1)).tolist())
