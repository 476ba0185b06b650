"""How a verb of the window is written down, and when one makes sense."""

from __future__ import annotations

from dataclasses import replace

from s4gui.core.messages import Message
from s4gui.workbench.actions import ActionSpec, EnabledWhen, Menu, Scope, Situation


def act(
    action_id: str,
    when: EnabledWhen,
    text: str,
    tip: str,
    keys: str = "",
    *,
    scope: Scope | None = None,
    checkable: bool = False,
    divider: bool = False,
) -> ActionSpec:
    """A verb: its id, when it makes sense, its words, tip and keys (by blanks).

    Where no scope is given, its keys count in the window; Tab counts on the canvas only.
    """
    if scope is None:
        is_tab = any(each.endswith("Tab") for each in keys.split())
        scope = Scope.CANVAS if is_tab else Scope.WINDOW
    return ActionSpec(
        id=action_id,
        text=Message(f"action.{action_id}", text),
        tip=Message(f"action.{action_id}.tip", tip),
        keys=tuple(keys.split()),
        scope=scope,
        checkable=checkable,
        divider=divider,
        when=when,
    )


def of_menu(menu: Menu, *specs: ActionSpec) -> tuple[ActionSpec, ...]:
    """The verbs, put into a menu."""
    return tuple(replace(spec, menu=menu) for spec in specs)


def always(_: Situation) -> bool:
    """It always makes sense."""
    return True


def project(now: Situation) -> bool:
    """A project is open."""
    return now.project


def writable(now: Situation) -> bool:
    """A project is open and may be changed."""
    return now.writable


def frame(now: Situation) -> bool:
    """An image is shown."""
    return now.frame


def paintable(now: Situation) -> bool:
    """A stroke could be painted."""
    return now.paintable


def running(now: Situation) -> bool:
    """A run is going on."""
    return now.running
