"""The Bus announces every change once, in order, to everybody."""

from __future__ import annotations

import threading

import pytest

from s4gui.core.change import Change
from s4gui.gui.bus import Bus


def test_a_change_is_announced_once_with_its_initiator(qtbot) -> None:
    bus, heard, me = Bus(), [], object()
    bus.changed.connect(lambda change, who: heard.append((change, who)))
    change = Change(labels={"r/a.png": None})
    bus.publish(change, me)
    assert heard == [(change, me)]


def test_an_empty_change_is_nobodys_business(qtbot) -> None:
    bus, heard = Bus(), []
    bus.changed.connect(lambda *said: heard.append(said))
    bus.publish(Change(), None)
    assert heard == []


def test_everybody_hears_causes_before_their_effects(qtbot) -> None:
    bus, first, second = Bus(), [], []
    cause, effect = Change(classes=True), Change(tool=True)

    def answer(change: Change, _: object) -> None:
        first.append(change)
        if change is cause:
            bus.publish(effect, None)
            assert effect not in second

    bus.changed.connect(answer)
    bus.changed.connect(lambda change, _: second.append(change))
    bus.publish(cause, None)
    assert first == second == [cause, effect]


def test_a_change_from_another_thread_is_refused(qtbot) -> None:
    bus, seen = Bus(), []

    def publish() -> None:
        with pytest.raises(RuntimeError, match="window's thread"):
            bus.publish(Change(tool=True), None)
        seen.append(1)

    thread = threading.Thread(target=publish)
    thread.start()
    thread.join()
    assert seen == [1]
