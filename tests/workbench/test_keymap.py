"""Key maps: presets, changes on top, scopes, and what bad settings cost."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest

from s4gui.workbench.actions import Scope, class_action
from s4gui.workbench.key_presets import PRESETS, S4GUI, Preset
from s4gui.workbench.keymap import (
    FIXED,
    Bindable,
    KeyMap,
    bindables,
    read,
    resolve,
    written,
)
from s4gui.workbench.keystrokes import is_bare, normal
from s4gui.workbench.verbs import ACTIONS

ALL = bindables()


def plain(preset: Preset = S4GUI) -> KeyMap:
    return resolve(preset, {})[0]


def meant_twice(keymap: KeyMap) -> list[tuple[str, str, str]]:
    """Every key that two actions claim where both could be meant, by looking at all pairs."""
    return [
        (key, one.id, two.id)
        for one, two in combinations(keymap.among, 2)
        for key in set(keymap.of(one.id)) & set(keymap.of(two.id))
        if one.scope is two.scope or Scope.WINDOW in (one.scope, two.scope)
    ]


@pytest.mark.parametrize(
    ("written_so", "is_spelt"),
    [
        ("ctrl+shift+t", "Ctrl+Shift+T"),
        ("Shift+Ctrl+T", "Ctrl+Shift+T"),
        ("b", "B"),
        ("PgUp", "PgUp"),
        ("pagedown", "PgDown"),
        ("Ctrl++", "Ctrl++"),
        ("+", "+"),
        ("Backtab", "Shift+Tab"),
        ("`", "`"),
        ("Alt+F4", "Alt+F4"),
        ("ж", "Ж"),
    ],
)
def test_a_key_has_one_spelling(written_so: str, is_spelt: str) -> None:
    assert normal(written_so) == is_spelt
    assert normal(is_spelt) == is_spelt


@pytest.mark.parametrize(
    "name", ["", "Ctrl", "Ctrl+", "Hyper+B", "Ctrl+Wheel", "BB", "Ctrl+Shift", "\n", "F99"]
)
def test_what_is_no_key_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no key"):
        normal(name)


def test_a_key_with_shift_alone_is_bare_and_a_function_key_is_not() -> None:
    assert [key for key in ("B", "Shift+N", "Space", "+") if not is_bare(key)] == []
    assert [key for key in ("Ctrl+B", "F1", "Shift+F3", "Alt+1", "Ctrl++") if is_bare(key)] == []


def test_our_own_map_is_what_the_actions_say() -> None:
    for spec in ACTIONS:
        assert plain().of(spec.id) == tuple(map(normal, spec.keys))
    assert plain().of(class_action(0)) == ("1",)
    assert plain().of(class_action(19)) == ("Shift+0",)
    assert plain().of("no.such") == ()


@pytest.mark.parametrize("preset", PRESETS, ids=lambda each: each.id)
def test_a_preset_gives_all_it_says_and_no_key_twice(preset: Preset) -> None:
    keymap, dropped = resolve(preset, {})
    assert dropped == ()
    assert meant_twice(keymap) == []
    for action, keys in preset.keys.items():
        assert keymap.of(action) == tuple(map(normal, keys))


@pytest.mark.parametrize("preset", PRESETS, ids=lambda each: each.id)
def test_what_a_preset_does_not_say_keeps_our_keys_but_those_it_needs(preset: Preset) -> None:
    said = {normal(key) for keys in preset.keys.values() for key in keys}
    for each in ALL:
        if each.id not in preset.keys:
            left = tuple(key for key in each.keys if key not in said)
            assert plain(preset).of(each.id) == left


@pytest.mark.parametrize(
    ("preset", "key", "action"),
    [
        ("labelme", "Ctrl+N", "tool.polygon"),
        ("labelme", "Ctrl+Shift+D", "image.next_unlabelled"),
        ("labelme", "Ctrl+0", "view.actual"),
        ("cvat", "D", "image.previous"),
        ("cvat", "F", "image.next"),
        ("cvat", "Ctrl+1", class_action(0)),
        ("cvat", "Shift+2", "tool.eraser"),
        ("rootpainter", "Z", "edit.undo"),
        ("rootpainter", "S", "layer.prediction"),
        ("rootpainter", "A", "layer.labels"),
        ("napari", "2", "tool.brush"),
        ("napari", "X", "class.swap"),
        ("napari", "Shift+W", class_action(1)),
    ],
)
def test_a_preset_has_the_habits_of_its_program(preset: str, key: str, action: str) -> None:
    keymap = read(preset, {})[0]
    assert keymap.action_at(key, Scope) == action


def test_only_labelme_hands_scroll_with_the_wheel() -> None:
    assert [each.id for each in PRESETS if not each.wheel_zooms] == ["labelme"]


def test_a_chosen_key_is_taken_from_whoever_had_it_and_comes_back_with_a_reset() -> None:
    keymap = plain().with_keys("tool.brush", ["e", "Ctrl+B"])
    assert keymap.of("tool.brush") == ("E", "Ctrl+B")
    assert keymap.of("tool.eraser") == ()
    assert set(keymap.changes) == {"tool.brush", "tool.eraser"}
    assert meant_twice(keymap) == []
    again = keymap.reset("tool.eraser")
    assert again.of("tool.eraser") == ("E",)
    assert again.of("tool.brush") == ("Ctrl+B",)
    assert keymap.reset_all() == plain()
    assert not keymap.reset_all().is_changed


def test_a_key_may_mean_two_things_where_only_one_can_be_meant() -> None:
    among = (
        Bindable("a.list", Scope.LISTS, "list", ("K",)),
        Bindable("a.canvas", Scope.CANVAS, "canvas"),
        Bindable("a.window", Scope.WINDOW, "window"),
    )
    keymap = resolve(S4GUI, {}, among)[0].with_keys("a.canvas", ["K"])
    assert keymap.of("a.list") == ("K",)
    assert keymap.owners("K", Scope.WINDOW) == ("a.list", "a.canvas")
    assert keymap.action_at("K", {Scope.CANVAS, Scope.WINDOW}) == "a.canvas"
    assert keymap.with_keys("a.window", ["K"]).keys == {
        "a.list": (),
        "a.canvas": (),
        "a.window": ("K",),
    }


def test_tab_may_be_the_canvass_but_never_the_windows() -> None:
    assert plain().with_keys("layer.bare", ["Tab"]).of("layer.bare") == ("Tab",)
    with pytest.raises(ValueError, match="always means"):
        plain().with_keys("tool.brush", ["Tab"])


@pytest.mark.parametrize("fixed", FIXED, ids=lambda each: each.key)
def test_a_key_that_is_always_used_cannot_be_the_windows(fixed: object) -> None:
    key = next(each.key for each in FIXED if each is fixed)
    with pytest.raises(ValueError, match="always means"):
        plain().with_keys("tool.brush", [key])


def test_no_action_of_ours_wants_a_key_that_is_always_used() -> None:
    for each in ALL:
        assert [key for key in each.keys if plain().fixed(key, each.scope)] == []


def test_a_map_with_a_key_twice_does_not_exist() -> None:
    keymap = plain()
    with pytest.raises(ValueError, match="is also"):
        replace(keymap, keys={**keymap.keys, "tool.brush": ("E",)})
    with pytest.raises(ValueError, match="every action"):
        replace(keymap, keys={"tool.brush": ("B",)})


@pytest.mark.parametrize("preset", PRESETS, ids=lambda each: each.id)
def test_changes_on_a_preset_are_the_same_after_they_were_written(preset: Preset) -> None:
    keymap = plain(preset).with_keys("tool.hand", ["B", "Ctrl+Alt+H"]).with_keys("help.keys", [])
    again, dropped = read(preset.id, written(keymap))
    assert dropped == ()
    assert again == keymap


def test_unknown_ids_keys_and_presets_are_dropped_and_said() -> None:
    keymap, dropped = read("paintbox", {"tool.spray": ["S"], "tool.brush": ["Ctrl+Wheel", "K"]})
    assert keymap.preset is S4GUI
    assert keymap.of("tool.brush") == ("K",)
    assert set(dropped) == {"paintbox", "tool.spray", "tool.brush: Ctrl+Wheel"}


@pytest.mark.parametrize("nonsense", [None, 7, "B", ["B"], {"tool.brush": "B"}, {"tool.brush": 3}])
def test_settings_that_make_no_sense_cost_nothing(nonsense: object) -> None:
    assert read("s4gui", nonsense)[0] == plain()


def test_of_two_changes_that_want_one_key_the_first_has_it_and_the_loss_is_said() -> None:
    keymap, dropped = read("s4gui", {"tool.eraser": ["K"], "tool.brush": ["K", "J"]})
    assert keymap.of("tool.brush") == ("K", "J")
    assert keymap.of("tool.eraser") == ()
    assert dropped == ("tool.eraser: K",)


def test_a_new_action_of_ours_leaves_a_users_key_alone() -> None:
    older = tuple(each for each in ALL if each.id != "tool.fill")
    keymap = resolve(S4GUI, {}, older)[0].with_keys("tool.hand", ["F"])
    newer, dropped = resolve(S4GUI, keymap.changes, ALL)
    assert newer.of("tool.hand") == ("F",)
    assert newer.of("tool.fill") == ()
    assert dropped == ()
