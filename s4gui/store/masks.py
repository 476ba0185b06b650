"""Label planes as PNG files: indexed labels, 16-bit sources, and what they say of themselves."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from s4gui.core.errors import LabelFileError

Pixels = NDArray[np.uint8]
Sources = NDArray[np.uint16]


def encode_plain(
    labels: Pixels, palette: NDArray[np.uint8], notes: dict[str, str] | None = None
) -> bytes:
    """An indexed PNG: labels (H, W) uint8 are the indices, palette (256, 3) uint8 the colours.

    `notes` become text chunks. Level 1: 3x faster than Pillow's default, twice its bytes.
    """
    image = Image.fromarray(np.ascontiguousarray(labels)).convert("L")
    image = image.copy()
    image.putpalette(palette.astype(np.uint8).tobytes())
    return _png(image, notes)


def encode_sources(sources: Sources, notes: dict[str, str] | None = None) -> bytes:
    """A 16-bit grey PNG of a source plane (H, W) uint16."""
    image = Image.fromarray(np.ascontiguousarray(sources.astype(np.uint16)))
    return _png(image, notes)


def read_plain(path: Path) -> Pixels:
    """The indices of an indexed or 8-bit grey PNG, (H, W) uint8; LabelFileError if it is none."""
    return read_noted(path)[0]


def read_noted(path: Path) -> tuple[Pixels, dict[str, str]]:
    """Indices (H, W) uint8 and text chunks of an indexed or 8-bit grey PNG."""
    image = _opened(path)
    if image.mode not in {"P", "L", "1"}:
        raise _not_a_mask(path, f"it has mode {image.mode}, not indexed or grey colours")
    pixels = np.asarray(image.convert("L") if image.mode == "1" else image)
    return pixels.astype(np.uint8), _notes(image)


def read_sources(path: Path) -> tuple[Sources, dict[str, str]]:
    """A source plane (H, W) uint16 and its text chunks."""
    image = _opened(path)
    if not image.mode.startswith("I"):
        raise _not_a_mask(path, f"it has mode {image.mode}, not 16-bit grey")
    return np.asarray(image).astype(np.uint16), _notes(image)


def _png(image: Image.Image, notes: dict[str, str] | None) -> bytes:
    chunks = PngImagePlugin.PngInfo()
    for key, text in (notes or {}).items():
        chunks.add_text(key, text)
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1, pnginfo=chunks)
    return out.getvalue()


def _opened(path: Path) -> Image.Image:
    try:
        image = Image.open(path)
        image.load()
    except (OSError, SyntaxError, ValueError) as error:
        raise _not_a_mask(path, str(error)) from error
    return image


def _notes(image: Image.Image) -> dict[str, str]:
    return {str(k): v for k, v in image.info.items() if isinstance(v, str)}


def _not_a_mask(path: Path, reason: str) -> LabelFileError:
    return LabelFileError(
        "labels.not_a_mask",
        "{name} is not a label mask: {reason}",
        hint="Restore it from a backup; it is not overwritten",
        name=path.name,
        reason=reason,
    )
