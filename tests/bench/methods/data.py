"""Data sets on CamVid: which images are labelled, how, and on which others a run is scored."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from s4gui.core.classes import UNLABELLED, VOID
from tests.bench.learn.camvid import mask, stems

SPLITS = ("camvid", "drive")
"""camvid: train images teach, val images score. drive: a whole drive is left out and scores."""
HELD_OUT = "0016E5"
EVERY = 3  # of the left-out drive's 305 images every third scores, about as many as val has


@dataclass(frozen=True)
class DataSet:
    """How many images are labelled (0: all) and with what; all the others are unlabelled data.

    labels: "masks", "scribbles", or "pixels" (so many an image, drawn at random from the mask).
    """

    labels: str
    images: int = 0
    pixels: int = 0


SETS = {
    **{f"F-{n}": DataSet("masks", n) for n in (10, 23, 46, 92)},
    **{f"S-{n}": DataSet("scribbles", n) for n in (5, 10, 23, 46, 92)},
    "F-367": DataSet("masks"),
    "S-367": DataSet("scribbles"),
    "P-20": DataSet("pixels", pixels=20),
    "P-100": DataSet("pixels", pixels=100),
}


@dataclass(frozen=True)
class Image:
    """One image of the folder `train` or `val`."""

    folder: str
    stem: str

    @property
    def drive(self) -> str:
        """The drive it was taken on."""
        return self.stem.split("_")[0]


def pool(root: Path, split: str) -> list[Image]:
    """The images a run may see, labelled or not, in order."""
    return [each for each in _all(root, "train") if split == "camvid" or each.drive != HELD_OUT]


def scored(root: Path, split: str) -> list[Image]:
    """The images whose masks score a run; none of them is in the pool."""
    if split == "camvid":
        return list(_all(root, "val"))
    both = [each for each in (*_all(root, "train"), *_all(root, "val")) if each.drive == HELD_OUT]
    return sorted(both, key=lambda each: each.stem)[::EVERY]


def labelled(root: Path, name: str, split: str, seed: int) -> list[Image]:
    """The labelled images of a data set: a stored set if there is one of the seed, or else
    evenly spaced on each drive.
    """
    images, wanted = pool(root, split), SETS[name].images
    if not wanted:
        return images
    stored = f"n{wanted:02d}_seed{seed}"
    if split == "camvid" and (root / "sets" / f"{stored}.txt").exists():
        chosen = stems(root, stored)
        return [each for each in images if each.stem in chosen]
    return evenly(images, wanted, seed)


def evenly(images: list[Image], count: int, seed: int) -> list[Image]:
    """`count` images, as many of each drive as it is large, evenly spaced from a random start."""
    drives = sorted({each.drive for each in images})
    groups = [[each for each in images if each.drive == drive] for drive in drives]
    exact = [count * len(group) / len(images) for group in groups]
    sizes = [int(each) for each in exact]
    rests = sorted(range(len(groups)), key=lambda i: sizes[i] - exact[i])
    for i in rests[: count - sum(sizes)]:
        sizes[i] += 1
    chosen = []
    for number, (group, size) in enumerate(zip(groups, sizes, strict=True)):
        start = np.random.default_rng([seed, number]).random()
        chosen += [group[int((i + start) * len(group) / size)] for i in range(size)]
    return chosen


def labels(root: Path, name: str, image: Image, seed: int) -> np.ndarray:
    """(H, W) uint8: what a run is taught on an image."""
    kind = SETS[name]
    if kind.labels == "scribbles":
        return mask(root / f"{image.folder}_scribbles" / f"{image.stem}.png")
    whole = reference(root, image)
    return some_pixels(whole, kind.pixels, seed=seed, stem=image.stem) if kind.pixels else whole


def reference(root: Path, image: Image) -> np.ndarray:
    """(H, W) uint8: the full mask of an image."""
    return mask(root / f"{image.folder}annot" / f"{image.stem}.png")


def some_pixels(whole: np.ndarray, count: int, *, seed: int, stem: str) -> np.ndarray:
    """The mask with all but `count` random pixels of classes taken out; the same for a seed."""
    known = np.flatnonzero((whole != VOID) & (whole != UNLABELLED))
    rng = np.random.default_rng([seed, count, zlib.crc32(stem.encode())])
    kept = rng.choice(known, size=min(count, len(known)), replace=False)
    answer = np.full(whole.size, UNLABELLED, np.uint8)
    answer[kept] = whole.ravel()[kept]
    return answer.reshape(whole.shape)


@cache
def _all(root: Path, folder: str) -> tuple[Image, ...]:
    return tuple(Image(folder, path.stem) for path in sorted((root / folder).glob("*.png")))
