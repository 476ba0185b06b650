"""What every design of the canvas bench shows and paints: images, masks, colours, strokes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

from s4gui.core.labels import Edit, LabelMask
from s4gui.core.strokes import PointYX, capsule

VIEW_W, VIEW_H = 1600, 1000
RADIUS_PX, SEGMENT_SCREEN_PX, MOVES = 12.0, 12.0, 12
CLASSES = 12
OPACITY = 0.5


@dataclass(frozen=True)
class Scene:
    """A smooth image and a dense mask of 12 classes in 8 px blocks (worst for blending)."""

    image: np.ndarray
    labels: np.ndarray
    palette: np.ndarray

    @classmethod
    def of(cls, height: int, width: int) -> Scene:
        rng = np.random.default_rng(7)
        small = rng.integers(0, 256, (height // 64 + 2, width // 64 + 2, 3), np.uint8)
        image = np.repeat(np.repeat(small, 64, axis=0), 64, axis=1)[:height, :width]
        blocks = rng.integers(0, CLASSES, (height // 8 + 1, width // 8 + 1), np.uint8)
        labels = np.repeat(np.repeat(blocks, 8, axis=0), 8, axis=1)[:height, :width]
        palette = rng.integers(0, 256, (256, 3), np.uint8)
        return cls(np.ascontiguousarray(image), np.ascontiguousarray(labels), palette)

    def mask(self) -> LabelMask:
        return LabelMask(self.labels, np.ones(self.labels.shape, np.uint16))


class Hand:
    """Strokes that wander over the view in steps of 12 screen pixels."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self.x, self.y = VIEW_W / 2, VIEW_H / 2

    def start(self) -> None:
        self.x = float(self._rng.uniform(450, VIEW_W - 450))
        self.y = float(self._rng.uniform(300, VIEW_H - 300))
        self._angle = float(self._rng.uniform(0, 2 * np.pi))

    def step(self) -> tuple[float, float]:
        self._angle += float(self._rng.uniform(-0.4, 0.4))
        self.x += SEGMENT_SCREEN_PX * np.cos(self._angle)
        self.y += SEGMENT_SCREEN_PX * np.sin(self._angle)
        return self.x, self.y


class Painting:
    """The mask's side of a stroke, the same for every design: capsules, tiles copied once."""

    def __init__(self, scene: Scene) -> None:
        self.mask = scene.mask()
        self._value = 0

    def begin(self, at_yx: PointYX) -> None:
        self._edit, self._last = Edit(self.mask), at_yx
        self._value = (self._value + 1) % CLASSES

    def extend(self, to_yx: PointYX):
        inside, box = capsule(self._last, to_yx, RADIUS_PX)
        self._last = to_yx
        return self._edit.paint(inside, box, self._value, source=1)


def mouse(widget: QWidget, kind: QEvent.Type, x: float, y: float) -> None:
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    button = none if kind == QEvent.Type.MouseMove else left
    buttons = none if kind == QEvent.Type.MouseButtonRelease else left
    at = QPointF(round(x), round(y))
    keys = Qt.KeyboardModifier.NoModifier
    event = QMouseEvent(kind, at, QPointF(widget.mapToGlobal(at)), button, buttons, keys)
    QApplication.sendEvent(widget, event)
