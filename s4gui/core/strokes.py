"""Stroke: one press-drag-release of the brush in frame pixels; shapes made into pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s4gui.core.labels import Box

PointYX = tuple[float, float]
Inside = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Stroke:
    """A path of points (y, x) in frame pixels (pixel centres are at whole numbers)."""

    path_yx: tuple[PointYX, ...]
    radius_px: float
    value: int

    def __post_init__(self) -> None:
        if not self.path_yx or self.radius_px <= 0:
            raise ValueError("a stroke has at least one point and a positive radius")
        if not 0 <= self.value <= 255:
            raise ValueError(f"a pixel value is 0 to 255, not {self.value}")


def capsule(a: PointYX, b: PointYX, radius_px: float) -> tuple[Inside, Box]:
    """The pixels within `radius_px` of the segment a-b, and the box they fill.

    At least one pixel: the one nearest to `a`.
    """
    r = max(radius_px, 0.5)
    y0, x0 = int(np.floor(min(a[0], b[0]) - r)), int(np.floor(min(a[1], b[1]) - r))
    y1, x1 = int(np.ceil(max(a[0], b[0]) + r)) + 1, int(np.ceil(max(a[1], b[1]) + r)) + 1
    yy = np.arange(y0, y1, dtype=np.float32)[:, None] - np.float32(a[0])
    xx = np.arange(x0, x1, dtype=np.float32)[None, :] - np.float32(a[1])
    dy, dx = np.float32(b[0] - a[0]), np.float32(b[1] - a[1])
    length2 = dy * dy + dx * dx
    if length2 > 0:
        t = np.clip((yy * dy + xx * dx) / length2, 0.0, 1.0)
        distance2 = (yy - t * dy) ** 2 + (xx - t * dx) ** 2
    else:
        distance2 = yy * yy + xx * xx
    inside = distance2 <= np.float32(r * r)
    inside[round(a[0]) - y0, round(a[1]) - x0] = True
    return inside, Box(y0, x0, y1, x1)


def rasterise(stroke: Stroke) -> tuple[Inside, Box]:
    """The pixels within the stroke's radius of its path, and the box they fill."""
    path = stroke.path_yx
    parts = [capsule(a, b, stroke.radius_px) for a, b in zip(path, path[1:] or path, strict=False)]
    box = parts[0][1]
    for _, each in parts[1:]:
        box = box.union(each)
    inside = np.zeros(box.shape, dtype=bool)
    for part, each in parts:
        inside[each.y0 - box.y0 : each.y1 - box.y0, each.x0 - box.x0 : each.x1 - box.x0] |= part
    return inside, box
