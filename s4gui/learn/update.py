"""One optimizer step on named losses, refused when they are not finite."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from s4gui.core.errors import DataError


def apply_losses(
    losses: dict[str, Tensor], network: nn.Module, optimizer: Optimizer, *, clip_norm: float
) -> None:
    """Minimise the sum of the losses by one step; clip_norm 0 does not clip.

    DataError, with all weights as they were, if a loss or a gradient is not finite.
    """
    values = torch.stack([each.detach().float() for each in losses.values()])
    if not bool(torch.isfinite(values).all()):
        names = [name for name, each in losses.items() if not bool(torch.isfinite(each))]
        raise not_finite(", ".join(names))
    optimizer.zero_grad(set_to_none=True)
    torch.stack(list(losses.values())).sum().backward()
    # With an infinite limit nothing is clipped, but a gradient that is not finite is still found.
    norm = nn.utils.clip_grad_norm_(network.parameters(), clip_norm or float("inf"))
    if not bool(torch.isfinite(norm)):
        raise not_finite("gradient")
    optimizer.step()


def not_finite(term: str) -> DataError:
    """The error of a run whose numbers broke."""
    return DataError(
        "learn.not_finite",
        "The training broke: {term} is no number",
        hint="Continue from the last checkpoint with a lower learning rate",
        term=term,
    )
