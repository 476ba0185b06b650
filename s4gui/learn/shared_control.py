"""SharedControl: commands that reach all processes of a run at the same moment."""

from __future__ import annotations

from s4gui.learn.collectives import told_text
from s4gui.learn.control import Control
from s4gui.learn.processes import this
from s4gui.wire import commands
from s4gui.wire.commands import Command


class SharedControl:
    """The commands of the first process's control, in all processes.

    All must take as often; the controls of the others are never asked.
    """

    WAIT_SECONDS = 60.0
    """The others must hear something before they lose patience."""

    def __init__(self, own: Control) -> None:
        self._own = own

    def take(self, wait_seconds: float) -> Command | None:
        """The next command; None if none comes within this time (or within a minute)."""
        if this().is_alone:
            return self._own.take(wait_seconds)
        line = ""
        if this().leads:
            command = self._own.take(min(wait_seconds, self.WAIT_SECONDS))
            line = commands.encode(command) if command is not None else ""
        line = told_text(line)
        return commands.decode(line) if line else None
