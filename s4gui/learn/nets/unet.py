"""UNet: the report's generator, a four-level U-Net trained from scratch (methods 2.2)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from s4gui.learn.nets.padding import mirrored_out

LEVELS = 4
MULTIPLE = 2**LEVELS


class UNet(nn.Module):
    """Logits for each pixel from a picture of any size.

    Ronneberger et al. 2015 with same padding, batch normalisation after each 3x3 convolution
    and transposed convolutions going up. Sides that are no multiple of 16 are mirrored out to
    one and cut back, so nothing is resized. No activation at the end: softmax belongs to the
    loss (the report's sigmoid before cross-entropy is an error, methods 2.4 row 5).
    """

    def __init__(self, *, classes: int, in_channels: int = 3, width: int = 64) -> None:
        super().__init__()
        widths = [width * 2**level for level in range(LEVELS + 1)]
        self.entry = _two_convs(in_channels, width)
        self.downs = nn.ModuleList(
            _two_convs(widths[level], widths[level + 1]) for level in range(LEVELS)
        )
        self.ups = nn.ModuleList(
            nn.ConvTranspose2d(widths[level + 1], widths[level], 2, stride=2)
            for level in reversed(range(LEVELS))
        )
        self.merges = nn.ModuleList(
            _two_convs(2 * widths[level], widths[level]) for level in reversed(range(LEVELS))
        )
        self.classify = nn.Conv2d(width, classes, 1)

    def forward(self, images: Tensor) -> Tensor:
        """(N, in_channels, H, W) -> logits (N, classes, H, W)."""
        return self.decode(self.features(images), (images.shape[-2], images.shape[-1]))

    def features(self, images: Tensor) -> tuple[Tensor, ...]:
        """(N, in_channels, H, W) -> the five levels of the way down, finest first."""
        x = self.entry(mirrored_out(images, MULTIPLE))  # (N, w, H', W'), H' and W' multiples of 16
        skips: list[Tensor] = []
        for down in self.downs:
            skips.append(x)
            x = down(F.max_pool2d(x, 2))  # (N, 2w..16w, H'/2.., W'/2..)
        return (*skips, x)

    def decode(self, features: tuple[Tensor, ...], size: tuple[int, int]) -> Tensor:
        """Logits (N, classes, H, W) of what `features` gave for images of this size (H, W)."""
        *skips, x = features
        for up, merge in zip(self.ups, self.merges, strict=True):
            x = merge(torch.cat([skips.pop(), up(x)], dim=1))  # (N, 8w..w, H'/8.., W'/8..)
        logits: Tensor = self.classify(x)[..., : size[0], : size[1]]
        return logits


def _two_convs(inner: int, outer: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inner, outer, 3, padding=1),
        nn.BatchNorm2d(outer),
        nn.ReLU(),
        nn.Conv2d(outer, outer, 3, padding=1),
        nn.BatchNorm2d(outer),
        nn.ReLU(),
    )
