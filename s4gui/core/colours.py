"""How different two colours are, also to an eye that cannot tell red from green."""

from __future__ import annotations

from enum import StrEnum
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from s4gui.core.classes import Rgb

Colours = NDArray[np.float64]
HARD_BELOW = 10.0
"""CIEDE2000 below which two classes are called hard to tell apart when painted over an image."""
_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
_WHITE = np.array([0.95047, 1.0, 1.08883])
_25_7 = 25.0**7


class Vision(StrEnum):
    """Who looks."""

    NORMAL = "normal"
    DEUTERANOPIA = "deuteranopia"
    PROTANOPIA = "protanopia"


_SEEN: dict[Vision, Colours] = {
    Vision.NORMAL: np.eye(3),
    Vision.DEUTERANOPIA: np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    Vision.PROTANOPIA: np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
}
"""On linear RGB, severity 1.0 (Machado, Oliveira and Fernandes 2009, A physiologically-based
model for simulation of color vision deficiency)."""


def seen_as(rgb: NDArray[np.uint8], vision: Vision) -> NDArray[np.uint8]:
    """sRGB colours (..., 3) uint8 as somebody sees them who lacks one kind of cone."""
    linear = (_linear(rgb) @ _SEEN[vision].T).clip(0, 1)
    low, high = linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055
    srgb = np.where(linear <= 0.0031308, low, high)
    return np.floor(srgb * 255 + 0.5).astype(np.uint8)


def lab(rgb: NDArray[np.uint8]) -> Colours:
    """CIELAB (..., 3) of sRGB colours (..., 3) uint8; white point D65 (IEC 61966-2-1, CIE 15)."""
    xyz = _linear(rgb) @ _TO_XYZ.T / _WHITE
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def difference(first: Colours, second: Colours) -> NDArray[np.float64]:
    """CIEDE2000 (...) of CIELAB colours (..., 3), with all weights 1.

    Written after Sharma, Wu and Dalal 2005, The CIEDE2000 color-difference formula:
    implementation notes, supplementary test data, and mathematical observations.
    """
    l1, l2 = first[..., 0], second[..., 0]
    c1, c2, h1, h2 = _chroma_and_hue(first, second)
    delta_l, delta_c = l2 - l1, c2 - c1
    turn = h2 - h1
    turn = np.where(turn > 180, turn - 360, np.where(turn < -180, turn + 360, turn))
    turn = np.where(c1 * c2 == 0, 0.0, turn)
    delta_h = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    mean_l, mean_c = (l1 + l2) / 2, (c1 + c2) / 2
    mean_h = _mean_hue(h1, h2, is_grey=c1 * c2 == 0)
    t = (
        1
        - 0.17 * _cos(mean_h - 30)
        + 0.24 * _cos(2 * mean_h)
        + 0.32 * _cos(3 * mean_h + 6)
        - 0.20 * _cos(4 * mean_h - 63)
    )
    away = (mean_l - 50) ** 2
    s_l = 1 + 0.015 * away / np.sqrt(20 + away)
    s_c, s_h = 1 + 0.045 * mean_c, 1 + 0.015 * mean_c * t
    r_c = 2 * np.sqrt(mean_c**7 / (mean_c**7 + _25_7))
    r_t = -r_c * np.sin(np.radians(60 * np.exp(-(((mean_h - 275) / 25) ** 2))))
    lightness, chroma, hue = delta_l / s_l, delta_c / s_c, delta_h / s_h
    squared = lightness**2 + chroma**2 + hue**2 + r_t * chroma * hue
    return np.asarray(np.sqrt(np.maximum(squared, 0)))


def hard_pairs(
    colours: tuple[Rgb, ...], *, below: float = HARD_BELOW
) -> list[tuple[int, int, Vision, float]]:
    """Places of colours that are hard to tell apart, for whom, and how far apart they are.

    One row for each pair, with the eye to which they are most alike; the worst pair first.
    """
    pairs = np.array(list(combinations(range(len(colours)), 2)), np.intp).reshape(-1, 2)
    if not len(pairs):
        return []
    plain = np.array(colours, np.uint8)
    apart = []
    for vision in Vision:
        seen = lab(seen_as(plain, vision))
        apart.append(difference(seen[pairs[:, 0]], seen[pairs[:, 1]]))
    who, far = np.argmin(apart, axis=0), np.min(apart, axis=0)
    visions = tuple(Vision)
    return [
        (int(pairs[n, 0]), int(pairs[n, 1]), visions[who[n]], float(far[n]))
        for n in np.argsort(far, kind="stable")
        if far[n] < below
    ]


def _linear(rgb: NDArray[np.uint8]) -> Colours:
    srgb = rgb.astype(np.float64) / 255
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def _chroma_and_hue(first: Colours, second: Colours) -> tuple[Colours, Colours, Colours, Colours]:
    """Chroma of both and hue of both in degrees, 0 to 360, with a stretched for greys."""
    plain = (np.hypot(first[..., 1], first[..., 2]) + np.hypot(second[..., 1], second[..., 2])) / 2
    stretch = 1 + 0.5 * (1 - np.sqrt(plain**7 / (plain**7 + _25_7)))
    a1, a2 = first[..., 1] * stretch, second[..., 1] * stretch
    b1, b2 = first[..., 2], second[..., 2]
    h1, h2 = (np.degrees(np.arctan2(b, a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    return np.hypot(a1, b1), np.hypot(a2, b2), h1, h2


def _mean_hue(h1: Colours, h2: Colours, *, is_grey: NDArray[np.bool_]) -> Colours:
    total = h1 + h2
    around = np.where(total < 360, (total + 360) / 2, (total - 360) / 2)
    return np.where(is_grey, total, np.where(np.abs(h1 - h2) <= 180, total / 2, around))


def _cos(degrees: Colours) -> Colours:
    return np.cos(np.radians(degrees))
