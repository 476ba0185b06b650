"""Feature files: what a frozen encoder sees in one image, whole or not there; no pickle.

A project's lie in its folder `features`, one for each frame; they can be made again at any time.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s4gui.core.errors import FormatError
from s4gui.store import names
from s4gui.store.atomic import write_atomic

FOLDER, SUFFIX = "features", ".npz"
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


@dataclass(frozen=True, slots=True)
class FeatureCard:
    """What a feature file says of itself; `shape` (C, h, w) is that of its values."""

    encoder: str
    weights: str
    stride: int
    image_shape: tuple[int, int]
    source: str
    shape: tuple[int, int, int]

    @property
    def kind(self) -> str:
        """Two files of the same kind can be learned from together."""
        return f"{self.encoder} {self.weights} {self.stride} {self.shape[0]}"


def path_of(folder: Path, frame_id: str) -> Path:
    """The feature file of a frame in a folder of feature files."""
    return folder / f"{names.flat(frame_id)}{SUFFIX}"


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
            raw = _raw_card(file)
            values = file["values"]
        card = _card(raw)
        if values.shape != card.shape or values.dtype.name != raw["dtype"]:
            raise ValueError(f"values are {values.shape} {values.dtype}")
        return FeatureMap(
            values,
            encoder=card.encoder,
            weights=card.weights,
            stride=card.stride,
            image_shape=card.image_shape,
            source=card.source,
        )
    except _DAMAGES as error:
        raise _unreadable(path, error) from error


def read_card(path: Path) -> FeatureCard:
    """What a file says of itself, its values unread; FormatError as above."""
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            return _card(_raw_card(file))
    except _DAMAGES as error:
        raise _unreadable(path, error) from error


def source_of(image: Path) -> str:
    """Size and time of an image file: another one, other features. ImageError is for readers."""
    facts = image.stat()
    return f"{facts.st_size}-{facts.st_mtime_ns}"


_DAMAGES = (
    OSError, ValueError, KeyError, TypeError, AttributeError, EOFError,
    zipfile.BadZipFile, zlib.error, NotImplementedError,
)  # fmt: skip
"""What numpy and zipfile raise for files that are none, or damaged."""


def _raw_card(file: Any) -> dict[str, Any]:
    raw = json.loads(file["card"].tobytes())
    if raw["format"] != FORMAT or raw["version"] > VERSION:
        raise ValueError("it was not written by this version")
    return dict(raw)


def _card(raw: dict[str, Any]) -> FeatureCard:
    height, width = raw["image_shape"]
    channels, rows, columns = raw["shape"]
    return FeatureCard(
        encoder=str(raw["encoder"]),
        weights=str(raw["weights"]),
        stride=int(raw["stride"]),
        image_shape=(int(height), int(width)),
        source=str(raw["source"]),
        shape=(int(channels), int(rows), int(columns)),
    )


def _unreadable(path: Path, error: Exception) -> FormatError:
    return FormatError(
        "features.unreadable",
        "{name} is not a feature file: {reason}",
        hint="Delete it; it will be made again",
        name=path.name,
        reason=str(error) or type(error).__name__,
    )
