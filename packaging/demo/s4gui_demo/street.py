"""Puts a street together: ground, rows of buildings, trees, furniture, traffic and people."""

from __future__ import annotations

import numpy as np

from s4gui_demo import buildings, cars, furniture, people, trees
from s4gui_demo.mesh import PAVEMENT, ROAD, VOID, Look, Material, Mesh, rgb, vec
from s4gui_demo.plan import KERB, Plan

FAR = 260.0
BACK = -14.0


def build(plan: Plan, rng: np.random.Generator) -> Mesh:
    """All polygons of the street of this plan."""
    mesh = Mesh(plan.eye, plan.light.sun)
    _ground(mesh, plan)
    for side in (-1, 1):
        rng_side = np.random.default_rng(int(rng.integers(1 << 62)))
        _row(mesh, plan, side, rng_side)
        _pavement_things(mesh, plan, side, rng_side)
        if plan.parked[(side + 1) // 2]:
            _parked(mesh, plan, side, rng_side)
    _traffic(mesh, plan, rng)
    _walkers(mesh, plan, rng)
    _riders(mesh, plan, rng)
    _end(mesh, plan, rng)
    return mesh


def _spans(plan: Plan) -> list[tuple[float, float]]:
    """Stretches of z with pavement and buildings: all but the side street."""
    if plan.junction is None:
        return [(BACK, plan.end)]
    return [(BACK, plan.junction[0]), (plan.junction[1], plan.end)]


def _ground(mesh: Mesh, plan: Plan) -> None:
    road = Look(ROAD, rgb("63625f"), Material.ROAD, casts=False)
    mesh.quad(vec(-FAR, 0, BACK), vec(2 * FAR, 0, 0), vec(0, 0, FAR), road)
    slabs = Look(PAVEMENT, rgb("a19c92"), Material.PAVEMENT, casts=False)
    kerb = Look(PAVEMENT, rgb("b3b0a8"), Material.PLAIN, casts=False)
    for a, b in _spans(plan):
        for side in (-1, 1):
            inner, outer = side * plan.half, plan.edge(side)
            along = vec(0, 0, b - a)
            mesh.quad(vec(inner, KERB, a), along, vec(outer - inner, 0, 0), slabs)
            mesh.quad(vec(inner, 0, a), along, vec(0, KERB, 0), kerb)
            beyond = side * 60.0
            if plan.kinds[(side + 1) // 2] in ("park", "houses"):
                grass = Look(VOID, rgb("55682f"), Material.GRASS, casts=False)
                mesh.quad(vec(outer, KERB, a), along, vec(beyond - outer, 0, 0), grass)
            for end in (a, b):
                mesh.quad(vec(inner, 0, end), vec(beyond - inner, 0, 0), vec(0, KERB, 0), kerb)
    if plan.junction is not None:
        for z, shift in ((plan.junction[0], -2.2), (plan.junction[1], 2.2)):
            for side in (-1, 1):
                start, out = plan.edge(side), side * 60.0 - plan.edge(side)
                mesh.quad(vec(start, KERB, z), vec(out, 0, 0), vec(0, 0, shift), slabs)


def _row(mesh: Mesh, plan: Plan, side: int, rng: np.random.Generator) -> None:
    kind = plan.kinds[(side + 1) // 2]
    for a, b in _spans(plan):
        if kind == "park":
            _park(mesh, plan, side, (a, b), rng)
            continue
        back = 3.6 if kind == "houses" else 0.0
        x = plan.edge(side) + side * back
        z = a + (2.4 if plan.junction and a == plan.junction[1] else 0.0)
        stop = b - (2.4 if plan.junction and b == plan.junction[0] else 0.0)
        while z < stop - 4:
            width = min(float(rng.uniform(6.5, 13)), stop - z)
            shift = side * float(rng.choice((0, 0, 0.25, 0.5)))
            buildings.building(mesh, kind, x + shift, (z, z + width), side, rng)
            z += width + (float(rng.uniform(1.5, 3.5)) if kind == "houses" else 0.0)
        if kind == "houses":
            _garden(mesh, plan, side, (a, b), rng)
    if plan.junction is not None:
        for shift in (34.0,):
            far = plan.edge(side) + side * shift
            buildings.building(
                mesh, "terrace", far, (plan.junction[0] - 8, plan.junction[1] + 8), side, rng
            )


def _garden(
    mesh: Mesh, plan: Plan, side: int, span: tuple[float, float], rng: np.random.Generator
) -> None:
    """The boundary of front gardens: planks, railings, walls and hedges take turns."""
    x = plan.edge(side)
    z = span[0]
    while z < span[1] - 2:
        length = min(float(rng.uniform(5, 10)), span[1] - z)
        start, end = vec(x, KERB, z), vec(x, KERB, z + length - 1.1)
        kind = int(rng.integers(0, 4)) if z < 55 else 0
        if kind == 0:
            furniture.planks(mesh, start, end, float(rng.uniform(1.1, 1.7)), rng)
        elif kind == 1:
            furniture.railing(mesh, start, end, 1.15, rng)
        elif kind == 2:
            brick = Look(7, rgb("8a5743"), Material.PLANKS, (-1.0,))
            furniture.wall(mesh, start, end, float(rng.uniform(0.7, 1.1)), brick)
        else:
            trees.hedge(mesh, start + vec(side * 0.4, 0, 0), end + vec(side * 0.4, 0, 0), 1.5, rng)
        if rng.random() < 0.55:
            at = vec(x + side * float(rng.uniform(1.2, 2.6)), KERB, z + length / 2)
            trees.tree(mesh, at, rng, height=float(rng.uniform(3.2, 6.0)), bare=False)
        z += length


def _park(
    mesh: Mesh, plan: Plan, side: int, span: tuple[float, float], rng: np.random.Generator
) -> None:
    """A railing or plank fence with trees behind it, houses far off."""
    x, stop = plan.edge(side), min(span[1], 70.0)
    if span[0] < stop:
        fence = furniture.railing if plan.seed % 2 else furniture.planks
        fence(mesh, vec(x, KERB, span[0]), vec(x, KERB, stop), 1.25, rng)
    z = span[0] + 3
    while z < span[1]:
        for row in (2.5, 8.0):
            at = vec(
                x + side * (row + float(rng.uniform(-1, 1))), KERB, z + float(rng.uniform(-2, 2))
            )
            trees.tree(
                mesh, at, rng, height=float(rng.uniform(6, 11)), bare=rng.random() < 0.15 and z < 40
            )
        z += float(rng.uniform(5, 9)) * (1 if z < 40 else 1.6)
    for near in np.arange(span[0], span[1] - 12, 14.0):
        buildings.building(mesh, "terrace", x + side * 26, (near, near + 13), side, rng)


def _clear(plan: Plan, z: float, room: float = 1.0) -> bool:
    """Whether z is not at a crossing or in the side street."""
    if any(c - room < z < c + 3.4 + room for c in plan.crossings):
        return False
    return plan.junction is None or not plan.junction[0] - room < z < plan.junction[1] + room


def _pavement_things(mesh: Mesh, plan: Plan, side: int, rng: np.random.Generator) -> None:
    kerbside = side * (plan.half + 0.45)
    lit = plan.light.lit_windows > 0.3
    for z in np.arange(float(rng.uniform(4, 14)), 90, float(rng.uniform(17, 24))):
        if _clear(plan, z):
            furniture.lamp(mesh, vec(kerbside, KERB, z), side, rng, lit=lit)
    _street_trees(mesh, plan, side, rng)
    _signs(mesh, plan, side, rng)
    for _ in range(3):
        z = float(rng.uniform(5, 40))
        if _clear(plan, z):
            at = vec(plan.edge(side) - side * 0.5, KERB, z)
            if rng.random() < 0.7:
                furniture.bin_(mesh, at, rng)
            else:
                furniture.bench(mesh, at, side, rng)
    crossing = plan.crossings[0]
    if rng.random() < 0.6:
        x = side * (plan.half + 0.25)
        start = crossing + 3.8 if plan.junction is None else crossing - 5.4
        furniture.railing(mesh, vec(x, KERB, start), vec(x, KERB, start + 5), 1.05, rng)
    if rng.random() < 0.5:
        z = crossing - 9
        furniture.bollards(mesh, vec(side * (plan.half + 0.3), KERB, max(z, 4.5)), 4, rng)


def _street_trees(mesh: Mesh, plan: Plan, side: int, rng: np.random.Generator) -> None:
    if plan.kinds[(side + 1) // 2] == "park" or (plan.seed + side) % 4 == 1:
        return
    step = float(rng.uniform(8, 12))
    for z in np.arange(float(rng.uniform(7, 13)), 80, step):
        if _clear(plan, z, 1.5):
            bare = (plan.seed + (side > 0)) % 4 == 0 and bool(z < 45)
            height = float(rng.uniform(4.5, 7.5))
            at = vec(side * (plan.half + 0.9), KERB, z)
            trees.tree(mesh, at, rng, height=height, bare=bare)


def _signs(mesh: Mesh, plan: Plan, side: int, rng: np.random.Generator) -> None:
    kerbside = side * (plan.half + 0.35)
    facing = -1 if side == plan.hand or rng.random() < 0.6 else 1
    for z in np.arange(float(rng.uniform(6, 11)), 60, float(rng.uniform(11, 18))):
        if _clear(plan, z, 0.3):
            furniture.sign(mesh, vec(kerbside, KERB, z), rng, facing=facing)
    if plan.seed % 3 != 1:
        z = plan.crossings[0] - 0.4
        furniture.traffic_light(mesh, vec(kerbside, KERB, z), rng)
    if plan.seed % 5 == 2 and side == plan.hand:
        furniture.board(mesh, vec(side * (plan.half + 1.4), KERB, 21), rng)


def _parked(mesh: Mesh, plan: Plan, side: int, rng: np.random.Generator) -> None:
    x = side * (plan.half - 1.02)
    z = float(rng.uniform(3.5, 9)) if side != plan.hand else float(rng.uniform(6, 10))
    while z < 85:
        if _clear(plan, z, 3.2) and rng.random() < 0.86:
            yaw = (0.0 if side == plan.hand else np.pi) + float(rng.normal(0, 0.02))
            _place(mesh, plan, (x + float(rng.normal(0, 0.06)), z), yaw, rng)
        z += float(rng.uniform(5.2, 6.6))


def _place(
    mesh: Mesh, plan: Plan, at: tuple[float, float], yaw: float, rng: np.random.Generator
) -> None:
    width, length = cars.car(mesh, vec(at[0], 0, at[1]), yaw, rng)
    across, along = abs(np.sin(yaw)), abs(np.cos(yaw))
    half_x = (width * along + length * across) / 2
    half_z = (width * across + length * along) / 2
    plan.footprints.append((at[0], at[1], half_x, half_z))


def _traffic(mesh: Mesh, plan: Plan, rng: np.random.Generator) -> None:
    ours = plan.lane()
    theirs = -plan.hand * (plan.half - (2.0 if plan.parked[(1 - plan.hand) // 2] else 0)) * 0.5
    z = float(rng.uniform(13, 24))
    for _ in range(int(rng.integers(1, 4))):
        if _clear(plan, z, 2.6):
            _place(mesh, plan, (ours + float(rng.normal(0, 0.15)), z), 0.0, rng)
        z += float(rng.uniform(9, 20))
    z = float(rng.uniform(8, 18))
    for _ in range(int(rng.integers(1, 4))):
        if _clear(plan, z, 2.6):
            _place(mesh, plan, (theirs + float(rng.normal(0, 0.15)), z), np.pi, rng)
        z += float(rng.uniform(9, 20))
    if plan.junction is not None and plan.seed % 2 == 0:
        middle = (plan.junction[0] + plan.junction[1]) / 2
        turn = float(rng.choice((-1, 1)))
        x = -turn * (plan.half + float(rng.uniform(-1.5, 2.5)))
        _place(mesh, plan, (x, middle + turn * 1.7), turn * np.pi / 2, rng)


def _walkers(mesh: Mesh, plan: Plan, rng: np.random.Generator) -> None:
    for i in range(plan.people):
        side = -1 if i % 2 else 1
        room = plan.pavement[(side + 1) // 2]
        x = side * (plan.half + float(rng.uniform(0.9, max(room - 0.6, 1.1))))
        z = float(rng.uniform(6, 17)) if i < 4 else float(rng.uniform(10, 42))
        if plan.junction and plan.junction[0] - 0.5 < z < plan.junction[1] + 0.5:
            continue
        yaw = float(rng.choice((0.0, np.pi))) + float(rng.normal(0, 0.25))
        people.pedestrian(mesh, vec(x, KERB, z), yaw, rng)
        if rng.random() < 0.3:
            people.pedestrian(mesh, vec(x + side * 0.1, KERB, z + 0.75), yaw, rng)
    if plan.seed % 4 != 1:
        for _ in range(int(rng.integers(1, 4))):
            x = float(rng.uniform(-plan.half, plan.half))
            z = plan.crossings[0] + float(rng.uniform(0.5, 2.8))
            yaw = float(rng.choice((-1, 1))) * np.pi / 2
            people.pedestrian(mesh, vec(x, 0, z), yaw + float(rng.normal(0, 0.1)), rng)


def _riders(mesh: Mesh, plan: Plan, rng: np.random.Generator) -> None:
    if plan.seed % 6 == 3:
        return
    spare = [2.75 if p else 0.7 for p in plan.parked]
    right, left = plan.half - spare[1], -plan.half + spare[0]
    ours, theirs = (right, left) if plan.hand > 0 else (left, right)
    people.cyclist(mesh, vec(ours, 0, float(rng.uniform(7, 13))), float(rng.normal(0, 0.12)), rng)
    if rng.random() < 0.6:
        z = float(rng.uniform(10, 22))
        people.cyclist(mesh, vec(theirs, 0, z), np.pi + float(rng.normal(0, 0.12)), rng)
    if plan.junction is not None:
        turn = float(rng.choice((-1, 1)))
        z = plan.junction[0] + float(rng.uniform(1, 3))
        at = vec(float(rng.uniform(-plan.half, plan.half)), 0, z)
        people.cyclist(mesh, at, turn * np.pi / 2 + float(rng.normal(0, 0.15)), rng)


def _end(mesh: Mesh, plan: Plan, rng: np.random.Generator) -> None:
    """What closes the view: a row of houses or trees."""
    if plan.seed % 3 == 0:
        buildings.across(mesh, plan.end + 12, "terrace", rng)
        return
    for x in np.arange(-24, 25, 6.0):
        at = vec(x + float(rng.uniform(-2, 2)), 0, plan.end + 6 + float(rng.uniform(0, 10)))
        trees.tree(mesh, at, rng, height=float(rng.uniform(7, 12)), bare=False)
