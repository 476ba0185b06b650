"""What a headless command says: a line that moves on a terminal, JSON lines when asked."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import IO, Any

from s4gui.core.messages import say

QUIET_S = 5.0
"""Where lines cannot be replaced (a log file), progress is said this seldom."""


class Terminal:
    """Writes results to stdout and progress to stderr; with `as_json` one JSON line per fact."""

    def __init__(
        self,
        *,
        as_json: bool,
        out: IO[str] | None = None,
        err: IO[str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.as_json = as_json
        self._out, self._err, self._clock = out or sys.stdout, err or sys.stderr, clock
        self._begun: dict[str, float] = {}
        self._open_line = False
        self._said = float("-inf")

    def line(self, text: str) -> None:
        """A line for a reader; nothing with --json."""
        if not self.as_json:
            self._end_progress()
            self._out.write(text + "\n")
            self._out.flush()

    def fact(self, kind: str, **values: Any) -> None:
        """A JSON line; nothing without --json."""
        if self.as_json:
            self.raw(json.dumps({"type": kind, **values}, ensure_ascii=False))

    def raw(self, line: str) -> None:
        """A line that is JSON already; nothing without --json."""
        if self.as_json:
            self._out.write(line + "\n")
            self._out.flush()

    def error(self, what: str, hint: str) -> None:
        """What went wrong and what to do, on stderr."""
        self._end_progress()
        if self.as_json:
            self.fact("Error", what=what, hint=hint)
        self._err.write(f"s4gui: {what}\n" + (f"       {hint}\n" if hint else ""))

    def progress(self, done: int, total: int, what: str) -> bool:
        """Show that `done` of `total` are done, with the time left; always True (go on)."""
        if not total:
            return True  # still counting: nothing to compare with
        begun = self._begun.setdefault(what, self._clock())
        left = time_left(self._clock() - begun, done, total)
        if self.as_json:
            self.fact("Progress", done=done, total=total, what=what, seconds_left=left)
        else:
            self.status(f"{what} {done}/{total}".strip() + (f", {spoken(left)}" if left else ""))
        if done >= total:
            self._begun.pop(what, None)
            self._end_progress()
        return True

    def status(self, text: str) -> None:
        """A line that the next one replaces on a terminal; elsewhere a line now and then."""
        if self.as_json:
            return
        if self._err.isatty():
            self._err.write("\r\x1b[K" + text)
            self._open_line = True
        elif self._clock() - self._said >= QUIET_S:
            self._said = self._clock()
            self._err.write(text + "\n")
        self._err.flush()

    def _end_progress(self) -> None:
        if self._open_line:
            self._err.write("\n")
            self._open_line = False


def time_left(elapsed_s: float, done: int, total: int) -> float | None:
    """Seconds left at the speed so far; None before anything is done."""
    if done <= 0 or done >= total:
        return None
    return elapsed_s / done * (total - done)


def spoken(seconds: float) -> str:
    """A time left in words a person would use."""
    if seconds < 90:
        return say("time.seconds_left", "{n} s left", n=round(seconds))
    if seconds < 5400:
        return say("time.minutes_left", "{n} min left", n=round(seconds / 60))
    return say("time.hours_left", "{n} h left", n=f"{seconds / 3600:.1f}")
