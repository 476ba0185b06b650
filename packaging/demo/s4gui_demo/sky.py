"""The sky's radiance in a direction: gradient, clouds, glow round the sun."""

from __future__ import annotations

import numpy as np

from s4gui_demo.noise import Floats, Noise
from s4gui_demo.plan import Light


def sky(light: Light, ways: Floats, noise: Noise, *, clouds: bool = True) -> Floats:
    """Radiance (n, 3) of directions (n, 3) of length 1."""
    up = np.clip(ways[:, 1], 0, 1)
    share = (np.power(up, 0.55) * 1.15).clip(0, 1)[:, None]
    horizon, zenith = (np.array(c, np.float32) for c in (light.horizon, light.zenith))
    colour = horizon * (1 - share) + zenith * share
    near = np.clip(ways @ light.sun.astype(np.float32), 0, 1)
    sun = np.array(light.sun_colour, np.float32)
    if clouds:
        x = ways[:, 0] / (up + 0.12) * 70
        y = ways[:, 2] / (up + 0.12) * 70
        field = noise.soft(x, y) * 0.75 + 0.45 * noise.rough(x * 1.7 + 91, y * 1.7)
        cover = np.clip((field + (light.cloud - 0.5) * 3.2) * 1.1, 0, 1)[:, None]
        shade = 0.82 + 0.18 * np.clip(noise.soft(x * 1.4 + 33, y * 1.4 + 7), -1.5, 1)[:, None]
        white = np.array(light.cloud_colour, np.float32) * shade
        white = white * (1 + 0.10 * sun * near[:, None] ** 4)
        colour = colour * (1 - 0.85 * cover) + white * 0.85 * cover
    glow = 0.25 * near**8 + 0.5 * near**64 + 2.0 * near**900
    return (colour + sun * glow[:, None] * 0.4).astype(np.float32)
