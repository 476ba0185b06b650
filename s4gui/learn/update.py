"""One optimizer step on named losses, refused when they are not finite."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from s4gui.learn.collectives import sum_gradients


class BrokenNumber(ArithmeticError):
    """A loss or gradient, named by `term`, is infinite or no number; no weight was changed."""

    def __init__(self, term: str) -> None:
        super().__init__(f"{term} is not finite")
        self.term = term


def apply_losses(
    losses: dict[str, Tensor], network: nn.Module, optimizer: Optimizer, *, clip_norm: float
) -> None:
    """Minimise the sum of the losses by one step; clip_norm 0 does not clip.

    BrokenNumber, with all weights as they were, if a loss or a gradient is not finite.
    """
    values = torch.stack([each.detach().float() for each in losses.values()])
    if not bool(torch.isfinite(values).all()):
        names = [name for name, each in losses.items() if not bool(torch.isfinite(each))]
        raise BrokenNumber(", ".join(names))
    optimizer.zero_grad(set_to_none=True)
    torch.stack(list(losses.values())).sum().backward()
    sum_gradients(network)
    # With an infinite limit nothing is clipped, but a gradient that is not finite is still found.
    norm = nn.utils.clip_grad_norm_(network.parameters(), clip_norm or float("inf"))
    if not bool(torch.isfinite(norm)):
        raise BrokenNumber("gradient")
    optimizer.step()
