"""Runs in words: a score over held-out strokes says so wherever it is said."""

from __future__ import annotations

from typing import Literal

import pytest

from s4gui.gui import run_words
from s4gui.gui.panels.plots import PlotsPanel
from s4gui.gui.trainer import _best_score
from s4gui.store.runs import RunFolder
from s4gui.wire import events
from s4gui.workbench.running import RunLog

Where = Literal["images", "strokes"]


def _log(on: Where) -> tuple[RunLog, events.Validated]:
    score = events.Validated(5, on, (0,), (0.25,), (9,), (0,), 0.25, 0.5)
    log = RunLog()
    log.feed([events.RunStarted(7, 0, 10, "cpu", 1, 1, on, {}), score])
    return log, score


@pytest.mark.parametrize("on", ["images", "strokes"])
def test_scores_on_strokes_are_called_so_and_others_are_not(qtbot, tmp_path, on: Where) -> None:
    log, score = _log(on)
    panel = PlotsPanel()
    qtbot.addWidget(panel)
    panel.show_run({}, log.column("mean_iou"), on=on)
    said = [
        *run_words.lines((score,)),
        run_words.row(RunFolder(tmp_path / "0007"), log).text,
        _best_score(log),
        panel._heading.text(),
    ]
    assert len(said) == 4
    assert all("0.250" in text or text.startswith("Mean IoU") for text in said)
    assert [("on strokes" in text) for text in said] == [on == "strokes"] * 4


def test_a_run_without_a_score_has_none_in_words() -> None:
    assert _best_score(RunLog()) == ""


def test_one_score_on_strokes_names_the_whole_curve() -> None:
    assert run_words.scored_on(RunLog()) == "nothing"
    log, _ = _log("images")
    assert run_words.scored_on(log) == "images"
    log.feed([events.Validated(6, "strokes", (0,), (0.3,), (9,), (0,), 0.3, 0.5)])
    assert run_words.scored_on(log) == "strokes"
    begun = RunLog()
    begun.feed([events.RunStarted(7, 0, 10, "cpu", 1, 1, "strokes", {})])
    assert run_words.scored_on(begun) == "strokes"
