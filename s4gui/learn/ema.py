"""Ema: the moving average of a network, which is what predicts."""

from __future__ import annotations

import copy

import torch
from torch import nn


class Ema:
    """A copy of a network that follows it; parameters and buffers, always in eval mode.

    After step n = 1, 2, ... theirs <- a * theirs + (1 - a) * new with
    a = min(1 - 1/n, decay): a plain mean at first, so the start weights are forgotten
    (UniMatch V2's form, methods 3.4).
    """

    def __init__(self, network: nn.Module, *, decay: float) -> None:
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self._decay = decay
        self._steps = 0

    @property
    def steps(self) -> int:
        """How many updates it has seen."""
        return self._steps

    def resume(self, steps: int) -> None:
        """Go on as after this many updates (weights are loaded by the caller)."""
        self._steps = steps

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        """Follow the network by one step."""
        self._steps += 1
        share = 1 - min(1 - 1 / self._steps, self._decay)
        new = network.state_dict()
        for name, mine in self.network.state_dict().items():
            if mine.is_floating_point():
                mine.lerp_(new[name], share)
            else:
                mine.copy_(new[name])
