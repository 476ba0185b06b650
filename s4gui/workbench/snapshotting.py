"""Making a snapshot: which labels teach and which are held out for scores."""

from __future__ import annotations

import hashlib
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from s4gui.core.camera import CameraMasks
from s4gui.core.classes import MAX_CLASS_ID, UNLABELLED, ClassMap
from s4gui.core.frames import Frame, FrameId, Split
from s4gui.core.labels import LabelMask
from s4gui.core.sources import SourceKind, SourceTable
from s4gui.core.tags import ImageTags
from s4gui.store import snapshots
from s4gui.store.journal import JournalRow, RowKind
from s4gui.store.project import Project
from s4gui.store.snapshots import SnapshotFrame
from s4gui.workbench.components import components

Pixels = NDArray[np.uint8]
_MIN_TO_HOLD_OUT = 4
"""A class with fewer edits than this gives none away unless its share rounds to one."""


@dataclass(frozen=True, slots=True, order=True)
class EditKey:
    """Identity of an edit: its frame, its row, and for imports the first pixel of its region."""

    frame: FrameId
    seq: int
    first_px: int = -1


@dataclass(frozen=True, slots=True)
class Order:
    """What to take a snapshot of: the labels up to row `upto`, with these classes and splits.

    Frozen when asked for, so that it can be carried out by another thread while painting
    goes on.
    """

    project: Project
    class_map: ClassMap
    frames: tuple[Frame, ...]
    sources: SourceTable
    roots: dict[str, Path]
    tags: dict[FrameId, ImageTags]
    cameras: CameraMasks
    hold_out: float
    seed: int
    upto: int

    @classmethod
    def now(cls, project: Project, *, hold_out: float, seed: int) -> Order:
        """The labels of this moment."""
        return cls(
            project=project,
            class_map=project.class_map,
            frames=tuple(each for each in project.frames if not each.problem),
            sources=project.sources,
            roots=project.roots,
            tags=dict(project.tags),
            cameras=project.camera_masks,
            hold_out=hold_out,
            seed=seed,
            upto=project.last_taken(),
        )

    def write(self, into: Path) -> str:
        """Write the snapshot below `into`; its folder's name. Waits for rows not yet committed."""
        self.project.settle()
        labelled = set(self.project.labelled_frames())
        by_image = [each for each in self.frames if each.split is Split.VAL]
        val = {f.id: v for f in by_image if f.id in labelled and (v := self._val(f)) is not None}
        packed: dict[FrameId, _Packed] = {}
        held: dict[FrameId, Pixels] = {} if val else self._held_out(labelled, packed)
        frames = self._frames(labelled, val, held, packed)
        return snapshots.write(into, self.class_map, self.roots, frames)

    def _frames(
        self,
        labelled: set[FrameId],
        val: dict[FrameId, Pixels],
        held: dict[FrameId, Pixels],
        packed: dict[FrameId, _Packed],
    ) -> Iterator[SnapshotFrame]:
        for frame in self.frames:
            # Tags teach, so those of frames that score stay at home.
            tags = self.tags.get(frame.id, ImageTags()) if frame.split is Split.TRAIN else None
            hidden = self.cameras.of(frame)
            if tags is None:
                yield SnapshotFrame(frame, val=val.get(frame.id), hidden=hidden)
            elif frame.id not in labelled:
                yield SnapshotFrame(frame, tags=tags, hidden=hidden)
            else:
                data = packed.pop(frame.id, None)
                if data is None:
                    mask = self._mask(frame)
                    train, kinds = self._open(frame, mask.labels), self._kinds(mask)
                else:
                    train, kinds = data.labels(frame.shape), data.kinds(frame.shape)
                strokes = held.get(frame.id)
                if strokes is not None:
                    train = np.where(strokes != UNLABELLED, np.uint8(UNLABELLED), train)
                yield SnapshotFrame(
                    frame, train=train, val=strokes, kinds=kinds, tags=tags, hidden=hidden
                )

    def _open(self, frame: Frame, labels: Pixels) -> Pixels:
        """Labels (H, W) with VOID where the camera mask hides them; no labels if that is all.

        Void, not unlabelled: a frame labelled all around is labelled whole.
        """
        plane = self.cameras.of(frame)
        if plane is None:
            return labels
        if not ((labels != UNLABELLED) & ~plane.array).any():
            return np.full(frame.shape, UNLABELLED, np.uint8)
        return plane.over(labels)

    def _mask(self, frame: Frame) -> LabelMask:
        return self.project.read_mask(frame.id, self.upto)

    def _kinds(self, mask: LabelMask) -> Pixels | None:
        """Numbers of the kinds of labelled pixels (H, W); None if a hand painted them all."""
        kinds: Pixels = self.sources.kinds()[mask.sources]
        alien = (kinds != SourceKind.PAINTED.number) & (mask.labels != UNLABELLED)
        return kinds if alien.any() else None

    def _val(self, frame: Frame) -> Pixels | None:
        """What may score on a val frame: validating sources only."""
        mask = self._mask(frame)
        may = self.sources.may_score(mask.sources)
        labels = self._open(frame, np.where(may, mask.labels, np.uint8(UNLABELLED)))
        return labels if (labels <= MAX_CLASS_ID).any() else None

    def _held_out(
        self, labelled: set[FrameId], packed: dict[FrameId, _Packed]
    ) -> dict[FrameId, Pixels]:
        """Val masks (H, W) of the edits of train frames that are held out, by frame.

        `packed` takes what was read on the way, so that it is not read twice.
        """
        if self.hold_out <= 0:
            return {}
        found: dict[EditKey, int] = {}
        owned: dict[FrameId, _Owned] = {}
        for frame in self.frames:
            if frame.split is Split.TRAIN and frame.id in labelled:
                mask = self._mask(frame)
                seen = self._open(frame, mask.labels)
                packed[frame.id] = _Packed.of(seen, self._kinds(mask))
                owned[frame.id], keys = self._edits(frame, mask)
                found |= keys
        chosen = choose(found, share=self.hold_out, seed=self.seed)
        values = {key: found[key] for key in chosen}
        return {
            frame: labels
            for frame, each in owned.items()
            if (labels := each.labels(values, self.project.frame(frame).shape)) is not None
        }

    def _edits(self, frame: Frame, mask: LabelMask) -> tuple[_Owned, dict[EditKey, int]]:
        """Which edit each pixel that may score belongs to; the class of each edit.

        Left out: unlabelled, void, classes that are gone, sources that may not score, and what
        the camera mask hides.
        """
        labels = self._open(frame, mask.labels)
        classes = np.zeros(256, bool)
        classes[list(self.class_map.ids)] = True
        can = classes[labels] & self.sources.may_score(mask.sources)
        owner, strokes = owners(frame.shape, self.project.standing_edits(frame.id, self.upto))
        pixels = np.flatnonzero(can)
        mine, values = owner.ravel()[pixels], labels.ravel()[pixels]
        by_stroke = np.isin(mine, strokes)
        # What no single stroke made (imports, rows of a lost journal) falls into regions.
        rest = np.full(frame.shape, UNLABELLED, np.uint8)
        rest.ravel()[pixels[~by_stroke]] = values[~by_stroke]
        regions = components(rest, none=UNLABELLED).ravel()[pixels].astype(np.int64)
        edits = np.where(by_stroke, mine * 256 + values, -regions)
        ids, first, numbers = np.unique(edits, return_index=True, return_inverse=True)
        keys = [
            EditKey(frame.id, int(mine[at]) if value > 0 else 0, -1 if value > 0 else int(pixel))
            for value, at, pixel in zip(ids, first, pixels[first], strict=True)
        ]
        packed = _packed(np.packbits(can)), _packed(numbers.astype(np.int32))
        by_key = dict(zip(keys, (int(values[at]) for at in first), strict=True))
        return _Owned(*packed, tuple(keys)), by_key


@dataclass(frozen=True, slots=True)
class _Packed:
    """Labels and kinds of one frame, small."""

    _labels: bytes
    _kinds: bytes | None

    @classmethod
    def of(cls, labels: Pixels, kinds: Pixels | None) -> _Packed:
        return cls(_packed(labels), None if kinds is None else _packed(kinds))

    def labels(self, shape: tuple[int, int]) -> Pixels:
        """(H, W) uint8."""
        return _unpacked(self._labels, shape)

    def kinds(self, shape: tuple[int, int]) -> Pixels | None:
        """(H, W) uint8, or None."""
        return None if self._kinds is None else _unpacked(self._kinds, shape)


@dataclass(frozen=True, slots=True)
class _Owned:
    """The edits of one frame, small: which pixels have one (bits), and its number in `keys`."""

    pixels: bytes
    numbers: bytes
    keys: tuple[EditKey, ...]

    def labels(self, values: dict[EditKey, int], shape: tuple[int, int]) -> Pixels | None:
        """The chosen edits (`values`: their classes) as labels (H, W); None if there is none."""
        table = np.array([values.get(key, UNLABELLED) for key in self.keys], np.uint8)
        if not (table != UNLABELLED).any():
            return None
        bits = np.frombuffer(zlib.decompress(self.pixels), np.uint8)
        where = np.unpackbits(bits, count=shape[0] * shape[1]).astype(bool)
        out = np.full(shape, UNLABELLED, np.uint8)
        out.ravel()[where] = table[np.frombuffer(zlib.decompress(self.numbers), np.int32)]
        return out


def _packed(values: NDArray[np.generic]) -> bytes:
    return zlib.compress(values.tobytes(), 1)


def _unpacked(data: bytes, shape: tuple[int, int]) -> Pixels:
    return np.frombuffer(zlib.decompress(data), np.uint8).reshape(shape)


def owners(
    shape: tuple[int, int], rows: Iterable[JournalRow]
) -> tuple[NDArray[np.int64], list[int]]:
    """The row that each pixel's label comes from (H, W), 0: none; and which rows are strokes.

    `rows` are those that stand, oldest first. A stroke that takes labels away leaves 0.
    """
    owner = np.zeros(shape, np.int64)
    strokes: list[int] = []
    for row in rows:
        if row.kind is RowKind.EDIT:
            strokes.append(row.seq)
        for tile in row.patch().tiles:
            part = owner[tile.box.slices]
            if row.kind is not RowKind.PART:  # a merged class does not make one edit of many
                part[tile.changed] = row.seq
            part[tile.changed & (tile.labels_after == UNLABELLED)] = 0
    return owner, strokes


def choose(edits: dict[EditKey, int], *, share: float, seed: int) -> set[EditKey]:
    """Which edits are held out: about `share` of each class's, by a hash of seed and identity.

    A class never gives all its edits away, and gives one from its fourth on; so what is scored
    changes little while strokes are added.
    """
    by_class: dict[int, list[EditKey]] = defaultdict(list)
    for key, class_id in edits.items():
        by_class[class_id].append(key)
    out: set[EditKey] = set()
    for keys in by_class.values():
        keys.sort(key=lambda key: _draw(key, seed))
        count = round(share * len(keys))
        if share > 0 and len(keys) >= _MIN_TO_HOLD_OUT:
            count = max(count, 1)
        out.update(keys[: min(count, len(keys) - 1)])
    return out


def _draw(key: EditKey, seed: int) -> bytes:
    text = f"{seed}\n{key.frame}\n{key.seq}\n{key.first_px}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
