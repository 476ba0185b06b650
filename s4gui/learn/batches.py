"""Batches: the views of a step, drawn from a snapshot so that crops meet labels."""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from s4gui.core.camera import HiddenPlane
from s4gui.core.classes import UNLABELLED
from s4gui.core.errors import ImageError
from s4gui.core.frames import Frame, Split
from s4gui.core.recipe import Recipe
from s4gui.core.sources import SourceKind
from s4gui.learn import augment, seed, strong
from s4gui.learn.painted import Painted
from s4gui.learn.pictures import PictureBook
from s4gui.learn.pixels import PixelCache, Rgb
from s4gui.learn.processes import ALONE, Process
from s4gui.learn.seed import Stream
from s4gui.learn.strategy import labelled_beside_answers, needs
from s4gui.learn.views import RGB, Batch, Strong, Views
from s4gui.store.snapshots import Snapshot

Labels = NDArray[np.uint8]
MULTIPLE = 16
FOCUSED = 0.5


@dataclass(frozen=True, slots=True)
class Answer:
    """What the network said of a frame, as training indices, packed; UNLABELLED: unsure."""

    packed: bytes
    shape: tuple[int, int]

    @classmethod
    def of(cls, labels: Labels) -> Answer:
        """Of labels (h, w) uint8, at any size of the frame."""
        return cls(zlib.compress(labels.tobytes(), 1), labels.shape)

    def labels(self) -> Labels:
        """(h, w) uint8."""
        return np.frombuffer(zlib.decompress(self.packed), np.uint8).reshape(self.shape)


class Batches:
    """Draws each step's views as a function of the seed and the step alone.

    Frames come in shuffled passes. Half of the labelled views (and all that would otherwise
    show no label) are placed on a labelled pixel, each class of the frame being as likely.
    One of several processes draws its places of the batch that one alone would draw.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        recipe: Recipe,
        *,
        view: tuple[int, int],
        cache: PixelCache,
        process: Process = ALONE,
    ) -> None:
        self._recipe, self._view, self._cache = recipe, view, cache
        self._process = process
        self._shares = _shares(recipe.source_weights)
        self.answers: dict[str, Answer] = {}
        self.use(snapshot)

    def use(self, snapshot: Snapshot) -> None:
        """Draw from this snapshot from now on."""
        self._snapshot = snapshot
        to_train = snapshot.class_map.to_train()
        self._painted: dict[str, Painted] = {}
        for frame in snapshot.labelled:
            labels = snapshot.train_labels(frame.id)
            if labels is not None and (to_train[labels] != UNLABELLED).any():
                kinds = snapshot.train_kinds(frame.id) if self._shares is not None else None
                hidden = snapshot.hidden(frame.id)
                hidden_px = 0 if hidden is None else hidden.pixels
                self._painted[frame.id] = Painted.of(to_train[labels], kinds, hidden_px=hidden_px)
        self._labelled = [each for each in snapshot.labelled if each.id in self._painted]
        self._pool = [each for each in snapshot.frames if _teaches(each)]
        self._classes = len(snapshot.class_map)
        self.take(self.answers)
        wanted = needs(self._recipe).pictures
        self._book = None
        if wanted:
            self._book = PictureBook(
                snapshot, self._recipe, cache=self._cache, process=self._process
            )

    def take(self, answers: dict[str, Answer]) -> None:
        """Use these answers by frame id as labels of unlabelled views, where nothing is painted."""
        self.answers = answers
        self._answered = [each for each in self._pool if each.id in answers]

    def pool(self) -> list[tuple[str, Path]]:
        """Frame id and image file of all that may teach, in order."""
        return [(each.id, self._snapshot.image_path(each)) for each in self._pool]

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

    def hidden(self, frame_id: str) -> HiddenPlane | None:
        """What of a frame the camera's mask hides; None: nothing."""
        return self._snapshot.hidden(frame_id)

    def some_frames(self, count: int) -> list[tuple[Rgb, HiddenPlane | None]]:
        """At most `count` train images, evenly spread, labelled or not, with what is hidden of
        each; broken ones left out.
        """
        found = []
        for frame in self._pool[:: max(1, len(self._pool) // count)][:count]:
            with contextlib.suppress(ImageError):
                pixels = self._cache.get(self._snapshot.image_path(frame))
                found.append((pixels, self.hidden(frame.id)))
        return found

    def density(self) -> float:
        """Mean share of labelled pixels in labelled frames."""
        shares = [each.density for each in self._painted.values()]
        return float(np.mean(shares)) if shares else 0.0

    def batch(self, step: int) -> Batch:
        """The views of a step. ImageError if an image has gone or broken."""
        recipe = self._recipe
        wanted = needs(recipe)
        count = labelled_beside_answers(recipe) if self._answered else recipe.batch_labelled
        labelled = self._views(Stream.LABELLED, self._labelled, step, count)
        unlabelled = real = None
        versions: tuple[Strong, ...] = ()
        frames = self._answered if wanted.answered else self._pool
        if wanted.unlabelled and frames:
            unlabelled = self._views(Stream.UNLABELLED, frames, step, recipe.batch_unlabelled)
            versions = self._strong_versions(unlabelled, step, wanted.strong)
        if wanted.real:
            real = self._views(Stream.REAL, self._labelled, step, recipe.batch_labelled)
        pictures = self._book.pictures(step) if self._book else None
        return Batch(labelled, unlabelled, real, versions, pictures)

    def _strong_versions(self, weak: Views, step: int, versions: int) -> tuple[Strong, ...]:
        found = []
        count, (height, width) = self._recipe.batch_unlabelled, self._view
        places = self._process.places(count)
        for version in range(versions):
            images = weak.images.numpy().copy()
            box = np.zeros((len(places), height, width), np.bool_)
            for i, place in enumerate(places):
                rng = seed.generator(self._recipe.seed, Stream.STRONG, step, version, place)
                colours = (images[i, :RGB].transpose(1, 2, 0) / 2 + 0.5).astype(np.float32)
                images[i, :RGB] = strong.changed(rng, colours).transpose(2, 0, 1) * 2 - 1
                # A view alone has no other one to get a piece of.
                if count > 1 and rng.random() < self._recipe.cutmix:
                    box[i][strong.cut_box(rng, height=height, width=width)] = True
            found.append(Strong(torch.from_numpy(images), torch.from_numpy(box)))
        return tuple(found)

    def _views(self, stream: Stream, frames: Sequence[Frame], step: int, count: int) -> Views:
        mixes = stream is Stream.LABELLED and self._recipe.mix > 0 and count > 1
        places = list(self._process.places(count))
        if mixes and len(places) < count:
            places.insert(0, (places[0] - 1) % count)  # it lends a piece
        channels, rows = RGB + 2 * self._recipe.position, len(places)
        images = np.empty((rows, channels, *self._view), np.float32)
        labels = np.empty((rows, *self._view), np.int64)
        inside = np.empty((rows, *self._view), np.bool_)
        shares = np.ones((rows, *self._view), np.float32)
        plain = None
        if stream is Stream.LABELLED and needs(self._recipe).plain:
            plain = np.empty((rows, RGB, *self._view), np.float32)
        for i, at in enumerate(places):
            rng = seed.generator(self._recipe.seed, stream, step, at)
            turn, place = divmod(step * count + at, len(frames))
            frame = frames[_order(self._recipe.seed, stream, turn, len(frames))[place]]
            placement, labels[i] = self._placed(rng, frame, stream)
            colours = augment.cut_pixels(
                self._cache.get(self._snapshot.image_path(frame)), placement
            )
            if plain is not None:
                plain[i] = colours.transpose(2, 0, 1)
            images[i] = self._pictured(rng, colours, placement, stream)
            inside[i] = self._inside(frame, placement)
            labels[i][~inside[i]] = UNLABELLED
            if self._shares is not None:
                shares[i] = self._shares[self._kinds(frame, placement)]
        if mixes:
            rng = seed.generator(self._recipe.seed, Stream.MIX, step)
            boxes = _boxes(rng, count, share=self._recipe.mix, shape=self._view)
            planes = (images, labels, inside, shares, *(() if plain is None else (plain,)))
            _mix([boxes[at] for at in places], planes)
        own = slice(rows - len(self._process.places(count)), None)
        return Views(
            torch.from_numpy(images[own]),
            torch.from_numpy(labels[own]),
            torch.from_numpy(inside[own]),
            None if self._shares is None else torch.from_numpy(shares[own]),
            None if plain is None else torch.from_numpy(plain[own]),
        )

    def _pictured(
        self,
        rng: np.random.Generator,
        colours: NDArray[np.float32],
        placement: augment.Placement,
        stream: Stream,
    ) -> NDArray[np.float32]:
        recipe = self._recipe
        # What has strong versions is the weak one: its colours are the frame's own.
        is_weak = stream is Stream.UNLABELLED and needs(recipe).strong > 0
        colours = augment.recolour(rng, colours, strength=0.0 if is_weak else recipe.colour)
        planes = [colours.transpose(2, 0, 1) * 2 - 1]
        if recipe.position:
            planes.append(augment.cut_position(placement))
        return np.concatenate(planes)

    def _inside(self, frame: Frame, placement: augment.Placement) -> NDArray[np.bool_]:
        """(h, w): of the frame, and not hidden by the camera's mask."""
        inside = augment.cut_inside(placement)
        plane = self._snapshot.hidden(frame.id)
        if plane is None:
            return inside
        inside &= augment.cut_labels(plane.array.view(np.uint8), placement) == 0
        return inside

    def _kinds(self, frame: Frame, placement: augment.Placement) -> Labels:
        """(h, w) numbers of source kinds, in which pixels without a label do not matter."""
        painted = self._painted.get(frame.id)
        kinds = painted.kinds() if painted else None
        if kinds is None:
            return np.full(self._view, SourceKind.PAINTED.number, np.uint8)
        return augment.cut_labels(kinds, placement)

    def _placed(
        self,
        rng: np.random.Generator,
        frame: Frame,
        stream: Stream,
    ) -> tuple[augment.Placement, Labels]:
        recipe = self._recipe
        painted = self._painted.get(frame.id)
        zoom = float(np.exp(rng.uniform(np.log(recipe.scale_min), np.log(recipe.scale_max))))
        scale = zoom * working_scale(frame.shape, recipe.long_side_px)
        scaled = max(1, round(frame.height * scale)), max(1, round(frame.width * scale))
        mirrored = recipe.flip and bool(rng.random() < 0.5)
        aim = painted is not None and stream is not Stream.UNLABELLED
        focus = painted.spot(rng) if painted and aim and rng.random() < FOCUSED else None
        placement = augment.place(
            rng, scaled=scaled, view=self._view, mirrored=mirrored, focus=focus
        )
        answer = self.answers.get(frame.id) if stream is Stream.UNLABELLED else None
        answered = (
            np.full(self._view, UNLABELLED, np.uint8)
            if answer is None
            else augment.cut_labels(answer.labels(), placement)
        )
        if painted is None:
            return placement, answered
        whole = painted.labels()
        labels = augment.cut_labels(whole, placement)
        if answer is not None:
            labels = np.where(labels != UNLABELLED, labels, answered)
        if aim and focus is None and not (labels != UNLABELLED).any():
            placement = augment.place(
                rng, scaled=scaled, view=self._view, mirrored=mirrored, focus=painted.spot(rng)
            )
            labels = augment.cut_labels(whole, placement)
        return placement, labels


def view_size(snapshot: Snapshot, recipe: Recipe) -> tuple[int, int]:
    """(h, w) of all views of a run: the recipe's crop, or the median frame at working size.

    Multiples of 16, at least 32.
    """
    if recipe.crop_px:
        return _rounded(recipe.crop_px), _rounded(recipe.crop_px * recipe.crop_ratio)
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


def _shares(weights: Mapping[str, float]) -> NDArray[np.float32] | None:
    """(256,) what a pixel counts by the number of its kind; None if all count the same."""
    if not weights:
        return None
    table = np.ones(256, np.float32)
    for kind, weight in weights.items():
        table[SourceKind(kind).number] = weight
    return table


def _boxes(
    rng: np.random.Generator, count: int, *, share: float, shape: tuple[int, int]
) -> list[tuple[slice, slice] | None]:
    """For each of `count` views of this shape the box that comes from the view before, if any."""
    height, width = shape
    return [
        augment.piece(rng, height=height, width=width) if rng.random() < share else None
        for _ in range(count)
    ]


def _mix(boxes: list[tuple[slice, slice] | None], planes: tuple[NDArray[Any], ...]) -> None:
    """Paste a box of the view before into a view, the same of all planes (N, ..., h, w).

    CutMix (Yun et al. 2019) among labelled views: a dozen frames make many scenes.
    """
    whole = tuple(each.copy() for each in planes)
    for i, box in enumerate(boxes):
        if box is not None:
            rows, columns = box
            for to, of in zip(planes, whole, strict=True):
                to[i, ..., rows, columns] = of[i - 1, ..., rows, columns]


@lru_cache(maxsize=16)
def _order(seed_value: int, stream: Stream, turn: int, count: int) -> NDArray[np.int64]:
    """The order of frames in one pass."""
    return seed.generator(seed_value, stream, turn).permutation(count)
