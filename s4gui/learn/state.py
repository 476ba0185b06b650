"""What a run has learned so far, to and from checkpoints."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from s4gui.core.classes import ClassMap
from s4gui.core.errors import CheckpointError
from s4gui.learn.build import Learner
from s4gui.learn.checkpoints import Checkpoint, Tensors
from s4gui.learn.nets.classifier import TAG_TEACHER

OUTPUT_LAYER = "classify."
_EMA_STEPS = "ema.steps"


def predicting_tensors(learner: Learner) -> Tensors:
    """All that predicting needs: the average of the generator, and a teacher that knows tags."""
    tensors: Tensors = dict(learner.ema.network.state_dict())
    teacher = learner.strategy.parts.get(TAG_TEACHER)
    if teacher is not None:
        tensors |= {f"{TAG_TEACHER}.{k}": v for k, v in teacher.state_dict().items()}
    return tensors


def apart(weights: Tensors) -> tuple[Tensors, Tensors]:
    """Predicting tensors as those of the generator and those of the teacher (empty: none)."""
    teacher = below(weights, f"{TAG_TEACHER}.")
    return {k: v for k, v in weights.items() if not k.startswith(f"{TAG_TEACHER}.")}, teacher


def training_tensors(learner: Learner) -> Tensors:
    """All that going on needs beside these: networks, optimizers, the average's count of steps."""
    tensors = {f"generator.{k}": v for k, v in learner.generator.state_dict().items()}
    for part, module in _parts(learner).items():
        if part == TAG_TEACHER:
            continue
        tensors |= {f"{part}.{k}": v for k, v in module.state_dict().items()}
    for name, (optimizer, _) in learner.strategy.optimizers.items():
        tensors |= _optimizer_tensors(f"optimizer.{name}.", optimizer)
    tensors[_EMA_STEPS] = torch.tensor(learner.ema.steps)
    return tensors


def restore(learner: Learner, weights: Tensors, training: Tensors) -> None:
    """Make a fresh learner what it was. CheckpointError if the tensors do not fit it."""
    try:
        average, teacher = apart(weights)
        learner.ema.network.load_state_dict(average)
        learner.ema.resume(int(training[_EMA_STEPS]))
        learner.generator.load_state_dict(below(training, "generator."))
        for part, module in _parts(learner).items():
            own = teacher if part == TAG_TEACHER else below(training, f"{part}.")
            if own or part != "watch":  # older checkpoints have none
                module.load_state_dict(own)
        for name, (optimizer, _) in learner.strategy.optimizers.items():
            _restore_optimizer(optimizer, below(training, f"optimizer.{name}."))
    except (KeyError, RuntimeError, ValueError) as error:
        raise _misfit(error) from error


def fitted_start(checkpoint: Checkpoint, class_map: ClassMap, fresh: Tensors) -> Tensors:
    """Weights to begin from: the checkpoint's, with its outputs moved to the project's classes.

    Outputs of classes it does not know stay fresh. CheckpointError for another network.
    """
    start = {}
    theirs = sorted(checkpoint.card.class_map.ids)
    ours = sorted(class_map.ids)
    known = [class_id for class_id in ours if class_id in theirs]
    to = torch.from_numpy(np.array([ours.index(each) for each in known], np.int64))
    of = torch.from_numpy(np.array([theirs.index(each) for each in known], np.int64))
    for name, mine in fresh.items():
        given = checkpoint.weights.get(name)
        if given is None:
            raise _misfit(KeyError(name))
        by_class = len(mine.shape) > 0 and len(mine) == len(ours) and len(given) == len(theirs)
        if name.startswith(OUTPUT_LAYER) and by_class and given.shape[1:] == mine.shape[1:]:
            moved = mine.clone()
            moved[to] = given[of].to(moved)
            given = moved
        if given.shape != mine.shape:
            raise _misfit(ValueError(f"{name} is {tuple(given.shape)}, not {tuple(mine.shape)}"))
        start[name] = given
    return start


def _parts(learner: Learner) -> dict[str, nn.Module]:
    watch = {} if learner.watch is None else {"watch": learner.watch}
    return {**learner.strategy.parts, **watch}


def _optimizer_tensors(prefix: str, optimizer: Optimizer) -> Tensors:
    return {
        f"{prefix}{index}.{key}": value
        for index, state in optimizer.state_dict()["state"].items()
        for key, value in state.items()
        if isinstance(value, Tensor)
    }


def _restore_optimizer(optimizer: Optimizer, tensors: Tensors) -> None:
    state: dict[int, Tensors] = {}
    for name, each in tensors.items():
        index, _, key = name.partition(".")
        state.setdefault(int(index), {})[key] = each
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})


def below(tensors: Tensors, prefix: str) -> Tensors:
    """The tensors whose names begin with a prefix, without it."""
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def _misfit(error: Exception) -> CheckpointError:
    return CheckpointError(
        "checkpoint.misfit",
        "The checkpoint belongs to another network: {reason}",
        hint="Choose the recipe it was trained with, or start afresh",
        reason=str(error).splitlines()[0],
    )
