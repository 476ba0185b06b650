"""Pointer: the ring of the brush, and crosshairs of linked views."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

DARK, LIGHT = QColor(0, 0, 0, 190), QColor(255, 255, 255, 235)
_STRIPE = QColor(255, 236, 120)
MARGIN_PX = 4.0
_CROSS_PX, _GAP_PX = 14.0, 4.0
_STORED_TO_PX = 300.0


@dataclass(frozen=True, slots=True)
class Ring:
    """The brush as it would stamp; lengths in screen pixels. `kind`: paint, void or erase.

    Drawn from a stored picture up to a size: a smooth circle costs 0.2 ms, at every move.
    """

    kind: str
    centre: tuple[float, float]  # x, y
    radius: float
    rgb: tuple[int, int, int]
    ratio: float = 1.0  # device pixels per screen pixel
    is_square: bool = False

    @property
    def bounds(self) -> QRectF:
        """All it may draw on."""
        reach = self._reach
        x, y = self._corner
        return QRectF(x, y, 2 * reach, 2 * reach)

    def paint(self, painter: QPainter) -> None:
        """A dark and a light line, told apart on any ground: class colour, hatch or cross."""
        x, y = self._corner
        if self.radius <= _STORED_TO_PX:
            image = _ring_image(self.kind, self.radius, self.rgb, self.ratio, self.is_square)
            painter.drawImage(QPointF(x, y), image)
        else:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            centre = QPointF(x + self._reach, y + self._reach)
            draw = _circle if not self.is_square else _square
            _draw_ring(painter, self.kind, centre, self.radius, QColor(*self.rgb), draw)

    @property
    def _reach(self) -> int:
        return math.ceil(max(self.radius, _GAP_PX) + MARGIN_PX)

    @property
    def _corner(self) -> tuple[int, int]:
        # On a whole screen pixel, so that the stored picture fits.
        x, y = self.centre
        return math.floor(x + 0.5) - self._reach, math.floor(y + 0.5) - self._reach


@lru_cache(maxsize=8)
def _ring_image(
    kind: str,
    radius: float,
    rgb: tuple[int, int, int],
    ratio: float,
    is_square: bool,  # noqa: FBT001 - the cache's key
) -> QImage:
    size = 2 * math.ceil(max(radius, _GAP_PX) + MARGIN_PX)
    edge = math.ceil(size * ratio)
    image = QImage(edge, edge, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(0)
    painter = QPainter(image)
    try:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw = _circle if not is_square else _square
        _draw_ring(painter, kind, QPointF(size / 2, size / 2), radius, QColor(*rgb), draw)
    finally:
        painter.end()
    return image


Draw = Callable[[QPainter, QPointF, float], None]


def _circle(painter: QPainter, centre: QPointF, radius: float) -> None:
    painter.drawEllipse(centre, radius, radius)


def _square(painter: QPainter, centre: QPointF, radius: float) -> None:
    painter.drawRect(QRectF(centre.x() - radius, centre.y() - radius, 2 * radius, 2 * radius))


def _draw_ring(
    painter: QPainter, kind: str, centre: QPointF, radius: float, colour: QColor, draw: Draw
) -> None:
    radius = max(radius, 1.5)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(DARK, 3.6))
    draw(painter, centre, radius)
    if kind == "paint":
        painter.setPen(QPen(colour, 2.0))
        draw(painter, centre, radius)
        painter.setPen(QPen(LIGHT, 0.9))
        draw(painter, centre, radius + 0.9)
        return
    line = QPen(_STRIPE if kind == "void" else LIGHT, 1.8)
    line.setDashPattern([2.0, 2.0] if kind == "void" else [4.0, 3.0])
    painter.setPen(line)
    draw(painter, centre, radius)
    _draw_sign(painter, kind, centre, min(max(radius * 0.45, 2.5), 7.0), line.color())


def _draw_sign(painter: QPainter, kind: str, centre: QPointF, arm: float, colour: QColor) -> None:
    """In the middle: a slash for void, a cross for the eraser."""
    x, y = centre.x(), centre.y()
    lines = [(QPointF(x - arm, y + arm), QPointF(x + arm, y - arm))]
    if kind == "erase":
        lines.append((QPointF(x - arm, y - arm), QPointF(x + arm, y + arm)))
    for pen in (QPen(DARK, 3.4), QPen(colour, 1.5)):
        painter.setPen(pen)
        for start, end in lines:
            painter.drawLine(start, end)


@dataclass(frozen=True, slots=True)
class Crosshair:
    """Where the pointer is in a linked view, in screen pixels."""

    centre: tuple[float, float]

    @property
    def bounds(self) -> QRectF:
        """All it may draw on."""
        reach = _CROSS_PX + MARGIN_PX
        return QRectF(self.centre[0] - reach, self.centre[1] - reach, 2 * reach, 2 * reach)

    def paint(self, painter: QPainter) -> None:
        """Four arms around a free middle."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        x, y = self.centre
        for pen in (QPen(DARK, 3.6), QPen(LIGHT, 1.6)):
            painter.setPen(pen)
            for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                start = QPointF(x + dx * _GAP_PX, y + dy * _GAP_PX)
                painter.drawLine(start, QPointF(x + dx * _CROSS_PX, y + dy * _CROSS_PX))
