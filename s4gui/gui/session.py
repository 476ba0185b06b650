"""Session: one open project in the window; makes its parts, connects them, answers the verbs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QTimer, Signal
from PySide6.QtWidgets import QMenu

from s4gui.core.change import Change
from s4gui.core.classes import VOID
from s4gui.core.errors import S4Error
from s4gui.core.frames import FrameState, Split
from s4gui.core.messages import say
from s4gui.core.prediction import Prediction
from s4gui.gui import outside, status_words, theme
from s4gui.gui.camera_desk import CameraDesk
from s4gui.gui.canvas.material import Layer
from s4gui.gui.canvas.view import Canvas
from s4gui.gui.class_desk import ClassDesk
from s4gui.gui.desk import Desk
from s4gui.gui.easel import Easel
from s4gui.gui.gallery import Gallery
from s4gui.gui.lenses import TOGGLES, Lenses
from s4gui.workbench.actions import Situation, Workspace
from s4gui.workbench.painting import Tool

if TYPE_CHECKING:
    from s4gui.gui.history_desk import HistoryDesk
    from s4gui.gui.learners import Learners
    from s4gui.gui.preview_link import PreviewLink
    from s4gui.gui.side_desk import SideDesk
    from s4gui.gui.studies import Studies
    from s4gui.gui.train_room import TrainRoom
    from s4gui.gui.trainer import Trainer
    from s4gui.gui.training_run import TrainingRun
    from s4gui.gui.whole_edits import WholeEdits

_STEP = 1.2


class Session(QObject):
    """Owns the parts of an open project. `close` writes everything and lets the project go."""

    first_shown = Signal()
    whole: WholeEdits  # these three from `build_side` on
    side: SideDesk
    history: HistoryDesk
    _acknowledged = Signal()

    def __init__(
        self,
        desk: Desk,
        link: Callable[[], PreviewLink],
        worker_command: Sequence[str] | None = None,
    ) -> None:
        super().__init__(desk.owner)
        self.desk = desk
        window = desk.window
        self.gallery = Gallery(desk)
        self.easel = Easel(desk)
        self.lenses = Lenses(desk)
        self.classes = ClassDesk(desk, self.easel)
        self.camera = CameraDesk(desk)
        self._link, self._worker_command = link, worker_command
        self._studies: Studies | None = None
        self.has_begun = False
        self._verbs = self._table()
        self._refreshing = QTimer(self)
        self._refreshing.setSingleShot(True)
        self._refreshing.setInterval(0)
        self._refreshing.timeout.connect(self.refresh)
        self._connect()
        window.show_title(desk.project.name)
        window.label.canvas.set_background(theme.worn().colour("canvas"))
        window.show_wheel(zooms=bool(desk.settings.get("wheel_zooms")))
        self._show_lock()
        window.verbs.class_asked.connect(self.classes.choose_place)
        self.refresh()

    def _connect(self) -> None:
        desk, window = self.desk, self.desk.window
        self.gallery.shown.connect(self._frame_shown)
        self.easel.hover_told.connect(self._hovered)
        self.lenses.changed.connect(self._look_changed)
        self._look_changed()
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

    @property
    def studies(self) -> Studies:
        """All that learns; made when it is first asked for, so that the first image comes first."""
        if self._studies is None:
            from s4gui.gui.studies import Studies  # noqa: PLC0415 - after the first image

            self._studies = Studies(
                self.desk,
                self.gallery,
                self.easel,
                self.lenses,
                self._link(),
                self._worker_command,
            )
            self._studies.learners.shown.connect(self._prediction_shown)
            self._studies.changed.connect(self._soon)
            self._verbs |= self._studies.verbs()
        return self._studies

    @property
    def trainer(self) -> Trainer:
        """The runs."""
        return self.studies.trainer

    @property
    def learners(self) -> Learners:
        """The predictions."""
        return self.studies.learners

    @property
    def train_room(self) -> TrainRoom | None:
        """The Train room, once it is built."""
        return self.studies.train_room

    def begin_background(self) -> None:
        """What waits for the first image: preview, past runs, an idle worker."""
        self.has_begun = True
        self.studies.begin()
        self._soon()

    def build_side(self) -> None:
        """What takes the place of the classes, and edits of all images: after the first image."""
        if hasattr(self, "whole"):
            return
        from s4gui.gui.history_desk import HistoryDesk  # noqa: PLC0415 - after the first image
        from s4gui.gui.side_desk import SideDesk  # noqa: PLC0415 - the same
        from s4gui.gui.whole_edits import WholeEdits  # noqa: PLC0415 - the same

        self.desk.window.label.build_side()
        self.whole = WholeEdits(self.desk, self.easel)
        self.side = SideDesk(self.desk)
        self.classes.merge_asked.connect(self.whole.ask_merge)
        self.history = HistoryDesk(self.desk, self.easel, self.whole)
        self._verbs |= self.side.verbs() | self.whole.verbs()

    def build_rooms(self) -> None:
        """Fill Train and Review once the window has made them."""
        self.studies.build_rooms()

    def close(self) -> TrainingRun | None:
        """Write everything; the project can be opened by others then. The run that still ends."""
        self._refreshing.stop()
        self.desk.workbench.on_acknowledged = None
        run = self._studies.close() if self._studies is not None else None
        self.desk.close()
        return run

    # --- verbs -------------------------------------------------------------------------------

    def do(self, verb: str) -> bool:
        """Do a verb of an open project; False if it is none."""
        if verb.startswith(("train.", "preview.")):
            self.studies.show_running()
        if verb not in self._verbs:
            self.build_side()
        if verb not in self._verbs:
            return False
        try:
            self._verbs[verb]()
        except S4Error as error:
            self.desk.notices.failed(error)
        self._soon()
        return True

    def _table(self) -> dict[str, Callable[[], None]]:
        easel, gallery = self.easel, self.gallery
        tools = {f"tool.{tool}": partial(easel.choose_tool, tool) for tool in Tool}
        layers = {name: partial(self.lenses.toggle, name) for name in TOGGLES}
        splits = {f"image.split_{split}": partial(self._split, split) for split in Split}
        marks = {
            f"state.{each}": partial(gallery.mark, each) for each in FrameState if each.is_mark
        }
        return {
            **tools,
            **layers,
            **splits,
            **marks,
            "edit.copy": easel.selection.copy,
            "edit.paste": easel.selection.paste,
            "edit.paste_previous": lambda: easel.selection.paste_from(gallery.previous()),
            "edit.delete": easel.selection.erase,
            **self.camera.verbs(),
            "predict.accept": easel.accept_here,
            "class.add": self.classes.add,
            "class.find": self.classes.find,
            "class.counts": self.classes.show_table,
            "class.swap": easel.swap,
            "tool.void": self._void,
            "brush.smaller": partial(easel.step_radius, 1 / _STEP),
            "lock.class": easel.lock_class,
            "lock.others": easel.lock_others,
            "lock.unlabelled": easel.lock_labelled,
            "lock.predicted": easel.lock_unpredicted,
            "brush.square": easel.switch_tip,
            "brush.larger": partial(easel.step_radius, _STEP),
            "view.colours": self.classes.colours,
            "layer.style": self.lenses.next_style,
            "view.save": self.lenses.save_view,
            "view.next_saved": self.lenses.next_view,
            "view.fit": lambda: self._canvas().fit(),
            "view.actual": lambda: self._canvas().actual_size(),
            "view.zoom_in": lambda: self._canvas().zoom_by(1.0),
            "view.zoom_out": lambda: self._canvas().zoom_by(-1.0),
            "image.previous": partial(gallery.step, -1),
            "image.next": partial(gallery.step, 1),
            "image.next_unlabelled": gallery.step_unlabelled,
            "state.next": partial(gallery.step_state, 1),
            "state.previous": partial(gallery.step_state, -1),
            "image.filter": self._filter,
        }

    def _canvas(self) -> Canvas:
        window = self.desk.window
        return window.review.image if window.room is Workspace.REVIEW else window.label.canvas

    def _look_changed(self) -> None:
        self.easel.prediction_visible = Layer.PREDICTION in self.lenses.look.visible

    def _void(self) -> None:
        if self.desk.workbench.value == VOID:
            self.easel.swap()
        else:
            self.easel.choose_value(VOID)

    def _split(self, split: Split) -> None:
        change = self.desk.workbench.set_split(self.gallery.chosen(), split)
        self.desk.publish(change, self)

    def _frame_menu(self, _frames: tuple[str, ...], at: QPoint) -> None:
        menu, actions = QMenu(self.desk.window), self.desk.window.verbs.actions
        for mark in (each for each in FrameState if each.is_mark):
            menu.addAction(actions[f"state.{mark}"])
        menu.addSeparator()
        for split in Split:
            menu.addAction(actions[f"image.split_{split}"])
        menu.popup(at)
        menu.aboutToHide.connect(menu.deleteLater)

    def _filter(self) -> None:
        self.desk.window.show_room(Workspace.LABEL)
        box = self.desk.window.label.frames.filter_box
        box.setFocus()
        box.selectAll()

    # --- news --------------------------------------------------------------------------------

    def _frame_shown(self, frame_id: str) -> None:
        if not self.has_begun:
            self.first_shown.emit()
        self.easel.fit_radius(self.desk.project.frame(frame_id).shape)
        self.lenses.show_frame(frame_id)
        self.camera.show(self.desk.window.label.canvas)
        self._show_zoom()
        outside.ask_about(self.desk, frame_id)

    def _prediction_shown(self, prediction: Prediction | None) -> None:
        self.easel.prediction = prediction
        self.lenses.show_prediction(prediction, self.learners.other_prediction())
        self._hovered(*self.easel.hover)
        self._soon()

    def _changed(self, change: Change, _initiator: object) -> None:
        if not self.desk.workbench.painting:
            self._hovered(*self.easel.hover)  # what lies under a pointer at rest
            self._soon()

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
        now = Situation(
            project=True,
            writable=not desk.read_only,
            frame=frame_id is not None,
            classes=len(workbench.class_map),
            can_undo=frame_id is not None and workbench.can_undo(frame_id),
            can_redo=frame_id is not None and workbench.can_redo(frame_id),
            can_undo_project=workbench.next_project_undo is not None,
            can_redo_project=workbench.next_project_redo is not None,
            prediction=self.easel.prediction is not None,
            labelled=self.gallery.has_labels,
            camera_mask=self.camera.mask is not None,
        )
        return now if self._studies is None else self._studies.situation(now)

    def refresh(self) -> None:
        """Show what makes sense now, what is saved, what trains."""
        window, workbench = self.desk.window, self.desk.workbench
        window.verbs.show_situation(self.situation())
        window.status.show_saved(
            pending=workbench.pending, read_only=self.desk.read_only, is_open=True
        )
        if self._studies is not None:
            self._studies.show_running()

    def _soon(self) -> None:
        if not self._refreshing.isActive():
            self._refreshing.start()
