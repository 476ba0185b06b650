"""Light on what a view sees: sun with cast shadows, sky, reflections, haze."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from s4gui_demo import surfaces
from s4gui_demo.facades import facade
from s4gui_demo.mesh import Material, Mesh, unit, vec
from s4gui_demo.noise import Floats, Noise
from s4gui_demo.plan import Plan
from s4gui_demo.raster import EMPTY, Buffer, View, draw
from s4gui_demo.sky import sky
from s4gui_demo.surfaces import Samples

SHADOW_SIZE = 1792
SMALLEST_SHADOW = 512
PLAIN = {Material.PLAIN, Material.PAINT, Material.GLASS}


class Shader:
    """Colours the samples of one buffer; arrays by polygon are made once."""

    def __init__(self, plan: Plan, mesh: Mesh, noise: Noise, width: int) -> None:
        self.plan, self.mesh, self.noise = plan, mesh, noise
        looks = mesh.looks
        longest = max(len(each.params) for each in looks)
        self.material = np.array([each.material for each in looks], np.int16)
        self.colour = np.array([each.colour for each in looks], np.float32)
        self.bend = np.array([each.bend for each in looks], np.int16)
        self.glow = np.array([each.glow for each in looks], np.float32)
        self.params = np.array(
            [[*each.params, *([0.0] * (longest - len(each.params)))] for each in looks], np.float32
        )
        self.normal = np.array(mesh.normals, np.float32)
        self.axes = np.array(mesh.axes, np.float32)
        self.shadow_view, self.shadow = _shadow_map(mesh, plan, noise, width)

    def shade(self, buffer: Buffer, rays: Floats) -> Floats:
        """Radiance (height, width, 3) of the buffer's samples."""
        shape = buffer.polygon.shape
        ids = buffer.polygon.ravel()
        ways = rays.reshape(-1, 3)
        length = np.sqrt((ways * ways).sum(axis=1))
        out = np.empty((ids.size, 3), np.float32)
        empty = np.flatnonzero(ids == EMPTY)
        out[empty] = sky(self.plan.light, ways[empty] / length[empty, None], self.noise)
        material = np.where(ids == EMPTY, np.int16(-1), self.material[ids])
        depth = 1 / np.maximum(buffer.nearness.ravel(), 1e-6)
        for kind in np.unique(material[material >= 0]):
            for chosen in _pieces(np.flatnonzero(material == kind)):
                way = ways[chosen] / length[chosen, None]
                out[chosen] = self._lit(
                    Material(kind), ids[chosen], way, depth[chosen] * length[chosen]
                )
        return out.reshape(*shape, 3)

    def _lit(self, kind: Material, ids: NDArray[np.int32], way: Floats, distance: Floats) -> Floats:
        point = self.plan.eye.astype(np.float32) + way * distance[:, None]
        axes = self.axes[ids]
        local = point - axes[:, 0]
        u, v = (local * axes[:, 1]).sum(axis=1), (local * axes[:, 2]).sum(axis=1)
        samples = Samples(
            point, u, v, distance, self.colour[ids], self.params[ids],
            (ids % 251).astype(np.float32),
        )  # fmt: skip
        normal = self._normals(kind, ids, samples, axes, way)
        albedo, glass, glow = self._albedo(kind, samples)
        light = self._light(kind, samples, normal)
        colour = albedo * light + glow + albedo * self.glow[ids][:, None]
        colour = self._reflect(kind, colour, normal, way, glass)
        return self._haze(colour, way, distance)

    def _normals(
        self, kind: Material, ids: NDArray[np.int32], s: Samples, axes: Floats, way: Floats
    ) -> Floats:
        normal = self.normal[ids]
        away = (normal * way).sum(axis=1) > 0
        normal = np.where(away[:, None], -normal, normal)
        if kind is Material.LEAF:
            return s.params[:, :3] * 0.8 + normal * 0.2
        bend = self.bend[ids]
        if not bend.any():
            return normal
        su, sv = np.clip(s.u, -1, 1), np.clip(s.v, -1, 1) * (bend == 2)
        rest = np.sqrt(np.clip(1 - su**2 - sv**2, 0.02, 1))
        side, up = (a / np.maximum(np.linalg.norm(a, axis=1, keepdims=True), 1e-6)
                    for a in (axes[:, 1], axes[:, 2]))  # fmt: skip
        turned = normal * rest[:, None] + side * su[:, None] + up * sv[:, None]
        return np.where((bend > 0)[:, None], turned, normal)

    def _albedo(self, kind: Material, s: Samples) -> tuple[Floats, Floats, Floats | float]:
        glass = np.zeros(len(s.u), np.float32)
        if kind is Material.FACADE:
            painted = facade(s, self.plan.light, self.noise)
            return painted.colour, painted.glass, painted.glow
        if kind in PLAIN:
            return s.colour, glass, 0.0
        with_plan = {Material.ROAD: surfaces.road, Material.PAVEMENT: surfaces.pavement}
        alone = {Material.HUB: surfaces.hub, Material.SIGN: surfaces.sign}
        noisy = {
            Material.ROOF: surfaces.roof,
            Material.LEAF: surfaces.leaf,
            Material.BARK: surfaces.bark,
            Material.CLOTH: surfaces.cloth,
            Material.PLANKS: surfaces.planks,
            Material.GRASS: surfaces.grass,
        }
        if kind in with_plan:
            return with_plan[kind](s, self.plan, self.noise), glass, 0.0
        if kind in alone:
            return alone[kind](s), glass, 0.0
        return noisy[kind](s, self.noise), glass, 0.0

    def _light(self, kind: Material, s: Samples, normal: Floats) -> Floats:
        light = self.plan.light
        facing = normal @ light.sun.astype(np.float32)
        if kind is Material.LEAF:
            facing = 0.25 + 0.75 * np.clip(facing * 0.6 + 0.4, 0, 1)
        sun = np.clip(facing, 0, 1) * self._sunlit(s.point, normal)
        up = normal[:, 1] * 0.5 + 0.5
        # Half of the horizon's tint only: at dusk the sky overhead still lights the street.
        horizon = np.array(light.horizon, np.float32)
        overhead = np.array(light.zenith, np.float32) * 0.55 + horizon.mean() * 0.3 + horizon * 0.1
        white = np.array(light.cloud_colour, np.float32) * light.cloud * 0.35
        ambient = (overhead + white).astype(np.float32)
        bounce = 0.10 * ambient + 0.05 * np.array(light.sun_colour, np.float32)
        closed = self._closeness(s, normal)
        sky_light = ambient * (up * closed)[:, None] + bounce * ((1 - up) * closed)[:, None]
        return sky_light + np.array(light.sun_colour, np.float32) * sun[:, None]

    def _closeness(self, s: Samples, normal: Floats) -> Floats:
        """How open the place is to the sky: darker under cars and low on walls."""
        open_ = np.ones(len(s.u), np.float32)
        flat = (normal[:, 1] > 0.9) & (s.point[:, 1] < 0.3)
        for x, z, half_x, half_z in self.plan.footprints:
            dx = np.clip(np.abs(s.point[:, 0] - x) - half_x * 0.92, 0, None)
            dz = np.clip(np.abs(s.point[:, 2] - z) - half_z * 0.92, 0, None)
            gap = dx * dx + dz * dz
            open_ *= np.where(flat, 1 - 0.78 * np.exp(-gap / 0.10), 1)
        upright = np.abs(normal[:, 1]) < 0.5
        low = 0.55 + 0.45 * np.clip(s.point[:, 1] / 3.0, 0, 1)
        return open_ * np.where(upright, low, 1)

    def _sunlit(self, point: Floats, normal: Floats) -> Floats:
        view = self.shadow_view
        moved = (point + normal * 0.06 - view.eye.astype(np.float32)) @ view.turn.T.astype(
            np.float32
        )
        column = moved[:, 0] * view.scale + view.centre[0]
        row = moved[:, 1] * view.scale + view.centre[1]
        total = np.zeros(len(point), np.float32)
        for dy, dx in ((-0.7, -0.3), (-0.3, 0.7), (0.3, -0.7), (0.7, 0.3)):
            iy = np.clip(np.floor(row + dy).astype(np.int32), 0, view.height - 1)
            ix = np.clip(np.floor(column + dx).astype(np.int32), 0, view.width - 1)
            total += self.shadow[iy, ix] <= -moved[:, 2] + 0.06
        outside = (row < 0) | (row >= view.height) | (column < 0) | (column >= view.width)
        return np.where(outside, 0.6, total / 4)

    def _reflect(
        self, kind: Material, colour: Floats, normal: Floats, way: Floats, glass: Floats
    ) -> Floats:
        shine = {Material.PAINT: 0.09, Material.GLASS: 0.13, Material.HUB: 0.08}.get(kind, 0.0)
        if kind is Material.FACADE:
            chosen = np.flatnonzero(glass > 0)
            strength = glass[chosen] * 0.30
        elif shine:
            chosen, strength = np.arange(len(way)), np.full(len(way), shine, np.float32)
        else:
            return colour
        n, w = normal[chosen], way[chosen]
        cosine = np.clip(-(n * w).sum(axis=1), 0, 1)
        back = w + 2 * cosine[:, None] * n
        back /= np.linalg.norm(back, axis=1, keepdims=True)
        seen = sky(self.plan.light, back, self.noise, clouds=kind is not Material.PAINT)
        ground = np.array((0.10, 0.10, 0.10), np.float32) * np.array(self.plan.light.horizon)
        seen = np.where(back[:, 1:2] > 0.02, seen, ground)
        share = strength + (1 - strength) * 0.55 * (1 - cosine) ** 5
        colour[chosen] = colour[chosen] * (1 - share[:, None] * 0.6) + seen * share[:, None]
        return colour

    def _haze(self, colour: Floats, way: Floats, distance: Floats) -> Floats:
        light = self.plan.light
        share = (1 - np.exp(-distance / light.haze))[:, None]
        level = way.copy()
        level[:, 1] = 0.02
        horizon = np.array(light.horizon, np.float32)
        air = (horizon * 0.5 + horizon.mean() * 0.5) * 0.8
        near = np.clip(level @ light.sun.astype(np.float32), 0, 1)[:, None]
        air = air + 0.12 * np.array(light.sun_colour, np.float32) * near**6
        return (colour * (1 - share) + air * share).astype(np.float32)


def _pieces(chosen: NDArray[np.intp], size: int = 400_000) -> list[NDArray[np.intp]]:
    """The samples in pieces, so that a large picture needs no more memory than a small one."""
    return [chosen[i : i + size] for i in range(0, len(chosen), size)]


def _shadow_map(mesh: Mesh, plan: Plan, noise: Noise, width: int) -> tuple[View, Floats]:
    """Nearness to the sun over the street in front of the camera, finer for wide pictures."""
    size = int(np.clip(2 * width, SMALLEST_SHADOW, SHADOW_SIZE))
    forward = -plan.light.sun
    right = unit(np.cross(vec(0, 1, 0), forward))
    down = np.cross(forward, right)
    eye = vec(0, 0, 26)
    corners = np.array([(x, y, z) for x in (-15, 15) for y in (0, 6) for z in (-4, 58)], float)
    turn = np.stack((right, down, forward))
    flat = (corners - eye) @ turn.T
    low, high = flat.min(axis=0), flat.max(axis=0)
    scale = size / max(high[0] - low[0], high[1] - low[1])
    centre = (-float(low[0]) * scale, -float(low[1]) * scale)
    view = View(eye, turn, size, size, centre, scale, parallel=True)
    return view, draw(mesh, view, noise.grain_tile).nearness
