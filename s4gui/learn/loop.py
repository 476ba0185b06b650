"""The one loop: steps, commands, validation, checkpoints, watched predictions."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal, cast

from s4gui.core.errors import DataError, ProjectError
from s4gui.core.messages import Message, say
from s4gui.learn import (
    checkpoints,
    collectives,
    device,
    distributed,
    self_teaching,
    setup,
    state,
)
from s4gui.learn.checkpoints import CheckpointCard
from s4gui.learn.control import Control
from s4gui.learn.fetching import Fetching
from s4gui.learn.pixels import PixelCache
from s4gui.learn.processes import this
from s4gui.learn.schedule import Progress
from s4gui.learn.setup import Session
from s4gui.learn.shared_control import SharedControl
from s4gui.learn.update import BrokenNumber
from s4gui.learn.validation import confusion, scored
from s4gui.learn.views import StepFacts
from s4gui.learn.watching import Watcher
from s4gui.store.runs import RunFolder
from s4gui.store.snapshots import Snapshot
from s4gui.wire import commands, events

Sink = Callable[[events.Event], None]
FULL_SIZE_BYTES = 256 << 20
KEPT_CHECKPOINTS = 2
FIRST_LOOK = 20
SIDE_SHARE = 0.1
PAUSE_SECONDS = 0.1


def run(
    folder: RunFolder, sink: Sink, control: Control, *, resume: bool = False
) -> events.Finished:
    """Do a run to its end: all events go to `sink`, commands come from `control`.

    The same recipe with the same resolved facts gives the same weights, bit by bit on a CPU,
    also when it was stopped and resumed. Raises S4Error for what a user can act on: DataError
    (labels, broken numbers), DeviceError, CheckpointError, ImageError, ProjectError,
    WeightsError. Of several processes (learn.distributed) all end with one, and only the first
    one says events, hears commands and writes.
    """
    heard = sink if this().leads else _unsaid
    fetching = Fetching(heard, control)
    with distributed.ending_together(folder):
        session = setup.resume(folder) if resume else setup.begin(folder, fetching)
        if session is None:  # stopped before there was anything to keep
            finished = events.Finished(0, "stopped")
            heard(finished)
            return finished
        finished = _Loop(session, heard, SharedControl(fetching)).go()
        # Nobody leaves before the first one has written all: torchrun ends a run with the first
        # process that ends badly.
        collectives.told(finished.step)
        return finished


def _unsaid(_: events.Event) -> None:
    """What the first process says needs no other to say it."""


class Pace:
    """When a side job is due: at multiples of `every`, and so that it takes a small share."""

    def __init__(self, *, every: int, first: int = 0) -> None:
        self._every, self._first = every, first or every
        self._not_before = 0.0

    def is_due(self, *, step: int, seconds: float) -> bool:
        """Whether to do it after this step, `seconds` of training into the run."""
        return (step == self._first or step % self._every == 0) and seconds >= self._not_before

    def took(self, cost: float, *, seconds: float) -> None:
        """It was done `seconds` into the training and took `cost` seconds."""
        self._not_before = seconds + cost * (1 - SIDE_SHARE) / SIDE_SHARE


class _Loop:
    """One run in progress; `go` ends it."""

    def __init__(self, session: Session, sink: Sink, control: Control) -> None:
        self._session, self._sink, self._control = session, sink, control
        self._full_size = PixelCache(long_side_px=0, budget_bytes=FULL_SIZE_BYTES)
        self._watcher = Watcher(session.run, sink, self._full_size)
        self._watcher.watch(session.run.read_card().watch)
        every = session.recipe.validate_every
        self._validation = Pace(every=every)
        self._looks = Pace(every=every, first=FIRST_LOOK)
        self._paused, self._leads = False, this().leads
        self._scores: dict[str, Any] = {}
        self._saved_at = session.step if session.step else -1
        self._validated_at = -1
        self._tilt: tuple[float, ...] = ()
        self._tilted_at = -1
        self._lacked_memory = False

    def go(self) -> events.Finished:
        session = self._session
        self._announce()
        self_teaching.again(session)
        while session.step < session.recipe.steps:
            stop = self._obey()
            if stop is not None:
                return self._finish("stopped", save=stop.checkpoint)
            if not self._paused:
                self._step()
                self._side_jobs()
        self._validate()
        self._look()
        return self._finish("done", save=True)

    def _announce(self) -> None:
        session = self._session
        self._sink(
            events.RunStarted(
                run=session.run.number,
                first_step=session.step,
                total_steps=session.recipe.steps,
                device=session.device.name,
                labelled_frames=session.batches.labelled_frames,
                unlabelled_frames=session.batches.unlabelled_frames,
                val_on=cast("Literal['images', 'strokes', 'nothing']", session.snapshot.val_on),
                resolved=session.resolved,
            )
        )
        if session.start is not None and session.start.notice is not None:
            self._notice(session.start.notice)
        self._say_notices()
        if collectives.normalises_apart(session.learner.generator):
            self._notice(
                Message(
                    "distributed.batch_norm",
                    "Batch norm sees the views of its own process only: on a processor it cannot"
                    " be synchronised",
                )
            )

    def _step(self) -> None:
        """One update and its event; smaller batches if memory runs out."""
        session = self._session
        before = time.perf_counter()
        self_teaching.answer(session)
        facts = self._learned(Progress(session.step, session.recipe.steps))
        session.step += 1
        session.seconds += time.perf_counter() - before
        optimizer, _ = session.learner.strategy.optimizers["generator"]
        self._sink(
            events.StepDone(
                step=session.step,
                losses=facts.losses,
                rates=facts.rates,
                learning_rate=float(optimizer.param_groups[0]["lr"]),
                seconds=session.seconds,
            )
        )

        if facts.collapsed:
            self._notice(
                Message(
                    "learn.collapse",
                    "The network had begun to teach itself mistakes; it was put back to before "
                    "them and learns from labels alone from now on",
                ),
                say("learn.collapse.hint", "Paint more strokes, or choose the supervised recipe"),
            )

    def _learned(self, progress: Progress) -> StepFacts:
        session = self._session
        while True:
            try:
                batch = session.batches.batch(progress.step).to(session.device.torch)
                return session.learner.step(batch, progress)
            except BrokenNumber as error:
                raise DataError(
                    "learn.not_finite",
                    "The training broke after step {step}: {term} is no number",
                    hint="Continue from the last checkpoint, or use a lower learning rate",
                    step=progress.step,
                    term=error.term,
                ) from error
            except Exception as error:
                if not device.is_out_of_memory(error) or not this().is_alone:
                    raise
            self._shrink()

    def _shrink(self) -> None:
        session = self._session
        session.shrink()
        session.resolved.setdefault("smaller", []).append(
            {"step": session.step, "recipe": session.recipe.to_json()}
        )
        session.save_resolved()
        self._say_notices()

    def _say_notices(self) -> None:
        waiting = self._session.notices
        while waiting:
            self._notice(waiting.pop(0))

    def _side_jobs(self) -> None:
        session = self._session
        step, seconds = session.step, session.seconds
        if step >= session.recipe.steps or not self._leads:
            return  # the end does them all
        if self._validation.is_due(step=step, seconds=seconds):
            self._validate()
        if self._looks.is_due(step=step, seconds=seconds):
            self._look()
        if step % session.recipe.checkpoint_every == 0:
            self._save()

    @contextmanager
    def _if_it_fits(self) -> Iterator[None]:
        """What there is no memory for is left out: learning goes on, and is saved."""
        try:
            yield
        except Exception as error:
            if not device.is_out_of_memory(error):
                raise
            if not self._lacked_memory:
                self._notice(
                    Message(
                        "memory.no_prediction",
                        "Memory is enough to learn but not to predict: scores and predictions"
                        " of this run are not complete",
                    ),
                    say("memory.no_prediction.hint", "Learn and predict at a smaller long_side_px"),
                )
            self._lacked_memory = True
            device.forget_cached()

    def _tilted(self) -> tuple[float, ...]:
        """The tilt of the weights as they are now; found once a step, by who writes it."""
        step = self._session.step
        if self._tilted_at != step and self._leads:
            with self._if_it_fits():
                self._tilt, self._tilted_at = self._session.found_tilt(), step
        return self._tilt

    def _validate(self) -> None:
        session = self._session
        on = session.snapshot.val_on
        if on == "nothing" or self._validated_at == session.step or not self._leads:
            return
        with self._if_it_fits():
            self._score(on)

    def _score(self, on: str) -> None:
        session = self._session
        before = time.perf_counter()
        matrix = confusion(session.snapshot, session.predictor(self._tilted()), self._full_size)
        validated = scored(matrix, step=session.step, on=on)
        self._validated_at = session.step
        self._validation.took(time.perf_counter() - before, seconds=session.seconds)
        self._scores = {
            "step": validated.step,
            "on": validated.on,
            "class_ids": list(validated.class_ids),
            "iou": list(validated.iou),
            "support_px": list(validated.support_px),
            "false_positive_px": list(validated.false_positive_px),
            "mean_iou": validated.mean_iou,
            "pixel_accuracy": validated.pixel_accuracy,
        }
        self._sink(validated)

    def _look(self) -> None:
        session = self._session
        if not self._leads:
            return
        before = time.perf_counter()
        # The last tilt will do: finding one takes longer than a look.
        predictor = session.predictor(self._tilt)
        with self._if_it_fits():
            self._watcher.predict(session.snapshot, predictor, step=session.step)
        self._looks.took(time.perf_counter() - before, seconds=session.seconds)

    def _save(self) -> None:
        session = self._session
        if self._saved_at == session.step or not self._leads:
            return
        folder = session.run.checkpoint(session.step)
        card = CheckpointCard(
            step=session.step,
            recipe=session.recipe,
            class_map=session.snapshot.class_map,
            run=session.run.number,
            seconds=session.seconds,
            snapshot=session.snapshot_name,
            scores=self._scores,
            resolved=session.resolved,
            tilt=self._tilt or self._tilted(),  # the last one will do here too
        )
        weights = state.predicting_tensors(session.learner)
        checkpoints.write(folder, card, weights, state.training_tensors(session.learner))
        checkpoints.prune(session.run.checkpoints, keep=KEPT_CHECKPOINTS)
        self._saved_at = session.step
        path = folder.relative_to(session.run.path).as_posix()
        self._sink(events.CheckpointSaved(session.step, path))

    def _obey(self) -> commands.Stop | None:
        """Do what was commanded since the last step; the Stop if there is one."""
        command = self._control.take(PAUSE_SECONDS if self._paused else 0.0)
        while command is not None:
            if isinstance(command, commands.Stop):
                return command
            self._do(command)
            command = self._control.take(0.0)
        return None

    def _do(self, command: commands.Command) -> None:
        session = self._session
        match command:
            case commands.Pause(paused):
                self._paused = paused
                self._sink(events.Paused(session.step, paused))
            case commands.Watch(frames):
                self._watcher.watch(frames)
                if session.step:
                    self._look()
            case commands.UseLabels(snapshot):
                self._use_labels(snapshot)
            case commands.SaveCheckpoint():
                self._tilted()
                self._save()
            case commands.Detach():
                self._sink(events.Detached(session.step))
            case _:
                self._notice(Message("run.busy", "A run is already being trained: stop it first"))

    def _use_labels(self, name: str) -> None:
        session = self._session
        try:
            snapshot = Snapshot.read(session.run.path / name)
        except ProjectError as error:
            collectives.check_same("", name)
            self._notice(error.message, error.hint)
            return
        collectives.check_same(snapshot.hash, name)
        if sorted(snapshot.class_map.ids) != sorted(session.snapshot.class_map.ids):
            self._notice(
                Message(
                    "labels.other_classes",
                    "The new labels have other classes than this run learns: the next one will",
                )
            )
            return
        if not snapshot.labelled:
            self._notice(Message("labels.none", "The new labels are empty and are not used"))
            return
        session.use_labels(snapshot, name)
        arrivals = session.resolved.setdefault("labels", [])
        arrivals.append({"step": session.step, "snapshot": snapshot.hash})
        session.save_resolved()
        self._sink(events.LabelsUsed(session.step, snapshot.hash))

    def _notice(self, message: Message, hint: str = "") -> None:
        self._sink(events.Notice(self._session.step, message.id, message.text, hint))

    def _finish(self, reason: Literal["done", "stopped"], *, save: bool) -> events.Finished:
        if save and self._session.step:
            self._tilted()
            self._save()
        finished = events.Finished(self._session.step, reason)
        self._sink(finished)
        return finished
