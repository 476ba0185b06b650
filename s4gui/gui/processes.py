"""Starting worker and preview processes: their commands, priority, and one idle worker ahead."""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import os
import re
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

import s4gui
from s4gui.core.errors import WorkerDied
from s4gui.wire import liveness
from s4gui.wire.transport import Attached, events_of

LEAST_FREE_BYTES = 2 << 30
"""Below this an idle worker (torch alone: 0.3 GiB, CUDA more) would push out the user's work."""
_LISTEN_MS = 50
_numbers = itertools.count(1)


def command_line(word: str) -> list[str]:
    """The command that runs this program's branch `word` (worker, preview)."""
    if getattr(sys, "frozen", False):
        return [sys.executable, word]
    return [sys.executable, "-m", "s4gui", word]


def environment() -> dict[str, str]:
    """The environment of a child: finds this very package; native crashes leave a trace."""
    home = str(Path(s4gui.__file__).resolve().parents[1])
    paths = [home, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONFAULTHANDLER": "1"}


def start(word: str, *, greeting: str, log: Path, command: Sequence[str] | None = None) -> Attached:
    """Start the branch `word` (or another `command` that speaks as it) behind the window.

    WorkerDied if the system does not start it.
    """
    link = Attached(command or command_line(word), greeting=greeting, log=log, env=environment())
    step_back(link.pid, idle=word == "worker")
    return link


def step_back(pid: int, *, idle: bool) -> None:
    """Put a process behind the window: with `idle` it gets what is left over, else less.

    Measured (canvas notes, 3b): a worker at normal priority makes painting late by 22-47 ms.
    A session of its own is a scheduling group of its own on Linux, and priority counts only
    inside a group: at nice 19 and SCHED_IDLE a worker still took half of a shared core, and 1 %
    once its group had stepped back to 19. That is too little where other programs keep the cores
    busy: at 10 it keeps a tenth, and waking up to paint still comes first (decision 1).
    """
    nice = 19 if idle else 5
    if idle:  # the preview process steps back by itself
        with contextlib.suppress(OSError, AttributeError):  # no such call, or already gone
            os.setpriority(os.PRIO_PROCESS, pid, nice)
    if sys.platform == "linux":
        _group_steps_back(pid, 10 if idle else 5)
        with contextlib.suppress(OSError):
            Path(f"/proc/{pid}/oom_score_adj").write_text("500" if idle else "250")
        if idle:
            with contextlib.suppress(OSError):
                os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0))
    elif sys.platform == "win32":
        _windows_step_back(pid)


def _group_steps_back(pid: int, nice: int, tries: int = 8) -> None:
    try:
        Path(f"/proc/{pid}/autogroup").write_text(str(nice))
    except BlockingIOError:  # the kernel takes ten changes a second, from all users together
        if tries:
            again = threading.Timer(0.15, _group_steps_back, (pid, nice, tries - 1))
            again.daemon = True
            again.start()
    except OSError:  # no groups here, or already gone
        pass


def free_memory_bytes(proc: Path = Path("/proc"), groups: Path = Path("/sys/fs/cgroup")) -> int:
    """Memory that can be had without pushing something out; a huge number where unknown."""
    if sys.platform == "win32":
        return _windows_free_bytes()
    found = [sys.maxsize]
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in (proc / "meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                found.append(int(line.split()[1]) << 10)
    with contextlib.suppress(OSError, ValueError):  # a container's own limit
        limit = int((groups / "memory.max").read_text())
        found.append(max(0, limit - int((groups / "memory.current").read_text())))
    return min(found)


def results_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder for what the preview predicts; a window that was killed leaves its own behind."""
    return tempfile.TemporaryDirectory(
        prefix=f"{_results()}{os.getpid()}-", ignore_cleanup_errors=True
    )


def sweep_results() -> None:
    """Remove result folders of windows of this computer that are no more."""
    prefix = _results()
    for each in Path(tempfile.gettempdir()).glob(f"{prefix}*-*"):
        pid = each.name.removeprefix(prefix).split("-")[0]
        if pid.isdecimal() and liveness.process_identity(int(pid)) is None:
            shutil.rmtree(each, ignore_errors=True)


def _results() -> str:
    # Containers may share the folder of temporary files, and their pids mean nothing here.
    return f"s4gui-preview-{re.sub('[^0-9A-Za-z]', '_', liveness.host_name())}-"


class IdleWorker(QObject):
    """At most one worker that has said Hello and waits, so that Train starts at once.

    Its stderr file lies in `folder` (the project's runs), where the run it will get lies too.
    """

    said_hello = Signal(object)  # events.Hello

    def __init__(
        self,
        folder: Path,
        *,
        command: Sequence[str] | None = None,
        free_bytes: Callable[[], int] = free_memory_bytes,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._folder = folder
        self._command = command
        self._free_bytes = free_bytes
        self._link: Attached | None = None
        self._heard: list[str] = []
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._listen)

    @property
    def is_ready(self) -> bool:
        """Whether a worker has said Hello and waits."""
        return self._link is not None and bool(self._heard)

    def prepare(self) -> bool:
        """Start a worker, unless one is there or memory is short; whether one is there now."""
        if self._link is not None and not self._link.ended:
            return True
        self.close()
        if self._free_bytes() < LEAST_FREE_BYTES:
            return False
        self._sweep()
        log = self._folder / f".worker-{os.getpid()}-{next(_numbers)}.log"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._link = start("worker", greeting="Hello", log=log, command=self._command)
        except (WorkerDied, OSError):
            return False  # the run itself will try again, and say why it cannot
        self._timer.start(_LISTEN_MS)
        return True

    def take(self) -> Attached | None:
        """Hand the worker over, its Hello unread; None if there is none that lives."""
        link, self._link = self._link, None
        self._timer.stop()
        heard, self._heard = self._heard, []
        if link is None:
            return None
        if link.exit_code is not None:
            discard(link)
            return None
        if heard:
            link.unread(heard)
        return link

    def close(self) -> None:
        """End the worker, if there is one."""
        self._timer.stop()
        self._heard = []
        link, self._link = self._link, None
        if link is not None:
            discard(link)

    def _listen(self) -> None:
        if self._link is None:
            return
        lines = self._link.read(0.0)
        if lines:
            hello = [] if self._heard else events_of(lines[:1])  # then only heartbeats come
            if hello:
                self._heard = lines[:1]
                self._timer.setInterval(1000)  # from now on only to notice its end
                self.said_hello.emit(hello[0])
        elif self._link.ended:
            self.close()

    def _sweep(self) -> None:
        """Files of idle workers whose window was killed."""
        for each in self._folder.glob(".worker-*-*.log"):
            pid = each.name.split("-")[1]
            if pid.isdecimal() and liveness.process_identity(int(pid)) is None:
                with contextlib.suppress(OSError):
                    each.unlink()


def discard(link: Attached) -> None:
    """End a worker that nobody needs; it may take its time, so the window does not wait."""

    def work() -> None:
        link.close()
        with contextlib.suppress(OSError):
            link.log.unlink()

    threading.Thread(target=work, name="discard-worker").start()


def _windows_step_back(pid: int) -> None:
    kernel: Any = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined]
    kernel.OpenProcess.restype = ctypes.c_void_p
    handle = kernel.OpenProcess(0x0200, False, pid)  # PROCESS_SET_INFORMATION
    if handle:
        kernel.SetPriorityClass(ctypes.c_void_p(handle), 0x4000)  # BELOW_NORMAL
        kernel.CloseHandle(ctypes.c_void_p(handle))


def _windows_free_bytes() -> int:
    class Status(ctypes.Structure):
        _fields_ = (
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            *((name, ctypes.c_ulonglong) for name in ("total", "free", "t", "f", "tv", "fv", "e")),
        )

    status = Status(length=ctypes.sizeof(Status))
    kernel: Any = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined]
    return int(status.free) if kernel.GlobalMemoryStatusEx(ctypes.byref(status)) else sys.maxsize
