"""Studies: everything that learns in an open project; imported after the first image is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, Signal

from s4gui.core.change import Change
from s4gui.core.recipe import Recipe
from s4gui.gui import run_words
from s4gui.gui.desk import Desk
from s4gui.gui.easel import Easel
from s4gui.gui.encoding import Encoding
from s4gui.gui.gallery import Gallery
from s4gui.gui.learners import Learners
from s4gui.gui.lenses import Lenses
from s4gui.gui.preview_link import PreviewLink
from s4gui.gui.processes import IdleWorker
from s4gui.gui.review_room import ReviewRoom
from s4gui.gui.train_room import TrainRoom, presets
from s4gui.gui.trainer import Trainer
from s4gui.gui.training_run import TrainingRun
from s4gui.workbench.actions import Situation
from s4gui.workbench.running import RunState


class Studies(QObject):
    """Preview, runs and the rooms that show them, connected with each other and the easel."""

    changed = Signal()  # what makes sense may be something else now

    def __init__(
        self,
        desk: Desk,
        gallery: Gallery,
        easel: Easel,
        lenses: Lenses,
        link: PreviewLink,
        worker_command: Sequence[str] | None,
    ) -> None:
        super().__init__(desk.owner)
        self.desk, self._gallery, self._easel, self._lenses = desk, gallery, easel, lenses
        self.idle = IdleWorker(desk.project.runs, command=worker_command, parent=self)
        self.learners = Learners(desk, link)
        self.trainer = Trainer(desk, self.idle, worker_command)
        self.encoding = Encoding(desk, self.idle, worker_command)
        self.train_room: TrainRoom | None = None
        self.review_room: ReviewRoom | None = None
        easel.edited.connect(self.learners.edited)
        easel.edited.connect(lambda _frame, _box: self.trainer.labels_changed())
        gallery.shown.connect(self._frame_shown)
        self.learners.hint.connect(desk.window.label.show_hint)
        self.learners.status.connect(desk.window.status.preview.setText)
        self.encoding.told.connect(desk.window.status.preview.setText)
        self.encoding.written.connect(self.learners.refresh)
        self.encoding.changed.connect(self.changed)
        self.trainer.predicted.connect(self.learners.run_prediction)
        desk.bus.changed.connect(self._changed)
        self.trainer.keeps_learning = bool(desk.settings.get("keep_learning"))
        self.learners.is_live = bool(desk.settings.get("live_preview"))
        desk.window.verbs.check("train.keep_learning", on=self.trainer.keeps_learning)
        desk.window.verbs.check("preview.live", on=self.learners.is_live)

    def begin(self) -> None:
        """Start the preview, look for past runs, and take notice of the image that is open."""
        if self.desk.current is not None:
            self._frame_shown(self.desk.current)
        self.trainer.find_runs()
        self.learners.begin()
        if not self.desk.read_only and self.desk.settings.get("warm_workers"):
            self.idle.prepare()

    def build_rooms(self) -> None:
        """Fill Train and Review once the window has made them."""
        if self.train_room is not None or not self.desk.window.is_built:
            return
        self.train_room = TrainRoom(self.desk, self.trainer)
        self.review_room = ReviewRoom(
            self.desk, self._gallery, self._easel, self._lenses, self.learners, self.trainer
        )

    def close(self) -> TrainingRun | None:
        """End what learns; the run that still ends, if one does."""
        self.encoding.close()
        self.idle.close()
        run = self.trainer.release()
        self.learners.close()
        return run

    @property
    def run_shown(self) -> int | None:
        """The run that the Train room shows, or the last one."""
        shown = self.train_room.shown if self.train_room else None
        return shown if shown is not None else self.trainer.newest

    def verbs(self) -> dict[str, Callable[[], None]]:
        """What can be done here."""
        trainer = self.trainer
        return {
            "train.start": self._train,
            "train.stop": trainer.stop,
            "train.stop_now": partial(trainer.stop, now=True),
            "train.continue": self._continue,
            "train.detach": trainer.detach,
            "train.checkpoint": trainer.save_checkpoint,
            "train.keep_learning": self._keep_learning,
            "preview.live": self._live,
            "preview.features": self.encoding.start_or_stop,
        }

    def situation(self, now: Situation) -> Situation:
        """The situation, with what is known of runs."""
        live = self.trainer.live_log
        return replace(
            now,
            labelled=now.labelled and not self.trainer.is_preparing,
            running=self.trainer.is_running,
            detached=live is not None and live.is_detached,
            can_continue=self.trainer.can_continue(self.run_shown),
            run_shown=self.run_shown is not None,
        )

    def show_running(self) -> None:
        """Say in the top bar what trains."""
        window, log = self.desk.window, self.trainer.live_log
        paused = log is not None and log.state is RunState.PAUSED
        text = run_words.train_button(running=self.trainer.is_running, paused=paused)
        window.verbs.rename("train.start", text)
        encode = run_words.encode_button(running=self.encoding.is_running)
        window.verbs.rename("preview.features", encode)
        window.top.running.show_text("" if log is None else run_words.running(log))

    # --- verbs -------------------------------------------------------------------------------

    def _train(self) -> None:
        if self.trainer.is_running:
            self.trainer.pause_or_go_on()
            return
        recipe = self.train_room.recipe() if self.train_room else first_recipe()
        warm = self.train_room.warm if self.train_room else True
        self._watch()
        self.trainer.start(recipe, warm=warm)

    def _continue(self) -> None:
        if self.run_shown is not None:
            self._watch()
            self.trainer.go_on(self.run_shown)

    def _keep_learning(self) -> None:
        on = not self.trainer.keeps_learning
        self.trainer.keeps_learning = on
        self.desk.settings.set("keep_learning", on)
        self.desk.window.verbs.check("train.keep_learning", on=on)
        self.trainer.labels_changed()

    def _live(self) -> None:
        on = not self.learners.is_live
        self.learners.set_live(on=on)
        self.desk.settings.set("live_preview", on)
        self.desk.window.verbs.check("preview.live", on=on)

    # --- news --------------------------------------------------------------------------------

    def _frame_shown(self, frame_id: str) -> None:
        self.learners.frame_shown(frame_id)
        self._watch()
        self._load_past_prediction()

    def _watch(self) -> None:
        if self.desk.current is not None:
            self.trainer.watch((self.desk.current, *self._gallery.neighbours()))

    def _load_past_prediction(self) -> None:
        """Show what the newest run has predicted of this frame, from its file."""
        number, frame_id = self.trainer.newest, self.desk.current
        log = self.trainer.log_of(number)
        if number is None or frame_id is None or log is None:
            return
        ready = log.predictions.get(frame_id)
        if ready is not None and not self.learners.has_run_prediction(frame_id):
            path = self.trainer.folders[number].path / ready.path
            self.learners.run_prediction(number, frame_id, path)

    def _changed(self, change: Change, _initiator: object) -> None:
        if change.cameras:
            self.trainer.labels_changed()
            self._load_past_prediction()
        number = self.trainer.newest
        log = self.trainer.log_of(number)
        if not change.runs or number is None or log is None:
            return
        score = log.validations[-1].mean_iou if log.validations else None
        shown = number if log.predictions else 0
        self.learners.use_run(shown, score, training=self.trainer.live is not None)
        self._load_past_prediction()
        self.changed.emit()


def first_recipe() -> Recipe:
    """The recipe of the one Train button, when nobody has looked at the choices."""
    return next(iter(presets().values()))
