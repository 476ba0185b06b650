"""LabelMask: what is labelled on one frame, with its source; Patch: one undoable edit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from s4gui.core.classes import UNLABELLED
from s4gui.core.sources import NO_SOURCE

if TYPE_CHECKING:
    from s4gui.core.locks import Guard

Pixels = NDArray[np.uint8]
Sources = NDArray[np.uint16]
TILE_PX = 128
"""Edge of the tiles that an edit is kept in (canvas measurements: 0.3 % of full copies)."""


@dataclass(frozen=True, slots=True)
class Box:
    """Half-open pixel rectangle: rows y0..y1, columns x0..x1."""

    y0: int
    x0: int
    y1: int
    x1: int

    def clipped(self, shape: tuple[int, int]) -> Box:
        """The part inside a frame of this (H, W); empty boxes keep y0 <= y1 and x0 <= x1."""
        h, w = shape
        y0, x0 = min(max(self.y0, 0), h), min(max(self.x0, 0), w)
        return Box(y0, x0, max(y0, min(self.y1, h)), max(x0, min(self.x1, w)))

    def union(self, other: Box) -> Box:
        """The smallest box that holds both."""
        return Box(
            min(self.y0, other.y0),
            min(self.x0, other.x0),
            max(self.y1, other.y1),
            max(self.x1, other.x1),
        )

    @property
    def is_empty(self) -> bool:
        """Whether no pixel lies in it."""
        return self.y1 <= self.y0 or self.x1 <= self.x0

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W) of the box."""
        return self.y1 - self.y0, self.x1 - self.x0

    @property
    def slices(self) -> tuple[slice, slice]:
        """Index of this box into an (H, W) array."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)


@dataclass(frozen=True, slots=True)
class Tile:
    """Both planes of one rectangle before and after an edit."""

    box: Box
    labels_before: Pixels
    labels_after: Pixels
    sources_before: Sources
    sources_after: Sources

    @property
    def inverse(self) -> Tile:
        """The tile that undoes this one."""
        return Tile(
            self.box, self.labels_after, self.labels_before, self.sources_after, self.sources_before
        )

    @property
    def changed(self) -> NDArray[np.bool_]:
        """(h, w) bool: the pixels that the edit set to something else, in either plane."""
        differs: NDArray[np.bool_] = (self.labels_before != self.labels_after) | (
            self.sources_before != self.sources_after
        )
        return differs

    @property
    def nbytes(self) -> int:
        """Memory of the four arrays."""
        return 2 * (self.labels_before.nbytes + self.sources_before.nbytes)


@dataclass(frozen=True, slots=True)
class Patch:
    """One edit of one frame: its tiles, which do not overlap. Undo is `inverse`."""

    tiles: tuple[Tile, ...]

    def __post_init__(self) -> None:
        if not self.tiles:
            raise ValueError("a patch changes something")

    @property
    def inverse(self) -> Patch:
        """The patch that undoes this one."""
        return Patch(tuple(tile.inverse for tile in self.tiles))

    @property
    def box(self) -> Box:
        """The smallest box around all tiles."""
        box = self.tiles[0].box
        for tile in self.tiles[1:]:
            box = box.union(tile.box)
        return box

    @property
    def nbytes(self) -> int:
        """Memory of all tiles."""
        return sum(tile.nbytes for tile in self.tiles)

    @property
    def changed_px(self) -> int:
        """How many pixels it sets to something else."""
        return sum(int(np.count_nonzero(tile.changed)) for tile in self.tiles)


class LabelMask:
    """Class id per pixel (UNLABELLED where nothing was painted) and the source of each.

    Two planes of one shape: labels (H, W) uint8 and sources (H, W) uint16, the latter
    NO_SOURCE exactly where the former is UNLABELLED. The arrays never leave writable: every
    change is a Patch, so every change can be undone, saved, counted and redrawn by its box.
    """

    def __init__(self, labels: Pixels, sources: Sources) -> None:
        if labels.ndim != 2 or labels.dtype != np.uint8:
            raise ValueError(f"a label plane is (H, W) uint8, not {labels.shape} {labels.dtype}")
        if sources.shape != labels.shape or sources.dtype != np.uint16:
            raise ValueError(f"a source plane is {labels.shape} uint16, not {sources.shape}")
        if not np.array_equal(labels == UNLABELLED, sources == NO_SOURCE):
            raise ValueError("a pixel has a source exactly where it has a label")
        self._labels, self._sources = labels.copy(), sources.copy()

    @classmethod
    def empty(cls, shape: tuple[int, int]) -> LabelMask:
        """A mask of (H, W) with nothing painted."""
        return cls(np.full(shape, UNLABELLED, np.uint8), np.full(shape, NO_SOURCE, np.uint16))

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W)."""
        h, w = self._labels.shape
        return h, w

    @property
    def labels(self) -> Pixels:
        """Read-only view (H, W) uint8 of the label plane; it follows later edits."""
        out = self._labels.view()
        out.flags.writeable = False
        return out

    @property
    def sources(self) -> Sources:
        """Read-only view (H, W) uint16 of the source plane; it follows later edits."""
        out = self._sources.view()
        out.flags.writeable = False
        return out

    def counts(self) -> dict[int, int]:
        """Pixels per value that occurs, UNLABELLED left out."""
        found = np.bincount(self._labels.ravel(), minlength=256)
        return {int(v): int(found[v]) for v in np.flatnonzero(found) if v != UNLABELLED}

    def paint(
        self,
        inside: NDArray[np.bool_],
        box: Box,
        value: int,
        *,
        source: int,
        guard: Guard | None = None,
    ) -> Patch | None:
        """Set `value` where `inside` (box-shaped bool) is true; None if nothing changes.

        What the guard does not let stays as it is; so in `put`.
        """
        edit = Edit(self, guard)
        edit.paint(inside, box, value, source=source)
        return edit.finish()

    def put(
        self, labels: Pixels, sources: Sources, box: Box, *, guard: Guard | None = None
    ) -> Patch | None:
        """Replace both planes under a box that lies inside the frame; None if nothing changes."""
        edit = Edit(self, guard)
        edit.put(labels, sources, box)
        return edit.finish()

    def apply(self, patch: Patch) -> None:
        """Do a patch; ValueError if it was made for other pixels (then nothing changes)."""
        for tile in patch.tiles:
            if not (
                np.array_equal(self._labels[tile.box.slices], tile.labels_before)
                and np.array_equal(self._sources[tile.box.slices], tile.sources_before)
            ):
                raise ValueError("the patch was made for other pixels")
        for tile in patch.tiles:
            self._labels[tile.box.slices] = tile.labels_after
            self._sources[tile.box.slices] = tile.sources_after


class Edit:
    """An edit under way: paints at once, and keeps each tile as it was before its first touch.

    Pixels that `guard` does not let are not touched.
    """

    def __init__(self, mask: LabelMask, guard: Guard | None = None) -> None:
        self._mask, self._guard = mask, guard
        self._kept: dict[tuple[int, int], tuple[Box, Pixels, Sources]] = {}

    def paint(self, inside: NDArray[np.bool_], box: Box, value: int, *, source: int) -> Box:
        """Set `value` where `inside` (box-shaped) is true; returns the box inside the frame.

        `source` is the number of the source plane; it is NO_SOURCE where value is UNLABELLED.
        """
        clip = box.clipped(self._mask.shape)
        if clip.is_empty:
            return clip
        part = inside[clip.y0 - box.y0 : clip.y1 - box.y0, clip.x0 - box.x0 : clip.x1 - box.x0]
        self._keep(clip)
        labels, sources = self._planes(clip)
        if value == UNLABELLED:
            source = NO_SOURCE
        # What already has this value keeps its source: repainting proves nothing new.
        fresh = part & (labels != value)
        if self._guard is not None:
            fresh = self._guard.let(fresh, labels, value, clip)
        labels[fresh] = value
        sources[fresh] = source
        return clip

    def put(self, labels: Pixels, sources: Sources, box: Box) -> None:
        """Replace both planes under `box`, which lies inside the frame."""
        if not np.array_equal(labels == UNLABELLED, sources == NO_SOURCE):
            raise ValueError("a pixel has a source exactly where it has a label")
        self._keep(box)
        mine, my_sources = self._planes(box)
        if self._guard is None:
            mine[...] = labels
            my_sources[...] = sources
            return
        fresh = self._guard.let((mine != labels) | (my_sources != sources), mine, labels, box)
        mine[fresh] = labels[fresh]
        my_sources[fresh] = sources[fresh]

    def finish(self) -> Patch | None:
        """The edit as a Patch of the tiles that did change; None if none did."""
        tiles = []
        for box, labels, sources in self._kept.values():
            now, now_sources = self._planes(box)
            if not (np.array_equal(labels, now) and np.array_equal(sources, now_sources)):
                tiles.append(Tile(box, labels, now.copy(), sources, now_sources.copy()))
        self._kept.clear()
        return Patch(tuple(tiles)) if tiles else None

    def cancel(self) -> Box | None:
        """Put everything back as it was; the box to redraw, None if nothing was touched."""
        changed: Box | None = None
        for box, labels, sources in self._kept.values():
            mine, my_sources = self._planes(box)
            mine[...], my_sources[...] = labels, sources
            changed = box if changed is None else changed.union(box)
        self._kept.clear()
        return changed

    def _planes(self, box: Box) -> tuple[Pixels, Sources]:
        return self._mask._labels[box.slices], self._mask._sources[box.slices]

    def _keep(self, box: Box) -> None:
        for row in range(box.y0 // TILE_PX, (box.y1 - 1) // TILE_PX + 1):
            for column in range(box.x0 // TILE_PX, (box.x1 - 1) // TILE_PX + 1):
                if (row, column) in self._kept:
                    continue
                y, x = row * TILE_PX, column * TILE_PX
                tile = Box(y, x, y + TILE_PX, x + TILE_PX).clipped(self._mask.shape)
                labels, sources = self._planes(tile)
                self._kept[row, column] = tile, labels.copy(), sources.copy()
