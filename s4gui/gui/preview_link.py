"""PreviewLink: the window's end of the preview process; it starts it, feeds it, restarts it."""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, Signal

from s4gui.core.labels import TILE_PX, Box
from s4gui.core.messages import say
from s4gui.gui import processes
from s4gui.gui.preview_sender import Ended, RawTile, Sender
from s4gui.wire import preview as wire
from s4gui.wire.preview import FrameFile
from s4gui.workbench.endings import exit_in_words

log = logging.getLogger(__name__)
RESTART_AGAIN_S = 60.0
"""A process that dies again this soon after a restart is left alone: something kills it."""


class PreviewLink(QObject):
    """The window's end of one preview process. No method waits but `close`; whatever is asked
    before the process runs, or is lost with it, is sent when it runs (again).

    Answers come in the order of their tickets; those to a project opened before are dropped.
    """

    ready = Signal()
    fitted = Signal(object)  # wire.preview.Fitted
    previewed = Signal(object)  # wire.preview.Previewed: load its file through Jobs
    needs_classes = Signal(object)  # wire.preview.NeedsClasses
    warmed = Signal(object)  # wire.preview.Warmed
    failed = Signal(str, str)  # what, hint
    busy = Signal(bool)
    _heard = Signal(object, object)  # Sender, list of events or Ended

    def __init__(
        self,
        *,
        command: Sequence[str] | None = None,
        clock: Callable[[], float] = time.monotonic,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._clock = clock
        self._restarted_at = float("-inf")
        self._is_busy = False
        self._newest = self._floor = 0
        self._current = ""
        self._was_started = False
        self._sender: Sender | None = None
        self._command = command
        self._heard.connect(self._hear, Qt.ConnectionType.QueuedConnection)

    @property
    def newest_ticket(self) -> int:
        """The ticket of the last Fit asked for; 0 before the first."""
        return self._newest

    @property
    def is_busy(self) -> bool:
        """Whether the current image has not been answered for since the last Fit."""
        return self._is_busy

    def open(
        self,
        class_ids: Iterable[int],
        results_folder: Path,
        seed: int,
        *,
        cache_bytes: int | None = None,
        features: Path | None = None,
    ) -> None:
        """A project: its classes, and an existing folder for results. Labels sent are forgotten.

        `features` is where feature files may lie; None: they are not used.
        """
        self._floor = self._newest + 1
        self._be_busy(busy=False)
        size = default_cache_bytes() if cache_bytes is None else cache_bytes
        files = "" if features is None else str(features)
        command = wire.Open(tuple(class_ids), str(results_folder), seed, size, files)
        self._do(lambda sender: sender.open(command))

    def start_process(self) -> None:
        """Start the process unless it runs: once after the first paint, or after it was lost."""
        self._was_started = True
        self._do(lambda sender: sender.start())

    def warm(self, frames: Iterable[FrameFile]) -> None:
        """Compute the features of these frames when there is nothing else to do."""
        command = wire.Warm(tuple(frames))
        self._do(lambda sender: sender.send(command))

    def update_labels(
        self,
        frame: str,
        path: Path,
        shape: tuple[int, int],
        labels_train: NDArray[np.uint8],
        boxes: Iterable[Box] | None = None,
    ) -> None:
        """What may teach on a frame, (H, W) uint8 of class ids, VOID, UNLABELLED; copied.

        Only `boxes` have changed since the last time (None: all of it).
        """
        if labels_train.shape != shape or labels_train.dtype != np.uint8:
            raise ValueError(f"labels are {shape} uint8, not {labels_train.shape}")
        tiles = tuple(_cut(labels_train, boxes))
        image = FrameFile(frame, str(path))
        self._do(lambda sender: sender.update(image, shape, tiles))

    def forget(self, frame: str) -> None:
        """This frame no longer teaches."""
        self._do(lambda sender: sender.forget(frame))

    def fit(
        self,
        current: FrameFile,
        view_box: Box,
        zoom: float,
        neighbours: Iterable[FrameFile] = (),
    ) -> int:
        """Fit on the labels sent so far and predict: the view, the whole frame, the neighbours.

        Starts the process if it never ran. Returns the ticket that the answers carry.
        """
        self._newest += 1
        self._current = current.frame
        view = (view_box.y0, view_box.x0, view_box.y1, view_box.x1)
        command = wire.Fit(self._newest, current, view, zoom, tuple(neighbours))
        if not self._was_started:
            self.start_process()
        self._be_busy(busy=True)
        self._do(lambda sender: sender.fit(command))
        return self._newest

    def close(self) -> None:
        """End the process and the threads; waits about half a second at most."""
        sender, self._sender = self._sender, None
        self._was_started = False
        if sender is not None:
            sender.close()

    def _do(self, task: Callable[[Sender], None]) -> None:
        if self._sender is None:
            self._sender = Sender(self._command, self._heard.emit)
        self._sender.tasks.put(task)

    def _be_busy(self, *, busy: bool) -> None:
        if busy is not self._is_busy:
            self._is_busy = busy
            self.busy.emit(busy)

    def _hear(self, sender: Sender, events: list[wire.PreviewEvent] | Ended) -> None:
        if sender is not self._sender:  # said before a close
            return
        if isinstance(events, Ended):
            self._lost(events)
            return
        for event in events:
            self._tell(event)

    def _tell(self, event: wire.PreviewEvent) -> None:
        match event:
            case wire.PreviewHello():
                self.ready.emit()
            case wire.Warmed():
                self.warmed.emit(event)
            case wire.PreviewFailed():
                self._tell_failure(event)
            case _ if event.ticket < self._floor:
                pass
            case wire.Fitted():
                self.fitted.emit(event)
            case wire.NeedsClasses():
                self._answered(event.ticket)
                self.needs_classes.emit(event)
            case wire.Previewed():
                if event.whole and event.frame == self._current:
                    self._answered(event.ticket)
                self.previewed.emit(event)

    def _tell_failure(self, event: wire.PreviewFailed) -> None:
        if event.traceback:
            log.error("preview: %s\n%s", event.what, event.traceback)
        if event.frame in {"", self._current}:
            self._answered(event.ticket or self._newest)
        self.failed.emit(event.what, event.hint)

    def _answered(self, ticket: int) -> None:
        if ticket == self._newest:
            self._be_busy(busy=False)
            self._do(lambda sender: sender.answered(ticket))

    def _lost(self, ended: Ended) -> None:
        now = self._clock()
        how = ended.how or exit_in_words(ended.exit_code)
        what = say("preview.died", "The preview process {how}", how=how)
        if ended.tail:
            log.error("preview process gone; its last lines:\n%s", ended.tail)
        if ended.how or now - self._restarted_at < RESTART_AGAIN_S:
            self._be_busy(busy=False)
            hint = say("preview.off", "Preview is off; labels and training are not touched")
            self.failed.emit(what, hint)
            return
        self._restarted_at = now
        self.start_process()
        self.failed.emit(what, say("preview.restarted", "It was started again"))


def default_cache_bytes() -> int:
    """Room for cached features: an eighth of what is free, 256 MiB to 2 GiB."""
    return min(max(processes.free_memory_bytes() // 8, 256 << 20), 2 << 30)


def _cut(labels: NDArray[np.uint8], boxes: Iterable[Box] | None) -> Iterable[RawTile]:
    """Copies of the tiles of the fixed 128 px grid that the boxes touch."""
    height, width = labels.shape
    whole = Box(0, 0, height, width)
    starts: set[tuple[int, int]] = set()
    for each in (whole,) if boxes is None else boxes:
        box = each.clipped((height, width))
        if not box.is_empty:
            rows = range(box.y0 // TILE_PX * TILE_PX, box.y1, TILE_PX)
            starts.update(
                itertools.product(rows, range(box.x0 // TILE_PX * TILE_PX, box.x1, TILE_PX))
            )
    for y0, x0 in sorted(starts):
        y1, x1 = min(y0 + TILE_PX, height), min(x0 + TILE_PX, width)
        yield y0, x0, y1, x1, labels[y0:y1, x0:x1].tobytes()
