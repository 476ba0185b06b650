"""Tools, and the stroke under way: what a hand does, made into edits of a mask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s4gui.core.classes import MAX_CLASS_ID, UNLABELLED
from s4gui.core.frames import FrameId
from s4gui.core.labels import Box, Edit, LabelMask, Patch
from s4gui.core.locks import Guard
from s4gui.core.prediction import Prediction
from s4gui.core.sources import NO_SOURCE
from s4gui.core.strokes import PointYX, Tip, stamp

Pixels = NDArray[np.uint8]
Inside = NDArray[np.bool_]
MIN_RADIUS_PX, MAX_RADIUS_PX = 0.5, 500.0


class Tool(StrEnum):
    """What the hand does. Void is a value to paint with, not a tool."""

    BRUSH = "brush"
    ERASER = "eraser"
    POLYGON = "polygon"
    POLYLINE = "polyline"
    RECTANGLE = "rectangle"
    FILL = "fill"
    ENCLOSED = "enclosed"
    WAND = "wand"
    SUPERPIXEL = "superpixel"
    GROW = "grow"
    SELECT = "select"
    PICK = "pick"
    HAND = "hand"


@dataclass(slots=True)
class OpenStroke:
    """A stroke under way: it paints at once, and becomes one patch at its end.

    `area_tool`: a tool that adds whole areas in place of a brush that goes along.
    """

    frame: FrameId
    mask: LabelMask
    value: int
    source: int
    radius_px: float
    over: str
    began: float
    tip: Tip = Tip.ROUND
    guard: Guard | None = None
    area_tool: Tool | None = None
    path_yx: list[PointYX] = field(default_factory=list)
    _edit: Edit | None = None

    def extend(self, points_yx: Sequence[PointYX]) -> Box | None:
        """Paint on to these points; the box that changed, None if none lies in the frame."""
        if self._edit is None:
            self._edit = Edit(self.mask, self.guard)
        changed: Box | None = None
        for point in points_yx:
            last = self.path_yx[-1] if self.path_yx else point
            self.path_yx.append(point)
            inside, box = stamp(last, point, self.radius_px, self.tip)
            painted = self._edit.paint(inside, box, self.value, source=self.source)
            if not painted.is_empty:
                changed = painted if changed is None else changed.union(painted)
        return changed

    def add(self, inside: Inside, box: Box) -> Box | None:
        """Paint a whole area (box-shaped bool); the box that changed, None if outside."""
        if self._edit is None:
            self._edit = Edit(self.mask, self.guard)
        painted = self._edit.paint(inside, box, self.value, source=self.source)
        return None if painted.is_empty else painted

    def finish(self) -> Patch | None:
        """The stroke as a patch; None if it changed nothing."""
        return self._edit.finish() if self._edit is not None else None

    def cancel(self) -> Box | None:
        """Put everything back; the box to redraw."""
        return self._edit.cancel() if self._edit is not None else None

    @property
    def tool(self) -> Tool:
        """Brush, or eraser when it takes labels away; a tool of areas stays itself."""
        if self.area_tool is not None:
            return self.area_tool
        return Tool.ERASER if self.value == UNLABELLED else Tool.BRUSH

    def facts(self, now: float) -> dict[str, Any]:
        """What the journal notes beside the tiles; the path is a note, never replayed."""
        seconds = round(max(0.0, now - self.began), 3)
        if self.area_tool is not None:
            return {"seconds": seconds}
        path = [[round(y, 1), round(x, 1)] for y, x in self.path_yx[:2000]]
        facts: dict[str, Any] = {
            "radius_px": round(self.radius_px, 2),
            "seconds": seconds,
            "path_yx": path,
        }
        if self.tip is not Tip.ROUND:
            facts["tip"] = str(self.tip)
        return facts | ({"over": self.over} if self.over else {})


def accepted(
    mask: LabelMask,
    prediction: Prediction,
    inside: Inside,
    box: Box,
    *,
    source: int,
    replaceable: tuple[int, ...],
    guard: Guard | None = None,
) -> Patch | None:
    """Copy predicted classes where `inside` (box-shaped) is true and nobody has painted.

    Labels whose source is among `replaceable` (accepted before) are taken anew; all others,
    VOID included, stay; what the prediction hides is not copied. None if nothing changes.
    """
    if prediction.shape != mask.shape:
        raise ValueError(f"the prediction is {prediction.shape}, the frame {mask.shape}")
    clip = box.clipped(mask.shape)
    if clip.is_empty:
        return None
    part = inside[clip.y0 - box.y0 : clip.y1 - box.y0, clip.x0 - box.x0 : clip.x1 - box.x0]
    labels, sources = mask.labels[clip.slices].copy(), mask.sources[clip.slices].copy()
    free = (labels == UNLABELLED) | np.isin(sources, np.array(replaceable, np.uint16))
    classes = prediction.classes[clip.slices]
    fresh = part & free & (labels != classes) & (classes <= MAX_CLASS_ID)
    labels[fresh], sources[fresh] = classes[fresh], source
    return mask.put(labels, sources, clip, guard=guard)


def imported(
    mask: LabelMask, labels: Pixels, *, source: int, guard: Guard | None = None
) -> Patch | None:
    """Put foreign labels (H, W) uint8 over a mask; where they are UNLABELLED ours stay.

    Where both say the same, ours keep their source. None if nothing changes.
    """
    if labels.shape != mask.shape or labels.dtype != np.uint8:
        raise ValueError(f"labels are {mask.shape} uint8, not {labels.shape} {labels.dtype}")
    fresh = (labels != UNLABELLED) & (labels != mask.labels)
    return _replaced(mask, np.where(fresh, labels, mask.labels), fresh, source, guard)


def grown(
    mask: LabelMask, labels: Pixels, box: Box, *, source: int, guard: Guard | None = None
) -> Patch | None:
    """Put labels, uint8 of a box in the frame, where nothing is labelled; None: nothing changes."""
    before = mask.labels[box.slices]
    fresh = (labels != UNLABELLED) & (before == UNLABELLED)
    if not fresh.any():
        return None
    sources = np.where(fresh, np.uint16(source), mask.sources[box.slices])
    return mask.put(np.where(fresh, labels, before), sources, box, guard=guard)


def replaced(mask: LabelMask, labels: Pixels, *, source: int) -> Patch | None:
    """Make the label plane equal to `labels`; unchanged pixels keep their source."""
    return _replaced(mask, labels, labels != mask.labels, source)


def _replaced(
    mask: LabelMask, labels: Pixels, fresh: Inside, source: int, guard: Guard | None = None
) -> Patch | None:
    if not fresh.any():
        return None
    rows, columns = np.flatnonzero(fresh.any(1)), np.flatnonzero(fresh.any(0))
    box = Box(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)
    part = labels[box.slices].astype(np.uint8)
    sources = np.where(fresh[box.slices], np.uint16(source), mask.sources[box.slices])
    sources[part == UNLABELLED] = NO_SOURCE
    return mask.put(part, sources.astype(np.uint16), box, guard=guard)
