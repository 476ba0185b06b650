"""What the user painted, frame by frame, and the rows that the trees learn from it."""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from s4gui.core.classes import MAX_CLASS_ID, UNLABELLED
from s4gui.core.errors import DataError
from s4gui.core.labels import Box
from s4gui.preview.features import Floats
from s4gui.preview.trees import Rows, sampled, working_labels
from s4gui.wire.preview import FrameFile, LabelTile, UpdateLabels

ROWS_PER_FRAME = 400
"""Rows kept of a frame and class: dense masks hold far more than teaches anything new."""
ROWS_OVER_FRAMES = 20_000
"""Rows of a class that all frames share: many frames keep fewer rows each (memory)."""


@dataclass(slots=True)
class _Painted:
    """Labels of one frame, packed: strokes are sparse, a plane of 2 MB packs to some 10 KB."""

    image: FrameFile
    shape: tuple[int, int]
    packed: bytes
    classes: frozenset[int] = frozenset()
    rows: Rows | None = None
    stale: bool = True


@dataclass(slots=True)
class Examples:
    """Labels of all frames as last told; rows are made from them frame by frame, when asked.

    A frame whose labels changed is stale until `learn` has made its rows anew or `give_up` was
    called; until then its old rows teach.
    """

    class_ids: tuple[int, ...]
    seed: int
    version: int = 0
    """Counts what may have changed the rows: the same number, the same rows."""
    _frames: dict[str, _Painted] = field(default_factory=dict)

    def update(self, command: UpdateLabels) -> None:
        """Overlay tiles; DataError if a tile is damaged or not inside the frame."""
        frame, shape = command.image.frame, (command.height, command.width)
        known = self._frames.get(frame)
        if known is not None and known.shape == shape:
            labels = _unpacked(known.packed, shape)
        else:
            labels = np.full(shape, UNLABELLED, np.uint8)
        for tile in command.tiles:
            box = Box(tile.y0, tile.x0, tile.y1, tile.x1)
            labels[box.slices] = _tile_labels(tile, box, shape)
        self.version += 1
        present = np.flatnonzero(np.bincount(labels.ravel(), minlength=256)[: MAX_CLASS_ID + 1])
        classes = frozenset(int(each) for each in present) & set(self.class_ids)
        if not classes:
            self._frames.pop(frame, None)
            return
        self._frames[frame] = _Painted(
            image=command.image,
            shape=shape,
            packed=zlib.compress(labels.tobytes(), 1),
            classes=classes,
            rows=known.rows if known is not None else None,
        )

    def forget(self, frame: str) -> None:
        """The frame no longer teaches; nothing happens if it never did."""
        if self._frames.pop(frame, None) is not None:
            self.version += 1

    @property
    def painted(self) -> frozenset[int]:
        """Class ids that are painted on any frame."""
        return frozenset().union(*(each.classes for each in self._frames.values()))

    def stale(self) -> tuple[FrameFile, ...]:
        """Frames whose rows are not made yet from their newest labels, oldest first."""
        return tuple(each.image for each in self._frames.values() if each.stale)

    def learn(self, frame: str, features: Floats, shape: tuple[int, int]) -> None:
        """Make the rows of a stale frame from its features (h, w, F); `shape` is its (H, W).

        DataError if the labels are of another size.
        """
        painted = self._frames[frame]
        painted.stale = False
        self.version += 1
        if painted.shape != shape:
            painted.rows = None
            raise DataError(
                "preview.other_size",
                "{frame} is {now} pixels, its labels are {then}",
                hint="The image file was replaced by one of another size",
                frame=frame,
                now=f"{shape[1]} x {shape[0]}",
                then=f"{painted.shape[1]} x {painted.shape[0]}",
            )
        labels = _unpacked(painted.packed, shape)
        labels[~np.isin(labels, self.class_ids)] = UNLABELLED
        cells, classes = working_labels(labels, (features.shape[0], features.shape[1]))
        seed = zlib.crc32(frame.encode("utf-8", "surrogatepass")) ^ self.seed
        kept = sampled(classes, per_class=ROWS_PER_FRAME, seed=seed)
        rows = features.reshape(-1, features.shape[2])[cells[kept]]
        painted.rows = Rows(rows, classes[kept])

    def give_up(self, frame: str) -> None:
        """The image cannot be read: its labels teach nothing until they change again."""
        self.version += 1
        self._frames[frame].stale = False
        self._frames[frame].rows = None

    def rows(self) -> tuple[Rows, ...]:
        """Rows of all frames that have some, in the order of the frames' names."""
        found = [(name, each.rows) for name, each in sorted(self._frames.items())]
        limit = ROWS_OVER_FRAMES // max(1, len(found))
        return tuple(_at_most(rows, limit) for _, rows in found if rows is not None)


def pack(labels: NDArray[np.uint8], box: Box) -> LabelTile:
    """A tile for the wire, of the labels (h, w) uint8 under a box."""
    packed = base64.b64encode(zlib.compress(np.ascontiguousarray(labels).tobytes(), 1))
    return LabelTile(box.y0, box.x0, box.y1, box.x1, packed.decode("ascii"))


def _tile_labels(tile: LabelTile, box: Box, shape: tuple[int, int]) -> NDArray[np.uint8]:
    if box.is_empty or box.clipped(shape) != box:
        raise _damaged("outside the frame")
    try:
        raw = zlib.decompress(base64.b64decode(tile.packed, validate=True))
        return np.frombuffer(raw, np.uint8).reshape(box.shape)
    except (ValueError, zlib.error) as error:
        raise _damaged(str(error)) from error


def _damaged(reason: str) -> DataError:
    return DataError(
        "preview.bad_tile",
        "Labels for the preview cannot be read: {reason}",
        hint="Paint one more stroke; your labels are saved",
        reason=reason,
    )


def _unpacked(packed: bytes, shape: tuple[int, int]) -> NDArray[np.uint8]:
    return np.frombuffer(zlib.decompress(packed), np.uint8).reshape(shape).copy()


def _at_most(rows: Rows, per_class: int) -> Rows:
    if len(rows.classes) <= per_class:
        return rows
    kept = sampled(rows.classes, per_class=per_class, seed=0)
    return Rows(rows.features[kept], rows.classes[kept])
