"""What a worker writes to stderr: its last lines, and a place for older logs."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

TAIL_LINES = 50
_TAIL_BYTES = 1 << 16


def tail(log: Path) -> str:
    """The last 50 lines of a log file; empty if there is none."""
    try:
        with log.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-TAIL_LINES:])


def keep_old(log: Path) -> None:
    """Rename a log that is there already to `stderr-1.log`, `stderr-2.log`, …"""
    if log.exists():
        number = 1
        while (kept := log.with_name(f"{log.stem}-{number}{log.suffix}")).exists():
            number += 1
        with contextlib.suppress(OSError):
            log.rename(kept)
