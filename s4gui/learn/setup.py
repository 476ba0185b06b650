"""Setup: from a run's folder to all that its loop works with, resolved once."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from s4gui.core.errors import CheckpointError
from s4gui.core.messages import Message
from s4gui.core.recipe import Recipe
from s4gui.learn import (
    checking,
    checkpoints,
    collectives,
    device,
    distributed,
    fusion,
    gear,
    pretrained,
    prior,
    probing,
    seed,
    state,
    tag_weights,
)
from s4gui.learn.batches import Batches, cache_side, view_size
from s4gui.learn.build import Learner, make_generator, make_learner
from s4gui.learn.device import Device
from s4gui.learn.gear import Gear
from s4gui.learn.losses import class_weights
from s4gui.learn.pixels import PixelCache
from s4gui.learn.predict import Predictor
from s4gui.learn.pretrained import Beginning, never_stops
from s4gui.learn.processes import this
from s4gui.learn.schedule import Progress
from s4gui.learn.seed import Stream
from s4gui.learn.smaller import smaller
from s4gui.store.atomic import write_atomic
from s4gui.store.runs import RunFolder
from s4gui.store.snapshots import Snapshot

PROBED_STEPS = 5
PROBE_SECONDS = 20.0
MANY = 1_000_000


@dataclass(slots=True)
class Session:
    """Everything of a run in progress. `step` counts updates done, `seconds` those of training.

    `resolved` says what was found out (speed, view size, device); with the recipe in it the
    run can be repeated.
    """

    run: RunFolder
    recipe: Recipe
    device: Device
    snapshot: Snapshot
    snapshot_name: str  # folder below the run's folder
    batches: Batches
    view: tuple[int, int]
    cache: PixelCache
    learner: Learner
    resolved: dict[str, Any]
    step: int = 0
    seconds: float = 0.0
    start: Beginning | None = None  # None for a run that goes on
    notices: list[Message] = field(default_factory=list)  # what is still to be said

    @property
    def class_ids(self) -> NDArray[np.uint8]:
        """(C,) class ids of the network's outputs."""
        return self.snapshot.class_map.from_train()

    def use_labels(self, snapshot: Snapshot, name: str) -> None:
        """Learn from this snapshot from now on."""
        self.snapshot, self.snapshot_name = snapshot, name
        self.batches.use(snapshot)
        counts = self.batches.counts()
        weights = class_weights(counts, self.recipe.class_weights)
        self.learner.weigh(
            None if weights is None else weights.to(self.device.torch), labels=counts
        )

    def shrink(self) -> None:
        """One rung down the ladder of memory; DeviceError if there is none left."""
        rung = smaller(self.recipe, view=self.view, device=self.device)
        self.recipe = rung.recipe
        self.notices.append(rung.notice)
        self.view = view_size(self.snapshot, self.recipe)
        self.resolved["view"] = list(self.view)
        if rung.recipe.precision != self.learner.recipe.precision:
            self.learner.geared.change(Gear.of(rung.recipe))
        answers = self.batches.answers
        self.batches = _batches(self.snapshot, self.recipe, self.view, self.cache)
        self.batches.take(answers)
        device.forget_cached()

    def relearn(self) -> None:
        """Everything that learns anew, as the recipe now is; the recipe is written down."""
        self.learner = _learner(
            self.run,
            self.recipe,
            self.device,
            self.snapshot,
            self.batches,
            covered=self.resolved["covered"],
            start=self.start,
        )
        self.resolved["recipe"] = self.recipe.to_json()

    def predictor(self, tilt: tuple[float, ...] = ()) -> Predictor:
        """What the moving average says now."""
        return Predictor(
            self.learner.ema.network,
            class_ids=self.class_ids,
            recipe=self.recipe,
            device=self.device.torch,
            tilt=tilt,
            tagger=fusion.tagger(self.learner.tag_teacher, self.recipe, self.device.torch),
        )

    def found_tilt(self) -> tuple[float, ...]:
        """How the odds of classes are to be changed (learn.prior); empty: not at all."""
        frames = self.batches.some_frames(prior.FRAMES) if self.recipe.prior else []
        if not frames:
            return ()
        weights = self.learner.strategy.weights
        counts = self.batches.counts().double()
        taught = (counts if weights is None else counts * weights.double().cpu()).numpy()
        found = prior.found_shares(prior.answers_on(frames, self.predictor()), taught)
        return prior.tilt(found, taught, strength=self.recipe.prior)

    def save_resolved(self) -> None:
        """Write resolved.json into the run's folder; of several processes the first one does."""
        if not this().leads:
            return
        data = json.dumps(self.resolved, indent=1, ensure_ascii=False, allow_nan=False)
        write_atomic(self.run.path / "resolved.json", (data + "\n").encode())


def begin(run: RunFolder, fetching: pretrained.Progress = never_stops) -> Session | None:
    """A new session of a run: device chosen, speed probed, weights to begin with found.

    They are another run's (a warm start), ImageNet's, or fresh. None if `fetching`, which hears
    of a download of weights, stopped it. WeightsError if they cannot be had.
    """
    recipe = run.read_recipe()
    chosen = device.choose(recipe.device)
    threads = device.use_threads(recipe.threads)
    recipe = gear.settled(recipe.but(device=chosen.name, threads=threads), chosen)
    start = _start_together(run, recipe, fetching)
    if start is None:
        return None
    snapshot = Snapshot.read(run.snapshot())
    name = _below(run, run.snapshot())
    session = _session(run, start.recipe, chosen, snapshot, name, start=start)
    checking.check(snapshot, session.recipe, session.batches)
    _choose_gear(session)
    if not recipe.steps and recipe.epochs:
        _count_epochs(session)
    elif not recipe.steps:
        _probe(session)
    if session.recipe.strategy == "s4gan_mlmt":
        session.recipe, weights = tag_weights.begin(session.learner, session.recipe)
        session.resolved |= {"recipe": session.recipe.to_json(), "tag_weights": weights}
        for part in session.learner.strategy.parts.values():
            collectives.unite(part, session.device.torch)
    session.save_resolved()
    return session


def resume(run: RunFolder) -> Session:
    """The session as it was at the run's last checkpoint. CheckpointError if there is none."""
    last = run.last_checkpoint()
    if last is None:
        raise CheckpointError(
            "checkpoint.none_to_continue",
            "Run {run} has no checkpoint to continue from",
            hint="Start a new run",
            run=run.path.name,
        )
    checkpoint = checkpoints.read(last)
    card = checkpoint.card
    chosen = device.choose(card.recipe.device)
    device.use_threads(card.recipe.threads)
    folder = run.path / card.snapshot
    session = _session(
        run, card.recipe, chosen, Snapshot.read(folder), card.snapshot, known=card.resolved
    )
    if card.recipe.compiled == "on":
        session.recipe, session.notices = probing.compilable(
            card.recipe, partial(_trial_step, session)
        )
        session.learner.geared.change(Gear.of(session.recipe))
    state.restore(session.learner, checkpoint.weights, checkpoints.read_training(last))
    session.step, session.seconds = card.step, card.seconds
    return session


def _session(
    run: RunFolder,
    recipe: Recipe,
    chosen: Device,
    snapshot: Snapshot,
    name: str,
    *,
    known: Mapping[str, Any] | None = None,
    start: Beginning | None = None,
) -> Session:
    """All parts, new; `known` are the resolved facts of a run that goes on."""
    height, width = known["view"] if known else view_size(snapshot, recipe)
    view = (int(height), int(width))
    cache = PixelCache(long_side_px=cache_side(recipe))
    distributed.check_shares(recipe)
    collectives.check_same(f"{chosen.torch.type} {snapshot.hash}", run.path)
    batches = _batches(snapshot, recipe, view, cache)
    found: dict[str, Any] = {
        "recipe": recipe.to_json(),
        "device_name": chosen.title,
        "view": list(view),
        "covered": batches.density() < checking.DENSE,
        "snapshot": snapshot.hash,
        "torch": torch.__version__,
        "start": start.facts() if start else {},
    }
    if not this().is_alone:
        found["processes"] = this().world
    resolved = dict(known) if known else found
    covered = bool(resolved["covered"])
    learner = _learner(run, recipe, chosen, snapshot, batches, covered=covered, start=start)
    session = Session(run, recipe, chosen, snapshot, name, batches, view, cache, learner, resolved)
    session.start = start
    return session


def _start_together(
    run: RunFolder, recipe: Recipe, fetching: pretrained.Progress
) -> Beginning | None:
    """As the first process decides, which fetches weights before the others look for them."""
    start = _start(run, recipe, fetching) if this().leads else None
    chosen = collectives.told_text(start.recipe.pretrained if start else "")
    if this().leads or not chosen:
        return start
    return _start(run, recipe.but(pretrained=chosen), never_stops)


def _start(run: RunFolder, recipe: Recipe, fetching: pretrained.Progress) -> Beginning | None:
    warm = run.read_card().warm_start
    if not warm:
        return pretrained.beginning(recipe, progress=fetching)
    if recipe.pretrained == "auto":
        # Another run's weights are taken whole; how that one began says what stays fixed.
        before = checkpoints.read(run.path.parent.parent / warm).card.recipe
        fixed = before.network == recipe.network and before.pretrained == "imagenet"
        recipe = recipe.but(pretrained="imagenet" if fixed else "none")
    return Beginning(recipe)


def _batches(
    snapshot: Snapshot, recipe: Recipe, view: tuple[int, int], cache: PixelCache
) -> Batches:
    return Batches(snapshot, recipe, view=view, cache=cache, process=this())


def _learner(
    run: RunFolder,
    recipe: Recipe,
    chosen: Device,
    snapshot: Snapshot,
    batches: Batches,
    *,
    covered: bool,
    start: Beginning | None,
) -> Learner:
    classes = len(snapshot.class_map)
    weights = class_weights(batches.counts(), recipe.class_weights)
    given = None
    warm = run.read_card().warm_start
    encoder = start.tensors() if start else None
    if warm or encoder is not None:
        seed.seed_torch(recipe.seed, Stream.WEIGHTS)
        fresh = make_generator(recipe, classes=classes).state_dict()
        if encoder is not None:
            given = pretrained.started(fresh, encoder)
        else:
            # run.json names it relative to the project's folder, which holds runs/NNNN.
            checkpoint = checkpoints.read(run.path.parent.parent / warm)
            given = state.fitted_start(checkpoint, snapshot.class_map, fresh)
    return make_learner(
        recipe,
        classes=classes,
        covered=covered,
        device=chosen.torch,
        weights=None if weights is None else weights.to(chosen.torch),
        start=given,
        labels=batches.counts(),
    )


def _count_epochs(session: Session) -> None:
    """The steps of so many passes over the labelled frames; an epoch ends with a whole step."""
    session.recipe = session.recipe.but(steps=_epoch_steps(session))
    session.relearn()


def _epoch_steps(session: Session) -> int:
    recipe = session.recipe
    each = math.ceil(session.batches.labelled_frames / recipe.batch_labelled)
    return max(1, round(recipe.epochs * each))


def _choose_gear(session: Session) -> None:
    """Settle what the recipe leaves open of how networks compute; trial steps are thrown away."""
    found, tried = None, session.recipe.compiled == "on"
    while found is None:
        try:
            found = probing.choose(
                session.recipe,
                session.device,
                partial(_trial_step, session),
                planned=lambda seconds: _planned_steps(session, seconds),
            )
        except Exception as error:
            if not device.is_out_of_memory(error):
                raise
        if found is None:
            session.shrink()
    if found.trials or tried:
        session.recipe = found.recipe
        session.notices += found.notices
        session.resolved |= found.facts()
        session.relearn()


def _trial_step(session: Session, new: Gear, number: int, until: float) -> None:
    """One step in this gear, in the middle of a run where all terms count; the device is done."""
    session.learner.geared.change(new, until=until)
    batch = session.batches.batch(number).to(session.device.torch)
    session.learner.step(batch, Progress(MANY // 2 + number, MANY))
    session.device.finish()


def _planned_steps(session: Session, seconds: float) -> float:
    """How many steps the run will have if one takes so many seconds."""
    recipe = session.recipe
    if recipe.steps:
        return recipe.steps
    return _epoch_steps(session) if recipe.epochs else recipe.seconds / seconds


def _probe(session: Session) -> None:
    """Find a batch that fits, and the steps that fill the seconds of the budget.

    Probed steps are thrown away, so that a run of so many steps is the same run.
    """
    recipe = session.recipe
    seconds = collectives.told(median(_probed_times(session)))
    steps = max(1, int(recipe.seconds / seconds))
    session.recipe = session.recipe.but(steps=steps)
    session.relearn()
    session.resolved |= {"step_seconds": round(seconds, 6)}


def _probed_times(session: Session) -> list[float]:
    """Seconds of a few steps, the first left out; smaller batches until they fit."""
    begun = time.perf_counter()
    times: list[float] = []
    while collectives.told(
        len(times) < PROBED_STEPS and time.perf_counter() - begun < PROBE_SECONDS
    ):
        before = time.perf_counter()
        try:
            session.learner.step(
                session.batches.batch(len(times)).to(session.device.torch), Progress(0, 1)
            )
        except Exception as error:
            if not device.is_out_of_memory(error) or not this().is_alone:
                raise
            session.shrink()
            times.clear()
            continue
        times.append(time.perf_counter() - before)
    return times[1:] or times or [PROBE_SECONDS]


def _below(run: RunFolder, folder: Path) -> str:
    return folder.relative_to(run.path).as_posix()
