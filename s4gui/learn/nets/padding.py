"""Pictures brought to sides that a network can halve, by mirroring."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F


def mirrored_out(images: Tensor, multiple: int, *, at_least: int = 1) -> Tensor:
    """(N, C, H, W) -> (N, C, H', W'): H' and W' the next multiples that are `at_least` so long.

    What is added is mirrored and lies below and to the right, so that `[..., :H, :W]` cuts it
    off again. The edge is repeated where a side is too short to be mirrored. Nothing is copied
    if it fits.
    """
    height, width = images.shape[-2:]
    below = -max(height, at_least) % multiple + max(0, at_least - height)
    right = -max(width, at_least) % multiple + max(0, at_least - width)
    if not below and not right:
        return images
    can_mirror = below < height and right < width
    return F.pad(images, (0, right, 0, below), mode="reflect" if can_mirror else "replicate")
