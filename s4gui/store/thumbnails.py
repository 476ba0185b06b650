"""Small copies of images on the user's disk, so that a large one is read once for a list."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from s4gui.store import images
from s4gui.store.atomic import write_atomic
from s4gui.store.images import RgbPixels

LONG_SIDE_PX = 176
MOST_BYTES = 256 << 20
_NOT_WORTH_BYTES = 48 << 10
"""A smaller image is read as fast as its copy would be."""


class Thumbnails:
    """Copies in one folder, by path, time and size of their image; any thread may ask.

    A folder that cannot be written, or a copy that cannot be read, costs time and nothing else.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, path: Path) -> RgbPixels:
        """(h, w, 3) uint8, the longer side at most LONG_SIDE_PX; ImageError if unreadable."""
        try:
            facts = path.stat()
        except OSError:
            return images.read_scaled(path, LONG_SIDE_PX)  # says what is wrong
        if facts.st_size < _NOT_WORTH_BYTES:
            return images.read_scaled(path, LONG_SIDE_PX)
        name = f"{path.absolute()}\0{facts.st_mtime_ns}\0{facts.st_size}\0{LONG_SIDE_PX}"
        digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()
        copy = self._folder / digest[:2] / f"{digest[2:40]}.jpg"
        found = _read(copy)
        if found is None:
            found = images.read_scaled(path, LONG_SIDE_PX)
            with contextlib.suppress(OSError):
                _write(copy, found)
        return found

    def prune(self, most_bytes: int = MOST_BYTES) -> None:
        """Delete the copies made longest ago until the others fit."""
        copies: list[tuple[int, int, str]] = []
        with contextlib.suppress(OSError):
            for folder in os.scandir(self._folder):
                for each in os.scandir(folder.path):
                    facts = each.stat()
                    copies.append((facts.st_mtime_ns, facts.st_size, each.path))
        total = sum(size for _, size, _ in copies)
        for _, size, path in sorted(copies):
            if total <= most_bytes:
                return
            with contextlib.suppress(OSError):
                Path(path).unlink()
                total -= size


def _read(copy: Path) -> RgbPixels | None:
    try:
        with Image.open(copy) as image:
            return np.asarray(image.convert("RGB"))
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError):
        return None


def _write(copy: Path, pixels: RgbPixels) -> None:
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "JPEG", quality=88)
    copy.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(copy, data.getvalue(), durable=False)
