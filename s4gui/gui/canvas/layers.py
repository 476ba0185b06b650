"""Layers: planes of pixel values at the screen's resolution, coloured by lookup tables."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QImage, QPainter

from s4gui.core.classes import MAX_CLASS_ID, UNLABELLED, VOID
from s4gui.core.labels import Box
from s4gui.gui.canvas.geometry import Indices, Viewport, samples
from s4gui.gui.canvas.pyramid import ImagePyramid, LabelPyramid, level_for

Plane = NDArray[np.uint8]
Lut = NDArray[np.uint32]


class Layer(StrEnum):
    """What lies on top of what, from below: image, prediction, confidence, labels."""

    IMAGE = "image"
    PREDICTION = "prediction"
    CONFIDENCE = "confidence"
    LABELS = "labels"


OVERLAYS = (Layer.PREDICTION, Layer.CONFIDENCE, Layer.LABELS)
_VOID_RGB, _STRIPE_RGB = (16, 16, 20), (255, 236, 120)
_LIGHT_FROM = 150.0
_VOID_ALPHA, _STRIPE_ALPHA = 0.62, 0.92
HATCH_PERIOD_PX, HATCH_LINE_PX = 9, 3
# Where a model is less sure than this it is shown as wholly unsure (CamVid has 11 classes).
_SURE, _UNSURE = 255, 77
# Below this many pixels numpy's lookup is quicker than Qt's conversion (2 against 14 us for a
# brush segment; 1.3 against 0.6 ms for a whole 1600x1000 view).
_QT_FROM_PX = 40_000


def label_lut(palette: NDArray[np.uint8], opacity: float) -> Lut:
    """Premultiplied colours (256,) uint32 of pixel values; UNLABELLED clear, VOID dark."""
    alpha = np.full(256, opacity)
    alpha[VOID], alpha[UNLABELLED] = opacity * _VOID_ALPHA, 0
    colours = palette.astype(np.float64)
    colours[VOID] = _VOID_RGB
    return premultiplied(colours, alpha)


def edge_lut(palette: NDArray[np.uint8], opacity: float) -> Lut:
    """Premultiplied colours (256,) uint32 of the rim of labelled areas, by pixel value.

    Half way to white, light colours to black: paint stays in sight over a prediction of its
    own class. VOID has its hatch and no rim.
    """
    colours = palette.astype(np.float64)
    light = colours @ np.array([0.299, 0.587, 0.114]) > _LIGHT_FROM
    rim = (colours + np.where(light, 0.0, 255.0)[:, None]) / 2
    alpha = np.full(256, opacity)
    alpha[UNLABELLED] = 0
    out = premultiplied(rim, alpha)
    out[VOID] = label_lut(palette, opacity)[VOID]
    return out


def prediction_lut(palette: NDArray[np.uint8], opacity: float) -> Lut:
    """Premultiplied colours (256,) uint32 of predicted class ids; VOID and above are clear."""
    alpha = np.full(256, opacity)
    alpha[MAX_CLASS_ID + 1 :] = 0
    return premultiplied(palette.astype(np.float64), alpha)


def confidence_lut(opacity: float) -> Lut:
    """Premultiplied colours (256,) uint32 of confidence: sure is clear, doubt glows.

    From 255 (sure, clear) over yellow to red at 77 (0.3) and below.
    """
    doubt = ((_SURE - np.arange(256)) / (_SURE - _UNSURE)).clip(0, 1)
    colours = np.stack([np.full(256, 255), 220 * (1 - doubt), 70 * (1 - doubt)], axis=1)
    return premultiplied(colours, opacity * doubt)


def premultiplied(rgb: NDArray[np.float64], alpha: NDArray[np.float64]) -> Lut:
    """0xAARRGGBB (256,) uint32 of colours 0-255 and alphas 0-1, colours times alpha."""
    a = np.floor(alpha * 255 + 0.5)
    parts = np.floor(rgb * (a / 255)[:, None] + 0.5).astype(np.uint32)
    alphas = a.astype(np.uint32) << 24
    return np.asarray(alphas | parts[:, 0] << 16 | parts[:, 1] << 8 | parts[:, 2], np.uint32)


class Sheet:
    """One layer as the view shows it: a value for each device pixel of the shown box.

    `values` (h, w) uint8 covers `box` (device pixels of the view). Colours are made only when
    a rectangle is painted, so that a new colour or opacity costs no resampling.
    """

    def __init__(self) -> None:
        self.box = Box(0, 0, 0, 0)
        self.values: Plane = np.zeros((0, 0), np.uint8)
        self._image = QImage()

    def resize(self, box: Box) -> None:
        """Cover another box of the view; what it holds is undefined until it is filled."""
        self.box = box
        self.values = np.empty(box.shape, np.uint8)
        h, w = box.shape
        if not box.is_empty:
            # The one QImage of this memory: a second one would make Qt copy (detach) it.
            self._image = QImage(self.values.data, w, h, w, QImage.Format.Format_Indexed8)

    def fill(self, values: Plane, box: Box) -> None:
        """Put values (h, w) into a part of the sheet, given in the view's device pixels."""
        self.values[self._local(box).slices] = values

    def coloured(self, box: Box, lut: Lut) -> QImage:
        """The part `box` of the sheet as a premultiplied ARGB image."""
        local = self._local(box)
        h, w = local.shape
        if h * w < _QT_FROM_PX:
            argb = lut.take(self.values[local.slices], mode="clip")
            return QImage(argb.data, w, h, 4 * w, QImage.Format.Format_ARGB32_Premultiplied)
        part = self._image.copy(QRect(local.x0, local.y0, w, h))
        part.setColorTable([int(each) for each in lut])
        # The table is premultiplied already: convert as if it were not, then rename.
        image = part.convertToFormat(QImage.Format.Format_ARGB32)
        image.reinterpretAsFormat(QImage.Format.Format_ARGB32_Premultiplied)
        return image

    def part(self, box: Box) -> Plane:
        """The values of a part of the sheet, given in the view's device pixels."""
        return self.values[self._local(box).slices]

    def clipped(self, box: Box) -> Box:
        """The part of a box (device pixels of the view) that the sheet covers."""
        y, x = self.box.y0, self.box.x0
        local = self._local(box).clipped(self.box.shape)
        return Box(local.y0 + y, local.x0 + x, local.y1 + y, local.x1 + x)

    def _local(self, box: Box) -> Box:
        y, x = self.box.y0, self.box.x0
        return Box(box.y0 - y, box.x0 - x, box.y1 - y, box.x1 - x)


def hatch(
    image: QImage, void: NDArray[np.bool_], opacity: float, *, phase: int, pitch: int = 1
) -> None:
    """Draw stripes into a premultiplied image where `void` (h, w) is true.

    `phase` is row + column of the image's first pixel counted from the frame's corner, so
    that the stripes move with the frame and join between rectangles painted apart. `pitch` is
    whole device pixels per screen pixel.
    """
    h, w = void.shape
    diagonal = (np.arange(h)[:, None] + np.arange(w)[None, :] + phase) % (HATCH_PERIOD_PX * pitch)
    stripe = premultiplied(np.array([_STRIPE_RGB], np.float64), np.array([opacity * _STRIPE_ALPHA]))
    _argb(image)[void & (diagonal < HATCH_LINE_PX * pitch)] = stripe[0]


def rim(image: QImage, sheet: Sheet, box: Box, lut: Lut) -> None:
    """Draw the rim of labelled areas into the premultiplied image of a part of a label sheet.

    A pixel is on the rim if it is labelled and one of its four neighbours is not.
    """
    grown = Box(box.y0 - 1, box.x0 - 1, box.y1 + 1, box.x1 + 1)
    outer = sheet.clipped(grown)
    values = sheet.part(outer)
    clear = values == UNLABELLED
    if not clear.any() or clear.all():
        return
    beside = np.zeros_like(clear)
    beside[1:] |= clear[:-1]
    beside[:-1] |= clear[1:]
    beside[:, 1:] |= clear[:, :-1]
    beside[:, :-1] |= clear[:, 1:]
    beside &= ~clear
    y, x = box.y0 - outer.y0, box.x0 - outer.x0
    inner = Box(y, x, y + box.shape[0], x + box.shape[1]).slices
    on_rim = beside[inner]
    _argb(image)[on_rim] = lut[values[inner][on_rim]]


def _argb(image: QImage) -> NDArray[np.uint32]:
    pixels = np.frombuffer(image.bits(), np.uint32)
    return pixels.reshape(image.height(), image.bytesPerLine() // 4)[:, : image.width()]


def sampled_labels(pyramid: LabelPyramid, view: Viewport, box: Box) -> Plane:
    """What the device pixels of `box` show of a label plane: any label in them, (h, w) uint8."""
    number = level_for(view.zoom)
    plane = pyramid.level(number)
    rows, columns = _lines(view, box, plane.shape, view.zoom * 2**number)
    return _gathered(plane, rows, columns, pooled=True)


def sampled_plane(plane: Plane, view: Viewport, box: Box) -> Plane:
    """What the device pixels of `box` show of a dense plane: its nearest value, (h, w) uint8.

    A plane of another size than the frame is stretched over it.
    """
    (h, w), (oy, ox) = view.frame_hw, view.offset_yx
    stretch_y, stretch_x = h / plane.shape[0], w / plane.shape[1]
    rows = _nearest(box.y0, box.y1, oy, view.zoom * stretch_y, plane.shape[0])
    columns = _nearest(box.x0, box.x1, ox, view.zoom * stretch_x, plane.shape[1])
    return _gathered(plane, (rows, rows), (columns, columns), pooled=False)


def base_image(pyramid: ImagePyramid, view: Viewport) -> QImage:
    """The shown part of the frame's image, RGB32 at device resolution.

    Magnified: nearest, so that a frame pixel is one clean square. Reduced: smooth, from the
    nearest larger level of the pyramid; nearest too as long as that level is not prepared.
    """
    box = view.shown
    h, w = box.shape
    number = level_for(view.zoom)
    if view.zoom >= 1 or not pyramid.is_quick(number):
        return _picked(pyramid.level(0), view, box)
    level = pyramid.level(number)
    scale = view.zoom * 2**number
    oy, ox = view.offset_yx
    margin = 2  # what bilinear sampling reads beyond the box
    part = Box(
        int((box.y0 - oy) / scale) - margin,
        int((box.x0 - ox) / scale) - margin,
        int((box.y1 - oy) / scale) + 1 + margin,
        int((box.x1 - ox) / scale) + 1 + margin,
    ).clipped((level.shape[0], level.shape[1]))
    source = _rgb32(level, part)
    out = QImage(w, h, QImage.Format.Format_RGB32)
    painter = QPainter(out)
    try:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale != 1)
        target = QRectF(
            ox + part.x0 * scale - box.x0,
            oy + part.y0 * scale - box.y0,
            (part.x1 - part.x0) * scale,
            (part.y1 - part.y0) * scale,
        )
        # A level rounds odd sizes up: its last pixel may end beyond the frame, inside the box.
        painter.drawImage(target, source, QRectF(source.rect()))
    finally:
        painter.end()
    return out


def _picked(pixels: Plane, view: Viewport, box: Box) -> QImage:
    (h, w), (oy, ox) = box.shape, view.offset_yx
    rows = _nearest(box.y0, box.y1, oy, view.zoom, pixels.shape[0])
    columns = _nearest(box.x0, box.x1, ox, view.zoom, pixels.shape[1])
    part = Box(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)
    if h < part.shape[0]:  # fewer rows than the frame has: pick them before colours are made
        pixels = pixels.take(rows, axis=0, mode="clip")
        part, rows = Box(0, part.x0, h, part.x1), np.arange(h)
    small = _rgb32(pixels, part)
    if view.zoom == 1:
        return small
    argb = np.frombuffer(small.constBits(), np.uint32).reshape(part.shape)
    wide = argb.take(columns - part.x0, axis=1, mode="clip")
    large = wide.take(rows - part.y0, axis=0, mode="clip")
    return QImage(large.data, w, h, 4 * w, QImage.Format.Format_RGB32)


def _rgb32(pixels: Plane, part: Box) -> QImage:
    rows = pixels[part.y0 : part.y1]
    h, stride = rows.shape[0], rows.strides[0]
    whole = QImage(rows.data, rows.shape[1], h, stride, QImage.Format.Format_RGB888)
    if part.x0 or part.x1 < rows.shape[1]:
        whole = whole.copy(QRect(part.x0, 0, part.x1 - part.x0, h))
    return whole.convertToFormat(QImage.Format.Format_RGB32)


def _nearest(first: int, last: int, offset: int, scale: float, count: int) -> Indices:
    at = (np.arange(first, last, dtype=np.float64) + 0.5 - offset) / scale
    return np.floor(at).astype(np.intp).clip(0, count - 1)


def _lines(
    view: Viewport, box: Box, shape: tuple[int, ...], scale: float
) -> tuple[tuple[Indices, Indices], tuple[Indices, Indices]]:
    oy, ox = view.offset_yx
    return (
        samples(box.y0, box.y1, offset=oy, scale=scale, count=shape[0]),
        samples(box.x0, box.x1, offset=ox, scale=scale, count=shape[1]),
    )


def _gathered(
    plane: Plane,
    rows: tuple[Indices, Indices],
    columns: tuple[Indices, Indices],
    *,
    pooled: bool,
) -> Plane:
    """Values at rows x columns; pooled: the minimum over both rows and both columns."""
    top, left = int(rows[0][0]), int(columns[0][0])
    part = plane[top : int(rows[1][-1]) + 1, left : int(columns[1][-1]) + 1]
    taken = [each - top for each in rows], [each - left for each in columns]
    if len(rows[0]) < part.shape[0]:  # the axis that shrinks first: fewer pixels to gather
        return _taken(_taken(part, taken[0], 0, pooled=pooled), taken[1], 1, pooled=pooled)
    return _taken(_taken(part, taken[1], 1, pooled=pooled), taken[0], 0, pooled=pooled)


def _taken(plane: Plane, lines: list[Indices], axis: int, *, pooled: bool) -> Plane:
    low, high = lines
    first = plane.take(low, axis=axis, mode="clip")
    if not pooled or low is high or np.array_equal(low, high):
        return first
    return np.minimum(first, plane.take(high, axis=axis, mode="clip"), out=first)
