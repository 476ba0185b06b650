"""Who works on a run, and whether that process still lives: worker.json and process identity."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from s4gui.store.atomic import write_atomic

HEARTBEAT_LATE_S = 30.0
"""A worker of another host that has said nothing for this long (15 heartbeats) is gone."""


@dataclass(frozen=True, slots=True)
class WorkerCard:
    """Who works on a run. `started` tells a process from a later one with the same pid."""

    pid: int
    host: str
    started: str = ""  # process_identity; empty: unknown
    detached: bool = False  # it goes on without a window

    @property
    def is_local(self) -> bool:
        """Whether it runs on this machine, so that its pid means something here."""
        return self.host == host_name()


def write_card(path: Path, *, detached: bool = False) -> None:
    """Say in the file `path` (RunFolder.worker) that this very process works on the run."""
    card = WorkerCard(os.getpid(), host_name(), process_identity(os.getpid()) or "", detached)
    write_atomic(path, (json.dumps(asdict(card)) + "\n").encode(), durable=False)


def read_card(path: Path) -> WorkerCard | None:
    """Who works on the run; None if nobody said so or the file cannot be read."""
    try:
        raw: dict[str, Any] = json.loads(path.read_bytes())
        return WorkerCard(
            pid=int(raw["pid"]),
            host=str(raw["host"]),
            started=str(raw.get("started", "")),
            detached=bool(raw.get("detached", False)),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def is_alive(card: WorkerCard | None, events: Path) -> bool:
    """Whether the worker lives: by pid and start on this host, else by its last heartbeat.

    Every event is a line of `events`, so the age of that file is the age of the last one.
    """
    if card is None:
        return False
    if card.is_local:
        identity = process_identity(card.pid)
        return identity is not None and (not card.started or identity == card.started)
    try:
        return time.time() - events.stat().st_mtime < HEARTBEAT_LATE_S
    except OSError:
        return False


def host_name() -> str:
    """This machine's name, as `WorkerCard.host` and `Hello.host` write it."""
    return socket.gethostname()


def process_identity(pid: int) -> str | None:
    """What tells this process from any other that ever had its pid; None if it is not running.

    A zombie does not run. Linux: boot id and start in clock ticks; elsewhere the start time.
    """
    if pid <= 0:
        return None
    if sys.platform == "linux":
        return _linux_identity(pid)
    if sys.platform == "win32":
        return _windows_identity(pid)
    return _ps_identity(pid)


def _linux_identity(pid: int, proc: Path = Path("/proc")) -> str | None:
    try:
        stat = (proc / str(pid) / "stat").read_text("utf-8", "replace")
    except OSError:
        return None
    # The name, field 2, may hold blanks and brackets: count from its last bracket.
    state, *rest = stat[stat.rindex(")") + 2 :].split()
    if state in "ZX":
        return None
    boot = ""
    with contextlib.suppress(OSError):
        boot = (proc / "sys/kernel/random/boot_id").read_text().strip()
    return f"{boot}:{rest[18]}"


def _ps_identity(pid: int) -> str | None:
    try:
        answer = subprocess.run(
            ["ps", "-o", "stat=,lstart=", "-p", str(pid)],
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
        ).stdout.split()
    except (OSError, subprocess.TimeoutExpired):
        return None
    if len(answer) < 2 or answer[0].startswith("Z"):
        return None
    return " ".join(answer[1:])


def _windows_identity(pid: int) -> str | None:
    kernel: Any = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined]
    kernel.OpenProcess.restype = ctypes.c_void_p
    handle = kernel.OpenProcess(0x1000, False, pid)  # PROCESS_QUERY_LIMITED_INFORMATION
    if not handle:
        return None
    try:
        code, times = ctypes.c_ulong(), [ctypes.c_ulonglong() for _ in range(4)]
        found = kernel.GetProcessTimes(ctypes.c_void_p(handle), *map(ctypes.byref, times))
        kernel.GetExitCodeProcess(ctypes.c_void_p(handle), ctypes.byref(code))
        return str(times[0].value) if found and code.value == 259 else None  # STILL_ACTIVE
    finally:
        kernel.CloseHandle(ctypes.c_void_p(handle))
