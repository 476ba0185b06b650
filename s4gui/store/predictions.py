"""Prediction files: class and confidence of one frame together, whole or not there."""

from __future__ import annotations

import io
import json
import zlib
from pathlib import Path

import numpy as np

from s4gui.core.errors import FormatError
from s4gui.core.prediction import Prediction
from s4gui.store.atomic import write_atomic

SUFFIX = ".s4p"
_MAGIC = b"S4GUI-PREDICTION 1\n"


def encode(prediction: Prediction, *, packed: bool = False) -> bytes:
    """The file's bytes: a magic line, one JSON line (origin, step), a (2, H, W) uint8 .npy.

    `packed` files are zlib-compressed: a tenth of the bytes, for what is shipped or kept long.
    """
    head = json.dumps({"origin": prediction.origin, "step": prediction.step, "packed": packed})
    body = io.BytesIO()
    np.save(body, np.stack([prediction.classes, prediction.confidence]), allow_pickle=False)
    data = zlib.compress(body.getvalue(), 9) if packed else body.getvalue()
    return _MAGIC + head.encode() + b"\n" + data


def write(path: Path, prediction: Prediction, *, packed: bool = False) -> None:
    """Write a prediction whole, without syncing: it can be made again."""
    write_atomic(path, encode(prediction, packed=packed), durable=False)


def read(path: Path) -> Prediction:
    """The prediction of a file; FormatError if it is none (also when it has just gone)."""
    try:
        data = path.read_bytes()
        if not data.startswith(_MAGIC):
            raise ValueError("no magic line")  # noqa: TRY301 - one way out for all that is wrong
        end = data.index(b"\n", len(_MAGIC))
        head = json.loads(data[len(_MAGIC) : end])
        body = zlib.decompress(data[end + 1 :]) if head.get("packed") else data[end + 1 :]
        planes = np.load(io.BytesIO(body), allow_pickle=False)
        if planes.ndim != 3 or planes.shape[0] != 2 or planes.dtype != np.uint8:
            raise ValueError(f"planes are {planes.shape} {planes.dtype}")  # noqa: TRY301
        return Prediction(planes[0], planes[1], str(head["origin"]), int(head["step"]))
    except (OSError, ValueError, KeyError, TypeError, EOFError, zlib.error) as error:
        raise FormatError(
            "prediction.unreadable",
            "{name} is not a prediction: {reason}",
            hint="Predict this image again",
            name=path.name,
            reason=str(error),
        ) from error
