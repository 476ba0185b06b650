"""Colours of the ground, foliage, signs, fences and cloth, as functions of place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from s4gui_demo.mesh import Rgb, rgb
from s4gui_demo.noise import Floats, Noise, cell_hash
from s4gui_demo.plan import Plan

WHITE = np.array((0.62, 0.62, 0.59), np.float32)
YELLOW = np.array((0.55, 0.38, 0.06), np.float32)


@dataclass(slots=True)
class Samples:
    """Samples of one material: world points (n, 3), u and v, depth (n,), colours, params."""

    point: Floats
    u: Floats
    v: Floats
    depth: Floats
    colour: Floats
    params: Floats
    polygon: Floats


def blend(base: Floats, top: Floats | Rgb, share: Floats) -> Floats:
    """`base` under `top` painted with the given share (n,) of 0 to 1."""
    part = np.clip(share, 0, 1).astype(np.float32)[:, None]
    return base * (1 - part) + np.asarray(top, np.float32) * part


def near(depth: Floats, reach: float) -> Floats:
    """1 close by, falling to 0: how much fine detail is still to be seen."""
    return np.clip(1.2 - depth / reach, 0, 1)


def road(s: Samples, plan: Plan, noise: Noise) -> Floats:
    """Asphalt with wheel tracks, repairs, covers and worn markings."""
    x, z = s.point[:, 0], s.point[:, 2]
    tone = 1 + 0.10 * noise.soft(x * 22, z * 9) + 0.05 * noise.rough(x * 60, z * 60)
    tone += 0.16 * noise.grain(x * 45, z * 45) * near(s.depth, 16)
    lane = np.abs(np.abs(np.abs(x) - plan.half * 0.5) - 0.75)
    tone += 0.09 * np.exp(-((lane / 0.3) ** 2))
    for px, pz, sx, sz, change in plan.patches:
        inside = (np.abs(x - px) < sx) & (np.abs(z - pz) < sz)
        tone = tone + change * inside
        rim = (np.abs(np.abs(x - px) - sx) < 0.03) & (np.abs(z - pz) < sz)
        tone = tone - 0.25 * rim * near(s.depth, 25)
    crack = np.abs(noise.rough(x * 14 + 50, z * 14))
    tone -= 0.35 * (crack < 0.035) * near(s.depth, 18) * (noise.soft(x * 9, z * 9) > 0.4)
    gutter = np.abs(np.abs(x) - plan.half)
    tone -= 0.22 * np.exp(-((gutter / 0.22) ** 2))
    colour = s.colour * np.clip(tone, 0.2, 2)[:, None]
    for cx, cz in plan.covers:
        r = np.hypot(x - cx, z - cz)
        colour = blend(colour, rgb("2f2d2b"), (r < 0.33) * 0.8)
        colour = blend(colour, rgb("7a7772"), ((r > 0.33) & (r < 0.4)) * 0.5)
    wear = np.clip(1.02 - 0.28 * noise.rough(x * 30 + 7, z * 30) ** 2, 0.15, 1)
    white, yellow = _markings(x, z, plan)
    return blend(blend(colour, WHITE, white * wear), YELLOW, yellow * wear)


def _markings(x: Floats, z: Floats, plan: Plan) -> tuple[Floats, Floats]:
    half, hand = plan.half, plan.hand
    free = np.abs(x) < half
    stripes = np.zeros(len(x), bool)
    for zc in plan.crossings:
        across = (z > zc) & (z < zc + 3.2)
        stripes |= across & (np.floor(x / 0.5 + 100) % 2 < 1) & free & (np.abs(x) < half - 0.25)
        free &= ~((z > zc - 1.8) & (z < zc + 5.0))
        stripes |= (z > zc - 1.5) & (z < zc - 1.2) & (x * hand > 0.15) & (x * hand < half - 0.3)
    if plan.junction is not None:
        a, b = plan.junction
        free &= ~((z > a - 0.5) & (z < b + 0.5))
    lines = np.zeros(len(x), bool)
    if plan.markings in ("dashed", "lanes"):
        lines |= (np.abs(x) < 0.07) & (z % 6 < 3.2)
    if plan.markings == "double":
        lines |= np.abs(np.abs(x) - 0.14) < 0.06
    if plan.markings == "lanes":
        lines |= (np.abs(np.abs(x) - half * 0.5) < 0.06) & (z % 4.5 < 2)
    edge = np.zeros(len(x), bool)
    for side in (-1, 1):
        if plan.parked[(side + 1) // 2]:
            lines |= np.abs(side * x - (half - 2.15)) < 0.05
            lines |= (side * x > half - 2.15) & (side * x < half) & (z % 6 < 0.1)
        elif plan.seed % 2:
            edge |= np.abs(np.abs(side * x - (half - 0.35)) - 0.1) < 0.05
        else:
            lines |= np.abs(side * x - (half - 0.3)) < 0.05
    lines |= _arrow(x - plan.lane(), z - (plan.crossings[0] - 8.0))
    return ((lines & free) | stripes).astype(np.float32), (edge & free).astype(np.float32)


def _arrow(x: Floats, z: Floats) -> Floats:
    shaft = (np.abs(x) < 0.09) & (z > 0) & (z < 2.2)
    head = (z >= 2.2) & (z < 3.6) & (np.abs(x) < 0.42 * (3.6 - z) / 1.4)
    return shaft | head


def pavement(s: Samples, plan: Plan, noise: Noise) -> Floats:
    """Slabs with joints, a kerb stone, stains, and dirt along the walls."""
    x, z = s.point[:, 0], s.point[:, 2]
    size = 0.62 if plan.seed % 3 else 0.4
    i, j = np.floor(x / size), np.floor(z / size + 0.5 * (i_odd := np.floor(x / size) % 2))
    tone = 1 + 0.22 * (cell_hash(i, j, 5.0) - 0.5) * near(s.depth, 45)
    fx, fz = x / size - i, z / size + 0.5 * i_odd - j
    joint = (np.minimum(fx, 1 - fx) < 0.03) | (np.minimum(fz, 1 - fz) < 0.03)
    tone -= 0.38 * joint * near(s.depth, 24)
    tone += 0.10 * noise.soft(x * 30, z * 30) + 0.07 * noise.grain(x * 50, z * 50) * near(
        s.depth, 14
    )
    spots = noise.grain(x * 7, z * 7) > 2.3
    tone -= 0.25 * spots * near(s.depth, 20)
    side = np.where(x > 0, 1, 0)
    room = np.asarray(plan.pavement)[side] + plan.half - np.abs(x)
    tone -= 0.30 * np.exp(-np.clip(room, 0, None) / 0.35)
    warm = np.array((1.03, 1.0, 0.94) if plan.seed % 2 else (1.0, 0.93, 0.86), np.float32)
    colour = s.colour * np.clip(tone, 0.2, 2)[:, None] * warm
    stone = (np.abs(x) - plan.half < 0.16) & (np.abs(x) >= plan.half)
    return blend(colour, rgb("bdbab2"), stone * 0.65 * (1 - 0.6 * (z % 0.9 < 0.03)))


def grass(s: Samples, noise: Noise) -> Floats:
    """Lawn: blotches and blades."""
    x, z = s.point[:, 0], s.point[:, 2]
    tone = 1 + 0.2 * noise.soft(x * 20, z * 20) + 0.2 * noise.grain(x * 30, z * 12)
    return s.colour * np.clip(tone, 0.3, 2)[:, None]


def roof(s: Samples, noise: Noise) -> Floats:
    """Tiles in courses."""
    row = np.floor(s.v / 0.28)
    tile = np.floor(s.u / 0.24 + 0.5 * (row % 2))
    tone = 1 + 0.28 * (cell_hash(row, tile) - 0.5) * near(s.depth, 60)
    tone -= 0.35 * (s.v / 0.28 - row < 0.16) * near(s.depth, 40)
    tone += 0.12 * noise.soft(s.u * 25, s.v * 25 + s.polygon)
    return s.colour * np.clip(tone, 0.2, 2)[:, None]


def leaf(s: Samples, noise: Noise) -> Floats:
    """Leaves: light and dark at the size of twigs."""
    a, b = s.u * 0.8 + s.v * 0.6, s.v * 0.8 - s.u * 0.6
    tone = 1 + 0.28 * noise.grain(a * 34 + s.polygon * 7, b * 34) * near(s.depth, 30)
    tone += 0.34 * noise.rough(s.u * 110 + s.polygon * 31, s.v * 110)
    warm = 0.12 * noise.soft(s.u * 40 + s.polygon * 13, s.v * 40)
    tint = np.stack((1 + warm, np.ones_like(warm), 1 - warm), axis=1)
    return s.colour * np.clip(tone, 0.25, 2.2)[:, None] * tint


def bark(s: Samples, noise: Noise) -> Floats:
    """Vertical furrows."""
    tone = 1 + 0.3 * noise.rough(s.u * 60 + s.polygon * 17, s.v * 12)
    return s.colour * np.clip(tone, 0.3, 2)[:, None]


def cloth(s: Samples, noise: Noise) -> Floats:
    """Folds."""
    tone = 1 + 0.16 * noise.rough(s.u * 22 + s.polygon * 19, s.v * 40)
    return s.colour * np.clip(tone, 0.4, 1.8)[:, None]


def planks(s: Samples, noise: Noise) -> Floats:
    """Upright boards; params[0] < 0 means bricks instead."""
    brick = s.params[:, 0] < 0
    board = np.floor(s.u / 0.14)
    tone = 1 + 0.35 * (cell_hash(board, s.params[:, 0]) - 0.5)
    tone = tone - 0.6 * (s.u / 0.14 - board < 0.1) * near(s.depth, 40)
    tone = tone + 0.12 * noise.rough(s.u * 120, s.v * 14)
    bricks = bricks_tone(s.u, s.v, s.depth)
    return s.colour * np.clip(np.where(brick, bricks, tone), 0.2, 2)[:, None]


def bricks_tone(u: Floats, v: Floats, depth: Floats) -> Floats:
    """Brightness of brickwork: bricks of 225 x 75 mm, each a little different."""
    row = np.floor(v / 0.075)
    shifted = u / 0.225 + 0.5 * (row % 2)
    brick = np.floor(shifted)
    tone = 1 + 0.4 * (cell_hash(row, brick, 3.0) - 0.5) * near(depth, 50)
    joint = (v / 0.075 - row < 0.16) | (shifted - brick < 0.05)
    return tone + 0.30 * joint * near(depth, 22)


def hub(s: Samples) -> Floats:
    """A wheel: five spokes."""
    r, angle = np.hypot(s.u, s.v), np.arctan2(s.v, s.u)
    gap = (np.cos(5 * angle + s.polygon) < -0.1) & (r > 0.25) & (r < 0.85)
    return s.colour * np.where(gap, 0.15, 0.9)[:, None].astype(np.float32)


def sign(s: Samples) -> Floats:
    """Traffic signs; params: kind (0 limit, 1 order, 2 warning, 3 no parking, 4 5 board), seed."""
    u, v, kind, seed = s.u, s.v, s.params[:, 0], s.params[:, 1]
    r = np.hypot(u, v)
    red, blue, black, white = (np.array(rgb(c), np.float32) for c in
                               ("c01a20", "1d4f9c", "101010", "ecebe6"))  # fmt: skip
    colour = np.broadcast_to(white, (len(u), 3)).astype(np.float32)
    bars = (np.abs(v) < 0.34) & (np.abs(np.abs(u) - 0.27) < 0.17)
    hollow = (np.abs(v) < 0.17) & (np.abs(np.abs(u) - 0.27) < 0.06)
    colour = blend(colour, black, (kind == 0) & bars & ~hollow)
    colour = blend(colour, red, (kind == 0) & (r > 0.72))
    colour = blend(colour, blue, kind == 1)
    arrow = ((np.abs(u) < 0.13) & (v > -0.6) & (v < 0.1)) | (
        (v >= 0.1) & (v < 0.65) & (np.abs(u) < (0.65 - v) * 0.8)
    )
    colour = blend(colour, white, (kind == 1) & (arrow | (r > 0.92)))
    inner = (v > -0.5) & (v < 0.62 - 1.75 * np.abs(u))
    colour = blend(colour, red, (kind == 2) & ~inner)
    colour = blend(colour, black, (kind == 2) & (np.abs(u) < 0.09) & (v > -0.36) & (v < 0.25))
    colour = blend(colour, blue, kind == 3)
    cross = np.abs(u + v) < 0.2
    colour = blend(colour, red, (kind == 3) & ((r > 0.75) | cross))
    return _boards(colour, u, v, kind, seed)


def _boards(colour: Floats, u: Floats, v: Floats, kind: Floats, seed: Floats) -> Floats:
    choice = np.floor(seed) % 3
    board = kind >= 4
    for index, code in enumerate(("1e6b45", "1d4f9c", "e3b81f")):
        colour = blend(colour, rgb(code), board & (choice == index))
    edge = (np.abs(u) > 0.9) | (np.abs(v) > 0.87)
    line = np.floor((v + 0.75) / 0.5)
    length = 0.25 + 0.9 * cell_hash(seed, line)
    text = (((v + 0.75) % 0.5) < 0.24) & (np.abs(v) < 0.75) & (u > -0.7) & (u < -0.7 + length)
    text &= cell_hash(np.floor(u * 14), line, seed) > 0.25
    ink = np.where((choice == 2)[:, None], 0.02, 0.85).astype(np.float32)
    part = (board & (edge | text)).astype(np.float32)[:, None]
    return colour * (1 - part) + ink * part
