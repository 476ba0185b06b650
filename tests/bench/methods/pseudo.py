"""How often pseudo-labels are right: those that teach, and those that were turned away.

Counted on the run's own unlabelled views in its last quarter, against whole masks that the run
itself never has (methods 7, step 5: a gate is worth something only if both shares differ).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor

from s4gui.core.classes import UNLABELLED
from s4gui.core.frames import Frame, Split
from s4gui.core.recipe import Recipe
from s4gui.learn.batches import Batches, cache_side, view_size
from s4gui.learn.pixels import PixelCache
from s4gui.learn.schedule import Progress
from s4gui.learn.seed import Stream
from s4gui.learn.strategies import mean_teacher, s4gan, s4gan_mlmt, weak2strong
from s4gui.learn.views import Batch, StepFacts, Views
from s4gui.store import snapshots
from s4gui.store.runs import RunFolder
from s4gui.store.snapshots import Snapshot, SnapshotFrame
from tests.bench.learn.camvid import CLASSES
from tests.bench.methods import data

LAST_SHARE = 0.25
PROBES = 50
"""How many steps of the last quarter are looked at, evenly spread; all if there are fewer."""


@dataclass(slots=True)
class Tally:
    """Pixels whose class is known and was not given to the run: passed and not, right and all."""

    probes: int = 0
    passed_px: int = 0
    passed_right_px: int = 0
    rejected_px: int = 0
    rejected_right_px: int = 0

    def add(self, classes: Tensor, passed: Tensor, truth: Tensor, given: Tensor) -> None:
        """Count pseudo-labels and what is true, (M, H, W) int64, where nothing was `given`.

        passed (M, H, W) bool; truth and given are UNLABELLED where nothing is known.
        """
        counted = (truth != UNLABELLED) & (given == UNLABELLED)
        right = classes == truth
        self.probes += 1
        self.passed_px += int((counted & passed).sum())
        self.passed_right_px += int((counted & passed & right).sum())
        self.rejected_px += int((counted & ~passed).sum())
        self.rejected_right_px += int((counted & ~passed & right).sum())

    def to_json(self) -> dict[str, Any]:
        """For the record; a share of no pixel is None."""
        return {
            "probes": self.probes,
            "passed_px": self.passed_px,
            "passed_right": _share(self.passed_right_px, self.passed_px),
            "rejected_px": self.rejected_px,
            "rejected_right": _share(self.rejected_right_px, self.rejected_px),
        }


class Truth:
    """What is really in a run's unlabelled views: the same draws, with whole masks."""

    def __init__(self, run: RunFolder, root: Path, split: str, folder: Path) -> None:
        recipe, snapshot = run.read_recipe(), Snapshot.read(run.snapshot())
        rows = [
            SnapshotFrame(Frame("train", f"{each.stem}.png", *mask.shape, Split.TRAIN), mask)
            for each in data.pool(root, split)
            for mask in [data.reference(root, each)]
        ]
        name = snapshots.write(folder / "truth", CLASSES, {"train": root / "train"}, rows)
        whole = Snapshot.read(folder / "truth" / name)
        self._recipe = recipe
        self._batches = _batches(whole, recipe)
        self._batches._pool = _batches(snapshot, recipe)._pool  # a setting may have made it less

    def of(self, step: int, views: Views) -> Tensor:
        """(M, H, W) int64 training indices, UNLABELLED where no class is known."""
        count = self._recipe.batch_unlabelled
        drawn = self._batches._views(Stream.UNLABELLED, self._batches._pool, step, count)
        if not torch.equal(drawn.images, views.images.cpu()):
            raise AssertionError(f"other views were drawn at step {step}")
        return drawn.labels


class Probe:
    """Counts what strategies teach themselves with, at some steps of the last quarter."""

    def __init__(self, truth: Truth) -> None:
        self.tally = Tally()
        self._truth = truth
        self._views: Views | None = None
        self._step = 0

    @contextmanager
    def step(self, batch: Batch, progress: Progress) -> Iterator[None]:
        """While a strategy's step goes on."""
        self._views = batch.unlabelled if is_due(progress) else None
        self._step = progress.step
        yield
        self._views = None

    def heard(self, classes: Tensor, passed: Tensor) -> None:
        """Pseudo-labels (M, H, W) int64 and which of them pass, (M, H, W) bool."""
        if self._views is None:
            return
        truth = self._truth.of(self._step, self._views)
        given = self._views.labels.cpu()
        self.tally.add(classes.cpu(), passed.cpu(), truth, given)


def is_due(progress: Progress) -> bool:
    """Whether this step is looked at: the last one is, and as many before as PROBES allows."""
    quarter = max(1, int(progress.total * LAST_SHARE))
    left = progress.total - 1 - progress.step
    return left < quarter and left % -(-quarter // PROBES) == 0


@contextmanager
def heeded(probe: Probe) -> Iterator[None]:
    """Every strategy tells the probe what it teaches itself with."""
    with ExitStack() as stack:

        def put(owner: Any, name: str, new: Any) -> None:
            stack.enter_context(patch.object(owner, name, new))

        for strategy in (
            s4gan.S4Gan,
            s4gan_mlmt.S4GanMlmt,
            weak2strong.WeakToStrong,
            mean_teacher.MeanTeacher,
        ):
            put(strategy, "step", _step(strategy.step, probe))
        for module in (s4gan, s4gan_mlmt):
            put(module, "self_training", _gated(module.self_training, probe))
        taught = weak2strong.WeakToStrong._strong
        put(weak2strong.WeakToStrong, "_strong", _sure(taught, probe))
        put(mean_teacher, "SoftAnswers", _softly(mean_teacher.SoftAnswers, probe))
        yield


def _step(original: Callable[..., StepFacts], probe: Probe) -> Callable[..., StepFacts]:
    def step(self: Any, batch: Batch, progress: Progress) -> StepFacts:
        with probe.step(batch, progress):
            return original(self, batch, progress)

    return step


def _gated(original: Callable[..., Tensor], probe: Probe) -> Callable[..., Tensor]:
    """S4GAN: whole images pass."""

    def self_training(logits: Tensor, pseudo: Tensor, trusted: Tensor) -> Tensor:
        probe.heard(pseudo, trusted[:, None, None].expand_as(pseudo))
        return original(logits, pseudo, trusted)

    return self_training


def _sure(original: Callable[..., Any], probe: Probe) -> Callable[..., Any]:
    """Weak to strong: pixels pass of which the teacher is sure, wherever they are pasted."""

    def strong(self: Any, views: Any, answers: Any, partner: Any) -> Any:
        probe.heard(answers.classes, answers.confidence >= self._manner.threshold)
        return original(self, views, answers, partner)

    return strong


def _softly(original: Any, probe: Probe) -> Any:
    """Mean teacher: every pixel passes."""

    class Heard(original):
        @classmethod
        def of(cls, logits: Tensor, views: Views) -> Any:
            answers = original.of(logits, views)
            classes = answers.probabilities.argmax(1)
            probe.heard(classes, torch.ones_like(classes, dtype=torch.bool))
            return answers

    return Heard


def _batches(snapshot: Snapshot, recipe: Recipe) -> Batches:
    cache = PixelCache(long_side_px=cache_side(recipe))
    return Batches(snapshot, recipe, view=view_size(snapshot, recipe), cache=cache)


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 5) if whole else None
