"""ReviewRoom: image, labels and prediction side by side, with the scores of who predicted."""

from __future__ import annotations

from pathlib import PurePosixPath

from PySide6.QtCore import QObject

from s4gui.core.change import Change
from s4gui.core.messages import say
from s4gui.core.prediction import Prediction
from s4gui.gui import choice
from s4gui.gui.canvas.material import Layer
from s4gui.gui.canvas.view import Canvas
from s4gui.gui.desk import Desk
from s4gui.gui.easel import Easel
from s4gui.gui.gallery import Gallery
from s4gui.gui.learners import Learners
from s4gui.gui.lenses import Lens, Lenses
from s4gui.gui.panels.scores import Table
from s4gui.gui.train_room import table_of
from s4gui.gui.trainer import Trainer
from s4gui.gui.turns import next_turn
from s4gui.workbench.actions import Workspace


class ReviewRoom(QObject):
    """Three linked canvases of the current frame; a prediction's region can be accepted."""

    def __init__(
        self,
        desk: Desk,
        gallery: Gallery,
        easel: Easel,
        lenses: Lenses,
        learners: Learners,
        trainer: Trainer,
    ) -> None:
        super().__init__(desk.owner)
        self._desk, self._gallery, self._easel = desk, gallery, easel
        self._lenses, self._learners, self._trainer = lenses, learners, trainer
        self._space = desk.window.review
        self._preview_table: Table | None = None
        self._waiting: list[Canvas] = []
        space = self._space
        for canvas in (space.image, space.labels, space.prediction):
            easel.add_canvas(canvas, paints=canvas is space.labels)
        for canvas, always, follows in (
            (space.image, {Layer.IMAGE}, set()),
            (space.labels, {Layer.IMAGE, Layer.LABELS}, {Layer.REFERENCE, Layer.SOURCE}),
            (
                space.prediction,
                {Layer.IMAGE, Layer.PREDICTION},
                {Layer.CONFIDENCE, Layer.DISAGREEMENT, Layer.ERROR},
            ),
        ):
            lenses.add(Lens(canvas, frozenset(follows), frozenset(always)))
        gallery.add_panel(space.filmstrip)
        gallery.shown.connect(lambda _frame: self.show())
        learners.shown.connect(self._show_prediction)
        learners.judged.connect(self._judged)
        desk.window.room_shown.connect(self._room_shown)
        desk.bus.changed.connect(self._changed)
        easel.show_all()
        self.show()

    def show(self) -> None:
        """Show the current frame, when somebody looks."""
        if self._desk.window.room is not Workspace.REVIEW:
            return
        frame_id, pixels = self._desk.current, self._gallery.pixels
        space = self._space
        if frame_id is None or pixels is None:
            return
        space.image_title.show_text(PurePosixPath(frame_id).name)
        self._show_scores()
        self._waiting = [space.image, space.labels, space.prediction]
        self._show_next()

    def _show_next(self) -> None:
        """One canvas at a time: each has a whole view to draw, and events come between them."""
        frame_id, pixels = self._desk.current, self._gallery.pixels
        if not self._waiting or frame_id is None or pixels is None:
            return
        canvas = self._waiting.pop(0)
        canvas.show_image(pixels)
        canvas.show_labels(self._desk.workbench.mask(frame_id).labels)
        self._lenses.show_frame(frame_id, canvas)
        if canvas is self._space.prediction:
            self._show_prediction(self._learners.shown_prediction())
        next_turn(self, self._show_next)

    def _show_prediction(self, prediction: Prediction | None) -> None:
        if self._desk.window.room is not Workspace.REVIEW:
            return
        other = self._learners.other_prediction()
        self._space.prediction.show_prediction(prediction, other)
        if prediction is None:
            text = say("review.no_prediction", "No prediction yet")
        elif prediction.origin == choice.PREVIEW:
            text = say("review.preview", "Instant preview")
        else:
            text = say(
                "review.prediction",
                "Prediction of {who}, step {step}",
                who=prediction.origin,
                step=prediction.step,
            )
        self._space.prediction_title.show_text(text)

    def _room_shown(self, room: str) -> None:
        if room == Workspace.REVIEW:
            self.show()

    def _judged(self, table: Table) -> None:
        self._preview_table = table
        self._show_scores()

    def _show_scores(self) -> None:
        shown = self._learners.shown_prediction()
        table = table_of(self._trainer.log_of(self._trainer.newest))
        if shown is not None and shown.origin == choice.PREVIEW:
            table = self._preview_table or table
        self._space.scores.show_table(table, self._desk.workbench.class_map)

    def _changed(self, change: Change, _initiator: object) -> None:
        if change.runs and self._desk.window.room is Workspace.REVIEW:
            self._show_scores()
