"""The guard: whatever a run raises becomes its last event and an exit code."""

from __future__ import annotations

from collections.abc import Callable

from s4gui.learn.failing import Kind, as_failed
from s4gui.wire.events import Event

EXIT_CODES: dict[Kind, int] = {"data": 3, "memory": 4, "device": 5, "defect": 70}


def guarded(work: Callable[[], object], say: Callable[[Event], None]) -> int:
    """Do the work; the exit code. What it raises is said as Failed."""
    try:
        work()
    except Exception as error:  # noqa: BLE001 - one of the three doors: nothing may pass unsaid
        failed = as_failed(error)
        say(failed)
        return EXIT_CODES[failed.kind]
    return 0
