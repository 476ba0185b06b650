"""Drafts: unfinished polygons, polylines, rectangles and lines, drawn over the picture."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen, QPolygonF

from s4gui.gui.canvas.pointer import DARK, LIGHT, MARGIN_PX

_CORNER_PX, _HOT_PX = 3.0, 5.0
_FILL_ALPHA = 80

Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """An unfinished shape through points (x, y) in screen pixels, and what it would touch.

    `radius` is half the width of a polyline, `hot` the corner under the pointer.
    """

    kind: str
    points: Points
    rgb: tuple[int, int, int]
    holes: tuple[Points, ...] = ()
    hot: tuple[float, float] | None = None
    radius: float = 0.0
    erases: bool = False

    @property
    def bounds(self) -> QRectF:
        """All it may draw on."""
        reach = _HOT_PX + MARGIN_PX + self.radius
        around = _polygon(self.points).boundingRect()
        for hole in self.holes:
            around = around.united(_polygon(hole).boundingRect())
        return around.adjusted(-reach, -reach, reach, reach)

    def paint(self, painter: QPainter) -> None:
        """What it would touch in the colour it would get, its lines, its corners."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.kind == "polyline":
            painter.setPen(_wide(self._fill(), 2 * self.radius))
            painter.drawPolyline(_polygon(self.points))
        elif self.kind != "line":
            painter.fillPath(self._touched(), self._fill())
        painter.setBrush(Qt.BrushStyle.NoBrush)
        # A line's own middle is thin, so that the pole below it stays in sight.
        widths = (2.2, 0.8) if self.kind == "polyline" else (3.4, 1.4)
        for pen in (QPen(DARK, widths[0]), QPen(LIGHT, widths[1])):
            painter.setPen(pen)
            if self.kind == "rectangle":
                painter.drawPath(self._touched())
            else:
                for ring in (self.points, *self.holes):
                    painter.drawPolyline(_polygon(ring))
        if self.kind in {"polygon", "polyline"}:
            self._paint_corners(painter)

    def _paint_corners(self, painter: QPainter) -> None:
        painter.setPen(QPen(LIGHT, 1.0))
        painter.setBrush(QColor(*self.rgb))
        for x, y in (point for ring in (self.points, *self.holes) for point in ring):
            painter.drawEllipse(QPointF(x, y), _CORNER_PX, _CORNER_PX)
        if self.hot is not None:
            painter.setPen(QPen(DARK, 1.0))
            painter.setBrush(LIGHT)
            painter.drawEllipse(QPointF(*self.hot), _HOT_PX, _HOT_PX)

    def _fill(self) -> QBrush:
        if self.erases:
            return QBrush(QColor(255, 255, 255, 150), Qt.BrushStyle.DiagCrossPattern)
        return QBrush(QColor(*self.rgb, _FILL_ALPHA))

    def _touched(self) -> QPainterPath:
        path = QPainterPath()
        if self.kind == "rectangle":
            (x0, y0), (x1, y1) = self.points
            path.addRect(QRectF(QPointF(x0, y0), QPointF(x1, y1)).normalized())
            return path
        for ring in (self.points, *self.holes):
            path.addPolygon(_polygon(ring))
            path.closeSubpath()
        return path


def _wide(brush: QBrush, width: float) -> QPen:
    solid, cap, join = Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
    return QPen(brush, max(width, 1.0), solid, cap, join)


def _polygon(points: Points) -> QPolygonF:
    return QPolygonF([QPointF(*each) for each in points])
