"""Frame: one image of the project; Split: what it is used for; FrameState: how far it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

FrameId = str
"""`<root name>/<relative path>` with forward slashes: names one image, whatever the machine."""


class Split(StrEnum):
    """What a frame is for. An unpainted train frame is unlabelled data."""

    TRAIN = "train"
    VAL = "val"
    TEST = "test"


class FrameState(StrEnum):
    """How far an image is. The first two follow from its labels, the others are a person's mark."""

    UNTOUCHED = "untouched"
    STARTED = "started"
    DONE = "done"
    APPROVED = "approved"
    FLAGGED = "flagged"

    @property
    def is_mark(self) -> bool:
        """Whether a person gives it."""
        return self not in {FrameState.UNTOUCHED, FrameState.STARTED}


@dataclass(frozen=True, slots=True)
class Frame:
    """One image: where it lies, its size as shown (orientation applied) and its split.

    `root` names an entry of the project's roots, `path` is relative to it with `/`.
    `problem` says why the image cannot be used; then height and width are 0.
    """

    root: str
    path: str
    height: int
    width: int
    split: Split = Split.TRAIN
    problem: str = ""

    def __post_init__(self) -> None:
        if (
            not self.root
            or "/" in self.root
            or self.path.startswith("/")
            or (".." in self.path and ".." in self.path.split("/"))
        ):
            raise ValueError(f"not a path below a root: {self.root!r} {self.path!r}")
        if not self.problem and (self.height < 1 or self.width < 1):
            raise ValueError(f"an image has at least one pixel: {self.id}")

    @property
    def id(self) -> FrameId:
        """Its name in labels, runs and events."""
        return f"{self.root}/{self.path}"

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W) as shown."""
        return self.height, self.width


def natural_key(text: str) -> tuple[tuple[int, int | str], ...]:
    """Sort key that puts `image10` after `image9`; numbers before letters, case ignored."""
    parts = re.split(r"(\d+)", text.casefold())
    return tuple((0, int(part)) if part.isdecimal() else (1, part) for part in parts if part)
