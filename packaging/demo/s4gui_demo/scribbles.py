"""Strokes of a simulated user in a hurry: a few paths along the middle of each class's regions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DEEPEST = 24
STEP = 4.0


@dataclass(frozen=True, slots=True)
class Scribble:
    """One stroke: pixel value, brush radius and path of (y, x) in frame pixels."""

    value: int
    radius_px: float
    path_yx: tuple[tuple[float, float], ...]


def scribbles(
    mask: NDArray[np.uint8], rng: np.random.Generator, *, share: float = 1.0
) -> list[Scribble]:
    """Strokes for a mask (height, width); `share` < 1 leaves classes out, biggest kept first.

    Each stroke lies inside a region of its value. Large classes get up to three strokes,
    classes thinner than three pixels none.
    """
    values, counts = np.unique(mask, return_counts=True)
    order = values[np.argsort(-counts)]
    kept = order[: max(2, round(len(order) * share))]
    strokes: list[Scribble] = []
    for value in kept.tolist():
        deep = depth_inside(mask == value)
        pixels = int((deep > 0).sum())
        wanted = 1 + (pixels > 0.02 * mask.size) + (pixels > 0.15 * mask.size)
        for _ in range(wanted):
            stroke = _stroke(deep, int(value), rng)
            if stroke is None:
                break
            strokes.append(stroke)
    return strokes


def depth_inside(region: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Steps (0 outside, at most DEEPEST) from each pixel to the outside, frame edge included."""
    left = np.pad(region, 1)
    depth = np.zeros(region.shape, np.uint8)
    for ring in range(DEEPEST):
        inner = left[1:-1, 1:-1]
        if not inner.any():
            break
        depth += inner
        smaller = inner & left[:-2, 1:-1] & left[2:, 1:-1] & left[1:-1, :-2] & left[1:-1, 2:]
        if ring % 2:  # every other ring by eight neighbours: nearly round
            smaller &= left[:-2, :-2] & left[:-2, 2:] & left[2:, :-2] & left[2:, 2:]
        left = np.pad(smaller, 1)
    return depth


def _stroke(deep: NDArray[np.uint8], value: int, rng: np.random.Generator) -> Scribble | None:
    """A path from a deep pixel on, turning to stay deep; the used part is taken out of `deep`."""
    best = int(deep.max())
    if best < 3:
        return None
    candidates = np.argwhere(deep >= max(3, round(best * 0.75)))
    y, x = (float(part) for part in candidates[int(rng.integers(len(candidates)))])
    radius = float(np.clip(best * 0.35, 1.2, 6.0))
    room = int(np.ceil(radius)) + 1
    heading = float(rng.uniform(0, 2 * np.pi))
    length = float(rng.uniform(30, 150))
    path = [(y, x)]
    while STEP * len(path) < length:
        found = _next(deep, path[-1], heading, room, rng)
        if found is None:
            break
        heading, point = found
        path.append(point)
    _take(deep, path)
    rounded = tuple((round(py, 1), round(px, 1)) for py, px in path)
    return Scribble(value, round(radius, 1), rounded)


def _next(
    deep: NDArray[np.uint8],
    start: tuple[float, float],
    heading: float,
    room: int,
    rng: np.random.Generator,
) -> tuple[float, tuple[float, float]] | None:
    best, chosen = -1.0, None
    for turn in np.linspace(-1.0, 1.0, 9):
        angle = heading + float(turn)
        y, x = start[0] + STEP * np.sin(angle), start[1] + STEP * np.cos(angle)
        iy, ix = round(y), round(x)
        if not (0 <= iy < deep.shape[0] and 0 <= ix < deep.shape[1]) or deep[iy, ix] < room:
            continue
        score = float(deep[iy, ix]) - 2.0 * abs(float(turn)) + float(rng.uniform(0, 2.5))
        if score > best:
            best, chosen = score, (angle, (float(y), float(x)))
    return chosen


def _take(deep: NDArray[np.uint8], path: list[tuple[float, float]], reach: int = 40) -> None:
    """Keep the next stroke of this class away from this one."""
    for y, x in path:
        rows = slice(max(round(y) - reach, 0), round(y) + reach)
        deep[rows, max(round(x) - reach, 0) : round(x) + reach] = 0
