"""Plan: the measures, light and weather of one street, drawn from a generator."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from s4gui_demo.mesh import Rgb, Vec, rgb, unit, vec

KERB = 0.13


@dataclass(frozen=True, slots=True)
class Light:
    """Sun and sky, linear; `sun` points to the sun; `exposure` maps radiance to the picture."""

    sun: Vec
    sun_colour: Rgb
    zenith: Rgb
    horizon: Rgb
    cloud: float  # share of the sky under cloud
    cloud_colour: Rgb
    haze: float  # metres to 63 % haze
    exposure: float
    lit_windows: float


@dataclass(slots=True)
class Plan:
    """One street along z, the camera at z = 0; lanes in metres from the middle of the road."""

    seed: int
    light: Light
    eye: Vec
    yaw: float
    pitch: float
    fov: float
    half: float  # half the road's width
    pavement: tuple[float, float]  # left, right width
    hand: int  # side we drive on: -1 left, +1 right
    crossings: tuple[float, ...]
    junction: tuple[float, float] | None
    end: float
    markings: str
    parked: tuple[bool, bool]
    bonnet: bool
    kinds: tuple[str, str]
    people: int
    patches: list[tuple[float, float, float, float, float]] = field(default_factory=list)
    covers: list[tuple[float, float]] = field(default_factory=list)
    footprints: list[tuple[float, float, float, float]] = field(default_factory=list)

    def edge(self, side: int) -> float:
        """x of the building line on the left (-1) or right (+1)."""
        return side * (self.half + self.pavement[(side + 1) // 2])

    def lane(self) -> float:
        """x of the middle of our lane."""
        parked = 2.0 if self.parked[(self.hand + 1) // 2] else 0.0
        return self.hand * (self.half - parked) * 0.5


def _light(kind: str, rng: np.random.Generator) -> Light:
    heights = {"noon": 52, "morning": 30, "evening": 19, "overcast": 45, "dusk": 12, "hazy": 35}
    height = np.radians(heights[kind] + rng.uniform(-4, 4))
    side = rng.choice((-1, 1))
    turn = side * np.radians(rng.uniform(12, 55))
    back = rng.choice((-1, 1), p=(0.75, 0.25)) if kind != "evening" else rng.choice((-1, 1))
    sun = unit(
        vec(
            np.sin(turn) * np.cos(height),
            np.sin(height),
            back * np.cos(turn) * np.cos(height),
        )
    )
    table = {
        "noon": ((3.0, 2.8, 2.5), "3f78c4", "b9d4ea", 0.25, "ffffff", 420, 0.80, 0.0),
        "morning": ((2.9, 2.5, 1.9), "5288c8", "d3dfe6", 0.35, "fff6ea", 260, 0.85, 0.0),
        "evening": ((3.0, 2.05, 1.3), "5a82ba", "eed6b6", 0.35, "ffe0c0", 420, 1.0, 0.10),
        "overcast": ((0.28, 0.28, 0.28), "9aa7b4", "cfd5d9", 0.95, "dfe3e6", 200, 1.25, 0.06),
        "dusk": ((0.30, 0.21, 0.16), "40588c", "cfa798", 0.55, "8d869a", 420, 1.7, 0.5),
        "hazy": ((1.5, 1.4, 1.2), "8fabc8", "dfe5e8", 0.55, "f4f4f2", 130, 0.95, 0.0),
    }
    colour, zenith, horizon, cloud, white, haze, exposure, lit = table[kind]
    return Light(
        sun,
        colour,
        rgb(zenith),
        rgb(horizon),
        cloud + float(rng.uniform(-0.1, 0.1)),
        rgb(white),
        haze,
        exposure * float(rng.uniform(0.93, 1.08)),
        lit,
    )


LIGHTS = ("noon", "morning", "overcast", "evening", "hazy", "noon", "dusk", "morning")
KINDS = ("terrace", "shops", "modern", "houses", "shops", "park", "terrace")
MARKINGS = ("dashed", "dashed", "double", "lanes", "none")


def make_plan(seed: int, rng: np.random.Generator) -> Plan:
    """The plan of scene `seed`; kinds of light and street take turns so that no two look alike."""
    light = _light(LIGHTS[seed % len(LIGHTS)], rng)
    hand = 1 if seed % 3 else -1
    left = KINDS[(seed * 2) % len(KINDS)]
    right = KINDS[(seed * 3 + 1) % len(KINDS)]
    if left == right == "park":
        right = "terrace"
    parked = (bool(seed % 2), bool((seed // 2) % 2) or seed % 5 == 0)
    half = float(rng.uniform(3.0, 4.0)) + 1.05 * sum(parked)
    markings = MARKINGS[seed % len(MARKINGS)]
    if markings == "lanes":
        half = max(half, 6.2)
    crossing = float(rng.uniform(9, 17)) if seed % 3 != 1 else float(rng.uniform(24, 40))
    junction = None
    if seed % 3 == 2 or seed % 4 == 0:
        start = crossing + float(rng.uniform(5, 7))
        junction = (start, start + float(rng.uniform(7, 9)))
    plan = Plan(
        seed=seed,
        light=light,
        eye=vec(0, 0, 0),
        yaw=float(rng.uniform(-5, 5)),
        pitch=float(rng.uniform(-4.5, 0.5)),
        fov=float(rng.uniform(58, 68)),
        half=half,
        pavement=(float(rng.uniform(2.2, 4.2)), float(rng.uniform(2.2, 4.2))),
        hand=hand,
        crossings=(crossing,) if seed % 4 != 3 else (crossing, crossing + 30),
        junction=junction,
        end=float(rng.uniform(75, 150)),
        markings=markings,
        parked=parked,
        bonnet=seed % 3 == 0,
        kinds=(left, right),
        people=int(rng.integers(7, 13)),
    )
    height = 1.35 + 0.55 * float(rng.random()) + (0.9 if seed % 6 == 4 else 0.0)
    plan.eye = vec(plan.lane() + float(rng.uniform(-0.4, 0.4)), height, 0.0)
    plan.yaw -= float(np.sign(plan.eye[0])) * 2.0
    for _ in range(int(rng.integers(3, 9))):
        x, z = rng.uniform(-half, half), rng.uniform(2, 60)
        size = rng.uniform(0.4, 1.6), rng.uniform(0.8, 6)
        plan.patches.append((x, z, *size, float(rng.uniform(-0.28, 0.15))))
    plan.covers = [
        (float(rng.uniform(-half + 0.5, half - 0.5)), float(rng.uniform(4, 45))) for _ in range(6)
    ]
    return plan
