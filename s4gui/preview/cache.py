"""What was computed of images, bounded in bytes: the least recently used goes first."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from s4gui.core.errors import ImageError
from s4gui.preview.features import Floats, filter_features
from s4gui.store.images import read_facts, read_pixels
from s4gui.wire.preview import FrameFile

Pixels = NDArray[np.uint8]
Key = tuple[str, str, int, int]


class ArrayCache:
    """Arrays by key; together never more than `limit_bytes`, unless one alone is larger."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._kept: OrderedDict[Key, NDArray[np.generic]] = OrderedDict()
        self._bytes = 0

    @property
    def held_bytes(self) -> int:
        """Bytes of all arrays held."""
        return self._bytes

    def __contains__(self, key: Key) -> bool:
        return key in self._kept

    def get(self, key: Key) -> NDArray[np.generic] | None:
        """The array, which then counts as just used; None if it is not held."""
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def put(self, key: Key, array: NDArray[np.generic]) -> None:
        """Hold an array; the least recently used others make room."""
        self._drop(key)
        while self._kept and self._bytes + array.nbytes > self._limit_bytes:
            self._drop(next(iter(self._kept)))
        self._kept[key] = array
        self._bytes += array.nbytes

    def offer(self, key: Key, array: NDArray[np.generic]) -> None:
        """Hold an array only if nothing has to go for it."""
        if key not in self._kept and self._bytes + array.nbytes <= self._limit_bytes:
            self.put(key, array)

    def _drop(self, key: Key) -> None:
        gone = self._kept.pop(key, None)
        if gone is not None:
            self._bytes -= gone.nbytes


class ImageCache:
    """Pixels and features of image files; a file that changed on disk is looked at again."""

    def __init__(self, limit_bytes: int) -> None:
        self.arrays = ArrayCache(limit_bytes)

    @property
    def held_bytes(self) -> int:
        """Bytes of all pixels and features held."""
        return self.arrays.held_bytes

    def pixels(self, image: FrameFile) -> Pixels:
        """(H, W, 3) uint8; ImageError if the file cannot be read."""
        key = _key("pixels", image)
        found = self.arrays.get(key)
        if found is None:
            found = read_pixels(Path(image.path))
            self.arrays.put(key, found)
        return cast(Pixels, found)

    def features(self, image: FrameFile) -> Floats:
        """(h, w, F) float32 of a frame that is looked at; ImageError as above."""
        key = _key("features", image)
        found = self.arrays.get(key)
        if found is None:
            found = filter_features(self.pixels(image))
            self.arrays.put(key, found)
        return cast(Floats, found)

    def features_in_passing(self, image: FrameFile) -> tuple[Floats, tuple[int, int]]:
        """Features and (H, W) of a frame nobody looks at: held only if nothing goes for it."""
        key = _key("features", image)
        features = self.arrays.get(key)
        if features is not None:
            facts = read_facts(Path(image.path))
            return cast(Floats, features), (facts.height, facts.width)
        pixels = self.arrays.get(_key("pixels", image))
        if pixels is None:
            pixels = read_pixels(Path(image.path))
        features = filter_features(cast(Pixels, pixels))
        self.arrays.offer(key, features)
        return features, (pixels.shape[0], pixels.shape[1])

    def has_features(self, image: FrameFile) -> bool:
        """Whether the features are held now."""
        return _key("features", image) in self.arrays


def _key(what: str, image: FrameFile) -> Key:
    try:
        facts = Path(image.path).stat()
    except OSError as error:
        raise ImageError(
            "image.gone",
            "{frame} cannot be opened: {reason}",
            hint="Locate the image folder again",
            frame=image.frame,
            reason=error.strerror or str(error),
        ) from error
    return what, image.path, facts.st_mtime_ns, facts.st_size
