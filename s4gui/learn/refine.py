"""The guided filter: probability maps follow the edges of the image."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional as F

RADIUS_SHARE = 1 / 60
"""Radius as a share of the longer side: 8 pixels of 480 (few labels, post-processing)."""
EPSILON = 1e-3


@dataclass(frozen=True, slots=True)
class Lines:
    """For each pixel of the small image a line q = slope * guide + offset, each (C, h, w)."""

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
    return Lines(box_mean(slope, radius), box_mean(offset, radius))


def box_mean(maps: Tensor, radius: int) -> Tensor:
    """(C, h, w): mean over windows of 2 * radius + 1, only of pixels inside the image."""
    side = 2 * radius + 1
    tall = F.avg_pool2d(maps, (side, 1), 1, (radius, 0), count_include_pad=False)
    return F.avg_pool2d(tall, (1, side), 1, (0, radius), count_include_pad=False)
