"""DeepLabv2 has the paper's sizes, sums all four branches, and learns at two rates."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from s4gui.core.recipe import OPTIMIZERS, Recipe
from s4gui.learn.build import make_learner
from s4gui.learn.nets.deeplabv2 import RATES, DeepLabV2
from s4gui.learn.nets.resnet import PLANS
from s4gui.learn.perturbing import dropped, perturbable
from s4gui.learn.schedule import Progress
from s4gui.learn.views import Batch, Views


def small(**choices: object) -> DeepLabV2:
    torch.manual_seed(0)
    return DeepLabV2(**{"classes": 3, "encoder": "resnet18"} | choices)


def _coarse(network: DeepLabV2, images: torch.Tensor) -> torch.Tensor:
    """Logits at the output stride, of the picture at its size."""
    return network.at_stride(network.features(images)[0])


def _count(network: nn.Module) -> int:
    return sum(each.numel() for each in network.parameters())


def test_the_network_of_the_paper_has_its_parameters() -> None:
    with torch.device("meta"):
        network = DeepLabV2(classes=19)
    assert _count(network) == 43_901_068
    assert _count(network.classify) == 1_400_908 == 4 * (2048 * 19 * 9 + 19)


@pytest.mark.parametrize(
    ("size", "expected"), [((321, 321), (41, 41)), ((256, 512), (33, 65)), ((33, 47), (5, 7))]
)
@pytest.mark.parametrize("encoder", PLANS)
def test_the_output_stride_is_eight(
    encoder: str, size: tuple[int, int], expected: tuple[int, int]
) -> None:
    with torch.device("meta"):
        network = DeepLabV2(classes=2, encoder=encoder).eval()
        images = torch.empty(1, 3, *size)
    assert tuple(_coarse(network, images).shape) == (1, 2, *expected)
    assert tuple(network(images).shape) == (1, 2, *size)


@torch.inference_mode()
def test_the_output_is_the_sum_of_four_branches() -> None:
    network = small().eval()
    images = torch.rand(1, 3, 48, 40) * 2 - 1
    whole = _coarse(network, images)
    assert [each.dilation[0] for each in network.classify] == list(RATES) == [6, 12, 18, 24]
    parts = []
    for branch in network.classify:
        kept = [each.clone() for each in branch.parameters()]
        for each in branch.parameters():
            each.zero_()
        without = _coarse(network, images)
        assert not torch.allclose(without, whole), "a branch that is not used"
        parts.append(whole - without)
        for each, value in zip(branch.parameters(), kept, strict=True):
            each.copy_(value)
    torch.testing.assert_close(sum(parts), whole)


@torch.inference_mode()
def test_logits_are_enlarged_with_aligned_corners() -> None:
    network = small().eval()
    images = torch.rand(1, 3, 41, 57) * 2 - 1
    logits, coarse = network(images), _coarse(network, images)
    for y, x in ((0, 0), (0, -1), (-1, 0), (-1, -1)):
        torch.testing.assert_close(logits[..., y, x], coarse[..., y, x])
    expected = F.interpolate(coarse, size=(41, 57), mode="bilinear", align_corners=True)
    torch.testing.assert_close(logits, expected)


@torch.inference_mode()
def test_scales_are_fused_by_their_maximum() -> None:
    network = small(multi_scale=True).eval()
    images = torch.rand(1, 3, 64, 48) * 2 - 1

    def at(height: int, width: int) -> torch.Tensor:
        sized = F.interpolate(images, size=(height, width), mode="bilinear", align_corners=True)
        answer = _coarse(network, sized)
        return F.interpolate(answer, size=(64, 48), mode="bilinear", align_corners=True)

    three = [at(64, 48), at(48, 36), at(32, 24)]
    torch.testing.assert_close(network(images), three[0].maximum(three[1]).maximum(three[2]))
    assert not torch.allclose(network(images), three[0])


@pytest.mark.parametrize("pretrained", [True, False])
def test_every_weight_that_learns_has_one_rate(*, pretrained: bool) -> None:
    network = small(pretrained=pretrained)
    groups = network.rate_groups()
    listed = [id(each) for parameters, _ in groups for each in parameters]
    assert len(set(listed)) == len(listed)
    assert set(listed) == {id(each) for each in network.parameters() if each.requires_grad}
    assert [factor for _, factor in groups] == [1.0, 10.0 if pretrained else 1.0]
    assert {id(each) for each in groups[1][0]} == {id(p) for p in network.classify.parameters()}


def test_normalisation_is_trained_from_scratch_and_fixed_when_pretrained() -> None:
    norms = [m for m in small().modules() if isinstance(m, nn.BatchNorm2d)]
    fixed = [m for m in small(pretrained=True).modules() if isinstance(m, nn.BatchNorm2d)]
    assert len(norms) == len(fixed) == 20
    assert all(each.weight.requires_grad and each.bias.requires_grad for each in norms)
    assert not any(each.weight.requires_grad or each.bias.requires_grad for each in fixed)


def test_every_weight_takes_part() -> None:
    network = small(in_channels=5, multi_scale=True)
    network(torch.rand(2, 5, 40, 56)).square().sum().backward()
    idle = [n for n, each in network.named_parameters() if each.grad is None or not each.grad.any()]
    assert idle == []


@pytest.mark.parametrize("multi_scale", [True, False])
@torch.inference_mode()
def test_features_decode_to_the_answer_and_can_be_perturbed(*, multi_scale: bool) -> None:
    network = small(multi_scale=multi_scale).eval()
    images = torch.rand(2, 3, 40, 56) * 2 - 1
    features = perturbable(network).features(images)
    assert len(features) == (3 if multi_scale else 1)
    assert torch.equal(network.decode(features, (40, 56)), network(images))
    assert not torch.equal(network.decode(dropped(features), (40, 56)), network(images))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_head_of_a_pretrained_network_learns_at_ten_times_the_rate(optimizer: str) -> None:
    recipe = Recipe(
        network="deeplabv2-resnet18",
        pretrained="imagenet",
        optimizer=optimizer,
        schedule="constant",
        learning_rate=1e-3,
    )
    learner = make_learner(recipe, classes=3, covered=True, device=torch.device("cpu"))
    labels = torch.randint(0, 3, (2, 32, 32))
    views = Views(torch.rand(2, 3, 32, 32), labels, torch.ones_like(labels).bool())
    learner.step(Batch(views, views, views), Progress(0, 10))
    encoder, head = learner.strategy.optimizers["generator"][0].param_groups
    assert (encoder["lr"], head["lr"]) == (pytest.approx(1e-3), pytest.approx(1e-2))
    taught = [id(each) for group in (encoder, head) for each in group["params"]]
    assert len(set(taught)) == len(taught)
    assert set(taught) == {id(p) for p in learner.generator.parameters() if p.requires_grad}
