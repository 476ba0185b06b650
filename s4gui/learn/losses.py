"""Losses as functions of tensors; no state, no logging.

Where several processes learn together, each is the loss of the views of all of them.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from s4gui.core.classes import UNLABELLED
from s4gui.learn.collectives import pooled, ratio


def sparse_cross_entropy(
    logits: Tensor,
    labels: Tensor,
    weights: Tensor | None = None,
    shares: Tensor | None = None,
) -> Tensor:
    """Weighted mean of -log p over labelled pixels; 0 with zero gradient where there is none.

    logits (N, C, h, w), labels (N, H, W) int64 with UNLABELLED, weights (C,) of the classes or
    None, shares (N, H, W) of the pixels or None. Logits of another size than the labels are
    brought to it bilinearly (as F.interpolate does). Methods 5.3: sum w CE / max(1, sum w).
    """
    # Strokes are 3 % of the pixels: enlarging and softmax of the others is a sixth of a step.
    image, y, x = torch.nonzero(labels != UNLABELLED, as_tuple=True)  # (n,) each
    chosen = labels[image, y, x]
    rows = _sampled(logits, labels.shape[-2:], image, y, x)  # (n, C)
    counted = rows.new_ones(chosen.shape) if weights is None else weights[chosen]
    if shares is None:
        summed = F.cross_entropy(rows, chosen, weight=weights, reduction="sum")
    else:
        each = shares[image, y, x]
        counted = counted * each
        summed = (F.cross_entropy(rows, chosen, weight=weights, reduction="none") * each).sum()
    return ratio(summed, counted.sum())


def _sampled(logits: Tensor, shape: torch.Size, image: Tensor, y: Tensor, x: Tensor) -> Tensor:
    """(n, C): logits (N, C, h, w), enlarged to `shape` (H, W), at n places."""
    height, width = logits.shape[-2:]
    flat = logits.movedim(1, -1).flatten(0, 2)  # (N * h * w, C)
    if (height, width) == tuple(shape):
        return flat.index_select(0, (image * height + y) * width + x)
    top, bottom, down = _taps(y, height, shape[0])
    left, right, along = _taps(x, width, shape[1])
    down, along = down.to(flat), along.to(flat)
    upper, lower = ((image * height + row) * width for row in (top, bottom))
    above = flat.index_select(0, upper + left).lerp(flat.index_select(0, upper + right), along)
    below = flat.index_select(0, lower + left).lerp(flat.index_select(0, lower + right), along)
    return above.lerp(below, down)


def _taps(at: Tensor, size: int, out: int) -> tuple[Tensor, Tensor, Tensor]:
    """The two pixels of a side of `size` that pixel `at` of `out` lies between; (n, 1) how far."""
    place = ((at.float() + 0.5) * (size / out) - 0.5).clamp(0, size - 1)
    low = place.floor().long()
    return low, (low + 1).clamp(max=size - 1), (place - low).unsqueeze(1)


def feature_matching(real: Tensor, fake: Tensor) -> Tensor:
    """L1 between the batch means of the discriminator's features, both (N, F)."""
    real_mean, fake_mean = pooled(real.mean(0), len(real)), pooled(fake.mean(0), len(fake))
    return (real_mean - fake_mean).abs().mean()


def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """Half the sum of the binary cross-entropies of scores before the sigmoid, both (N,)."""
    on_real = F.binary_cross_entropy_with_logits(real, torch.ones_like(real))
    on_fake = F.binary_cross_entropy_with_logits(fake, torch.zeros_like(fake))
    return (pooled(on_real, len(real)) + pooled(on_fake, len(fake))) / 2


def self_training(logits: Tensor, pseudo: Tensor, trusted: Tensor) -> Tensor:
    """Cross-entropy of trusted images with their pseudo-labels; 0 where none is trusted.

    logits (N, C, H, W); pseudo (N, H, W) int64, UNLABELLED where it must not teach;
    trusted (N,) bool.
    """
    return sparse_cross_entropy(logits[trusted], pseudo[trusted])


def adversarial(fake: Tensor) -> Tensor:
    """Binary cross-entropy of scores before the sigmoid (N,) of predicted masks with 1.

    The report's form: the generator learns to be taken for real (methods 2.1).
    """
    return pooled(F.binary_cross_entropy_with_logits(fake, torch.ones_like(fake)), len(fake))


def masked_consistency(logits: Tensor, pseudo: Tensor, sure: Tensor, valid: Tensor) -> Tensor:
    """Sum of -log p over sure and valid pixels, divided by the number of valid ones.

    logits (N, C, h, w), enlarged to the labels; pseudo (N, H, W) int64; sure and valid
    (N, H, W) bool. 0 where nothing is valid (UniMatch; methods 3.3, step 6).
    """
    large = enlarged(logits, pseudo)
    each = F.cross_entropy(large, pseudo, reduction="none")
    return ratio((each * (sure & valid)).sum(), valid.sum())


def squared_distance(logits: Tensor, target: Tensor, valid: Tensor) -> Tensor:
    """Mean over valid pixels and classes of (softmax - target)^2; 0 where nothing is valid.

    logits (N, C, h, w), enlarged to the target (N, C, H, W), which are probabilities; valid
    (N, H, W) bool.
    """
    each = (enlarged(logits, target).softmax(1) - target).square().mean(1)
    return ratio((each * valid).sum(), valid.sum())


def enlarged(logits: Tensor, pattern: Tensor) -> Tensor:
    """(N, C, h, w) -> (N, C, H, W), bilinearly, to the last two sides of `pattern`."""
    if logits.shape[-2:] == pattern.shape[-2:]:
        return logits
    size = pattern.shape[-2:]
    return F.interpolate(logits, size=size, mode="bilinear", align_corners=False)


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
