"""Tasks: one arm on one split with one seed and one budget; done once, found again by hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from s4gui.core.errors import RecipeError
from s4gui.core.recipe import Recipe
from s4gui.store import resources
from tests.bench.methods.arms import BASE, Arm

ALWAYS = {"device": "cpu", "threads": 1, "validate_every": 1_000_000, "checkpoint_every": 1_000_000}
Record = dict[str, Any]


@dataclass(frozen=True, order=True)
class Budget:
    """So many steps, or as many as fill so many seconds of the processor at the arm's cost."""

    kind: str  # "steps" or "seconds"
    amount: float

    def __str__(self) -> str:
        return f"{self.amount:g} {self.kind}"


@dataclass(frozen=True)
class Task:
    """What one subprocess does. `base` are the recipe's values before the arm's changes."""

    arm: Arm
    split: str
    seed: int
    budget: Budget
    base: Mapping[str, Any]

    @property
    def asked(self) -> dict[str, Any]:
        """All that decides the outcome but the code; tasks of like content are one."""
        return {
            "data": self.arm.data,
            "split": self.split,
            "seed": self.seed,
            "budget": [self.budget.kind, self.budget.amount],
            "recipe": {**self.base, **self.arm.changes},
            "settings": dict(self.arm.settings),
        }

    @property
    def id(self) -> str:
        """The hash of what is asked."""
        plain = json.dumps(self.asked, sort_keys=True)
        return hashlib.sha256(plain.encode()).hexdigest()[:16]

    @property
    def title(self) -> str:
        """For a person."""
        arm = self.arm
        return f"{arm.step} {arm.data} {arm.name!r}, {self.split}, seed {self.seed}, {self.budget}"

    def recipe(self) -> Recipe:
        """The run's recipe, but for a budget in seconds, which is measured first.

        RecipeError if this version does not know a choice of the arm.
        """
        raw = {**self.base, **self.arm.changes, "seed": self.seed}
        steps = int(self.budget.amount) if self.budget.kind == "steps" else 1
        return Recipe.from_json(raw | {"steps": steps})

    def problem(self) -> str:
        """Why it cannot be run in this version; empty if it can."""
        try:
            self.recipe()
        except RecipeError as error:
            return str(error)
        return ""


def base_values(recipe: str = "", but: Iterable[str] = ()) -> dict[str, Any]:
    """The values that arms change: BASE or a ready recipe's, and choices such as "width=32"."""
    raw = dict(BASE)
    if recipe:
        raw = json.loads(resources.find(f"recipes/{recipe}.json").read_text(encoding="utf-8"))
    raw |= ALWAYS | choices(but)
    unused = {"name", "description", "steps", "epochs", "seconds", "seed"}
    return {key: value for key, value in raw.items() if key not in unused}


def choices(given: Iterable[str]) -> dict[str, Any]:
    """ "width=32" and the like by name; values are JSON, or else words."""
    found: dict[str, Any] = {}
    for choice in given:
        key, _, text = choice.partition("=")
        try:
            found[key] = json.loads(text)
        except ValueError:
            found[key] = text
    return found


def plan(
    arms: Sequence[Arm],
    *,
    splits: Sequence[str],
    seeds: Sequence[int],
    budgets: Sequence[Budget],
    base: Mapping[str, Any],
    order: Sequence[str] = (),
    seed_first: bool = True,
) -> list[Task]:
    """All tasks, each once, those first that an earlier pattern of `order` names.

    Patterns are steps, names, data sets or "step:name:data" with * for anything. Then seed by
    seed, so that every arm has one before any has two; or else arm by arm.
    """

    def rank(arm: Arm) -> int:
        return next((i for i, each in enumerate(order) if matches(arm, each)), len(order))

    ranked = sorted(arms, key=rank)
    keys = [(seed, arm) for seed in seeds for arm in ranked]
    if seed_first:
        keys.sort(key=lambda key: (rank(key[1]), key[0]))
    else:
        keys = [(seed, arm) for arm in ranked for seed in seeds]
    found: dict[str, Task] = {}
    for budget in budgets:
        for split in splits:
            for seed, arm in keys:
                task = Task(arm, split, seed, budget, base)
                found.setdefault(task.id, task)
    return list(found.values())


def matches(arm: Arm, pattern: str) -> bool:
    """Whether a pattern names the arm: its step, name, data set, or "step:name:data"."""
    if ":" in pattern:
        parts = pattern.split(":")
        values = (str(arm.step), arm.name, arm.data)
        return all(fnmatch(v, p or "*") for v, p in zip(values, parts, strict=False))
    return any(fnmatch(value, pattern) for value in (str(arm.step), arm.name, arm.data))


def read_record(path: Path) -> dict[str, Record]:
    """Finished runs by task id, the last line of each; a torn last line is not one."""
    found: dict[str, Record] = {}
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                record = json.loads(line)
            except ValueError:
                continue
            if record.get("bench") == "methods":
                found[record["id"]] = record
    return found


def is_done(record: Mapping[str, Record], task: Task) -> bool:
    """Whether a finished run of the task is on record; failed ones are tried again."""
    return "mean_iou" in record.get(task.id, {})


def append(path: Path, record: Record) -> None:
    """Add one line; a line torn by a crash is ended first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torn = path.exists() and path.stat().st_size and path.read_bytes()[-1:] != b"\n"
    with path.open("a", encoding="utf-8") as file:
        file.write(("\n" if torn else "") + json.dumps(record) + "\n")
