"""Perturbing features: dropout of whole channels between encoder and decoder."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from s4gui.core.errors import RecipeError

Features = tuple[Tensor, ...]
DROPPED = 0.5


@runtime_checkable
class Perturbable(Protocol):
    """A network that can be stopped half-way."""

    def features(self, images: Tensor) -> Features:
        """(N, channels, H, W) -> what the decoder is fed, (N, ..., ..., ...) each."""
        ...

    def decode(self, features: Features, size: tuple[int, int]) -> Tensor:
        """Logits (N, C, h, w) of features of images of this size (H, W), as in `coarse`."""
        ...


def perturbable(network: nn.Module) -> Perturbable:
    """The network, if its features can be had. RecipeError otherwise."""
    if not isinstance(network, Perturbable):
        raise RecipeError(
            "recipe.no_features",
            "The network {network} has no features that could be perturbed",
            hint="Choose the network light or unet or a DeepLabv2 one, or set perturb to none",
            network=type(network).__name__,
        )
    return network


def dropped(features: Features) -> Features:
    """Each channel of each image away with probability 1/2, the others doubled (UniMatch)."""
    return tuple(F.dropout2d(each, DROPPED) for each in features)


def halves(features: Features) -> Features:
    """Features (2M, ...) of two strong views of M images with channels shared between them.

    Of each channel one view has the double and the other nothing; a random half of the images,
    rounded down, keeps both whole (UniMatch V2, methods 3.4).
    """
    count = len(features[0]) // 2
    whole = torch.randperm(count)[: count // 2]
    return tuple(
        each * complementary(count, each.shape[1], whole).to(each)[..., None, None]
        for each in features
    )


def complementary(count: int, channels: int, whole: Tensor) -> Tensor:
    """(2 * count, channels) factors 0, 1 or 2; those of both views add up to 2.

    whole (k,) int64: images whose factors are all 1.
    """
    first = 2.0 * torch.bernoulli(torch.full((count, channels), 0.5))
    first[whole] = 1.0
    return torch.cat([first, 2 - first])
