"""Session: one open project in the window; makes its parts, connects them, answers the verbs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QObject, QPoint, QTimer, Signal
from PySide6.QtWidgets import QMenu

from s4gui.core.change import Change
from s4gui.core.classes import VOID
from s4gui.core.errors import S4Error
from s4gui.core.frames import Split
from s4gui.core.messages import say
from s4gui.core.prediction import Prediction
from s4gui.core.recipe import Recipe
from s4gui.gui import outside, status_words, theme
from s4gui.gui.canvas.layers import Layer
from s4gui.gui.canvas.view import Canvas
from s4gui.gui.class_desk import ClassDesk
from s4gui.gui.desk import Desk
from s4gui.gui.easel import Easel
from s4gui.gui.gallery import Gallery
from s4gui.gui.learners import Learners
from s4gui.gui.lenses import TOGGLES, Lenses
from s4gui.gui.preview_link import PreviewLink
from s4gui.gui.processes import IdleWorker
from s4gui.gui.review_room import ReviewRoom
from s4gui.gui.train_room import TrainRoom, presets
from s4gui.gui.trainer import Trainer
from s4gui.gui.training_run import TrainingRun
from s4gui.workbench.actions import Situation, Workspace
from s4gui.workbench.painting import Tool
from s4gui.workbench.running import RunState

_STEP = 1.2


class Session(QObject):
    """Owns the parts of an open project. `close` writes everything and lets the project go."""

    _acknowledged = Signal()

    def __init__(
        self,
        desk: Desk,
        link: PreviewLink,
        idle: IdleWorker,
        worker_command: Sequence[str] | None = None,
    ) -> None:
        super().__init__(desk.owner)
        self.desk = desk
        window = desk.window
        self.gallery = Gallery(desk)
        self.easel = Easel(desk)
        self.lenses = Lenses(desk)
        self.learners = Learners(desk, link)
        self.trainer = Trainer(desk, idle, worker_command)
        self.classes = ClassDesk(desk, self.easel)
        self.train_room: TrainRoom | None = None
        self.review_room: ReviewRoom | None = None
        self._verbs = self._table()
        self._refreshing = QTimer(self)
        self._refreshing.setSingleShot(True)
        self._refreshing.setInterval(0)
        self._refreshing.timeout.connect(self.refresh)
        self._connect()
        window.show_title(desk.project.name)
        window.label.canvas.set_background(theme.worn().colour("canvas"))
        window.label.canvas.set_wheel_zooms(bool(desk.settings.get("wheel_zooms")))
        self._show_lock()
        self.trainer.keeps_learning = bool(desk.settings.get("keep_learning"))
        window.verbs.check("train.keep_learning", on=self.trainer.keeps_learning)
        self.learners.is_live = bool(desk.settings.get("live_preview"))
        window.verbs.check("preview.live", on=self.learners.is_live)
        window.verbs.class_asked.connect(self.classes.choose_place)
        self.refresh()

    def _connect(self) -> None:
        desk, window = self.desk, self.desk.window
        self.gallery.shown.connect(self._frame_shown)
        self.easel.edited.connect(self.learners.edited)
        self.easel.edited.connect(lambda _frame, _box: self.trainer.labels_changed())
        self.easel.hover_told.connect(self._hovered)
        self.learners.shown.connect(self._prediction_shown)
        self.learners.hint.connect(window.label.show_hint)
        self.learners.status.connect(window.status.preview.setText)
        self.trainer.predicted.connect(self.learners.run_prediction)
        desk.bus.changed.connect(self._changed)
        window.label.canvas.view_changed.connect(self._show_zoom)
        window.label.frames.menu_asked.connect(self._frame_menu)
        self._acknowledged.connect(self._soon)
        desk.workbench.on_acknowledged = lambda _seq: self._acknowledged.emit()
        if not desk.read_only:
            desk.project.writer.on_error = desk.notices.writer_failed.emit

    # --- life --------------------------------------------------------------------------------

    def begin(self, frame: str = "") -> None:
        """Show the first frame at once; the rest follows when the window stands."""
        self.gallery.show_all()
        self.gallery.open_first(frame)
        if self.desk.project.missing_roots:
            self.desk.notices.error(
                say("session.moved", "The images are not where they were"),
                say("session.moved.hint", "Locate them: Project menu, Locate images"),
            )
        for notice in self.desk.project.notices:
            self.desk.notices.warn(notice.text)

    def begin_background(self) -> None:
        """What waits for the first paint: preview, past runs."""
        self.trainer.find_runs()
        self.learners.begin()

    def build_rooms(self) -> None:
        """Fill Train and Review once the window has made them."""
        if self.train_room is None and self.desk.window.is_built:
            self.train_room = TrainRoom(self.desk, self.trainer)
            self.review_room = ReviewRoom(
                self.desk, self.gallery, self.easel, self.learners, self.trainer
            )

    def close(self) -> TrainingRun | None:
        """Write everything; the project can be opened by others then. The run that still ends."""
        self._refreshing.stop()
        self.desk.workbench.on_acknowledged = None
        run = self.trainer.release()
        self.learners.close()
        self.desk.close()
        return run

    # --- verbs -------------------------------------------------------------------------------

    def do(self, verb: str) -> bool:
        """Do a verb of an open project; False if it is none."""
        if verb not in self._verbs:
            return False
        try:
            self._verbs[verb]()
        except S4Error as error:
            self.desk.notices.failed(error)
        self._soon()
        return True

    def _table(self) -> dict[str, Callable[[], None]]:
        easel, gallery, trainer = self.easel, self.gallery, self.trainer
        tools = {f"tool.{tool}": partial(easel.choose_tool, tool) for tool in Tool}
        layers = {name: partial(self._toggle_layer, name) for name in TOGGLES}
        splits = {f"image.split_{split}": partial(self._split, split) for split in Split}
        return {
            **tools,
            **layers,
            **splits,
            "edit.undo": easel.undo,
            "edit.redo": easel.redo,
            "predict.accept": easel.accept_here,
            "class.add": self.classes.add,
            "class.find": self.classes.find,
            "class.swap": easel.swap,
            "tool.void": self._void,
            "brush.smaller": partial(easel.step_radius, 1 / _STEP),
            "brush.larger": partial(easel.step_radius, _STEP),
            "view.fit": lambda: self._canvas().fit(),
            "view.actual": lambda: self._canvas().actual_size(),
            "view.zoom_in": lambda: self._canvas().zoom_by(1.0),
            "view.zoom_out": lambda: self._canvas().zoom_by(-1.0),
            "image.previous": partial(gallery.step, -1),
            "image.next": partial(gallery.step, 1),
            "image.next_unlabelled": gallery.step_unlabelled,
            "image.filter": self._filter,
            "train.start": self._train,
            "train.stop": trainer.stop,
            "train.stop_now": partial(trainer.stop, now=True),
            "train.continue": self._continue,
            "train.detach": trainer.detach,
            "train.checkpoint": trainer.save_checkpoint,
            "train.keep_learning": self._keep_learning,
            "preview.live": self._live,
        }

    def _canvas(self) -> Canvas:
        window = self.desk.window
        return window.review.image if window.room is Workspace.REVIEW else window.label.canvas

    def _toggle_layer(self, name: str) -> None:
        self.lenses.toggle(name)
        self.easel.prediction_visible = self.lenses.visible[Layer.PREDICTION]

    def _void(self) -> None:
        if self.desk.workbench.value == VOID:
            self.easel.swap()
        else:
            self.easel.choose_value(VOID)

    def _split(self, split: Split) -> None:
        chosen = self.desk.window.label.frames.selected() or (self.desk.current or "",)
        ids = [name for name in chosen if name]
        self.desk.publish(self.desk.workbench.set_split(ids, split), self)

    def _frame_menu(self, _frames: tuple[str, ...], at: QPoint) -> None:
        menu = QMenu(self.desk.window)
        for split in Split:
            menu.addAction(self.desk.window.verbs.actions[f"image.split_{split}"])
        menu.popup(at)
        menu.aboutToHide.connect(menu.deleteLater)

    def _filter(self) -> None:
        self.desk.window.show_room(Workspace.LABEL)
        box = self.desk.window.label.frames.filter_box
        box.setFocus()
        box.selectAll()

    def _train(self) -> None:
        log = self.trainer.live_log
        if log is not None and not log.state.is_ended:
            self.trainer.pause_or_go_on()
            return
        recipe = self.train_room.recipe() if self.train_room else first_recipe()
        warm = self.train_room.warm if self.train_room else True
        self._watch()
        self.trainer.start(recipe, warm=warm)

    def _continue(self) -> None:
        number = self._run_shown()
        if number is not None:
            self._watch()
            self.trainer.go_on(number)

    def _run_shown(self) -> int | None:
        shown = self.train_room.shown if self.train_room else None
        return shown if shown is not None else self.trainer.newest

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
        self.easel.fit_radius(self.desk.project.frame(frame_id).shape)
        self.learners.frame_shown(frame_id)
        self._watch()
        self._show_zoom()
        self._load_past_prediction()
        outside.ask_about(self.desk, frame_id)

    def _watch(self) -> None:
        if self.desk.current is not None:
            self.trainer.watch((self.desk.current, *self.gallery.neighbours()))

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

    def _prediction_shown(self, prediction: Prediction | None) -> None:
        self.easel.prediction = prediction
        self.lenses.show_prediction(prediction)
        self._soon()

    def _changed(self, change: Change, _initiator: object) -> None:
        if change.runs:
            self._runs_changed()
        if not self.desk.workbench.painting:
            self._soon()

    def _runs_changed(self) -> None:
        number = self.trainer.newest
        log = self.trainer.log_of(number)
        if number is None or log is None:
            return
        score = log.validations[-1].mean_iou if log.validations else None
        has_any = bool(log.predictions)
        self.learners.use_run(
            number if has_any else 0, score, training=self.trainer.live is not None
        )
        self._load_past_prediction()

    def _hovered(self, y: int, x: int) -> None:
        text = status_words.under_cursor(self.desk, self.easel.prediction, y, x)
        self.desk.window.status.cursor_text.show_text(text)

    def _show_zoom(self) -> None:
        shown = self.desk.current is not None
        self.desk.window.status.show_zoom(self.desk.window.label.canvas.zoom if shown else None)

    def _show_lock(self) -> None:
        self.desk.window.banner.show_text(status_words.lock(self.desk.project))

    # --- what makes sense now ----------------------------------------------------------------

    def situation(self) -> Situation:
        """What is the case just now."""
        desk, frame_id = self.desk, self.desk.current
        workbench = desk.workbench
        open_frame = frame_id is not None
        live = self.trainer.live_log
        return Situation(
            project=True,
            writable=not desk.read_only,
            frame=open_frame,
            classes=len(workbench.class_map),
            can_undo=frame_id is not None and workbench.can_undo(frame_id),
            can_redo=frame_id is not None and workbench.can_redo(frame_id),
            prediction=self.easel.prediction is not None,
            labelled=self.gallery.has_labels and not self.trainer.is_busy,
            running=live is not None and not live.state.is_ended,
            detached=live is not None and live.is_detached,
            can_continue=self.trainer.can_continue(self._run_shown()),
            run_shown=self._run_shown() is not None,
        )

    def refresh(self) -> None:
        """Show what makes sense now, what is saved, what trains."""
        window, workbench = self.desk.window, self.desk.workbench
        window.verbs.show_situation(self.situation())
        window.status.show_saved(
            pending=workbench.pending, read_only=self.desk.read_only, is_open=True
        )
        log = self.trainer.live_log
        paused = log is not None and log.state is RunState.PAUSED
        window.verbs.rename(
            "train.start", status_words.train_button(running=log is not None, paused=paused)
        )
        window.top.running.show_text("" if log is None else status_words.running(log))

    def _soon(self) -> None:
        if not self._refreshing.isActive():
            self._refreshing.start()


def first_recipe() -> Recipe:
    """The recipe of the one Train button, when nobody has looked at the choices."""
    return next(iter(presets().values()))
