"""Camera masks on disk: an indexed PNG each (void where hidden), named in the project file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s4gui.core.camera import CameraMask, CameraMasks, HiddenPlane
from s4gui.core.classes import UNLABELLED, VOID
from s4gui.core.errors import LabelFileError
from s4gui.core.messages import Message
from s4gui.store import masks
from s4gui.store.atomic import write_atomic

FOLDER = "camera_masks"


@dataclass(frozen=True, slots=True)
class CameraLine:
    """A mask's line in the project file: for which frames it is, and its file's name."""

    prefix: str
    file: str

    def __post_init__(self) -> None:
        if not self.file or Path(self.file).name != self.file:
            raise ValueError(f"not a file's name: {self.file!r}")

    @classmethod
    def of(cls, mask: CameraMask) -> CameraLine:
        """The line of a mask; what its file is called follows from what it hides."""
        return cls(mask.prefix, f"{mask.plane.digest}.png")

    def to_json(self) -> dict[str, str]:
        """Plain values by name."""
        return {"prefix": self.prefix, "file": self.file}

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> CameraLine:
        """What `to_json` gave."""
        return cls(str(raw["prefix"]), str(raw["file"]))


@dataclass(frozen=True, slots=True)
class Found:
    """The masks of a project, those that could not be read, and what is to be said of these."""

    masks: CameraMasks
    lost: tuple[CameraLine, ...] = ()
    notices: tuple[Message, ...] = ()

    def lines(self) -> tuple[CameraLine, ...]:
        """For the project file: what could not be read stays, until its frames get a new mask."""
        mine = tuple(CameraLine.of(each) for each in self.masks.masks)
        prefixes = {each.prefix for each in mine}
        return mine + tuple(each for each in self.lost if each.prefix not in prefixes)

    def but(self, masks: CameraMasks) -> Found:
        """With other masks."""
        return Found(masks, self.lost)


def read(folder: Path, lines: tuple[CameraLine, ...]) -> Found:
    """The masks of a project's folder that its file names."""
    found = CameraMasks()
    lost: list[CameraLine] = []
    notices: list[Message] = []
    for line in lines:
        path = folder / FOLDER / line.file
        try:
            plane = HiddenPlane.of(masks.read_plain(path) == VOID)
            found = found.put(CameraMask(line.prefix, plane))
        except (LabelFileError, ValueError, OSError) as error:
            lost.append(line)
            notices.append(_unreadable(line, error))
    return Found(found, tuple(lost), tuple(notices))


def write(folder: Path, found: CameraMasks, palette: NDArray[np.uint8]) -> None:
    """Write the files that are not there yet below a project's folder, each whole."""
    for mask in found.masks:
        path = folder / FOLDER / CameraLine.of(mask).file
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            nothing = np.full(mask.plane.shape, UNLABELLED, np.uint8)
            write_atomic(path, masks.encode_plain(mask.plane.over(nothing), palette))


def _unreadable(line: CameraLine, error: Exception) -> Message:
    return Message(
        "camera.unreadable",
        "The camera mask of {prefix} is not applied: {file} cannot be read ({reason})",
        {"prefix": line.prefix, "file": f"{FOLDER}/{line.file}", "reason": str(error)},
    )
