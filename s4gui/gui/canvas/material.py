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
_BAND_PX = 1 << 17
_FEW = 6


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
        none = np.full(1, CLEAR, np.uint8)
        self._tabled: tuple[object, tuple[Plane, Plane]] = (None, (none, none))

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
        """A finding inside a box, band by band, so that what lies between stays in the cache."""
        make = {
            Layer.SOURCE: self._source,
            Layer.REFERENCE: self._reference,
            Layer.DISAGREEMENT: self._disagreement,
            Layer.ERROR: self._error,
        }[layer]
        out = np.empty(box.shape, np.uint8)
        rows = max(1, _BAND_PX // max(1, box.shape[1]))
        for y0 in range(box.y0, box.y1, rows):
            y1 = min(box.y1, y0 + rows)
            out[y0 - box.y0 : y1 - box.y0] = make(Box(y0, box.x0, y1, box.x1))
        return out

    def _source(self, box: Box) -> Plane:
        return self._taken(self._tables()[0], box)

    def _reference(self, box: Box) -> Plane:
        """Labels of the right kinds; UNLABELLED, all bits set, for the rest."""
        return np.asarray(self._taken(self._tables()[1], box) | self._labels_in(box), np.uint8)

    def _disagreement(self, box: Box) -> Plane:
        classes = self._classes_in(self.prediction, box)
        labels = self._labels_in(box)
        label_differs = (labels <= MAX_CLASS_ID) & (labels != classes)
        codes: Plane = label_differs.view(np.uint8).copy()
        if self.other is not None and self._fits(self.other):
            learners_differ = (classes != self.other.classes[box.slices]) & ~label_differs
            codes += learners_differ.view(np.uint8) << 1
        codes -= 1  # nothing becomes CLEAR, the rest the numbers of Agreement
        return codes

    def _error(self, box: Box) -> Plane:
        reference = self._reference(box)
        is_class = reference == self.class_id
        is_said = self._classes_in(self.prediction, box) == self.class_id
        codes: Plane = (is_said & (reference <= MAX_CLASS_ID)).view(np.uint8) << 1
        codes += is_class.view(np.uint8)
        # 0 becomes CLEAR, 1 MISSED, 2 FALSE, 3 HIT.
        codes -= 1
        return codes

    def _tables(self) -> tuple[Plane, Plane]:
        """By number of a source: its kind or CLEAR; 0 where it is of the reference, else 255."""
        key = self.table(), self.reference_kinds
        if self._tabled[0] != key:
            kinds = key[0].kinds()
            kept = np.isin(kinds, [kind.number for kind in self.reference_kinds])
            shown = np.where(kinds == 0, CLEAR, kinds).astype(np.uint8)
            self._tabled = key, (shown, np.where(kept, 0, UNLABELLED).astype(np.uint8))
        return self._tabled[1]

    def _taken(self, table: NDArray[np.uint8], box: Box) -> Plane:
        if self.sources is None:
            raise ValueError("there is no source plane")
        sources = self.sources[box.slices]
        lowest, highest = int(sources.min()), int(sources.max())
        if highest - lowest > _FEW:
            return table.take(sources, mode="clip")
        out = np.full(sources.shape, table[lowest], np.uint8)
        for number in range(lowest + 1, highest + 1):  # a comparison is a tenth of a look-up
            if table[number] != table[lowest]:
                np.copyto(out, table[number], where=sources == number)
        return out

    def _labels_in(self, box: Box) -> Plane:
        if self.labels is None:
            raise ValueError("there is no label plane")
        return self.labels[box.slices]

    @staticmethod
    def _classes_in(prediction: Prediction | None, box: Box) -> Plane:
        if prediction is None:
            raise ValueError("there is no prediction")
        return prediction.classes[box.slices]
