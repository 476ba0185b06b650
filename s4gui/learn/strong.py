"""Strong changes of a view: colours, grey, blur, and a box that will come from another view."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from s4gui.learn.augment import GREY, Floats, Generator

JITTER_SHARE, GREY_SHARE, BLUR_SHARE = 0.8, 0.2, 0.5
STRENGTH = 0.5
HUE = 0.25
"""Largest turn of the hue, in whole turns."""
BLUR_FROM, BLUR_TO = 0.1, 2.0
"""Standard deviations in pixels."""
AREA_FROM, AREA_TO = 0.02, 0.4
RATIO_FROM, RATIO_TO = 0.3, 1 / 0.3


def changed(rng: Generator, colours: Floats) -> Floats:
    """(h, w, 3) in 0..1 as UniMatch changes it strongly (methods 3.3, step 2).

    Brightness, contrast, saturation within 1 -/+ 0.5 and the hue by at most a quarter turn
    with probability 0.8; grey with 0.2; blurred with 0.5.
    """
    if rng.random() < JITTER_SHARE:
        colours = _jittered(rng, colours)
    if rng.random() < GREY_SHARE:
        colours = np.repeat((colours @ GREY)[..., None], 3, axis=2)
    if rng.random() < BLUR_SHARE:
        colours = blurred(colours, sigma=float(rng.uniform(BLUR_FROM, BLUR_TO)))
    return colours


def _jittered(rng: Generator, colours: Floats) -> Floats:
    brightness, contrast, saturation = 1 + STRENGTH * rng.uniform(-1, 1, 3)
    turned = hue_turn(float(rng.uniform(-HUE, HUE)))
    to_grey = np.outer(np.ones(3), GREY)
    matrix = turned @ (saturation * np.eye(3) + (1 - saturation) * to_grey)
    middle = float((colours @ GREY).mean())
    offset = np.float32(brightness * (1 - contrast) * middle)
    mixed = (brightness * contrast * matrix).astype(np.float32)
    lit: Floats = np.clip(colours @ mixed.T + offset, 0, 1)
    return lit


def hue_turn(turns: float) -> NDArray[np.float64]:
    """(3, 3): RGB turned about the grey axis; greys stay, brightness as the mean of RGB too."""
    cosine, sine = np.cos(2 * np.pi * turns), np.sin(2 * np.pi * turns) / np.sqrt(3)
    third = (1 - cosine) / 3
    cross = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]])
    out: NDArray[np.float64] = cosine * np.eye(3) + third + sine * cross
    return out


def blurred(colours: Floats, *, sigma: float) -> Floats:
    """(h, w, 3) under a Gaussian of this many pixels, cut at three of them, edges mirrored."""
    reach = max(1, int(np.ceil(3 * sigma)))
    away = np.arange(-reach, reach + 1)
    weights = np.exp(-0.5 * (away / sigma) ** 2)
    weights = (weights / weights.sum()).astype(np.float32)
    for axis in (0, 1):
        sides = [(0, 0), (0, 0), (0, 0)]
        sides[axis] = (reach, reach)
        wide = np.pad(colours, sides, mode="symmetric")
        length = colours.shape[axis]
        total = np.zeros_like(colours)
        for at, weight in enumerate(weights):
            total += weight * (wide[at : at + length] if axis == 0 else wide[:, at : at + length])
        colours = total
    return colours


def cut_box(rng: Generator, *, height: int, width: int) -> tuple[slice, slice]:
    """A random box: 2 to 40 % of the area, sides in a ratio of 0.3 to 1 / 0.3, that fits.

    CutMix (Yun et al. 2019) as UniMatch draws it: again and again until it fits.
    """
    while True:
        area = height * width * rng.uniform(AREA_FROM, AREA_TO)
        ratio = rng.uniform(RATIO_FROM, RATIO_TO)
        tall, wide = round(float(np.sqrt(area / ratio))), round(float(np.sqrt(area * ratio)))
        if 1 <= tall <= height and 1 <= wide <= width:
            y, x = int(rng.integers(height - tall + 1)), int(rng.integers(width - wide + 1))
            return slice(y, y + tall), slice(x, x + wide)
