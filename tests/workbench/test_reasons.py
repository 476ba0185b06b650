"""Why an action is off: always a reason, and the right one where it is simple."""

from __future__ import annotations

from dataclasses import replace

import pytest

from s4gui.workbench.actions import Situation
from s4gui.workbench.reasons import why_off
from s4gui.workbench.verbs import ACTIONS, by_id

NOTHING = Situation()
OPEN = Situation(project=True, writable=True, frame=True, classes=3)
SITUATIONS = (
    NOTHING,
    OPEN,
    replace(OPEN, writable=False),
    replace(OPEN, running=True, labelled=True),
    replace(OPEN, running=True, detached=True),
    replace(OPEN, frame=False, classes=0),
)


@pytest.mark.parametrize("now", SITUATIONS)
def test_there_is_a_reason_exactly_when_an_action_is_off(now: Situation) -> None:
    for spec in ACTIONS:
        assert bool(why_off(spec.when, now)) is not spec.when(now), spec.id


@pytest.mark.parametrize(
    ("action", "now", "why"),
    [
        ("tool.brush", NOTHING, "No project is open"),
        ("tool.brush", replace(OPEN, writable=False), "The project is open read-only"),
        ("view.fit", replace(OPEN, frame=False), "No image is shown"),
        ("edit.undo", OPEN, "Nothing to take back in this image"),
        ("predict.accept", OPEN, "This image has no prediction yet"),
        ("train.start", OPEN, "Nothing is labelled yet"),
        ("train.stop", OPEN, "No run is going on"),
        ("train.continue", replace(OPEN, running=True, can_continue=True), "A run is going on"),
        ("train.continue", NOTHING, "No project is open"),
        ("train.continue", OPEN, "There is no run to continue"),
        ("train.detach", replace(OPEN, running=True, detached=True), "The run is detached already"),
        ("class.find", replace(OPEN, classes=0), "There are no classes yet"),
    ],
)
def test_the_reason_is_the_missing_fact(action: str, now: Situation, why: str) -> None:
    assert why_off(by_id()[action].when, now) == why


def test_a_condition_that_can_never_hold_is_not_explained_wrongly() -> None:
    assert why_off(lambda _now: False, OPEN) == "Not just now"
