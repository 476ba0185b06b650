"""ClassCounts: labelled pixels of each class, of one image and of all of them; no Qt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from s4gui.core.frames import FrameId


@dataclass(frozen=True, slots=True)
class ClassCount:
    """Pixels of one value in one image and in all, and in how many images it occurs.

    Shares are of all labelled pixels there, void among them; None where nothing is labelled.
    """

    here_px: int = 0
    here_share: float | None = None
    all_px: int = 0
    all_share: float | None = None
    images: int = 0


class ClassCounts:
    """Counts per frame with their sum kept, so that a stroke costs one frame and not all."""

    def __init__(self, counts: Mapping[FrameId, Mapping[int, int]] | None = None) -> None:
        self._frames: dict[FrameId, dict[int, int]] = {}
        self._total: Counter[int] = Counter()
        self._images: Counter[int] = Counter()
        for frame, held in (counts or {}).items():
            self.put(frame, held)

    def put(self, frame: FrameId, counts: Mapping[int, int]) -> None:
        """The counts of a frame from now on; values without a pixel do not occur."""
        before = self._frames.pop(frame, {})
        after = {value: px for value, px in counts.items() if px > 0}
        self._total.subtract(before)
        self._images.subtract(before.keys())
        self._total.update(after)
        self._images.update(after.keys())
        if after:
            self._frames[frame] = after

    @property
    def labelled_px(self) -> int:
        """Labelled pixels of all images."""
        return self._total.total()

    @property
    def values(self) -> frozenset[int]:
        """The values that occur."""
        return frozenset(value for value, px in self._total.items() if px > 0)

    def of(self, value: int, frame: FrameId | None) -> ClassCount:
        """The counts of a value, and of one image where it is given."""
        here = self._frames.get(frame, {}) if frame is not None else {}
        labelled = sum(here.values())
        px, total = self._total[value], self.labelled_px
        return ClassCount(
            here.get(value, 0),
            here.get(value, 0) / labelled if labelled else None,
            px,
            px / total if total else None,
            self._images[value],
        )
