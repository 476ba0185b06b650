"""Masks of other programs: read as they are, their values or colours mapped to ours."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from s4gui.core.classes import UNLABELLED, Rgb
from s4gui.core.errors import FormatError

Pixels = NDArray[np.uint8]
_MAX_REPORTED = 32


def read(path: Path, *, colours: bool = False) -> NDArray[np.generic]:
    """A mask file as it is: (H, W) integers for indexed and grey, (H, W, 3) uint8 for colour.

    With `colours` an indexed file gives the colours of its palette. Transparent pixels of a
    colour mask become white (unlabelled here). FormatError if the file cannot be read or has
    real numbers in it.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(path)
        image.load()
        return _values(image.convert("RGB") if colours and image.mode == "P" else image)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise FormatError(
            "mask.unreadable",
            "{name} cannot be read as a mask: {reason}",
            hint="Index masks are 8- or 16-bit grey or palette PNGs, colour masks RGB PNGs",
            name=path.name,
            reason=str(error),
        ) from error


def is_colour(pixels: NDArray[np.generic]) -> bool:
    """Whether `read` gave colours."""
    return pixels.ndim == 3


def from_values(
    pixels: NDArray[np.generic], table: Mapping[int, int]
) -> tuple[Pixels, dict[int, int]]:
    """Labels (H, W) uint8 by a table of values, and pixels per value that is not in it.

    Unknown values become UNLABELLED: nobody said what they are.
    """
    if pixels.dtype == np.uint8:
        found = np.bincount(pixels.ravel(), minlength=256)
        lookup = np.array([table.get(v, UNLABELLED) for v in range(256)], np.uint8)
        strange = {int(v): int(found[v]) for v in np.flatnonzero(found) if int(v) not in table}
        return lookup[pixels], strange
    values, inverse = np.unique(pixels, return_inverse=True)
    ours = np.array([table.get(int(v), UNLABELLED) for v in values], np.uint8)
    labels = ours[inverse].reshape(pixels.shape)
    counts = np.bincount(inverse.ravel(), minlength=len(values))
    unknown = {int(v): int(n) for v, n in zip(values, counts, strict=True) if int(v) not in table}
    return labels, unknown


def from_colours(
    pixels: NDArray[np.generic], table: Mapping[Rgb, int]
) -> tuple[Pixels, dict[Rgb, int]]:
    """Labels (H, W) uint8 by exact colours (H, W, 3), and pixels per colour not in the table."""
    if pixels.ndim != 3:
        raise ValueError(f"colours are (H, W, 3), not {pixels.shape}")
    wide = pixels.astype(np.int64)
    packed = (wide[..., 0] << 16) | (wide[..., 1] << 8) | wide[..., 2]
    keys = {(r << 16) | (g << 8) | b: value for (r, g, b), value in table.items()}
    labels, unknown = from_values(packed, keys)
    return labels, {(v >> 16, (v >> 8) & 255, v & 255): n for v, n in unknown.items()}


def identity(class_ids: tuple[int, ...]) -> dict[int, int]:
    """The table of masks that have our values already."""
    return {value: value for value in (*class_ids, 254, UNLABELLED)}


def first(unknown: Mapping[int, int]) -> dict[int, int]:
    """The most frequent unknown values, for a report."""
    return dict(sorted(unknown.items(), key=lambda pair: -pair[1])[:_MAX_REPORTED])


def _values(image: Image.Image) -> NDArray[np.generic]:
    if image.mode in {"P", "L"}:
        return np.asarray(image)
    if image.mode == "1":
        return np.asarray(image).astype(np.uint8)
    if image.mode.startswith("I"):
        return np.asarray(image).astype(np.int64)
    if image.mode == "F":
        raise ValueError("it has real numbers, not values")
    if image.mode in {"RGBA", "LA", "PA"}:
        rgba = np.asarray(image.convert("RGBA"))
        return np.where(rgba[..., 3:] == 0, np.uint8(255), rgba[..., :3])
    return np.asarray(image.convert("RGB"))
