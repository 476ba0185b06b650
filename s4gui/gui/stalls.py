"""StallWatcher: finds where the window's own code keeps its thread from painting; for tests."""

from __future__ import annotations

import mmap
import operator
import os
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from PySide6.QtCore import QObject, Qt, QThread, QTimer

BEAT_MS = 5
STALL_S = 0.1
_GUI = str(Path(__file__).resolve().parent) + os.sep
_SEE_S = 0.05  # this late, stacks begin to be taken
_MOST_STACKS = 12
_EXCUSED = frozenset({"__init__", "close"})
_Excuse = tuple[float, float, float]
_FACTS = "qqd"
_SIZE = struct.calcsize(_FACTS)
_CONTROL = """
import mmap, os, struct, sys, time
parent = os.getppid()
with open(sys.argv[1], "r+b") as file:
    shared = mmap.mmap(file.fileno(), struct.calcsize(sys.argv[2]))

def work():
    before = time.thread_time_ns()
    for _ in range(1500):
        pass
    return max(1, time.thread_time_ns() - before)

best = float("inf")  # of work done after a sleep: what is asleep longer begins colder
late, slow, now = 0, 0.0, time.monotonic_ns()
while os.getppid() == parent:
    due = now + 5_000_000
    struct.pack_into(sys.argv[2], shared, 0, late, due, slow)
    time.sleep(max(0, due - time.monotonic_ns()) / 1e9)
    woke = time.monotonic_ns()
    late += max(0, woke - due - 1_000_000)
    taken = work()
    best = min(best, taken)
    slow += (woke - now) * (1 - best / taken) / 1e9
    now = woke
"""


@dataclass(frozen=True, slots=True)
class Stall:
    """For `own_s` of `seconds` the window's thread did not come back to its events, and no
    loaded or slow machine explains it. `stacks` are what it did meanwhile, oldest first."""

    seconds: float
    own_s: float
    stacks: tuple[str, ...]

    def __str__(self) -> str:
        shown = "\n--- later ---\n".join(self.stacks)
        return f"{self.own_s * 1000:.0f} ms of {self.seconds * 1000:.0f} ms:\n{shown}"


class Control:
    """How late and how slow the machine is anyway: a bare process sleeps 5 ms in a loop and adds
    up how much later than that it woke, and how much of the time a fixed piece of work lost
    to its best (neighbours on a shared core, a lower clock). A process, because a thread would
    wait for the very lock that a stalling window holds, and so excuse it."""

    def __init__(self) -> None:
        file, name = tempfile.mkstemp(prefix="s4gui-control-")
        self._path = Path(name)
        os.write(file, struct.pack(_FACTS, 0, 0, 0.0))
        self._shared = mmap.mmap(file, _SIZE)
        os.close(file)
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _CONTROL, name, _FACTS], stdin=subprocess.DEVNULL
        )

    def late_s(self) -> float:
        """Lateness so far; what is going on just now counts."""
        late, due, _ = self._facts()
        now_late = time.monotonic_ns() - due - 1_000_000 if due > 0 else 0
        return float(late + max(0, now_late)) / 1e9

    def slow_s(self) -> float:
        """Seconds that a core's slowness has cost so far: half the speed costs half of the time."""
        return self._facts()[2]

    @property
    def is_running(self) -> bool:
        """Whether it measures already."""
        return self._facts()[1] > 0

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        self._shared.close()
        self._path.unlink(missing_ok=True)

    def _facts(self) -> tuple[int, int, float]:
        late, due, slow = struct.unpack_from(_FACTS, self._shared, 0)
        return int(late), int(due), float(slow)


class StallWatcher(QObject):
    """Watches the thread it is made on; `stalls` is read after `stop`.

    A 5 ms timer beats in the watched thread. Another thread sees when a beat is late and takes
    the watched thread's stack. Counted is the time in an event loop, or in code of the window
    that a test calls itself (building and closing excepted), less the lateness that `control`
    shares and the time that the thread was ready to run but had no core. What is left counts
    as what it would take on a core as fast as `control` has seen one.
    """

    def __init__(self, control: Control, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.stalls: list[Stall] = []
        self._control = control
        self._watched = QThread.currentThread()
        self._ident = threading.get_ident()
        self._waits = _RunDelay(threading.get_native_id())
        self._beat_at = time.monotonic()
        self._end = threading.Event()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._thread = threading.Thread(target=self._watch, name="stall-watch", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._beat_at = time.monotonic()
        self._timer.start(BEAT_MS)
        self._thread.start()

    def stop(self) -> None:
        """End the watch."""
        self._timer.stop()
        self._end.set()
        self._thread.join()
        self._waits.close()

    def _beat(self) -> None:
        self._beat_at = time.monotonic()

    def _watch(self) -> None:
        since, excuse = self._beat_at, self._excuse()
        stacks: list[str] = []
        while not self._end.wait(BEAT_MS / 1000):
            now, beat = time.monotonic(), self._beat_at
            counts = self._watched.loopLevel() > 0 or _is_gui(self._frame())
            if beat > since or not counts:
                # What began at `since` ended with the beat, or just before now.
                self._judge(beat if beat > since else now, since, excuse, stacks)
                since, excuse, stacks = (beat if counts else now), self._excuse(), []
            if counts and now - since > _SEE_S and len(stacks) < _MOST_STACKS:
                stacks.append(_stack(self._frame()))
        self._judge(time.monotonic(), since, excuse, stacks)

    def _judge(self, end: float, since: float, excuse: _Excuse, stacks: list[str]) -> None:
        seconds = end - since - BEAT_MS / 1000
        if seconds > STALL_S and stacks:
            late, waited, slow = map(operator.sub, self._excuse(), excuse)
            own = (seconds - max(late, waited)) * (1 - min(slow / (end - since), 1))
            if own > STALL_S:
                self.stalls.append(Stall(seconds, own, tuple(stacks)))

    def _excuse(self) -> _Excuse:
        return self._control.late_s(), self._waits.seconds(), self._control.slow_s()

    def _frame(self) -> FrameType | None:
        return sys._current_frames().get(self._ident)


def _stack(frame: FrameType | None) -> str:
    """The stack as text. Frames of a running thread are let go before files are read for their
    lines: reading lets the other thread go on, and its frames come to an end.
    """
    found = []
    while frame is not None:
        found.append((frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name))
        frame = frame.f_back
    lines = [traceback.FrameSummary(*each) for each in reversed(found)]
    return "".join(traceback.StackSummary.from_list(lines).format())


def _is_gui(frame: FrameType | None) -> bool:
    """Whether code of the window runs here, other than building or closing something."""
    found = False
    while frame is not None:
        if frame.f_code.co_filename.startswith(_GUI):
            if frame.f_code.co_name in _EXCUSED:
                return False
            found = True
        frame = frame.f_back
    return found


class _RunDelay:
    """Time a thread was ready to run without getting a core (Linux; elsewhere always 0)."""

    def __init__(self, native_id: int) -> None:
        try:
            self._file = os.open(f"/proc/self/task/{native_id}/schedstat", os.O_RDONLY)
        except OSError:
            self._file = -1

    def seconds(self) -> float:
        """Seconds since the thread began."""
        if self._file < 0:
            return 0.0
        return int(os.pread(self._file, 64, 0).split()[1]) / 1e9

    def close(self) -> None:
        """Close the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
