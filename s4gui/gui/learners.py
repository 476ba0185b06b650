"""Learners: predictions of the preview and of a run, and which of them the canvas shows."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from s4gui.core.change import Change
from s4gui.core.classes import MAX_CLASS_ID
from s4gui.core.frames import FrameId, Split
from s4gui.core.labels import Box
from s4gui.core.messages import say
from s4gui.core.prediction import Prediction
from s4gui.core.scores import ConfusionMatrix
from s4gui.gui import choice, processes, status_words
from s4gui.gui.choice import AUTOMATIC, PREVIEW, RUN, Standing
from s4gui.gui.desk import Desk
from s4gui.gui.panels.scores import Table
from s4gui.gui.preview_link import PreviewLink
from s4gui.gui.recipe_words import encoder_name
from s4gui.gui.teacher import Teacher
from s4gui.store import predictions
from s4gui.wire.preview import Fitted, NeedsClasses, Previewed

_KEPT_BYTES = 192 << 20
_JUDGED_FRAMES = 10
"""Val frames that the preview is judged on: enough to compare, 1 s of its time."""
_JUDGE_EVERY_S = 15.0
_REST_MS = 700


class Kept:
    """The newest prediction of each frame, bounded in bytes; the frame used last goes last."""

    def __init__(self) -> None:
        self._kept: OrderedDict[FrameId, Prediction] = OrderedDict()

    def get(self, frame_id: FrameId) -> Prediction | None:
        """The prediction of a frame, if it is kept."""
        if frame_id in self._kept:
            self._kept.move_to_end(frame_id)
        return self._kept.get(frame_id)

    def put(self, frame_id: FrameId, prediction: Prediction) -> None:
        """Keep a prediction in place of the one before."""
        self._kept[frame_id] = prediction
        self._kept.move_to_end(frame_id)
        while len(self._kept) > 2 and self._nbytes() > _KEPT_BYTES:
            self._kept.popitem(last=False)

    def clear(self) -> None:
        """Forget all."""
        self._kept.clear()

    def _nbytes(self) -> int:
        return sum(2 * each.classes.nbytes for each in self._kept.values())


class Learners(QObject):
    """Asks the preview after each edit and each change of image; shows what answers."""

    shown = Signal(object)  # Prediction of the current frame or None
    hint = Signal(str)
    status = Signal(str)
    judged = Signal(object)  # Table of the preview's scores

    def __init__(self, desk: Desk, link: PreviewLink) -> None:
        super().__init__(desk.owner)
        self._desk, self.link = desk, link
        self._results = processes.results_folder()
        self.teacher = Teacher(desk, link, Path(self._results.name))
        self.is_live = True
        self._preview, self._run = Kept(), Kept()
        self._standing = Standing()
        self._wanted, self._showing = AUTOMATIC, PREVIEW
        self._whole: dict[FrameId, int] = {}  # ticket of the last whole answer
        self._judged_at = float("-inf")
        self._has_begun = False
        self._judging = 0
        self._unjudged: dict[FrameId, None] = {}
        self._matrices: dict[FrameId, ConfusionMatrix] = {}
        self._fitting = QTimer(self)
        self._fitting.setSingleShot(True)
        self._fitting.setInterval(0)
        self._fitting.timeout.connect(self._fit)
        for signal, slot in (
            (link.previewed, self._previewed),
            (link.fitted, self._fitted),
            (link.needs_classes, self._needs_classes),
            (link.failed, self._failed),
            (link.busy, self._busy),
        ):
            signal.connect(slot)
        self.teacher.taught.connect(self.refresh)
        desk.bus.changed.connect(self._changed)
        desk.window.label.layers.learner_asked.connect(self.want)
        self._show_choice()

    # --- asking ------------------------------------------------------------------------------

    def begin(self) -> None:
        """Start the preview process and teach it, if it is wanted; after the first paint."""
        if self.is_live and not self._has_begun:
            self._has_begun = True
            self._desk.jobs.run(
                "sweep", processes.sweep_results, lambda _: None, owner=self, priority=20
            )
            self.link.start_process()
            self.teacher.begin()

    def set_live(self, *, on: bool) -> None:
        """Predict after each stroke, or only when asked to again."""
        self.is_live = on
        if on:
            self.begin()
            self.refresh()

    def begin_again(self) -> None:
        """What the preview may use has changed: teach it anew."""
        if self._has_begun:
            self.teacher.begin()

    def edited(self, frame_id: FrameId, box: Box | None) -> None:
        """An edit is finished: the pen is up."""
        if self._has_begun:
            self.teacher.send_edit(frame_id, box)
            self.refresh()
        else:
            self._tell_hint("")  # nobody will answer who could take it back

    def refresh(self) -> None:
        """Predict the current image anew, soon."""
        if self.is_live and self._has_begun and self._desk.current is not None:
            self._fitting.start()

    def frame_shown(self, frame_id: FrameId) -> None:
        """Another image: show what is known of it, and ask."""
        bench = self._desk.workbench
        if not bench.counts(frame_id) and not self._desk.project.labelled_frames():
            self._tell_hint(say("learners.paint_first", "Paint a stroke of a first class"))
        self.show()
        self.refresh()

    def _fit(self) -> None:
        frame_id = self._desk.current
        if frame_id is None or not self._desk.workbench.class_map.classes:
            return
        canvas = self._desk.window.label.canvas
        names = (*self._desk.beside(frame_id), *self._to_judge())
        others = [self.teacher.file_of(name) for name in names]
        self.link.fit(
            self.teacher.file_of(frame_id), canvas.visible_box(), canvas.zoom, tuple(others)
        )

    def _to_judge(self) -> tuple[FrameId, ...]:
        """Val frames with labels, evenly over the project, now and then while nothing trains."""
        now = time.monotonic()
        if self._standing.training and self._standing.preview is not None:
            return ()
        if self._unjudged or now - self._judged_at < _JUDGE_EVERY_S:
            return tuple(self._unjudged)
        self._judged_at = now
        project = self._desk.project
        labelled = map(project.frame, project.labelled_frames())
        val = [each.id for each in labelled if each.split is Split.VAL and not each.problem]
        self._unjudged = dict.fromkeys(val[:: max(1, -(-len(val) // _JUDGED_FRAMES))])
        self._judging = len(self._unjudged)
        return tuple(self._unjudged)

    # --- answers -----------------------------------------------------------------------------

    def _previewed(self, event: Previewed) -> None:
        path = Path(event.path)
        self._desk.jobs.run(
            f"previewed {event.frame}",
            lambda: predictions.read(path),
            lambda answer: self._take_preview(event, answer),
            lambda _error: None,  # a newer answer has replaced the file
            owner=self,
            priority=-8,
        )

    def _take_preview(self, event: Previewed, answer: Prediction) -> None:
        frame = self._desk.project.frame(event.frame)
        whole = answer
        if not event.whole:
            whole = _placed(answer, Box(*event.box), frame.shape, self._preview.get(event.frame))
        if whole.shape != frame.shape:
            return
        whole = self._hidden(event.frame, whole)
        self._preview.put(event.frame, whole)
        if event.whole:
            self._whole[event.frame] = event.ticket
            self._judge(event.frame, whole)
        if event.frame == self._desk.current:
            self._tell_hint("")
            self.show()

    def run_prediction(self, run: int, frame_id: FrameId, path: Path) -> None:
        """A run has predicted a frame."""
        self._desk.jobs.run(
            f"run prediction {frame_id}",
            lambda: predictions.read(path),
            lambda answer: self._take_run(run, frame_id, answer),
            lambda _error: None,
            owner=self,
            priority=-7,
        )

    def _take_run(self, run: int, frame_id: FrameId, answer: Prediction) -> None:
        if run != self._standing.run_number:
            return
        if answer.shape != self._desk.project.frame(frame_id).shape:
            return
        self._run.put(frame_id, self._hidden(frame_id, answer))
        if frame_id == self._desk.current:
            self.show()

    def _hidden(self, frame_id: FrameId, answer: Prediction) -> Prediction:
        """With the masks of now: the answer may be from before them."""
        project = self._desk.project
        return answer.hiding(project.camera_masks.of(project.frame(frame_id)))

    def use_run(self, number: int, mean_iou: float | None, *, training: bool) -> None:
        """A run that may be shown, and how good it is; 0 for none."""
        if number != self._standing.run_number:
            self._run.clear()
        before = self._standing
        self._standing = replace(before, run=mean_iou, run_number=number, training=training)
        # While it trains the hand comes first: predict when it rests.
        self._fitting.setInterval(_REST_MS if training else 0)
        if self._standing != before:
            self.show()

    def has_run_prediction(self, frame_id: FrameId) -> bool:
        """Whether the run's answer for a frame is at hand."""
        return self._run.get(frame_id) is not None

    # --- showing -----------------------------------------------------------------------------

    def want(self, learner: str) -> None:
        """The user's choice: AUTOMATIC, PREVIEW or RUN."""
        self._wanted = learner
        self.show()

    def shown_prediction(self) -> Prediction | None:
        """What the canvas shows of the current frame."""
        frame_id = self._desk.current
        if frame_id is None:
            return None
        first, second = self._preview, self._run
        if self._showing == RUN:
            first, second = second, first
        return first.get(frame_id) or (None if self._wanted != AUTOMATIC else second.get(frame_id))

    def other_prediction(self) -> Prediction | None:
        """What the learner that is not shown says of the current frame."""
        frame_id, shown = self._desk.current, self.shown_prediction()
        answers = (self._preview.get(frame_id), self._run.get(frame_id)) if frame_id else ()
        return next((each for each in answers if each is not None and each is not shown), None)

    def show(self) -> None:
        """Show the chosen learner's answer on the current frame, and say whose it is."""
        self._showing = choice.choose(self._standing, self._wanted, self._showing)
        self.shown.emit(self.shown_prediction())
        self._show_choice()

    def _show_choice(self) -> None:
        preview = choice.learner_name(PREVIEW, 0, self._standing.sees)
        choices = [(PREVIEW, _titled(preview, self._standing.preview))]
        if self._standing.has_run:
            name = choice.learner_name(RUN, self._standing.run_number)
            choices.append((RUN, _titled(name, self._standing.run)))
        wanted = self._wanted if self._wanted in dict(choices) else AUTOMATIC
        why = choice.reason(self._standing, wanted, self._showing)
        self._desk.window.label.layers.show_learners(tuple(choices), wanted, why)

    # --- the preview's own score -------------------------------------------------------------

    def _judge(self, frame_id: FrameId, answer: Prediction) -> None:
        if self._desk.project.frame(frame_id).split is not Split.VAL:
            return
        self._unjudged.pop(frame_id, None)
        project, class_ids = self._desk.project, self._desk.workbench.class_map.ids

        def work() -> ConfusionMatrix | None:
            frame = project.frame(frame_id)
            reference = project.camera_masks.over(frame, project.read_mask(frame_id).labels)
            if not (reference <= MAX_CLASS_ID).any():
                return None
            matrix = ConfusionMatrix(class_ids)
            matrix.add(reference, answer.classes)
            return matrix

        self._desk.jobs.run(
            f"judge {frame_id}",
            work,
            lambda matrix: self._judged(frame_id, matrix),
            lambda _error: None,
            owner=self,
            priority=8,
        )

    def _judged(self, frame_id: FrameId, matrix: ConfusionMatrix | None) -> None:
        if matrix is None or matrix.class_ids != tuple(sorted(self._desk.workbench.class_map.ids)):
            return
        self._matrices[frame_id] = matrix
        total = ConfusionMatrix(matrix.class_ids)
        for each in self._matrices.values():
            total.merge(each)
        score = total.mean_iou()
        if len(self._matrices) >= min(3, self._judging or 1):
            self._standing = replace(self._standing, preview=score)
        whose = say("learners.preview_on", "Instant preview ({n} images)", n=len(self._matrices))
        self.judged.emit(Table(total.per_class(), score, "images", whose))
        self.show()

    # --- other news --------------------------------------------------------------------------

    def _fitted(self, event: Fitted) -> None:
        self._tell_hint("")
        self.status.emit(status_words.fitted(event))
        sees = encoder_name(event.encoder)
        if sees != self._standing.sees:  # another learner: its scores are not known yet
            self._matrices.clear()
            self._judged_at = float("-inf")
            self._standing = replace(self._standing, preview=None, sees=sees)
            self._show_choice()

    def _needs_classes(self, event: NeedsClasses) -> None:
        if event.painted == 0:
            self._tell_hint(say("learners.paint_first", "Paint a stroke of a first class"))
        else:
            self._tell_hint(say("learners.paint_second", "Now paint a stroke of a second class"))
        self._preview.clear()
        self.show()
        self.status.emit("")

    def _tell_hint(self, text: str) -> None:
        self.hint.emit("" if self._desk.read_only else text)

    def _failed(self, what: str, hint: str) -> None:
        self.status.emit("")
        self._desk.notices.warn(what, hint)

    def _busy(self, is_busy: bool) -> None:  # noqa: FBT001 - a Qt slot
        if is_busy:
            self.status.emit(say("learners.busy", "Preview…"))

    def _changed(self, change: Change, _initiator: object) -> None:
        if change.cameras:  # what was said before said it below other masks
            self._preview.clear()
            self._run.clear()
            self._matrices.clear()
            self._standing = replace(self._standing, preview=None)
            self.show()
            self.refresh()
        if change.classes:
            ids = tuple(sorted(self._desk.workbench.class_map.ids))
            if any(each.class_ids != ids for each in self._matrices.values()):
                self._matrices.clear()
                self._standing = replace(self._standing, preview=None)
                self._preview.clear()
                self.show()

    def close(self) -> None:
        """Forget everything; the link is the application's."""
        self._fitting.stop()
        self._results.cleanup()


def _titled(name: str, score: float | None) -> str:
    return name if score is None else say("learners.scored", "{n} ({s})", n=name, s=f"{score:.2f}")


def _placed(
    part: Prediction, box: Box, shape: tuple[int, int], before: Prediction | None
) -> Prediction:
    """A part of a frame's prediction over the one before; unsure where nothing is known."""
    if before is not None and before.shape == shape:
        classes, confidence = before.classes.copy(), before.confidence.copy()
    else:
        classes = np.full(shape, part.classes.flat[0] if part.classes.size else 0, np.uint8)
        confidence = np.zeros(shape, np.uint8)
    classes[box.slices], confidence[box.slices] = part.classes, part.confidence
    return Prediction(classes, confidence, part.origin, part.step)
