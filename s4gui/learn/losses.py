"""Losses as functions of tensors; no state, no logging."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from s4gui.core.classes import UNLABELLED


def sparse_cross_entropy(logits: Tensor, labels: Tensor, weights: Tensor | None = None) -> Tensor:
    """Weighted mean of -log p over labelled pixels; 0 with zero gradient where there is none.

    logits (N, C, H, W), labels (N, H, W) int64 with UNLABELLED, weights (C,) or None.
    """
    labelled = labels != UNLABELLED
    chosen = labels[labelled]  # (n,)
    # Strokes are 3 % of the pixels: the softmax of the others is a tenth of a step on a CPU.
    rows = logits.movedim(1, -1)[labelled]  # (n, C)
    summed = F.cross_entropy(rows, chosen, weight=weights, reduction="sum")
    count = labelled.sum() if weights is None else weights[chosen].sum()
    return summed / count.clamp(min=1)


def feature_matching(real: Tensor, fake: Tensor) -> Tensor:
    """L1 between the batch means of the discriminator's features, both (N, F)."""
    return (real.mean(0) - fake.mean(0)).abs().mean()


def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """Half the sum of the binary cross-entropies of scores before the sigmoid, both (N,)."""
    on_real = F.binary_cross_entropy_with_logits(real, torch.ones_like(real))
    on_fake = F.binary_cross_entropy_with_logits(fake, torch.zeros_like(fake))
    return (on_real + on_fake) / 2


def self_training(logits: Tensor, pseudo: Tensor, trusted: Tensor) -> Tensor:
    """Cross-entropy of trusted images with their pseudo-labels; 0 where none is trusted.

    logits (N, C, H, W); pseudo (N, H, W) int64, UNLABELLED where it must not teach;
    trusted (N,) bool.
    """
    return sparse_cross_entropy(logits[trusted], pseudo[trusted])


def class_weights(counts: Tensor, how: str) -> Tensor | None:
    """Weights (C,) float32 of mean 1 over the classes that have pixels; None for "none".

    counts (C,) are labelled pixels. "sqrt" is 1/sqrt of the share, "log" is
    1/ln(1.10 + share) with one pixel added to each class (methods 5.2).
    """
    if how == "none":
        return None
    share = (counts.double() + 1) / (counts.double() + 1).sum()
    raw = share.rsqrt() if how == "sqrt" else 1 / torch.log(1.10 + share)
    present = counts > 0
    return (raw / raw[present].mean() if bool(present.any()) else raw).float()
