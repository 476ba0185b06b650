"""One task done: its run, its cost, its scores, and on what machine."""

from __future__ import annotations

import os
import platform
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import fmean, median
from typing import Any
from unittest.mock import patch

import numpy as np
import torch

from s4gui.core.classes import UNLABELLED
from s4gui.core.frames import Frame, Split
from s4gui.core.scores import ConfusionMatrix
from s4gui.learn import batches, build, checking, checkpoints, judging, loop, predicting, setup
from s4gui.learn.checkpoints import Checkpoint
from s4gui.learn.nets.discriminator import Discriminator
from s4gui.learn.schedule import Progress
from s4gui.learn.strategies import s4gan, s4gan_mlmt
from s4gui.learn.views import Batch
from s4gui.store import images, runs, snapshots
from s4gui.store.runs import RunCard, RunFolder
from s4gui.store.snapshots import SnapshotFrame
from s4gui.wire.events import Event, Notice, StepDone
from tests.bench.learn.camvid import CLASSES, NAMES
from tests.bench.methods import data, pseudo
from tests.bench.methods.arms import FUSED
from tests.bench.methods.data import Image
from tests.bench.methods.tasks import Record, Task

PROBED, THROWN_AWAY = 12, 3


class Quiet:
    """Keeps the steps' facts and what the run had to say, and commands nothing."""

    def __init__(self) -> None:
        self.steps: list[StepDone] = []
        self.notices: list[Notice] = []

    def __call__(self, event: Event) -> None:
        if isinstance(event, StepDone):
            self.steps.append(event)
        elif isinstance(event, Notice):
            self.notices.append(event)

    def take(self, wait_seconds: float) -> None:
        return None


def perform(task: Task, root: Path) -> Record:
    """Train, score and describe one task; everything in a temporary folder."""
    before, load = time.perf_counter(), os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as temporary, _set(task):
        run = make_run(task, root, Path(temporary))
        cost = _step_cost(run, task)
        steps = int(
            task.budget.amount if task.budget.kind == "steps" else task.budget.amount / cost
        )
        recipe = task.recipe().but(steps=max(1, steps))
        run.write(run.read_card(), recipe)
        with _watched(task, root, run, Path(temporary)) as pseudo_labels:
            heard, processor = Quiet(), time.process_time()
            loop.run(run, heard, heard)
            processor = time.process_time() - processor
        scores = _scores(task, root, run)
    seen = data.labelled(root, task.arm.data, task.split, task.seed)
    return {
        **describe(task),
        **scores,
        "steps": recipe.steps,
        "step_cpu_seconds": round(cost, 5),
        "train_seconds": round(heard.steps[-1].seconds, 1),
        "cpu_seconds": round(processor, 1),
        "wall_seconds": round(time.perf_counter() - before, 1),
        "losses": _last(heard.steps, lambda each: each.losses),
        "rates": _last(heard.steps, lambda each: each.rates),
        "pseudo_labels": None if pseudo_labels is None else pseudo_labels.to_json(),
        "notices": [[each.step, each.message_id] for each in heard.notices],
        "labelled_images": len(seen),
        "pool_images": len(data.pool(root, task.split)),
        "recipe_used": recipe.to_json(),
        "machine": machine() | {"load_before": load, "load_after": os.getloadavg()[0]},
    }


@contextmanager
def _watched(task: Task, root: Path, run: RunFolder, folder: Path) -> Iterator[pseudo.Tally | None]:
    """What the run teaches itself with, counted; None if unlabelled images teach nothing."""
    if not run.read_recipe().uses_unlabelled:
        yield None
        return
    probe = pseudo.Probe(pseudo.Truth(run, root, task.split, folder))
    with pseudo.heeded(probe):
        yield probe.tally


def describe(task: Task) -> Record:
    """What a record says of the task itself, also when it failed."""
    return {
        "bench": "methods",
        "id": task.id,
        "step": task.arm.step,
        "name": task.arm.name,
        "against": task.arm.against,
        **task.asked,
    }


def make_run(task: Task, root: Path, folder: Path) -> RunFolder:
    """A run on the task's images; the scored ones are not in it, so nothing can look at them."""
    taught = {each.stem for each in data.labelled(root, task.arm.data, task.split, task.seed)}
    frames = []
    for image in data.pool(root, task.split):
        mask = None
        if image.stem in taught:
            mask = data.labels(root, task.arm.data, image, task.seed)
        shape = mask.shape if mask is not None else data.reference(root, image).shape
        frame = Frame("train", f"{image.stem}.png", *shape, Split.TRAIN)
        frames.append(SnapshotFrame(frame, mask, None))
    run = runs.claim(folder / "runs")
    name = snapshots.write(run.snapshots, CLASSES, {"train": root / "train"}, frames)
    run.write(RunCard(run.number, "methods", "", name), task.recipe())
    return run


def _step_cost(run: RunFolder, task: Task) -> float:
    """Seconds that one step takes in the middle of a run, with all its terms.

    Of the processor, so that what else runs on the machine does not matter; of the clock, if
    a GPU does the work.
    """
    session = setup.begin(run)
    on_gpu = session.device.torch.type == "cuda"
    now = time.perf_counter if on_gpu else time.process_time
    times = []
    for step in range(PROBED):
        before = now()
        batch = session.batches.batch(step).to(session.device.torch)
        session.learner.step(batch, Progress(500_000 + step, 1_000_000))
        if on_gpu:
            torch.cuda.synchronize()
        times.append(now() - before)
    return median(times[THROWN_AWAY:])


def _scores(task: Task, root: Path, run: RunFolder) -> dict[str, Any]:
    """Of the last average, on images that the run never had; also if told the classes there."""
    path = run.last_checkpoint()
    assert path is not None
    checkpoint = checkpoints.read(path)
    plain = predicting.load(checkpoint, wanted=task.recipe().device)
    own = checkpoint.card.tilt or (1.0,) * len(CLASSES)
    matrix, oracle = ConfusionMatrix(CLASSES.ids), ConfusionMatrix(CLASSES.ids)
    for image in data.scored(root, task.split):
        truth = data.reference(root, image)
        pixels = images.read_pixels(_path(root, image))
        answer = told = plain.predict(pixels, origin="bench").classes
        present = np.isin(CLASSES.from_train(), truth)
        if not present.all():
            card = replace(checkpoint.card, tilt=tuple(np.where(present, own, 0.0).tolist()))
            knowing = predicting.load(replace(checkpoint, card=card), wanted=task.recipe().device)
            told = knowing.predict(pixels, origin="bench").classes
        matrix.add(truth, answer)
        oracle.add(truth, told)
    rows = matrix.per_class()
    return {
        **_fused_scores(task, root, checkpoint),
        "mean_iou": round(matrix.mean_iou() or 0.0, 5),
        "oracle_mean_iou": round(oracle.mean_iou() or 0.0, 5),
        "pixel_accuracy": round(matrix.pixel_accuracy() or 0.0, 5),
        "iou": {
            name: None if row.iou is None else round(row.iou, 4)
            for name, row in zip(NAMES, rows, strict=True)
        },
        "false_positive_px": [row.false_positive_px for row in rows],
        "support_px": [row.support_px for row in rows],
        "scored_images": len(data.scored(root, task.split)),
    }


def _fused_scores(task: Task, root: Path, checkpoint: Checkpoint) -> dict[str, float]:
    """Mean IoU by how sure the classifier must be, of runs that have one."""
    if task.recipe().strategy != "s4gan_mlmt":
        return {}
    found = {}
    for fuse in FUSED:
        card = replace(checkpoint.card, recipe=checkpoint.card.recipe.but(fuse=fuse))
        predictor = predicting.load(replace(checkpoint, card=card), wanted=task.recipe().device)
        matrix = ConfusionMatrix(CLASSES.ids)
        for image in data.scored(root, task.split):
            pixels = images.read_pixels(_path(root, image))
            answer = predictor.predict(pixels, origin="bench").classes
            matrix.add(data.reference(root, image), answer)
        found[f"mean_iou_fused_{fuse:g}"] = round(matrix.mean_iou() or 0.0, 5)
    return found


def machine() -> dict[str, Any]:
    """Facts that a time depends on."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "processor": _processor(),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "threads": torch.get_num_threads(),
        "gpu": torch.cuda.get_device_name(0) if torch.cuda.is_available() else "",
        "commit": _commit(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((each.split(":")[1].strip() for each in lines if "model name" in each), "")


def _commit() -> str:
    here = Path(__file__).parent
    try:
        done = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"],
            cwd=here, capture_output=True, text=True, check=True,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()


def _last(steps: list[StepDone], of: Callable[[StepDone], dict[str, float]]) -> dict[str, float]:
    """Means over the last quarter of the run, of those steps that have the term."""
    last = steps[-max(1, int(len(steps) * pseudo.LAST_SHARE)) :]
    names = {name for each in last for name in of(each)}
    return {
        name: round(fmean(of(each)[name] for each in last if name in of(each)), 5)
        for name in sorted(names)
    }


def _path(root: Path, image: Image) -> Path:
    return root / image.folder / f"{image.stem}.png"


@contextmanager
def _set(task: Task) -> Iterator[None]:
    """The task's settings for as long as it runs."""
    with ExitStack() as stack:
        for name, on in task.arm.settings:
            if on:
                stack.enter_context(SETTINGS[name]())
        yield


def _unfocused() -> Any:
    return patch.object(batches, "FOCUSED", 0.0)


def _uncovered() -> Any:
    return patch.object(checking, "DENSE", 0.0)


def _no_overwriting() -> Any:
    """Unlabelled views never show their given labels."""
    draw = batches.Batches.batch

    def blank(self: batches.Batches, step: int) -> Batch:
        batch = draw(self, step)
        if batch.unlabelled is None:
            return batch
        labels = torch.full_like(batch.unlabelled.labels, UNLABELLED)
        return replace(batch, unlabelled=replace(batch.unlabelled, labels=labels))

    return patch.object(batches.Batches, "batch", blank)


def _labelled_left_out() -> Any:
    """Labelled images are not drawn as unlabelled ones."""
    use = batches.Batches.use

    def without(self: batches.Batches, snapshot: Any) -> None:
        use(self, snapshot)
        self._pool = [each for each in self._pool if each.id not in self._painted]

    return patch.object(batches.Batches, "use", without)


@contextmanager
def _no_cover_channel() -> Iterator[None]:
    """Maps lie under strokes, but the discriminator is not told where these are (no M)."""

    def untold(*, classes: int, covered: bool, width: int) -> Discriminator:
        return Discriminator(classes=classes, covered=False, width=width)

    def under_strokes(*seen: Any, covered: bool) -> Any:
        return judging.judged_maps(*seen, covered=True)

    with (
        patch.object(build, "Discriminator", untold),
        patch.object(s4gan, "judged_maps", under_strokes),
        patch.object(s4gan_mlmt, "judged_maps", under_strokes),
    ):
        yield


def _no_lent_cover() -> Any:
    """Real maps lie under strokes, predicted ones are whole (no M')."""
    lent = judging.lent

    def whole(covers: torch.Tensor, count: int) -> torch.Tensor:
        return torch.ones_like(lent(covers, count))  # drawn all the same: pairs stay paired

    return patch.object(judging, "lent", whole)


def _no_softening() -> Any:
    """Real maps are one-hot under their strokes (no epsilon)."""
    return patch.object(judging, "doubt", lambda predicted: predicted.new_zeros(()))


SETTINGS: dict[str, Callable[[], Any]] = {
    "unfocused": _unfocused,
    "uncovered": _uncovered,
    "no_overwriting": _no_overwriting,
    "labelled_left_out": _labelled_left_out,
    "no_cover_channel": _no_cover_channel,
    "no_lent_cover": _no_lent_cover,
    "no_softening": _no_softening,
}
