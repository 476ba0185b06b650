"""The image that was open last, decoded while the window is still being imported; no Qt."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path

from s4gui.core.errors import S4Error
from s4gui.gui.canvas.pyramid import ImagePyramid
from s4gui.store import images


class _Decoding(threading.Thread):
    """Decodes one image; what goes wrong is found again, and said, by whoever wants the image."""

    def __init__(self, path: Path) -> None:
        super().__init__(name="first-image", daemon=True)
        self.path = path
        self.found: ImagePyramid | None = None

    def run(self) -> None:
        with contextlib.suppress(S4Error, OSError, MemoryError):
            self.found = decoded(self.path)


_under_way: list[_Decoding] = []


def decoded(path: Path) -> ImagePyramid:
    """The image of a file, and what a fitted large image is drawn from: made here, not while
    painting. ImageError if it cannot be read."""
    pyramid = ImagePyramid(images.read_pixels(path))
    pyramid.level(2)
    return pyramid


def begin(path: Path) -> None:
    """Decode this image now, on a thread of its own."""
    decoding = _Decoding(path)
    _under_way[:] = [decoding]
    decoding.start()


def take(path: Path) -> ImagePyramid:
    """The image of a file: the one begun, waited for and handed out once, else decoded here."""
    while _under_way:
        decoding = _under_way.pop()
        if decoding.path == path:
            decoding.join()
            if decoding.found is not None:
                return decoding.found
    return decoded(path)
