"""RunLog: one run as growing numpy columns, fed by its events; live and past alike. No Qt."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s4gui.core.frames import FrameId
from s4gui.wire import events
from s4gui.wire.transport import events_of

Steps = NDArray[np.int64]
Values = NDArray[np.float64]
_RECENT_STEPS = 50


class RunState(StrEnum):
    """How far a run is. The last five are endings; a detached run lives on elsewhere."""

    IDLE = "idle"
    STARTING = "starting"
    TRAINING = "training"
    PAUSED = "paused"
    STOPPING = "stopping"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"
    DIED = "died"
    DETACHED = "detached"

    @property
    def is_ended(self) -> bool:
        """Whether nothing more will be heard of the run."""
        return self in _ENDED


_ENDED = frozenset(
    (RunState.DONE, RunState.STOPPED, RunState.FAILED, RunState.DIED, RunState.DETACHED)
)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended: a final state, in words, with what can be done now."""

    state: RunState
    what: str = ""
    hint: str = ""
    details: str = ""  # traceback, last lines of stderr

    def __post_init__(self) -> None:
        if not self.state.is_ended:
            raise ValueError(f"a run does not end {self.state}")


@dataclass(frozen=True, slots=True)
class ClassScore:
    """One row of the table of scores. `iou` is None where the class has no reference pixel."""

    class_id: int
    iou: float | None
    support_px: int
    false_positive_px: int
    change: float | None  # of the IoU since the validation before


class Column:
    """Values over steps; appending is cheap because the room doubles. Steps only grow."""

    __slots__ = ("_count", "_steps", "_values")

    def __init__(self) -> None:
        self._steps = np.empty(64, np.int64)
        self._values = np.empty(64, np.float64)
        self._count = 0

    def append(self, step: int, value: float) -> None:
        """Add a point at its end."""
        count = self._count
        if count == len(self._steps):
            self._steps = np.concatenate((self._steps, np.empty_like(self._steps)))
            self._values = np.concatenate((self._values, np.empty_like(self._values)))
        self._steps[count] = step
        self._values[count] = value
        self._count = count + 1

    def cut(self, after_step: int) -> None:
        """Forget the points after this step: a continued run makes them again."""
        self._count = int(np.searchsorted(self._steps[: self._count], after_step, "right"))
        self._steps, self._values = self._steps.copy(), self._values.copy()  # views stay as seen

    @property
    def points(self) -> tuple[Steps, Values]:
        """(n,) int64 steps and (n,) float64 values, read-only views that never change."""
        steps, values = self._steps[: self._count], self._values[: self._count]
        steps.flags.writeable = values.flags.writeable = False
        return steps, values


class RunLog:
    """One run as its events tell it. Feeding live or replaying the file gives the same."""

    def __init__(self, number: int = 0) -> None:
        self.number = number
        self.state = RunState.IDLE
        self.hello: events.Hello | None = None
        self.started: events.RunStarted | None = None
        self.first_step = 0
        self.total_steps = 0
        self.step = 0
        self.seconds = 0.0  # of training, validation left out
        self.device = ""
        self.is_detached = False  # the worker said it goes on without a window
        self.message: tuple[str, str] = ("", "")  # what, hint
        self.details = ""
        self.validations: list[events.Validated] = []
        self.checkpoints: list[events.CheckpointSaved] = []
        self.predictions: dict[FrameId, events.PredictionReady] = {}
        self.notices: list[events.Notice] = []
        self.labels_used: list[events.LabelsUsed] = []
        self.rss_bytes = 0
        self._losses: dict[str, Column] = {}
        self._rates: dict[str, Column] = {}
        self._speed: dict[str, Column] = {"learning_rate": Column(), "seconds": Column()}
        self._scores: dict[str, Column] = {"mean_iou": Column(), "pixel_accuracy": Column()}

    @classmethod
    def replay(cls, events_file: Path, *, number: int | None = None) -> RunLog:
        """The log of a run's events file; empty if there is none. Half and foreign lines count
        as not said."""
        if number is None:
            name = events_file.parent.name
            number = int(name) if name.isdecimal() else 0
        log = cls(number)
        try:
            with events_file.open("rb") as file:
                while lines := file.readlines(1 << 20):
                    log.feed(
                        events_of(each.decode("utf-8", "replace") for each in lines if _whole(each))
                    )
        except FileNotFoundError:
            pass
        return log

    @property
    def terms(self) -> tuple[str, ...]:
        """Names of the losses, in the order of their first appearance."""
        return tuple(self._losses)

    @property
    def rates(self) -> tuple[str, ...]:
        """Names of the shares (such as the gate rate), in the order of first appearance."""
        return tuple(self._rates)

    def column(self, name: str) -> tuple[Steps, Values]:
        """(n,) int64 steps and (n,) float64 values of a loss, a rate, `learning_rate`,
        `seconds`, `mean_iou` or `pixel_accuracy`; empty if it was never said. Losses go first
        where names clash."""
        for columns in (self._losses, self._rates, self._speed, self._scores):
            if name in columns:
                return columns[name].points
        return Column().points

    def class_column(self, class_id: int) -> tuple[Steps, Values]:
        """(n,) steps and (n,) IoU of a class over the validations that have a value for it."""
        column = Column()
        for each in self.validations:
            value = dict(zip(each.class_ids, each.iou, strict=True)).get(class_id)
            if value is not None:
                column.append(each.step, value)
        return column.points

    def class_scores(self) -> tuple[ClassScore, ...]:
        """The newest validation as a table, in its order of classes; empty before the first."""
        if not self.validations:
            return ()
        newest = self.validations[-1]
        before: dict[int, float | None] = {}
        if len(self.validations) > 1:
            last = self.validations[-2]
            before = dict(zip(last.class_ids, last.iou, strict=True))
        rows = zip(
            newest.class_ids, newest.iou, newest.support_px, newest.false_positive_px, strict=True
        )
        return tuple(
            ClassScore(class_id, iou, support, wrong, _difference(iou, before.get(class_id)))
            for class_id, iou, support, wrong in rows
        )

    @property
    def best(self) -> events.Validated | None:
        """The validation with the highest mean IoU (the earliest of equals); None without one."""
        scored = [each for each in self.validations if each.mean_iou is not None]
        return max(scored, key=lambda each: each.mean_iou or 0.0, default=None)

    @property
    def checkpoint_step(self) -> int | None:
        """The step that the run can be continued from; None if nothing is saved."""
        return self.checkpoints[-1].step if self.checkpoints else None

    def seconds_left(self) -> float | None:
        """Training time to the last step at the rate of the last 50 steps; None if unknown."""
        if self.state.is_ended or not self.total_steps:
            return None
        per_step = self.seconds_per_step()
        return None if per_step is None else per_step * max(0, self.total_steps - self.step)

    def seconds_per_step(self) -> float | None:
        """Training time of a recent step; None before the second step."""
        steps, seconds = self._speed["seconds"].points
        steps, seconds = steps[-_RECENT_STEPS - 1 :], seconds[-_RECENT_STEPS - 1 :]
        if len(steps) < 2 or steps[-1] == steps[0]:
            return None
        return max(0.0, float(seconds[-1] - seconds[0]) / int(steps[-1] - steps[0]))

    def feed(self, batch: Iterable[events.Event]) -> None:
        """Take these events in, in the order they were said."""
        for event in batch:
            _FEED[type(event)](self, event)

    def ask_to_stop(self) -> None:
        """The window asked the run to stop; until it ends it is stopping."""
        if not self.state.is_ended:
            self.state = RunState.STOPPING

    def end(self, ending: Ending) -> None:
        """What only the supervising side knows: died, killed, detached."""
        self.state = ending.state
        self.message = (ending.what, ending.hint)
        self.details = ending.details

    def _hello(self, event: events.Hello) -> None:
        self.hello = event
        self.device = event.device
        self._be(RunState.STARTING)

    def _run_started(self, event: events.RunStarted) -> None:
        self.started = event
        self.number = self.number or event.run
        self.first_step = self.step = event.first_step
        self.total_steps, self.device = event.total_steps, event.device
        self.message, self.details, self.is_detached = ("", ""), "", False
        self._cut(event.first_step)
        self.state = RunState.TRAINING

    def _cut(self, step: int) -> None:
        for columns in (self._losses, self._rates, self._speed, self._scores):
            for column in columns.values():
                column.cut(step)
        self.validations = [each for each in self.validations if each.step <= step]
        self.checkpoints = [each for each in self.checkpoints if each.step <= step]
        self.predictions = {f: each for f, each in self.predictions.items() if each.step <= step}
        seconds = self._speed["seconds"].points[1]
        self.seconds = float(seconds[-1]) if len(seconds) else 0.0

    def _step_done(self, event: events.StepDone) -> None:
        step = event.step
        self.step, self.seconds = step, event.seconds
        for columns, said in ((self._losses, event.losses), (self._rates, event.rates)):
            for name, value in said.items():
                column = columns.get(name)
                if column is None:
                    column = columns[name] = Column()
                column.append(step, value)
        self._speed["learning_rate"].append(step, event.learning_rate)
        self._speed["seconds"].append(step, event.seconds)

    def _validated(self, event: events.Validated) -> None:
        self.validations.append(event)
        if event.mean_iou is not None:
            self._scores["mean_iou"].append(event.step, event.mean_iou)
        if event.pixel_accuracy is not None:
            self._scores["pixel_accuracy"].append(event.step, event.pixel_accuracy)

    def _prediction_ready(self, event: events.PredictionReady) -> None:
        self.predictions[event.frame] = event

    def _checkpoint_saved(self, event: events.CheckpointSaved) -> None:
        self.checkpoints.append(event)

    def _heartbeat(self, event: events.Heartbeat) -> None:
        self.rss_bytes = event.rss_bytes

    def _labels_used(self, event: events.LabelsUsed) -> None:
        self.labels_used.append(event)

    def _paused(self, event: events.Paused) -> None:
        self._be(RunState.PAUSED if event.paused else RunState.TRAINING)

    def _detached(self, _: events.Detached) -> None:
        self.is_detached = True

    def _notice(self, event: events.Notice) -> None:
        self.notices.append(event)

    def _failed(self, event: events.Failed) -> None:
        self.end(Ending(RunState.FAILED, event.what, event.hint, event.traceback))

    def _finished(self, event: events.Finished) -> None:
        self.step = event.step
        self.state = RunState(event.reason)

    def _be(self, state: RunState) -> None:
        if self.state is not RunState.STOPPING:
            self.state = state


_FEED: dict[type, Callable[[RunLog, Any], None]] = {
    events.Hello: RunLog._hello,
    events.Heartbeat: RunLog._heartbeat,
    events.RunStarted: RunLog._run_started,
    events.StepDone: RunLog._step_done,
    events.Validated: RunLog._validated,
    events.PredictionReady: RunLog._prediction_ready,
    events.CheckpointSaved: RunLog._checkpoint_saved,
    events.LabelsUsed: RunLog._labels_used,
    events.Paused: RunLog._paused,
    events.Detached: RunLog._detached,
    events.Notice: RunLog._notice,
    events.Failed: RunLog._failed,
    events.Finished: RunLog._finished,
}


def _whole(line: bytes) -> bool:
    return line.endswith(b"\n")


def _difference(now: float | None, before: float | None) -> float | None:
    return None if now is None or before is None else now - before
