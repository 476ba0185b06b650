"""Discriminator: tells a reference mask from a predicted one, beside the image (methods 1.2)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

RGB = 3
COVER = 1


class Discriminator(nn.Module):
    """Mittal et al.'s image-level critic of class maps, for pictures of 16 x 16 and more.

    Input channels: the class maps, the image, and in the masked form one more that says where
    class maps are given at all (methods 5.3a). Dropout follows the first three layers only.
    """

    def __init__(
        self, *, classes: int, covered: bool = False, width: int = 64, dropout: float = 0.5
    ) -> None:
        super().__init__()
        self.covered = covered
        layers: list[nn.Module] = []
        inner = classes + RGB + (COVER if covered else 0)
        for level in range(4):
            outer = width * 2**level
            layers += [nn.Conv2d(inner, outer, 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
            if level < 3:
                layers.append(nn.Dropout2d(dropout))
            inner = outer
        self.layers = nn.Sequential(*layers)
        self.judge = nn.Linear(inner, 1)

    def forward(self, maps: Tensor, rgb: Tensor, cover: Tensor) -> tuple[Tensor, Tensor]:
        """Judge class maps (N, C, H, W) on images (N, 3, H, W) in 0..1.

        cover (N, 1, H, W) is 1 where the maps count; the unmasked form ignores it. Returns
        the score before the sigmoid (N,) and the pooled features (N, 8 * width).
        """
        parts = [maps * cover, rgb, cover] if self.covered else [maps, rgb]
        features = self.layers(torch.cat(parts, dim=1)).mean((2, 3))
        return self.judge(features).squeeze(1), features
