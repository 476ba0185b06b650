"""The project's lock: one writer at a time, across processes; a killed one's is free at once."""

from __future__ import annotations

import getpass
import json
import os
import socket
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from s4gui.core.errors import ProjectError

FILE = ".lock"
_FAR = 1 << 30
"""Byte that is locked on Windows: locks are mandatory there, and the text must stay readable."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a project: where, which process, since when (ISO 8601, local time)."""

    host: str
    pid: int
    user: str
    program: str
    since: str


class Lock:
    """A held lock; it is free when `release` was called or the process has ended, however."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file: IO[bytes] | None = file

    @classmethod
    def take(cls, folder: Path, *, program: str) -> Lock | None:
        """The lock of a project's folder; None if somebody holds it.

        ProjectError where no lock file can be made (a folder that cannot be written).
        """
        try:
            # Not "w": the text of the present holder must survive a try that fails.
            fd = os.open(folder / FILE, os.O_RDWR | os.O_CREAT, 0o666)
            file = os.fdopen(fd, "r+b", buffering=0)
        except OSError as error:
            raise ProjectError(
                "project.cannot_lock",
                "{folder} cannot be written: {reason}",
                hint="Open it read-only, or copy it to a folder of your own",
                folder=folder,
                reason=error.strerror or str(error),
            ) from error
        if not _try_lock(file):
            file.close()
            return None
        mine = Holder(socket.gethostname(), os.getpid(), _user(), program, _now())
        file.truncate(0)
        file.write((json.dumps(asdict(mine)) + "\n").encode())
        return cls(file)

    def release(self) -> None:
        """Let others have it; the file stays, empty, so that all lock the same one."""
        if self._file is None:
            return
        self._file.truncate(0)
        _unlock(self._file)
        self._file.close()
        self._file = None


def holder(folder: Path) -> Holder | None:
    """Who holds the project now, as far as its file says; None if nobody does."""
    try:
        with (folder / FILE).open("rb", buffering=0) as file:
            if _try_lock(file):
                _unlock(file)
                return None
            text = file.read()
    except OSError:  # no file, or one that we may not read: then nobody we could name
        return None
    try:
        raw = json.loads(text)
        return Holder(
            host=str(raw["host"]),
            pid=int(raw["pid"]),
            user=str(raw["user"]),
            program=str(raw["program"]),
            since=str(raw["since"]),
        )
    except (ValueError, KeyError, TypeError):  # taken, but the text is not there yet
        return Holder("", 0, "", "", "")


if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: IO[bytes]) -> bool:
        file.seek(_FAR)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            file.seek(0)
        return True

    def _unlock(file: IO[bytes]) -> None:
        file.seek(_FAR)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
        file.seek(0)

else:
    import fcntl

    def _try_lock(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no such account: a container with a bare user number
        return str(os.getuid()) if hasattr(os, "getuid") else ""


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")


def lock_of(folder: Path, program: str) -> Lock:
    """The lock of a project; ProjectError says who has it if somebody else does."""
    lock = Lock.take(folder, program=program)
    if lock is not None:
        return lock
    who = holder(folder)
    raise ProjectError(
        "project.locked",
        "The project is open in {program} on {host} (process {pid}, user {user}, since {since})",
        hint="Close it there, or open it read-only",
        program=(who.program if who else "") or "another program",
        host=(who.host if who else "") or "this computer",
        pid=who.pid if who else 0,
        user=who.user if who else "",
        since=who.since if who else "",
    )
