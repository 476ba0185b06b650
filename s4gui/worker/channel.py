"""Channel: events out on a private stdout and into the run's folder, commands in on stdin."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from s4gui.core.errors import WireError
from s4gui.learn.control import CommandQueue
from s4gui.learn.record import EventFile
from s4gui.store.runs import RunFolder
from s4gui.wire import commands, events, liveness
from s4gui.wire.commands import Command, Detach, Encode, Predict, Start, Stop
from s4gui.wire.events import Event, StepDone

HEARTBEAT_SECONDS = 2.0
TAIL_SECONDS = 0.25
CHUNK_BYTES = 1 << 16


def private_stdout() -> TextIO:
    """Take file descriptor 1 for events and send all that is printed there to stderr.

    C libraries that write to descriptor 1 cannot corrupt the wire either.
    """
    out = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return out


class Channel:
    """Says events and hears commands; its threads only pass lines on.

    The end of stdin means that the window is gone: it becomes a Stop, unless the run is
    detached. Detached, commands are the lines appended to the run's commands.jsonl. Without
    `out` nothing is said to a window.
    """

    def __init__(self, out: TextIO | None) -> None:
        self.started: CommandQueue = CommandQueue()
        self.control = CommandQueue()
        self.step = 0
        self._out = out
        self._lock = threading.Lock()
        self._file: EventFile | None = None
        self._run: RunFolder | None = None
        self._detached = threading.Event()
        self._done = threading.Event()

    def say(self, event: Event) -> None:
        """Say an event to the window, if it is there, and to the run's folder."""
        if isinstance(event, StepDone):
            self.step = event.step
        line = events.encode(event) + "\n"
        with self._lock:
            if self._file is not None:
                self._file(event)
            if self._out is not None:
                try:
                    self._out.write(line)
                    self._out.flush()
                except (OSError, ValueError):
                    self._out = None  # nobody reads; stdin's end says what to do about it

    def record(self, run: RunFolder) -> None:
        """Write events into this run's folder too, from now on."""
        self._run = run
        with self._lock:
            self._file = EventFile(run.events)

    def listen(self, descriptor: int) -> None:
        """Hear commands from a file descriptor in a thread of its own.

        Not from sys.stdin: Python aborts at its end while a thread holds a buffered reader.
        """
        self._thread("commands", lambda: self._hear_all(descriptor))

    def beat(self) -> None:
        """Say a heartbeat every two seconds in a thread of its own."""
        self._thread("heartbeat", self._beat_on)

    def close(self) -> None:
        """End the heartbeat and close the run's file."""
        self._done.set()
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def _hear_all(self, descriptor: int) -> None:
        pending = b""
        with contextlib.suppress(OSError):  # a broken pipe ends the stream like its end does
            while chunk := os.read(descriptor, CHUNK_BYTES):
                pending = self._hear_whole(pending + chunk)
        if not self._detached.is_set():
            self._pass_on(Stop())

    def _hear_whole(self, data: bytes) -> bytes:
        """Hear all whole lines; what is left over."""
        *whole, rest = data.split(b"\n")
        for line in whole:
            self._hear(line.decode("utf-8", "replace"))
        return rest

    def _hear(self, line: str) -> None:
        if not line.strip():
            return
        try:
            command = commands.decode(line)
        except WireError as error:
            self.say(events.Notice(self.step, error.message.id, str(error), error.hint))
            return
        if isinstance(command, Detach) and self._run is not None:
            self._detach(self._run)
        self._pass_on(command)

    def _pass_on(self, command: Command) -> None:
        if isinstance(command, Start | Predict | Encode) and self._run is None:
            self.started.put(command)
            return
        if isinstance(command, Stop) and self._run is None:
            self.started.put(command)
        self.control.put(command)

    def _detach(self, run: RunFolder) -> None:
        if self._detached.is_set():
            return
        run.commands.touch()
        offset = run.commands.stat().st_size  # what stands there was for an earlier worker
        self._detached.set()
        liveness.write_card(run.worker, detached=True)
        self._thread("detached commands", lambda: self._tail(run.commands, offset))

    def _tail(self, path: Path, offset: int) -> None:
        with path.open("rb") as file:
            file.seek(offset)
            pending = b""
            while not self._done.is_set():
                pending = self._hear_whole(pending + file.read())
                self._done.wait(TAIL_SECONDS)

    def _beat_on(self) -> None:
        while not self._done.wait(HEARTBEAT_SECONDS):
            self.say(events.Heartbeat(self.step, resident_bytes()))

    def _thread(self, name: str, work: Callable[[], None]) -> None:
        threading.Thread(target=work, name=name, daemon=True).start()


def resident_bytes() -> int:
    """Memory of this process in bytes; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
