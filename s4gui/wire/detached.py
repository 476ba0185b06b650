"""The detached form of the transport: a worker followed by the files of its run."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

from s4gui.wire import liveness, stderr_log
from s4gui.wire.transport import kill_session

_CHUNK_BYTES = 1 << 16


class Detached:
    """A worker that went on without a window: its events file is followed, commands appended.

    Reading starts at byte `offset` of the events file; a half line at the end waits until its
    rest is there. On its own host the worker is known by pid and start, else by heartbeats.
    """

    def __init__(
        self,
        *,
        events_file: Path,
        commands_file: Path,
        card_file: Path,
        log: Path,
        offset: int = 0,
        poll_s: float = 0.05,
    ) -> None:
        self.offset = offset
        self._events = events_file
        self._commands = commands_file
        self._card_file = card_file
        self._log = log
        self._poll_s = poll_s
        self._is_dead = self._ended = False
        self._look_again_at = 0.0

    @property
    def ended(self) -> bool:
        """Whether the worker is gone and all it said has been read."""
        return self._ended

    @property
    def can_end(self) -> bool:
        """Whether the worker is on this host."""
        card = liveness.read_card(self._card_file)
        return card is not None and card.is_local

    @property
    def exit_code(self) -> int | None:
        """None: only a parent learns an exit code."""
        return None

    def read(self, timeout_s: float) -> list[str]:
        """The whole lines that came (at most 64 KiB), at once or after `timeout_s`."""
        deadline = time.monotonic() + timeout_s
        while True:
            self._look()
            found = self._new_lines()
            if found:
                return found
            if self._is_dead:  # seen before this look at the file, so nothing can follow
                self._ended = True
            left = deadline - time.monotonic()
            if left <= 0 or self._ended:
                return []
            time.sleep(min(left, self._poll_s))

    def send(self, line: str) -> None:
        """Append one line to the commands file, in one write; OSError if the disk refuses."""
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        file = os.open(self._commands, flags, 0o666)
        try:
            os.write(file, line.encode() + b"\n")
        finally:
            os.close(file)

    def terminate(self) -> None:
        """SIGTERM, if the worker is on this host."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL to it and its session, if the worker is on this host."""
        self._signal(getattr(signal, "SIGKILL", signal.SIGTERM))

    def tail(self) -> str:
        """The last 50 lines it wrote to stderr."""
        return stderr_log.tail(self._log)

    def release(self) -> None:
        """Nothing is held."""

    def close(self) -> None:
        """Nothing is held, and the worker is not ours to end."""

    def _signal(self, number: int) -> None:
        card = liveness.read_card(self._card_file)
        if card is None or not card.is_local or not liveness.is_alive(card, self._events):
            return
        if number != signal.SIGTERM:
            kill_session(card.pid)
        with contextlib.suppress(OSError):
            os.kill(card.pid, number)

    def _look(self) -> None:
        now = time.monotonic()
        if now >= self._look_again_at:
            self._look_again_at = now + 0.25
            card = liveness.read_card(self._card_file)
            self._is_dead = not liveness.is_alive(card, self._events)

    def _new_lines(self) -> list[str]:
        try:
            with self._events.open("rb") as file:
                file.seek(self.offset)
                chunk = file.read(_CHUNK_BYTES)
                while chunk and b"\n" not in chunk:  # a very long line
                    more = file.read(_CHUNK_BYTES)
                    if not more:
                        return []
                    chunk += more
        except OSError:
            return []
        whole, newline, _ = chunk.rpartition(b"\n")
        self.offset += len(whole) + len(newline)
        return whole.decode("utf-8", "replace").split("\n") if newline else []
