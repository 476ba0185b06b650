"""What a frozen encoder sees in images, from feature files, brought to the trees' working grid."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from s4gui.core.errors import FormatError
from s4gui.preview.cache import ArrayCache, Key
from s4gui.preview.features import Floats
from s4gui.store import features
from s4gui.store.features import FeatureCard
from s4gui.wire.preview import FrameFile

CHANNELS = 128
"""Columns at most: rows of a wide encoder would fill the memory."""

_Line = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Seen:
    """What an encoder sees in a frame whose working grid is `shape` (h, w), of C channels.

    `grid` (C, gh, gw) holds its features where they were computed.
    """

    card: FeatureCard
    grid: NDArray[np.floating]
    shape: tuple[int, int]

    def whole(self) -> Floats:
        """(h, w, C) float32, interpolated between the centres of the features' cells."""
        rows, columns = (_matrix(*each) for each in self._lines())
        tall = np.matmul(rows, self.grid.astype(np.float32))
        wide = tall.reshape(-1, self.grid.shape[2]) @ columns.T
        values = np.ascontiguousarray(wide.reshape(len(self.grid), -1).T)
        return values.reshape(*self.shape, -1)

    def at(self, cells: NDArray[np.intp]) -> Floats:
        """(n, C) float32: the same in some cells of the working grid, flat indices (n,)."""
        (above, down), (left, right) = (_between(*each) for each in self._lines())
        y, x = np.divmod(cells, self.shape[1])
        found = np.zeros((len(self.grid), len(cells)), np.float32)
        for dy, dx in ((0, 0), (0, 1), (1, 0), (1, 1)):
            share = (down[y] if dy else 1 - down[y]) * (right[x] if dx else 1 - right[x])
            rows = np.minimum(above[y] + dy, self.grid.shape[1] - 1)
            found += self.grid[:, rows, np.minimum(left[x] + dx, self.grid.shape[2] - 1)] * share
        return np.ascontiguousarray(found.T)

    def _lines(self) -> tuple[_Line, _Line]:
        card, cells = self.card, self.grid.shape[1:]
        height, width = card.image_shape
        return (
            (self.shape[0], cells[0], height, card.stride),
            (self.shape[1], cells[1], width, card.stride),
        )


class FeatureFiles:
    """The feature files of a folder (None: none are used).

    A file that is missing, damaged or of another state of the image counts as not there. Files
    may come, change and go at any time.
    """

    def __init__(self, folder: Path | None, arrays: ArrayCache) -> None:
        self._folder, self._arrays = folder, arrays
        self._cards: dict[Key, FeatureCard | None] = {}  # None: damaged

    @property
    def are_made(self) -> bool:
        """Whether there are any, right ones or not."""
        return self._folder is not None and any(self._folder.glob(f"*{features.SUFFIX}"))

    def card(self, image: FrameFile) -> FeatureCard | None:
        """What the file of a frame says of itself; None if it is of no use."""
        key = self._key(image)
        if key is None:
            return None
        if key not in self._cards:
            try:
                self._cards[key] = features.read_card(Path(key[1]))
            except FormatError:
                self._cards[key] = None
        card = self._cards[key]
        try:
            is_of_now = card is not None and card.source == features.source_of(Path(image.path))
        except OSError:
            return None
        return card if is_of_now else None

    def can_be_seen(self, image: FrameFile) -> bool:
        """Whether the file is there and whole, values and all."""
        return self._grid(image) is not None

    def seen(
        self, image: FrameFile, shape: tuple[int, int], *, in_passing: bool = False
    ) -> Seen | None:
        """What the encoder sees in a frame, on its working grid (h, w); None as above.

        In passing: of a frame nobody looks at, held only if nothing has to go for it.
        """
        card, grid = self.card(image), self._grid(image, in_passing=in_passing)
        return None if card is None or grid is None else Seen(card, grid, shape)

    def _grid(self, image: FrameFile, *, in_passing: bool = False) -> NDArray[np.floating] | None:
        """Values (C, h, w) of a file, of CHANNELS channels at most."""
        key = self._key(image)
        if key is None or self.card(image) is None:
            return None
        found = self._arrays.get(key)
        if found is None:
            try:
                found = _narrow(features.read(Path(key[1])).values)
            except FormatError:
                self._cards[key] = None
                return None
            if not np.isfinite(found).all():
                self._cards[key] = None
                return None
            keep = self._arrays.offer if in_passing else self._arrays.put
            keep(key, found)
        return cast("NDArray[np.floating]", found)

    def _key(self, image: FrameFile) -> Key | None:
        if self._folder is None:
            return None
        path = features.path_of(self._folder, image.frame)
        try:
            facts = path.stat()
        except OSError:
            return None
        return "seen", str(path), facts.st_mtime_ns, facts.st_size


def _narrow(values: NDArray[np.floating]) -> NDArray[np.floating]:
    """More than CHANNELS channels are mixed at random, always alike: distances between cells
    stay nearly what they were (Johnson and Lindenstrauss 1984).
    """
    count = len(values)
    if count <= CHANNELS:
        return values
    mixed = np.tensordot(_mixture(count), values.astype(np.float32), 1)
    return cast("NDArray[np.floating]", mixed)


@lru_cache(maxsize=4)
def _mixture(count: int) -> Floats:
    drawn = np.random.default_rng(count).standard_normal((CHANNELS, count)) / CHANNELS**0.5
    mixture: Floats = drawn.astype(np.float32)
    return mixture


@lru_cache(maxsize=64)
def _between(out: int, cells: int, size: int, stride: int) -> tuple[NDArray[np.intp], Floats]:
    """Before which cell of `cells` the centres of `out` lie, and by which share behind it.

    Cell k is centred on pixel k * stride of a line of `size` pixels.
    """
    at = ((np.arange(out) + 0.5) * size / out - 0.5) / stride
    at = np.clip(at, 0, cells - 1)
    first = at.astype(np.intp)
    return first, (at - first).astype(np.float32)


@lru_cache(maxsize=64)
def _matrix(out: int, cells: int, size: int, stride: int) -> Floats:
    """The same as weights (out, cells) float32."""
    first, share = _between(out, cells, size, stride)
    matrix = np.zeros((out, cells), np.float32)
    lines = np.arange(out)
    matrix[lines, first] = 1 - share
    matrix[lines, np.minimum(first + 1, cells - 1)] += share
    return matrix
