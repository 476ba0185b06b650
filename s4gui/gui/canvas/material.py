"""Material: the planes of the frame on a canvas, and what is worked out from them; no Qt."""

from __future__ import annotations

from collections.abc import Callable, Collection
from enum import IntEnum, StrEnum

import numpy as np
from numpy.typing import NDArray

from s4gui.core.classes import MAX_CLASS_ID, UNLABELLED
from s4gui.core.labels import Box
from s4gui.core.prediction import Prediction
from s4gui.core.sources import SourceKind, SourceTable
from s4gui.gui.canvas.pyramid import LabelPyramid

Plane = NDArray[np.uint8]
CLEAR = 255
"""Value of a plane of findings where there is nothing to show."""


class Layer(StrEnum):
    """What lies on top of what, from below."""

    IMAGE = "image"
    PREDICTION = "prediction"
    REFERENCE = "reference"
    CONFIDENCE = "confidence"
    LABELS = "labels"
    SOURCE = "source"
    DISAGREEMENT = "disagreement"
    ERROR = "error"


FOUND = (Layer.REFERENCE, Layer.SOURCE, Layer.DISAGREEMENT, Layer.ERROR)
"""Layers that are worked out from labels, sources and predictions."""


class Agreement(IntEnum):
    """What disagrees at a pixel; where pixels are pooled, the lower number is shown."""

    LABEL_DIFFERS = 0
    LEARNERS_DIFFER = 1


class Verdict(IntEnum):
    """What a prediction did with one class; where pixels are pooled, the lower number is shown."""

    MISSED = 0
    FALSE = 1
    HIT = 2


class Material:
    """Planes that others own, of one frame; findings are made when they are first wanted.

    A finding is a plane (H, W) uint8 whose CLEAR pixels show nothing. The *reference* is the
    part of the labels whose source kind is one of `reference_kinds`.
    """

    def __init__(self) -> None:
        self.labels: Plane | None = None
        self.sources: NDArray[np.uint16] | None = None
        self.table: Callable[[], SourceTable] = SourceTable
        self.reference_kinds: frozenset[SourceKind] = frozenset()
        self.prediction: Prediction | None = None
        self.other: Prediction | None = None
        self.class_id: int | None = None
        self._made: dict[Layer, LabelPyramid] = {}
        self._planes: dict[Layer, Plane] = {}
        self._kinds: tuple[SourceTable, NDArray[np.uint8]] = (SourceTable(), np.zeros(1, np.uint8))

    def clear(self) -> None:
        """Another frame: nothing is known of it."""
        self.labels = self.sources = self.prediction = self.other = None
        self.forget()

    def forget(self, *layers: Layer) -> None:
        """Work these findings out anew when they are next wanted; without names all of them."""
        for layer in layers or tuple(self._made):
            self._made.pop(layer, None)
            self._planes.pop(layer, None)

    def has(self, layer: Layer) -> bool:
        """Whether there is anything to work this finding out from."""
        if layer is Layer.SOURCE:
            return self._sourced
        if layer is Layer.REFERENCE:
            kinds = {each.kind for each in self.table().sources}
            return self._sourced and not kinds.isdisjoint(self.reference_kinds)
        if layer is Layer.ERROR:
            return (
                self.has(Layer.REFERENCE)
                and self._fits(self.prediction)
                and self.class_id is not None
            )
        return self._fits(self.prediction)

    def has_reference(self) -> bool:
        """Whether there is a reference pixel; makes the reference, if it is not made."""
        if not self.has(Layer.REFERENCE):
            return False
        return bool((self.pyramid(Layer.REFERENCE).level(0) != CLEAR).any())

    def pyramid(self, layer: Layer) -> LabelPyramid:
        """The finding of a layer that the material has."""
        if layer not in self._made:
            if self.labels is None:
                raise ValueError(f"there is nothing to show on layer {layer}")
            h, w = self.labels.shape
            self._planes[layer] = self._found(layer, Box(0, 0, h, w))
            self._made[layer] = LabelPyramid(self._planes[layer])
        return self._made[layer]

    def edited(self, box: Box, keep: Collection[Layer]) -> None:
        """Labels and sources changed inside `box`: the kept findings follow, others go."""
        for layer in tuple(self._made):
            if layer in keep and self.has(layer):
                self._planes[layer][box.slices] = self._found(layer, box)
                self._made[layer].refresh(box)
            else:
                self.forget(layer)

    @property
    def _sourced(self) -> bool:
        return (
            self.labels is not None
            and self.sources is not None
            and self.sources.shape == self.labels.shape
        )

    def _fits(self, prediction: Prediction | None) -> bool:
        return (
            prediction is not None
            and self.labels is not None
            and prediction.shape == self.labels.shape
        )

    def _found(self, layer: Layer, box: Box) -> Plane:
        make = {
            Layer.SOURCE: self._source,
            Layer.REFERENCE: self._reference,
            Layer.DISAGREEMENT: self._disagreement,
            Layer.ERROR: self._error,
        }
        return make[layer](box)

    def _source(self, box: Box) -> Plane:
        kinds = self._kind_table()
        table = np.where(kinds == 0, CLEAR, kinds).astype(np.uint8)
        return self._taken(table, box)

    def _reference(self, box: Box) -> Plane:
        """Labels of the right kinds; UNLABELLED, all bits set, for the rest."""
        kept = [kind.number for kind in self.reference_kinds]
        drop = np.where(np.isin(self._kind_table(), kept), 0, UNLABELLED).astype(np.uint8)
        return np.asarray(self._taken(drop, box) | self._labels_in(box), np.uint8)

    def _disagreement(self, box: Box) -> Plane:
        classes = self._classes_in(self.prediction, box)
        labels = self._labels_in(box)
        out = np.full(classes.shape, CLEAR, np.uint8)
        if self.other is not None and self._fits(self.other):
            out[classes != self.other.classes[box.slices]] = Agreement.LEARNERS_DIFFER
        out[(labels <= MAX_CLASS_ID) & (labels != classes)] = Agreement.LABEL_DIFFERS
        return out

    def _error(self, box: Box) -> Plane:
        reference = self._reference(box)
        is_class = reference == self.class_id
        is_said = self._classes_in(self.prediction, box) == self.class_id
        out = np.full(reference.shape, CLEAR, np.uint8)
        out[is_said & (reference <= MAX_CLASS_ID)] = Verdict.FALSE
        out[is_class] = Verdict.MISSED
        out[is_class & is_said] = Verdict.HIT
        return out

    def _kind_table(self) -> NDArray[np.uint8]:
        table = self.table()
        if self._kinds[0] is not table or len(self._kinds[1]) == 1:
            self._kinds = table, table.kinds()
        return self._kinds[1]

    def _taken(self, table: NDArray[np.uint8], box: Box) -> Plane:
        if self.sources is None:
            raise ValueError("there is no source plane")
        return table.take(self.sources[box.slices], mode="clip")

    def _labels_in(self, box: Box) -> Plane:
        if self.labels is None:
            raise ValueError("there is no label plane")
        return self.labels[box.slices]

    @staticmethod
    def _classes_in(prediction: Prediction | None, box: Box) -> Plane:
        if prediction is None:
            raise ValueError("there is no prediction")
        return prediction.classes[box.slices]
