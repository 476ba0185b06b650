"""Tone: brightness, contrast and gamma of the image as one lookup table; no Qt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s4gui.core.classes import Rgb

GAMMA_MIN, GAMMA_MAX = 0.25, 4.0


@dataclass(frozen=True, slots=True)
class Tone:
    """How the image is shown; never how it is learned.

    `brightness` and `contrast` run from -1 to 1 with 0 as it is; `gamma` from 0.25 to 4 with 1
    as it is, and more of it lifts the dark parts.
    """

    brightness: float = 0.0
    contrast: float = 0.0
    gamma: float = 1.0

    def __post_init__(self) -> None:
        if not (-1 <= self.brightness <= 1 and -1 <= self.contrast <= 1):
            raise ValueError(f"brightness and contrast are -1 to 1: {self}")
        if not GAMMA_MIN <= self.gamma <= GAMMA_MAX:
            raise ValueError(f"gamma is {GAMMA_MIN} to {GAMMA_MAX}, not {self.gamma}")

    def table(self) -> NDArray[np.uint8]:
        """(256,) uint8 by channel value, never falling: gamma, then contrast around the middle
        (a quarter to four times as steep), then brightness."""
        y = self._curve()
        return np.floor(y.clip(0, 1) * 255 + 0.5).astype(np.uint8)

    def tables(self, opacity: float, over: Rgb) -> NDArray[np.uint8]:
        """(3, 256) uint8 for red, green, blue: the image at an opacity over one colour."""
        table = self.table().astype(np.float64)
        mixed = [opacity * table + (1 - opacity) * part for part in over]
        return np.floor(np.stack(mixed) + 0.5).astype(np.uint8)

    def _curve(self) -> NDArray[np.float64]:
        x = np.linspace(0, 1, 256) ** (1 / self.gamma)
        return np.asarray((x - 0.5) * 4**self.contrast + 0.5 + self.brightness)
