"""Predicting many images with a checkpoint: for the worker, and for the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import torch
from torch import nn

from s4gui.core.camera import HiddenPlane
from s4gui.core.errors import CheckpointError, ImageError
from s4gui.learn import build, checkpoints, device, fusion, state
from s4gui.learn.checkpoints import Checkpoint, Tensors
from s4gui.learn.control import Control
from s4gui.learn.fusion import Tagger
from s4gui.learn.predict import Predictor
from s4gui.store import predictions
from s4gui.store.images import read_pixels
from s4gui.store.runs import RunFolder
from s4gui.wire import commands, events


def load(checkpoint: Checkpoint, *, wanted: str = "auto") -> Predictor:
    """A predictor with the weights of a checkpoint on the wanted device.

    CheckpointError if the weights do not fit the network of its recipe.
    """
    card = checkpoint.card
    network = build.make_generator(card.recipe, classes=len(card.class_map))
    own, _ = state.apart(checkpoint.weights)
    _fill(network, own, checkpoint)
    chosen = device.choose(wanted)
    return Predictor(
        network.to(chosen.torch).eval(),
        class_ids=card.class_map.from_train(),
        recipe=card.recipe,
        device=chosen.torch,
        tilt=card.tilt,
        tagger=load_tagger(checkpoint, chosen.torch),
    )


def load_tagger(checkpoint: Checkpoint, on: torch.device) -> Tagger | None:
    """What says which of the checkpoint's classes an image shows; None if it never learned that.

    CheckpointError if the weights do not fit the classifier of its recipe.
    """
    _, weights = state.apart(checkpoint.weights)
    if not weights:
        return None
    card = checkpoint.card
    classes = len(card.class_map)
    generator = build.make_generator(card.recipe, classes=classes)
    teacher = build.make_classifier(card.recipe, generator, classes=classes)
    _fill(teacher, state.below(weights, "network."), checkpoint)
    return fusion.tagger(teacher.to(on), card.recipe, on)


def _fill(network: nn.Module, weights: Tensors, checkpoint: Checkpoint) -> None:
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise CheckpointError(
            "checkpoint.other_network",
            "{name} does not fit its own recipe",
            hint="The file was changed; use another checkpoint",
            name=checkpoint.path.name,
        ) from error


def last_checkpoint(run: RunFolder) -> Checkpoint:
    """The newest checkpoint of a run, verified; CheckpointError if there is none."""
    folder = run.last_checkpoint()
    if folder is None:
        raise CheckpointError(
            "checkpoint.none",
            "Run {run} has no checkpoint",
            hint="Let it train until its first checkpoint",
            run=run.number,
        )
    return checkpoints.read(folder)


def predict_run(
    run: RunFolder,
    images: Iterable[tuple[str, Path, HiddenPlane | None]],
    sink: Callable[[events.Event], None],
    control: Control,
    *,
    wanted: str = "auto",
) -> events.Finished:
    """Predict (frame id, image file, hidden pixels) with a run's last checkpoint into its folder.

    Each file is written whole and announced; an image that cannot be read becomes a Notice and
    the others go on. A Stop command ends it.
    """
    checkpoint = last_checkpoint(run)
    step = checkpoint.card.step
    predictor = load(checkpoint, wanted=wanted)
    for frame_id, path, hidden in images:
        if isinstance(control.take(0), commands.Stop):
            return events.Finished(step, "stopped")
        try:
            answer = predictor.predict(read_pixels(path), origin=f"run {run.number}", step=step)
        except ImageError as error:
            sink(events.Notice(step, error.message.id, str(error), error.hint))
            continue
        target = run.prediction(frame_id, step)
        predictions.write(target, answer.hiding(hidden))
        sink(events.PredictionReady(step, frame_id, target.relative_to(run.path).as_posix()))
    return events.Finished(step, "done")
