"""Control: how a run in progress is told what to do."""

from __future__ import annotations

import queue
from typing import Protocol

from s4gui.wire.commands import Command


class Control(Protocol):
    """Where the loop gets its commands from, between steps."""

    def take(self, wait_seconds: float) -> Command | None:
        """The next command; None if none comes within this time."""


class CommandQueue:
    """Commands in their order, put by any thread."""

    def __init__(self) -> None:
        self._commands: queue.SimpleQueue[Command] = queue.SimpleQueue()

    def put(self, command: Command) -> None:
        """Add a command."""
        self._commands.put(command)

    def take(self, wait_seconds: float) -> Command | None:
        """The next command; None if none comes within this time."""
        try:
            return self._commands.get(block=wait_seconds > 0, timeout=wait_seconds)
        except queue.Empty:
            return None
