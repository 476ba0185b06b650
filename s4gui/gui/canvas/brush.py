"""Brush sizes, straightened drags and outlines made into pixels; no Qt."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from s4gui.core.labels import Box
from s4gui.core.strokes import PointYX, capsule

RADIUS_MIN_PX = 0.5
RADIUS_MAX_PX = 500.0
_STEP = 1.1
_SMALLEST_STEP_PX = 0.5
_DOUBLE_AFTER_PX = 100.0
_PIECE_PX = 64.0

Region = tuple[NDArray[np.bool_], Box]
"""Pixels (h, w) bool of a box."""


def stepped_radius(radius_px: float, steps: float) -> float:
    """The radius after so many steps of 10 %, half a pixel at least, within its limits."""
    for _ in range(math.ceil(abs(steps))):
        change = radius_px * (_STEP - 1) if steps > 0 else radius_px * (1 - 1 / _STEP)
        radius_px += math.copysign(max(change, _SMALLEST_STEP_PX), steps)
    return limited_radius(radius_px)


def dragged_radius(radius_px: float, right_px: float) -> float:
    """The radius after a drag of so many screen pixels to the right: 100 double it."""
    return limited_radius(radius_px * 2.0 ** (right_px / _DOUBLE_AFTER_PX))


def limited_radius(radius_px: float) -> float:
    """The nearest radius that is allowed."""
    return min(max(radius_px, RADIUS_MIN_PX), RADIUS_MAX_PX)


def snapped_axis(start: PointYX, towards: PointYX) -> PointYX:
    """Unit vector (y, x) of the multiple of 45 degrees nearest to start -> towards."""
    angle = math.atan2(towards[0] - start[0], towards[1] - start[1])
    angle = round(angle / (math.pi / 4)) * (math.pi / 4)
    return math.sin(angle), math.cos(angle)


def on_axis(start: PointYX, axis: PointYX, point: PointYX) -> PointYX:
    """The point of the line through `start` along the unit vector `axis` nearest to `point`."""
    along = (point[0] - start[0]) * axis[0] + (point[1] - start[1]) * axis[1]
    return start[0] + along * axis[0], start[1] + along * axis[1]


def distance_to(a: PointYX, b: PointYX, point: PointYX) -> float:
    """How far a point is from the segment a-b."""
    dy, dx = b[0] - a[0], b[1] - a[1]
    length2 = dy * dy + dx * dx
    along = ((point[0] - a[0]) * dy + (point[1] - a[1]) * dx) / length2 if length2 else 0.0
    along = min(max(along, 0.0), 1.0)
    return math.dist(point, (a[0] + along * dy, a[1] + along * dx))


def simplified(path_yx: Sequence[PointYX], error_px: float) -> list[PointYX]:
    """As few points of a path as stay within `error_px` of all of them; its ends are kept.

    The way of Douglas and Peucker (1973): split at the farthest point until none is too far.
    """
    kept = {0, len(path_yx) - 1}
    parts = [(0, len(path_yx) - 1)]
    while parts:
        first, last = parts.pop()
        inner = range(first + 1, last)
        if not inner:
            continue
        far = [distance_to(path_yx[first], path_yx[last], path_yx[n]) for n in inner]
        worst = max(inner, key=lambda n: far[n - first - 1])
        if far[worst - first - 1] > error_px:
            kept.add(worst)
            parts += [(first, worst), (worst, last)]
    return [path_yx[n] for n in sorted(kept)]


def polygon_pixels(
    vertices_yx: Sequence[PointYX],
    frame_hw: tuple[int, int],
    *,
    holes: Sequence[Sequence[PointYX]] = (),
) -> Region:
    """The frame pixels whose centre lies in a polygon (even-odd rule), and their box.

    Returns inside (h, w) bool of the box, which lies in the frame and may be empty. Holes are
    further rings of the same polygon. Rows are scanned as in Foley et al., Computer Graphics
    (1990), 3.6: the crossings of a row's centre line with the edges, taken in pairs, bound
    the pixels inside.
    """
    rings = [np.array(ring, np.float64) for ring in (vertices_yx, *holes)]
    (ys, xs) = np.concatenate(rings).T
    (next_y, next_x) = np.concatenate([np.roll(ring, -1, axis=0) for ring in rings]).T
    box = Box(
        math.ceil(ys.min()), math.ceil(xs.min()), math.floor(ys.max()) + 1, math.floor(xs.max()) + 1
    ).clipped(frame_hw)
    inside = np.zeros(box.shape, bool)
    for row in range(box.y0, box.y1):
        # Half-open edges, so that a vertex on the row counts once.
        crossed = (ys <= row) != (next_y <= row)
        y0, x0 = ys[crossed], xs[crossed]
        part = (row - y0) / (next_y[crossed] - y0)
        at = np.sort(x0 + part * (next_x[crossed] - x0))
        for left, right in zip(at[0::2], at[1::2], strict=True):
            first = max(math.ceil(left) - box.x0, 0)
            last = max(math.ceil(right) - box.x0, 0)
            inside[row - box.y0, first:last] = True
    return inside, box


def polyline_pixels(
    path_yx: Sequence[PointYX], radius_px: float, frame_hw: tuple[int, int]
) -> Region:
    """The frame pixels within `radius_px` of a path, and their box, which may be empty."""
    parts = [
        piece
        for a, b in zip(path_yx, path_yx[1:] or path_yx, strict=False)
        for piece in _pieces(a, b)
    ]
    reach = math.ceil(max(radius_px, RADIUS_MIN_PX)) + 1
    ys, xs = zip(*path_yx, strict=True)
    box = Box(
        math.floor(min(ys)) - reach,
        math.floor(min(xs)) - reach,
        math.ceil(max(ys)) + reach + 1,
        math.ceil(max(xs)) + reach + 1,
    ).clipped(frame_hw)
    inside = np.zeros(box.shape, bool)
    for a, b in parts:
        part, its = capsule(a, b, radius_px)
        clip = its.clipped(frame_hw)
        if clip.is_empty:
            continue
        mine = inside[clip.y0 - box.y0 : clip.y1 - box.y0, clip.x0 - box.x0 : clip.x1 - box.x0]
        mine |= part[clip.y0 - its.y0 : clip.y1 - its.y0, clip.x0 - its.x0 : clip.x1 - its.x0]
    return inside, box


def _pieces(a: PointYX, b: PointYX) -> list[tuple[PointYX, PointYX]]:
    """A segment in short pieces: the box of a long slanted one is mostly empty."""
    count = max(1, math.ceil(math.dist(a, b) / _PIECE_PX))
    dy, dx = (b[0] - a[0]) / count, (b[1] - a[1]) / count
    places = [(a[0] + n * dy, a[1] + n * dx) for n in range(count)]
    return list(itertools.pairwise([*places, b]))


def rectangle_pixels(
    a_yx: PointYX, b_yx: PointYX, frame_hw: tuple[int, int]
) -> tuple[NDArray[np.bool_], Box]:
    """The frame pixels from the one under `a_yx` to the one under `b_yx`, and their box."""
    box = Box(
        math.floor(min(a_yx[0], b_yx[0]) + 0.5),
        math.floor(min(a_yx[1], b_yx[1]) + 0.5),
        math.floor(max(a_yx[0], b_yx[0]) + 0.5) + 1,
        math.floor(max(a_yx[1], b_yx[1]) + 0.5) + 1,
    ).clipped(frame_hw)
    return np.ones(box.shape, bool), box
