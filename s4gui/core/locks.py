"""Locks: which pixels the hand may not change; Guard: the locks over one frame."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from s4gui.core.classes import UNLABELLED
from s4gui.core.labels import Box

Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Locks:
    """What is locked; they hold together: a pixel changes only where each of them lets it.

    `values`: pixels of these values stay as they are. `only_unlabelled`: all labelled pixels
    do. `only_predicted`: a class is put only where the prediction shows it, and taken away
    only where the prediction shows the class in hand.
    """

    values: frozenset[int] = frozenset()
    only_unlabelled: bool = False
    only_predicted: bool = False

    def __post_init__(self) -> None:
        if UNLABELLED in self.values or not all(0 <= value <= 255 for value in self.values):
            raise ValueError(f"only labels can be locked, not {sorted(self.values)}")

    def __bool__(self) -> bool:
        return bool(self.values) or self.only_unlabelled or self.only_predicted

    def switched(self, value: int) -> Locks:
        """With one value locked, or unlocked if it was."""
        return replace(self, values=self.values ^ {value})

    def holds_all_but(self, value: int, every: Iterable[int]) -> bool:
        """Whether all of `every` are locked, except perhaps `value`; there is one at least."""
        others = frozenset(every) - {value}
        return bool(others) and others <= self.values

    def switched_but(self, value: int, every: Iterable[int]) -> Locks:
        """With all of `every` locked and `value` not; if that is so already, with none locked."""
        others = frozenset(every) - {value}
        is_so = self.holds_all_but(value, every) and value not in self.values
        return replace(self, values=frozenset() if is_so else others)


class Guard:
    """The locks for one edit of one frame. `predicted` (H, W) uint8, or None: nothing is shown.

    `chosen` is the value in hand. `held_back` tells after an edit whether a lock kept a pixel
    as it was.
    """

    def __init__(self, locks: Locks, predicted: Pixels | None, chosen: int) -> None:
        self._is_open = np.ones(256, bool)
        if locks.only_unlabelled:
            self._is_open[:] = False
            self._is_open[UNLABELLED] = True
        self._is_open[list(locks.values)] = False
        self._only_predicted, self._predicted = locks.only_predicted, predicted
        self._chosen = np.uint8(chosen)
        self.held_back = False

    def let(self, wanted: Mask, before: Pixels, after: int | Pixels, box: Box) -> Mask:
        """The pixels of `wanted` (h, w of the box) that may go from `before` to `after`."""
        out = wanted & self._is_open[before]
        if self._only_predicted and self._predicted is None:
            out[...] = False
        elif self._only_predicted and self._predicted is not None:
            needed = np.where(np.equal(after, UNLABELLED), self._chosen, after)
            out &= self._predicted[box.slices] == needed
        self.held_back = self.held_back or bool((out != wanted).any())
        return out
