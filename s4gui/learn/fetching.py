"""Fetching: how a run that waits for a download says so, and is still told what to do."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from s4gui.core.messages import Message
from s4gui.learn.control import Control
from s4gui.wire import commands, events

SAID_BYTES = 16_000_000
MEGABYTE = 1_000_000


class Fetching:
    """Says each 16 MB how far a download is; a Stop stops it.

    What else is commanded meanwhile is kept for the loop, which gets it from here in its order.
    """

    def __init__(self, sink: Callable[[events.Event], None], control: Control) -> None:
        self._sink, self._control = sink, control
        self._kept: deque[commands.Command] = deque()
        self._said = 0

    def __call__(self, done: int, size: int) -> bool:
        """So many bytes of so many (0: unknown) are here; whether to go on."""
        if done - self._said >= SAID_BYTES or done == size:
            self._said = done
            message = Message(
                "weights.fetching",
                "Fetching ImageNet weights: {done} of {size} MB",
                {"done": done // MEGABYTE, "size": size // MEGABYTE or "?"},
            )
            self._sink(events.Notice(0, message.id, message.text, ""))
        command = self._control.take(0.0)
        while command is not None:
            if isinstance(command, commands.Stop):
                return False
            self._kept.append(command)
            command = self._control.take(0.0)
        return True

    def take(self, wait_seconds: float) -> commands.Command | None:
        """The next command, those kept first; None if none comes within this time."""
        return self._kept.popleft() if self._kept else self._control.take(wait_seconds)
