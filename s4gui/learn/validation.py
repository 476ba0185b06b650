"""Validation: the predicting network against val masks, in class ids and frame pixels."""

from __future__ import annotations

from typing import Literal, cast

from s4gui.core.scores import ConfusionMatrix
from s4gui.learn.pixels import PixelCache
from s4gui.learn.predict import Predictor
from s4gui.store.snapshots import Snapshot
from s4gui.wire.events import Validated


def confusion(snapshot: Snapshot, predictor: Predictor, cache: PixelCache) -> ConfusionMatrix:
    """Pixel counts over all validating frames of the snapshot, at their full size."""
    matrix = ConfusionMatrix(snapshot.class_map.ids)
    for frame in snapshot.validating:
        reference = snapshot.val_labels(frame.id)
        if reference is not None:
            pixels = cache.get(snapshot.image_path(frame))
            matrix.add(reference, predictor.predict(pixels, origin="validation").classes)
    return matrix


def scored(matrix: ConfusionMatrix, *, step: int, on: str) -> Validated:
    """The scores of a matrix as an event; `on` is "images" or "strokes"."""
    rows = matrix.per_class()
    return Validated(
        step=step,
        on=cast("Literal['images', 'strokes']", on),
        class_ids=tuple(each.class_id for each in rows),
        iou=tuple(each.iou for each in rows),
        support_px=tuple(each.support_px for each in rows),
        false_positive_px=tuple(each.false_positive_px for each in rows),
        mean_iou=matrix.mean_iou(),
        pixel_accuracy=matrix.pixel_accuracy(),
    )
