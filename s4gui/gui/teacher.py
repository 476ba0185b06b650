"""Teacher: keeps the preview process told of every label that may teach."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from s4gui.core.change import Change
from s4gui.core.frames import FrameId, Split
from s4gui.core.labels import Box
from s4gui.gui.desk import Desk
from s4gui.gui.preview_link import PreviewLink
from s4gui.store import features
from s4gui.wire.preview import FrameFile


class Teacher(QObject):
    """Sends labels of train frames only; val and test frames never teach the preview."""

    taught = Signal()  # all labels that were waiting are sent

    def __init__(self, desk: Desk, link: PreviewLink, results: Path) -> None:
        super().__init__(desk.owner)
        self._desk, self._link, self._results = desk, link, results
        self._waiting: list[FrameId] = []
        self._known: set[FrameId] = set()
        self._class_ids: tuple[int, ...] = ()
        self._busy = self._has_begun = False
        desk.bus.changed.connect(self._changed)

    def begin(self) -> None:
        """Open the project in the preview and send all labels, one frame at a time."""
        self._has_begun = True
        self._class_ids = self._desk.workbench.class_map.ids
        self._known.clear()
        use = bool(self._desk.settings.get("preview_features"))
        folder = self._desk.project.folder / features.FOLDER if use else None
        self._link.open(self._class_ids, self._results, seed=0, features=folder)
        self.send(self._desk.project.labelled_frames())

    def send(self, frame_ids: Iterable[FrameId]) -> None:
        """Send the whole labels of these frames when there is time."""
        for name in frame_ids:
            if self.teaches(name) and name not in self._waiting:
                self._waiting.append(name)
        self._next()

    def send_edit(self, frame_id: FrameId, box: Box | None) -> None:
        """Send what an edit changed, now."""
        if not self.teaches(frame_id):
            return
        labels = self._desk.workbench.mask(frame_id).labels
        boxes = None if box is None or frame_id not in self._known else [box]
        self._tell(frame_id, labels, boxes)

    def teaches(self, frame_id: FrameId) -> bool:
        """Whether the labels of a frame may teach."""
        frame = self._desk.project.frame(frame_id)
        return frame.split is Split.TRAIN and not frame.problem

    @property
    def is_done(self) -> bool:
        """Whether everything is sent."""
        return not self._waiting and not self._busy

    def file_of(self, frame_id: FrameId) -> FrameFile:
        """A frame as the preview process knows it."""
        project = self._desk.project
        plane = project.camera_masks.of(project.frame(frame_id))
        text = plane.text if plane is not None else ""
        return FrameFile(frame_id, str(project.image_path(frame_id)), text)

    def _tell(self, frame_id: FrameId, labels: NDArray[np.uint8], boxes: list[Box] | None) -> None:
        frame = self._desk.project.frame(frame_id)
        path = self._desk.project.image_path(frame_id)
        labels = self._desk.project.camera_masks.over(frame, labels)
        self._link.update_labels(frame_id, path, frame.shape, labels, boxes)
        self._known.add(frame_id)

    def _next(self) -> None:
        if self._busy or not self._waiting:
            return
        name = self._waiting.pop(0)
        if name == self._desk.current:
            self._tell(name, self._desk.workbench.mask(name).labels, None)
            self._sent()
            return
        self._busy = True
        project = self._desk.project
        self._desk.jobs.run(
            "teach",
            lambda: project.read_mask(name).labels,
            lambda labels: self._read(name, labels),
            self._failed,
            owner=self,
            priority=5,
        )

    def _read(self, frame_id: FrameId, labels: NDArray[np.uint8]) -> None:
        self._busy = False
        self._tell(frame_id, labels, None)
        self._sent()

    def _failed(self, error: BaseException) -> None:
        self._busy = False
        self._desk.notices.failed(error)
        self._sent()

    def _sent(self) -> None:
        if self._waiting:
            self._next()
        else:
            self.taught.emit()

    def _changed(self, change: Change, _initiator: object) -> None:
        if not self._has_begun:
            return
        other_classes = self._desk.workbench.class_map.ids != self._class_ids
        if change.cameras or (change.classes and other_classes):
            self.begin()
        elif change.frames:
            changed = self._known & set(change.labels)  # in many images: send them whole
            self._known -= changed
            for name in [name for name in self._known if not self.teaches(name)]:
                self._link.forget(name)
                self._known.discard(name)
            labelled = self._desk.project.labelled_frames()
            self.send([*changed, *(name for name in labelled if name not in self._known)])
