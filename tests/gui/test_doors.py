"""The last door: errors of every thread are logged and shown; the same defect once."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QObject, QTimer, qWarning

from s4gui.core.errors import ProjectError
from s4gui.gui.doors import AGAIN_S, LastDoor


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def door(qtbot, clock: Clock) -> Iterator[LastDoor]:
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    made = LastDoor(clock=clock)
    made.install()
    made.install()
    yield made
    made.uninstall()
    made.uninstall()
    assert hooks == (sys.excepthook, threading.excepthook, sys.unraisablehook)


@pytest.fixture
def shown(door: LastDoor) -> list[tuple[str, str, str]]:
    said: list[tuple[str, str, str]] = []
    door.opened.connect(lambda *words: said.append(words))
    return said


def _fail() -> None:
    raise ZeroDivisionError("inside")


def _report(error: BaseException) -> None:
    sys.excepthook(type(error), error, error.__traceback__)


def _caught() -> BaseException:
    try:
        _fail()
    except ZeroDivisionError as error:
        return error
    raise AssertionError


def test_a_defect_of_another_thread_is_shown_on_the_windows_thread(
    qtbot, door, shown, no_surprising_log
) -> None:
    no_surprising_log.expect("unexpected error")
    threads = []
    door.opened.connect(lambda *_: threads.append(threading.current_thread()))
    thread = threading.Thread(target=_fail)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: len(shown) == 1)
    what, hint, details = shown[0]
    assert "went wrong" in what
    assert "kept" in hint
    assert "ZeroDivisionError: inside" in details
    assert "_fail" in details
    assert threads == [threading.main_thread()]


def test_a_users_error_is_shown_without_a_traceback(qtbot, door, shown, no_surprising_log) -> None:
    no_surprising_log.expect("Broken thing")
    error = ProjectError("x.y", "Broken {part}", hint="Mend the {part}", part="thing")
    door.open(error)
    qtbot.waitUntil(lambda: len(shown) == 1)
    door.open(error)
    qtbot.waitUntil(lambda: len(shown) == 2)
    assert shown[0] == ("Broken thing", "Mend the thing", "")


def test_the_same_defect_is_shown_once_but_always_logged(
    qtbot, door, shown, clock, no_surprising_log, caplog
) -> None:
    no_surprising_log.expect("unexpected error")
    for _ in range(5):
        _report(_caught())
    _report(KeyError("another kind"))
    qtbot.waitUntil(lambda: len(shown) == 2)
    clock.now += AGAIN_S + 1
    _report(_caught())
    qtbot.waitUntil(lambda: len(shown) == 3)
    assert len([each for each in caplog.records if each.levelno == logging.ERROR]) == 7


def test_ctrl_c_closes_the_window_and_shows_nothing(qtbot, door, shown) -> None:
    app = QCoreApplication.instance()
    left = []
    QTimer.singleShot(0, lambda: _report(KeyboardInterrupt()))
    QTimer.singleShot(5000, lambda: left.append("late") or app.quit())
    app.exec()
    assert left == []
    assert shown == []


def test_a_thread_that_exits_is_no_error(qtbot, door, shown) -> None:
    thread = threading.Thread(target=sys.exit, args=(3,))
    thread.start()
    thread.join()
    qtbot.wait(20)
    assert shown == []


def test_an_error_in_a_finaliser_is_logged_and_disturbs_nobody(
    qtbot, door, shown, no_surprising_log, caplog
) -> None:
    no_surprising_log.expect("error in a finaliser")

    class Bad:
        def __del__(self) -> None:
            raise ValueError("late")

    bad = Bad()
    del bad
    qtbot.wait(10)
    assert any("error in a finaliser" in each.getMessage() for each in caplog.records)
    assert shown == []


def test_what_qt_says_goes_to_the_log(qtbot, door, shown, no_surprising_log, caplog) -> None:
    no_surprising_log.expect("from qt")
    qWarning("a word from qt")
    assert [(each.name, each.levelname) for each in caplog.records] == [("qt", "WARNING")]
    assert shown == []


def test_an_error_in_a_slot_comes_to_the_door(qtbot, door, shown, no_surprising_log) -> None:
    no_surprising_log.expect("unexpected error")

    class Button(QObject):
        pass

    button = Button()
    button.objectNameChanged.connect(lambda _: _fail())
    button.setObjectName("x")
    qtbot.waitUntil(lambda: len(shown) == 1)
    assert "ZeroDivisionError: inside" in shown[0][2]
