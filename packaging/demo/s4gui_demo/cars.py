"""Cars and vans as lofts of a few sections, with wheels, windows and lamps."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from s4gui_demo.mesh import CAR, Look, Material, Mesh, Rgb, Vec, rgb, vec

PAINTS = (
    "a81f24", "1d3f7a", "c9cbcc", "e9e9e6", "22252a", "5a6066", "2e5b45", "8c8f93",
    "b58a2a", "6b1f2d", "3c6fa8", "d5c9ae",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shape:
    """Sections from rear (z = 0) to front (z = 1), as shares of length, width and height.

    body: (z, half width, top height, roundness); cabin: (z at the belt, z at the roof).
    """

    size: tuple[float, float, float]  # width, height, length
    body: tuple[tuple[float, float, float], ...]
    belt: tuple[float, float]
    roof: tuple[float, float]
    wheel: float = 0.31


HATCH = Shape(
    (1.75, 1.48, 4.0),
    ((0, 0.43, 0.56), (0.05, 0.49, 0.64), (0.3, 0.5, 0.64), (0.68, 0.5, 0.62),
     (0.9, 0.47, 0.55), (0.985, 0.42, 0.46)),
    (0.02, 0.74),
    (0.12, 0.52),
)  # fmt: skip
SALOON = Shape(
    (1.8, 1.43, 4.6),
    ((0, 0.44, 0.55), (0.04, 0.48, 0.63), (0.25, 0.5, 0.65), (0.7, 0.5, 0.63),
     (0.92, 0.47, 0.54), (0.99, 0.42, 0.45)),
    (0.14, 0.74),
    (0.28, 0.55),
)  # fmt: skip
SUV = Shape(
    (1.88, 1.72, 4.5),
    ((0, 0.45, 0.58), (0.03, 0.49, 0.62), (0.3, 0.5, 0.62), (0.7, 0.5, 0.62),
     (0.93, 0.48, 0.57), (0.985, 0.44, 0.48)),
    (0.01, 0.75),
    (0.06, 0.55),
    0.36,
)  # fmt: skip
VAN = Shape(
    (2.0, 2.3, 5.2),
    ((0, 0.49, 0.56), (0.02, 0.5, 0.56), (0.4, 0.5, 0.56), (0.75, 0.5, 0.55),
     (0.95, 0.47, 0.45), (0.99, 0.43, 0.38)),
    (0.004, 0.86),
    (0.01, 0.7),
    0.35,
)  # fmt: skip
SHAPES = (HATCH, SALOON, SUV, VAN)


class _Frame:
    """Car coordinates (x right, y up, z forward from the rear) to the world."""

    def __init__(self, at: Vec, yaw: float, length: float) -> None:
        self.at = at
        self.turn = np.array(
            ((np.cos(yaw), 0, -np.sin(yaw)), (0, 1, 0), (np.sin(yaw), 0, np.cos(yaw)))
        )
        self.shift = vec(0, 0, -length / 2)

    def __call__(self, *points: tuple[float, float, float]) -> Vec:
        return (np.array(points, np.float64) + self.shift) @ self.turn + self.at

    def direction(self, x: float, y: float, z: float) -> Vec:
        return np.array((x, y, z), np.float64) @ self.turn


def car(
    mesh: Mesh, at: Vec, yaw: float, rng: np.random.Generator, *, shape: Shape | None = None
) -> tuple[float, float]:
    """A car with its middle on `at` (ground); yaw 0 drives along +z. Returns width and length."""
    chosen = shape or SHAPES[int(rng.choice(4, p=(0.42, 0.3, 0.18, 0.10)))]
    width, height, length = chosen.size
    height *= float(rng.uniform(0.97, 1.04))
    paint = rgb(str(rng.choice(PAINTS)))
    if chosen is VAN and rng.random() < 0.6:
        paint = rgb("e6e6e3")
    frame = _Frame(at, yaw, length)
    _body(mesh, frame, chosen, (width, height, length), paint)
    _cabin(mesh, frame, chosen, (width, height, length), paint)
    _ends(mesh, frame, chosen, (width, height, length))
    _wheels(mesh, frame, chosen, width, length)
    return width, length


def _body(
    mesh: Mesh, frame: _Frame, shape: Shape, size: tuple[float, float, float], paint: Rgb
) -> None:
    width, height, length = size
    coat = Look(CAR, paint, Material.PAINT)
    sill = Look(CAR, rgb("1b1c1e"))
    rings = []
    for part, half, top in shape.body:
        w, t, z = half * width, top * height, part * length
        bottom = 0.2 if 0.02 < part < 0.95 else 0.32
        rings.append(
            [
                (-w * 0.93, bottom, z),
                (-w * 0.99, 0.36, z),
                (-w, 0.36 + (t - 0.36) * 0.55, z),
                (-w * 0.93, t, z),
                (w * 0.93, t, z),
                (w, 0.36 + (t - 0.36) * 0.55, z),
                (w * 0.99, 0.36, z),
                (w * 0.93, bottom, z),
            ]
        )
    looks = (sill, coat, coat, coat, coat, coat, sill)
    for a, b in pairwise(rings):
        for i, look in enumerate(looks):
            mesh.fan(frame(a[i], b[i], b[i + 1], a[i + 1]), look)
    for ring in (rings[0], rings[-1]):
        mesh.polygon(frame(*ring[1:7]), coat)
        mesh.polygon(frame(ring[0], ring[1], ring[6], ring[7]), sill)
    for z in (0.36, 0.6):
        for s in (-1, 1):
            x = s * width * 0.502
            seam = frame(
                (x, 0.36, z * length),
                (x, 0.36, z * length + 0.025),
                (x * 0.95, shape.body[2][2] * height, z * length + 0.025),
                (x * 0.95, shape.body[2][2] * height, z * length),
            )
            mesh.fan(seam, Look(CAR, (0.01, 0.01, 0.01), casts=False))


def _cabin(
    mesh: Mesh, frame: _Frame, shape: Shape, size: tuple[float, float, float], paint: Rgb
) -> None:
    width, height, length = size
    coat = Look(CAR, paint, Material.PAINT)
    glass = Look(CAR, rgb("15191d"), Material.GLASS)
    belt = shape.body[2][2] * height - 0.02
    wb, wt = width * 0.455, width * 0.36
    if shape is VAN:
        wt = width * 0.43
    z0, z1 = (part * length for part in shape.belt)
    r0, r1 = (part * length for part in shape.roof)
    low = [(-wb, belt, z0), (wb, belt, z0), (wb, belt, z1), (-wb, belt, z1)]
    high = [(-wt, height, r0), (wt, height, r0), (wt, height, r1), (-wt, height, r1)]
    mesh.polygon(frame(*high), coat)
    blind = shape is VAN
    for i in range(4):
        j = (i + 1) % 4
        wall = np.array((low[i], low[j], high[j], high[i]))
        mesh.fan(frame(*map(tuple, wall)), coat)
        pane = _inset(wall, i, blind=blind)
        if pane is None:
            continue
        push = np.cross(wall[1] - wall[0], wall[3] - wall[0])
        push = push / np.linalg.norm(push) * 0.008
        if push @ (wall.mean(axis=0) - np.array((0, belt, length / 2))) < 0:
            push = -push
        mesh.fan(frame(*map(tuple, pane + push)), glass)
        if i in (1, 3) and not blind:
            middle = 0.52 if i == 1 else 0.48
            pillar = _strip(wall, middle) + push * 2
            mesh.fan(frame(*map(tuple, pillar)), coat.tinted(0.5))
    for s in (-1, 1):
        centre = frame((s * (wb + 0.1), belt + 0.08, z1 - 0.35))[0]
        mesh.box(centre, vec(0.2, 0.14, 0.1), coat)


def _inset(wall: Vec, index: int, *, blind: bool) -> Vec | None:
    """The window in a cabin wall: corners moved inwards; a van is blind but in front."""
    if blind and index == 0:
        return None
    a, b, c, d = wall
    u0, u1, v0, v1 = 0.05, 0.95, 0.06, 0.9
    if blind and index == 1:
        u0 = 0.72
    if blind and index == 3:
        u1 = 0.28

    def at(u: float, v: float) -> Vec:
        return (a * (1 - u) + b * u) * (1 - v) + (d * (1 - u) + c * u) * v

    return np.array((at(u0, v0), at(u1, v0), at(u1, v1), at(u0, v1)))


def _strip(wall: Vec, middle: float) -> Vec:
    a, b, c, d = wall
    low, high = a + (b - a) * middle, d + (c - d) * middle
    along = (b - a) / np.linalg.norm(b - a) * 0.05
    return np.array((low - along, low + along, high + along, high - along))


def _ends(mesh: Mesh, frame: _Frame, shape: Shape, size: tuple[float, float, float]) -> None:
    width, height, length = size
    for rear in (True, False):
        part, half, top = shape.body[0] if rear else shape.body[-1]
        z = part * length + (-0.012 if rear else 0.012)
        w, t = half * width, top * height
        lamp = Look(CAR, rgb("b01818") if rear else rgb("f1efe4"), glow=0.5 if rear else 0.35)

        def plate(x0: float, x1: float, y0: float, y1: float, look: Look, z: float = z) -> None:
            mesh.polygon(frame((x0, y0, z), (x1, y0, z), (x1, y1, z), (x0, y1, z)), look)

        for s in (-1, 1):
            low = t * 0.62 if rear else t * 0.72
            plate(s * w * 0.92, s * w * (0.68 if rear else 0.55), low, t * 0.97, lamp)
        dark = Look(CAR, rgb("17181a"))
        if rear:
            plate(-0.26, 0.26, t * 0.62, t * 0.62 + 0.11, Look(CAR, rgb("e3c94c")))
        else:
            plate(-w * 0.5, w * 0.5, t * 0.72, t * 0.92, dark)
            plate(-0.26, 0.26, 0.42, 0.53, Look(CAR, rgb("e8e8e4")))
        plate(-w * 0.9, w * 0.9, 0.33, 0.40, dark)


def _wheels(mesh: Mesh, frame: _Frame, shape: Shape, width: float, length: float) -> None:
    tyre = Look(CAR, rgb("1c1c1d"))
    arch = Look(CAR, rgb("0c0c0d"), casts=False)
    hub = Look(CAR, rgb("a9acae"), Material.HUB)
    r = shape.wheel
    for part in (0.18, 0.81):
        for s in (-1, 1):
            x = s * width * 0.5
            out = frame.direction(s, 0, 0)
            centre = frame((x * 0.985, r, part * length))[0]
            mesh.disc(centre + out * 0.012, out, r * 1.16, arch)
            mesh.disc(centre + out * 0.02, out, r, tyre)
            mesh.disc(centre + out * 0.028, out, r * 0.66, hub)
            angle = np.linspace(0, 2 * np.pi, 15)
            ys, zs = r + r * np.sin(angle), part * length + r * np.cos(angle)
            for i in range(14):
                tread = frame(
                    (x, ys[i], zs[i]),
                    (x, ys[i + 1], zs[i + 1]),
                    (x - s * 0.2, ys[i + 1], zs[i + 1]),
                    (x - s * 0.2, ys[i], zs[i]),
                )
                mesh.polygon(tread, tyre)
