"""Work in pieces leaves room for timers and events between the pieces."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, QTimer

from s4gui.gui.turns import next_turn


class Chain(QObject):
    """Works 4 ms a turn for a while, as an import in pieces does."""

    def __init__(self, pieces: int) -> None:
        super().__init__()
        self.left = pieces
        self.beats_at: list[int] = []
        self._timer = QTimer(self)
        self._timer.timeout.connect(lambda: self.beats_at.append(self.left))
        self._timer.start(5)
        next_turn(self, self.work)

    def work(self) -> None:
        until = time.perf_counter() + 0.004
        while time.perf_counter() < until:
            pass
        self.left -= 1
        if self.left:
            next_turn(self, self.work)


def test_a_timer_is_heard_between_the_pieces(qtbot) -> None:
    chain = Chain(pieces=30)
    qtbot.waitUntil(lambda: chain.left == 0, timeout=20_000)
    between = [left for left in chain.beats_at if 0 < left < 30]
    assert len(set(between)) > 10


def test_nothing_is_done_for_an_owner_that_is_gone(qtbot) -> None:
    owner, other = QObject(), QObject()
    done: list[str] = []
    next_turn(owner, lambda: done.append("gone"))
    owner.deleteLater()
    next_turn(other, lambda: done.append("there"))
    qtbot.waitUntil(lambda: "there" in done, timeout=20_000)
    assert done == ["there"]
