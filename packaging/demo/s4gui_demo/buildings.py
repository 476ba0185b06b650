"""Rows of buildings: facades (their windows are drawn by the shading), roofs, gables, chimneys."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from s4gui_demo.mesh import BUILDING, Look, Material, Mesh, Rgb, rgb, vec

WALLS = {
    "terrace": ("9c6b4e", "8a5540", "b89a72", "a98260", "c9b48f", "76503f", "d6cdbb"),
    "shops": ("d8cfc0", "b98d6b", "8f6a55", "c5b9a4", "e2ddd2", "a3a19a", "94533f"),
    "modern": ("b8bcbd", "8e9598", "d5d3cc", "6f7a80", "c2b8a6", "a86f52"),
    "houses": ("a3664c", "c7b79c", "e0d8c8", "8c5a48", "b7a58a"),
}
TRIMS = ("e9e6df", "dcd6c8", "4a4a48", "f2f0ea", "3d4a44", "c8b79a")
SHOPS = ("23405f", "7d2028", "23553a", "c9a227", "3a3a3d", "5b2f63", "d0cfc9", "b3541e")
ROOFS = ("5b4a44", "4d5157", "6d4335", "3f4246", "7a5a48")


@dataclass(frozen=True, slots=True)
class Facade:
    """The numbers that the facade shading reads; metres."""

    width: float
    height: float
    ground: float
    floor: float
    bay: float
    window: tuple[float, float]
    style: int  # 0 brick, 1 render, 2 stone courses, 3 glass bands
    shop: bool
    seed: float
    trim: Rgb
    front: Rgb

    def params(self) -> tuple[float, ...]:
        """As the flat tuple of `Look.params`."""
        return (
            self.width,
            self.height,
            self.ground,
            self.floor,
            self.bay,
            *self.window,
            float(self.style),
            float(self.shop),
            self.seed,
            *self.trim,
            *self.front,
        )


def facade(kind: str, width: float, rng: np.random.Generator) -> tuple[Facade, Look]:
    """A facade of this kind of street and its look."""
    modern = kind == "modern"
    floors = int(rng.integers(*{"houses": (2, 3), "modern": (3, 8)}.get(kind, (2, 5))))
    shop = kind == "shops" or (modern and rng.random() < 0.5)
    ground = float(rng.uniform(3.4, 4.2)) if shop else float(rng.uniform(2.9, 3.3))
    floor = float(rng.uniform(2.7, 3.3))
    bay = float(rng.uniform(2.0, 3.2)) if not modern else float(rng.uniform(1.5, 2.6))
    tall = float(rng.uniform(1.35, 1.9))
    wide = float(rng.uniform(0.85, 1.25)) if not modern else bay - float(rng.uniform(0.15, 0.7))
    style = int(rng.choice((0, 0, 1, 2))) if not modern else int(rng.choice((1, 3, 3, 2)))
    made = Facade(
        width=width,
        height=ground + floor * (floors - 1) + float(rng.uniform(0.5, 1.0)),
        ground=ground,
        floor=floor,
        bay=bay,
        window=(wide, tall),
        style=style,
        shop=shop,
        seed=float(rng.integers(1, 9999)),
        trim=rgb(str(rng.choice(TRIMS))),
        front=rgb(str(rng.choice(SHOPS))),
    )
    colour = rgb(str(rng.choice(WALLS[kind])))
    return made, Look(BUILDING, colour, Material.FACADE, made.params())


def building(
    mesh: Mesh, kind: str, x: float, z: tuple[float, float], side: int, rng: np.random.Generator
) -> None:
    """One building whose front stands at x from z[0] to z[1], its body away from the street."""
    width, depth = z[1] - z[0], float(rng.uniform(8, 11))
    made, look = facade(kind, width, rng)
    if made.shop and rng.random() < 0.5:
        _awning(mesh, x, z, side, rng)
    mesh.quad(vec(x, 0, z[0]), vec(0, 0, width), vec(0, made.height, 0), look)
    gable = Facade(
        depth,
        made.height,
        made.ground,
        made.floor,
        made.bay * 1.6,
        (made.window[0], made.window[1]),
        made.style,
        shop=False,
        seed=made.seed + 0.5,
        trim=made.trim,
        front=made.front,
    )
    flank = Look(BUILDING, look.colour, Material.FACADE, gable.params()).tinted(0.92)
    for end in z:
        mesh.quad(vec(x, 0, end), vec(side * depth, 0, 0), vec(0, made.height, 0), flank)
    flat = kind == "modern" or rng.random() < 0.25
    if flat:
        top = Look(BUILDING, rgb("6a6a68"))
        mesh.quad(vec(x, made.height, z[0]), vec(0, 0, width), vec(side * depth, 0, 0), top)
        _roof_boxes(mesh, x, z, made.height, side, rng)
    else:
        _pitched(mesh, (x, made.height), z, side * depth, look, rng)


def _pitched(
    mesh: Mesh,
    corner: tuple[float, float],
    z: tuple[float, float],
    depth: float,
    wall: Look,
    rng: np.random.Generator,
) -> None:
    x, y = corner
    rise = float(rng.uniform(1.8, 3.2))
    over = -0.35 if depth > 0 else 0.35
    tiles = Look(BUILDING, rgb(str(rng.choice(ROOFS))), Material.ROOF)
    low, high = vec(x + over, y - 0.15, z[0]), vec(x + depth / 2, y + rise, z[0])
    along = vec(0, 0, z[1] - z[0])
    mesh.quad(low, along, high - low, tiles)
    mesh.quad(vec(x + depth, y, z[0]), along, vec(-depth / 2, rise, 0), tiles)
    gutter = Look(BUILDING, rgb("3b3a38"))
    mesh.quad(low - vec(0, 0.14, 0), along, vec(0, 0.14, 0), gutter)
    plain = Look(BUILDING, wall.colour, Material.PLAIN).tinted(0.85)
    for end in z:
        points = np.array(((x, y, end), (x + depth, y, end), (x + depth / 2, y + rise, end)))
        mesh.polygon(points, plain)
    brick = Look(BUILDING, rgb("7d4f3d"))
    for end in z[: int(rng.integers(1, 3))]:
        size = vec(0.6, 1.7, 1.1)
        mesh.box(vec(x + depth / 2, y + rise + 0.4, end), size, brick)
        pot = Look(BUILDING, rgb("a8623f"))
        for shift in (-0.3, 0.05, 0.35):
            mesh.box(vec(x + depth / 2, y + rise + 1.45, end + shift), vec(0.2, 0.4, 0.2), pot)
    if rng.random() < 0.5:
        _dormers(mesh, low, high, z, rng)


def _dormers(
    mesh: Mesh,
    low: np.ndarray,
    high: np.ndarray,
    z: tuple[float, float],
    rng: np.random.Generator,
) -> None:
    glass = Look(BUILDING, rgb("39444d"), Material.GLASS)
    frame = Look(BUILDING, rgb("d9d5cb"))
    side = np.sign(high[0] - low[0])
    for part in np.linspace(z[0] + 2, z[1] - 2, max(int((z[1] - z[0]) // 4), 1)):
        base = low + (high - low) * 0.25
        centre = vec(base[0] + side * 0.7, base[1] + 0.55, part + float(rng.uniform(-0.2, 0.2)))
        mesh.box(centre, vec(1.4, 1.3, 1.3), frame)
        front = vec(centre[0] - side * 0.71, centre[1] - 0.45, centre[2] - 0.45)
        mesh.quad(front, vec(0, 0, 0.9), vec(0, 0.9, 0), glass)


def _awning(
    mesh: Mesh, x: float, z: tuple[float, float], side: int, rng: np.random.Generator
) -> None:
    colour = rgb(str(rng.choice(SHOPS)))
    cloth = Look(BUILDING, colour, Material.CLOTH)
    a, b = z[0] + 0.5, z[1] - 0.5
    drop = vec(-side * 1.1, -0.55, 0)
    mesh.quad(vec(x, 3.0, a), vec(0, 0, b - a), drop, cloth)
    mesh.quad(vec(x - side * 1.1, 2.22, a), vec(0, 0, b - a), vec(0, 0.23, 0), cloth.tinted(0.8))


def _roof_boxes(
    mesh: Mesh,
    x: float,
    z: tuple[float, float],
    y: float,
    side: int,
    rng: np.random.Generator,
) -> None:
    grey = Look(BUILDING, rgb("8b8d8c"))
    for _ in range(int(rng.integers(0, 3))):
        size = vec(*rng.uniform((1, 0.8, 1), (2.5, 1.8, 3)))
        at = vec(x + side * float(rng.uniform(2, 5)), y + size[1] / 2, float(rng.uniform(*z)))
        mesh.box(at, size, grey)


def across(mesh: Mesh, plan_end: float, kind: str, rng: np.random.Generator) -> None:
    """The row of buildings that closes the street, facing it."""
    x = -46.0
    while x < 46:
        width = float(rng.uniform(8, 15))
        made, look = facade(kind, width, rng)
        mesh.quad(vec(x, 0, plan_end), vec(width, 0, 0), vec(0, made.height, 0), look)
        roof = Look(BUILDING, rgb(str(rng.choice(ROOFS))), Material.ROOF)
        rise = vec(0, float(rng.uniform(1.5, 3)), 4)
        mesh.quad(vec(x, made.height, plan_end - 0.3), vec(width, 0, 0), rise, roof)
        x += width
