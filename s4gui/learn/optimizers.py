"""Optimizers of a recipe, with rates by parameter group."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from torch import nn
from torch.optim import SGD, Adam, AdamW, Optimizer

from s4gui.core.recipe import Recipe

FACTOR = "lr_factor"
"""Key of a parameter group: what its rate is multiplied with."""


@runtime_checkable
class Grouped(Protocol):
    """A network whose parts learn at different rates."""

    def rate_groups(self) -> list[tuple[list[nn.Parameter], float]]:
        """Parameters that learn, each once, with the factor on the rate."""
        ...


def make(recipe: Recipe, network: nn.Module) -> Optimizer:
    """The recipe's optimizer for a network; its base rate is `optimizer.defaults["lr"]`."""
    groups = _groups(network)
    rate, decay = recipe.learning_rate, recipe.weight_decay
    if recipe.optimizer == "sgd":
        return SGD(
            groups,
            lr=rate,
            momentum=recipe.momentum,
            weight_decay=decay,
            nesterov=recipe.nesterov,
        )
    if recipe.optimizer == "adam":
        return Adam(groups, lr=rate, weight_decay=decay)
    fused = next(network.parameters()).device.type in {"cpu", "cuda"}
    return AdamW(groups, lr=rate, betas=(0.9, 0.99), weight_decay=decay, fused=fused)


def with_rate(optimizer: Optimizer) -> tuple[Optimizer, float]:
    """An optimizer and the base rate it was made with."""
    return optimizer, float(optimizer.defaults["lr"])


def set_rate(optimizer: Optimizer, rate: float) -> None:
    """Each group learns at this rate times its factor from now on."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group.get(FACTOR, 1.0)


def _groups(network: nn.Module) -> list[dict[str, Any]]:
    if isinstance(network, Grouped):
        return [{"params": list(p), FACTOR: factor} for p, factor in network.rate_groups()]
    return [{"params": list(network.parameters()), FACTOR: 1.0}]
