"""Trainer: starts and steers runs, and keeps their logs; one run trains at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from s4gui.core.change import Change
from s4gui.core.errors import S4Error
from s4gui.core.frames import FrameId
from s4gui.core.messages import say
from s4gui.core.recipe import Recipe
from s4gui.gui.desk import Desk
from s4gui.gui.processes import IdleWorker
from s4gui.gui.training_run import TrainingRun
from s4gui.store.runs import RunFolder, all_runs
from s4gui.wire import events
from s4gui.workbench import endings, snapshotting
from s4gui.workbench.running import RunLog, RunState

_LEARN_AFTER_MS = 4000
"""New strokes go to a running training when the hand has rested this long."""
_LOOK_AGAIN_MS = 1000


class Trainer(QObject):
    """All runs of the project as RunLogs; the live one is supervised by a TrainingRun."""

    said = Signal(int, object)  # run, tuple of events: for the log
    predicted = Signal(int, str, object)  # run, frame, Path
    hello = Signal(object)  # events.Hello

    def __init__(self, desk: Desk, idle: IdleWorker, command: Sequence[str] | None = None) -> None:
        super().__init__(desk.owner)
        self._desk, self._idle, self._command = desk, idle, command
        self.logs: dict[int, RunLog] = {}
        self.folders: dict[int, RunFolder] = {}
        self.live: TrainingRun | None = None
        self.keeps_learning = False
        self._preparing = False
        self._next: tuple[Recipe, bool] | None = None
        self._watched: tuple[FrameId, ...] = ()
        self._learning = QTimer(self)
        self._learning.setSingleShot(True)
        self._learning.setInterval(_LEARN_AFTER_MS)
        self._learning.timeout.connect(self._use_labels)
        self._unsupervised: set[int] = set()
        self._looking = QTimer(self)
        self._looking.setSingleShot(True)
        self._looking.setInterval(_LOOK_AGAIN_MS)
        self._looking.timeout.connect(self._look)
        idle.said_hello.connect(self.hello)

    # --- what there is -----------------------------------------------------------------------

    @property
    def is_busy(self) -> bool:
        """Whether a run trains or is being made."""
        return self._preparing or self.live is not None

    @property
    def is_preparing(self) -> bool:
        """Whether a run is being made."""
        return self._preparing

    @property
    def is_running(self) -> bool:
        """Whether a run trains or is paused: a worker that only puts its things away does not."""
        log = self.live_log
        return log is not None and not log.state.is_ended

    @property
    def live_log(self) -> RunLog | None:
        """The log of the run that trains."""
        return None if self.live is None else self.logs.get(self.live.number)

    @property
    def newest(self) -> int | None:
        """The number of the last run."""
        return max(self.logs, default=None)

    def log_of(self, number: int | None) -> RunLog | None:
        """The log of a run."""
        return None if number is None else self.logs.get(number)

    def can_continue(self, number: int | None) -> bool:
        """Whether a run has a checkpoint and steps left."""
        log = self.log_of(number)
        if log is None or self.is_busy or self._desk.read_only or number is None:
            return False
        if log.state in {RunState.DONE, RunState.TRAINING, RunState.DETACHED}:
            return False
        return log.checkpoint_step is not None

    def warm_start(self, recipe: Recipe) -> tuple[int, Path] | None:
        """The newest run whose network fits a recipe, and its last checkpoint."""
        for number in sorted(self.folders, reverse=True):
            folder = self.folders[number]
            checkpoint = folder.last_checkpoint()
            if checkpoint is None:
                continue
            try:
                before = folder.read_recipe()
            except S4Error:
                continue
            if (before.network, before.width) == (recipe.network, recipe.width):
                return number, checkpoint
        return None

    # --- past runs ---------------------------------------------------------------------------

    def find_runs(self) -> None:
        """Read the runs of the project, and take up one that was left behind."""
        runs = self._desk.project.runs

        def work() -> list[tuple[RunFolder, RunLog]]:
            return [(each, endings.past(each)) for each in all_runs(runs)]

        self._desk.jobs.run("runs", work, self._found, owner=self)

    def _found(self, found: list[tuple[RunFolder, RunLog]]) -> None:
        for folder, log in found:
            if self.live is not None and self.live.number == folder.number:
                continue
            self.folders[folder.number], self.logs[folder.number] = folder, log
        self._publish(set(self.logs))
        if not self._desk.read_only and self.live is None:
            runs = self._desk.project.runs
            self._desk.jobs.run(
                "left behind", lambda: endings.find_detached(runs), self._left, owner=self
            )

    def _left(self, left: list[endings.LeftBehind]) -> None:
        for each in left:
            if each.lives and self.live is None:
                self.logs[each.run.number] = RunLog(each.run.number)
                self._supervise(TrainingRun.attach(each.run, parent=self))
                what = say("trainer.found", "Run {n} went on without the window", n=each.run.number)
                self._desk.notices.info(what, say("trainer.found.hint", "It is shown again"))
            elif not each.lives and each.checkpoint_step is not None:
                what = say("trainer.left", "Run {n} was cut off", n=each.run.number)
                self._desk.notices.info(what, _continue_hint(each.checkpoint_step))
        known = {each.run.number for each in left if each.lives}
        if self.live is not None:
            known.add(self.live.number)
        self._unsupervised = {
            number
            for number, log in self.logs.items()
            if number not in known and not log.state.is_ended and log.state is not RunState.IDLE
        }
        self._look_again()

    def _look_again(self) -> None:
        """A worker whose window was killed may still put its things away: see how it ends."""
        if self._unsupervised:
            self._looking.start()

    def _look(self) -> None:
        folders = [self.folders[number] for number in self._unsupervised]

        def work() -> list[tuple[RunFolder, RunLog]]:
            return [(each, endings.past(each)) for each in folders]

        self._desk.jobs.run("ending runs", work, self._looked, owner=self)

    def _looked(self, found: list[tuple[RunFolder, RunLog]]) -> None:
        for folder, log in found:
            is_live = self.live is not None and self.live.number == folder.number
            if is_live or log.state.is_ended:
                self._unsupervised.discard(folder.number)
            if is_live:
                continue
            self.logs[folder.number] = log
            if log.state is RunState.STOPPED and log.checkpoint_step is not None:
                what = say("trainer.stopped_too", "Run {n} stopped with its window", n=log.number)
                self._desk.notices.info(what, _continue_hint(log.checkpoint_step))
        self._publish({folder.number for folder, _ in found})
        self._look_again()

    # --- steering ----------------------------------------------------------------------------

    def start(self, recipe: Recipe, *, warm: bool) -> None:
        """Make a run of the labels as they are now, and train it.

        While the worker of a run that has ended is still putting its things away, this waits.
        """
        log = self.live_log
        if log is not None and log.state.is_ended:
            self._next = (recipe, warm)
        if self.is_busy:
            return
        self._preparing = True
        start = self.warm_start(recipe) if warm else None
        path = "" if start is None else start[1].relative_to(self._desk.project.folder).as_posix()
        try:
            make = self._desk.workbench.prepare_run(recipe, warm_start=path, watch=self._watched)
        except S4Error as error:
            self._preparing = False
            self._desk.notices.failed(error)
            return
        self._desk.jobs.run("start run", make, self._launch, self._not_started, owner=self)
        self._publish(set())

    def _launch(self, folder: RunFolder) -> None:
        self._preparing = False
        self.logs[folder.number] = RunLog(folder.number)
        self.logs[folder.number].state = RunState.STARTING
        run = TrainingRun.launch(folder, idle=self._idle.take(), command=self._command, parent=self)
        self._supervise(run)

    def _not_started(self, error: BaseException) -> None:
        self._preparing = False
        self._desk.notices.failed(error)
        self._publish(set())

    def go_on(self, number: int) -> None:
        """Continue a run from its last checkpoint."""
        if self.can_continue(number):
            folder = self.folders[number]
            self.logs[number].state = RunState.STARTING
            run = TrainingRun.launch(
                folder,
                resume=True,
                idle=self._idle.take(),
                command=self._command,
                parent=self,
            )
            self._supervise(run)

    def _supervise(self, run: TrainingRun) -> None:
        self.live = run
        self.folders[run.number] = run.folder
        run.events.connect(self._heard)
        run.ended.connect(self._ended)
        run.watch(self._watched)
        self._publish({run.number})

    def pause_or_go_on(self) -> None:
        """Pause the run, or let it go on."""
        log = self.live_log
        if self.live is not None and log is not None:
            self.live.pause(log.state is not RunState.PAUSED)

    def stop(self, *, now: bool = False) -> None:
        """Stop after this step with a checkpoint, or at once."""
        log = self.live_log
        if self.live is None or log is None:
            return
        if now:
            self.live.stop_now()
        else:
            self.live.stop_after_step()
        log.ask_to_stop()
        self._publish({self.live.number})

    def detach(self) -> None:
        """Let the run go on when the window is gone."""
        if self.live is not None:
            self.live.detach()

    def save_checkpoint(self) -> None:
        """Write a checkpoint after this step."""
        if self.live is not None:
            self.live.save_checkpoint()
            self._desk.notices.info(say("trainer.checkpoint", "A checkpoint follows this step"))

    def watch(self, frames: tuple[FrameId, ...]) -> None:
        """Predict these frames while training, the first one first."""
        if frames != self._watched:
            self._watched = frames
            if self.live is not None:
                self.live.watch(frames)

    # --- new labels while it trains ----------------------------------------------------------

    def labels_changed(self) -> None:
        """Somebody painted: a run that keeps learning takes it up when the hand rests."""
        if self.keeps_learning and self.live is not None:
            self._learning.start()

    def _use_labels(self) -> None:
        run = self.live
        if run is None or not self.keeps_learning or self._desk.workbench.painting:
            return
        try:
            recipe = run.folder.read_recipe()
            order = snapshotting.Order.now(
                self._desk.project, hold_out=recipe.hold_out, seed=recipe.seed
            )
        except S4Error as error:
            self._desk.notices.failed(error)
            return

        def done(name: str) -> None:
            if self.live is run:
                run.use_labels(f"snapshots/{name}")

        snapshots = run.folder.snapshots
        self._desk.jobs.run("use labels", lambda: order.write(snapshots), done, owner=self)

    # --- what a run says ---------------------------------------------------------------------

    def _heard(self, number: int, batch: tuple[events.Event, ...]) -> None:
        log = self.logs.get(number)
        if log is None:
            return
        log.feed(batch)
        for each in batch:
            if isinstance(each, events.PredictionReady) and each.frame in self._watched:
                self.predicted.emit(number, each.frame, self.folders[number].path / each.path)
            elif isinstance(each, events.Hello):
                self.hello.emit(each)
        self.said.emit(number, batch)
        self._publish({number})

    def _ended(self, number: int, state: str) -> None:
        run, log = self.live, self.logs.get(number)
        if run is None or log is None or run.number != number:
            return
        ending = run.ending
        if ending is not None and (not log.state.is_ended or ending.what):
            log.end(ending)
        self.live = None
        self._publish({number})
        self._tell_end(log, RunState(state), "" if ending is None else ending.details)
        following, self._next = self._next, None
        if following is not None:
            self.start(following[0], warm=following[1])
        elif not self._desk.read_only:
            self._idle.prepare()

    def _tell_end(self, log: RunLog, state: RunState, details: str) -> None:
        what, hint = log.message
        if state is RunState.DONE:
            done = say("trainer.done", "Run {n} is done", n=log.number)
            self._desk.notices.info(done, _best_score(log))
        elif state in {RunState.FAILED, RunState.DIED}:
            self._desk.notices.error(what, hint, details)
        elif what:
            self._desk.notices.info(what, hint)

    def _publish(self, numbers: set[int]) -> None:
        # An empty set of runs would be no change; a run that is being made is news too.
        self._desk.publish(Change(runs=frozenset(numbers or {0})), self)

    def release(self) -> TrainingRun | None:
        """Ask the live run to end with a checkpoint, and let go of it: nobody hears it here any
        more. Whoever closes the program waits for it; None if nothing trains."""
        self._learning.stop()
        self._looking.stop()
        run, self.live = self.live, None
        if run is not None:
            run.events.disconnect(self._heard)
            run.ended.disconnect(self._ended)
            run.setParent(None)
            run.stop_now()
        return run


def _continue_hint(step: int) -> str:
    return say(
        "trainer.left.hint", "Continue in the Train menu goes on from step {step}", step=step
    )


def _best_score(log: RunLog) -> str:
    """The best mean IoU of a run in words; empty if it has none."""
    best = log.best
    if best is None or best.mean_iou is None:
        return ""
    score = f"{best.mean_iou:.3f}"
    if best.on == "strokes":
        return say("trainer.done_strokes", "Best mean IoU on strokes {score}", score=score)
    return say("trainer.done_score", "Best mean IoU {score}", score=score)
