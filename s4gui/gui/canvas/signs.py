"""Signs over the picture: which ring, shape and crosshair a gesture shows; the empty text."""

from __future__ import annotations

import math

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget

from s4gui.core.strokes import PointYX, Tip
from s4gui.gui.canvas.drafts import Shape
from s4gui.gui.canvas.geometry import Viewport
from s4gui.gui.canvas.gestures.parts import Outline
from s4gui.gui.canvas.interaction import Interaction
from s4gui.gui.canvas.marks import Mark, Marked, Note
from s4gui.gui.canvas.pointer import Crosshair, Ring
from s4gui.workbench.painting import Tool

Sign = Ring | Crosshair | Shape | Marked | Note


def signs_of(
    state: Interaction,
    view: Viewport,
    *,
    ratio: float,
    ghost_yx: PointYX | None,
    is_void: bool,
    tip: Tip,
    mark: Mark | None,
    rgb: tuple[int, int, int],
) -> tuple[Sign, ...]:
    """What to draw over the picture, from below.

    Signs are placed in screen pixels, so that their lines are as thick on every screen;
    `ratio` is device pixels per screen pixel. `ghost_yx` is the frame position of the pointer
    in a linked view, `rgb` the colour that a press would paint.
    """

    def place(at_yx: PointYX) -> tuple[float, float]:
        y, x = view.to_device(at_yx)
        return x / ratio, y / ratio

    signs: list[Sign] = []
    if mark is not None:
        y0, x0, y1, x1 = mark.box.y0, mark.box.x0, mark.box.y1, mark.box.x1
        left, top = place((y0 - 0.5, x0 - 0.5))
        right, bottom = place((y1 - 0.5, x1 - 0.5))
        signs.append(Marked(mark, (left, top, right - left, bottom - top), mark.rgb or rgb))
    note = state.note
    if note and state.hover is not None:
        signs.append(Note(state.hover.xy, note))
    outline = state.outline
    if outline:
        shape = Shape(
            outline.kind,
            tuple(place(each) for each in _on_edges(outline)),
            rgb,
            holes=tuple(tuple(place(each) for each in ring) for ring in outline.holes),
            hot=place(outline.hot_yx) if outline.hot_yx else None,
            radius=outline.radius_px * view.zoom / ratio,
            erases=outline.erases,
        )
        signs.append(shape)
    if state.hover is not None and state.strokes:
        x, y = state.hover.xy
        kind = "erase" if state.erases else "void" if is_void else "paint"
        radius = state.radius_px * view.zoom / ratio
        # A line is round whatever the brush.
        is_square = tip is Tip.SQUARE and state.tool is not Tool.POLYLINE
        signs.append(Ring(kind, (x + 0.5, y + 0.5), radius, rgb, ratio, is_square=is_square))
    elif state.hover is None and ghost_yx is not None:
        signs.append(Crosshair(place(ghost_yx)))
    return tuple(signs)


def paint_empty(
    painter: QPainter, widget: QWidget, background: QColor, texts: tuple[str, str]
) -> None:
    """A sentence in the middle of a widget, and below it, smaller, what to do about it."""
    area = widget.rect().adjusted(24, 24, -24, -24)
    wrapped = Qt.AlignmentFlag.AlignHCenter.value | Qt.TextFlag.TextWordWrap.value
    middle = area.center().y()
    large = widget.font()
    large.setPointSizeF(max(large.pointSizeF(), 8.0) * 1.5)
    # The canvas may be dark in a light window: the ground decides, not the palette.
    colour = QColor(235, 237, 240) if background.lightnessF() < 0.5 else QColor(30, 33, 38)
    painter.setPen(colour)
    painter.setFont(large)
    upper = QRect(area.left(), area.top(), area.width(), middle - area.top())
    painter.drawText(upper, wrapped | Qt.AlignmentFlag.AlignBottom.value, texts[0])
    colour.setAlphaF(0.7)
    painter.setPen(colour)
    painter.setFont(widget.font())
    lower = QRect(area.left(), middle + 10, area.width(), area.bottom() - middle)
    painter.drawText(lower, wrapped | Qt.AlignmentFlag.AlignTop.value, texts[1])


def _on_edges(outline: Outline) -> tuple[PointYX, ...]:
    """The corners to draw; a rectangle's lie on the edges of the pixels that it will fill."""
    if outline.kind != "rectangle":
        return outline.points_yx
    (ay, ax), (by, bx) = outline.points_yx
    top, left = math.floor(min(ay, by) + 0.5) - 0.5, math.floor(min(ax, bx) + 0.5) - 0.5
    bottom, right = math.floor(max(ay, by) + 0.5) + 0.5, math.floor(max(ax, bx) + 0.5) + 0.5
    return (top, left), (bottom, right)
