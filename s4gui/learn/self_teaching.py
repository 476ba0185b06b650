"""Self-teaching: rounds in which the network answers images, and its answers become labels."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray

from s4gui.core.camera import HiddenPlane
from s4gui.core.classes import UNLABELLED
from s4gui.core.errors import ImageError
from s4gui.core.recipe import Recipe
from s4gui.learn import seed
from s4gui.learn.batches import Answer
from s4gui.learn.pixels import Rgb
from s4gui.learn.predict import Predictor
from s4gui.learn.seed import Stream
from s4gui.learn.setup import Session
from s4gui.learn.strategies.self_training import SelfTraining

MOST = 160
"""Frames that are answered in a round, drawn anew each time: it takes seconds, not minutes."""
SURE = 242
"""Confidence, of 255, from which on an answer always teaches: 0.95."""

Bytes = NDArray[np.uint8]


def due(recipe: Recipe, step: int) -> bool:
    """Whether a round comes before the step after `step` of them."""
    first, every = recipe.answers_from * recipe.steps, recipe.answers_every * recipe.steps
    number = max(0, round((step - first) / max(every, 1)))
    return step < recipe.steps and step == round(first + number * max(every, 1))


def answer(session: Session) -> None:
    """Let the moving average answer frames, if a round is due."""
    strategy = session.learner.strategy
    if not isinstance(strategy, SelfTraining) or not strategy.self_taught:
        return
    if due(session.recipe, session.step):
        strategy.teacher.become(session.learner.ema.network)
        _take_answers(session, strategy)


def again(session: Session) -> None:
    """The answers of the last round once more, for a run that goes on.

    They are the same as long as the run's frames are; frames that came since are asked too.
    """
    strategy = session.learner.strategy
    if isinstance(strategy, SelfTraining) and int(strategy.teacher.rounds):
        _take_answers(session, strategy)


def _take_answers(session: Session, strategy: SelfTraining) -> None:
    pool = session.batches.pool()
    rng = seed.generator(session.recipe.seed, Stream.ANSWERS, int(strategy.teacher.rounds))
    chosen = sorted(rng.permutation(len(pool))[:MOST].tolist())
    frames: dict[str, Rgb] = {}
    for number in chosen:
        frame_id, path = pool[number]
        with contextlib.suppress(ImageError):  # it will be said when it is to teach
            frames[frame_id] = session.cache.get(path)
    predictor = Predictor(
        strategy.teacher.network,
        class_ids=session.class_ids,
        recipe=session.recipe.but(mirror=False),
        device=session.device.torch,
    )
    hidden = [session.batches.hidden(each) for each in frames]
    found = answers_on(frames.values(), predictor, kept=session.recipe.answers_kept, hidden=hidden)
    labels = dict(zip(frames, map(Answer.of, found), strict=True))
    session.batches.take(labels)


def answers_on(
    frames: Iterable[Rgb],
    predictor: Predictor,
    *,
    kept: float,
    hidden: Iterable[HiddenPlane | None] = (),
) -> list[Bytes]:
    """For each frame (h, w) uint8 at working size: training indices, UNLABELLED where unsure.

    Of each class the surest share `kept` of all pixels that were given it teaches, and all that
    are surer than SURE: one threshold for all classes would let none of the rare ones teach.
    What a camera's mask hides of each frame (`hidden`, if given) neither counts nor teaches.
    """
    said = [_said(predictor, each) for each in frames]
    if not said:
        return []
    planes = list(hidden) or [None] * len(said)
    shown = [_shown(classes, each) for (classes, _), each in zip(said, planes, strict=True)]
    count = 1 + max(int(classes.max()) for classes, _ in said)
    tally = np.zeros((count, 256), np.int64)
    for (classes, confidence), open_ in zip(said, shown, strict=True):
        both = classes[open_].astype(np.int64) * 256 + confidence[open_]
        tally += np.bincount(both, minlength=count * 256).reshape(count, 256)
    needed = thresholds(tally, kept=kept)
    return [
        np.where(open_ & (confidence >= needed[classes]), classes, UNLABELLED).astype(np.uint8)
        for (classes, confidence), open_ in zip(said, shown, strict=True)
    ]


def thresholds(tally: NDArray[np.int64], *, kept: float) -> NDArray[np.int64]:
    """(C,) least confidence in 0..256 for the surest `kept` of each row of a tally (C, 256).

    The largest threshold that keeps at least the share, but never above SURE.
    """
    from_above = tally[:, ::-1].cumsum(1)[:, ::-1]  # pixels at least so sure
    enough = from_above >= kept * tally.sum(1, keepdims=True)
    largest = 255 - enough[:, ::-1].argmax(1)
    found: NDArray[np.int64] = np.minimum(largest, SURE)
    return found


def _shown(classes: Bytes, hidden: HiddenPlane | None) -> NDArray[np.bool_]:
    """(h, w): where answers (h, w) may teach."""
    shape = (classes.shape[0], classes.shape[1])
    return np.ones(shape, np.bool_) if hidden is None else ~hidden.at(shape)


def _said(predictor: Predictor, frame: Rgb) -> tuple[Bytes, Bytes]:
    maps = predictor.probabilities(predictor.at_working_size(frame))
    best, index = maps.max(0)
    confidence = (best.clamp(0, 1) * 255).round().to(torch.uint8)
    return index.to(torch.uint8).numpy(force=True), confidence.numpy(force=True)
