"""ActionSpec: what a verb of the window is, and when it makes sense; no Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from s4gui.core.messages import Message


class Workspace(StrEnum):
    """The three rooms of the window."""

    LABEL = "label"
    TRAIN = "train"
    REVIEW = "review"


class Menu(StrEnum):
    """The menus, in their order."""

    PROJECT = "project"
    EDIT = "edit"
    TOOLS = "tools"
    VIEW = "view"
    IMAGE = "image"
    TRAIN = "train"
    HELP = "help"


class Scope(StrEnum):
    """Where a key counts. In the window it counts everywhere, so that it overlaps all others."""

    WINDOW = "window"
    CANVAS = "canvas"  # the canvas has the focus
    LISTS = "lists"  # a list or a field has it

    def overlaps(self, other: Scope) -> bool:
        """Whether one key could be meant in both."""
        return self is other or Scope.WINDOW in {self, other}


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What is the case in the window just now; decides which actions make sense."""

    project: bool = False
    writable: bool = False
    frame: bool = False
    classes: int = 0
    can_undo: bool = False
    can_redo: bool = False
    can_undo_project: bool = False
    can_redo_project: bool = False
    prediction: bool = False
    labelled: bool = False
    camera_mask: bool = False
    running: bool = False
    detached: bool = False
    can_continue: bool = False
    run_shown: bool = False
    polygon: bool = False

    @property
    def paintable(self) -> bool:
        """Whether a stroke could be painted here and now."""
        return self.writable and self.frame


EnabledWhen = Callable[[Situation], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionSpec:
    """One verb: its id, its words, its keys, and when it makes sense.

    `keys` are Qt portable key names, the first one is shown, and count in `scope`; the icon
    has the name of the id. `divider` starts a new group in the menu.
    """

    id: str
    text: Message
    tip: Message
    menu: Menu = Menu.HELP
    keys: tuple[str, ...] = ()
    scope: Scope = Scope.WINDOW
    checkable: bool = False
    divider: bool = False
    when: EnabledWhen

    def __post_init__(self) -> None:
        if not self.id or self.id.lower() != self.id:
            raise ValueError(f"an action id is lowercase and dotted: {self.id!r}")


CLASS_KEYS = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "0")
"""Keys of the first ten classes in display order; with Shift the next ten."""


def class_key(position: int) -> str:
    """Key of the class at a display position (from 0); empty from the 21st on."""
    if position < 10:
        return CLASS_KEYS[position]
    return f"Shift+{CLASS_KEYS[position - 10]}" if position < 20 else ""


CLASS_PLACES = 2 * len(CLASS_KEYS)
"""How many classes have a key of their own."""


def class_action(position: int) -> str:
    """The id under which a key map knows the class at a display position, from 0."""
    return f"class.place_{position + 1}"


def clashes(specs: tuple[ActionSpec, ...]) -> list[tuple[str, str, str]]:
    """Keys that two actions claim in scopes that overlap: (key, id, id). Empty when all is well."""
    owners: dict[str, list[ActionSpec]] = {}
    found: list[tuple[str, str, str]] = []
    for spec in specs:
        for key in spec.keys:
            others = owners.setdefault(key.casefold(), [])
            first = next((each for each in others if each.scope.overlaps(spec.scope)), spec)
            if first is not spec:
                found.append((key, first.id, spec.id))
            others.append(spec)
    return found
