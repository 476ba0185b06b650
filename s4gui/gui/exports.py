"""Exports: the dialog, and the job that writes masks (predicting first) or a checkpoint."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal

from s4gui.core.camera import CameraMasks
from s4gui.core.errors import S4Error, WorkerDied
from s4gui.core.frames import Frame, FrameId
from s4gui.core.messages import say
from s4gui.gui import processes
from s4gui.gui.desk import Desk
from s4gui.gui.dialogs.export import ExportChoice, ExportDialog, Offer, What, Which
from s4gui.gui.run_words import row
from s4gui.gui.trainer import Trainer
from s4gui.store.runs import RunFolder
from s4gui.wire import commands, events
from s4gui.wire.transport import events_of
from s4gui.workbench import endings, exporting

Progress = Callable[[int, int, str], bool]
_SILENT_S = 300.0


class Exports(QObject):
    """Asks what to export and writes it in a job; the dialog shows progress and can cancel."""

    _progressed = Signal(int, int, str)

    def __init__(self, desk: Desk, trainer: Trainer) -> None:
        super().__init__(desk.owner)
        self._desk, self._trainer = desk, trainer
        self.dialog: ExportDialog | None = None
        self._progressed.connect(self._show_progress, Qt.ConnectionType.QueuedConnection)

    def ask(self, selected: tuple[FrameId, ...], run: int | None) -> None:
        """Open the dialog."""
        runs = [
            (number, row(folder, self._trainer.logs[number]).text.replace("\n", ", "))
            for number, folder in sorted(self._trainer.folders.items(), reverse=True)
            if number in self._trainer.logs
        ]
        counts = {which: len(self._frames(which, selected)) for which in Which}
        folder = self._desk.project.folder / "export"
        hides = bool(self._desk.project.camera_masks.masks)
        self.dialog = ExportDialog(self._desk.window, Offer(counts, tuple(runs), folder, hides))
        if run is not None:
            self.dialog.run_choice.setCurrentIndex(max(0, self.dialog.run_choice.findData(run)))
        self.dialog.go_asked.connect(lambda: self._go(selected))
        self.dialog.finished.connect(self._closed)
        self.dialog.open()

    def _frames(self, which: Which, selected: tuple[FrameId, ...]) -> tuple[Frame, ...]:
        usable = self._desk.usable
        if which is Which.ALL:
            return usable
        if which is Which.LABELLED:
            wanted = set(self._desk.project.labelled_frames())
        elif which is Which.SELECTED:
            wanted = set(selected)
        else:
            wanted = {self._desk.current or ""}
        return tuple(each for each in usable if each.id in wanted)

    def _go(self, selected: tuple[FrameId, ...]) -> None:
        if self.dialog is None:
            return
        chosen = self.dialog.chosen()
        frames = self._frames(chosen.which, selected)
        self.dialog.begin()
        self._desk.workbench.save_now()
        self._desk.jobs.run(
            "export", self._work(chosen, frames), self._done, self._failed, owner=self
        )

    def _work(
        self, chosen: ExportChoice, frames: tuple[Frame, ...]
    ) -> Callable[[], tuple[Path, int, int]]:
        project, progress = self._desk.project, self._tell
        run = self._trainer.folders.get(chosen.run or 0)
        class_map = project.class_map

        tags, cameras = dict(project.tags), project.camera_masks

        def masks(mask_of: exporting.MaskOf) -> tuple[Path, int, int]:
            done = exporting.export_masks(
                frames,
                mask_of,
                chosen.folder,
                class_map=class_map,
                form=chosen.form,
                progress=progress,
                tags=tags if chosen.what is What.LABELS else None,
                cameras=cameras if chosen.hides else None,
            )
            return chosen.folder, len(frames) - len(done.missing), len(done.missing)

        def work() -> tuple[Path, int, int]:
            if chosen.what is What.LABELS:
                return masks(lambda frame: project.read_mask(frame.id).labels)
            if run is None:
                return chosen.folder, 0, len(frames)
            if chosen.what is What.CHECKPOINT:
                return exporting.export_checkpoint(run, chosen.folder), 1, 0
            images = {frame: project.image_path(frame.id) for frame in frames}
            predict_missing(run, images, progress, cameras)
            return masks(exporting.prediction_reader(run))

        return work

    def _tell(self, done: int, total: int, what: str) -> bool:
        """Called by the job's thread; False when the user cancelled."""
        self._progressed.emit(done, total, what)
        return self.dialog is not None and not self.dialog.working.cancelled

    def _show_progress(self, done: int, total: int, what: str) -> None:
        if self.dialog is not None:
            self.dialog.working.show_progress(done, total, what)

    def _done(self, result: tuple[Path, int, int]) -> None:
        folder, written, missing = result
        cancelled = self.dialog is None or self.dialog.working.cancelled
        if self.dialog is not None:
            self.dialog.accept()
        if cancelled:
            self._desk.notices.info(say("exports.cancelled", "Export cancelled"))
            return
        what = say("exports.done", "Exported {n} to {folder}", n=written, folder=folder)
        hint = say("exports.missing", "{n} images had nothing to export", n=missing)
        self._desk.notices.info(what, hint if missing else "")

    def _failed(self, error: BaseException) -> None:
        if self.dialog is not None:
            self.dialog.reject()
        self._desk.notices.failed(error)

    def _closed(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
        self.dialog = None


def predict_missing(
    run: RunFolder, images: dict[Frame, Path], progress: Progress, cameras: CameraMasks
) -> None:
    """Have a worker predict the images that the run's last checkpoint has not predicted yet.

    Waits for it: for a job. WorkerDied if the worker goes without a last word; S4Error with
    its own words if it fails. Without a checkpoint nothing is predicted.
    """
    step = endings.checkpoint_step(run)
    wanted = {
        frame: path
        for frame, path in images.items()
        if step is not None and not run.prediction(frame.id, step).exists()
    }
    if not wanted:
        return
    what = say("exports.predicting", "Predicting images")
    planes: dict[str, int] = {}  # each is told once
    files = []
    for frame, path in wanted.items():
        plane = cameras.of(frame)
        place = -1 if plane is None else planes.setdefault(plane.text, len(planes))
        files.append(commands.ImageFile(frame.id, str(path), place))
    link = processes.start("worker", greeting="Hello", log=run.path / "predict.log")
    try:
        link.send(
            commands.encode(commands.Predict(str(run.path), tuple(files), hidden=tuple(planes)))
        )
        done, heard_at = 0, time.monotonic()
        while not link.ended:
            lines = link.read(0.2)
            heard_at = time.monotonic() if lines else heard_at
            for event in events_of(lines):
                if isinstance(event, events.PredictionReady):
                    done += 1
                elif isinstance(event, events.Failed):
                    raise S4Error(event.message_id, event.what, hint=event.hint)
                elif isinstance(event, events.Finished):
                    return
            if not progress(done, len(files), what):
                return
            if time.monotonic() - heard_at > _SILENT_S:
                break
        raise WorkerDied(
            "exports.worker_died",
            "The process that predicts ended without a word",
            hint="Export again; what is predicted already is kept",
        )
    finally:
        link.close()
