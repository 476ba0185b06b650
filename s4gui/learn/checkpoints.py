"""Checkpoints that describe themselves: weights in safetensors, all else in JSON, hashes of both.

Nothing is ever unpickled. What is damaged, foreign or of a newer version is refused.
"""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor

import s4gui
from s4gui.core.classes import ClassMap, LabelClass
from s4gui.core.errors import CheckpointError, RecipeError
from s4gui.core.recipe import Recipe
from s4gui.store.atomic import sync_folder, write_atomic

FORMAT, VERSION = "s4gui-checkpoint", 1
CARD, WEIGHTS, TRAINING = "checkpoint.json", "weights.safetensors", "training.safetensors"
SUFFIX = ".safetensors"
_KEY = "s4gui"
_BEFORE = {"prior": 0.0, "weight_crf": 0.0}  # what recipes meant that do not say it yet
_ONE_FROM = "regularise_from"  # all regularisers began there before `tree_from` was a choice

Tensors = dict[str, Tensor]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointCard:
    """What a checkpoint says of itself. Weights belong to the network that predicts."""

    step: int
    recipe: Recipe
    class_map: ClassMap
    run: int = 0
    seconds: float = 0.0
    snapshot: str = ""  # folder name below the run's snapshots
    scores: Mapping[str, Any] = field(default_factory=dict)
    resolved: Mapping[str, Any] = field(default_factory=dict)
    tilt: tuple[float, ...] = ()  # what the outputs' odds are multiplied with; empty: nothing


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint that was read and verified."""

    path: Path
    card: CheckpointCard
    weights: Tensors


def write(folder: Path, card: CheckpointCard, weights: Tensors, training: Tensors) -> None:
    """Write a checkpoint folder: it appears whole and synced, or not at all.

    `training` is what going on needs beside the predicting weights; it may be empty.
    """
    making = folder.with_name(f".{folder.name}.tmp")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    files = {WEIGHTS: safetensors.torch.save(_plain(weights))}
    if training:
        files[TRAINING] = safetensors.torch.save(_plain(training))
    for name, data in files.items():
        write_atomic(making / name, data)
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    write_atomic(making / CARD, _card_json(card, hashes))
    shutil.rmtree(folder, ignore_errors=True)
    making.rename(folder)
    sync_folder(folder.parent)


def write_single(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint as one safetensors file that carries its card."""
    weights = _plain(checkpoint.weights)
    card = _card_json(checkpoint.card, {"weights": _digest(weights)}).decode()
    write_atomic(path, safetensors.torch.save(weights, metadata={_KEY: card}))


def read(path: Path) -> Checkpoint:
    """The checkpoint in a folder or a single file.

    CheckpointError if it is damaged, foreign, or written by a newer version.
    """
    try:
        if path.is_dir():
            raw = _checked_card((path / CARD).read_bytes(), path)
            weights = _verified(path, WEIGHTS, raw)
        else:
            raw, weights = _single(path)
        return Checkpoint(path, _card(raw), weights)
    except (OSError, ValueError, KeyError, TypeError, RecipeError) as error:
        raise _refused(path, error) from error
    except safetensors.SafetensorError as error:
        raise _refused(path, error) from error


def read_training(folder: Path) -> Tensors:
    """What going on needs beside the weights; CheckpointError if it is not there or damaged."""
    try:
        raw = _checked_card((folder / CARD).read_bytes(), folder)
        return _verified(folder, TRAINING, raw)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _refused(folder, error) from error
    except safetensors.SafetensorError as error:
        raise _refused(folder, error) from error


def prune(checkpoints: Path, *, keep: int) -> None:
    """Remove all but the newest checkpoints of a run."""
    found = sorted(checkpoints.glob(f"step-*/{CARD}"))
    for old in found[:-keep]:
        shutil.rmtree(old.parent, ignore_errors=True)


def _plain(tensors: Tensors) -> Tensors:
    return {name: each.detach().cpu().contiguous() for name, each in tensors.items()}


def _card_json(card: CheckpointCard, hashes: dict[str, str]) -> bytes:
    raw = {
        "format": FORMAT,
        "version": VERSION,
        "step": card.step,
        "run": card.run,
        "seconds": card.seconds,
        "recipe": card.recipe.to_json(),
        "classes": [asdict(each) for each in card.class_map.classes],
        "next_id": card.class_map.next_id,
        "outputs": sorted(card.class_map.ids),  # class ids of the network's outputs, in order
        "snapshot": card.snapshot,
        "scores": dict(card.scores),
        "resolved": dict(card.resolved),
        "tilt": list(card.tilt),
        "written_by": {
            "s4gui": s4gui.__version__,
            "torch": torch.__version__,
            "python": platform.python_version(),
        },
        "sha256": hashes,
    }
    return (json.dumps(raw, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _checked_card(data: bytes, path: Path) -> dict[str, Any]:
    raw = json.loads(data)
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        raise ValueError("it was not written by this program")
    if raw["version"] > VERSION:
        raise CheckpointError(
            "checkpoint.newer",
            "{name} was written by a newer version of this program",
            hint="Install version {version} or newer",
            name=path.name,
            version=raw["written_by"]["s4gui"],
        )
    return raw


def _card(raw: dict[str, Any]) -> CheckpointCard:
    classes = tuple(
        LabelClass(each["id"], each["name"], tuple(each["rgb"]), each["group"])
        for each in raw["classes"]
    )
    return CheckpointCard(
        step=int(raw["step"]),
        run=int(raw["run"]),
        seconds=float(raw["seconds"]),
        recipe=_recipe(raw["recipe"]),
        class_map=ClassMap(classes, int(raw["next_id"])),
        snapshot=str(raw["snapshot"]),
        scores=raw["scores"],
        resolved=raw["resolved"],
        tilt=tuple(float(each) for each in raw.get("tilt", ())),  # older ones have none
    )


def _recipe(raw: dict[str, Any]) -> Recipe:
    """As the run meant it when it began."""
    before = _BEFORE | ({"tree_from": raw[_ONE_FROM]} if _ONE_FROM in raw else {})
    return Recipe.from_json(before | raw)


def _verified(folder: Path, name: str, raw: dict[str, Any]) -> Tensors:
    data = (folder / name).read_bytes()
    if hashlib.sha256(data).hexdigest() != raw["sha256"][name]:
        raise ValueError(f"{name} is not what was written")
    return safetensors.torch.load(data)


def _single(path: Path) -> tuple[dict[str, Any], Tensors]:
    data = path.read_bytes()
    (size,) = struct.unpack("<Q", data[:8]) if len(data) >= 8 else (0,)
    if not 0 < size <= len(data) - 8:
        raise ValueError("it is no safetensors file")
    header = json.loads(data[8 : 8 + size])
    raw = _checked_card(header.get("__metadata__", {})[_KEY].encode(), path)
    weights = safetensors.torch.load(data)
    if _digest(weights) != raw["sha256"]["weights"]:
        raise ValueError("the weights are not what was written")
    return raw, weights


def _digest(tensors: Tensors) -> str:
    digest = hashlib.sha256()
    for name in sorted(tensors):
        each = tensors[name]
        digest.update(f"{name} {each.dtype} {tuple(each.shape)}\n".encode())
        digest.update(each.reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _refused(path: Path, error: Exception) -> CheckpointError:
    return CheckpointError(
        "checkpoint.refused",
        "{name} is no usable checkpoint: {reason}",
        hint="Choose another checkpoint, or train again",
        name=path.name,
        reason=str(error) or type(error).__name__,
    )
