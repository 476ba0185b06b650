"""What stands on pavements: lamps, signs, traffic lights, bollards, fences, bins, benches."""

from __future__ import annotations

import numpy as np

from s4gui_demo.mesh import (
    FENCE,
    POLE,
    SIGN,
    VOID,
    Look,
    Material,
    Mesh,
    Vec,
    rgb,
    vec,
)

STEEL = ("5a5f62", "3f4547", "7c8083", "2c3a33", "484b4f")


def _steel(rng: np.random.Generator) -> Look:
    return Look(POLE, rgb(str(rng.choice(STEEL))))


def lamp(mesh: Mesh, at: Vec, side: int, rng: np.random.Generator, *, lit: bool) -> None:
    """A street lamp whose arm reaches over the road."""
    look = _steel(rng)
    height = float(rng.uniform(6.0, 8.0))
    reach = vec(-side * float(rng.uniform(1.0, 1.8)), 0.35, 0)
    top = at + vec(0, height, 0)
    mesh.limb(at, at + vec(0, 1.1, 0), (0.13, 0.12), look)
    mesh.limb(at + vec(0, 1, 0), top, (0.095, 0.06), look)
    mesh.limb(top, top + reach, (0.055, 0.045), look)
    mesh.box(top + reach, vec(0.7, 0.14, 0.3), look)
    glass = Look(POLE, rgb("fff0cc") if lit else rgb("c9ccca"), glow=3.0 if lit else 0.0)
    under = top + reach - vec(0.3, 0.075, 0.12)
    mesh.quad(under, vec(0.6, 0, 0), vec(0, 0, 0.24), glass)


def sign(mesh: Mesh, at: Vec, rng: np.random.Generator, *, facing: int = -1) -> None:
    """A pole with one or two traffic signs; `facing` -1 shows them to the camera."""
    look = _steel(rng)
    height = float(rng.uniform(2.6, 3.1))
    mesh.limb(at, at + vec(0, height, 0), (0.045, 0.045), look)
    kind = int(rng.integers(0, 6))
    y = height - 0.35
    for _ in range(int(rng.integers(1, 3))):
        _plate(mesh, at + vec(0, y, facing * 0.06), facing, kind, float(rng.integers(1, 99)))
        y -= 0.72
        kind = int(rng.integers(3, 6))


def _plate(mesh: Mesh, centre: Vec, facing: int, kind: int, seed: float) -> None:
    normal = vec(0, 0, facing)
    face = Look(SIGN, rgb("ecebe6"), Material.SIGN, (float(kind), seed))
    if kind in (0, 1, 3):  # round: limit, order, no parking
        mesh.disc(centre, normal, 0.36, face, 20)
    elif kind == 2:  # warning triangle
        points = centre + np.array(((-0.42, -0.3, 0), (0.42, -0.3, 0), (0, 0.42, 0)))
        mesh.polygon(points, face, axes=np.array((centre, (2.4, 0, 0), (0, 2.4, 0))))
    else:  # direction or information board
        wide, tall = (0.95, 0.5) if kind == 4 else (0.5, 0.62)
        low = centre - vec(wide / 2, tall / 2, 0)
        corners = np.array(((0, 0, 0), (wide, 0, 0), (wide, tall, 0), (0, tall, 0)))
        axes = np.array((centre, (2 / wide, 0, 0), (0, 2 / tall, 0)))
        mesh.polygon(low + corners, face, axes=axes)


def board(mesh: Mesh, at: Vec, rng: np.random.Generator) -> None:
    """A large direction board on two poles."""
    look = _steel(rng)
    for shift in (-0.9, 0.9):
        mesh.limb(at + vec(shift, 0, 0), at + vec(shift, 3.4, 0), (0.06, 0.06), look)
    centre = at + vec(0, 2.75, -0.08)
    face = Look(SIGN, rgb("ecebe6"), Material.SIGN, (4.0, float(rng.integers(1, 99))))
    corners = np.array(((-1.3, -0.65, 0), (1.3, -0.65, 0), (1.3, 0.65, 0), (-1.3, 0.65, 0)))
    axes = np.array((centre, (1 / 1.3, 0, 0), (0, 1 / 0.65, 0)))
    mesh.polygon(centre + corners, face, axes=axes)


def traffic_light(mesh: Mesh, at: Vec, rng: np.random.Generator) -> None:
    """A traffic light on its pole (lights count as signs)."""
    mesh.limb(at, at + vec(0, 3.3, 0), (0.06, 0.055), _steel(rng))
    case = Look(SIGN, rgb("17181a"))
    centre = at + vec(0, 2.9, -0.15)
    mesh.box(centre, vec(0.32, 0.95, 0.22), case)
    lit = int(rng.integers(0, 3))
    for i, code in enumerate(("ff3020", "ffb020", "30e070")):
        on = i == lit
        lens = Look(SIGN, rgb(code), glow=2.0 if on else 0.0)
        where = centre + vec(0, 0.29 - 0.29 * i, -0.12)
        mesh.disc(where, vec(0, 0, -1), 0.1, lens if on else lens.tinted(0.12), 12)


def bollards(mesh: Mesh, start: Vec, count: int, rng: np.random.Generator) -> None:
    """A row of bollards along the kerb."""
    look = Look(POLE, rgb(str(rng.choice(("1d1f20", "5b5f60", "6f5238")))))
    band = Look(POLE, rgb("d8d5cc"))
    for i in range(count):
        at = start + vec(0, 0, 1.6 * i)
        mesh.limb(at, at + vec(0, 0.95, 0), (0.085, 0.075), look)
        mesh.limb(at + vec(0, 0.74, 0), at + vec(0, 0.82, 0), (0.088, 0.088), band)


def railing(mesh: Mesh, start: Vec, end: Vec, height: float, rng: np.random.Generator) -> None:
    """A metal railing; its mask is the whole panel, as a person would paint it."""
    look = Look(FENCE, rgb(str(rng.choice(("8d9193", "2b2d2e", "1f3a2d", "6e7375")))))
    way = end - start
    length = float(np.linalg.norm(way))
    mesh.quad(start, way, vec(0, height, 0), Look(FENCE, (0, 0, 0), casts=False, mask_only=True))
    for level in (0.12, height - 0.03):
        up = vec(0, level, 0)
        mesh.limb(start + up, end + up, (0.03, 0.03), look)
    for part in np.arange(0, length, 0.14):
        foot = start + way * (part / length)
        mesh.limb(foot + vec(0, 0.1, 0), foot + vec(0, height, 0), (0.014, 0.014), look)
    for part in np.arange(0, length + 0.1, 2.0):
        foot = start + way * min(part / length, 1.0)
        mesh.limb(foot, foot + vec(0, height + 0.04, 0), (0.04, 0.04), look)


def planks(mesh: Mesh, start: Vec, end: Vec, height: float, rng: np.random.Generator) -> None:
    """A wooden fence without gaps."""
    colour = rgb(str(rng.choice(("7a5c3e", "6b6257", "93734c", "8a8377", "4f5a48"))))
    look = Look(FENCE, colour, Material.PLANKS, (float(rng.integers(1, 99)),))
    mesh.quad(start, end - start, vec(0, height, 0), look)
    inward = vec(0.1, 0, 0)
    for shift in (-inward, inward):
        mesh.quad(start + vec(0, height - 0.02, 0), end - start, shift, look.tinted(1.15))


def wall(mesh: Mesh, start: Vec, end: Vec, height: float, look: Look) -> None:
    """A low garden wall with a coping, of the class of `look`."""
    mesh.quad(start, end - start, vec(0, height, 0), look)
    middle = (start + end) / 2 + vec(0, height + 0.03, 0)
    size = np.abs(end - start) + vec(0.3, 0.08, 0.05)
    mesh.box(middle, size, Look(look.cls, rgb("a7a39a")))


def bin_(mesh: Mesh, at: Vec, rng: np.random.Generator) -> None:
    """A wheelie bin, a litter bin or a cabinet: things that no class names (void)."""
    kind = int(rng.integers(0, 3))
    code = ("2d4f33", "2b2d30", "6c736d")[kind]
    size = (vec(0.55, 1.05, 0.6), vec(0.45, 0.9, 0.45), vec(0.5, 1.3, 1.1))[kind]
    look = Look(VOID, rgb(code))
    mesh.box(at + vec(0, size[1] / 2, 0), size, look)
    lid = size * np.array((1.08, 0.06, 1.08))
    mesh.box(at + vec(0, size[1] + 0.03, 0), lid, look.tinted(0.7))


def bench(mesh: Mesh, at: Vec, side: int, rng: np.random.Generator) -> None:
    """A wooden bench with its back to the buildings (void)."""
    wood = Look(VOID, rgb(str(rng.choice(("7b5a3a", "8c6a45")))))
    for shift in (0.0, 0.17, 0.34):
        mesh.box(at + vec(-side * shift, 0.45, 0), vec(0.13, 0.05, 1.6), wood)
    for level in (0.65, 0.85):
        mesh.box(at + vec(side * 0.15, level, 0), vec(0.05, 0.13, 1.6), wood)
    for end in (-0.7, 0.7):
        mesh.box(
            at + vec(-side * 0.15, 0.22, end), vec(0.45, 0.45, 0.06), Look(VOID, rgb("222222"))
        )
