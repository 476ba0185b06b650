"""The program with a listener and two clocks beside it: when a mouse move comes and is painted.

`python -m tests.bench.window.watched SOCKET WORDS...`; the product is unchanged, two methods are
wrapped from here, and a few facts are added to those the probe can be asked for.
"""

from __future__ import annotations

import sys
import time
from typing import Any

from tests.flows import facts, probe

_waiting: list[list[float]] = []
_painted: list[list[float]] = []
_stalls: list[Any] = []


def watch() -> None:
    """Wrap the canvas's mouse moves and the window's events."""
    from PySide6.QtCore import QEvent

    from s4gui.gui.canvas.view import Canvas
    from s4gui.gui.main_window import MainWindow

    move, take = Canvas.mouseMoveEvent, MainWindow.event
    asks_to_paint = QEvent.Type.UpdateRequest

    def moved(canvas: Any, event: Any) -> None:
        at = event.globalPosition()
        _waiting.append([at.x(), at.y(), float(bool(event.buttons())), time.monotonic()])
        move(canvas, event)

    def taken(window: Any, event: Any) -> bool:
        done = take(window, event)
        # Inside this event Qt paints all that is dirty and hands it to the X server.
        if _waiting and event.type() == asks_to_paint:
            now = time.monotonic()
            _painted.extend([*each, now] for each in _waiting)
            _waiting.clear()
        return done

    Canvas.mouseMoveEvent, MainWindow.event = moved, taken  # type: ignore[method-assign]


def moves(_: Any) -> list[list[float]]:
    """x, y on the screen, pressed, when it came, when it was painted; of all moves since asked."""
    found = _painted[:]
    _painted.clear()
    return found


def begin_stalls(_: Any) -> bool:
    """From now on stalls of the window's own code are noted."""
    from s4gui.gui.stalls import Control, StallWatcher

    control = Control()
    while not control.is_running:
        time.sleep(0.01)
    _stalls.extend((StallWatcher(control), control))
    _stalls[0].start()
    return True


def end_stalls(_: Any) -> list[list[Any]]:
    """Seconds, own seconds and stacks of each stall."""
    watcher, control = _stalls
    watcher.stop()
    control.close()
    return [[each.seconds, each.own_s, str(each)] for each in watcher.stalls]


def live(_: Any, on: bool) -> bool:  # noqa: FBT001 - asked by name, over a socket
    """Switch the preview on or off as its menu entry does."""
    session = facts.application().session
    if session.learners.is_live is not on:
        session.do("preview.live")
    return bool(session.learners.is_live)


def main(argv: list[str]) -> int:
    """Add the facts, wrap, and start as the probe does."""
    for each in (moves, begin_stalls, end_stalls, live):
        setattr(facts, each.__name__, each)
    watch()
    return probe.main(argv)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
