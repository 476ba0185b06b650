"""Encoders: torchvision's tensors and, in its own way of computing, torchvision's numbers."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from s4gui.learn import torchvision
from s4gui.learn.nets.resnet import PLANS, ResNet, freeze_affine, in_imagenet_units

BOTTLENECKS = ["resnet50", "resnet101"]
BASIC = ["resnet18", "resnet34"]
AGREEING = (65, 34)  # sides where both pools round alike


def oracle(name: str, **choices: Any) -> nn.Module:
    """torchvision's network with random weights and statistics, in eval mode."""
    models = torchvision.load().models
    torch.manual_seed(1)
    network: nn.Module = getattr(models, name)(weights=None, **choices).eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(std=0.1)
            module.running_var.uniform_(0.5, 1.5)
            nn.init.uniform_(module.weight, 0.5, 1.0)
    return network


def theirs(network: nn.Module, images: Tensor) -> list[Tensor]:
    """The four stages of torchvision's network."""
    x = network.maxpool(network.relu(network.bn1(network.conv1(images))))
    found = []
    for stage in (network.layer1, network.layer2, network.layer3, network.layer4):
        x = stage(x)
        found.append(x)
    return found


def ours_like(network: nn.Module, name: str, **choices: Any) -> ResNet:
    """Our encoder with the tensors of torchvision's."""
    ours = ResNet(name, **choices).eval()
    ours.load_state_dict({k: v for k, v in network.state_dict().items() if k[:3] != "fc."})
    return ours


def differs(one: Tensor, other: Tensor) -> bool:
    return one.shape != other.shape or float((one - other).abs().max()) > 1e-2


@pytest.mark.parametrize("name", PLANS)
def test_names_and_shapes_of_all_tensors_are_torchvisions(name: str) -> None:
    with torch.device("meta"):
        network = getattr(torchvision.load().models, name)(weights=None)
        ours = ResNet(name)
    expected = {k: v.shape for k, v in network.state_dict().items() if k[:3] != "fc."}
    assert {k: v.shape for k, v in ours.state_dict().items()} == expected


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
@torch.inference_mode()
def test_torchvisions_way_of_computing_gives_torchvisions_numbers_at_any_size(name: str) -> None:
    network = oracle(name)
    ours = ours_like(network, name, caffe=False, output_stride=32)
    images = torch.rand(1, 3, 64, 47)
    for mine, its in zip(ours.levels(images), theirs(network, images), strict=True):
        torch.testing.assert_close(mine, its)


@torch.inference_mode()
def test_torchvisions_dilated_bottlenecks_are_ours_without_caffe() -> None:
    network = oracle("resnet50", replace_stride_with_dilation=[False, True, True])
    ours = ours_like(network, "resnet50", caffe=False)
    images = torch.rand(1, 3, 64, 48)
    for mine, its in zip(ours.levels(images), theirs(network, images), strict=True):
        torch.testing.assert_close(mine, its)


@pytest.mark.parametrize(("name", "agreeing"), [("resnet18", 2), ("resnet50", 1)])
@torch.inference_mode()
def test_caffes_way_agrees_until_the_first_stride_of_a_bottleneck_or_the_first_dilation(
    name: str, agreeing: int
) -> None:
    network = oracle(name)
    ours = ours_like(network, name)
    images = torch.rand(1, 3, *AGREEING)
    same = [
        not differs(mine, its)
        for mine, its in zip(ours.levels(images), theirs(network, images), strict=True)
    ]
    assert same == [True] * agreeing + [False] * (4 - agreeing)


@torch.inference_mode()
def test_caffes_strided_bottleneck_has_torchvisions_size_but_other_numbers() -> None:
    network = oracle("resnet50")
    images = torch.rand(1, 3, *AGREEING)
    mine, its = ours_like(network, "resnet50").levels(images)[1], theirs(network, images)[1]
    assert mine.shape == its.shape
    assert differs(mine, its)


@torch.inference_mode()
def test_a_caffe_pool_makes_the_map_of_a_multiple_of_four_one_larger() -> None:
    network = oracle("resnet18")
    images = torch.rand(1, 3, 64, 64)
    mine, its = ours_like(network, "resnet18").levels(images)[0], theirs(network, images)[0]
    assert (mine.shape[-1], its.shape[-1]) == (17, 16)


@pytest.mark.parametrize("name", BOTTLENECKS)
def test_strides_and_dilations_of_bottlenecks_are_caffes(name: str) -> None:
    with torch.device("meta"):
        ours = ResNet(name)
    for number, stride, dilation in ((1, 1, 1), (2, 2, 1), (3, 1, 2), (4, 1, 4)):
        stage = list(ours.get_submodule(f"layer{number}"))
        assert [each.conv1.stride[0] for each in stage] == [stride] + [1] * (len(stage) - 1)
        assert {each.conv2.stride[0] for each in stage} == {1}
        assert {each.conv2.dilation[0] for each in stage} == {dilation}
        assert {each.conv2.padding[0] for each in stage} == {dilation}
        assert stage[0].downsample[0].stride[0] == stride
    assert ours.maxpool.ceil_mode


def test_affine_frozen_means_fixed_scale_and_shift_but_live_statistics() -> None:
    ours = ResNet("resnet18").train()
    freeze_affine(ours)
    before = {name: each.clone() for name, each in ours.state_dict().items()}
    ours(torch.rand(2, 3, 32, 32)).sum().backward()
    fixed = {name for name, each in ours.named_parameters() if each.grad is None}
    norms = {n for n, m in ours.named_modules() if isinstance(m, nn.BatchNorm2d)}
    assert fixed == {f"{n}.{part}" for n in norms for part in ("weight", "bias")}
    moved = {n for n, each in ours.state_dict().items() if not torch.equal(each, before[n])}
    assert f"{sorted(norms)[0]}.running_mean" in moved


def test_imagenet_units_are_those_of_torchvisions_transform() -> None:
    torchvision.load()
    from torchvision.transforms import v2

    images = torch.rand(2, 5, 4, 6) * 2 - 1
    transform = v2.Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])
    expected = transform(images[:, :3] / 2 + 0.5)
    torch.testing.assert_close(in_imagenet_units(images)[:, :3], expected)
    assert torch.equal(in_imagenet_units(images)[:, 3:], images[:, 3:])
