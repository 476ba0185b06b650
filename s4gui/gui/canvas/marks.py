"""Marks: pixels of the frame that an edit would touch, drawn over the picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from s4gui.core.classes import UNLABELLED
from s4gui.core.labels import Box
from s4gui.gui.canvas.pointer import LIGHT

_FILL_ALPHA = 150
_RIM = QColor(255, 255, 255, 235)
_MOST_VALUES = 255
_NOTE_PX = (64.0, 22.0)
_NOTE_AT_PX = 16.0


@dataclass(frozen=True, eq=False, slots=True)
class Mark:
    """Pixels of a box: `plane` (h, w) uint8 is 0 outside, 1 inside, 2 on the edge.

    `rgb` None: in the colour that would be painted. `colours`: those of the plane's values, as
    Qt's numbers, where it has others.
    """

    plane: NDArray[np.uint8]
    box: Box
    rgb: tuple[int, int, int] | None = None
    colours: tuple[int, ...] = ()

    @classmethod
    def of_labels(
        cls,
        labels: NDArray[np.uint8],
        box: Box,
        palette: NDArray[np.uint8],
        below: NDArray[np.uint8],
    ) -> Mark:
        """Each label (h, w) uint8 of a box in its colour of the palette (256, 3) uint8.

        UNLABELLED is outside. There is no edge towards the same label `below` (h, w) uint8.
        For a thread of jobs.
        """
        whole = np.where(labels == UNLABELLED, below, labels)
        values = np.unique(labels[labels != UNLABELLED])
        plane = np.searchsorted(values, labels).astype(np.uint8) + np.uint8(1)
        beside = np.zeros(labels.shape, bool)
        for one, other in ((np.s_[1:], np.s_[:-1]), (np.s_[:, 1:], np.s_[:, :-1])):
            differs = whole[one] != whole[other]
            beside[one] |= differs
            beside[other] |= differs
        plane[beside] = 0 if len(values) == _MOST_VALUES else len(values) + 1
        plane[labels == UNLABELLED] = 0
        fills = (QColor(r, g, b, _FILL_ALPHA).rgba() for r, g, b in palette[values].tolist())
        rim = () if len(values) == _MOST_VALUES else (_RIM.rgba(),)
        return cls(plane, box, colours=(0, *fills, *rim))

    @classmethod
    def of(cls, inside: NDArray[np.bool_], box: Box) -> Mark:
        """The mark of inside (h, w) bool. For a large area some 10 ms: make it in a job."""
        beside = np.zeros_like(inside)
        beside[:1] = beside[-1:] = True
        beside[:, :1] = beside[:, -1:] = True
        beside[1:] |= ~inside[:-1]
        beside[:-1] |= ~inside[1:]
        beside[:, 1:] |= ~inside[:, :-1]
        beside[:, :-1] |= ~inside[:, 1:]
        plane = np.ascontiguousarray(inside.astype(np.uint8))
        plane[beside & inside] = 2
        return cls(plane, box)


@dataclass(frozen=True, slots=True)
class Marked:
    """A mark as a view shows it: its place (x, y, width, height) in screen pixels."""

    mark: Mark
    place: tuple[float, float, float, float]
    rgb: tuple[int, int, int]

    @property
    def bounds(self) -> QRectF:
        """All it may draw on."""
        return QRectF(*self.place).adjusted(-1, -1, 1, 1)

    def paint(self, painter: QPainter) -> None:
        """In the colour that the pixels would get, with a light edge."""
        height, width = self.mark.plane.shape
        image = QImage(self.mark.plane.data, width, height, width, QImage.Format.Format_Indexed8)
        fill = QColor(*self.rgb, _FILL_ALPHA)
        image.setColorTable(self.mark.colours or [0, fill.rgba(), _RIM.rgba()])
        painter.drawImage(QRectF(*self.place), image)


@dataclass(frozen=True, slots=True)
class Note:
    """A few letters beside the pointer."""

    at: tuple[float, float]
    text: str

    @property
    def bounds(self) -> QRectF:
        """All it may draw on."""
        corner = QPointF(self.at[0] + _NOTE_AT_PX, self.at[1] + _NOTE_AT_PX)
        return QRectF(corner.x(), corner.y(), *_NOTE_PX)

    def paint(self, painter: QPainter) -> None:
        """Light on dark."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 190))
        painter.drawRoundedRect(self.bounds, 5, 5)
        painter.setPen(LIGHT)
        painter.drawText(self.bounds, Qt.AlignmentFlag.AlignCenter, self.text)
