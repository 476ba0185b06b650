"""The list of actions: no key twice, everything described, enabled when it makes sense."""

from __future__ import annotations

from dataclasses import replace

import pytest

from s4gui.workbench.actions import ActionSpec, Menu, Situation, clashes, class_key
from s4gui.workbench.verbs import ACTIONS, by_id

NOTHING = Situation()
PAINTABLE = Situation(project=True, writable=True, frame=True, classes=3, labelled=True)


def enabled(now: Situation) -> set[str]:
    return {spec.id for spec in ACTIONS if spec.when(now)}


def test_no_two_actions_share_an_id_or_a_key() -> None:
    ids = [spec.id for spec in ACTIONS]
    assert len(ids) == len(set(ids)) > 40
    assert clashes(ACTIONS) == []


def test_no_action_takes_the_key_of_a_class() -> None:
    taken = {key for spec in ACTIONS for key in spec.keys}
    assert not taken & {class_key(place) for place in range(20)}


def test_a_clash_is_found_whatever_the_case() -> None:
    brush = by_id()["tool.brush"]
    other = replace(by_id()["tool.hand"], keys=("b",))
    assert clashes((brush, other)) == [("b", "tool.brush", "tool.hand")]


def test_every_action_says_what_it_is_and_does() -> None:
    for spec in ACTIONS:
        assert spec.text.text.strip()
        assert spec.tip.text.strip()
        assert spec.text.id == f"action.{spec.id}"


def test_every_menu_has_actions() -> None:
    assert {spec.menu for spec in ACTIONS} == set(Menu)


@pytest.mark.parametrize(
    ("key", "action"),
    [
        ("A", "image.previous"),
        ("PgDown", "image.next"),
        ("X", "class.swap"),
        ("B", "tool.brush"),
        ("E", "tool.eraser"),
        ("P", "tool.polygon"),
        ("Shift+P", "tool.polyline"),
        ("R", "tool.rectangle"),
        ("F", "tool.fill"),
        ("I", "tool.pick"),
        ("V", "tool.hand"),
        ("M", "tool.void"),
        ("[", "brush.smaller"),
        (".", "brush.larger"),
        ("S", "layer.prediction"),
        ("Q", "layer.labels"),
        ("U", "layer.confidence"),
        ("H", "layer.bare"),
        ("Return", "predict.accept"),
        ("Ctrl+Z", "edit.undo"),
        ("Ctrl+Y", "edit.redo"),
        ("Ctrl+T", "train.start"),
        ("Ctrl+Shift+T", "train.stop"),
        ("Ctrl+L", "preview.live"),
        ("Ctrl+S", "train.checkpoint"),
        ("Ctrl+E", "project.export"),
        ("Ctrl+0", "view.fit"),
        ("Ctrl+1", "view.actual"),
        ("F1", "help.keys"),
        ("F2", "app.settings"),
        ("F11", "view.full_screen"),
        ("F6", "workspace.label"),
        ("F7", "workspace.train"),
        ("F8", "workspace.review"),
    ],
)
def test_the_recommended_key_does_the_recommended_thing(key: str, action: str) -> None:
    assert key in by_id()[action].keys


def test_without_a_project_only_opening_settings_rooms_and_help_make_sense() -> None:
    groups = {name.split(".")[0] for name in enabled(NOTHING)}
    assert groups == {"project", "app", "workspace", "view", "help"}
    assert "project.export" not in enabled(NOTHING)


def test_read_only_nothing_can_be_painted_trained_or_split() -> None:
    held = enabled(replace(PAINTABLE, writable=False, can_undo=True, prediction=True))
    for name in ("tool.brush", "edit.undo", "predict.accept", "train.start", "project.splits"):
        assert name not in held
    assert {"image.next", "project.export", "tool.hand", "layer.labels"} <= held


def test_undo_needs_something_to_take_back() -> None:
    assert "edit.undo" not in enabled(PAINTABLE)
    assert "edit.undo" in enabled(replace(PAINTABLE, can_undo=True))


def test_training_needs_labels_and_pausing_a_run() -> None:
    assert "train.start" not in enabled(replace(PAINTABLE, labelled=False))
    assert "train.start" in enabled(PAINTABLE)
    running = enabled(replace(PAINTABLE, labelled=False, running=True, can_continue=True))
    assert {"train.start", "train.stop", "train.stop_now", "train.detach"} <= running
    assert "train.continue" not in running


def test_the_first_ten_classes_have_digits_the_next_ten_shift_and_the_rest_none() -> None:
    assert [class_key(place) for place in (0, 8, 9, 10, 19, 20)] == [
        "1",
        "9",
        "0",
        "Shift+1",
        "Shift+0",
        "",
    ]


def test_an_action_id_is_lowercase() -> None:
    spec: ActionSpec = by_id()["tool.brush"]
    with pytest.raises(ValueError, match="lowercase"):
        replace(spec, id="Tool.Brush")
