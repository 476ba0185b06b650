"""What a run raised, as the event that ends it."""

from __future__ import annotations

import traceback
from typing import Literal

from s4gui.core.errors import DeviceError, S4Error
from s4gui.learn.device import is_out_of_memory
from s4gui.wire.events import Failed

Kind = Literal["memory", "data", "device", "defect"]


def as_failed(error: Exception) -> Failed:
    """The event of an error; a traceback only where it is a defect."""
    if isinstance(error, S4Error):
        return Failed(_kind(error), error.message.id, str(error), error.hint, "")
    trace = "".join(traceback.format_exception(error))
    if is_out_of_memory(error):
        return Failed(
            "memory",
            "memory.exhausted_elsewhere",
            "Memory ran out",
            "Close other programs, or choose a smaller recipe",
            trace,
        )
    return Failed(
        "defect",
        "worker.defect",
        "Something went wrong inside the training",
        "Your labels are safe. Continue from the last checkpoint, and report the details",
        trace,
    )


def _kind(error: S4Error) -> Kind:
    if isinstance(error, DeviceError):
        return "memory" if error.message.id.startswith("memory.") else "device"
    return "data"
