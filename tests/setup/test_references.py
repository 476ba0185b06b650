"""The Qt binding neither wins nor loses references to None, True and False (decision 0012)."""

from __future__ import annotations

import subprocess
import sys

import pytest
from PySide6.QtWidgets import QCheckBox
from pytestqt.qtbot import QtBot

from s4gui.gui import guard

CALLS = 300
NOISE = 20
STORM = """
import sys
from PySide6.QtWidgets import QApplication, QWidget
app = QApplication([])
widget = QWidget()
watched = None, True, False
before = [sys.getrefcount(each) for each in watched]
for _ in range(20_000):
    widget.update()
print(max(abs(sys.getrefcount(each) - old) for each, old in zip(watched, before)))
"""


def test_300_calls_that_return_nothing_lose_no_reference() -> None:
    won = guard.drift(CALLS)
    assert set(won) == {"None", "True", "False"}
    assert max(map(abs, won.values())) < NOISE


def test_300_signals_of_a_widget_that_carry_a_truth_lose_no_reference(qtbot: QtBot) -> None:
    box = QCheckBox()
    qtbot.addWidget(box)
    heard: list[bool] = []
    box.toggled.connect(heard.append)
    box.toggle()  # the first one builds what stays
    before = [sys.getrefcount(each) for each in (None, True, False)]
    for _ in range(CALLS):
        box.toggle()
    heard.clear()
    after = [sys.getrefcount(each) for each in (None, True, False)]
    assert max(abs(new - old) for old, new in zip(before, after, strict=True)) < NOISE


def test_20_000_updates_end_in_peace() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", STORM], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert int(ended.stdout) < NOISE


def test_a_binding_that_loses_references_is_refused_with_the_way_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(guard, "drift", lambda: {"None": -50, "True": -100, "False": 0})
    with pytest.raises(guard.QtBindingError) as caught:
        guard.check()
    assert "None, True" in str(caught.value)
    assert "<6.12" in caught.value.hint


def test_the_installed_binding_passes_the_guard() -> None:
    guard.check()
