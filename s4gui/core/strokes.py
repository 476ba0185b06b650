"""Stroke: one press-drag-release of the brush in frame pixels; shapes made into pixels."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from s4gui.core.labels import Box

PointYX = tuple[float, float]
Inside = NDArray[np.bool_]


class Tip(StrEnum):
    """The form of the brush: a circle, or a square with level edges."""

    ROUND = "round"
    SQUARE = "square"


@dataclass(frozen=True, slots=True)
class Stroke:
    """A path of points (y, x) in frame pixels (pixel centres are at whole numbers)."""

    path_yx: tuple[PointYX, ...]
    radius_px: float
    value: int
    tip: Tip = Tip.ROUND

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


def swept_square(a: PointYX, b: PointYX, radius_px: float) -> tuple[Inside, Box]:
    """The pixels that a square of edge 2 `radius_px` covers on its way from a to b, and their box.

    At least one pixel: the one nearest to `a`. A pixel is covered as long as the middle of the
    square is within `radius_px` of it in y and in x: from a part of the way to another.
    """
    r = max(radius_px, 0.5)
    y0, x0 = int(np.floor(min(a[0], b[0]) - r)), int(np.floor(min(a[1], b[1]) - r))
    y1, x1 = int(np.ceil(max(a[0], b[0]) + r)) + 1, int(np.ceil(max(a[1], b[1]) + r)) + 1
    first_y, last_y = _covered(np.arange(y0, y1, dtype=np.float64), a[0], b[0], r)
    first_x, last_x = _covered(np.arange(x0, x1, dtype=np.float64), a[1], b[1], r)
    first = np.maximum(first_y[:, None], first_x[None, :])
    inside = first <= np.minimum(last_y[:, None], last_x[None, :])
    inside[round(a[0]) - y0, round(a[1]) - x0] = True
    return inside, Box(y0, x0, y1, x1)


def _covered(
    places: NDArray[np.float64], start: float, end: float, r: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The parts (0 to 1) of a way along one axis between which each place is within r.

    Never, where the first is above the last.
    """
    way = end - start
    if way == 0.0:
        near = np.abs(places - start) <= r
        return np.where(near, 0.0, 2.0), np.where(near, 1.0, -1.0)
    # Far fractions of a tiny way overflow to infinity, which compares as it should.
    with np.errstate(over="ignore"):
        one, other = (places - start - r) / way, (places - start + r) / way
    return np.maximum(np.minimum(one, other), 0.0), np.minimum(np.maximum(one, other), 1.0)


def stamp(a: PointYX, b: PointYX, radius_px: float, tip: Tip) -> tuple[Inside, Box]:
    """The pixels that a brush covers on its way from a to b, and their box."""
    return (capsule if tip is Tip.ROUND else swept_square)(a, b, radius_px)


def rasterise(stroke: Stroke) -> tuple[Inside, Box]:
    """The pixels that the stroke's brush covers on its path, and the box they fill."""
    path = stroke.path_yx
    pairs = zip(path, path[1:] or path, strict=False)
    parts = [stamp(a, b, stroke.radius_px, stroke.tip) for a, b in pairs]
    box = parts[0][1]
    for _, each in parts[1:]:
        box = box.union(each)
    inside = np.zeros(box.shape, dtype=bool)
    for part, each in parts:
        inside[each.y0 - box.y0 : each.y1 - box.y0, each.x0 - box.x0 : each.x1 - box.x0] |= part
    return inside, box
