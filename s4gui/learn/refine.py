"""The guided filter: probability maps follow the edges of the image."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

COLOUR_RADIUS_SHARE = 1 / 32
"""The same for colours, whose windows are averaged twice (decisions/0020)."""
RADIUS_SHARE = 1 / 60
"""Radius as a share of the longer side: 8 pixels of 480 (few labels, post-processing)."""
EPSILON = 1e-3


@dataclass(frozen=True, slots=True)
class Lines:
    """For each pixel of the small image q = slope * guide + offset: slope (G, C, h, w) for the
    G planes of the guide, offset (C, h, w).
    """

    slope: Tensor
    offset: Tensor


def fit_lines(maps: Tensor, guide: Tensor, *, radius: int, epsilon: float = EPSILON) -> Lines:
    """Fit maps (C, h, w) by lines in the guide (h, w), in 0..1, over windows.

    He, Sun, Tang, "Guided image filtering" (2013), equations 5, 6 and 8; applied to a larger
    guide it is their fast form (2015). Lines of maps that sum to 1 give maps that sum to 1.
    """
    guide = guide.unsqueeze(0)  # (1, h, w)
    mean_guide, mean_maps = box_mean(guide, radius), box_mean(maps, radius)
    variance = box_mean(guide * guide, radius) - mean_guide * mean_guide
    covariance = box_mean(guide * maps, radius) - mean_guide * mean_maps
    slope = covariance / (variance + epsilon)
    offset = mean_maps - slope * mean_guide
    return Lines(box_mean(slope, radius).unsqueeze(0), box_mean(offset, radius))


def fit_colours(maps: Tensor, guide: Tensor, *, radius: int, epsilon: float = EPSILON) -> Lines:
    """Fit maps (C, h, w) by planes in the colours of the guide (3, h, w), in 0..1.

    He, Sun, Tang (2013), equations 19-21, with windows of twice a box of `radius`: nearer to
    round, and without the box's corners in the answer.
    """
    count, (height, width) = len(maps), maps.shape[1:]

    def mean(planes: Tensor) -> Tensor:
        flat = planes.reshape(-1, height, width)
        return box_mean(box_mean(flat, radius), radius).reshape(planes.shape)

    mean_guide, mean_maps = mean(guide), mean(maps)
    spread = mean(guide[:, None] * guide) - mean_guide[:, None] * mean_guide  # (3, 3, h, w)
    spread = spread + epsilon * torch.eye(3).to(guide)[:, :, None, None]
    common = mean(guide[:, None] * maps) - mean_guide[:, None] * mean_maps  # (3, C, h, w)
    inverse = _inverse(spread)
    slope = torch.stack([(inverse[i, :, None] * common).sum(0) for i in range(3)])
    offset = mean_maps - (slope * mean_guide[:, None]).sum(0)
    return Lines(mean(slope).reshape(3, count, height, width), mean(offset))


def _inverse(matrices: Tensor) -> Tensor:
    """Inverses of symmetric matrices (3, 3, h, w), by cofactors."""
    (a, b, c), (_, d, e), (_, _, f) = matrices
    first = (d * f - e * e, c * e - b * f, b * e - c * d)
    determinant = a * first[0] + b * first[1] + c * first[2]
    middle, last = b * c - a * e, a * d - b * b
    rows = (first, (first[1], a * f - c * c, middle), (first[2], middle, last))
    inverse: Tensor = torch.stack([torch.stack(row) for row in rows]) / determinant
    return inverse


def box_mean(maps: Tensor, radius: int) -> Tensor:
    """(C, h, w): mean over windows of 2 * radius + 1, only of pixels inside the image."""
    side = 2 * radius + 1
    tall = F.avg_pool2d(maps, (side, 1), 1, (radius, 0), count_include_pad=False)
    return F.avg_pool2d(tall, (1, side), 1, (0, radius), count_include_pad=False)
