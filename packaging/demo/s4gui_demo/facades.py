"""Colours of a facade: wall, windows, doors, shop fronts, sills and cornices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from s4gui_demo.mesh import rgb
from s4gui_demo.noise import Floats, Noise, cell_hash
from s4gui_demo.plan import Light
from s4gui_demo.surfaces import Samples, blend, bricks_tone, near

DOORS = np.array([rgb(c) for c in ("1f3b2d", "7a1f24", "23324f", "2a2a2b", "6b4a2f", "c9c5ba")])


@dataclass(slots=True)
class Painted:
    """Albedo (n, 3), share of glass (n,) and light given off (n, 3)."""

    colour: Floats
    glass: Floats
    glow: Floats


def facade(s: Samples, light: Light, noise: Noise) -> Painted:
    """Paint the facade; `s.params` are `Facade.params`."""
    p = s.params
    width, height, ground, floor, bay = (p[:, i] for i in range(5))
    colour = _wall(s, noise)
    count = np.maximum(np.floor((width - 0.5) / bay), 1)
    margin = (width - count * bay) / 2
    column = np.floor((s.u - margin) / bay)
    x = s.u - margin - (column + 0.5) * bay
    upper = s.v >= ground
    level = np.where(upper, np.floor((s.v - ground) / floor) + 1, 0)
    base = np.where(upper, ground + (level - 1) * floor, 0)
    y = s.v - base
    inside = (column >= 0) & (column < count)
    roof_gap = height - base > floor * 0.8
    shop = (p[:, 8] > 0) & ~upper
    painted = Painted(colour, np.zeros_like(x), np.zeros_like(colour))
    _bands(painted, s, upper, y)
    _windows(painted, s, light, (x, y, column, level), inside & roof_gap & ~shop)
    _shop(painted, s, light, shop)
    dirt = 0.25 * np.exp(-s.v / 0.5) + 0.10 * np.clip(noise.soft(s.u * 40, s.v * 6), 0, 2)
    painted.colour = painted.colour * (1 - dirt)[:, None]
    return painted


def _wall(s: Samples, noise: Noise) -> Floats:
    style, seed = s.params[:, 7], s.params[:, 9]
    tone = (
        1
        + 0.09 * noise.soft(s.u * 18 + seed, s.v * 18)
        + 0.05 * noise.rough(s.u * 70, s.v * 70 + seed)
    )
    brick = bricks_tone(s.u, s.v, s.depth)
    row = np.floor(s.v / 0.42)
    block = s.u / 0.8 + 0.5 * (row % 2)
    joint = (s.v / 0.42 - row < 0.05) | (block - np.floor(block) < 0.025)
    stone = 1 + 0.14 * (cell_hash(row, block, seed) - 0.5) - 0.3 * joint * near(s.depth, 45)
    panel = (s.u / 1.2 - np.floor(s.u / 1.2) < 0.02) | (s.v / 1.4 - np.floor(s.v / 1.4) < 0.02)
    plate = 1 - 0.3 * panel * near(s.depth, 50)
    tone = tone * np.select([style == 0, style == 2, style == 3], [brick, stone, plate], 1.0)
    return s.colour * np.clip(tone, 0.2, 2)[:, None]


def _bands(painted: Painted, s: Samples, upper: Floats, y: Floats) -> None:
    height, style, trim = s.params[:, 1], s.params[:, 7], s.params[:, 10:13]
    cornice = s.v > height - 0.35
    course = upper & (y < 0.16) & (style != 0) & (style != 3)
    under = (s.v > height - 0.45) & ~cornice
    colour = blend(painted.colour, trim, (cornice | course) * 0.85)
    colour = blend(colour, (0.02, 0.02, 0.02), under * 0.5)
    plinth = (s.v < 0.45) & (s.params[:, 8] == 0)
    painted.colour = blend(colour, (0.12, 0.11, 0.1), plinth * 0.75)


def _windows(
    painted: Painted,
    s: Samples,
    light: Light,
    cell: tuple[Floats, Floats, Floats, Floats],
    allowed: Floats,
) -> None:
    x, y, column, level = cell
    wide, tall, style, seed = (s.params[:, i] for i in (5, 6, 7, 9))
    trim = s.params[:, 10:13]
    chance = cell_hash(column, level, seed)
    door = (level == 0) & (np.floor(column + seed) % 3 == 0) & (style != 3)
    sill = np.where(level == 0, 0.95, 0.85)
    tall = np.where(level == 0, np.minimum(tall, 1.6), tall)
    from_low, half = y - sill, wide / 2
    opening = allowed & ~door & (np.abs(x) < half) & (from_low > 0) & (from_low < tall)
    surround = allowed & ~door & (np.abs(x) < half + 0.13) & (from_low > -0.12)
    surround &= (from_low < tall + 0.2) & (style != 3) & ~opening
    colour = blend(painted.colour, trim, surround * 0.8)
    shade = allowed & ~door & (np.abs(x) < half + 0.16) & (from_low > -0.32) & (from_low <= -0.12)
    colour = blend(colour, (0.02, 0.02, 0.02), shade * 0.35 * near(s.depth, 80))
    bar = (np.abs(np.abs(x) - half) < 0.07) | (from_low < 0.07) | (from_low > tall - 0.07)
    sash = np.where(seed % 2 < 1, np.abs(from_low - tall / 2) < 0.035, np.abs(x) < 0.035)
    bar = opening & (bar | (sash & (style != 3)) | (np.abs(x) < 0.03))
    painted.colour = blend(colour, np.clip(trim * 1.05, 0, 0.9), bar * 1.0)
    pane = opening & ~bar
    _glaze(painted, light, pane, chance, (from_low / tall, x / half))
    _doors(painted, s, x, y, column, allowed & door)


def _glaze(
    painted: Painted, light: Light, pane: Floats, chance: Floats, place: tuple[Floats, Floats]
) -> None:
    """Panes: dark rooms, curtains, blinds, and at dusk lamps; the recess throws a shadow."""
    high, aside = place
    room = np.array((0.022, 0.025, 0.03), np.float32)
    colour = blend(painted.colour, room, pane)
    curtain = pane & (chance > 0.45) & (np.abs(aside) > 0.45 + 0.4 * (chance - 0.45))
    colour = blend(colour, (0.42, 0.38, 0.32), curtain * 0.75)
    blind = pane & (chance < 0.22) & (high > 0.35 + chance * 2)
    colour = blend(colour, (0.45, 0.44, 0.40), blind * 0.8)
    recess = pane & ((high > 0.86) | (aside < -0.86))
    painted.colour = blend(colour, (0.005, 0.005, 0.006), recess * 0.6)
    painted.glass = np.maximum(painted.glass, pane * np.where(curtain | blind, 0.55, 1.0))
    lit = pane & (((chance * 7.31) % 1) < light.lit_windows)
    lamp = np.array((0.55, 0.36, 0.15), np.float32) * (0.5 + chance)[:, None]
    painted.glow = painted.glow + lamp * lit[:, None]


def _doors(
    painted: Painted, s: Samples, x: Floats, y: Floats, column: Floats, allowed: Floats
) -> None:
    seed = s.params[:, 9]
    case = allowed & (np.abs(x) < 0.62) & (y < 2.55)
    leaf = allowed & (np.abs(x) < 0.48) & (y < 2.1)
    light = allowed & (np.abs(x) < 0.48) & (y >= 2.16) & (y < 2.45)
    code = np.floor(cell_hash(column, seed, 8.0) * len(DOORS)).astype(int)
    colour = blend(painted.colour, s.params[:, 10:13], case)
    colour = np.where(leaf[:, None], DOORS[code], colour).astype(np.float32)
    panels = leaf & (np.abs(np.abs(x) - 0.24) < 0.15) & (np.abs((y % 1.0) - 0.55) < 0.33)
    colour = blend(colour, (0.01, 0.01, 0.01), panels * 0.25)
    painted.colour = blend(colour, (0.03, 0.03, 0.035), light)
    painted.glass = np.maximum(painted.glass, light.astype(np.float32))


def _shop(painted: Painted, s: Samples, light: Light, shop: Floats) -> None:
    """A shop front: pillars, glass over a plinth, goods behind it, and the board with its name."""
    width, ground, seed, front = (
        s.params[:, 0], s.params[:, 2], s.params[:, 9], s.params[:, 13:16],
    )  # fmt: skip
    board = shop & (s.v > ground - 0.85) & (s.v < ground - 0.12)
    below = shop & (s.v <= ground - 0.85)
    colour = blend(painted.colour, front, board | (below & (s.v < 0.5)))
    text = np.abs(s.u - width / 2) < width * 0.3
    letter = cell_hash(np.floor(s.u / 0.09), np.floor(s.v / 0.13), seed) > 0.42
    gap = cell_hash(np.floor(s.u / 0.33), seed, 4.0) > 0.12
    middle = np.abs(s.v - ground + 0.48) < 0.17
    dark = front.sum(axis=1) > 0.75
    ink = np.where(dark[:, None], 0.03, 0.75).astype(np.float32)
    written = (board & text & letter & gap & middle)[:, None]
    colour = np.where(written, ink, colour).astype(np.float32)
    pane_width = 1.7
    x = (s.u % pane_width) - pane_width / 2
    pillar = (s.u < 0.35) | (s.u > width - 0.35)
    pane = below & ~pillar & (s.v > 0.5) & (np.abs(x) < pane_width / 2 - 0.05)
    frame = below & ~pillar & ~pane & (s.v >= 0.5)
    colour = blend(colour, front * 0.8 + 0.02, frame)
    place = np.floor(s.u / 0.55), np.floor(s.v / 0.7)
    goods = cell_hash(*place, seed)
    tint = np.stack([cell_hash(*place, seed + 1 + i) for i in range(3)], axis=1)
    inner = (0.03 + 0.16 * tint * (goods > 0.4)[:, None]) * np.where(s.v < 1.9, 1, 0.4)[:, None]
    painted.colour = np.where(pane[:, None], inner, colour).astype(np.float32)
    painted.glass = np.maximum(painted.glass, pane * 0.8)
    if light.lit_windows:
        open_ = pane & (seed % 10 < 3 + 8 * light.lit_windows)
        painted.glow = painted.glow + (inner * 2.2 + 0.12) * open_[:, None] * light.lit_windows * 2
