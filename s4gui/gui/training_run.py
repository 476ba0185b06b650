"""TrainingRun: a thread of the window that supervises the one worker process of a run."""

from __future__ import annotations

import contextlib
import queue
import time
import traceback
from collections.abc import Callable, Iterable, Sequence

from PySide6.QtCore import QObject, Qt, QThread, Signal

from s4gui.core.errors import WorkerDied
from s4gui.gui import processes
from s4gui.store.runs import RunFolder
from s4gui.wire import commands
from s4gui.wire import events as wire_events
from s4gui.wire.detached import Detached
from s4gui.wire.transport import Attached, Transport, events_of
from s4gui.workbench import endings
from s4gui.workbench.running import Ending, RunState

EMIT_EVERY_S = 1 / 30
BATCH_EVENTS = 2000
"""Most events told at once: 3 ms of the window's time."""
LEAST_GRACE_S = 2.0
_MOST_GRACE_S = 60.0
_LAST_WORD_S = 5.0  # between the last event and the end of the process
_READ_S = 0.05


class TrainingRun(QThread):
    """One run's supervision. It tells the window by queued signals only, and always ends in
    exactly one of done, stopped, failed, died, detached; `ending` then says so in words.

    All methods but `run` belong to the window's thread, and none of them waits (`close` does).
    """

    events = Signal(int, object)  # run number, tuple[Event, ...]; at most 30 a second
    ended = Signal(int, str)  # run number, RunState; after all events, once
    _heard = Signal(object)
    _over = Signal(object)

    _alive: set[TrainingRun] = set()  # noqa: RUF012 - a running QThread must not be collected

    def __init__(
        self,
        folder: RunFolder,
        open_link: Callable[[], Transport],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.folder = folder
        self.ending: Ending | None = None
        self.setObjectName(f"run-{folder.number}")
        self._supervision = _Supervision(folder, open_link, self._heard.emit)
        queued = Qt.ConnectionType.QueuedConnection
        # Own slots first: whatever a view connects then runs on the window's thread, even a lambda.
        self._heard.connect(self._tell, queued)
        self._over.connect(self._tell_end, queued)

    @classmethod
    def launch(
        cls,
        run: RunFolder,
        *,
        resume: bool = False,
        idle: Attached | None = None,
        command: Sequence[str] | None = None,
        parent: QObject | None = None,
    ) -> TrainingRun:
        """Begin a run (`resume`: go on from its last checkpoint) in a worker of its own.

        `idle` is a waiting worker (IdleWorker.take); without one a new one is started.
        """

        def open_link() -> Transport:
            endings.forget(run)
            if idle is None:
                link = processes.start("worker", greeting="Hello", log=run.log, command=command)
            else:
                link = idle
                link.move_log(run.log)
            link.send(commands.encode(commands.Start(str(run.path), resume)))
            return link

        return cls(run, open_link, parent)._begin()

    @classmethod
    def attach(
        cls, run: RunFolder, *, offset: int = 0, parent: QObject | None = None
    ) -> TrainingRun:
        """Supervise a detached worker; its events are told from byte `offset` of its file on."""

        def open_link() -> Transport:
            return Detached(
                events_file=run.events,
                commands_file=run.commands,
                card_file=run.worker,
                log=run.log,
                offset=offset,
            )

        return cls(run, open_link, parent)._begin()

    @property
    def number(self) -> int:
        """The run's number."""
        return self.folder.number

    def watch(self, frames: Iterable[str]) -> None:
        """Predict these frames now and after each validation, in this order."""
        self._supervision.ask(commands.Watch(tuple(frames)))

    def pause(self, paused: bool) -> None:  # noqa: FBT001 - pause(False) goes on
        """Wait after this step, or go on."""
        self._supervision.ask(commands.Pause(paused))

    def use_labels(self, snapshot: str) -> None:
        """Learn from this snapshot (its folder relative to the run's) from the next step on."""
        self._supervision.ask(commands.UseLabels(snapshot))

    def save_checkpoint(self) -> None:
        """Write a checkpoint after this step."""
        self._supervision.ask(commands.SaveCheckpoint())

    def stop_after_step(self) -> None:
        """Stop when this step is done, with a checkpoint; takes as long as it takes."""
        self._supervision.ask(commands.Stop())

    def stop_now(self) -> None:
        """Stop; a worker that is not done after about one step is ended."""
        self._supervision.ask(commands.Stop())
        self._supervision.hurry()

    def detach(self) -> None:
        """Let the worker go on without the window; ends in `detached` once it says so."""
        self._supervision.ask(commands.Detach())

    def close(self, *, timeout_s: float = 15.0) -> bool:
        """Stop now unless it has ended, and wait; whether the thread is done."""
        if self.isRunning():
            self.stop_now()
        return self.wait(int(timeout_s * 1000))

    def run(self) -> None:
        """What the thread does."""
        try:
            ending = self._supervision.run()
        except Exception:  # noqa: BLE001 - the window must learn of every end
            ending = endings.defect(self.folder, traceback.format_exc())
        self._over.emit(ending)

    def _begin(self) -> TrainingRun:
        self._alive.add(self)
        self.finished.connect(self._let_go)
        self.start()
        return self

    def _let_go(self) -> None:
        self._alive.discard(self)

    def _tell(self, batch: tuple[wire_events.Event, ...]) -> None:
        self.events.emit(self.number, batch)

    def _tell_end(self, ending: Ending) -> None:
        self.ending = ending
        self.ended.emit(self.number, ending.state.value)


class _Supervision:
    """What the thread of a TrainingRun does, without Qt. `ask` and `hurry` may come from any
    thread; all else belongs to the one that runs it."""

    def __init__(
        self,
        folder: RunFolder,
        open_link: Callable[[], Transport],
        tell: Callable[[tuple[wire_events.Event, ...]], None],
    ) -> None:
        self._folder = folder
        self._open = open_link
        self._tell = tell
        self._asked: queue.SimpleQueue[commands.Command] = queue.SimpleQueue()
        self._hurried = False
        self._stop_asked = self._detach_asked = False
        self._is_killed = self._is_stuck = False
        self._pending: list[wire_events.Event] = []
        self._told_at = 0.0
        self._step_s = 0.0
        self._trained: tuple[int, float] | None = None  # step, seconds of training
        self._last: wire_events.Event | None = None  # Finished, Failed or Detached
        self._deadlines: list[tuple[float, Callable[[], None]]] = []

    def ask(self, command: commands.Command) -> None:
        """Send a command soon."""
        self._asked.put(command)

    def hurry(self) -> None:
        """A stop that was asked for may not take longer than its grace."""
        self._hurried = True

    def run(self) -> Ending:
        """Supervise until the end."""
        try:
            link = self._open()
        except WorkerDied as error:
            return self._remembered(
                endings.not_started(self._folder, what=str(error), hint=error.hint)
            )
        lives_on = False
        try:
            ending = self._follow(link)
            lives_on = ending.state is RunState.DETACHED or self._is_stuck
        finally:
            if lives_on:
                link.release()
            else:
                link.close()
        return ending

    def _follow(self, link: Transport) -> Ending:
        while not link.ended:
            if self._send_asked(link):
                break
            lines = link.read(_READ_S if not self._pending else EMIT_EVERY_S / 2)
            self._take(lines)
            self._tell_some()
            self._escalate(link)
            if self._is_stuck or self._has_last_word(link, is_quiet=not lines):
                break
        self._tell_all()
        return self._ending(link)

    def _has_last_word(self, link: Transport, *, is_quiet: bool) -> bool:
        """Whether the end of the process need not be waited for."""
        if isinstance(self._last, wire_events.Detached):
            return True
        return self._last is not None and isinstance(link, Detached) and is_quiet

    def _send_asked(self, link: Transport) -> bool:
        """Send what was asked for; True when nothing more is to be heard."""
        while not self._asked.empty():
            command = self._asked.get()
            if isinstance(command, commands.Detach):
                self._detach_asked = True
                if isinstance(link, Detached):
                    return True
            self._stop_asked |= isinstance(command, commands.Stop)
            with contextlib.suppress(OSError):  # a full disk; the worker goes on regardless
                link.send(commands.encode(command))
        if self._hurried and not self._deadlines and not self._last and link.can_end:
            now, grace_s = time.monotonic(), self.grace_s
            self._deadlines = [(now + grace_s, link.terminate), (now + grace_s + 2, link.kill)]
        return False

    @property
    def grace_s(self) -> float:
        """How long a worker may take to stop: one step and a half as measured, 2 to 60 s."""
        return min(max(LEAST_GRACE_S, 1.5 * self._step_s), _MOST_GRACE_S)

    def _take(self, lines: list[str]) -> None:
        for event in events_of(lines):
            self._pending.append(event)
            self._note(event)

    def _note(self, event: wire_events.Event) -> None:
        match event:
            case wire_events.StepDone():
                if self._trained is not None and event.step > self._trained[0]:
                    steps = event.step - self._trained[0]
                    self._step_s = max(0.0, event.seconds - self._trained[1]) / steps
                self._trained = event.step, event.seconds
            case wire_events.Finished() | wire_events.Failed():
                self._last = event
            case wire_events.Detached() if self._detach_asked:
                self._last = event
            case wire_events.RunStarted():  # an earlier ending in the file was continued from
                self._last = self._trained = None

    def _tell_some(self) -> None:
        now = time.monotonic()
        if self._pending and now - self._told_at >= EMIT_EVERY_S:
            self._told_at = now
            batch, self._pending = self._pending[:BATCH_EVENTS], self._pending[BATCH_EVENTS:]
            self._tell(tuple(batch))

    def _tell_all(self) -> None:
        for start in range(0, len(self._pending), BATCH_EVENTS):
            self._tell(tuple(self._pending[start : start + BATCH_EVENTS]))
        self._pending = []

    def _escalate(self, link: Transport) -> None:
        """End a worker that had its time: to stop, or to go after its last event."""
        now = time.monotonic()
        if self._last is not None and not self._is_killed and not self._deadlines:
            self._deadlines = [(now + _LAST_WORD_S, link.kill)]
        if self._deadlines and now >= self._deadlines[0][0]:
            _, act = self._deadlines.pop(0)
            act()
            self._is_killed = True
            if not self._deadlines:
                self._deadlines = [(now + 10, self._give_up)]

    def _give_up(self) -> None:
        self._is_stuck = True

    def _ending(self, link: Transport) -> Ending:
        match self._last:
            case wire_events.Finished(reason=reason):
                return Ending(RunState(reason))
            case wire_events.Failed() as failed:
                return Ending(RunState.FAILED, failed.what, failed.hint, failed.traceback)
        if self._detach_asked and not link.ended and not self._is_stuck:
            return endings.goes_on(self._folder)
        if self._is_stuck:
            return self._remembered(endings.does_not_react(self._folder))
        if self._stop_asked and (self._is_killed or link.exit_code == 0):
            return self._remembered(endings.cut_short(self._folder))
        return self._remembered(
            endings.died(self._folder, exit_code=link.exit_code, tail=link.tail())
        )

    def _remembered(self, ending: Ending) -> Ending:
        with contextlib.suppress(OSError):  # a full disk: then the next start offers it again
            endings.remember(self._folder, ending)
        return ending
