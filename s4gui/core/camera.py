"""Camera masks: pixels that show the camera's own car or border, the same in all its frames."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from s4gui.core.classes import VOID
from s4gui.core.frames import Frame

Plane = NDArray[np.bool_]
Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class HiddenPlane:
    """Which pixels of frames of one size are hidden, packed: at least one of them.

    `packed` is zlib over (height * width) bits, row by row. ValueError if it is not.
    """

    height: int
    width: int
    packed: bytes

    def __post_init__(self) -> None:
        try:
            bits = zlib.decompress(self.packed)
        except zlib.error as error:
            raise ValueError(f"a hidden plane is packed bits: {error}") from error
        if self.height < 1 or self.width < 1 or len(bits) != -(-self.height * self.width // 8):
            raise ValueError(f"{len(bits)} bytes are no plane of {self.height} x {self.width}")
        if not any(bits):
            raise ValueError("a hidden plane hides at least one pixel")

    @classmethod
    def of(cls, hidden: Plane) -> HiddenPlane:
        """Of (H, W) bool, True where hidden."""
        height, width = hidden.shape
        return cls(height, width, zlib.compress(np.packbits(hidden).tobytes()))

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W)."""
        return self.height, self.width

    @property
    def array(self) -> Plane:
        """(H, W) bool, True where hidden; read-only."""
        return _unpacked(self.packed, self.shape)

    def at(self, shape: tuple[int, int]) -> Plane:
        """(h, w) bool: the same as a frame of another size shows it, nearest."""
        y, x = (
            ((np.arange(new) + 0.5) * old / new).astype(np.intp)
            for new, old in zip(shape, self.shape, strict=True)
        )
        found: Plane = self.array[y[:, None], x]
        return found

    @property
    def pixels(self) -> int:
        """How many pixels are hidden."""
        return int(np.count_nonzero(self.array))

    @property
    def digest(self) -> str:
        """Sixteen letters that another size or other pixels would change."""
        text = f"{self.height}x{self.width}".encode()
        return hashlib.sha256(text + self.array.tobytes()).hexdigest()[:16]

    def over(self, classes: Pixels) -> Pixels:
        """Classes (H, W) uint8 with VOID where they are hidden, a new array."""
        return np.where(self.array, np.uint8(VOID), classes)

    @property
    def text(self) -> str:
        """The same as one word of ASCII, for a line of the wire."""
        return f"{self.height}x{self.width}:{base64.b64encode(self.packed).decode('ascii')}"

    @classmethod
    def from_text(cls, text: str) -> HiddenPlane:
        """What `text` gave; ValueError if it is none."""
        size, _, packed = text.partition(":")
        height, _, width = size.partition("x")
        return cls(int(height), int(width), base64.b64decode(packed, validate=True))


@lru_cache(maxsize=8)
def _unpacked(packed: bytes, shape: tuple[int, int]) -> Plane:
    bits = np.frombuffer(zlib.decompress(packed), np.uint8)
    out = np.unpackbits(bits, count=shape[0] * shape[1]).astype(bool).reshape(shape)
    out.flags.writeable = False
    return out


@dataclass(frozen=True, slots=True)
class CameraMask:
    """A hidden plane for all frames of its size whose ids begin with `prefix`.

    A folder's prefix ends with `/`.
    """

    prefix: str
    plane: HiddenPlane

    def covers(self, frame: Frame) -> bool:
        """Whether the mask is this frame's; a longer prefix may still take it."""
        return frame.shape == self.plane.shape and frame.id.startswith(self.prefix)

    def is_as(self, other: CameraMask) -> bool:
        """Whether it is for the same frames."""
        return self.prefix == other.prefix and self.plane.shape == other.plane.shape


@dataclass(frozen=True, slots=True)
class CameraMasks:
    """All camera masks of a project, one at most for each prefix and size."""

    masks: tuple[CameraMask, ...] = ()

    def __post_init__(self) -> None:
        keys = {(each.prefix, each.plane.shape) for each in self.masks}
        if len(keys) != len(self.masks):
            raise ValueError("two camera masks are for the same frames")

    def mask_of(self, frame: Frame) -> CameraMask | None:
        """The mask of a frame: of those that cover it the one with the longest prefix."""
        found = (each for each in self.masks if each.covers(frame))
        return max(found, key=lambda each: len(each.prefix), default=None)

    def of(self, frame: Frame) -> HiddenPlane | None:
        """What is hidden of a frame; None: nothing."""
        mask = self.mask_of(frame)
        return None if mask is None else mask.plane

    def over(self, frame: Frame, classes: Pixels) -> Pixels:
        """Classes (H, W) uint8 of a frame with VOID where its mask hides them."""
        plane = self.of(frame)
        return classes if plane is None or plane.shape != classes.shape else plane.over(classes)

    def put(self, mask: CameraMask) -> CameraMasks:
        """With this mask, in place of the one for the same frames."""
        return CameraMasks((*self.without(mask).masks, mask))

    def without(self, mask: CameraMask) -> CameraMasks:
        """Without the mask that is for the same frames as this one."""
        return CameraMasks(tuple(each for each in self.masks if not each.is_as(mask)))


def covered(frames: Iterable[Frame], prefix: str, shape: tuple[int, int]) -> int:
    """How many frames a mask of this prefix and size would be for."""
    return sum(each.shape == shape and each.id.startswith(prefix) for each in frames)
