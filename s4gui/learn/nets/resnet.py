"""ResNet encoders 18, 34, 50 and 101, with torchvision's names for their tensors.

Two ways to compute with the same tensors (methods 1.1):

- `caffe`: what DeepLabv2 was trained with. The stride of a bottleneck sits on its first 1x1,
  the first pool rounds its size up, and all blocks of a dilated stage have its dilation.
- otherwise torchvision's: the stride sits on the 3x3, the pool rounds down, and the first block
  of a dilated stage keeps the dilation of the stage before (`replace_stride_with_dilation`).

On the same tensors both give the same in the first stage of all four and, in ResNet-18 and 34
(which have no 1x1 to put a stride on), in the second, as long as the pools agree: where a side is
1 or 2 above a multiple of 4. Elsewhere caffe's maps are one row or column larger, and a stage that
is dilated or, in a bottleneck, strided, gives something else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
RGB = 3
STAGE_WIDTHS = (64, 128, 256, 512)


@dataclass(frozen=True, slots=True)
class Plan:
    """How a ResNet is built: blocks in each stage, and whether they are bottlenecks."""

    blocks: tuple[int, int, int, int]
    bottleneck: bool


PLANS = {
    "resnet18": Plan((2, 2, 2, 2), bottleneck=False),
    "resnet34": Plan((3, 4, 6, 3), bottleneck=False),
    "resnet50": Plan((3, 4, 6, 3), bottleneck=True),
    "resnet101": Plan((3, 4, 23, 3), bottleneck=True),
}


@dataclass(frozen=True, slots=True)
class _Place:
    """What a block does beside its width: where it shrinks and how far its 3x3 reach."""

    stride: int = 1
    dilation: int = 1
    caffe: bool = True


class Basic(nn.Module):
    """Two 3x3 beside a shortcut (ResNet-18 and 34)."""

    expansion = 1

    def __init__(self, inner: int, width: int, place: _Place) -> None:
        super().__init__()
        self.conv1 = _conv3(inner, width, place.stride, place.dilation)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = _conv3(width, width, 1, place.dilation)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = _shortcut(inner, width, place.stride)

    def forward(self, x: Tensor) -> Tensor:
        """(N, inner, H, W) -> (N, width, H/stride, W/stride)."""
        beside = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        found: Tensor = self.relu(self.bn2(self.conv2(x)) + beside)
        return found


class Bottleneck(nn.Module):
    """A 1x1, a 3x3 and a 1x1 to four times the width beside a shortcut (ResNet-50 and 101)."""

    expansion = 4

    def __init__(self, inner: int, width: int, place: _Place) -> None:
        super().__init__()
        outer = width * self.expansion
        first, second = (place.stride, 1) if place.caffe else (1, place.stride)
        self.conv1 = nn.Conv2d(inner, width, 1, first, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = _conv3(width, width, second, place.dilation)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outer, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outer)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = _shortcut(inner, outer, place.stride)

    def forward(self, x: Tensor) -> Tensor:
        """(N, inner, H, W) -> (N, 4 * width, H/stride, W/stride)."""
        beside = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.relu(self.bn2(self.conv2(x)))
        found: Tensor = self.relu(self.bn3(self.conv3(x)) + beside)
        return found


class ResNet(nn.Module):
    """Features at four depths from pictures of any size; no classifier.

    `output_stride` 8 dilates the last two stages by 2 and 4 instead of shrinking; 32 is the
    classifier's. Fresh weights are Kaiming's (He et al. 2015, fan out). Input beyond RGB
    (`in_channels` above 3) is for planes such as the place in the frame.
    """

    def __init__(
        self,
        name: str,
        *,
        in_channels: int = RGB,
        output_stride: Literal[8, 32] = 8,
        caffe: bool = True,
    ) -> None:
        super().__init__()
        plan = PLANS[name]
        self.name, self.output_stride = name, int(output_stride)
        block = Bottleneck if plan.bottleneck else Basic
        self.channels = STAGE_WIDTHS[-1] * block.expansion
        self.conv1 = nn.Conv2d(in_channels, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1, ceil_mode=caffe)
        inner = 64
        dilation = 1
        for number, (width, blocks) in enumerate(zip(STAGE_WIDTHS, plan.blocks, strict=True), 1):
            stride = 1 if number == 1 else 2
            before = dilation
            if output_stride == 8 and number > 2:
                stride, dilation = 1, dilation * 2
            first = _Place(stride, dilation if caffe else before, caffe)
            later = _Place(1, dilation, caffe)
            stage = [block(inner, width, first)]
            inner = width * block.expansion
            stage += [block(inner, width, later) for _ in range(blocks - 1)]
            self.add_module(f"layer{number}", nn.Sequential(*stage))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, images: Tensor) -> Tensor:
        """(N, in_channels, H, W) in ImageNet's units -> (N, channels, H/stride, W/stride)."""
        return self.levels(images)[-1]

    def levels(self, images: Tensor) -> list[Tensor]:
        """Outputs of the four stages: (N, 64..512 times expansion, H/4.., W/4..)."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(images))))  # (N, 64, H/4, W/4)
        found: list[Tensor] = []
        for number in range(1, len(STAGE_WIDTHS) + 1):
            x = self.get_submodule(f"layer{number}")(x)
            found.append(x)
        return found


def in_imagenet_units(images: Tensor) -> Tensor:
    """RGB of -1..1 in the first three channels of (N, C, H, W), as ImageNet's weights know it.

    Mean and deviation are torchvision's; further channels stay as they are.
    """
    mean = images.new_tensor(IMAGENET_MEAN).reshape(-1, 1, 1)
    std = images.new_tensor(IMAGENET_STD).reshape(-1, 1, 1)
    rgb = (images[:, :RGB] / 2 + 0.5 - mean) / std
    return torch.cat([rgb, images[:, RGB:]], dim=1)


def freeze_affine(network: nn.Module) -> None:
    """Fix scale and shift of each batch normalisation; batch statistics go on being used.

    "Affine-frozen" (methods 1.1, quirk Q3): in train mode a batch is still normalised by itself
    and running statistics still follow.
    """
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.requires_grad_(requires_grad=False)


def _conv3(inner: int, outer: int, stride: int, dilation: int) -> nn.Conv2d:
    return nn.Conv2d(inner, outer, 3, stride, dilation, dilation, bias=False)


def _shortcut(inner: int, outer: int, stride: int) -> nn.Sequential | None:
    if stride == 1 and inner == outer:
        return None
    return nn.Sequential(nn.Conv2d(inner, outer, 1, stride, bias=False), nn.BatchNorm2d(outer))
