"""How lines travel between window and worker: the interface, and its attached form (pipes)."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from s4gui.core.errors import WireError, WorkerDied
from s4gui.wire import events, stderr_log

_CHUNK_BYTES = 1 << 16
_AFTER_EXIT_S = 2.0  # a grandchild may hold the pipe open after the worker's end


class Transport(Protocol):
    """Lines from and to one process. One thread reads; any thread may send; nothing blocks."""

    @property
    def ended(self) -> bool:
        """Whether the process is gone and all it said has been read."""

    @property
    def can_end(self) -> bool:
        """Whether `terminate` and `kill` reach the process."""

    @property
    def exit_code(self) -> int | None:
        """Its exit code, negative for a signal; None while it lives or if it cannot be known."""

    def read(self, timeout_s: float) -> list[str]:
        """The whole lines that came, at once when there are some, else after `timeout_s`."""

    def send(self, line: str) -> None:
        """Send one line (without its newline), in order; lost if the process is gone."""

    def terminate(self) -> None:
        """Ask the operating system to end the process."""

    def kill(self) -> None:
        """End the process and its children at once."""

    def tail(self) -> str:
        """The last lines it wrote to stderr."""

    def release(self) -> None:
        """Let go: the process lives on without this end."""

    def close(self) -> None:
        """End the process if it still runs, and what this object holds."""


class Attached:
    """A child process: commands to its stdin (its end means stop), events from its stdout.

    Lines before the first one of type `greeting` (login banners, library noise) are ignored.
    stderr goes straight to the file `log`, so that it stays whole whoever dies first.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        greeting: str,
        log: Path,
        env: Mapping[str, str] | None = None,
    ) -> None:
        """Start the process; WorkerDied if the operating system does not."""
        self.log = log
        self._greeting = greeting
        self._greeted = False
        self._ended = self._released = self._has_eof = False
        self._exited_at = 0.0
        self._copy_log_to: Path | None = None
        self._in: queue.SimpleQueue[list[str] | None] = queue.SimpleQueue()
        self._out: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._process = _spawn(command, log, env)
        self._threads = [
            threading.Thread(target=work, name=name, daemon=True)
            for work, name in ((self._listen, "wire-listen"), (self._write, "wire-write"))
        ]
        for each in self._threads:
            each.start()

    @property
    def pid(self) -> int:
        """The process id (with ssh or srun: that of the local end)."""
        return self._process.pid

    @property
    def ended(self) -> bool:
        """Whether the process is gone and all it said has been read."""
        return self._ended

    @property
    def can_end(self) -> bool:
        """True: it is a child of this process."""
        return True

    @property
    def exit_code(self) -> int | None:
        """Its exit code, negative for a signal; None while it lives."""
        return self._process.poll()

    def read(self, timeout_s: float) -> list[str]:
        """The whole lines that came, at once when there are some, else after `timeout_s`."""
        if self._has_eof:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout_s)
        found = self._taken(0.0 if self._has_eof else timeout_s)
        if not found and self._process.poll() is not None:
            self._note_exit()
        return found

    def unread(self, lines: list[str]) -> None:
        """Put lines back so that the next reader finds them; only before reading goes on."""
        waiting = self._taken(0.0)
        self._in.put(lines + waiting)

    def send(self, line: str) -> None:
        """Send one line (without its newline), in order; lost if the process is gone."""
        self._out.put(line.encode() + b"\n")

    def end_input(self) -> None:
        """Close its stdin after what was sent: the process is to stop."""
        self._out.put(None)

    def terminate(self) -> None:
        """SIGTERM (Windows: end it)."""
        with contextlib.suppress(OSError):
            self._process.terminate()

    def kill(self) -> None:
        """End the process and its whole session at once."""
        if self._process.poll() is None:
            kill_session(self._process.pid)
            with contextlib.suppress(OSError):
                self._process.kill()

    def tail(self) -> str:
        """The last 50 lines it wrote to stderr."""
        return stderr_log.tail(self.log)

    def move_log(self, to: Path) -> None:
        """Give the stderr file another name; where the system refuses, it is copied at the end.

        A file that is there already is kept as `stderr-1.log`, `stderr-2.log`, …
        """
        stderr_log.keep_old(to)
        try:
            self.log.rename(to)
        except OSError:
            self._copy_log_to = to
        else:
            self.log = to

    def release(self) -> None:
        """Close its stdin and let it live; its end is still waited for, so no zombie stays."""
        self._released = True
        self.end_input()
        threading.Thread(target=self._reap, name="wire-reap", daemon=True).start()

    def close(self) -> None:
        """End the process if it still runs and wait for the threads."""
        if self._released:
            return
        self.end_input()
        self.kill()
        self._reap()
        self._note_exit(final=True)
        if self._copy_log_to is not None:
            with contextlib.suppress(OSError):
                self._copy_log_to.write_bytes(self.log.read_bytes())
                self.log.unlink()

    def _reap(self) -> None:
        self._process.wait()
        for each in self._threads:
            each.join(_AFTER_EXIT_S)
        if not any(each.is_alive() for each in self._threads):
            for pipe in (self._process.stdin, self._process.stdout):
                with contextlib.suppress(OSError):
                    pipe.close()  # type: ignore[union-attr]

    def _taken(self, timeout_s: float) -> list[str]:
        found: list[str] = []
        while True:
            try:
                got = self._in.get(timeout=timeout_s) if timeout_s > 0 else self._in.get_nowait()
            except queue.Empty:
                return found
            timeout_s = 0.0
            if got is None:
                self._has_eof = True
            else:
                found += got

    def _note_exit(self, *, final: bool = False) -> None:
        now = time.monotonic()
        if not self._exited_at:
            self._exited_at = now
            # What it started (loaders) dies with it; its session still exists if any lives.
            kill_session(self._process.pid)
        if final or self._has_eof or now - self._exited_at > _AFTER_EXIT_S:
            self._ended = self._in.empty()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        source, rest = self._process.stdout.fileno(), b""
        while chunk := os.read(source, _CHUNK_BYTES):
            *whole, rest = (rest + chunk).split(b"\n")
            lines = [each.decode("utf-8", "replace") for each in whole]
            if not self._greeted:
                lines = self._from_greeting(lines)
            if lines and not self._released:
                self._in.put(lines)
        self._in.put(None)

    def _from_greeting(self, lines: list[str]) -> list[str]:
        for index, line in enumerate(lines):
            if _type_name(line) == self._greeting:
                self._greeted = True
                return lines[index:]
        return []

    def _write(self) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError):
            while (data := self._out.get()) is not None:
                self._process.stdin.write(data)
                self._process.stdin.flush()
        with contextlib.suppress(OSError, ValueError):
            self._process.stdin.close()


def events_of(lines: Iterable[str]) -> list[events.Event]:
    """The events of these lines; what is none of ours (noise, a torn line) is left out.

    A continued run may have begun its first line behind the half line of its killed forerunner:
    then the whole event at the line's end counts.
    """
    found: list[events.Event] = []
    for line in lines:
        start = 0
        while start >= 0:
            try:
                found.append(events.decode(line[start:]))
                break
            except WireError:
                start = line.find('{"type":', start + 1)
    return found


def _spawn(
    command: Sequence[str], log: Path, env: Mapping[str, str] | None
) -> subprocess.Popen[bytes]:
    options: dict[str, Any] = {"start_new_session": True}  # Ctrl-C in a terminal is not for it
    if sys.platform == "win32":
        options = {"creationflags": 0x0200 | 0x0800_0000}  # NEW_PROCESS_GROUP | NO_WINDOW
    try:
        with log.open("ab") as stderr:
            return subprocess.Popen(
                list(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                env=None if env is None else dict(env),
                **options,
            )
    except OSError as error:
        raise WorkerDied(
            "worker.not_started",
            "A process could not be started: {reason}",
            hint="Close other programs, or look whether the installation is complete",
            reason=str(error),
        ) from error


def _type_name(line: str) -> object:
    try:
        raw = json.loads(line)
    except ValueError:
        return None
    return raw.get("type") if isinstance(raw, dict) else None


def kill_session(pid: int) -> None:
    """SIGKILL to the session a worker leads; nothing where there are no sessions (Windows)."""
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            os.killpg(pid, signal.SIGKILL)
