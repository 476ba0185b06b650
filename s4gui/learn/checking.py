"""Checking: whether labels and images can teach what a recipe asks, before a run begins."""

from __future__ import annotations

from s4gui.core import scores
from s4gui.core.errors import DataError
from s4gui.core.recipe import Recipe
from s4gui.learn.batches import Batches, view_size
from s4gui.learn.views import no_unlabelled
from s4gui.store.snapshots import Snapshot

DENSE = scores.DENSE
"""Share of labelled pixels from which on there is nothing unlabelled between them."""
CROP_LIMIT = 2.0


def check(snapshot: Snapshot, recipe: Recipe, batches: Batches) -> None:
    """DataError, with what to do, if these labels and images cannot teach what is asked."""
    painted = int((batches.counts() > 0).sum())
    if painted < 2:
        raise DataError(
            "learn.too_few_classes",
            "There are labels of {painted} classes; learning needs at least two",
            hint="Paint a few strokes of another class on a train image",
            painted=painted,
        )
    # Where all images have strokes, what lies between these is unlabelled data all the same.
    without = not batches.unlabelled_frames and batches.density() >= DENSE
    if recipe.uses_unlabelled and without:
        raise no_unlabelled()
    if recipe.strategy == "s4gan_mlmt" and not batches.tagged_frames:
        raise DataError(
            "mlmt.no_tags",
            "S4GAN+MLMT learns which classes an image shows, and no image says it: strokes tell"
            " what is there, not what is missing",
            hint="Label an image whole, tag what images do not show, or choose another recipe",
        )
    _check_crop(snapshot, recipe)


def _check_crop(snapshot: Snapshot, recipe: Recipe) -> None:
    """A view that is mostly mirror images of its frame teaches mirror images."""
    whole = view_size(snapshot, recipe.but(crop_px=0))
    largest = max(whole) * recipe.scale_max
    if recipe.crop_px * max(1.0, recipe.crop_ratio) > CROP_LIMIT * largest:
        raise DataError(
            "learn.crop_too_large",
            "The crop is {crop} px, and the images are {height} x {width} px as they are learned",
            hint="Set crop_px to 0 (whole images) or to at most {largest}",
            crop=recipe.crop_px,
            height=whole[0],
            width=whole[1],
            largest=int(largest),
        )
