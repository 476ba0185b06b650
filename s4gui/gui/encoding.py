"""Encoding: a worker looks at all images with a pretrained encoder, for the preview."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Sequence

from PySide6.QtCore import QObject, QTimer, Signal

from s4gui.core.errors import WorkerDied
from s4gui.core.messages import say
from s4gui.gui import processes
from s4gui.gui.desk import Desk
from s4gui.gui.panels.progress import time_left
from s4gui.gui.processes import IdleWorker
from s4gui.gui.recipe_words import encoder_name
from s4gui.store import features
from s4gui.wire import commands, events
from s4gui.wire.transport import Attached, events_of
from s4gui.workbench.endings import exit_in_words

_LISTEN_MS = 100
_numbers = itertools.count(1)


class Encoding(QObject):
    """At most one worker that writes feature files; the verb starts it, and stops it again.

    It takes the idle worker if there is one. What is written stays, whoever ends it.
    """

    told = Signal(str)  # how far it is; empty at the end
    written = Signal()  # files are there that were not
    changed = Signal()

    def __init__(self, desk: Desk, idle: IdleWorker, command: Sequence[str] | None = None) -> None:
        super().__init__(desk.owner)
        self._desk, self._idle, self._command = desk, idle, command
        self._link: Attached | None = None
        self._first = 0.0  # when the first image was done
        self._problems, self._encoder, self._text = 0, "", ""
        self._timer = QTimer(self)
        self._timer.setInterval(_LISTEN_MS)
        self._timer.timeout.connect(self._listen)

    @property
    def is_running(self) -> bool:
        """Whether a worker is at it."""
        return self._link is not None

    def start_or_stop(self) -> None:
        """Begin with the images that have labels; or stop after the image under way."""
        if self._link is not None:
            self._link.send(commands.encode(commands.Stop()))
            return
        project = self._desk.project
        labelled = set(project.labelled_frames())
        frames = sorted(self._desk.usable, key=lambda each: each.id not in labelled)
        images = tuple(
            commands.ImageFile(each.id, str(project.image_path(each.id))) for each in frames
        )
        if not images:
            return
        try:
            self._link = self._idle.take() or self._started()
        except (WorkerDied, OSError) as error:
            self._desk.notices.failed(error)
            return
        folder = str(project.folder / features.FOLDER)
        self._link.send(commands.encode(commands.Encode(folder, images)))
        self._problems, self._first = 0, 0.0
        self._timer.start()
        self._text = say("encoding.begins", "Loading a pretrained encoder…")
        self.changed.emit()

    def close(self) -> None:
        """End the worker, if there is one."""
        self._timer.stop()
        link, self._link = self._link, None
        if link is not None:
            processes.discard(link)

    def _started(self) -> Attached:
        runs = self._desk.project.runs
        runs.mkdir(parents=True, exist_ok=True)
        log = runs / f".worker-{os.getpid()}-encoding-{next(_numbers)}.log"
        return processes.start("worker", greeting="Hello", log=log, command=self._command)

    def _listen(self) -> None:
        link = self._link
        if link is None:
            return
        for event in events_of(link.read(0.0)):
            match event:
                case events.Encoded():
                    self._count(event)
                case events.Failed():
                    self._end()
                    self._say_failed(event)
                case events.Finished():
                    self._end()
                    self._say_finished(event)
        if self._link is not None:
            self.told.emit(self._text)  # again and again: the preview writes in the same place
        if self._link is not None and link.ended:
            how = exit_in_words(link.exit_code)
            details = link.tail()
            self._end()
            what = say("encoding.died", "The process that looks at the images {how}", how=how)
            hint = say("encoding.died.hint", "Begin again; what is written is kept")
            self._desk.notices.error(what, hint, details)

    def _count(self, event: events.Encoded) -> None:
        now = time.monotonic()
        self._first = self._first or now
        self._problems += bool(event.problem)
        self._encoder = encoder_name(event.encoder)
        text = say(
            "encoding.progress",
            "{encoder} looks at the images: {done} of {total}",
            encoder=self._encoder,
            done=event.done,
            total=event.total,
        )
        if 1 < event.done < event.total:
            left = (now - self._first) / (event.done - 1) * (event.total - event.done)
            text = say("encoding.left", "{text}, {left}", text=text, left=time_left(left))
        self._text = text

    def _end(self) -> None:
        self.close()
        self.told.emit("")
        self.changed.emit()
        if self._desk.settings.get("warm_workers"):
            self._idle.prepare()

    def _say_failed(self, event: events.Failed) -> None:
        if event.traceback:
            self._desk.notices.error(event.what, event.hint, event.traceback)
        else:
            self._desk.notices.warn(event.what, event.hint)

    def _say_finished(self, event: events.Finished) -> None:
        self.written.emit()
        seen = event.step - self._problems
        if event.reason == "stopped":
            what = say("encoding.stopped", "Stopped after {n} images", n=event.step)
            hint = say("encoding.stopped.hint", "What is written is kept; begin again to go on")
        else:
            name = self._encoder
            what = say("encoding.done", "{encoder} has seen {n} images", encoder=name, n=seen)
            hint = self._use()
        self._desk.notices.info(what, hint)

    def _use(self) -> str:
        if self._problems:
            return say("encoding.problems", "{n} images could not be read", n=self._problems)
        if not self._desk.settings.get("preview_features"):
            return say("encoding.off", "The preview does not use it: it is off in the settings")
        return say("encoding.use", "The instant preview learns from what it saw")
