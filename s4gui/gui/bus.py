"""Bus: the one signal every view listens to."""

from __future__ import annotations

from collections import deque

from PySide6.QtCore import QObject, QThread, Signal

from s4gui.core.change import Change


class Bus(QObject):
    """Announces every Change once, with its initiator, to all listeners in the same order.

    A Change published while another is being announced waits until all have heard that one:
    no listener ever sees effects before causes. Belongs to the window's thread.
    """

    changed = Signal(object, object)  # Change, initiator

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._waiting: deque[tuple[Change, object]] = deque()
        self._announces = False

    def publish(self, change: Change, initiator: object) -> None:
        """Announce a change; an empty one is nobody's business."""
        if not change:
            return
        if self.thread() is not QThread.currentThread():
            raise RuntimeError("changes are announced on the window's thread")
        self._waiting.append((change, initiator))
        if self._announces:
            return
        self._announces = True
        try:
            while self._waiting:
                self.changed.emit(*self._waiting.popleft())
        finally:
            self._announces = False
