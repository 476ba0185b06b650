"""Scale: what losses are multiplied with so that gradients in fp16 do not vanish."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

SMALLEST = 1.0


class Scale(nn.Module):
    """torch's GradScaler with a state that checkpoints can hold.

    A gradient that is not finite costs a step and halves the scale; below SMALLEST that is no
    longer the scale's fault.
    """

    def __init__(self, device_type: str) -> None:
        super().__init__()
        self._scaler = torch.amp.GradScaler(device_type)

    @property
    def can_fall(self) -> bool:
        """Whether a gradient that is not finite may still be the scale's fault."""
        return self._scaler.get_scale() >= SMALLEST

    def scaled(self, loss: Tensor) -> Tensor:
        """The loss () times the scale."""
        found: Tensor = self._scaler.scale(loss)
        return found

    def unscale(self, optimizer: Optimizer) -> None:
        """Divide the gradients of the optimizer's parameters by the scale, once a step."""
        self._scaler.unscale_(optimizer)

    def step(self, optimizer: Optimizer) -> None:
        """The optimizer's step, left out if a gradient is not finite."""
        self._scaler.step(optimizer)

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """Within, `current` is this one; afterwards it is adjusted to what was found."""
        token = _current.set(self)
        try:
            yield
            self._scaler.update()
        finally:
            _current.reset(token)

    def get_extra_state(self) -> Tensor:
        """(2,) float64: the scale, and for how many steps nothing has been wrong."""
        state = self._scaler.state_dict()
        return torch.tensor([state["scale"], state["_growth_tracker"]], dtype=torch.float64)

    def set_extra_state(self, state: Tensor) -> None:
        """Go on with such a state."""
        scale, tracker = state.tolist()
        known = self._scaler.state_dict()
        self._scaler.load_state_dict(known | {"scale": scale, "_growth_tracker": int(tracker)})


_current: ContextVar[Scale | None] = ContextVar("_current", default=None)


def current() -> Scale | None:
    """The scale of the step in progress; None where gradients are as they are."""
    return _current.get()
