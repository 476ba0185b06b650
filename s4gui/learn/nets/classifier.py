"""Multi-label classifiers: a score for each class of being anywhere in an image (methods 1.6)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from s4gui.core.errors import RecipeError
from s4gui.learn.collectives import summed
from s4gui.learn.multilabel import UNKNOWN
from s4gui.learn.nets.resnet import RGB, ResNet, in_imagenet_units

TAG_TEACHER = "tag_teacher"
"""Name of the part of a strategy that takes part in predicting, so that its weights travel."""
_ASKED_PX = 64


class TagHead(nn.Module):
    """One linear layer from a vector of an image to a logit for each class.

    No class excludes another: a sigmoid of its own belongs to each. `known` (C,) bool says of
    which classes a tag was ever seen; the scores of the others mean nothing.
    """

    known: Tensor

    def __init__(self, *, channels: int, classes: int) -> None:
        super().__init__()
        self.score = nn.Linear(channels, classes)
        self.register_buffer("known", torch.zeros(classes, dtype=torch.bool))

    def forward(self, vectors: Tensor) -> Tensor:
        """(N, channels) -> logits (N, classes)."""
        logits: Tensor = self.score(vectors)
        return logits


class Classifier(nn.Module):
    """A trunk that makes one vector of an image, and a head: logits before the sigmoid."""

    def __init__(self, trunk: PooledBottleneck | PooledResNet, *, classes: int) -> None:
        super().__init__()
        self.trunk = trunk
        self.head = TagHead(channels=trunk.channels, classes=classes)

    def forward(self, images: Tensor) -> Tensor:
        """(N, in_channels, H, W), RGB in -1..1 -> logits (N, classes)."""
        logits: Tensor = self.head(self.trunk(images))
        return logits

    @property
    def known(self) -> Tensor:
        """(C,) bool: the classes of which a tag was ever seen."""
        return self.head.known

    def note(self, presence: Tensor) -> None:
        """Remember of which classes presence vectors (N, C) say something."""
        self.head.known |= summed((presence != UNKNOWN).sum(0)) > 0


class PooledBottleneck(nn.Module):
    """Mean over the place of a generator's bottleneck (methods 5.3).

    Learning from it teaches the generator's encoder; the decoder takes no part. RecipeError
    where the generator's `features` cannot be asked for.
    """

    def __init__(self, generator: nn.Module, *, in_channels: int) -> None:
        super().__init__()
        self.generator = generator
        self.channels = _bottleneck_channels(generator, in_channels)

    def forward(self, images: Tensor) -> Tensor:
        """(N, in_channels, H, W) -> (N, channels)."""
        return _bottleneck(self.generator, images).mean((2, 3))


class PooledResNet(nn.Module):
    """Mean over the place of a ResNet's last stage, output stride 32: the report's network.

    Built as torchvision's, whose ImageNet weights fit it. Sees the colours only.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.encoder = ResNet(name, output_stride=32, caffe=False)
        self.channels = self.encoder.channels

    def forward(self, images: Tensor) -> Tensor:
        """(N, 3 or more, H, W), RGB in -1..1 -> (N, 512 or 2048)."""
        maps: Tensor = self.encoder(in_imagenet_units(images[:, :RGB]))
        return maps.mean((2, 3))


@torch.no_grad()
def _bottleneck_channels(generator: nn.Module, in_channels: int) -> int:
    """Found by asking once, in eval mode so that no running statistics move."""
    was_training = generator.training
    like = next(generator.parameters())
    asked = torch.zeros(1, in_channels, _ASKED_PX, _ASKED_PX, device=like.device, dtype=like.dtype)
    found = _bottleneck(generator.eval(), asked).shape[1]
    generator.train(was_training)
    return int(found)


def _bottleneck(generator: nn.Module, images: Tensor) -> Tensor:
    """(N, K, h, w): the coarsest of a generator's features."""
    ask: Callable[[Tensor], tuple[Tensor, ...]] | None = getattr(generator, "features", None)
    if ask is None:
        raise RecipeError(
            "recipe.no_bottleneck",
            "The network {network} has no bottleneck that a classifier could share",
            hint="Set tagger to a ResNet, or choose the network light or unet",
            network=type(generator).__name__,
        )
    return ask(images)[-1]
