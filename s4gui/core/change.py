"""Change: what an action altered, so that views redraw that and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field

from s4gui.core.frames import FrameId
from s4gui.core.labels import Box


@dataclass(frozen=True, slots=True)
class Change:
    """What one action altered; published once, with its initiator."""

    labels: dict[FrameId, Box | None] = field(default_factory=dict)  # None: the whole frame
    predictions: frozenset[FrameId] = frozenset()
    frames: bool = False  # the list, a size or a split
    states: frozenset[FrameId] = frozenset()  # marks that a person gave or took
    classes: bool = False
    cameras: bool = False  # what camera masks hide
    tool: bool = False  # class, tool, brush size
    current_frame: bool = False
    runs: frozenset[int] = frozenset()
    saved: bool = False  # what is acknowledged or on disk

    def __bool__(self) -> bool:
        return any(getattr(self, name) for name in self.__slots__)
