"""Feature files: what a frozen encoder sees in one image, whole or not there; no pickle."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from s4gui.core.errors import FormatError
from s4gui.store.atomic import write_atomic

SUFFIX = ".npz"
FORMAT, VERSION = "s4gui-features", 1
KINDS = ("float16", "float32")


@dataclass(frozen=True, slots=True)
class FeatureMap:
    """Features of one image on a grid: cell (i, j) is centred on pixel (i, j) * stride.

    values (C, h, w) float16 or float32, read-only. `encoder` names network and layer, `weights`
    the file they came from (empty: drawn at random). `image_shape` (H, W) is of the image as
    it was seen, `source` tells whether the image's file is still the same.
    """

    values: NDArray[np.floating]
    encoder: str
    weights: str
    stride: int
    image_shape: tuple[int, int]
    source: str = ""

    def __post_init__(self) -> None:
        if self.values.ndim != 3 or self.values.dtype.name not in KINDS:
            raise ValueError(f"features are {self.values.shape} {self.values.dtype}")
        if self.stride < 1 or min(self.image_shape) < 1 or not self.encoder:
            raise ValueError("features lack their encoder, stride or image")
        self.values.flags.writeable = False


def write(path: Path, features: FeatureMap) -> None:
    """Write a feature file whole, without syncing: it can be made again."""
    card = {
        "format": FORMAT,
        "version": VERSION,
        "encoder": features.encoder,
        "weights": features.weights,
        "stride": features.stride,
        "image_shape": list(features.image_shape),
        "source": features.source,
        "shape": list(features.values.shape),
        "dtype": features.values.dtype.name,
    }
    body = io.BytesIO()
    text = np.frombuffer(json.dumps(card).encode(), np.uint8)
    np.savez(body, card=text, values=features.values)
    write_atomic(path, body.getvalue(), durable=False)


def read(path: Path) -> FeatureMap:
    """The features of a file; FormatError if it holds none, or of a newer version."""
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            card = json.loads(file["card"].tobytes())
            values = file["values"]
        if card["format"] != FORMAT or card["version"] > VERSION:
            raise ValueError("it was not written by this version")  # noqa: TRY301 - one way out
        if list(values.shape) != card["shape"] or values.dtype.name != card["dtype"]:
            raise ValueError(f"values are {values.shape} {values.dtype}")  # noqa: TRY301 - one way out
        height, width = card["image_shape"]
        return FeatureMap(
            values,
            encoder=str(card["encoder"]),
            weights=str(card["weights"]),
            stride=int(card["stride"]),
            image_shape=(int(height), int(width)),
            source=str(card["source"]),
        )
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise FormatError(
            "features.unreadable",
            "{name} is not a feature file: {reason}",
            hint="Delete it; it will be made again",
            name=path.name,
            reason=str(error) or type(error).__name__,
        ) from error


def source_of(image: Path) -> str:
    """Size and time of an image file: another one, other features. ImageError is for readers."""
    facts = image.stat()
    return f"{facts.st_size}-{facts.st_mtime_ns}"
