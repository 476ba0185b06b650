"""A supervised run on scribbles of a few CamVid images, scored on full masks."""

from __future__ import annotations

import json
import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from s4gui.core.classes import VOID, ClassMap, LabelClass
from s4gui.core.frames import Frame, Split
from s4gui.core.recipe import Recipe
from s4gui.learn import loop
from s4gui.store import runs, snapshots
from s4gui.store.runs import RunCard, RunFolder
from s4gui.store.snapshots import SnapshotFrame
from s4gui.wire.events import CheckpointSaved, Event, Finished, RunStarted, StepDone, Validated

NAMES = "Sky Building Pole Road Pavement Tree SignSymbol Fence Car Pedestrian Bicyclist".split()
SHAPE = (360, 480)
CAMVID_VOID = 11
EVERY = 6


@dataclass(frozen=True)
class Quiet:
    """Keeps the events that matter and commands nothing."""

    events: list[Event]

    def __call__(self, event: Event) -> None:
        if not isinstance(event, StepDone) or event.step % 50 == 0:
            self.events.append(event)

    def take(self, wait_seconds: float) -> None:
        return None


def mask(path: Path) -> np.ndarray:
    """A CamVid mask (H, W) uint8 as class ids, VOID and UNLABELLED (255 there too)."""
    labels = np.array(Image.open(path))
    labels[labels == CAMVID_VOID] = VOID
    return labels


def make_run(
    data: Path, folder: Path, recipe: Recipe, *, labelled_set: str, score_on: str
) -> RunFolder:
    """A run whose train frames are all of CamVid's; the set's have scribbles.

    `score_on` is "val", or "train": every sixth of the train frames outside the set, to choose
    by without looking at val.
    """
    chosen = set((data / "sets" / f"{labelled_set}.txt").read_text().split())
    chosen = {Path(name).stem for name in chosen}
    frames = []
    others = 0
    for path in sorted((data / "train").glob("*.png")):
        scores = None
        if path.stem not in chosen:
            others += 1
            if score_on == "train" and others % EVERY == 0:
                scores = mask(data / "trainannot" / path.name)
        train = mask(data / "train_scribbles" / path.name) if path.stem in chosen else None
        split = Split.VAL if scores is not None else Split.TRAIN
        frames.append(SnapshotFrame(Frame("train", path.name, *SHAPE, split), train, scores))
    if score_on == "val":
        for path in sorted((data / "val").glob("*.png")):
            frame = Frame("val", path.name, *SHAPE, Split.VAL)
            frames.append(SnapshotFrame(frame, None, mask(data / "valannot" / path.name)))
    classes = ClassMap(tuple(LabelClass(i, n, (i, i, i)) for i, n in enumerate(NAMES)))
    run = runs.claim(folder / "runs")
    roots = {"train": data / "train", "val": data / "val"}
    name = snapshots.write(run.snapshots, classes, roots, frames)
    run.write(RunCard(run.number, "camvid", "", name), recipe)
    return run


def measure(data: Path, recipe: Recipe, *, labelled_set: str, score_on: str) -> dict:
    """Do the run in a temporary folder; a record of what was done and what came out."""
    with tempfile.TemporaryDirectory() as folder:
        run = make_run(data, Path(folder), recipe, labelled_set=labelled_set, score_on=score_on)
        heard = Quiet([])
        before = time.perf_counter()
        loop.run(run, heard, heard)
        wall = time.perf_counter() - before
    started = next(each for each in heard.events if isinstance(each, RunStarted))
    validated = [each for each in heard.events if isinstance(each, Validated)]
    steps = [each for each in heard.events if isinstance(each, StepDone)]
    assert any(isinstance(each, Finished) for each in heard.events)
    assert any(isinstance(each, CheckpointSaved) for each in heard.events)
    last = validated[-1]
    return {
        "bench": "camvid",
        "set": labelled_set,
        "scored_on": score_on,
        "mean_iou": round(last.mean_iou, 4),
        "pixel_accuracy": round(last.pixel_accuracy, 4),
        "iou": {n: round(v, 3) for n, v in zip(NAMES, last.iou, strict=True)},
        "curve": [[each.step, round(each.mean_iou, 4)] for each in validated],
        "ce": [[each.step, round(each.losses["ce"], 3)] for each in steps],
        "steps": started.total_steps,
        "train_seconds": round(steps[-1].seconds, 1),
        "wall_seconds": round(wall, 1),
        "labelled_frames": started.labelled_frames,
        "unlabelled_frames": started.unlabelled_frames,
        "load": os.getloadavg()[0],
        "recipe": started.resolved["recipe"],
    }
