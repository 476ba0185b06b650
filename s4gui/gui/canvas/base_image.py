"""BaseImage: the frame's image as the view shows it, at the screen's resolution."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PySide6.QtCore import QPoint, QRect, QRectF
from PySide6.QtGui import QImage, QPainter

from s4gui.core.labels import Box
from s4gui.gui.canvas.geometry import Viewport
from s4gui.gui.canvas.layers import nearest
from s4gui.gui.canvas.pyramid import ImagePyramid, level_for

_RGB32 = QImage.Format.Format_RGB32
_KEPT_PX = 4_000_000
"""A level up to here is kept as RGB32 (16 MB); of a larger one only what is seen is made."""
_SMOOTH_MARGIN_PX = 2


class BaseImage:
    """An image drawn for one view after another into memory of its own.

    `image` holds what `render` made last, in its colours: the view's shown box in RGB32.
    `smooth` decides how the next one is magnified.
    """

    def __init__(self, pyramid: ImagePyramid, *, smooth: bool = False) -> None:
        self._pyramid, self.smooth = pyramid, smooth
        self._tables: list[int] | None = None
        self._kept: dict[int, QImage] = {}
        self._pixels: NDArray[np.uint32] = np.zeros((0, 0), np.uint32)
        self._drawn = self.image = QImage()

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W) of the frame."""
        return self._pyramid.shape

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """The frame's own pixels, (H, W, 3) uint8."""
        return self._pyramid.level(0)

    def render(self, view: Viewport) -> None:
        """Draw the shown part of the frame.

        Magnified: nearest, so that a frame pixel is one clean square, unless it is to be smooth.
        Reduced: smooth, from the nearest larger level; nearest too as long as that level is
        not prepared.
        """
        box = view.shown
        if self._pixels.shape != box.shape:
            h, w = box.shape
            self._pixels = np.empty((h, w), np.uint32)
            self._drawn = QImage(self._pixels.data, w, h, 4 * w, _RGB32)
        number = level_for(view.zoom)
        is_smooth = self.smooth and view.zoom > 1
        if not is_smooth and (view.zoom >= 1 or not self._pyramid.is_quick(number)):
            self._pick(view, box)
        else:
            self._smooth(view, box, number)
        self._tune()

    def colour(self, tables: NDArray[np.uint8] | None) -> None:
        """Show it through (3, 256) uint8 tables of red, green and blue; None: as it is."""
        self._tables = None if tables is None else [*tables[::-1].ravel().tolist(), *range(256)]
        self._tune()

    def _tune(self) -> None:
        """The drawn pixels through the tables: 3 ms for 1.1 million of them."""
        h, w = self._pixels.shape
        if self._tables is None or not h * w:
            self.image = self._drawn
            return
        drawn = Image.frombuffer("RGBA", (w, h), self._pixels, "raw", "RGBA", 0, 1)
        toned = np.asarray(drawn.point(self._tables))
        self.image = QImage(toned.data, w, h, 4 * w, _RGB32)

    def _smooth(self, view: Viewport, box: Box, number: int) -> None:
        scale = view.zoom * 2**number
        oy, ox = view.offset_yx
        part = Box(
            int((box.y0 - oy) / scale) - _SMOOTH_MARGIN_PX,
            int((box.x0 - ox) / scale) - _SMOOTH_MARGIN_PX,
            int((box.y1 - oy) / scale) + 1 + _SMOOTH_MARGIN_PX,
            int((box.x1 - ox) / scale) + 1 + _SMOOTH_MARGIN_PX,
        )
        source, covered = self._rgb32(number, part)
        target = QRectF(
            ox + covered.x0 * scale - box.x0,
            oy + covered.y0 * scale - box.y0,
            (covered.x1 - covered.x0) * scale,
            (covered.y1 - covered.y0) * scale,
        )
        painter = QPainter(self._drawn)
        try:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale != 1)
            # A level rounds odd sizes up: its last pixel may end beyond the frame and the box.
            painter.drawImage(target, source, QRectF(source.rect()))
        finally:
            painter.end()

    def _pick(self, view: Viewport, box: Box) -> None:
        (fh, fw), (oy, ox) = self.shape, view.offset_yx
        rows = nearest(box.y0, box.y1, oy, view.zoom, fh)
        columns = nearest(box.x0, box.x1, ox, view.zoom, fw)
        part = Box(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)
        if view.zoom < 1:  # fewer rows than the frame has: pick them before making colours
            picked = self._pyramid.level(0).take(rows, axis=0, mode="clip")
            source, covered = _converted(picked, Box(0, part.x0, len(rows), part.x1)), part
            rows = np.arange(len(rows)) + part.y0
        else:
            source, covered = self._rgb32(0, part)
        if view.zoom == 1:
            seen = QRect(part.x0 - covered.x0, part.y0 - covered.y0, *reversed(part.shape))
            painter = QPainter(self._drawn)
            try:
                painter.drawImage(QPoint(0, 0), source, seen)
            finally:
                painter.end()
            return
        argb = np.frombuffer(source.constBits(), np.uint32)
        argb = argb.reshape(source.height(), source.width())
        argb = argb[part.y0 - covered.y0 :][: int(rows[-1]) + 1 - part.y0]
        wide = argb.take(columns - covered.x0, axis=1, mode="clip")
        np.take(wide, rows - part.y0, axis=0, mode="clip", out=self._pixels)

    def _rgb32(self, number: int, part: Box) -> tuple[QImage, Box]:
        """An RGB32 image that holds `part` of a level, and the box of the level it holds."""
        level = self._pyramid.level(number)
        h, w, _ = level.shape
        if h * w > _KEPT_PX:
            part = part.clipped((h, w))
            return _converted(level, part), part
        if number not in self._kept:
            self._kept[number] = _converted(level, Box(0, 0, h, w))
        return self._kept[number], Box(0, 0, h, w)


def _converted(pixels: NDArray[np.uint8], part: Box) -> QImage:
    """A part of an image (H, W, 3) as RGB32."""
    rows = pixels[part.y0 : part.y1]
    h, w, _ = rows.shape
    image = QImage(rows.data, w, h, rows.strides[0], QImage.Format.Format_RGB888)
    if part.x0 or part.x1 < w:
        image = image.copy(QRect(part.x0, 0, part.x1 - part.x0, h))
    return image.convertToFormat(_RGB32)
