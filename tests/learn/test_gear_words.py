"""What a probe found is told in the window's words, from the very record that the run keeps."""

from __future__ import annotations

import json
from typing import Any

import pytest

from s4gui.core.recipe import Recipe
from s4gui.gui import gear_words
from s4gui.learn.gear import PLAIN, Gear
from s4gui.learn.probing import Found, Trial

HALF = Gear("bf16")
LAST = Gear("bf16", "channels_last")


def record(chosen: Gear, *trials: Trial) -> dict[str, Any]:
    """What `resolved` holds, after it went through a line of the wire."""
    recipe = Recipe(**chosen.choices())
    kept = Found(recipe, trials).facts() | {"recipe": recipe.to_json()}
    found: dict[str, Any] = json.loads(json.dumps(kept))
    return found


def test_what_pays_is_said_with_both_times_and_all_trials_below() -> None:
    kept = record(
        LAST,
        Trial(PLAIN, 96.04, 9),
        Trial(HALF, 60.0, 9),
        Trial(LAST, 41.23, 9),
        Trial(Gear("bf16", "channels_last", "on"), failed="there was no time for it"),
    )
    said = "Computes: Half (bfloat16), channels last; 41.2 ms a step against 96"
    assert gear_words.summary(kept) == said
    assert gear_words.trials(kept).splitlines() == [
        "Full (32 bit): 96 ms a step",
        "Half (bfloat16): 60 ms a step",
        "Half (bfloat16), channels last: 41.2 ms a step",
        "Half (bfloat16), channels last, compiled: there was no time for it",
    ]


def test_that_nothing_pays_is_said_too() -> None:
    kept = record(PLAIN, Trial(PLAIN, 20.0, 9), Trial(HALF, 31.0, 9))
    assert gear_words.summary(kept) == ("Computes: Full (32 bit); nothing tried beats 20 ms a step")


def test_a_probe_without_time_compares_nothing() -> None:
    kept = record(PLAIN, Trial(PLAIN, failed="there was no time for it"))
    assert gear_words.summary(kept) == "Computes: Full (32 bit); too little time to compare"


def test_what_the_recipe_asked_for_is_said_and_what_is_as_ever_is_not() -> None:
    assert gear_words.summary(record(HALF)) == ("Computes: Half (bfloat16), as the recipe says")
    assert gear_words.summary(record(PLAIN)) == ""
    assert gear_words.trials(record(HALF)) == ""


@pytest.mark.parametrize(
    "kept",
    [{}, {"probe": None}, {"probe": {}}, {"probe": {"trials": 3}}, {"recipe": "x"}, {"recipe": {}}],
)
def test_records_of_other_versions_say_nothing(kept: dict[str, Any]) -> None:
    assert gear_words.summary(kept) == ""
    assert gear_words.trials(kept) == ""


def test_the_log_hands_it_to_the_panel() -> None:
    pytest.importorskip("PySide6")
    from s4gui.gui import run_words
    from s4gui.wire import events
    from s4gui.workbench.running import RunLog

    kept = record(HALF, Trial(PLAIN, 96.0, 9), Trial(HALF, 50.0, 9))
    log = RunLog(1)
    log.feed([events.RunStarted(1, 0, 9, "cuda:0", 1, 1, "images", kept)])
    facts = run_words.facts(log)
    assert facts.gear == gear_words.summary(kept)
    assert facts.trials.count("\n") == 1
    assert run_words.facts(RunLog(2)).gear == ""
