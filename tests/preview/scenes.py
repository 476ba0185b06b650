"""Small street-like pictures with known classes, and strokes on them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

SKY, ROAD, CAR = 3, 0, 7
COLOURS = {SKY: (150, 180, 230), ROAD: (90, 90, 95), CAR: (170, 40, 40)}


def scene(seed: int, *, height: int = 90, width: int = 120) -> tuple[np.ndarray, np.ndarray]:
    """Pixels (H, W, 3) uint8 and reference (H, W) uint8: sky above road with a red car on it."""
    rng = np.random.default_rng(seed)
    reference = np.full((height, width), ROAD, np.uint8)
    reference[: height // 2] = SKY
    y, x = height * 6 // 10, int(rng.integers(width // 8, width // 2))
    reference[y : y + height // 5, x : x + width // 4] = CAR
    pixels = np.zeros((height, width, 3))
    for value, colour in COLOURS.items():
        pixels[reference == value] = colour
    pixels += rng.normal(0, 12, pixels.shape)
    return np.clip(pixels, 0, 255).astype(np.uint8), reference


def strokes(reference: np.ndarray) -> np.ndarray:
    """Labels (H, W) uint8, 255 = unlabelled: a cross of two strokes inside each class."""
    labels = np.full_like(reference, 255)
    for value in np.unique(reference):
        y, x = np.nonzero(reference == value)
        inside = np.zeros(reference.shape, bool)
        inside[int(np.median(y)) :][:2] = True
        inside[:, int(np.percentile(x, 30)) :][:, :2] = True
        labels[inside & (reference == value)] = value
    return labels


def save(folder: Path, name: str, pixels: np.ndarray) -> str:
    path = folder / name
    Image.fromarray(pixels).save(path)
    return str(path)
