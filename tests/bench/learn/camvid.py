"""A supervised run on scribbles of a few CamVid images, scored on full masks."""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from s4gui.core.classes import VOID, ClassMap, LabelClass
from s4gui.core.frames import Frame, Split
from s4gui.core.recipe import Recipe
from s4gui.core.scores import ConfusionMatrix
from s4gui.learn import checkpoints, loop
from s4gui.learn.build import make_generator
from s4gui.learn.predict import Predictor
from s4gui.store import images, runs, snapshots
from s4gui.store.runs import RunCard, RunFolder
from s4gui.store.snapshots import SnapshotFrame
from s4gui.wire.events import CheckpointSaved, Event, Finished, RunStarted, StepDone, Validated

NAMES = (
    *("Sky", "Building", "Pole", "Road", "Pavement", "Tree"),
    *("SignSymbol", "Fence", "Car", "Pedestrian", "Bicyclist"),
)
CLASSES = ClassMap(tuple(LabelClass(i, name, (i, i, i)) for i, name in enumerate(NAMES)))
SHAPE = (360, 480)
CAMVID_VOID = 11
EVERY = 6


@dataclass(frozen=True)
class Quiet:
    """Keeps the events that matter and commands nothing."""

    events: list[Event]

    def __call__(self, event: Event) -> None:
        if not isinstance(event, StepDone) or event.step % 10 == 0:
            self.events.append(event)

    def take(self, wait_seconds: float) -> None:
        return None


def mask(path: Path) -> np.ndarray:
    """A CamVid mask (H, W) uint8 as class ids, VOID and UNLABELLED (255 there too)."""
    labels = np.array(Image.open(path))
    labels[labels == CAMVID_VOID] = VOID
    return labels


def make_run(data: Path, folder: Path, recipe: Recipe, *, labelled_set: str) -> RunFolder:
    """A run on all train frames of CamVid, the set's with scribbles; val frames with masks."""
    chosen = stems(data, labelled_set)
    frames = []
    for path in sorted((data / "train").glob("*.png")):
        labels = mask(data / "train_scribbles" / path.name) if path.stem in chosen else None
        frames.append(SnapshotFrame(Frame("train", path.name, *SHAPE), labels, None))
    for path in sorted((data / "val").glob("*.png")):
        frame = Frame("val", path.name, *SHAPE, Split.VAL)
        frames.append(SnapshotFrame(frame, None, mask(data / "valannot" / path.name)))
    run = runs.claim(folder / "runs")
    roots = {"train": data / "train", "val": data / "val"}
    name = snapshots.write(run.snapshots, CLASSES, roots, frames)
    run.write(RunCard(run.number, "camvid", "", name), recipe)
    return run


def stems(data: Path, labelled_set: str) -> set[str]:
    """The images of a set."""
    lines = (data / "sets" / f"{labelled_set}.txt").read_text().split()
    return {Path(line).stem for line in lines}


def on_other_train_frames(
    data: Path, run: RunFolder, *, labelled_set: str
) -> dict[str, float | None]:
    """Mean IoU by way of predicting, on every sixth train frame outside the set.

    To choose recipes by, so that val is only looked at in the end.
    """
    path = run.last_checkpoint()
    assert path is not None
    checkpoint = checkpoints.read(path)
    recipe = checkpoint.card.recipe
    tilt = checkpoint.card.tilt
    ways = {
        "as recipe": (recipe, tilt),
        "none": (recipe.but(refine="none"), ()),
        "guided": (recipe.but(refine="guided"), ()),
        "colours": (recipe.but(refine="colours"), ()),
    }
    outside = [p for p in sorted((data / "train").glob("*.png"))]
    outside = [p for p in outside if p.stem not in stems(data, labelled_set)][::EVERY]
    found: dict[str, float | None] = {}
    for name, (way, tilted) in ways.items():
        network = make_generator(way, classes=len(CLASSES))
        network.load_state_dict(checkpoint.weights)
        predictor = Predictor(
            network.eval(),
            class_ids=CLASSES.from_train(),
            recipe=way,
            device=torch.device("cpu"),
            tilt=tilted,
        )
        matrix = ConfusionMatrix(CLASSES.ids)
        for image in outside:
            answer = predictor.predict(images.read_pixels(image), origin="bench")
            matrix.add(mask(data / "trainannot" / image.name), answer.classes)
        found[name] = round(matrix.mean_iou() or 0.0, 4)
    return found


def measure(
    data: Path, recipe: Recipe, *, labelled_set: str, choosing: bool, keep: Path | None = None
) -> dict:
    """Do the run in a temporary folder; a record of what was done and what came out."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = keep or temporary
        run = make_run(data, Path(folder), recipe, labelled_set=labelled_set)
        heard = Quiet([])
        before = time.perf_counter()
        loop.run(run, heard, heard)
        wall = time.perf_counter() - before
        others = on_other_train_frames(data, run, labelled_set=labelled_set) if choosing else {}
    started = next(each for each in heard.events if isinstance(each, RunStarted))
    validated = [each for each in heard.events if isinstance(each, Validated)]
    steps = [each for each in heard.events if isinstance(each, StepDone)]
    assert any(isinstance(each, Finished) for each in heard.events)
    assert any(isinstance(each, CheckpointSaved) for each in heard.events)
    last = validated[-1]
    return {
        "bench": "camvid",
        "set": labelled_set,
        "mean_iou": round(last.mean_iou, 4),
        "pixel_accuracy": round(last.pixel_accuracy, 4),
        "iou": {n: round(v, 3) for n, v in zip(NAMES, last.iou, strict=True)},
        "false_positive_px": dict(zip(NAMES, last.false_positive_px, strict=True)),
        "support_px": dict(zip(NAMES, last.support_px, strict=True)),
        "other_train": others,
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
