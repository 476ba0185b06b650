"""A summary has each layer once, and its rows add up to the network."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from s4gui.core.recipe import NETWORKS, Recipe
from s4gui.learn import summary
from s4gui.learn.build import make_generator


@pytest.mark.parametrize("network", NETWORKS)
def test_rows_add_up_to_the_parameters_of_the_network(network: str) -> None:
    recipe = Recipe(network=network, position=True)
    found = summary.generator(recipe, classes=4, height=50, width=70)
    with torch.device("meta"):
        made = make_generator(recipe, classes=4)
    assert found.parameters == sum(each.numel() for each in made.parameters())
    assert sum(each.parameters for each in found.layers) == found.parameters
    assert (found.input, found.output) == ((5, 50, 70), (4, 50, 70))
    assert len({each.name for each in found.layers}) == len(found.layers)
    assert all(each.output for each in found.layers)


def test_what_is_frozen_does_not_learn() -> None:
    recipe = Recipe(network="deeplabv2-resnet18", pretrained="imagenet")
    found = summary.generator(recipe, classes=4, height=64, width=64)
    norms = sum(each.parameters for each in found.layers if each.kind == "BatchNorm2d")
    assert found.learning == found.parameters - norms


def test_the_discriminator_is_the_reports_figure() -> None:
    recipe = Recipe(discriminator_width=64)
    found = summary.discriminator(recipe, classes=4, height=322, width=792)
    shapes = [
        each.output
        for each in found.layers
        if each.kind in {"Conv2d", "AdaptiveAvgPool2d", "Linear"}
    ]
    assert shapes == [
        (64, 161, 396), (128, 80, 198), (256, 40, 99), (512, 20, 49), (512, 1, 1), (1,)
    ]  # fmt: skip
    assert (found.input, found.output) == ((7, 322, 792), ())
    assert found.parameters == 2_761_153
    covered = summary.discriminator(recipe, classes=4, height=64, width=64, covered=True)
    assert covered.input == (8, 64, 64)


class Odd(nn.Module):
    """A parameter of its own beside a part, a part that is never asked, one that is twice."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(2))
        self.used = nn.Linear(3, 3)
        self.idle = nn.Linear(3, 5)
        self.nothing = nn.Identity()

    def forward(self, x: Tensor) -> list[Tensor]:
        x = self.nothing(self.used(self.used(x)))
        return [x * self.scale[0], x]


def test_layers_that_are_asked_twice_or_never_stand_there_once() -> None:
    found = summary.summary(Odd(), torch.zeros(2, 7, 3))
    rows = {each.name: (each.output, each.parameters) for each in found.layers}
    assert rows == {"used": ((7, 3), 12), "": ((7, 3), 2), "idle": (None, 20)}
    assert (found.output, found.parameters) == ((7, 3), 34)


def test_a_summary_leaves_no_hooks() -> None:
    network = Odd()
    summary.summary(network, torch.zeros(1, 3))
    assert not any(each._forward_hooks for each in network.modules())
