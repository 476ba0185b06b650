"""KeyMap: which keys do what, where, and who would be in whose way; no Qt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from s4gui.core.messages import Message
from s4gui.workbench.actions import CLASS_PLACES, ActionSpec, Scope, class_action, class_key
from s4gui.workbench.key_presets import PRESETS, Preset
from s4gui.workbench.keystrokes import normal
from s4gui.workbench.verbs import ACTIONS

Keys = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fixed:
    """A key that no action may have in this scope, because something is always done with it."""

    key: str
    scope: Scope
    text: Message


FIXED = (
    Fixed("Space", Scope.CANVAS, Message("fixed.space", "Move the image (hold)")),
    Fixed("Esc", Scope.CANVAS, Message("fixed.esc", "Give up the unfinished shape")),
    Fixed("Backspace", Scope.CANVAS, Message("fixed.backspace", "Remove the last corner")),
    Fixed("Up", Scope.LISTS, Message("fixed.up", "Go up in a list")),
    Fixed("Down", Scope.LISTS, Message("fixed.down", "Go down in a list")),
    Fixed("Home", Scope.LISTS, Message("fixed.home", "First of a list")),
    Fixed("End", Scope.LISTS, Message("fixed.end", "Last of a list")),
    Fixed("Tab", Scope.LISTS, Message("fixed.tab", "Next field or list")),
    Fixed("Shift+Tab", Scope.LISTS, Message("fixed.backtab", "Field or list before")),
)
"""Keys of the canvas and of every list and field, which cannot be chosen."""


@dataclass(frozen=True, slots=True)
class Bindable:
    """Something that may have keys: an action, or the choice of the class at a place."""

    id: str
    scope: Scope
    text: str
    keys: Keys = ()


def bindables(actions: Iterable[ActionSpec] = ACTIONS) -> tuple[Bindable, ...]:
    """All that may have keys, in menu order, then the first twenty classes."""
    verbs = (
        Bindable(each.id, each.scope, each.text.text.rstrip("…"), tuple(map(normal, each.keys)))
        for each in actions
    )
    places = (
        Bindable(
            class_action(place),
            Scope.WINDOW,
            Message("keys.class_place", "Class {n}", {"n": place + 1}).text,
            (class_key(place),),
        )
        for place in range(CLASS_PLACES)
    )
    return (*verbs, *places)


@dataclass(frozen=True, slots=True)
class KeyMap:
    """A preset with a user's changes on top; no key means two things where both could be meant.

    `keys` holds every action, those without a key with an empty tuple. `changes` are the
    actions whose keys a user chose.
    """

    preset: Preset
    keys: Mapping[str, Keys]
    changes: Mapping[str, Keys] = field(default_factory=dict)
    among: tuple[Bindable, ...] = field(default_factory=bindables, repr=False)

    def __post_init__(self) -> None:
        if set(self.keys) != {each.id for each in self.among}:
            raise ValueError("a key map names every action once")
        for each in self.among:
            for key in self.keys[each.id]:
                others = self.owners(key, each.scope, but=each.id)
                if others or key != normal(key):
                    raise ValueError(f"{key!r} of {each.id} is also {', '.join(others)}'s")

    @property
    def is_changed(self) -> bool:
        """Whether the user has keys of their own."""
        return bool(self.changes)

    def of(self, action: str) -> Keys:
        """Keys of an action, the first one is shown; empty for one that is unknown."""
        return self.keys.get(action, ())

    def scope(self, action: str) -> Scope:
        """Where the keys of an action count; KeyError for one that is unknown."""
        return next(each.scope for each in self.among if each.id == action)

    def owners(self, key: str, scope: Scope, *, but: str = "") -> tuple[str, ...]:
        """Actions that a key of this scope would take away from, in menu order."""
        return tuple(
            each.id
            for each in self.among
            if each.id != but and key in self.keys[each.id] and scope.overlaps(each.scope)
        )

    def fixed(self, key: str, scope: Scope) -> Fixed | None:
        """What is always done with a key there; None if it may be chosen."""
        return fixed_key(key, scope)

    def action_at(self, key: str, scopes: Iterable[Scope]) -> str | None:
        """The action that a key means where these scopes hold."""
        held = set(scopes)
        found = (e.id for e in self.among if e.scope in held and key in self.keys[e.id])
        return next(found, None)

    def with_keys(self, action: str, keys: Iterable[str]) -> KeyMap:
        """These keys for an action; whoever had one of them loses it.

        ValueError for a key that is no key or always means something else.
        """
        scope = self.scope(action)
        wanted = tuple(dict.fromkeys(normal(key) for key in keys))
        for key in wanted:
            if self.fixed(key, scope) is not None:
                raise ValueError(f"{key!r} always means something else")
        after = dict(self.keys) | {action: wanted}
        for key in wanted:
            for other in self.owners(key, scope, but=action):
                after[other] = tuple(each for each in after[other] if each != key)
        return replace(self, keys=after, changes=self._against_preset(after))

    def reset(self, action: str) -> KeyMap:
        """The keys that the preset gives to an action."""
        return self.with_keys(action, resolve(self.preset, {}, self.among)[0].of(action))

    def reset_all(self, preset: Preset | None = None) -> KeyMap:
        """The preset alone: this one or another."""
        return resolve(preset or self.preset, {}, self.among)[0]

    def _against_preset(self, keys: Mapping[str, Keys]) -> dict[str, Keys]:
        plain = resolve(self.preset, {}, self.among)[0]
        return {name: held for name, held in keys.items() if held != plain.of(name)}


def resolve(
    preset: Preset, changes: Mapping[str, Keys], among: tuple[Bindable, ...] | None = None
) -> tuple[KeyMap, tuple[str, ...]]:
    """The map of a preset and changes, and what of the changes could not be taken.

    A change comes before what the preset says, and that before our own keys: who comes later
    loses the key. Between two changes the first in menu order has it, and the loss is told.
    """
    among = bindables() if among is None else among
    known = {each.id for each in among}
    dropped = [name for name in changes if name not in known]
    taken: list[tuple[str, Scope]] = []
    out: dict[str, Keys] = {each.id: () for each in among}
    ranks = (
        {name: keys for name, keys in changes.items() if name in known},
        {name: keys for name, keys in preset.keys.items() if name in known},
        {each.id: each.keys for each in among},
    )
    done: set[str] = set()
    kept: dict[str, Keys] = {}
    for rank, said in enumerate(ranks):
        for each in among:
            if each.id not in said or each.id in done:
                continue
            done.add(each.id)
            held: list[str] = []
            for key in said[each.id]:
                if _is_free(key, each.scope, taken):
                    held.append(key)
                    taken.append((key, each.scope))
                elif rank == 0:
                    dropped.append(f"{each.id}: {key}")
            out[each.id] = tuple(held)
            if rank == 0:
                kept[each.id] = out[each.id]
    return KeyMap(preset, out, kept, among), tuple(dropped)


def read(preset: object, changes: object) -> tuple[KeyMap, tuple[str, ...]]:
    """The map that settings ask for, whatever they hold, and what of it is unknown here."""
    dropped: list[str] = []
    chosen = PRESETS[0]
    named = [each for each in PRESETS if each.id == preset]
    if named:
        chosen = named[0]
    elif preset:
        dropped.append(str(preset))
    wanted: dict[str, Keys] = {}
    for name, keys in changes.items() if isinstance(changes, Mapping) else ():
        if not isinstance(keys, list | tuple):
            dropped.append(str(name))
            continue
        wanted[str(name)] = tuple(_good(str(name), keys, dropped))
    found, also = resolve(chosen, wanted)
    return found, (*dropped, *also)


def written(keymap: KeyMap) -> dict[str, Any]:
    """The changes of a map as settings hold them."""
    return {name: list(keys) for name, keys in keymap.changes.items()}


def _good(name: str, keys: Iterable[object], dropped: list[str]) -> Iterable[str]:
    for key in keys:
        try:
            yield normal(str(key))
        except ValueError:
            dropped.append(f"{name}: {key}")


def fixed_key(key: str, scope: Scope) -> Fixed | None:
    """What is always done with a key of this scope; None if it may be chosen."""
    return next((e for e in FIXED if e.key == key and e.scope.overlaps(scope)), None)


def _is_free(key: str, scope: Scope, taken: list[tuple[str, Scope]]) -> bool:
    return fixed_key(key, scope) is None and not any(
        key == other and scope.overlaps(where) for other, where in taken
    )
