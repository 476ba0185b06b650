"""Gear: how networks compute within a step: precision, memory format, compiled or not."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from s4gui.core.errors import DeviceError
from s4gui.core.recipe import Recipe
from s4gui.learn.device import Device
from s4gui.learn.processes import this
from s4gui.learn.scale import Scale

DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}
METHODS = ("forward", "coarse", "features", "decode")
"""What strategies ask of a network."""


@dataclass(frozen=True, slots=True)
class Gear:
    """In the recipe's own words, all decided. The default changes nothing, bit by bit."""

    precision: str = "fp32"
    memory_format: str = "contiguous"
    compiled: str = "off"

    @classmethod
    def of(cls, recipe: Recipe) -> Gear:
        """A recipe's; what it leaves open is as always."""
        plain = asdict(cls())
        chosen = {name: str(getattr(recipe, name)) for name in plain}
        return cls(**{name: plain[name] if v == "auto" else v for name, v in chosen.items()})

    def choices(self) -> dict[str, str]:
        """Its choices by the names they have in a recipe."""
        return asdict(self)


PLAIN = Gear()


def settled(recipe: Recipe, device: Device) -> Recipe:
    """The recipe with a gear decided as far as that needs no probe.

    On a graphics card what is "auto" stays so, to be probed; elsewhere it becomes PLAIN, so that
    a processor gives the same weights whatever its speed, unless the recipe wants a probe
    everywhere. Several processes (learn.distributed) probe nothing. DeviceError if the device
    lacks the precision asked for.
    """
    missing = (recipe.precision == "bf16" and not device.has_bf16) or (
        recipe.precision == "fp16" and not device.is_cuda
    )
    if missing:
        raise DeviceError(
            "device.no_precision",
            "{device} cannot learn in {precision}",
            hint="Set precision to auto or fp32",
            device=device.title,
            precision=recipe.precision,
        )
    if this().is_alone and (device.is_cuda or recipe.probe == "always"):
        return recipe
    return recipe.but(**Gear.of(recipe).choices())


class Geared:
    """Networks that compute in a gear while they are `engaged`, and plainly at other times.

    Then half precision is for what is inside a network alone: weights are float32 as ever, and
    what it answers is made float32 before a loss sees it. Pictures go in pixel by pixel for
    channels_last; weights stay as they lie, so that checkpoints and optimizers know nothing of
    it. Predictions outside a step are computed plainly, as they will be from the checkpoint.
    """

    def __init__(self, gear: Gear, networks: Sequence[nn.Module], device: torch.device) -> None:
        self._networks, self._device = tuple(networks), device
        self._compiled: dict[tuple[int, str], Callable[..., Any]] = {}
        self.change(gear)

    @property
    def gear(self) -> Gear:
        """The gear they compute in."""
        return self._gear

    @property
    def scale(self) -> Scale | None:
        """What keeps gradients in fp16 from vanishing; None for other precisions."""
        return self._scale

    def change(self, gear: Gear, *, until: float = math.inf) -> None:
        """Compute in this gear from the next step on.

        After `until` (of time.perf_counter) nothing is compiled any more: TimeoutError within
        the step that would. One network compiles for minutes, a step has up to eight parts.
        """
        self._gear, self._until = gear, until
        self._scale = Scale(self._device.type) if gear.precision == "fp16" else None

    @contextmanager
    def engaged(self) -> Iterator[None]:
        """Within, what the networks are asked is answered in the gear."""
        if self._gear == PLAIN:
            yield
            return
        self._put_on()
        try:
            yield
        finally:
            self._take_off()

    def _put_on(self) -> None:
        # On the objects and for a step only: copies, checkpoints and predictions see none of it.
        for network in self._networks:
            for name in METHODS:
                if hasattr(type(network), name):
                    object.__setattr__(network, name, partial(self._answer, network, name))

    def _take_off(self) -> None:
        for network in self._networks:
            for name in METHODS:
                network.__dict__.pop(name, None)

    def _answer(self, network: nn.Module, name: str, *given: Any) -> Any:
        # What a network asks of itself is part of the same answer: it is asked plainly.
        self._take_off()
        try:
            ask = getattr(network, name)
            if self._gear.compiled == "on":
                if time.perf_counter() > self._until:
                    raise TimeoutError("compiling takes longer than a probe may")
                key = id(network), name
                if key not in self._compiled:
                    self._compiled[key] = torch.compile(ask)
                ask = self._compiled[key]
            dtype = DTYPES.get(self._gear.precision)
            with torch.autocast(self._device.type, dtype, enabled=dtype is not None):
                return _in_full(ask(*[self._laid_out(each) for each in given]))
        finally:
            self._put_on()

    def _laid_out(self, given: Any) -> Any:
        picture = isinstance(given, Tensor) and given.dim() == 4
        if picture and self._gear.memory_format == "channels_last":
            return given.contiguous(memory_format=torch.channels_last)
        return given


def _in_full(answer: Any) -> Any:
    """The tensors of an answer in float32."""
    if isinstance(answer, tuple):
        return tuple(_in_full(each) for each in answer)
    if isinstance(answer, Tensor) and answer.dtype in DTYPES.values():
        return answer.float()
    return answer
