"""Layers: planes of pixel values at the screen's resolution, coloured by lookup tables."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage

from s4gui.core.labels import Box
from s4gui.gui.canvas.geometry import Indices, Viewport, samples
from s4gui.gui.canvas.material import Layer
from s4gui.gui.canvas.pyramid import LabelPyramid, level_for
from s4gui.gui.canvas.tables import Lut

Plane = NDArray[np.uint8]

OVERLAYS = tuple(each for each in Layer if each is not Layer.IMAGE)
# Below this many pixels numpy's lookup is quicker than Qt's conversion (2 against 14 us for a
# brush segment; 1.3 against 0.6 ms for a whole 1600x1000 view).
_QT_FROM_PX = 40_000


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
        if box.shape == self.values.shape:
            return
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
            return argb_image(lut.take(self.values[local.slices], mode="clip"))
        part = self._image.copy(QRect(local.x0, local.y0, w, h))
        part.setColorTable(lut.tolist())
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


def argb_image(argb: Lut) -> QImage:
    """A premultiplied image over an array (h, w) uint32."""
    h, w = argb.shape
    return QImage(argb.data, w, h, 4 * w, QImage.Format.Format_ARGB32_Premultiplied)


class LabelSampler:
    """What a view shows of a label plane; its lines are worked out once for the view."""

    def __init__(self, pyramid: LabelPyramid, view: Viewport) -> None:
        self._number = level_for(view.zoom)
        self._pyramid = pyramid
        self._shown = view.shown
        shape = pyramid.level(self._number).shape
        box, (oy, ox), scale = view.shown, view.offset_yx, view.zoom * 2**self._number
        self._rows = samples(box.y0, box.y1, offset=oy, scale=scale, count=shape[0])
        self._columns = samples(box.x0, box.x1, offset=ox, scale=scale, count=shape[1])

    def sample(self, box: Box) -> Plane:
        """Any label in each device pixel of `box`, which lies in the shown box: (h, w) uint8."""
        y, x = self._shown.y0, self._shown.x0
        rows = slice(box.y0 - y, box.y1 - y)
        columns = slice(box.x0 - x, box.x1 - x)
        return _gathered(
            self._pyramid.level(self._number),
            (self._rows[0][rows], self._rows[1][rows]),
            (self._columns[0][columns], self._columns[1][columns]),
            is_pooled=self._rows[0] is not self._rows[1],
        )


def sampled_plane(plane: Plane, view: Viewport, box: Box) -> Plane:
    """What the device pixels of `box` show of a dense plane: its nearest value, (h, w) uint8.

    A plane of another size than the frame is stretched over it.
    """
    (h, w), (oy, ox) = view.frame_hw, view.offset_yx
    stretch_y, stretch_x = h / plane.shape[0], w / plane.shape[1]
    rows = nearest(box.y0, box.y1, oy, view.zoom * stretch_y, plane.shape[0])
    columns = nearest(box.x0, box.x1, ox, view.zoom * stretch_x, plane.shape[1])
    return _gathered(plane, (rows, rows), (columns, columns), is_pooled=False)


def nearest(first: int, last: int, offset: int, scale: float, count: int) -> Indices:
    """The source pixels, of `count`, under the middles of device pixels first..last-1."""
    at = (np.arange(first, last, dtype=np.float64) + 0.5 - offset) / scale
    return np.floor(at).astype(np.intp).clip(0, count - 1)


def _gathered(
    plane: Plane,
    rows: tuple[Indices, Indices],
    columns: tuple[Indices, Indices],
    *,
    is_pooled: bool,
) -> Plane:
    """Values at rows x columns; pooled: the minimum over both rows and both columns."""
    top, left = int(rows[0][0]), int(columns[0][0])
    part = plane[top : int(rows[1][-1]) + 1, left : int(columns[1][-1]) + 1]
    # The axis that shrinks goes first: fewer pixels to gather.
    order = (0, 1) if len(rows[0]) < part.shape[0] else (1, 0)
    low, high = (rows[0] - top, columns[0] - left), (rows[1] - top, columns[1] - left)
    for axis in order:
        first = part.take(low[axis], axis=axis, mode="clip")
        if is_pooled:
            second = part.take(high[axis], axis=axis, mode="clip")
            np.minimum(first, second, out=first)
        part = first
    return part
