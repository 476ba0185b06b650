"""Small frames, labels and canvases for the canvas tests, and a painter of one pixel at a time."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from s4gui.core.classes import UNLABELLED, VOID
from s4gui.core.labels import Edit, LabelMask
from s4gui.core.strokes import capsule
from s4gui.gui.canvas.material import Layer
from s4gui.gui.canvas.styles import HATCH_LINE_PX, HATCH_PERIOD_PX
from s4gui.gui.canvas.view import Canvas

NO_BUTTON, LEFT = Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton
RIGHT, MIDDLE = Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton
NO_KEY = Qt.KeyboardModifier.NoModifier
BACKGROUND = (17, 34, 51)


def image(h, w, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (h, w, 3), np.uint8)


def labels(h, w, seed=1):
    rng = np.random.default_rng(seed)
    out = rng.integers(0, 12, (h, w), np.uint8)
    out[rng.random((h, w)) < 0.4] = UNLABELLED
    out[rng.random((h, w)) < 0.2] = VOID
    return out


def palette(seed=2):
    return np.random.default_rng(seed).integers(0, 256, (256, 3), np.uint8)


def canvas(qtbot, w=61, h=47, **shown):
    """A visible canvas; the pointer is not on it."""
    it = hidden_canvas(w, h, **shown)
    qtbot.addWidget(it)
    it.show()
    qtbot.waitExposed(it)
    QApplication.processEvents()
    leave(it)
    return it


def hidden_canvas(w=61, h=47, **shown):
    it = Canvas()
    it.setMinimumSize(1, 1)
    it.resize(w, h)
    it.set_background("#112233")
    it.show_palette(palette())
    if "image" in shown:
        it.show_image(shown["image"])
    if "labels" in shown:
        it.show_labels(shown["labels"])
    return it


def leave(widget):
    QApplication.sendEvent(widget, QEvent(QEvent.Type.Leave))
    QApplication.processEvents()


def grabbed(widget):
    """What a full repaint shows: (H, W, 3) uint8 in device pixels."""
    return pixels_of(widget.grab().toImage())


def on_screen(widget):
    """What the window shows at this moment, painted as it came about."""
    QApplication.processEvents()
    return pixels_of(widget.screen().grabWindow(widget.winId()).toImage())


def pixels_of(picture):
    picture = picture.convertToFormat(picture.Format.Format_RGB32)
    raw = np.frombuffer(picture.constBits(), np.uint8)
    rows = raw.reshape(picture.height(), picture.bytesPerLine())
    return (
        rows[:, : picture.width() * 4]
        .reshape(picture.height(), picture.width(), 4)[:, :, 2::-1]
        .copy()
    )


def send(widget, kind, x, y, *, button=NO_BUTTON, buttons=NO_BUTTON, keys=NO_KEY):
    at = QPointF(x, y)
    event = QMouseEvent(kind, at, QPointF(widget.mapToGlobal(at)), button, buttons, keys)
    QApplication.sendEvent(widget, event)


def press(widget, x, y, *, button=LEFT, keys=NO_KEY):
    send(widget, QEvent.Type.MouseButtonPress, x, y, button=button, buttons=button, keys=keys)


def move(widget, x, y, *, buttons=LEFT, keys=NO_KEY):
    send(widget, QEvent.Type.MouseMove, x, y, buttons=buttons, keys=keys)


def release(widget, x, y, *, button=LEFT, keys=NO_KEY):
    send(widget, QEvent.Type.MouseButtonRelease, x, y, button=button, keys=keys)


class Bench:
    """A mask that paints what a canvas asks for, as the workbench does."""

    def __init__(self, it, mask=None, value=3):
        self.canvas, self.value = it, value
        self.mask = mask or LabelMask.empty(it.view.frame_hw)
        it.show_labels(self.mask.labels)
        it.stroke_begun.connect(self.begin)
        it.stroke_moved.connect(self.extend)

    def begin(self, asked):
        self.edit, self.last, self.radius_px = Edit(self.mask), asked.at_yx, asked.radius_px
        self.paints = UNLABELLED if asked.value == "erase" else self.value
        self.extend([asked.at_yx])

    def extend(self, points):
        for point in points:
            inside, box = capsule(self.last, point, self.radius_px)
            self.last = point
            self.canvas.labels_changed(self.edit.paint(inside, box, self.paints, source=1))


def expected(it, pixels, plane, *, label_opacity, colours, ratio=1):
    """What a magnified canvas (zoom 1 or more) must show: a loop over its device pixels."""
    view = it.view
    vh, vw = view.view_hw
    fh, fw = pixels.shape[:2]
    oy = math.floor(vh / 2 - (view.centre_yx[0] + 0.5) * view.zoom + 0.5)
    ox = math.floor(vw / 2 - (view.centre_yx[1] + 0.5) * view.zoom + 0.5)

    def value(row, column):
        """The label shown at a device pixel; None outside of the frame or the view."""
        y, x = math.floor((row + 0.5 - oy) / view.zoom), math.floor((column + 0.5 - ox) / view.zoom)
        inside = 0 <= y < fh and 0 <= x < fw and 0 <= row < vh and 0 <= column < vw
        return (int(plane[y, x]), pixels[y, x]) if inside else None

    out = np.empty((vh, vw, 3))
    for row in range(vh):
        for column in range(vw):
            here = value(row, column)
            if here is None:
                out[row, column] = BACKGROUND
                continue
            label, below = here
            beside = [value(row + dy, column + dx) for dy, dx in ((1, 0), (-1, 0), (0, 1), (0, -1))]
            on_rim = any(each is not None and each[0] == UNLABELLED for each in beside)
            diagonal = (row - oy + column - ox) % (HATCH_PERIOD_PX * ratio)
            out[row, column] = _mixed(
                label, below, on_rim, diagonal < HATCH_LINE_PX * ratio, label_opacity, colours
            )
    return out


def _mixed(label, below, on_rim, on_stripe, opacity, colours):
    if label == UNLABELLED:
        return below
    colour, alpha = colours[label].astype(float), opacity
    if label == VOID:
        colour, alpha = np.array((16.0, 16, 20)), 0.62 * opacity
        if on_stripe:
            colour, alpha = np.array((255.0, 236, 120)), 0.92 * opacity
    elif on_rim:
        light = colour @ (0.299, 0.587, 0.114) > 150
        colour = (colour + (0 if light else 255)) / 2
    return alpha * colour + (1 - alpha) * below


def only(it, *layers):
    for each in Layer:
        it.set_layer(each, each in layers)
