"""Pictures: whole frames for the multi-label branch, as student and teacher see them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from s4gui.core.frames import Frame, Split
from s4gui.core.recipe import Recipe
from s4gui.learn import augment, multilabel, seed
from s4gui.learn.pixels import PixelCache, Rgb, resized
from s4gui.learn.processes import ALONE, Process
from s4gui.learn.seed import Stream
from s4gui.learn.views import Pictures
from s4gui.store.snapshots import Snapshot

JITTER = 0.4
BLUR_PX = (0.1, 2.0)
Presence = NDArray[np.int8]


class PictureBook:
    """Draws each step's pictures as a function of the seed and the step alone (methods 1.6).

    Frames are resized to a square, not cropped: a tag speaks of a whole frame. Tagged frames
    are those whose presence vector is known (multilabel.is_known), all other train frames are
    untagged. Everything is mirrored at random, for student and teacher apart; untagged frames
    reach the student recoloured and blurred too.
    """

    def __init__(
        self, snapshot: Snapshot, recipe: Recipe, *, cache: PixelCache, process: Process = ALONE
    ) -> None:
        self._process = process
        self._snapshot, self._recipe, self._cache = snapshot, recipe, cache
        vectors = presence_of(snapshot)
        self._presence = {name: each for name, each in vectors.items() if multilabel.is_known(each)}
        frames = [each for each in snapshot.frames if each.id in vectors]
        self._tagged = [each for each in frames if each.id in self._presence]
        self._untagged = [each for each in frames if each.id not in self._presence]
        self._nothing = np.full(len(snapshot.class_map), multilabel.UNKNOWN, np.int8)

    @property
    def tagged_frames(self) -> int:
        """How many frames have a known presence vector."""
        return len(self._tagged)

    @property
    def untagged_frames(self) -> int:
        """How many train frames have none."""
        return len(self._untagged)

    def pictures(self, step: int) -> Pictures:
        """The pictures of a step. ImageError if an image has gone or broken."""
        # Where all frames are of one kind they are of the other too: what is tagged can be looked
        # at without its tags, and new labels may say less than the old ones did.
        frames, student, teacher = self._drawn(
            Stream.TAGGED, self._tagged or self._untagged, step, self._recipe.batch_labelled
        )
        _, other_student, other_teacher = self._drawn(
            Stream.UNTAGGED, self._untagged or self._tagged, step, self._recipe.batch_unlabelled
        )
        known = [self._presence.get(frame.id, self._nothing) for frame in frames]
        return Pictures(
            torch.from_numpy(student),
            torch.from_numpy(teacher),
            torch.from_numpy(np.stack(known).astype(np.float32)),
            torch.from_numpy(other_student),
            torch.from_numpy(other_teacher),
        )

    def _drawn(
        self, stream: Stream, frames: Sequence[Frame], step: int, count: int
    ) -> tuple[list[Frame], NDArray[np.float32], NDArray[np.float32]]:
        """This process's part of `count` frames (one at least), and each as student and teacher
        see it.
        """
        chosen, student, teacher = [], [], []
        for i in self._process.places(max(1, count)):
            rng = seed.generator(self._recipe.seed, stream, step, i)
            turn, place = divmod(step * count + i, len(frames))
            frame = frames[_order(self._recipe.seed, stream, turn, len(frames))[place]]
            side = self._recipe.tag_px
            pixels = self._cache.get(self._snapshot.image_path(frame))
            square = resized(pixels, height=side, width=side)
            strong = _recoloured(rng, square) if stream is Stream.UNTAGGED else square
            chosen.append(frame)
            student.append(self._planes(rng, strong))
            teacher.append(self._planes(rng, square))
        return chosen, np.stack(student), np.stack(teacher)

    def _planes(self, rng: np.random.Generator, pixels: Rgb) -> NDArray[np.float32]:
        """(3 or 5, S, S): mirrored or not, in -1..1, and where its places lie in the frame."""
        mirrored = self._recipe.flip and bool(rng.random() < 0.5)
        seen = pixels[:, ::-1] if mirrored else pixels
        planes = [seen.transpose(2, 0, 1).astype(np.float32) * np.float32(2 / 255) - 1]
        if self._recipe.position:
            # A mirrored frame has its own left.
            planes.append(augment.whole_position(*pixels.shape[:2]))
        return np.concatenate(planes)


def presence_of(snapshot: Snapshot) -> dict[str, Presence]:
    """Presence vectors (C,) of all usable train frames, by frame id.

    Rests on train labels only: what is held out for scores says nothing here.
    """
    return {
        frame.id: multilabel.presence(
            snapshot.train_labels(frame.id), snapshot.class_map, snapshot.tags(frame.id)
        )
        for frame in snapshot.frames
        if _teaches(frame)
    }


def _teaches(frame: Frame) -> bool:
    return frame.split is Split.TRAIN and not frame.problem


def _recoloured(rng: np.random.Generator, pixels: Rgb) -> Rgb:
    """Another light and a blur of a random width, (S, S, 3) uint8."""
    lit = augment.recolour(rng, pixels.astype(np.float32) / np.float32(255), strength=JITTER)
    image = Image.fromarray((lit * 255).round().astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(float(rng.uniform(*BLUR_PX)))))


@lru_cache(maxsize=16)
def _order(seed_value: int, stream: Stream, turn: int, count: int) -> NDArray[np.int64]:
    """The order of frames in one pass."""
    return seed.generator(seed_value, stream, turn).permutation(count)
