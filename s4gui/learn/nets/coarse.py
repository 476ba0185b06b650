"""Coarse logits: as small as a network makes them, before they are enlarged to the picture."""

from __future__ import annotations

from torch import Tensor, nn


def coarse(network: nn.Module, images: Tensor) -> Tensor:
    """(N, channels, H, W) -> logits (N, C, h, w), h and w at most H and W."""
    logits: Tensor = getattr(network, "coarse", network)(images)
    return logits
