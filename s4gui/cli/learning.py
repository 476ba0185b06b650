"""Words that learn: train and predict. The same engine as the window's worker."""

from __future__ import annotations

import argparse
import json
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

from s4gui.cli import projects
from s4gui.cli.terminal import Terminal, spoken
from s4gui.core.errors import ProjectError, RecipeError, WireError
from s4gui.core.frames import Frame
from s4gui.core.messages import say
from s4gui.core.prediction import Prediction
from s4gui.core.recipe import Recipe
from s4gui.learn import checkpoints, collectives, distributed, loop, predicting
from s4gui.learn.control import CommandQueue
from s4gui.learn.record import EventFile
from s4gui.store import recipes
from s4gui.store.images import SUFFIXES, read_pixels
from s4gui.store.project import Project
from s4gui.store.runs import RunFolder
from s4gui.wire import commands, events, liveness
from s4gui.workbench import exporting
from s4gui.workbench.workbench import Workbench


def train(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Train on a project's labels; ctrl+c stops after the step with a checkpoint.

    Under torchrun all processes train one run; the first one claims it and says what happens.
    """
    with distributed.joined() as process:
        if process.leads:
            return _train(arguments, terminal)
        folder = RunFolder(Path(collectives.told_text("")))
        with _stopping(CommandQueue()):  # the first one hears the signal too
            loop.run(folder, lambda _: None, CommandQueue(), resume=arguments.resume)
    return 0


def _train(arguments: argparse.Namespace, terminal: Terminal) -> int:
    run, resume = _run_to_train(arguments)
    collectives.told_text(str(run.path.absolute()))
    control = CommandQueue()
    record = EventFile(run.events)
    say_event = _Reporter(terminal)

    def sink(event: events.Event) -> None:
        record(event)
        say_event(event)

    try:
        with _stopping(control), _watched(run, control):
            loop.run(run, sink, control, resume=resume)
    finally:
        record.close()
    return 0


def predict(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Predict a folder with a checkpoint, or all images of a project with its last run."""
    if arguments.folder is None:
        return _predict_project(arguments, terminal)
    checkpoint = checkpoints.read(arguments.source)
    predictor = predicting.load(checkpoint, wanted=arguments.device)
    folder: Path = arguments.folder
    output: Path = arguments.output or folder / "predictions"
    paths = [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in SUFFIXES and output not in path.parents
    ]
    if not paths:
        raise ProjectError(
            "cli.no_images",
            "There are no images in {folder}",
            hint="Name the folder that holds them",
            folder=folder,
        )
    frames = [Frame("images", path.relative_to(folder).as_posix(), 1, 1) for path in paths]
    done = exporting.export_masks(
        frames,
        lambda frame: predictor.predict(read_pixels(folder / frame.path), origin="cli").classes,
        output,
        class_map=checkpoint.card.class_map,
        form=exporting.Form(arguments.form),
        progress=terminal.progress,
    )
    projects.say_exported(done, output, terminal)
    return 0


class _Reporter:
    """Says events: JSON lines, or a moving line with scores and the time left."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._total = 0
        self._score = ""

    def __call__(self, event: events.Event) -> None:
        self._terminal.raw(events.encode(event))
        match event:
            case events.RunStarted():
                self._total = event.total_steps
                self._terminal.line(
                    say(
                        "cli.run_started",
                        "run {run} on {device}: {labelled} labelled, {unlabelled} unlabelled"
                        " images, {steps} steps",
                        run=event.run,
                        device=event.device,
                        labelled=event.labelled_frames,
                        unlabelled=event.unlabelled_frames,
                        steps=event.total_steps,
                    )
                )
            case events.StepDone():
                self._step(event)
            case events.Validated():
                mean = "–" if event.mean_iou is None else f"{event.mean_iou:.3f}"
                self._score = say(
                    "cli.val_miou", ", val mIoU on {on} {mean}", on=event.on, mean=mean
                )
                self._terminal.line(f"step {event.step}{self._score}")
            case events.Notice():
                self._terminal.line(f"{event.text} {event.hint}".strip())
            case events.Finished():
                self._terminal.line(
                    say(
                        "cli.finished",
                        "{reason} at step {step}",
                        reason=event.reason,
                        step=event.step,
                    )
                )
            case _:
                pass

    def _step(self, event: events.StepDone) -> None:
        left = event.seconds / event.step * (self._total - event.step)
        loss = sum(event.losses.values())
        self._terminal.status(
            f"step {event.step}/{self._total}, loss {loss:.3f}{self._score}, {spoken(left)}"
        )


def _run_to_train(arguments: argparse.Namespace) -> tuple[RunFolder, bool]:
    """The run to train (new, or the last one to continue) and whether it is resumed."""
    project = Project.open(arguments.project, program=projects.PROGRAM)
    workbench = Workbench(project)
    try:
        if arguments.resume:
            return projects.find_run(project, 0), True
        recipe = chosen_recipe(arguments.recipe, arguments.set)
        warm = ""
        if arguments.warm_start:
            last = projects.find_run(project, 0).last_checkpoint()
            warm = last.relative_to(project.folder).as_posix() if last else ""
        return workbench.start_run(recipe, warm_start=warm), False
    finally:
        # The run folder is the run's own: the lock is only needed while labels are read.
        workbench.close()


def chosen_recipe(name: str, choices: list[str]) -> Recipe:
    """A recipe by name or file with choices (`name=value`) changed; RecipeError if one is wrong."""
    recipe = recipes.read(name)
    known = recipe.to_json()
    changed: dict[str, Any] = {}
    for choice in choices:
        key, _, text = choice.partition("=")
        if key not in known:
            raise RecipeError(
                "recipe.unknown_choice",
                "A recipe has no choice called {name}",
                hint="Known choices: {known}",
                name=key,
                known=", ".join(known),
            )
        changed[key] = _value(text, type(known[key]))
    return Recipe.from_json(known | changed)


def _value(text: str, kind: type) -> Any:
    if kind is bool:
        return text.casefold() in {"1", "true", "yes", "on"}
    try:
        return json.loads(text) if kind is dict else kind(text)
    except ValueError:
        return text  # the recipe says what is wrong with it


@contextmanager
def _stopping(control: CommandQueue) -> Iterator[None]:
    """The first ctrl+c stops after the step, the second one at once."""

    def stop(_: int, __: FrameType | None) -> None:
        control.put(commands.Stop())
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _watched(run: RunFolder, control: CommandQueue) -> Iterator[None]:
    """A window that opens the project meanwhile finds a detached run: it may watch and stop it."""
    run.commands.touch()
    offset = run.commands.stat().st_size
    liveness.write_card(run.worker, detached=True)
    over = threading.Event()
    thread = threading.Thread(target=_hear, args=(run.commands, offset, control, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _hear(path: Path, offset: int, control: CommandQueue, over: threading.Event) -> None:
    with path.open("rb") as file:
        file.seek(offset)
        pending = b""
        while not over.wait(0.25):
            *whole, pending = (pending + file.read()).split(b"\n")
            for line in whole:
                with suppress(WireError):
                    control.put(commands.decode(line.decode("utf-8", "replace")))


def _predict_project(arguments: argparse.Namespace, terminal: Terminal) -> int:
    project = Project.open(arguments.source, write=False, program=projects.PROGRAM)
    try:
        run = projects.find_run(project, arguments.run)
        frames = projects.chosen(project, "all")
        paths = {each.id: project.image_path(each.id) for each in frames}
        cameras = None if arguments.no_camera_mask else project.camera_masks
    finally:
        project.close()
    checkpoint = predicting.last_checkpoint(run)
    predictor = predicting.load(checkpoint, wanted=arguments.device)

    def mask_of(frame: Frame) -> Any:
        answer: Prediction = predictor.predict(read_pixels(paths[frame.id]), origin="cli")
        return answer.classes

    output: Path = arguments.output or run.path / "export"
    done = exporting.export_masks(
        frames,
        mask_of,
        output,
        class_map=checkpoint.card.class_map,
        form=exporting.Form(arguments.form),
        progress=terminal.progress,
        cameras=cameras,
    )
    projects.say_exported(done, output, terminal)
    return 0


WORDS = {"train": train, "predict": predict}
