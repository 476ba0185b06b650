"""Ema: the moving average of a network, which is what predicts."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn


class Ema(nn.Module):
    """A copy of a network that follows it, always in eval mode.

    After step n = 1, 2, ... theirs <- a * theirs + (1 - a) * new. Form `forgets_start`:
    a = min(1 - 1/n, decay), at first a plain mean of what was learned (UniMatch V2, methods
    3.4). Form `keeps_start`: a = min(1 - 1/(n + 1), decay), the start weights are one more
    member of the mean (S4GAN+MLMT, methods 1.6). Buffers follow like parameters, unless they
    are left to the copy itself (`buffers=False`). Its state holds the count of steps.
    """

    def __init__(
        self,
        network: nn.Module,
        *,
        decay: float,
        form: str = "forgets_start",
        buffers: bool = True,
    ) -> None:
        super().__init__()
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self._decay, self._members = decay, 1 if form == "keeps_start" else 0
        self._with_buffers = buffers
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
        share = 1 - min(1 - 1 / (self._steps + self._members), self._decay)
        new = network.state_dict() if self._with_buffers else dict(network.named_parameters())
        mine = self.network.state_dict()
        for name, theirs in new.items():
            if theirs.is_floating_point():
                mine[name].lerp_(theirs, share)
            else:
                mine[name].copy_(theirs)

    def forward(self, images: Tensor) -> Tensor:
        """What the average answers."""
        answer: Tensor = self.network(images)
        return answer

    def get_extra_state(self) -> Tensor:
        """The count of steps, as checkpoints keep it."""
        return torch.tensor(self._steps)

    def set_extra_state(self, state: Tensor) -> None:
        """Go on with a count of steps."""
        self._steps = int(state)
