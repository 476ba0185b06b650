"""The designs compared: our canvas, a full re-render, pyqtgraph's ImageItem, an empty widget."""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QRect, QRectF, Qt
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from s4gui.gui.canvas.material import Layer
from s4gui.gui.canvas.pyramid import ImagePyramid
from s4gui.gui.canvas.tables import label_lut
from s4gui.gui.canvas.view import Canvas
from s4gui.workbench.painting import Tool
from tests.bench.canvas.scene import OPACITY, RADIUS_PX, VIEW_H, VIEW_W, Painting, Scene


def zoom_of(name: str, scene: Scene) -> float:
    """Zoom by name: "fit", "1:1", "8x"."""
    h, w = scene.labels.shape
    return {"fit": min(VIEW_H / h, VIEW_W / w), "1:1": 1.0, "8x": 8.0}[name]


class Ours:
    """s4gui's canvas with the mask's side connected as the workbench connects it."""

    name = "ours"

    def __init__(self, scene: Scene) -> None:
        self.scene, self.painting = scene, Painting(scene)
        self.widget = self.hand = Canvas()
        self.widget.resize(VIEW_W, VIEW_H)
        self.widget.show_palette(scene.palette)
        self.widget.show_image(ImagePyramid(scene.image).prepare())
        self.widget.show_labels(self.painting.mask.labels)
        self.widget.set_opacity(Layer.LABELS, OPACITY)
        self.widget.set_tool(Tool.BRUSH, 1, RADIUS_PX)
        self.widget.stroke_begun.connect(lambda ask: self.painting.begin(ask.at_yx))
        self.widget.stroke_moved.connect(self._extend)
        self._flip = False

    def _extend(self, points) -> None:
        for point in points:
            self.widget.labels_changed(self.painting.extend(point))

    def show_zoom(self, name: str) -> None:
        self.widget.fit() if name == "fit" else self.widget.zoom_to(zoom_of(name, self.scene))

    def change_opacity(self) -> None:
        self._flip = not self._flip
        self.widget.set_opacity(Layer.LABELS, OPACITY + 0.1 * self._flip)

    def pan(self) -> None:
        self._flip = not self._flip
        self.widget.pan_by(pg.QtCore.QPointF(5 if self._flip else -5, 0))


class Rerender(QWidget):
    """The whole mask through the lookup table and a whole repaint for every move (w_full)."""

    name = "full re-render"

    def __init__(self, scene: Scene) -> None:
        super().__init__()
        self.scene, self.painting, self.hand = scene, Painting(scene), self
        self.widget = self
        self.zoom = 1.0
        self.resize(VIEW_W, VIEW_H)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        h, w = scene.labels.shape
        rgb = QImage(scene.image.data, w, h, 3 * w, QImage.Format.Format_RGB888)
        self._base = rgb.convertToFormat(QImage.Format.Format_RGB32)
        self._lut = label_lut(scene.palette, OPACITY)
        self._argb = np.empty((h, w), np.uint32)

    def show_zoom(self, name: str) -> None:
        self.zoom = zoom_of(name, self.scene)
        self._recolour()

    def _recolour(self) -> None:
        np.take(self._lut, self.painting.mask.labels, mode="clip", out=self._argb)
        self.update()

    def _offset(self) -> tuple[float, float]:
        h, w = self.scene.labels.shape
        return (VIEW_H - h * self.zoom) / 2, (VIEW_W - w * self.zoom) / 2

    def _frame_yx(self, event: QMouseEvent) -> tuple[float, float]:
        oy, ox = self._offset()
        at = event.position()
        return (at.y() - oy) / self.zoom - 0.5, (at.x() - ox) / self.zoom - 0.5

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.painting.begin(self._frame_yx(event))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.painting.extend(self._frame_yx(event))
        self._recolour()

    def paintEvent(self, _event: QPaintEvent) -> None:
        h, w = self._argb.shape
        oy, ox = self._offset()
        painter = QPainter(self)
        try:
            painter.fillRect(self.rect(), Qt.GlobalColor.black)
            target = QRectF(ox, oy, w * self.zoom, h * self.zoom)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self.zoom < 1)
            painter.drawImage(target, self._base, QRectF(0, 0, w, h))
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, on=False)
            image = QImage(self._argb.data, w, h, 4 * w, QImage.Format.Format_ARGB32_Premultiplied)
            painter.drawImage(target, image, QRectF(0, 0, w, h))
        finally:
            painter.end()


class ImageItem(QObject):
    """pyqtgraph: two ImageItems in a ViewBox, updateImage() for every move."""

    name = "ImageItem"

    def __init__(self, scene: Scene) -> None:
        super().__init__()
        self.scene, self.painting = scene, Painting(scene)
        self.widget = pg.GraphicsView()
        self.widget.resize(VIEW_W, VIEW_H)
        self._box = pg.ViewBox(lockAspect=True, enableMouse=False, invertY=True)
        self.widget.setCentralItem(self._box)
        base = pg.ImageItem(scene.image, axisOrder="row-major")
        self._item = pg.ImageItem(self.painting.mask.labels, axisOrder="row-major", levels=(0, 255))
        colours = np.concatenate(
            [scene.palette, np.full((256, 1), int(255 * OPACITY), np.uint8)], axis=1
        )
        self._item.setLookupTable(colours)
        self._box.addItem(base)
        self._box.addItem(self._item)
        self.hand = self.widget.viewport()
        self.hand.installEventFilter(self)

    def show_zoom(self, name: str) -> None:
        zoom = zoom_of(name, self.scene)
        h, w = self.scene.labels.shape
        self._box.setRange(
            QRectF(
                w / 2 - VIEW_W / zoom / 2, h / 2 - VIEW_H / zoom / 2, VIEW_W / zoom, VIEW_H / zoom
            ),
            padding=0,
        )

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QMouseEvent):
            return False
        at = self._box.mapSceneToView(event.position())
        if event.type() == QEvent.Type.MouseButtonPress:
            self.painting.begin((at.y(), at.x()))
        elif event.type() == QEvent.Type.MouseMove:
            self.painting.extend((at.y(), at.x()))
            self._item.updateImage()
        return True


class Nothing(QWidget):
    """The floor: a mouse event, an empty paint of 40 x 40 pixels, the flush."""

    name = "event floor"

    def __init__(self) -> None:
        super().__init__()
        self.widget = self.hand = self
        self.resize(VIEW_W, VIEW_H)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def show_zoom(self, _name: str) -> None:
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        self.update(QRect(math.floor(at.x()) - 20, math.floor(at.y()) - 20, 40, 40))

    def paintEvent(self, _event: QPaintEvent) -> None:
        QPainter(self).end()
