"""RunFolder: where a run keeps its recipe, snapshots, events, checkpoints and predictions."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from s4gui.core.errors import ProjectError
from s4gui.core.recipe import Recipe
from s4gui.store import names
from s4gui.store.atomic import sync_folder, write_atomic

_NUMBER = re.compile(r"^\d{4,}$")


@dataclass(frozen=True, slots=True)
class RunCard:
    """What a run was asked to do, beside its recipe; written once, at its start."""

    number: int
    project: str  # its name
    made_at: str  # ISO 8601, UTC
    snapshot: str  # folder below snapshots/
    warm_start: str = ""  # checkpoint it begins from, relative to the project's folder
    watch: tuple[str, ...] = ()  # frames to predict from the start
    note: str = ""
    version: str = field(default="")


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The folder `runs/NNNN` of one run. Making it (an atomic mkdir) is what claims the number."""

    path: Path

    @property
    def number(self) -> int:
        """The run's number."""
        return int(self.path.name)

    @property
    def events(self) -> Path:
        """Every event of the run, one JSON line each."""
        return self.path / "events.jsonl"

    @property
    def commands(self) -> Path:
        """Commands for a detached worker, one JSON line each, appended."""
        return self.path / "commands.jsonl"

    @property
    def worker(self) -> Path:
        """Who works on the run: pid, host, started."""
        return self.path / "worker.json"

    @property
    def log(self) -> Path:
        """What the worker wrote to stderr."""
        return self.path / "stderr.log"

    @property
    def checkpoints(self) -> Path:
        """One folder for each checkpoint, `step-000200`."""
        return self.path / "checkpoints"

    @property
    def predictions(self) -> Path:
        """Prediction files."""
        return self.path / "predictions"

    @property
    def snapshots(self) -> Path:
        """One folder for each snapshot the run learned from."""
        return self.path / "snapshots"

    def snapshot(self) -> Path:
        """The folder of the snapshot the run begins with."""
        return self.snapshots / self.read_card().snapshot

    def checkpoint(self, step: int) -> Path:
        """The folder of the checkpoint of a step."""
        return self.checkpoints / f"step-{step:06d}"

    def last_checkpoint(self) -> Path | None:
        """The newest checkpoint folder that is whole; None if there is none."""
        found = sorted(self.checkpoints.glob("step-*/checkpoint.json"))
        return found[-1].parent if found else None

    def prediction(self, frame_id: str, step: int) -> Path:
        """The prediction file of a frame at a step (its step in its name)."""
        return self.predictions / f"{names.flat(frame_id)}.step-{step:06d}.s4p"

    def read_card(self) -> RunCard:
        """What the run was asked to do; ProjectError if the file is damaged."""
        raw = self._read("run.json")
        try:
            raw["watch"] = tuple(raw.get("watch", ()))
            return RunCard(**raw)
        except TypeError as error:
            raise self._damaged("run.json", error) from error

    def read_recipe(self) -> Recipe:
        """The run's recipe; RecipeError or ProjectError if the file is wrong."""
        return Recipe.from_json(self._read("recipe.json"))

    def write(self, card: RunCard, recipe: Recipe) -> None:
        """Write recipe.json and run.json, in this order: a run with a card is complete."""
        write_atomic(self.path / "recipe.json", _json(recipe.to_json()))
        write_atomic(self.path / "run.json", _json(asdict(card)))

    def _read(self, name: str) -> dict[str, Any]:
        try:
            raw = json.loads((self.path / name).read_bytes())
        except (OSError, ValueError) as error:
            raise self._damaged(name, error) from error
        if not isinstance(raw, dict):
            raise self._damaged(name, TypeError("not an object"))
        return raw

    def _damaged(self, name: str, error: Exception) -> ProjectError:
        return ProjectError(
            "run.damaged",
            "Run {run}: {name} cannot be read ({reason})",
            hint="Start a new run; the labels are not touched",
            run=self.path.name,
            name=name,
            reason=str(error),
        )


def claim(runs: Path) -> RunFolder:
    """Make the next free `runs/NNNN` with its folders; safe against others doing the same."""
    runs.mkdir(parents=True, exist_ok=True)
    number = max((each.number for each in all_runs(runs)), default=0)
    while True:
        number += 1
        folder = runs / f"{number:04d}"
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        for name in ("checkpoints", "predictions", "snapshots"):
            (folder / name).mkdir()
        sync_folder(runs)
        return RunFolder(folder)


def all_runs(runs: Path) -> list[RunFolder]:
    """All runs of a project by number."""
    if not runs.is_dir():
        return []
    found = [each for each in runs.iterdir() if each.is_dir() and _NUMBER.match(each.name)]
    return [RunFolder(each) for each in sorted(found, key=lambda each: int(each.name))]


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()
