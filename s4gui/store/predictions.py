"""Prediction files: class and confidence of one frame together, whole or not there."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np

from s4gui.core.errors import FormatError
from s4gui.core.prediction import Prediction
from s4gui.store.atomic import write_atomic

SUFFIX = ".s4p"
_MAGIC = b"S4GUI-PREDICTION 1\n"


def encode(prediction: Prediction) -> bytes:
    """The file's bytes: a magic line, one JSON line (origin, step), a (2, H, W) uint8 .npy."""
    head = json.dumps({"origin": prediction.origin, "step": prediction.step})
    body = io.BytesIO()
    np.save(body, np.stack([prediction.classes, prediction.confidence]), allow_pickle=False)
    return _MAGIC + head.encode() + b"\n" + body.getvalue()


def write(path: Path, prediction: Prediction) -> None:
    """Write a prediction whole, without syncing: it can be made again."""
    write_atomic(path, encode(prediction), durable=False)


def read(path: Path) -> Prediction:
    """The prediction of a file; FormatError if it is none (also when it has just gone)."""
    try:
        data = path.read_bytes()
        if not data.startswith(_MAGIC):
            raise ValueError("no magic line")  # noqa: TRY301 - one way out for all that is wrong
        end = data.index(b"\n", len(_MAGIC))
        head = json.loads(data[len(_MAGIC) : end])
        planes = np.load(io.BytesIO(data[end + 1 :]), allow_pickle=False)
        if planes.ndim != 3 or planes.shape[0] != 2 or planes.dtype != np.uint8:
            raise ValueError(f"planes are {planes.shape} {planes.dtype}")  # noqa: TRY301
        return Prediction(planes[0], planes[1], str(head["origin"]), int(head["step"]))
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        raise FormatError(
            "prediction.unreadable",
            "{name} is not a prediction: {reason}",
            hint="Predict this image again",
            name=path.name,
            reason=str(error),
        ) from error
