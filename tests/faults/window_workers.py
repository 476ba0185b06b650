"""kill -9 of workers and of windows while a run trains in the real window.

Used by `python -m tests.faults.window_kills --workers`. Each part raises AssertionError with what
was seen; `seconds` has what took how long.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from s4gui.core.strokes import Stroke
from s4gui.store.project import Project
from s4gui.store.runs import RunFolder
from s4gui.wire import events, liveness
from s4gui.wire.transport import events_of
from s4gui.workbench.workbench import Workbench
from tests.demo_scenes import render
from tests.faults.window_project import CLASSES, FRAMES, SHAPE, make_project
from tests.flows import strokes
from tests.flows.probe import App
from tests.flows.x11 import Screen

STARTS_S = 150.0
"""A worker imports torch and makes its first steps with what other programs leave it."""
ENDS_S = 60.0


class Runs:
    """A project with one run, and the window that is open on it."""

    def __init__(self, screen: Screen, home: Path) -> None:
        self.screen, self.home = screen, home
        self.seconds: dict[str, float] = {}
        self.project = make_project(home / "runs")
        paint(self.project)
        self._settings = home / "run-settings"
        self._settings.mkdir()
        (self._settings / "settings.json").write_text(json.dumps({"tour_done": True}))
        self.run = RunFolder(self.project / "runs" / "0001")
        self.app = self.open()

    def __enter__(self) -> Runs:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing lives on, not even a detached worker."""
        if self.app.process.poll() is None:
            self.kill_window()
        card = liveness.read_card(self.run.worker)
        if card is not None and liveness.is_alive(card, self.run.events):
            os.kill(card.pid, signal.SIGKILL)

    def tell(self) -> None:
        """All parts, one after the other."""
        self.train()
        self.a_killed_worker_is_said_in_words_and_continue_works()
        self.an_attached_worker_ends_with_its_window()
        self.a_detached_worker_outlives_its_window_and_is_found_again()

    def started(self) -> App:
        """Another window on the project, not waited for."""
        words = [str(self.project), "--settings", str(self._settings)]
        return App(self.screen, words, home=self.home)

    def open(self) -> App:
        """Another window on the project, ready to be used."""
        app = self.started()
        app.wait("fact", name="image_shown", seconds=60)
        app.wait("fact", name="rooms_built", seconds=60)
        return app

    def train(self) -> None:
        """Start the run by its key."""
        with self.timed("from Train to the fifth step"):
            self.screen.key("ctrl+t")
            self.wait_for("training", 5, seconds=STARTS_S)

    # --- parts -------------------------------------------------------------------------------

    def a_killed_worker_is_said_in_words_and_continue_works(self) -> None:
        self.screen.key("ctrl+s")
        until(lambda: self.run.last_checkpoint() is not None, "no checkpoint")
        saved = self.saved()
        self.wait_for("training", saved + 2)
        with self.timed("from kill -9 of the worker to the words"):
            os.kill(self.worker().pid, signal.SIGKILL)
            self.wait_for("died")
        said = self.app.wait("fact", name="notice")
        assert "was killed (signal 9)" in said, said
        assert f"Continue from step {saved}" in said, said
        with self.timed("from Continue to the second step"):
            self.go_on(saved + 2)
        assert self.first_step() == saved, (self.first_step(), saved)

    def an_attached_worker_ends_with_its_window(self) -> None:
        """The next window is opened at once, while the worker still puts its things away."""
        children = self.kill_window()
        assert len(children) >= 2, f"a worker and a preview were expected: {children}"
        with self.timed("from kill -9 of the window to the end of its processes"):
            self.app = self.started()
            _, alive = psutil.wait_procs(children, timeout=ENDS_S)
        assert not alive, alive
        with self.timed("from their end to the word stopped in the next window"):
            self.wait_for("stopped", seconds=30)
        last = self.events()[-1]
        assert isinstance(last, events.Finished), last
        assert last.reason == "stopped", last
        saved = self.saved()
        assert saved == last.step, (saved, last)
        self.go_on(saved + 2)
        assert self.first_step() == saved

    def a_detached_worker_outlives_its_window_and_is_found_again(self) -> None:
        self.click("button:Detach")
        self.wait_for("detached")
        worker = psutil.Process(self.worker().pid)
        others = [each for each in self.kill_window() if each != worker]
        _, alive = psutil.wait_procs(others, timeout=ENDS_S)
        assert not alive, alive
        assert worker.is_running()
        step = self.last_step()
        until(lambda: self.last_step() > step + 1, "the detached worker does not go on")
        self.app = self.open()
        with self.timed("from the next window to the progress of the detached run"):
            said = self.app.wait("fact", lambda text: "went on" in text, name="notice")
            assert "Run 1 went on without the window" in said, said
            self.wait_for("training", self.last_step() + 1)
        self.screen.key("ctrl+shift+t")
        self.wait_for("stopped")
        psutil.wait_procs([worker], timeout=ENDS_S)
        assert not worker.is_running()
        assert self.saved() == self.last_step()
        assert not self.app.ask("fact", name="troubles")

    # --- hands and eyes ----------------------------------------------------------------------

    def wait_for(self, state: str, step: int = 0, *, seconds: float = ENDS_S) -> None:
        """Until the window says that the run is in this state, at this step or further."""
        self.app.wait(
            "fact",
            lambda runs: "1" in runs and runs["1"][0] == state and runs["1"][1] >= step,
            name="runs",
            seconds=seconds,
        )

    def go_on(self, step: int) -> None:
        """Continue the run by its button, until this step."""
        self.screen.key("F7")
        self.click("button:Continue this run")
        self.wait_for("training", step, seconds=STARTS_S)

    def click(self, name: str) -> None:
        time.sleep(0.3)
        self.screen.click(*self.app.centre(name))

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        begun = time.monotonic()
        yield
        self.seconds[what] = time.monotonic() - begun

    def kill_window(self) -> list[psutil.Process]:
        """kill -9; the processes it leaves."""
        children = psutil.Process(self.app.process.pid).children(recursive=True)
        self.app.kill()
        return children

    def worker(self) -> liveness.WorkerCard:
        card = liveness.read_card(self.run.worker)
        assert card is not None
        return card

    def events(self) -> list[events.Event]:
        return events_of(self.run.events.read_text().splitlines())

    def last_step(self) -> int:
        return max(each.step for each in self.events() if isinstance(each, events.StepDone))

    def first_step(self) -> int:
        """Where the run began, or went on, the last time."""
        return [e for e in self.events() if isinstance(e, events.RunStarted)][-1].first_step

    def saved(self) -> int:
        """The step of the last checkpoint."""
        folder = self.run.last_checkpoint()
        assert folder is not None
        return int(folder.name.rpartition("-")[2])


def paint(folder: Path) -> None:
    """Strokes of several classes on two frames, as an earlier window left them."""
    workbench = Workbench(Project.open(folder))
    for number, frame in enumerate(FRAMES[:2]):
        mask = render(number, *SHAPE, samples=1)[1]
        for value, path in strokes.paths(mask, classes=len(CLASSES.ids)):
            workbench.paint(frame, Stroke(tuple(path), 3.0, value))
    workbench.close()


def until(true: Callable[[], bool], otherwise: str) -> None:
    """Wait for something outside the window."""
    end = time.monotonic() + ENDS_S
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(otherwise)
        time.sleep(0.02)
