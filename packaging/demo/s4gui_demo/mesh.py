"""Mesh: the convex polygons of a scene with their look, and the shapes built from them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Vec = NDArray[np.float64]
Rgb = tuple[float, float, float]

SKY, BUILDING, POLE, ROAD, PAVEMENT, TREE, SIGN, FENCE, CAR, PEDESTRIAN, BICYCLIST = range(11)
VOID = 254


class Material(IntEnum):
    """How a polygon's pixels get their colour."""

    PLAIN = 0
    FACADE = 1
    ROAD = 2
    PAVEMENT = 3
    ROOF = 4
    LEAF = 5
    BARK = 6
    PAINT = 7
    GLASS = 8
    SIGN = 9
    GRASS = 10
    PLANKS = 11
    CLOTH = 12
    HUB = 13


@dataclass(frozen=True, slots=True)
class Look:
    """Class value, linear colour and surface of a polygon; `params` belong to the material."""

    cls: int
    colour: Rgb
    material: Material = Material.PLAIN
    params: tuple[float, ...] = ()
    bend: int = 0  # 0 flat, 1 round across u, 2 a ball
    glow: float = 0.0
    ragged: float = 0.0  # metres of a leaf; 0 is a clean edge
    casts: bool = True
    seen: bool = True
    mask_only: bool = False

    def tinted(self, factor: float) -> Look:
        """The same look, darker or lighter."""
        r, g, b = self.colour
        return replace(self, colour=(r * factor, g * factor, b * factor))


def rgb(code: str) -> Rgb:
    """Linear colour of an sRGB hex code such as `a0b1c2`."""
    parts = [int(code[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    r, g, b = (((p + 0.055) / 1.055) ** 2.4 if p > 0.04045 else p / 12.92 for p in parts)
    return r, g, b


def vec(x: float, y: float, z: float) -> Vec:
    """A point or direction: x right, y up, z along the street, in metres."""
    return np.array((x, y, z), np.float64)


def unit(v: Vec) -> Vec:
    """The direction of v."""
    return v / max(float(np.sqrt(v @ v)), 1e-12)


def cross(a: Vec, b: Vec) -> Vec:
    """The cross product of two vectors; numpy's own is made for arrays of them and is slow."""
    return np.array(
        (
            a[1] * b[2] - a[2] * b[1],
            a[2] * b[0] - a[0] * b[2],
            a[0] * b[1] - a[1] * b[0],
        )
    )


class Mesh:
    """Polygons in world metres, each convex and flat; `eye` and `sun` turn the billboards."""

    def __init__(self, eye: Vec, sun: Vec) -> None:
        self.eye, self.sun = eye, sun
        self.points: list[Vec] = []
        self.looks: list[Look] = []
        self.normals: list[Vec] = []
        self.axes: list[Vec] = []  # rows: origin, u, v

    def polygon(self, points: Vec, look: Look, *, axes: Vec | None = None) -> None:
        """Add one flat convex polygon (n, 3); without axes u and v are 0."""
        a, b = points[1] - points[0], points[2] - points[0]
        normal = cross(a, b)
        if len(points) > 3 and float(normal @ normal) < 1e-12:
            normal = cross(b, points[3] - points[0])
        length = float(np.sqrt(normal @ normal))
        if length < 1e-9:
            return
        self.points.append(points)
        self.looks.append(look)
        self.normals.append(normal / length)
        self.axes.append(np.zeros((3, 3)) if axes is None else axes)

    def quad(self, origin: Vec, along: Vec, up: Vec, look: Look) -> None:
        """A parallelogram; u and v are metres along its two edges."""
        points = np.stack((origin, origin + along, origin + along + up, origin + up))
        self.polygon(points, look, axes=np.stack((origin, unit(along), unit(up))))

    def fan(self, points: Vec, look: Look) -> None:
        """A polygon that need not be flat, as triangles round its first corner."""
        for i in range(1, len(points) - 1):
            self.polygon(points[[0, i, i + 1]], look)

    def box(self, centre: Vec, size: Vec, look: Look, *, yaw: float = 0.0) -> None:
        """A box of `size` (x, y, z) standing with its middle on `centre`."""
        ex = vec(np.cos(yaw), 0, np.sin(yaw)) * size[0]
        ey = vec(0, size[1], 0)
        ez = vec(-np.sin(yaw), 0, np.cos(yaw)) * size[2]
        low = centre - (ex + ey + ez) / 2
        for origin, along, up in (
            (low, ex, ey),
            (low + ez, ex, ey),
            (low, ez, ey),
            (low + ex, ez, ey),
            (low, ex, ez),
            (low + ey, ex, ez),
        ):
            self.quad(origin, along, up, look)

    def limb(self, a: Vec, b: Vec, radii: tuple[float, float], look: Look) -> None:
        """A round bar from a to b, tapering: one polygon to the eye, one to the sun."""
        if look.seen:
            self._bar(a, b, radii, replace(look, bend=1, casts=False), self.eye - (a + b) / 2)
        if look.casts:
            self._bar(a, b, radii, replace(look, seen=False), self.sun)

    def _bar(self, a: Vec, b: Vec, radii: tuple[float, float], look: Look, towards: Vec) -> None:
        axis = unit(b - a)
        side = unit(cross(axis, unit(towards)))
        ra, rb = radii
        points = np.stack(
            (
                a - side * ra,
                a - axis * ra * 0.5 - side * ra * 0.5,
                a - axis * ra * 0.5 + side * ra * 0.5,
                a + side * ra,
                b + side * rb,
                b + axis * rb * 0.5 + side * rb * 0.5,
                b + axis * rb * 0.5 - side * rb * 0.5,
                b - side * rb,
            )
        )
        self.polygon(points, look, axes=np.stack((a, side / max(ra, rb), axis)))

    def ball(self, centre: Vec, radius: float, look: Look, *, squash: float = 1.0) -> None:
        """A ball (higher than wide by `squash`), turned to the eye and, for shadow, the sun."""
        for towards, shown in ((self.eye - centre, True), (self.sun, False)):
            if shown and look.seen:
                flags = replace(look, bend=2, casts=False)
            elif not shown and look.casts:
                flags = replace(look, seen=False)
            else:
                continue
            front = unit(towards)
            side = unit(cross(vec(0, 1, 0), front))
            up = cross(front, side) * squash
            angle = np.linspace(0, 2 * np.pi, 14, endpoint=False)[:, None]
            points = centre + radius * (np.cos(angle) * side + np.sin(angle) * up)
            axes = np.stack((centre, side / radius, up / (radius * squash * squash)))
            self.polygon(points, flags, axes=axes)

    def disc(self, centre: Vec, normal: Vec, radius: float, look: Look, sides: int = 16) -> None:
        """A flat disc; u and v are -1 to 1."""
        front = unit(normal)
        hint = vec(0, 1, 0) if abs(front[1]) < 0.9 else vec(1, 0, 0)
        side = unit(cross(hint, front))
        up = cross(front, side)
        angle = (np.arange(sides) + 0.5)[:, None] * (2 * np.pi / sides)
        points = centre + radius * (np.cos(angle) * side + np.sin(angle) * up)
        self.polygon(points, look, axes=np.stack((centre, side / radius, up / radius)))
