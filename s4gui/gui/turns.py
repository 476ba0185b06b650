"""Work in pieces on the window's own thread, with the hand's events between the pieces."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer


def next_turn(owner: QObject, work: Callable[[], object]) -> None:
    """Do `work` once the events that wait are done; not at all if `owner` is gone by then.

    A single shot of 0 ms will not do: Qt 6 posts it, and posted events, those that are posted
    meanwhile among them, are all done before a timer or an event of the hand gets its turn.
    """
    QTimer.singleShot(1, owner, work)
