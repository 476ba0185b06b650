"""Discriminator: tells a reference mask from a predicted one, beside the image (methods 1.2)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

RGB = 3
COVER = 1
SMALLEST = 16


class Discriminator(nn.Module):
    """Mittal et al.'s image-level critic of class maps, for pictures of any size.

    Input channels: the class maps, the image, and in the masked form one more that says where
    class maps are given at all (methods 5.3a). Dropout follows the first three layers only.
    The pool is over the whole map, whatever its size; at 7 x 322 x 792 the shapes are those of
    the report's figure 4.1 (methods 2.3).
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
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.judge = nn.Linear(inner, 1)

    def forward(self, maps: Tensor, rgb: Tensor, cover: Tensor) -> tuple[Tensor, Tensor]:
        """Judge class maps (N, C, H, W) on images (N, 3, H, W) in 0..1.

        cover (N, 1, H, W) is 1 where the maps count; the unmasked form ignores it. Returns
        the score before the sigmoid (N,) and the pooled features (N, 8 * width). Four halvings
        need 16 pixels a side: to a shorter one nothing (zeros) is added.
        """
        parts = [maps * cover, rgb, cover] if self.covered else [maps, rgb]
        x = _at_least(torch.cat(parts, dim=1), SMALLEST)  # (N, C + 3 or C + 4, H, W)
        features = self.pool(self.layers(x)).flatten(1)
        return self.judge(features).squeeze(1), features


def _at_least(x: Tensor, side: int) -> Tensor:
    below, right = (max(0, side - x.shape[-2]), max(0, side - x.shape[-1]))
    return F.pad(x, (0, right, 0, below)) if below or right else x
