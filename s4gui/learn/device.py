"""Which device learns: found, named, measured, and asked for by name."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass

import torch

from s4gui.core.errors import DeviceError
from s4gui.learn.processes import this

GIB = 2**30
AMPERE = 8


@dataclass(frozen=True, slots=True)
class Device:
    """A device that can learn: `name` is torch's (cuda:0, mps, cpu), memory in bytes."""

    name: str
    title: str
    memory_bytes: int

    @property
    def torch(self) -> torch.device:
        """The same for torch."""
        return torch.device(self.name)

    @property
    def is_cuda(self) -> bool:
        """Whether it is a graphics card of torch's `cuda` kind."""
        return self.name.startswith("cuda")

    @property
    def has_bf16(self) -> bool:
        """Whether it computes in bfloat16; a processor without it does so slowly."""
        if self.is_cuda:
            # From Ampere on; older cards are said to have it, in emulation.
            hip = torch.version.hip is not None
            return hip or torch.cuda.get_device_capability(self.torch)[0] >= AMPERE
        return self.name == "cpu"

    def finish(self) -> None:
        """Wait until all that was asked of it is done, so that time can be taken."""
        if self.is_cuda:
            torch.cuda.synchronize(self.torch)
        elif self.name == "mps":
            torch.mps.synchronize()


def available() -> tuple[Device, ...]:
    """All devices, the best first: CUDA cards by memory, then MPS, then the processor."""
    cards = [_cuda(index) for index in range(torch.cuda.device_count())]
    cards.sort(key=lambda each: -each.memory_bytes)
    metal = [Device("mps", "Apple GPU", _ram_bytes())] if torch.backends.mps.is_available() else []
    return (*cards, *metal, processor())


def choose(wanted: str) -> Device:
    """The device of this name, or for "auto" the best. DeviceError if it is not there.

    Of several processes on a machine each gets a card of its own, or all have the processor.
    """
    if not this().is_alone:
        return _own(wanted)
    found = available()
    for each in found:
        if wanted in {"auto", each.name} or (wanted == "cuda" and each.name.startswith("cuda")):
            return each
    raise DeviceError(
        "device.missing",
        "There is no device called {wanted} here",
        hint="Choose one of: {found}",
        wanted=wanted,
        found=", ".join(each.name for each in found),
    )


def use_threads(wanted: int) -> int:
    """Set torch's threads: as wanted, or for 0 all cores of this process but one; the number.

    Several processes on a machine share them.
    """
    count = wanted or max(1, (_cores() - 1) // this().local_world)
    if torch.get_num_threads() != count:
        torch.set_num_threads(count)
    return count


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out (torch has no common type for it)."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and (
        "out of memory" in text or "can't allocate memory" in text or "cannot allocate" in text
    )


def forget_cached() -> None:
    """Give unused memory of the graphics card back."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _own(wanted: str) -> Device:
    """That of one of several processes; which card of a machine does not depend on the recipe."""
    process, cards = this(), torch.cuda.device_count()
    if wanted == "cpu" or (wanted == "auto" and not cards):
        return processor()
    if wanted == "mps" or cards < process.local_world:
        raise DeviceError(
            "device.too_few_cards",
            "{processes} processes on this machine share {cards} CUDA cards",
            hint="Start one process a card (--nproc-per-node), or choose the device cpu",
            processes=process.local_world,
            cards=cards,
        )
    torch.cuda.set_device(process.local_rank)
    return _cuda(process.local_rank)


def _cuda(index: int) -> Device:
    facts = torch.cuda.get_device_properties(index)
    return Device(f"cuda:{index}", str(facts.name), int(facts.total_memory))


def processor() -> Device:
    """The machine's own processor and memory."""
    return Device("cpu", f"{_cores()} x {_processor_name()}", _ram_bytes())


def _processor_name() -> str:
    return platform.processor() or platform.machine()


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _ram_bytes() -> int:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return 0
