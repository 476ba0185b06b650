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

from s4gui.core.classes import MAX_CLASS_ID, UNLABELLED, ClassMap
from s4gui.core.frames import Frame, FrameId, Split
from s4gui.core.labels import LabelMask
from s4gui.core.sources import SourceTable
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
        held: dict[FrameId, Pixels] = {} if val else self._held_out(labelled)
        return snapshots.write(into, self.class_map, self.roots, self._frames(labelled, val, held))

    def _frames(
        self, labelled: set[FrameId], val: dict[FrameId, Pixels], held: dict[FrameId, Pixels]
    ) -> Iterator[SnapshotFrame]:
        for frame in self.frames:
            if frame.id not in labelled or frame.split is Split.TEST:
                yield SnapshotFrame(frame)
            elif frame.split is Split.VAL:
                yield SnapshotFrame(frame, val=val.get(frame.id))
            else:
                labels = self._mask(frame).labels
                strokes = held.get(frame.id)
                if strokes is None:
                    yield SnapshotFrame(frame, train=labels)
                else:
                    train = np.where(strokes != UNLABELLED, np.uint8(UNLABELLED), labels)
                    yield SnapshotFrame(frame, train=train, val=strokes)

    def _mask(self, frame: Frame) -> LabelMask:
        return self.project.read_mask(frame.id, self.upto)

    def _val(self, frame: Frame) -> Pixels | None:
        """What may score on a val frame: validating sources only."""
        mask = self._mask(frame)
        labels = np.where(_validating(mask, self.sources), mask.labels, np.uint8(UNLABELLED))
        return labels if (labels <= MAX_CLASS_ID).any() else None

    def _held_out(self, labelled: set[FrameId]) -> dict[FrameId, Pixels]:
        """Val masks (H, W) of the edits of train frames that are held out, by frame."""
        if self.hold_out <= 0:
            return {}
        found: dict[EditKey, int] = {}
        owned: dict[FrameId, tuple[bytes, list[EditKey]]] = {}
        for frame in self.frames:
            if frame.split is Split.TRAIN and frame.id in labelled:
                numbers, keys, classes = self._edits(frame)
                owned[frame.id] = zlib.compress(numbers.tobytes(), 1), keys
                found |= dict(zip(keys, classes, strict=True))
        chosen = choose(found, share=self.hold_out, seed=self.seed)
        out: dict[FrameId, Pixels] = {}
        for frame in self.frames:
            packed, keys = owned.get(frame.id, (b"", []))
            wanted = np.array([0, *(found[key] + 1 if key in chosen else 0 for key in keys)])
            if not wanted.any():
                continue
            numbers = np.frombuffer(zlib.decompress(packed), np.int32).reshape(frame.shape)
            values = np.where(wanted == 0, UNLABELLED, wanted - 1).astype(np.uint8)
            out[frame.id] = values[numbers]
        return out

    def _edits(self, frame: Frame) -> tuple[NDArray[np.int32], list[EditKey], list[int]]:
        """Which edit each pixel belongs to: numbers (H, W) from 1, their keys and classes.

        0: unlabelled, void, of a class that is gone, or of a source that may not score.
        """
        mask = self._mask(frame)
        can = _validating(mask, self.sources) & np.isin(mask.labels, self.class_map.ids)
        rows = self.project.standing_edits(frame.id, self.upto)
        owner, one_by_one = owners(frame.shape, rows)
        # What no single stroke made (imports, rows of a lost journal) falls into regions.
        regions = components(
            np.where(can & ~np.isin(owner, one_by_one), mask.labels, np.uint8(UNLABELLED)),
            none=UNLABELLED,
        )
        label = owner * 256 + mask.labels
        label = np.where(regions > 0, -regions.astype(np.int64), label)
        label[~can] = 0
        ids, first, numbers = np.unique(label, return_index=True, return_inverse=True)
        numbers = numbers.reshape(frame.shape)
        keys, classes, renumber = [], [], np.zeros(len(ids), np.int32)
        for n, (value, pixel) in enumerate(zip(ids, first, strict=True)):
            if not can.flat[pixel]:
                continue
            of_region = int(value) < 0
            seq = int(owner.flat[pixel]) if not of_region else 0
            keys.append(EditKey(frame.id, seq, int(pixel) if of_region else -1))
            classes.append(int(mask.labels.flat[pixel]))
            renumber[n] = len(keys)
        return renumber[numbers].astype(np.int32), keys, classes


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


def _validating(mask: LabelMask, sources: SourceTable) -> NDArray[np.bool_]:
    table = np.zeros(65_536, bool)
    table[list(sources.validating())] = True
    out: NDArray[np.bool_] = table[mask.sources]
    return out
