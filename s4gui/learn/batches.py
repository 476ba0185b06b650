"""Batches: the views of a step, drawn from a snapshot so that crops meet labels."""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from s4gui.core.classes import UNLABELLED
from s4gui.core.errors import ImageError
from s4gui.core.frames import Frame, Split
from s4gui.core.recipe import Recipe
from s4gui.learn import augment, seed
from s4gui.learn.pictures import PictureBook
from s4gui.learn.pixels import PixelCache, Rgb
from s4gui.learn.seed import Stream
from s4gui.learn.strategy import needs
from s4gui.learn.views import RGB, Batch, Views
from s4gui.store.snapshots import Snapshot

Labels = NDArray[np.uint8]
MULTIPLE = 16
FOCUSED = 0.5
SPOTS_PER_CLASS = 512


@dataclass(frozen=True, slots=True)
class _Painted:
    """A frame's train labels as training indices, packed, and places of each class in 0..1."""

    packed: bytes  # zlib: thousands of masks stay in memory
    shape: tuple[int, int]
    counts: NDArray[np.int64]  # (256,) pixels by value
    spots: tuple[NDArray[np.float32], ...]

    def labels(self) -> Labels:
        """(H, W) uint8 training indices, UNLABELLED elsewhere."""
        return np.frombuffer(zlib.decompress(self.packed), np.uint8).reshape(self.shape)


class Batches:
    """Draws each step's views as a function of the seed and the step alone.

    Frames come in shuffled passes. Half of the labelled views (and all that would otherwise
    show no label) are placed on a labelled pixel, each class of the frame being as likely.
    """

    def __init__(
        self, snapshot: Snapshot, recipe: Recipe, *, view: tuple[int, int], cache: PixelCache
    ) -> None:
        self._recipe, self._view, self._cache = recipe, view, cache
        self.use(snapshot)

    def use(self, snapshot: Snapshot) -> None:
        """Draw from this snapshot from now on."""
        self._snapshot = snapshot
        to_train = snapshot.class_map.to_train()
        self._painted: dict[str, _Painted] = {}
        for frame in snapshot.labelled:
            labels = snapshot.train_labels(frame.id)
            if labels is not None and (to_train[labels] != UNLABELLED).any():
                self._painted[frame.id] = _painted(to_train[labels])
        self._labelled = [each for each in snapshot.labelled if each.id in self._painted]
        self._pool = [each for each in snapshot.frames if _teaches(each)]
        self._classes = len(snapshot.class_map)
        wanted = needs(self._recipe).pictures
        self._book = PictureBook(snapshot, self._recipe, cache=self._cache) if wanted else None

    @property
    def labelled_frames(self) -> int:
        """How many frames have a pixel that teaches."""
        return len(self._labelled)

    @property
    def unlabelled_frames(self) -> int:
        """How many train frames have none."""
        return len(self._pool) - len(self._labelled)

    @property
    def tagged_frames(self) -> int:
        """How many frames have known tags; 0 where the strategy does not ask for them."""
        return self._book.tagged_frames if self._book else 0

    def counts(self) -> Tensor:
        """(C,) int64: labelled pixels by training index."""
        found = np.zeros(self._classes, np.int64)
        for each in self._painted.values():
            found += each.counts[: self._classes]
        return torch.from_numpy(found)

    def some_frames(self, count: int) -> list[Rgb]:
        """At most `count` train images, evenly spread, labelled or not; broken ones left out."""
        found = []
        for frame in self._pool[:: max(1, len(self._pool) // count)][:count]:
            with contextlib.suppress(ImageError):
                found.append(self._cache.get(self._snapshot.image_path(frame)))
        return found

    def density(self) -> float:
        """Mean share of labelled pixels in labelled frames."""
        shares = [1 - p.counts[UNLABELLED] / p.counts.sum() for p in self._painted.values()]
        return float(np.mean(shares)) if shares else 0.0

    def batch(self, step: int) -> Batch:
        """The views of a step. ImageError if an image has gone or broken."""
        recipe = self._recipe
        labelled = self._views(Stream.LABELLED, self._labelled, step, recipe.batch_labelled)
        wanted = needs(recipe)
        unlabelled = real = None
        if wanted.unlabelled:
            unlabelled = self._views(Stream.UNLABELLED, self._pool, step, recipe.batch_unlabelled)
        if wanted.real:
            real = self._views(Stream.REAL, self._labelled, step, recipe.batch_labelled)
        pictures = self._book.pictures(step) if self._book else None
        return Batch(labelled, unlabelled, real, pictures)

    def _views(self, stream: Stream, frames: Sequence[Frame], step: int, count: int) -> Views:
        channels = RGB + 2 * self._recipe.position
        images = np.empty((count, channels, *self._view), np.float32)
        labels = np.empty((count, *self._view), np.int64)
        inside = np.empty((count, *self._view), np.bool_)
        for i in range(count):
            rng = seed.generator(self._recipe.seed, stream, step, i)
            turn, place = divmod(step * count + i, len(frames))
            frame = frames[_order(self._recipe.seed, stream, turn, len(frames))[place]]
            images[i], labels[i], inside[i] = self._view_of(rng, frame, stream)
        if stream is Stream.LABELLED and self._recipe.mix and count > 1:
            rng = seed.generator(self._recipe.seed, Stream.MIX, step)
            _mix(rng, (images, labels, inside), share=self._recipe.mix)
        return Views(torch.from_numpy(images), torch.from_numpy(labels), torch.from_numpy(inside))

    def _view_of(
        self, rng: np.random.Generator, frame: Frame, stream: Stream
    ) -> tuple[NDArray[np.float32], Labels, NDArray[np.bool_]]:
        recipe = self._recipe
        pixels = self._cache.get(self._snapshot.image_path(frame))
        painted = self._painted.get(frame.id)
        placement, labels = self._placed(rng, frame, painted, stream)
        colours = augment.cut_pixels(pixels, placement)
        colours = augment.recolour(rng, colours, strength=recipe.colour)
        planes = [colours.transpose(2, 0, 1) * 2 - 1]
        if recipe.position:
            planes.append(augment.cut_position(placement))
        return np.concatenate(planes), labels, augment.cut_inside(placement)

    def _placed(
        self,
        rng: np.random.Generator,
        frame: Frame,
        painted: _Painted | None,
        stream: Stream,
    ) -> tuple[augment.Placement, Labels]:
        recipe = self._recipe
        zoom = float(np.exp(rng.uniform(np.log(recipe.scale_min), np.log(recipe.scale_max))))
        scale = zoom * working_scale(frame.shape, recipe.long_side_px)
        scaled = max(1, round(frame.height * scale)), max(1, round(frame.width * scale))
        mirrored = recipe.flip and bool(rng.random() < 0.5)
        aim = painted is not None and stream is not Stream.UNLABELLED
        focus = _spot(rng, painted) if painted and aim and rng.random() < FOCUSED else None
        placement = augment.place(
            rng, scaled=scaled, view=self._view, mirrored=mirrored, focus=focus
        )
        if painted is None:
            return placement, np.full(self._view, UNLABELLED, np.uint8)
        whole = painted.labels()
        labels = augment.cut_labels(whole, placement)
        if aim and focus is None and not (labels != UNLABELLED).any():
            placement = augment.place(
                rng, scaled=scaled, view=self._view, mirrored=mirrored, focus=_spot(rng, painted)
            )
            labels = augment.cut_labels(whole, placement)
        return placement, labels


def view_size(snapshot: Snapshot, recipe: Recipe) -> tuple[int, int]:
    """(h, w) of all views of a run: the recipe's crop, or the median frame at working size.

    Multiples of 16, at least 32.
    """
    if recipe.crop_px:
        return _rounded(recipe.crop_px), _rounded(recipe.crop_px)
    shapes = [each.shape for each in snapshot.frames if _teaches(each)]
    working = [
        (
            h * working_scale((h, w), recipe.long_side_px),
            w * working_scale((h, w), recipe.long_side_px),
        )
        for h, w in shapes
    ]
    height, width = np.median(np.array(working), axis=0)
    return _rounded(height), _rounded(width)


def working_scale(shape: tuple[int, int], long_side_px: int) -> float:
    """What a frame (H, W) is scaled by to have at most this longer side; never enlarged."""
    return min(1.0, long_side_px / max(shape)) if long_side_px else 1.0


def cache_side(recipe: Recipe) -> int:
    """The longer side images are kept at: as much as the largest zoom shows."""
    return int(np.ceil(recipe.long_side_px * max(1.0, recipe.scale_max)))


def _teaches(frame: Frame) -> bool:
    return frame.split is Split.TRAIN and not frame.problem


def _rounded(side: float) -> int:
    return max(2 * MULTIPLE, MULTIPLE * round(side / MULTIPLE))


def _painted(labels: Labels) -> _Painted:
    height, width = labels.shape
    spots = []
    for index in np.unique(labels[labels != UNLABELLED]):
        y, x = np.nonzero(labels == index)
        every = -(-len(y) // SPOTS_PER_CLASS)
        places = np.stack([(y[::every] + 0.5) / height, (x[::every] + 0.5) / width], axis=1)
        spots.append(places.astype(np.float32))
    counts = np.bincount(labels.ravel(), minlength=256)
    return _Painted(zlib.compress(labels.tobytes(), 1), labels.shape, counts, tuple(spots))


def _spot(rng: np.random.Generator, painted: _Painted) -> tuple[float, float]:
    places = painted.spots[rng.integers(len(painted.spots))]
    y, x = places[rng.integers(len(places))]
    return float(y), float(x)


def _mix(rng: np.random.Generator, planes: tuple[NDArray[Any], ...], *, share: float) -> None:
    """Paste a box of the next view into a view, the same of all planes (N, ..., h, w).

    CutMix (Yun et al. 2019) among labelled views: a dozen frames make many scenes.
    """
    whole = tuple(each.copy() for each in planes)
    for i in range(len(planes[0])):
        if rng.random() < share:
            rows, columns = augment.piece(
                rng, height=planes[0].shape[-2], width=planes[0].shape[-1]
            )
            for to, of in zip(planes, whole, strict=True):
                to[i, ..., rows, columns] = of[i - 1, ..., rows, columns]


@lru_cache(maxsize=16)
def _order(seed_value: int, stream: Stream, turn: int, count: int) -> NDArray[np.int64]:
    """The order of frames in one pass."""
    return seed.generator(seed_value, stream, turn).permutation(count)
