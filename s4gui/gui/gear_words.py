"""How a run computes, in words: what it was told, or what its probe found to pay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from s4gui.core.messages import say
from s4gui.core.recipe import PRECISIONS
from s4gui.gui.recipe_choices import precision_name

_PLAIN = {"precision": "fp32", "memory_format": "contiguous", "compiled": "off"}


def summary(resolved: Mapping[str, Any]) -> str:
    """A sentence on how the networks of a run compute; empty where that is as ever, unprobed.

    `resolved` is what the run wrote down at its start; of an older version or damaged, it says
    nothing.
    """
    probe = resolved.get("probe")
    if isinstance(probe, Mapping) and _tried(probe):
        chosen, first, best = _gear(probe.get("chosen")), _tried(probe)[0], None
        for trial in _tried(probe):
            if _gear(trial) == chosen:
                best = trial.get("ms")
        plain = first.get("ms")
        name = gear_name(chosen)
        if best is None or plain is None:
            return say("gear.unsure", "Computes: {gear}; too little time to compare", gear=name)
        if chosen == _gear(first):
            return say(
                "gear.nothing_pays",
                "Computes: {gear}; nothing tried beats {ms} ms a step",
                gear=name,
                ms=_ms(plain),
            )
        return say(
            "gear.pays",
            "Computes: {gear}; {ms} ms a step against {plain}",
            gear=name,
            ms=_ms(best),
            plain=_ms(plain),
        )
    recipe = resolved.get("recipe")
    chosen = _gear(recipe)
    if not isinstance(recipe, Mapping) or chosen == _PLAIN:
        return ""
    return say("gear.told", "Computes: {gear}, as the recipe says", gear=gear_name(chosen))


def trials(resolved: Mapping[str, Any]) -> str:
    """What was tried, a line each; empty without a probe."""
    probe = resolved.get("probe")
    lines = []
    for trial in _tried(probe) if isinstance(probe, Mapping) else ():
        name, ms = gear_name(_gear(trial)), trial.get("ms")
        if ms is None:
            why = str(trial.get("failed") or "")
            lines.append(say("gear.trial_failed", "{gear}: {why}", gear=name, why=why))
        else:
            lines.append(say("gear.trial", "{gear}: {ms} ms a step", gear=name, ms=_ms(ms)))
    return "\n".join(lines)


def gear_name(gear: Mapping[str, str]) -> str:
    """A gear in a few words."""
    precision = gear["precision"]
    parts = [precision_name(precision) if precision in PRECISIONS[1:] else precision]
    if gear["memory_format"] == "channels_last":
        parts.append(say("gear.in_channels_last", "channels last"))
    if gear["compiled"] == "on":
        parts.append(say("gear.in_compiled", "compiled"))
    return ", ".join(parts)


def _gear(raw: object) -> dict[str, str]:
    found = raw if isinstance(raw, Mapping) else {}
    plain = {name: found.get(name, value) for name, value in _PLAIN.items()}
    return {name: _PLAIN[name] if v == "auto" else str(v) for name, v in plain.items()}


def _tried(probe: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = probe.get("trials")
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def _ms(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, int | float) else str(value)
