"""The program, told to note when image and labels are first on the screen, and then to close.

`python -m tests.bench.window.first_paint NOTES HOLD_MS MODULES WORDS...` imports the modules
(commas between), runs the program with these words, and writes times of the monotonic clock (one
for all processes) to NOTES as JSON. The product is unchanged: two methods are wrapped from here.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any


class FirstPaint:
    """Notes `window` (something is painted) and `image` (frame and labels are painted too)."""

    def __init__(self, notes: Path, *, hold_ms: int) -> None:
        self._notes, self._hold_ms = notes, hold_ms
        self.at: dict[str, float] = {}
        self._is_drawn = False

    def watch(self) -> None:
        """Wrap the canvas's painting and the window's events."""
        from PySide6.QtCore import QEvent

        from s4gui.gui.canvas.view import Canvas
        from s4gui.gui.main_window import MainWindow

        paint, take = Canvas.paintEvent, MainWindow.event
        asks_to_paint = QEvent.Type.UpdateRequest

        def painted(canvas: Any, event: Any) -> None:
            paint(canvas, event)
            if "image" not in self.at:
                self._is_drawn = shows_labels(canvas)

        def taken(window: Any, event: Any) -> bool:
            done = take(window, event)
            # Inside this event Qt paints all that is dirty and hands it to the X server.
            if event.type() == asks_to_paint and "image" not in self.at:
                self.at.setdefault("window", time.monotonic())
                if self._is_drawn:
                    self._seen(window)
            return done

        Canvas.paintEvent, MainWindow.event = painted, taken  # type: ignore[method-assign]

    def _seen(self, window: Any) -> None:
        from PySide6.QtCore import QTimer

        self.at["image"] = time.monotonic()
        self._notes.write_text(json.dumps(self.at))
        QTimer.singleShot(self._hold_ms, window.close)


def shows_labels(canvas: Any) -> bool:
    """Whether this canvas has painted a frame and, over it, labels that somebody painted."""
    from s4gui.core.classes import UNLABELLED
    from s4gui.gui.canvas.material import Layer

    picture = canvas._picture
    if picture.frame_hw is None or picture._labels is None or picture._base_is_stale:
        return False
    sheet = picture._sheets[Layer.LABELS]
    return Layer.LABELS not in picture._stale and bool((sheet.values != UNLABELLED).any())


def main(argv: list[str]) -> int:
    """Import what is asked for, then run the program."""
    notes, hold_ms, imports, *words = argv
    before = time.monotonic()
    for name in filter(None, imports.split(",")):
        importlib.import_module(name)
    first = FirstPaint(Path(notes), hold_ms=int(hold_ms))
    first.at |= {"python": before, "imported": time.monotonic()}
    first.watch()
    from s4gui.__main__ import main as program

    return program(words)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
