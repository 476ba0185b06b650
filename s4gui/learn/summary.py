"""Summaries of networks: each layer with its output's shape and its parameters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from s4gui.core.recipe import ZOO, Recipe
from s4gui.learn.build import make_generator
from s4gui.learn.nets.discriminator import RGB, Discriminator


@dataclass(frozen=True, slots=True)
class LayerRow:
    """One layer: `output` is the shape of its first answer without the batch, None without one.

    `parameters` are its own, so that the rows add up to the network's.
    """

    name: str
    kind: str
    output: tuple[int, ...] | None
    parameters: int


@dataclass(frozen=True, slots=True)
class NetworkSummary:
    """A network at one size of picture: its layers in the order in which they answer."""

    input: tuple[int, ...]
    output: tuple[int, ...]
    layers: tuple[LayerRow, ...]
    parameters: int
    learning: int  # how many of them learn


def generator(recipe: Recipe, *, classes: int, height: int, width: int) -> NetworkSummary:
    """The recipe's network on a picture of height x width. Nothing is computed but shapes.

    RecipeError for a network of the zoo that cannot be built.
    """
    channels = RGB + 2 * recipe.position
    if ZOO.fullmatch(recipe.network):
        network = make_generator(recipe, classes=classes).to("meta")
    else:
        with torch.device("meta"):
            network = make_generator(recipe, classes=classes)
    return summary(network, torch.empty(1, channels, height, width, device="meta"))


def discriminator(
    recipe: Recipe, *, classes: int, height: int, width: int, covered: bool = False
) -> NetworkSummary:
    """The recipe's discriminator on class maps of height x width beside their image."""
    with torch.device("meta"):
        network = Discriminator(classes=classes, covered=covered, width=recipe.discriminator_width)
        maps = torch.empty(1, classes, height, width)
        rgb, cover = torch.empty(1, RGB, height, width), torch.empty(1, 1, height, width)
    channels = classes + RGB + covered
    return replace(summary(network, maps, rgb, cover), input=(channels, height, width))


def summary(network: nn.Module, *inputs: Tensor) -> NetworkSummary:
    """The layers of a network as they answer these inputs, in eval mode and without gradients.

    Layers are modules without parts, and modules with parameters of their own beside parts.
    """
    seen: dict[str, tuple[int, ...]] = {}
    handles = [
        module.register_forward_hook(_noting(seen, name))
        for name, module in network.named_modules()
        if _is_layer(module)
    ]
    try:
        with torch.no_grad():
            answer = network.eval()(*inputs)
    finally:
        for each in handles:
            each.remove()
    modules = dict(network.named_modules())
    silent = [n for n, each in modules.items() if n not in seen and _own(each)]
    rows = tuple(
        LayerRow(
            name,
            type(modules[name]).__name__,
            seen.get(name),
            sum(each.numel() for each in _own(modules[name])),
        )
        for name in (*seen, *silent)
    )
    parameters = list(network.parameters())
    return NetworkSummary(
        input=tuple(inputs[0].shape[1:]),
        output=_shape(answer),
        layers=rows,
        parameters=sum(each.numel() for each in parameters),
        learning=sum(each.numel() for each in parameters if each.requires_grad),
    )


def _noting(seen: dict[str, tuple[int, ...]], name: str) -> Any:
    def note(_module: nn.Module, _given: object, answer: object) -> None:
        seen.setdefault(name, _shape(answer))

    return note


def _is_layer(module: nn.Module) -> bool:
    return not isinstance(module, nn.Identity) and (
        not list(module.children()) or bool(_own(module))
    )


def _own(module: nn.Module) -> list[nn.Parameter]:
    return list(module.parameters(recurse=False))


def _shape(answer: object) -> tuple[int, ...]:
    if isinstance(answer, Tensor):
        return tuple(answer.shape[1:])
    parts = answer if isinstance(answer, Iterable) else ()
    return next((tuple(each.shape[1:]) for each in parts if isinstance(each, Tensor)), ())
