"""A folder that looks like CamVid's, small enough for tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from s4gui.core.classes import UNLABELLED
from tests.bench.learn.camvid import CAMVID_VOID
from tests.bench.methods import data

DRIVES = {"train": (("0001TP", 4), ("0006R0", 6), ("0016E5", 8)), "val": (("0016E5", 4),)}
SHAPE = (64, 96)
STEP = 20
"""Grey of a pixel by its class: an image says what its mask is."""


def make(root: Path) -> Path:
    """18 train and 4 val images with masks and scribbles, and one stored set of five."""
    rng = np.random.default_rng(0)
    for folder, drives in DRIVES.items():
        for name in ("", "annot", "_scribbles"):
            (root / f"{folder}{name}").mkdir()
        for drive, count in drives:
            for i in range(count):
                number = 2 * i + (folder == "val")
                labels = np.sort(rng.integers(0, CAMVID_VOID + 1, SHAPE, np.uint8), axis=1)
                sparse = np.where(rng.random(SHAPE) < 0.1, labels, UNLABELLED)
                stem = f"{drive}_{number:06d}.png"
                Image.fromarray(np.stack([STEP * labels] * 3, -1)).save(root / folder / stem)
                Image.fromarray(labels).save(root / f"{folder}annot" / stem)
                Image.fromarray(sparse.astype(np.uint8)).save(root / f"{folder}_scribbles" / stem)
    (root / "sets").mkdir()
    some = sorted((root / "train").iterdir())[::4]
    (root / "sets" / "n05_seed0.txt").write_text("\n".join(each.name for each in some))
    data._all.cache_clear()
    return root
