"""Painted: a frame's train labels as batches draw from them, packed."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s4gui.core.classes import UNLABELLED

Labels = NDArray[np.uint8]
SPOTS_PER_CLASS = 512


@dataclass(frozen=True, slots=True)
class Painted:
    """A frame's train labels as training indices, packed, and places of each class in 0..1."""

    packed: bytes  # zlib: thousands of masks stay in memory
    shape: tuple[int, int]
    counts: NDArray[np.int64]  # (256,) pixels by value
    spots: tuple[NDArray[np.float32], ...]
    packed_kinds: bytes | None  # None: all painted by a hand
    hidden_px: int

    @classmethod
    def of(cls, labels: Labels, kinds: Labels | None, *, hidden_px: int = 0) -> Painted:
        """Of labels (H, W) as training indices with at least one, of which some are hidden."""
        height, width = labels.shape
        spots = []
        for index in np.unique(labels[labels != UNLABELLED]):
            y, x = np.nonzero(labels == index)
            every = -(-len(y) // SPOTS_PER_CLASS)
            places = np.stack([(y[::every] + 0.5) / height, (x[::every] + 0.5) / width], axis=1)
            spots.append(places.astype(np.float32))
        counts = np.bincount(labels.ravel(), minlength=256)
        packed = zlib.compress(labels.tobytes(), 1)
        packed_kinds = None if kinds is None else zlib.compress(kinds.tobytes(), 1)
        return cls(packed, labels.shape, counts, tuple(spots), packed_kinds, hidden_px)

    def labels(self) -> Labels:
        """(H, W) uint8 training indices, UNLABELLED elsewhere."""
        return np.frombuffer(zlib.decompress(self.packed), np.uint8).reshape(self.shape)

    def kinds(self) -> Labels | None:
        """(H, W) uint8 numbers of source kinds; None if a hand painted them all."""
        if self.packed_kinds is None:
            return None
        return np.frombuffer(zlib.decompress(self.packed_kinds), np.uint8).reshape(self.shape)

    @property
    def density(self) -> float:
        """Which share of what can be labelled is labelled."""
        every = int(self.counts.sum())
        return float((every - self.counts[UNLABELLED]) / max(1, every - self.hidden_px))

    def spot(self, rng: np.random.Generator) -> tuple[float, float]:
        """A labelled place (y, x in 0..1), each class being as likely."""
        places = self.spots[rng.integers(len(self.spots))]
        y, x = places[rng.integers(len(places))]
        return float(y), float(x)
