"""Pedestrians and cyclists made of tapering limbs."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from s4gui_demo.mesh import BICYCLIST, PEDESTRIAN, Look, Material, Mesh, Vec, rgb, vec

TOPS = (
    "8b2531", "22304f", "2e2e31", "c8c2b5", "3d6b4f", "c27a2c", "6d7f93", "e3dfd6",
    "5d3f6a", "a83a2a", "3a6ea5", "141416",
)  # fmt: skip
LEGS = ("24283a", "1b1c20", "4a4238", "39465c", "6a6257", "2d3138")
SKINS = ("e0b08c", "c68e66", "8d5a3b", "5a3825", "d9a47c")
HAIRS = ("2a1c14", "14110f", "6b4a2b", "a98552", "7c7a78")
BAGS = ("5b3a24", "1e1e20", "7a1f2b", "31506b")


class _Body:
    """A person's own axes: forward, side and up, from the feet at `at`."""

    def __init__(self, at: Vec, yaw: float, height: float) -> None:
        self.at, self.scale = at, height / 1.75
        self.forward = vec(np.sin(yaw), 0, np.cos(yaw))
        self.side = vec(np.cos(yaw), 0, -np.sin(yaw))

    def __call__(self, side: float, up: float, forward: float) -> Vec:
        return self.at + self.scale * (self.side * side + vec(0, up, 0) + self.forward * forward)


def _pick(codes: tuple[str, ...], rng: np.random.Generator) -> tuple[float, float, float]:
    return rgb(str(rng.choice(codes)))


def pedestrian(mesh: Mesh, at: Vec, yaw: float, rng: np.random.Generator) -> None:
    """One pedestrian with feet at `at`, walking towards `yaw` (0 is along +z)."""
    height = float(rng.normal(1.72, 0.08)) if rng.random() < 0.88 else float(rng.uniform(1.1, 1.4))
    body = _Body(at, yaw, height)
    s = body.scale
    top = Look(PEDESTRIAN, _pick(TOPS, rng), Material.CLOTH)
    legs = Look(PEDESTRIAN, _pick(LEGS, rng), Material.CLOTH)
    skin = Look(PEDESTRIAN, _pick(SKINS, rng))
    shoe = Look(PEDESTRIAN, rgb("1a1817"))
    stride = float(rng.uniform(0.05, 0.36)) * (1 if rng.random() < 0.5 else -1)
    coat = rng.random() < 0.35
    for sign in (-1, 1):
        hip = body(sign * 0.09, 0.9, 0)
        knee = body(sign * 0.09, 0.49, sign * stride * 0.55 + 0.05)
        foot = body(sign * 0.09, 0.08, sign * stride)
        mesh.limb(hip, knee, (0.105 * s, 0.075 * s), legs)
        mesh.limb(knee, foot, (0.075 * s, 0.055 * s), legs)
        mesh.limb(foot, body(sign * 0.09, 0.04, sign * stride + 0.14), (0.05 * s, 0.045 * s), shoe)
        shoulder = body(sign * 0.2, 1.4, 0)
        elbow = body(sign * 0.25, 1.13, -sign * stride * 0.4 - 0.02)
        hand = body(sign * 0.24, 0.9, -sign * stride * 0.8 + 0.06)
        mesh.limb(shoulder, elbow, (0.062 * s, 0.05 * s), top.tinted(0.9))
        mesh.limb(elbow, hand, (0.05 * s, 0.04 * s), top.tinted(0.85))
        mesh.ball(hand, 0.045 * s, skin)
    low = 0.55 if coat else 0.86
    mesh.limb(body(0, low, 0), body(0, 1.1, 0), ((0.2 if coat else 0.155) * s, 0.16 * s), top)
    mesh.limb(body(0, 1.08, 0), body(0, 1.42, 0), (0.16 * s, 0.2 * s), top)
    mesh.limb(body(0, 1.42, 0), body(0, 1.53, 0), (0.055 * s, 0.05 * s), skin)
    _head(mesh, body, skin, rng, PEDESTRIAN)
    if rng.random() < 0.45:
        bag = Look(PEDESTRIAN, _pick(BAGS, rng), Material.CLOTH)
        where = (0, 1.2, -0.2) if rng.random() < 0.5 else (0.3, 0.78, 0.05)
        mesh.limb(
            body(where[0], where[1] - 0.15, where[2]),
            body(where[0], where[1] + 0.15, where[2]),
            (0.13 * s, 0.12 * s),
            bag,
        )


def _head(
    mesh: Mesh,
    body: _Body,
    skin: Look,
    rng: np.random.Generator,
    cls: int,
    at: tuple[float, float] = (1.63, 0.02),
) -> None:
    s, (up, forward) = body.scale, at
    mesh.ball(body(0, up, forward), 0.098 * s, skin, squash=1.22)
    hair = Look(cls, _pick(HAIRS, rng))
    mesh.ball(body(0, up + 0.06, forward - 0.035), 0.103 * s, hair, squash=0.85)


def cyclist(mesh: Mesh, at: Vec, yaw: float, rng: np.random.Generator) -> None:
    """One cyclist and bicycle, wheels on the ground at `at`, riding towards `yaw`."""
    body = _Body(at, yaw, 1.75)
    _bicycle(mesh, body, rng)
    top = Look(BICYCLIST, _pick((*TOPS, "d7e02a", "e8641b"), rng), Material.CLOTH)
    legs = Look(BICYCLIST, _pick(LEGS, rng), Material.CLOTH)
    skin = Look(BICYCLIST, _pick(SKINS, rng))
    turn = float(rng.uniform(0, 2 * np.pi))
    for sign in (-1, 1):
        pedal = turn + (np.pi if sign > 0 else 0)
        foot = body(sign * 0.1, 0.30 + 0.16 * np.sin(pedal), 0.02 + 0.16 * np.cos(pedal))
        knee = (body(sign * 0.11, 0.62, 0.34) + foot) / 2 + body.forward * 0.14 + vec(0, 0.2, 0)
        mesh.limb(body(sign * 0.1, 0.98, -0.22), knee, (0.1, 0.075), legs)
        mesh.limb(knee, foot, (0.072, 0.05), legs)
        mesh.limb(foot, foot + body.forward * 0.14, (0.045, 0.04), Look(BICYCLIST, rgb("191919")))
        elbow = body(sign * 0.27, 1.2, 0.26)
        mesh.limb(body(sign * 0.19, 1.43, 0.05), elbow, (0.06, 0.05), top.tinted(0.9))
        mesh.limb(elbow, body(sign * 0.24, 1.06, 0.46), (0.05, 0.04), skin)
    mesh.limb(body(0, 0.95, -0.24), body(0, 1.25, -0.08), (0.16, 0.165), top)
    mesh.limb(body(0, 1.22, -0.1), body(0, 1.46, 0.05), (0.165, 0.19), top)
    mesh.limb(body(0, 1.46, 0.06), body(0, 1.58, 0.12), (0.055, 0.05), skin)
    _head(mesh, body, skin, rng, BICYCLIST, (1.68, 0.15))
    if rng.random() < 0.6:
        helmet = Look(BICYCLIST, _pick(("d8d8d4", "20242c", "a8242c", "2a63a0"), rng))
        mesh.ball(body(0, 1.76, 0.13), 0.125, helmet, squash=0.72)


def _bicycle(mesh: Mesh, body: _Body, rng: np.random.Generator) -> None:
    tyre = Look(BICYCLIST, rgb("161616"))
    tube = Look(BICYCLIST, _pick(("a01f1f", "1f3f7f", "d7d7d2", "1e1e1e", "2f6a49"), rng))
    steel = Look(BICYCLIST, rgb("8f9294"))
    angle = np.linspace(0, 2 * np.pi, 17)
    for middle in (-0.52, 0.53):
        ring = [body(0, 0.345 + 0.33 * np.sin(a), middle + 0.33 * np.cos(a)) for a in angle]
        for a, b in pairwise(ring):
            mesh.limb(a, b, (0.027, 0.027), tyre)
        for a in angle[:8]:
            spoke = 0.31 * np.array((np.sin(a), np.cos(a)))
            mesh.limb(
                body(0, 0.345 + spoke[0], middle + spoke[1]),
                body(0, 0.345 - spoke[0], middle - spoke[1]),
                (0.006, 0.006),
                steel,
            )
    bottom, seat = (0.3, 0.02), (0.86, -0.2)
    head = (0.8, 0.4)
    for low, high in (
        (bottom, seat),
        (bottom, head),
        (seat, head),
        (bottom, (0.345, -0.52)),
        (seat, (0.345, -0.52)),
        (head, (0.345, 0.53)),
        (head, (1.03, 0.4)),
    ):
        mesh.limb(body(0, *low), body(0, *high), (0.022, 0.022), tube)
    mesh.limb(body(-0.27, 1.04, 0.43), body(0.27, 1.04, 0.43), (0.018, 0.018), steel)
    mesh.limb(body(0, 0.9, -0.32), body(0, 0.92, -0.1), (0.07, 0.04), tyre)
