"""Probing: short timed trials before a run that say which gear pays."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

from s4gui.core.messages import Message
from s4gui.core.recipe import Recipe
from s4gui.learn.device import Device, is_out_of_memory
from s4gui.learn.gear import Gear

WARM_STEPS, TIMED_STEPS, ENOUGH_STEPS = 3, 9, 3
SECONDS = 30.0
SHARE = 0.05
"""Of a budget in seconds, at most."""
PAYS = 0.95
"""A gear must need at most so much of the time of the one before it."""

FAILURES = (RuntimeError, ArithmeticError, ImportError, OSError, MemoryError)
"""What compilers, kernels and memory fail with; an S4Error is none of it and ends the run."""


Step = Callable[[Gear, int, float], None]
"""Does step number n in a gear, and returns when the device is done. Compiling may go on until
the third, a time of the clock."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One gear tried: median ms of its timed steps, seconds of its warm-up, or why not."""

    gear: Gear
    ms: float | None = None
    steps: int = 0
    warm_seconds: float = 0.0
    failed: str = ""

    def facts(self) -> dict[str, Any]:
        """Plain values for the run's record."""
        facts: dict[str, Any] = {**self.gear.choices(), "steps": self.steps}
        facts["ms"] = None if self.ms is None else round(self.ms, 3)
        facts["warm_seconds"] = round(self.warm_seconds, 3)
        return facts | ({"failed": self.failed} if self.failed else {})


@dataclass(frozen=True, slots=True)
class Found:
    """A recipe with all choices of a gear made, the trials behind them, and what is to be said."""

    recipe: Recipe
    trials: tuple[Trial, ...] = ()
    notices: tuple[Message, ...] = ()

    def facts(self) -> dict[str, Any]:
        """For the run's record: each trial, and which was chosen; nothing without trials."""
        if not self.trials:
            return {}
        chosen = Gear.of(self.recipe).choices()
        return {"probe": {"chosen": chosen, "trials": [each.facts() for each in self.trials]}}


def choose(
    recipe: Recipe,
    device: Device,
    step: Step,
    *,
    planned: Callable[[float], float],
    now: Callable[[], float] = time.perf_counter,
) -> Found:
    """Make the choices that a recipe leaves open, by trials (see `probe`) if there are any.

    Raises what the first trial, in the gear the recipe begins with, raises.
    """
    recipe, notices = compilable(recipe, step)
    gear, trials = Gear.of(recipe), list[Trial]()
    choices = open_choices(recipe, device)
    if choices:
        seconds = allowed_seconds(recipe)
        gear, trials = probe(gear, choices, step, seconds=seconds, planned=planned, now=now)
    return Found(recipe.but(**gear.choices()), tuple(trials), tuple(notices))


def compilable(recipe: Recipe, step: Step) -> tuple[Recipe, list[Message]]:
    """The recipe, not compiled if that fails here (there is no compiler), and what is said then.

    One step is done to find out, if compiling is asked for.
    """
    if recipe.compiled != "on":
        return recipe, []
    try:
        step(Gear.of(recipe), 0, math.inf)
    except FAILURES as error:
        if is_out_of_memory(error):
            return recipe, []  # the ladder's, where it is met again
        notice = Message(
            "gear.not_compiled",
            "The network could not be compiled and is used as it is: {reason}",
            {"reason": _reason(error)},
        )
        return recipe.but(compiled="off"), [notice]
    return recipe, []


def open_choices(recipe: Recipe, device: Device) -> list[tuple[str, str]]:
    """What a recipe leaves open and the device could do, (name, value) each, in order."""
    half = "bf16" if device.has_bf16 else "fp16"
    could = [("memory_format", "channels_last"), ("compiled", "on")]
    if device.is_cuda or half == "bf16":
        could.insert(0, ("precision", half))
    return [(name, value) for name, value in could if getattr(recipe, name) == "auto"]


def allowed_seconds(recipe: Recipe) -> float:
    """How long all trials of a run may take together.

    No trial begins afterwards and none goes on; a step is not interrupted, nor is the compiler in
    one network, but it begins no other one.
    """
    if recipe.steps or recipe.epochs:
        return SECONDS
    return min(SECONDS, SHARE * recipe.seconds)


def probe(
    start: Gear,
    choices: Sequence[tuple[str, str]],
    step: Step,
    *,
    seconds: float,
    planned: Callable[[float], float],
    now: Callable[[], float] = time.perf_counter,
) -> tuple[Gear, list[Trial]]:
    """The gear to use, and all trials in their order.

    Each choice is tried on top of those that paid before it. An error of the starting gear is
    raised, one of another gear speaks against it. planned: how many steps a run of so many
    seconds a step has; a warm-up (a compiler's) must be earned back by then.
    """
    until = now() + seconds
    best = _tried(start, step, until, now)
    if isinstance(best, Exception):
        raise best
    trials = [best]
    for name, value in choices:
        gear = replace(best.gear, **{name: value})
        if best.ms is None or now() >= until:
            trials.append(Trial(gear, failed="there was no time for it"))
            continue
        found = _tried(gear, step, until, now)
        if isinstance(found, Exception):
            found = Trial(gear, failed=_reason(found))
        trials.append(found)
        if _pays(found, best, planned):
            best = found
    return best.gear, trials


def _pays(new: Trial, old: Trial, planned: Callable[[float], float]) -> bool:
    if new.ms is None or old.ms is None or new.ms > PAYS * old.ms:
        return False
    saved = (old.ms - new.ms) / 1000 * planned(old.ms / 1000)
    return saved > new.warm_seconds - old.warm_seconds


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"


def _tried(gear: Gear, step: Step, until: float, now: Callable[[], float]) -> Trial | Exception:
    times: list[float] = []
    while len(times) < WARM_STEPS + TIMED_STEPS and (not times or now() < until):
        before = now()
        try:
            step(gear, len(times), until if len(times) < WARM_STEPS else math.inf)
        except FAILURES as error:
            # Without its frames: they hold on to the memory of the step.
            return error.with_traceback(None)
        times.append(now() - before)
    timed = times[WARM_STEPS:]
    ms = 1000 * median(timed) if len(timed) >= ENOUGH_STEPS else None
    failed = "" if ms is not None else "there was no time for it"
    return Trial(gear, ms, len(timed), sum(times[:WARM_STEPS]), failed)
