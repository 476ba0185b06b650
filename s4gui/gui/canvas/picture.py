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
from s4gui.gui.canvas.layers import OVERLAYS, LabelSampler, Sheet, sampled_plane
from s4gui.gui.canvas.material import FOUND, Layer, Material
from s4gui.gui.canvas.pyramid import ImagePyramid, LabelPyramid, level_for
from s4gui.gui.canvas.styles import LabelInk, LabelStyle, veil
from s4gui.gui.canvas.tables import (
    AGREEMENT_RGB,
    VERDICT_RGB,
    Lut,
    confidence_lut,
    few_lut,
    label_lut,
    prediction_lut,
    source_lut,
)
from s4gui.gui.canvas.tone import Tone

GRID_FROM_ZOOM = 16.0
_GRID = QColor(128, 128, 128, 90)
_SHOWN_FIRST = frozenset({Layer.IMAGE, Layer.PREDICTION, Layer.LABELS})
_OPACITY = {Layer.IMAGE: 1.0, Layer.PREDICTION: 0.45, Layer.CONFIDENCE: 0.55, Layer.LABELS: 0.75}
_AS_IT_IS = (Tone(), 1.0, 0)  # tone and opacity of the image, the colour below it


class Picture:
    """What is shown and how, at device resolution; what is costly is made when painted.

    Holds views of arrays that others own. `paint` works in device pixels of the view.
    """

    def __init__(self) -> None:
        self.view: Viewport | None = None
        self.bare = False
        self.pitch = 1  # whole device pixels per screen pixel
        self.background = QColor(23, 25, 28)
        self.visible = {each: each in _SHOWN_FIRST for each in Layer}
        self.opacity = {each: _OPACITY.get(each, 0.7) for each in Layer}
        self.palette: NDArray[np.uint8] = np.full((256, 3), 128, np.uint8)
        self.style = LabelStyle.FILL
        self.hidden: NDArray[np.bool_] | None = None  # by the camera's mask, (H, W)
        self.material = Material()
        self._tone, self._smooth = Tone(), False
        self._base: BaseImage | None = None
        self._base_is_stale, self._base_looks = True, _AS_IT_IS
        self._labels: LabelPyramid | None = None
        self._sheets: dict[Layer, Sheet] = {each: Sheet() for each in OVERLAYS}
        self._stale: set[Layer] = set(OVERLAYS)
        self._lines: dict[Layer, LabelSampler] = {}
        self._luts: dict[Layer, Lut] = {}
        self._ink: LabelInk | None = None

    @property
    def frame_hw(self) -> tuple[int, int] | None:
        """(H, W) of the frame shown; None if there is none."""
        return self._base.shape if self._base else None

    @property
    def prediction(self) -> Prediction | None:
        """The prediction shown."""
        return self.material.prediction

    @property
    def pixels(self) -> NDArray[np.uint8] | None:
        """The image shown, (H, W, 3) uint8."""
        return self._base.pixels if self._base else None

    def show_image(self, image: ImagePyramid | None) -> None:
        """Another frame; its labels and prediction are shown afterwards."""
        self._base = BaseImage(image, smooth=self._smooth) if image else None
        self._base_is_stale, self._base_looks = True, _AS_IT_IS
        self._labels = None
        self.material.clear()
        self._lines.clear()
        self._stale.update(OVERLAYS)

    def show_tone(self, tone: Tone, *, smooth: bool) -> None:
        """Another brightness, contrast and gamma; `smooth`: magnify without squares."""
        self._base_is_stale |= smooth is not self._smooth
        self._tone, self._smooth = tone, smooth
        if self._base:
            self._base.smooth = smooth

    def show_labels(self, labels: NDArray[np.uint8] | None) -> None:
        """Another label plane; one that does not fit the frame is not shown."""
        self._labels = None if labels is None else LabelPyramid(labels)
        self.material.labels = labels if labels is not None and self._fits_frame(labels) else None
        self.renew(Layer.LABELS, *FOUND)

    def show_prediction(self, prediction: Prediction | None, other: Prediction | None) -> None:
        """Another prediction; one of another size is stretched over the frame.

        `other`: what the other learner says, if it has answered too.
        """
        empty = prediction is not None and 0 in prediction.shape
        self.material.prediction = None if empty else prediction
        self.material.other = other
        self.renew(Layer.PREDICTION, Layer.CONFIDENCE, Layer.DISAGREEMENT, Layer.ERROR)

    def show_view(self, view: Viewport | None) -> None:
        """Another place or size of the frame in the view."""
        self.view, self._base_is_stale = view, True
        self._lines.clear()
        self._stale.update(OVERLAYS)

    def recolour(self) -> None:
        """The palette, an opacity or the style changed."""
        self._luts.clear()
        self._ink = None

    def labels_changed(self, box: Box | None) -> Box:
        """Take over an edit; the device pixels to repaint."""
        if self._labels is None or self.view is None:
            return Box(0, 0, 0, 0)
        self._labels.refresh(box)
        if box is None or not self._fits(Layer.LABELS):
            self.renew(Layer.LABELS, *FOUND)
            return self.view.shown
        box = box.clipped(self._labels.shape)
        if box.is_empty:
            return Box(0, 0, 0, 0)
        self._lose_hidden()
        self.material.edited(box, [each for each in FOUND if each not in self._stale])
        dirty = _both(self.view.cover(box, 2 ** level_for(self.view.zoom)), self.view.shown)
        if not dirty.is_empty:
            for layer in (Layer.LABELS, *FOUND):
                if layer not in self._stale and self._fits(layer):
                    sampler = self._sampler(layer, self.view)
                    self._sheets[layer].fill(sampler.sample(dirty), dirty)
        more = self._pen().reach_px(self.pitch) - 1
        grown = Box(dirty.y0 - more, dirty.x0 - more, dirty.y1 + more, dirty.x1 + more)
        return dirty if dirty.is_empty else _both(grown, self.view.shown)

    def _lose_hidden(self) -> None:
        """Findings that nobody sees need not follow: they are made anew when they are shown."""
        for layer in FOUND:
            if not self.visible[layer] or not self._fits(layer):
                self.renew(layer)

    def renew(self, *layers: Layer) -> None:
        """What these layers are made of changed: make them anew when they are painted."""
        found = [each for each in layers if each in FOUND]
        if found:
            self.material.forget(*found)
        for layer in layers:
            self._lines.pop(layer, None)
            self._stale.add(layer)

    def _fits_frame(self, plane: NDArray[np.uint8]) -> bool:
        return plane.shape == self.frame_hw

    def paint(self, painter: QPainter, box: Box) -> None:
        """Draw the device pixels of `box`; the painter counts device pixels of the view."""
        shown = Box(0, 0, 0, 0) if self.view is None else self.view.shown
        inner = _both(box, shown)
        if inner != box:
            painter.fillRect(_rect(box), self.background)
        if inner.is_empty or self.view is None or self._base is None:
            return
        self._paint_base(painter, inner, self.view, self._base)
        if not self.bare:
            for layer in OVERLAYS:
                if self.visible[layer] and self._fits(layer):
                    self._paint_layer(painter, layer, inner, self.view)
            self._paint_hidden(painter, inner, self.view)
        if self.view.zoom >= GRID_FROM_ZOOM:
            _paint_grid(painter, inner, self.view)

    def _paint_base(self, painter: QPainter, box: Box, view: Viewport, base: BaseImage) -> None:
        if self._base_is_stale:
            base.render(view)
            self._base_is_stale = False
        opacity = 1.0 if self.bare else self.opacity[Layer.IMAGE] * self.visible[Layer.IMAGE]
        looks = (self._tone, opacity, self.background.rgb() if opacity < 1 else 0)
        if looks != self._base_looks:  # in the table, not by the painter, which rounds otherwise
            over = self.background.red(), self.background.green(), self.background.blue()
            base.colour(None if looks == _AS_IT_IS else self._tone.tables(opacity, over))
            self._base_looks = looks
        source = _rect(box).translated(-view.shown.x0, -view.shown.y0)
        painter.drawImage(QPoint(box.x0, box.y0), base.image, source)

    def can_show(self, layer: Layer) -> bool:
        """Whether there is anything to be seen on a layer."""
        if layer in {Layer.REFERENCE, Layer.ERROR} and not self.material.has_reference():
            return False
        return layer is Layer.IMAGE or self._fits(layer)

    def _fits(self, layer: Layer) -> bool:
        if layer is Layer.LABELS:
            return self._labels is not None and self._labels.shape == self.frame_hw
        if layer in FOUND:
            return self.material.has(layer)
        return self.prediction is not None

    def _paint_layer(self, painter: QPainter, layer: Layer, box: Box, view: Viewport) -> None:
        sheet = self._sheets[layer]
        if layer in self._stale:
            sheet.resize(view.shown)
            sheet.fill(self._sampled(layer, view), view.shown)
            self._stale.discard(layer)
        if layer is Layer.LABELS:
            image = self._pen().image(sheet, box, view.offset_yx, self.pitch)
        else:
            image = sheet.coloured(box, self._lut(layer))
        painter.drawImage(QPoint(box.x0, box.y0), image)

    def _paint_hidden(self, painter: QPainter, box: Box, view: Viewport) -> None:
        """What the camera's mask hides, as void: over all layers, for it wins over them."""
        if self.hidden is None or self.hidden.shape != self.frame_hw:
            return
        hidden = sampled_plane(self.hidden.view(np.uint8), view, box) > 0
        if hidden.any():
            phase = box.y0 - view.offset_yx[0] + box.x0 - view.offset_yx[1]
            image = veil(hidden, self.palette[VOID], phase=phase, pitch=self.pitch)
            painter.drawImage(QPoint(box.x0, box.y0), image)

    def _sampled(self, layer: Layer, view: Viewport) -> NDArray[np.uint8]:
        if layer is Layer.LABELS or layer in FOUND:
            return self._sampler(layer, view).sample(view.shown)
        if self.prediction is None:
            raise ValueError(f"nothing to show on layer {layer}")
        confident = layer is Layer.CONFIDENCE
        plane = self.prediction.confidence if confident else self.prediction.classes
        return sampled_plane(plane, view, view.shown)

    def _sampler(self, layer: Layer, view: Viewport) -> LabelSampler:
        if layer not in self._lines:
            pyramid = self._labels if layer is Layer.LABELS else self.material.pyramid(layer)
            if pyramid is None:
                raise ValueError(f"nothing to show on layer {layer}")
            self._lines[layer] = LabelSampler(pyramid, view)
        return self._lines[layer]

    def _pen(self) -> LabelInk:
        if self._ink is None:
            self._ink = LabelInk(self.palette, self.opacity[Layer.LABELS], self.style)
        return self._ink

    def _lut(self, layer: Layer) -> Lut:
        if layer not in self._luts:
            self._luts[layer] = _table(layer, self.palette, self.opacity[layer])
        return self._luts[layer]


def _table(layer: Layer, palette: NDArray[np.uint8], opacity: float) -> Lut:
    if layer is Layer.CONFIDENCE:
        return confidence_lut(opacity)
    if layer is Layer.SOURCE:
        return source_lut(opacity)
    if layer is Layer.DISAGREEMENT:
        return few_lut({int(what): rgb for what, rgb in AGREEMENT_RGB.items()}, opacity)
    if layer is Layer.ERROR:
        return few_lut({int(what): rgb for what, rgb in VERDICT_RGB.items()}, opacity)
    return (label_lut if layer is Layer.REFERENCE else prediction_lut)(palette, opacity)


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
