"""Depth-buffered drawing of convex polygons: which polygon each sample sees, and how near."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s4gui_demo.mesh import Look, Mesh, Vec
from s4gui_demo.noise import TILE, Floats

NEAR = 0.2
EMPTY = -1


@dataclass(frozen=True, slots=True)
class View:
    """A camera: rows of `turn` are right, down and forward; `focal` 0 means parallel rays.

    A sample (row, column) has its centre at +0.5. For parallel rays `scale` is samples a metre.
    """

    eye: Vec
    turn: NDArray[np.float64]
    height: int
    width: int
    centre: tuple[float, float]  # column, row
    scale: float  # focal length in samples, or samples per metre
    parallel: bool = False

    def rays(self) -> Floats:
        """World directions (height, width, 3) of the samples, 1 long along the view axis."""
        x = (np.arange(self.width, dtype=np.float32) + 0.5 - self.centre[0]) / self.scale
        y = (np.arange(self.height, dtype=np.float32) + 0.5 - self.centre[1]) / self.scale
        right, down, forward = self.turn.astype(np.float32)
        return (x[None, :, None] * right + y[:, None, None] * down + forward).astype(np.float32)


@dataclass(slots=True)
class Buffer:
    """What a view sees: `nearness` (1/depth, or -depth when parallel) and polygon index."""

    nearness: Floats
    polygon: NDArray[np.int32]
    over: NDArray[np.int16]
    """Class of a mask-only polygon in front of the sample, -1 where there is none."""


def draw(mesh: Mesh, view: View, ragged: Floats) -> Buffer:
    """Draw all polygons of the mesh that this view is meant to see."""
    far = -np.inf if view.parallel else 0.0
    buffer = Buffer(
        np.full((view.height, view.width), far, np.float32),
        np.full((view.height, view.width), EMPTY, np.int32),
        np.full((view.height, view.width), -1, np.int16),
    )
    wanted = np.array([each.casts if view.parallel else each.seen for each in mesh.looks])
    late = np.array([each.mask_only for each in mesh.looks])
    points, starts = _to_view(mesh, view)
    hit = _meets(points, starts, view)
    for chosen in (wanted & ~late, late & (not view.parallel)):
        for index in np.flatnonzero(chosen & hit).tolist():
            own = points[starts[index] : starts[index + 1]]
            _draw_one(mesh, view, buffer, index, own, ragged)
    return buffer


def _to_view(mesh: Mesh, view: View) -> tuple[Vec, NDArray[np.intp]]:
    """All corners in view coordinates, and where each polygon's corners start (one more)."""
    counts = [len(each) for each in mesh.points]
    points = (np.concatenate(mesh.points) - view.eye) @ view.turn.T
    return points, np.concatenate(([0], np.cumsum(counts)))


def _meets(points: Vec, starts: NDArray[np.intp], view: View) -> NDArray[np.bool_]:
    """Which polygons may cover a sample centre; those that cross the near plane always may."""
    z = points[:, 2]
    depth = np.ones_like(z) if view.parallel else np.maximum(z, NEAR)
    screen = points[:, :2] / depth[:, None] * view.scale + view.centre - 0.5
    low = np.minimum.reduceat(screen, starts[:-1])
    high = np.maximum.reduceat(screen, starts[:-1])
    found = (np.ceil(low) <= np.floor(high)).all(axis=1) & (high >= 0).all(axis=1)
    found &= (low <= (view.width - 1, view.height - 1)).all(axis=1)
    if view.parallel:
        return found
    front = np.maximum.reduceat(z, starts[:-1]) > NEAR
    return front & (found | (np.minimum.reduceat(z, starts[:-1]) < NEAR))


def _draw_one(
    mesh: Mesh, view: View, buffer: Buffer, index: int, points: Vec, ragged: Floats
) -> None:
    if not view.parallel:
        if points[:, 2].min() < NEAR:
            points = _clip_near(points)
            if len(points) < 3:
                return
        screen = points[:, :2] / points[:, 2:] * view.scale + view.centre
    else:
        screen = points[:, :2] * view.scale + view.centre
    found = _fill(screen, view.height, view.width)
    if found is None:
        return
    inside, y0, x0 = found
    a, b, c = _nearness(mesh.normals[index] @ view.turn.T, points[0], view)
    rows = np.arange(y0, y0 + inside.shape[0], dtype=np.float64) + 0.5
    columns = np.arange(x0, x0 + inside.shape[1], dtype=np.float64) + 0.5
    near = ((b * rows + c)[:, None] + (a * columns)[None, :]).astype(np.float32)
    part = np.s_[y0 : y0 + inside.shape[0], x0 : x0 + inside.shape[1]]
    old = buffer.nearness[part]
    inside &= near > old
    look = mesh.looks[index]
    if look.ragged:
        inside &= _leaves(look, screen, points, view, inside.shape, (y0, x0), ragged)
    if look.mask_only:
        np.copyto(buffer.over[part], np.int16(look.cls), where=inside)
        return
    np.copyto(old, near, where=inside)
    np.copyto(buffer.polygon[part], np.int32(index), where=inside)


def _clip_near(points: Vec) -> Vec:
    kept = []
    for p, q in zip(points, np.roll(points, -1, axis=0), strict=True):
        if p[2] >= NEAR:
            kept.append(p)
        if (p[2] >= NEAR) != (q[2] >= NEAR):
            t = (NEAR - p[2]) / (q[2] - p[2])
            kept.append(p + t * (q - p))
    return np.array(kept)


def _fill(screen: Vec, height: int, width: int) -> tuple[NDArray[np.bool_], int, int] | None:
    """Samples whose centre lies in the convex polygon, with their first row and column."""
    low, high = screen.min(axis=0), screen.max(axis=0)
    x0, x1 = max(int(np.ceil(low[0] - 0.5)), 0), min(int(np.floor(high[0] - 0.5)) + 1, width)
    y0, y1 = max(int(np.ceil(low[1] - 0.5)), 0), min(int(np.floor(high[1] - 0.5)) + 1, height)
    if x1 <= x0 or y1 <= y0:
        return None
    rows = np.arange(y0, y1) + 0.5
    corners = screen.tolist()
    ends = [*corners[1:], corners[0]]
    area = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(corners, ends, strict=True))
    left = np.full(len(rows), x0 - 1.0)
    right = np.full(len(rows), x1 + 1.0)
    for start, end in zip(corners, ends, strict=True):
        dy = end[1] - start[1]
        if abs(dy) < 1e-9:
            continue
        x = start[0] + (rows - start[1]) * ((end[0] - start[0]) / dy)
        if (dy > 0) == (area > 0):
            np.minimum(right, x, out=right)
        else:
            np.maximum(left, x, out=left)
    columns = np.arange(x0, x1) + 0.5
    return (columns >= left[:, None]) & (columns < right[:, None]), y0, x0


def _nearness(normal: Vec, point: Vec, view: View) -> tuple[float, float, float]:
    """Nearness as a * column + b * row + c."""
    nx, ny, nz = (float(part) for part in normal)
    d = float(normal @ point)
    if view.parallel:
        nz = nz if abs(nz) > 1e-4 else 1e-4
        a, b, c = nx / nz / view.scale, ny / nz / view.scale, -d / nz
    else:
        d = d if abs(d) > 1e-9 else 1e-9
        a, b, c = nx / d / view.scale, ny / d / view.scale, nz / d
    return a, b, c - a * view.centre[0] - b * view.centre[1]


def _leaves(
    look: Look,
    screen: Vec,
    points: Vec,
    view: View,
    shape: tuple[int, ...],
    first: tuple[int, int],
    noise: Floats,
) -> NDArray[np.bool_]:
    """A ragged edge: samples near the rim are kept where the noise, sized in metres, says so."""
    scale = view.scale if view.parallel else view.scale / float(points[:, 2].mean())
    middle = screen.mean(axis=0)
    rows = np.arange(first[0], first[0] + shape[0]) + 0.5 - middle[1]
    columns = np.arange(first[1], first[1] + shape[1]) + 0.5 - middle[0]
    step = 6.0 / max(look.ragged * scale, 1e-6)
    shift = int(abs(points[0, 0]) * 977) % TILE
    iy = (np.floor(rows * step).astype(np.int64) + shift) & (TILE - 1)
    ix = (np.floor(columns * step).astype(np.int64) + shift * 3) & (TILE - 1)
    rim = np.sqrt((screen - middle) ** 2 @ np.ones(2)).max()
    distance = np.hypot(rows[:, None], columns[None, :]) / max(rim, 1e-6)
    return noise[iy][:, ix] > distance * 2.6 - 1.9
