"""Trees with leaves or bare, hedges: branches as limbs, crowns as ragged clumps of leaves."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from s4gui_demo.mesh import TREE, Look, Material, Mesh, Rgb, Vec, cross, rgb, unit, vec

GREENS = ("3c5a22", "4d6b2a", "2f4d24", "5b7434", "6a7a2e", "43602f")
AUTUMN = ("9a6a1f", "a8801f", "8a4a1c", "7d7a2a")


def tree(mesh: Mesh, at: Vec, rng: np.random.Generator, *, height: float, bare: bool) -> None:
    """A tree with its foot at `at`; without leaves when `bare`."""
    bark = Look(TREE, rgb(str(rng.choice(("4a3d30", "5d5145", "3b332b")))), Material.BARK)
    trunk = height * float(rng.uniform(0.24, 0.34))
    radius = height * 0.018 + 0.05
    lean = vec(float(rng.normal(0, 0.05)), 1, float(rng.normal(0, 0.05)))
    fork = at + lean * trunk
    mesh.limb(at, fork, (radius * 1.25, radius), bark)
    grown = _Growing(mesh, bark, rng)
    depth = 5 if bare else 2
    _branch(grown, fork, unit(lean), (height - trunk) * 0.42, radius * 0.8, depth)
    if bare:
        return
    codes = AUTUMN if rng.random() < 0.18 else GREENS
    base = rgb(str(rng.choice(codes)))
    centre = at + vec(0, trunk + (height - trunk) * 0.52, 0)
    size = vec(height * 0.27, (height - trunk) * 0.50, height * 0.27)
    size *= rng.uniform(0.85, 1.12, 3)
    lobes = [(centre, size)]
    for tip in grown.tips:
        lobes.append((tip + vec(0, 0.3, 0), size * float(rng.uniform(0.35, 0.55))))
    for middle, extent in lobes:
        count = 90 if extent is size else 26
        _crown(mesh, middle, extent, base, count, rng)


@dataclass(slots=True)
class _Growing:
    """A tree that grows: where its branches go and the ends of the last ones."""

    mesh: Mesh
    look: Look
    rng: np.random.Generator
    tips: list[Vec] = field(default_factory=list)


def _branch(
    tree_: _Growing, start: Vec, towards: Vec, length: float, radius: float, depth: int
) -> None:
    """Branches of branches; the ends of the last ones are added to the tree's tips."""
    rng = tree_.rng
    count = int(rng.integers(2, 4)) if depth > 1 else 2
    spin = float(rng.uniform(0, 2 * np.pi))
    for i in range(count):
        angle = spin + i * 2 * np.pi / count
        spread = float(rng.uniform(0.45, 0.85))
        out = vec(np.cos(angle) * spread, float(rng.uniform(-0.15, 0.35)), np.sin(angle) * spread)
        way = unit(towards + out)
        end = start + way * length * float(rng.uniform(0.75, 1.15))
        thin = max(radius * 0.62, 0.012)
        tree_.mesh.limb(start, end, (radius * 0.85, thin), tree_.look)
        if depth > 1:
            _branch(tree_, end, way, length * 0.7, thin, depth - 1)
        else:
            tree_.tips.append(end)


def _crown(
    mesh: Mesh, centre: Vec, size: Vec, colour: Rgb, count: int, rng: np.random.Generator
) -> None:
    for _ in range(count):
        way = unit(rng.standard_normal(3))
        inner = float(rng.uniform(0.25, 1.0)) ** 0.5
        at = centre + way * size * inner
        shade = (0.45 + 0.55 * inner) * (0.8 + 0.25 * way[1]) * float(rng.uniform(0.8, 1.2))
        radius = float(size.mean()) * float(rng.uniform(0.26, 0.42))
        clump(
            mesh, at, way, radius, replace(Look(TREE, colour), material=Material.LEAF), shade, rng
        )


def clump(
    mesh: Mesh,
    at: Vec,
    way: Vec,
    radius: float,
    look: Look,
    shade: float,
    rng: np.random.Generator,
) -> None:
    """Leaves as one ragged polygon towards the eye; `way` is where they face for the light."""
    front = unit(mesh.eye - at)
    side = unit(cross(vec(0, 1, 0), front))
    up = cross(front, side)
    angle = np.sort(rng.uniform(0, 2 * np.pi, 9))[:, None]
    wide, tall = rng.uniform(0.75, 1.1, 2) * radius
    # Corners on an ellipse, in order of their angle: always convex.
    hull = at + wide * np.cos(angle) * side + tall * np.sin(angle) * up
    leaf = replace(look.tinted(shade), params=tuple(float(p) for p in way), ragged=0.55)
    mesh.polygon(hull, leaf, axes=np.stack((at, side, up)))


def hedge(mesh: Mesh, start: Vec, end: Vec, height: float, rng: np.random.Generator) -> None:
    """A hedge along a line, as a box of leaf clumps."""
    length = float(np.linalg.norm(end - start))
    colour = rgb(str(rng.choice(GREENS)))
    look = Look(TREE, colour, Material.LEAF)
    side = 0.35
    for part in np.arange(0, length, 0.45):
        for level in np.arange(0.3, height, 0.45):
            at = start + (end - start) * (part / length)
            at = at + vec(float(rng.uniform(-side, side)), level, float(rng.uniform(-0.2, 0.2)))
            way = unit(rng.standard_normal(3) * 0.6 + (mesh.eye - at) * 0.05 + vec(0, 0.4, 0))
            shade = 0.5 + 0.5 * level / height
            clump(mesh, at, way, float(rng.uniform(0.35, 0.5)), look, shade, rng)
