"""EventFile: every event of a run as a line of its events.jsonl."""

from __future__ import annotations

import threading
from pathlib import Path

from s4gui.wire import events
from s4gui.wire.events import Event


class EventFile:
    """Appends whole lines, flushed one by one; usable from several threads."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        """Append one event."""
        line = events.encode(event) + "\n"
        with self._lock:
            self._file.write(line)
            self._file.flush()

    def close(self) -> None:
        """No more events."""
        self._file.close()
