"""Gated CRF: neighbours of like colour should be given the same class."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from s4gui.learn.collectives import ratio

STRIDE = 4
RADIUS = 3
SIGMA_PLACE = 6.0
"""In pixels of the reduced image."""
SIGMA_COLOUR = 0.1 * 0.225
"""In 0..1: a tenth of the spread of colours in ordinary photographs."""


def gated_crf(
    probabilities: Tensor,
    colours: Tensor,
    inside: Tensor,
    *,
    radius: int = RADIUS,
    sigma_place: float = SIGMA_PLACE,
    sigma_colour: float = SIGMA_COLOUR,
) -> Tensor:
    """Mean over pixels of how much their like neighbours disagree; 0 where nothing is inside.

    probabilities (N, C, h, w), colours (N, 3, h, w), inside (N, h, w) bool. The sum over
    neighbours j at most `radius` away of K_ij (1 - sum_c p_i p_j) with a Gaussian kernel K of
    places and colours (Obukhov et al., "Gated CRF loss for weakly supervised semantic image
    segmentation", 2019; methods 3.6). Pairs are symmetric, so half of the shifts are enough.
    """
    height, width = probabilities.shape[-2:]
    open_gate = inside.to(probabilities)
    total = probabilities.new_zeros(())
    for down, right in _half_window(min(radius, height - 1), min(radius, width - 1)):
        here = (..., slice(0, height - down), slice(max(0, -right), width - max(0, right)))
        there = (..., slice(down, height), slice(max(0, right), width - max(0, -right)))
        unlike = (colours[here] - colours[there]).square().sum(1) / sigma_colour**2
        far = (down * down + right * right) / sigma_place**2
        kernel = torch.exp(-(unlike + far) / 2) * open_gate[here] * open_gate[there]
        agreed = (probabilities[here] * probabilities[there]).sum(1)
        total = total + 2 * (kernel * (1 - agreed)).sum()
    return ratio(total, open_gate.sum())


def on_logits(logits: Tensor, rgb: Tensor, inside: Tensor) -> Tensor:
    """The same of logits (N, C, h, w) at most as large as their images (N, 3, H, W) in 0..1.

    All are reduced to a STRIDE-th of the images' size; a cell counts if all of it is inside.
    """
    colours = F.avg_pool2d(rgb, STRIDE)
    size = colours.shape[-2:]
    gate = F.avg_pool2d(inside.float().unsqueeze(1), STRIDE).squeeze(1) > 0.999
    small = F.adaptive_avg_pool2d(logits, (size[0], size[1]))
    return gated_crf(small.softmax(1), colours, gate)


def _half_window(tall: int, wide: int) -> list[tuple[int, int]]:
    """Shifts (down, right) of which each or its opposite is in the window, none twice."""
    below = [(y, x) for y in range(1, tall + 1) for x in range(-wide, wide + 1)]
    return [(0, x) for x in range(1, wide + 1)] + below
