"""Why an action is off: which fact of the situation would have to be another one."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from s4gui.core.messages import say
from s4gui.workbench.actions import EnabledWhen, Situation

_ENDS = frozenset({"running", "detached"})
"""Facts that actions may also want not to be the case."""


def why_off(when: EnabledWhen, now: Situation) -> str:
    """In a few words what is missing for an action; empty if it makes sense now.

    The first fact whose change alone would do; else the first of all those that would.
    """
    if when(now):
        return ""
    names = [each.name for each in fields(Situation)]
    for name in names:
        if when(_other(now, name)):
            return _reason(name, now)
    missing = [name for name in names if not getattr(now, name)]
    for wanted in ([name for name in missing if name not in _ENDS], missing):
        whole = now
        for name in wanted:
            whole = _other(whole, name)
        if when(whole):
            needed = [name for name in wanted if not when(_other(whole, name))]
            return _reason(needed[0] if needed else wanted[0], now)
    return say("off.now", "Not just now")


def _other(now: Situation, name: str) -> Situation:
    held: Any = getattr(now, name)
    change: dict[str, Any] = {name: not held if isinstance(held, bool) else int(not held)}
    return replace(now, **change)


def _reason(name: str, now: Situation) -> str:
    if getattr(now, name):
        return {
            "running": say("off.running", "A run is going on"),
            "detached": say("off.detached", "The run is detached already"),
        }.get(name, say("off.now", "Not just now"))
    if not now.project:
        return say("off.project", "No project is open")
    return {
        "writable": say("off.writable", "The project is open read-only"),
        "frame": say("off.frame", "No image is shown"),
        "classes": say("off.classes", "There are no classes yet"),
        "can_undo": say("off.can_undo", "Nothing to take back in this image"),
        "can_redo": say("off.can_redo", "Nothing to do again in this image"),
        "prediction": say("off.prediction", "This image has no prediction yet"),
        "labelled": say("off.labelled", "Nothing is labelled yet"),
        "running": say("off.not_running", "No run is going on"),
        "can_continue": say("off.can_continue", "There is no run to continue"),
        "run_shown": say("off.run_shown", "No run is shown"),
        "polygon": say("off.polygon", "No polygon is begun"),
    }.get(name, say("off.now", "Not just now"))
