"""Clip: labels taken from a frame, to be put elsewhere; and areas moved within one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s4gui.core.classes import UNLABELLED
from s4gui.core.frames import FrameId
from s4gui.core.labels import Box, LabelMask, Patch
from s4gui.core.locks import Guard
from s4gui.core.sources import NO_SOURCE

Inside = NDArray[np.bool_]


@dataclass(frozen=True, eq=False, slots=True)
class Clip:
    """Both planes of a box of a frame; UNLABELLED is left out when it is pasted."""

    frame: FrameId
    box: Box
    labels: NDArray[np.uint8]
    sources: NDArray[np.uint16]

    @classmethod
    def of(cls, frame: FrameId, mask: LabelMask, box: Box, inside: Inside | None) -> Clip:
        """The labels of a box inside a frame; of `inside` (box-shaped bool) only, if given."""
        labels, sources = mask.labels[box.slices].copy(), mask.sources[box.slices].copy()
        if inside is not None:
            labels[~inside], sources[~inside] = UNLABELLED, NO_SOURCE
        return cls(frame, box, labels, sources)

    @property
    def px(self) -> int:
        """Labelled pixels."""
        return int((self.labels != UNLABELLED).sum())


def pasted(mask: LabelMask, clip: Clip, *, source: int | None, guard: Guard | None) -> Patch | None:
    """Put a clip where it was taken from; `source` None keeps the sources it has.

    Labels that are there already keep their source. None if nothing changes.
    """
    box = clip.box.clipped(mask.shape)
    if box.is_empty:
        return None
    rows = slice(box.y0 - clip.box.y0, box.y1 - clip.box.y0)
    columns = slice(box.x0 - clip.box.x0, box.x1 - clip.box.x0)
    theirs, their_sources = clip.labels[rows, columns], clip.sources[rows, columns]
    labels, sources = mask.labels[box.slices].copy(), mask.sources[box.slices].copy()
    fresh = (theirs != UNLABELLED) & (theirs != labels)
    labels[fresh] = theirs[fresh]
    sources[fresh] = their_sources[fresh] if source is None else np.uint16(source)
    return mask.put(labels, sources, box, guard=guard)


def moved(
    mask: LabelMask, inside: Inside, box: Box, by: tuple[int, int], *, guard: Guard | None
) -> Patch | None:
    """Move the labels of `inside` (bool of a box in the frame) by (down, right) pixels.

    What leaves the frame is gone. A pixel stays where it is if a lock keeps it there or keeps
    its new place as it is. None if nothing changes.
    """
    ys, xs = (each + edge for each, edge in zip(np.nonzero(inside), (box.y0, box.x0), strict=True))
    labels, sources = mask.labels.copy(), mask.sources.copy()
    (h, w), (down, right) = mask.shape, by
    there = (ys + down >= 0) & (ys + down < h) & (xs + right >= 0) & (xs + right < w)
    if guard is not None:
        whole = Box(0, 0, h, w)
        taken, put, after = np.zeros((h, w), bool), np.zeros((h, w), bool), labels.copy()
        taken[ys, xs] = True
        to = ys[there] + down, xs[there] + right
        put[to], after[to] = True, labels[ys[there], xs[there]]
        may_go = guard.let(taken, labels, UNLABELLED, whole)[ys, xs]
        lets_in = guard.let(put, labels, after, whole)
        may_go[there] &= lets_in[to]
        ys, xs, there = ys[may_go], xs[may_go], there[may_go]
    values, their_sources = labels[ys, xs], sources[ys, xs]
    labels[ys, xs], sources[ys, xs] = UNLABELLED, NO_SOURCE
    labels[ys[there] + down, xs[there] + right] = values[there]
    sources[ys[there] + down, xs[there] + right] = their_sources[there]
    changed = (labels != mask.labels) | (sources != mask.sources)
    if not changed.any():
        return None
    rows, columns = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
    part = Box(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)
    return mask.put(labels[part.slices], sources[part.slices], part)
