"""What the user painted, frame by frame, and the rows that the trees learn from it."""

from __future__ import annotations

import base64
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from s4gui.core.classes import MAX_CLASS_ID, UNLABELLED
from s4gui.core.errors import DataError
from s4gui.core.labels import Box
from s4gui.preview.encoded import Seen
from s4gui.preview.features import Floats
from s4gui.preview.trees import Rows, sampled, working_labels
from s4gui.store.features import FeatureCard
from s4gui.wire.preview import FrameFile, LabelTile, UpdateLabels

ROWS_PER_FRAME = 400
"""Rows kept of a frame and class: dense masks hold far more than teaches anything new."""
ROWS_OVER_FRAMES = 20_000
"""Rows of a class that all frames share: many frames keep fewer rows each (memory)."""
_HALF_MAX = 60_000.0

CardOf = Callable[[FrameFile], FeatureCard | None]
"""Which feature file of a frame is there now."""


@dataclass(slots=True)
class _Painted:
    """Labels of one frame, packed: strokes are sparse, a plane of 2 MB packs to some 10 KB."""

    image: FrameFile
    shape: tuple[int, int]
    packed: bytes
    classes: frozenset[int] = frozenset()
    rows: Rows | None = None
    seen: NDArray[np.float16] | None = None  # what an encoder sees in the rows, (n, C)
    card: FeatureCard | None = None  # of the file that this was in
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
            seen=known.seen if known is not None else None,
            card=known.card if known is not None else None,
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

    def look_again(self, card_of: CardOf) -> None:
        """Frames whose feature file is new since their rows were made are stale.

        Those that were given up are not: nothing that was wrong with them has changed.
        """
        for each in self._frames.values():
            if each.rows is not None and not each.stale:
                now = card_of(each.image)
                each.stale = now is not None and now != each.card

    def seen_by(self, card_of: CardOf) -> tuple[str, int]:
        """The kind of features that all frames with rows have, empty if there is none; and how
        many of them lack the features that most of the others have.
        """
        kinds = [
            each.card.kind if each.card is not None and card_of(each.image) == each.card else ""
            for each in self._frames.values()
            if each.rows is not None
        ]
        known = Counter(each for each in kinds if each)
        kind, count = known.most_common(1)[0] if known else ("", 0)
        lacking = len(kinds) - count
        return "" if lacking else kind, lacking

    def learn(
        self, frame: str, features: Floats, shape: tuple[int, int], seen: Seen | None = None
    ) -> None:
        """Make the rows of a stale frame from its features (h, w, F); `shape` is its (H, W).

        `seen` is what an encoder sees there. DataError if the labels are of another size.
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
        painted.seen, painted.card = None, None
        if seen is not None:
            found = seen.at(cells[kept])
            painted.seen = np.clip(found, -_HALF_MAX, _HALF_MAX).astype(np.float16)
            painted.card = seen.card

    def give_up(self, frame: str) -> None:
        """The image cannot be read: its labels teach nothing until they change again."""
        self.version += 1
        self._frames[frame].stale = False
        self._frames[frame].rows = None

    def rows(self, *, seen: bool = False) -> tuple[Rows, ...]:
        """Rows of all frames that have some, in the order of the frames' names.

        With `seen` what an encoder sees stands behind the filters' features: for `seen_by`.
        """
        found = [each for _, each in sorted(self._frames.items())]
        limit = ROWS_OVER_FRAMES // max(1, len(found))
        return tuple(_at_most(each, limit, seen=seen) for each in found if each.rows is not None)


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


def _at_most(painted: _Painted, per_class: int, *, seen: bool) -> Rows:
    rows = painted.rows
    if rows is None or (seen and painted.seen is None):
        raise ValueError("there are no such rows")
    kept = np.arange(len(rows.classes))
    if len(kept) > per_class:
        kept = sampled(rows.classes, per_class=per_class, seed=0)
    features = rows.features[kept]
    if seen and painted.seen is not None:
        features = np.concatenate([features, painted.seen[kept].astype(np.float32)], 1)
    return Rows(features, rows.classes[kept])
