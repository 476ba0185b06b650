"""A start-up check for the Qt binding that loses references to None, True and False.

PySide6 6.12.0 below Python 3.12 takes one reference from None at every call that returns
nothing and one from True or False at every signal that carries one; the program then aborts
after some 5,000 calls ("none_dealloc"), in the middle of somebody's work (decision 0012).
From Python 3.12 on these objects cannot be freed and nothing happens.
"""

from __future__ import annotations

import ctypes
import sys

import PySide6
from PySide6.QtCore import QObject, Signal

from s4gui.core.errors import S4Error

_CALLS = 50  # True starts with some 600 references and loses two a call: never take them all
_WATCHED = (None, True, False)


class QtBindingError(S4Error):
    """The installed PySide6 damages this Python; the window must not open with it."""


class _Speaker(QObject):
    said = Signal(bool)


def drift(calls: int = _CALLS) -> dict[str, int]:
    """References that None, True and False won or lost over so many calls; noise is below 20.

    What was lost is given back, so that measuring does not do the damage it looks for.
    """
    speaker = _Speaker()
    speaker.said.connect(_hear)
    before = [sys.getrefcount(each) for each in _WATCHED]
    for _ in range(calls):
        speaker.setObjectName("x")
        speaker.said.emit(True)
        speaker.said.emit(False)
    after = [sys.getrefcount(each) for each in _WATCHED]
    won = [new - old for old, new in zip(before, after, strict=True)]
    for each, count in zip(_WATCHED, won, strict=True):
        for _ in range(-count):
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(each))
    return {str(each): count for each, count in zip(_WATCHED, won, strict=True)}


def check() -> None:
    """Raise `QtBindingError` where the binding loses references; takes under a millisecond."""
    lost = {name: count for name, count in drift().items() if count < -_CALLS // 2}
    if lost:
        raise QtBindingError(
            "qt.loses_references",
            "PySide6 {version} would end this program after a few minutes: below Python 3.12 it "
            "loses references to {names}.",
            hint='Install another release: pip install "PySide6-Essentials>=6.8,<6.12"',
            version=PySide6.__version__,
            names=", ".join(lost),
        )


def _hear(_value: bool) -> None:  # noqa: FBT001 - the signature of the signal
    pass
