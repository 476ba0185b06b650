"""One optimizer step on named losses, refused when they are not finite."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from s4gui.learn import scale
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

    BrokenNumber, with all weights as they were, if a loss or a gradient is not finite. Where a
    scale is in force (learn.scale), a gradient that is not finite leaves the step out instead,
    until the scale cannot be at fault.
    """
    values = torch.stack([each.detach().float() for each in losses.values()])
    if not bool(torch.isfinite(values).all()):
        names = [name for name, each in losses.items() if not bool(torch.isfinite(each))]
        raise BrokenNumber(", ".join(names))
    optimizer.zero_grad(set_to_none=True)
    total = torch.stack(list(losses.values())).sum()
    scaled_by = scale.current()
    (total if scaled_by is None else scaled_by.scaled(total)).backward()
    sum_gradients(network)
    if scaled_by is not None:
        scaled_by.unscale(optimizer)
    # With an infinite limit nothing is clipped, but a gradient that is not finite is still found.
    norm = nn.utils.clip_grad_norm_(network.parameters(), clip_norm or float("inf"))
    if not bool(torch.isfinite(norm)) and not (scaled_by is not None and scaled_by.can_fall):
        raise BrokenNumber("gradient")
    if scaled_by is None:
        optimizer.step()
    else:
        scaled_by.step(optimizer)
