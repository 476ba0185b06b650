"""Judging: what a discriminator sees of real and predicted masks, and what its score allows."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from s4gui.core.classes import UNLABELLED
from s4gui.learn.collectives import drawn, gathered, pooled
from s4gui.learn.views import Views


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose:
    """How much of each term: weights, and above which score an image teaches itself."""

    feature_matching: float = 0.1
    self_training: float = 1.0
    adversarial: float = 0.0
    trust: float = 0.6
    warmup_steps: int = 100

    @property
    def uses_unlabelled(self) -> bool:
        """Whether a term counts that needs unlabelled views."""
        return bool(self.feature_matching or self.self_training)


_Maps = tuple[Tensor, Tensor, Tensor]


def judged_maps(
    real: Views, unlabelled: Views, predicted: Tensor, *, covered: bool
) -> tuple[_Maps, _Maps]:
    """What the discriminator sees: (maps, image, cover) of real and of predicted masks.

    predicted (M, C, H, W) are probabilities on the unlabelled views. Covered: both lie under
    strokes (the predicted ones under those of random real views) and real maps are softened by
    the mean doubt of the predictions, so that sharpness alone gives nothing away. What is
    beyond the frame or hidden is not seen of either.
    """
    classes = predicted.shape[1]
    real_cover = (real.labels != UNLABELLED).unsqueeze(1).float()  # (R, 1, H, W)
    one_hot = F.one_hot(real.labels.clamp(max=classes), classes + 1)[..., :classes]
    maps = one_hot.movedim(-1, 1).float() * real_cover  # (R, C, H, W), 0 where nobody painted
    inside = unlabelled.inside.unsqueeze(1).to(predicted)  # (M, 1, H, W)
    if not covered:
        return (maps, real.rgb, real_cover), (predicted * inside, unlabelled.rgb, inside)
    soft = softened(maps, doubt(predicted)) * real_cover
    cover = lent(real_cover, len(predicted)) * inside  # (M, 1, H, W)
    return (soft, real.rgb, real_cover), (predicted * cover, unlabelled.rgb, cover)


def doubt(predicted: Tensor) -> Tensor:
    """(): how unsure predictions (M, C, H, W) are on average, 1 - max p; without a gradient."""
    return pooled((1 - predicted.detach().amax(1)).mean(), len(predicted))


def softened(maps: Tensor, share: Tensor) -> Tensor:
    """Maps (N, C, H, W) of which this share is spread over all classes alike."""
    return maps * (1 - share) + share / maps.shape[1]


def lent(covers: Tensor, count: int) -> Tensor:
    """(count, 1, H, W): covers of random real views (R, 1, H, W), for predicted maps."""
    every = gathered(covers)
    return every[drawn(len(every), count).to(every.device)]


def pseudo_labels(logits: Tensor, unlabelled: Views) -> Tensor:
    """(M, H, W) int64: given train labels where there are any, else the generator's own answer.

    Pixels beyond the frame teach nothing.
    """
    # As argmax, the first of equals; on a processor in a fifth of its time.
    own = logits.detach().max(1).indices
    given = unlabelled.labels
    taught = torch.where(given != UNLABELLED, given, own)
    return torch.where(unlabelled.inside, taught, UNLABELLED)
