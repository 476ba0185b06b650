"""Pictures brought to sides that a network can halve, by mirroring."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F


def mirrored_out(images: Tensor, multiple: int) -> Tensor:
    """(N, C, H, W) -> (N, C, H', W'): H' and W' the next multiples, rows and columns mirrored.

    What is added lies below and to the right, so that `[..., :H, :W]` cuts it off again. The
    edge is repeated where a side is too short to be mirrored. Nothing is copied if it fits.
    """
    below, right = (-images.shape[-2] % multiple, -images.shape[-1] % multiple)
    if not below and not right:
        return images
    can_mirror = below < images.shape[-2] and right < images.shape[-1]
    return F.pad(images, (0, right, 0, below), mode="reflect" if can_mirror else "replicate")
