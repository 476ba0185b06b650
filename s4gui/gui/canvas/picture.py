"""Picture: one frame with its labels and prediction, painted rectangle by rectangle."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QColor, QPainter

from s4gui.core.classes import VOID
from s4gui.core.labels import Box
from s4gui.core.prediction import Prediction
from s4gui.gui.canvas.base_image import BaseImage
from s4gui.gui.canvas.geometry import Viewport
from s4gui.gui.canvas.layers import (
    OVERLAYS,
    LabelSampler,
    Layer,
    Lut,
    Sheet,
    confidence_lut,
    edge_lut,
    hatch,
    label_lut,
    prediction_lut,
    rim,
    sampled_plane,
)
from s4gui.gui.canvas.pyramid import ImagePyramid, LabelPyramid, level_for

GRID_FROM_ZOOM = 16.0
_GRID = QColor(128, 128, 128, 90)


class Picture:
    """What is shown and how, at device resolution; what is costly is made when painted.

    Holds views of arrays that others own. `paint` works in device pixels of the view.
    """

    def __init__(self) -> None:
        self.view: Viewport | None = None
        self.bare = False
        self.pitch = 1  # whole device pixels per screen pixel
        self.background = QColor(23, 25, 28)
        self.visible = {each: True for each in Layer} | {Layer.CONFIDENCE: False}
        self.opacity = {
            Layer.IMAGE: 1.0,
            Layer.PREDICTION: 0.45,
            Layer.CONFIDENCE: 0.55,
            Layer.LABELS: 0.75,
        }
        self.palette: NDArray[np.uint8] = np.full((256, 3), 128, np.uint8)
        self._base: BaseImage | None = None
        self._base_is_stale = True
        self._labels: LabelPyramid | None = None
        self._prediction: Prediction | None = None
        self._sheets = {each: Sheet() for each in OVERLAYS}
        self._stale = set(OVERLAYS)
        self._lines: LabelSampler | None = None
        self._luts: dict[Layer, Lut] = {}
        self._rim: Lut | None = None

    @property
    def frame_hw(self) -> tuple[int, int] | None:
        """(H, W) of the frame shown; None if there is none."""
        return self._base.shape if self._base else None

    @property
    def prediction(self) -> Prediction | None:
        """The prediction shown."""
        return self._prediction

    @property
    def pixels(self) -> NDArray[np.uint8] | None:
        """The image shown, (H, W, 3) uint8."""
        return self._base.pixels if self._base else None

    def show_image(self, image: ImagePyramid | None) -> None:
        """Another frame; its labels and prediction are shown afterwards."""
        self._base = BaseImage(image) if image else None
        self._base_is_stale = True
        self._labels, self._prediction, self._lines = None, None, None
        self._stale.update(OVERLAYS)

    def show_labels(self, labels: NDArray[np.uint8] | None) -> None:
        """Another label plane; one that does not fit the frame is not shown."""
        self._labels = None if labels is None else LabelPyramid(labels)
        self._lines = None
        self._stale.add(Layer.LABELS)

    def show_prediction(self, prediction: Prediction | None) -> None:
        """Another prediction; one of another size is stretched over the frame."""
        empty = prediction is not None and 0 in prediction.shape
        self._prediction = None if empty else prediction
        self._stale |= {Layer.PREDICTION, Layer.CONFIDENCE}

    def show_view(self, view: Viewport | None) -> None:
        """Another place or size of the frame in the view."""
        self.view, self._base_is_stale, self._lines = view, True, None
        self._stale.update(OVERLAYS)

    def recolour(self) -> None:
        """The palette or an opacity changed."""
        self._luts.clear()
        self._rim = None

    def labels_changed(self, box: Box | None) -> Box:
        """Take over an edit; the device pixels to repaint."""
        if self._labels is None or self.view is None:
            return Box(0, 0, 0, 0)
        self._labels.refresh(box)
        if box is None or not self._fits(Layer.LABELS):
            self._stale.add(Layer.LABELS)
            return self.view.shown
        box = box.clipped(self._labels.shape)
        if box.is_empty:
            return Box(0, 0, 0, 0)
        dirty = _both(self.view.cover(box, 2 ** level_for(self.view.zoom)), self.view.shown)
        if not dirty.is_empty and Layer.LABELS not in self._stale:
            sheet = self._sheets[Layer.LABELS]
            sheet.fill(self._sampler(self._labels, self.view).sample(dirty), dirty)
        return dirty

    def paint(self, painter: QPainter, box: Box) -> None:
        """Draw the device pixels of `box`; the painter counts device pixels of the view."""
        shown = Box(0, 0, 0, 0) if self.view is None else self.view.shown
        inner = _both(box, shown)
        if inner != box:
            painter.fillRect(_rect(box), self.background)
        if inner.is_empty or self.view is None or self._base is None:
            return
        if self.visible[Layer.IMAGE] or self.bare:
            if self._base_is_stale:
                self._base.render(self.view)
                self._base_is_stale = False
            source = _rect(inner).translated(-shown.x0, -shown.y0)
            painter.drawImage(QPoint(inner.x0, inner.y0), self._base.image, source)
        else:
            painter.fillRect(_rect(inner), self.background)
        if not self.bare:
            for layer in OVERLAYS:
                if self.visible[layer] and self._fits(layer):
                    self._paint_layer(painter, layer, inner, self.view)
        if self.view.zoom >= GRID_FROM_ZOOM:
            _paint_grid(painter, inner, self.view)

    def _fits(self, layer: Layer) -> bool:
        if layer is not Layer.LABELS:
            return self._prediction is not None
        return self._labels is not None and self._labels.shape == self.frame_hw

    def _paint_layer(self, painter: QPainter, layer: Layer, box: Box, view: Viewport) -> None:
        sheet = self._sheets[layer]
        if layer in self._stale:
            sheet.resize(view.shown)
            sheet.fill(self._sampled(layer, view), view.shown)
            self._stale.discard(layer)
        image = sheet.coloured(box, self._lut(layer))
        if layer is Layer.LABELS:
            if self._rim is None:
                self._rim = edge_lut(self.palette, self.opacity[layer])
            rim(image, sheet, box, self._rim)
            void = sheet.part(box) == VOID
            if void.any():
                oy, ox = view.offset_yx
                phase = box.y0 - oy + box.x0 - ox
                hatch(image, void, self.opacity[layer], phase=phase, pitch=self.pitch)
        painter.drawImage(QPoint(box.x0, box.y0), image)

    def _sampled(self, layer: Layer, view: Viewport) -> NDArray[np.uint8]:
        if layer is Layer.LABELS and self._labels is not None:
            return self._sampler(self._labels, view).sample(view.shown)
        if self._prediction is None:
            raise ValueError(f"nothing to show on layer {layer}")
        confident = layer is Layer.CONFIDENCE
        plane = self._prediction.confidence if confident else self._prediction.classes
        return sampled_plane(plane, view, view.shown)

    def _sampler(self, labels: LabelPyramid, view: Viewport) -> LabelSampler:
        if self._lines is None:
            self._lines = LabelSampler(labels, view)
        return self._lines

    def _lut(self, layer: Layer) -> Lut:
        if layer not in self._luts:
            opacity = self.opacity[layer]
            if layer is Layer.CONFIDENCE:
                self._luts[layer] = confidence_lut(opacity)
            else:
                make = label_lut if layer is Layer.LABELS else prediction_lut
                self._luts[layer] = make(self.palette, opacity)
        return self._luts[layer]


def _paint_grid(painter: QPainter, box: Box, view: Viewport) -> None:
    """Lines of one device pixel at the first row and column of every frame pixel."""
    oy, ox = view.offset_yx
    for x in _edges(box.x0, box.x1, ox, view.zoom):
        painter.fillRect(x, box.y0, 1, box.y1 - box.y0, _GRID)
    for y in _edges(box.y0, box.y1, oy, view.zoom):
        painter.fillRect(box.x0, y, box.x1 - box.x0, 1, _GRID)


def _edges(first: int, last: int, offset: int, zoom: float) -> list[int]:
    lines = range(math.floor((first - offset) / zoom), math.ceil((last - offset) / zoom) + 1)
    at = [math.ceil(offset + line * zoom - 0.5) for line in lines]
    return [each for each in at if first <= each < last]


def _both(a: Box, b: Box) -> Box:
    y0, x0 = max(a.y0, b.y0), max(a.x0, b.x0)
    return Box(y0, x0, max(y0, min(a.y1, b.y1)), max(x0, min(a.x1, b.x1)))


def _rect(box: Box) -> QRect:
    return QRect(box.x0, box.y0, box.x1 - box.x0, box.y1 - box.y0)
