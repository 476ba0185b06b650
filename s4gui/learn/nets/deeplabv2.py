"""DeepLabV2: a dilated ResNet under four summed branches (methods 1.1; Chen et al. 2016)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from s4gui.learn.nets.resnet import ResNet, freeze_affine, in_imagenet_units

RATES = (6, 12, 18, 24)
HEAD_STD = 0.01
HEAD_RATE = 10.0
SCALES = (1.0, 0.75, 0.5)


class DeepLabV2(nn.Module):
    """Logits for each pixel from a picture of any size.

    The encoder's output stride is 8 with Caffe's strides and dilations 2 and 4; the head is the
    sum of four 3x3 convolutions of rates 6, 12, 18 and 24 (all of them: the reference code
    returns after two, methods 1.8 Q1). `pretrained` says that ImageNet's weights are loaded into
    it: scale and shift of its batch normalisation are then fixed and the head learns ten times
    as fast; from scratch all of it is trained at one rate. With `multi_scale` the answers at
    1, 3/4 and 1/2 of the size are fused by their maximum (the paper's section 4.1.2; the
    reference code has no such thing).
    """

    def __init__(
        self,
        *,
        classes: int,
        encoder: str = "resnet101",
        in_channels: int = 3,
        pretrained: bool = False,
        multi_scale: bool = False,
    ) -> None:
        super().__init__()
        self.pretrained, self.multi_scale = pretrained, multi_scale
        self.encoder = ResNet(encoder, in_channels=in_channels)
        if pretrained:
            freeze_affine(self.encoder)
        self.classify = nn.ModuleList(
            nn.Conv2d(self.encoder.channels, classes, 3, padding=rate, dilation=rate)
            for rate in RATES
        )
        for branch in self.classify:
            nn.init.normal_(branch.get_parameter("weight"), std=HEAD_STD)
            nn.init.zeros_(branch.get_parameter("bias"))

    def forward(self, images: Tensor) -> Tensor:
        """(N, in_channels, H, W), RGB in -1..1 -> logits (N, classes, H, W)."""
        return self.decode(self.features(images), (images.shape[-2], images.shape[-1]))

    def features(self, images: Tensor) -> tuple[Tensor, ...]:
        """(N, in_channels, H, W) -> the encoder's output (N, 512 or 2048, H/8, W/8) at each scale.

        321 x 321 gives 41 x 41, 256 x 512 gives 33 x 65.
        """
        images = in_imagenet_units(images)
        height, width = images.shape[-2:]
        sizes = [
            (max(1, round(height * scale)), max(1, round(width * scale)))
            for scale in (SCALES if self.multi_scale else SCALES[:1])
        ]
        return tuple(self.encoder(_resized(images, size)) for size in sizes)

    def decode(self, features: tuple[Tensor, ...], size: tuple[int, int]) -> Tensor:
        """Logits (N, classes, H, W) of what `features` gave for images of this size (H, W)."""
        answers = [_resized(self.at_stride(each), size) for each in features]
        return answers[0] if len(answers) == 1 else torch.stack(answers).amax(0)

    def at_stride(self, features: Tensor) -> Tensor:
        """Logits (N, classes, h, w) of features (N, 512 or 2048, h, w) of one scale."""
        return torch.stack([branch(features) for branch in self.classify]).sum(0)

    def rate_groups(self) -> list[tuple[list[nn.Parameter], float]]:
        """All parameters that learn, each once, with the factor on the learning rate."""
        encoder = [each for each in self.encoder.parameters() if each.requires_grad]
        head = list(self.classify.parameters())
        return [(encoder, 1.0), (head, HEAD_RATE if self.pretrained else 1.0)]


def _resized(x: Tensor, size: tuple[int, int]) -> Tensor:
    if tuple(x.shape[-2:]) == size:
        return x
    return F.interpolate(x, size=size, mode="bilinear", align_corners=True)
