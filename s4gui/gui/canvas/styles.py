"""Styles of the user's labels: filled, outlined, or a pattern for each class."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from s4gui.core.classes import UNLABELLED, VOID
from s4gui.core.labels import Box
from s4gui.gui.canvas.layers import Sheet, argb_image
from s4gui.gui.canvas.tables import Lut, edge_lut, label_lut, line_lut, premultiplied, stripe

HATCH_PERIOD_PX, HATCH_LINE_PX = 9, 3
CELL_PX = 8
"""Edge of the square after which a pattern repeats, in screen pixels."""
OUTLINE_PX = 2
VEIL_OPACITY = 0.75
_WEAK = 0.3


class LabelStyle(StrEnum):
    """How labels are drawn."""

    FILL = "fill"
    OUTLINE = "outline"
    HATCH = "hatch"


def _patterns() -> NDArray[np.bool_]:
    y, x = np.mgrid[:CELL_PX, :CELL_PX]
    rising, falling = (x + y) % CELL_PX, (x - y) % CELL_PX
    return np.stack(
        [
            rising < 3,
            falling < 3,
            y < 3,
            x < 3,
            (x % 4 < 2) & (y % 4 < 2),
            (rising < 2) | (falling < 2),
            (x < 2) | (y < 2),
            (x // 4 + y // 4) % 2 == 0,
        ]
    )


PATTERNS = _patterns()
"""(8, 8, 8) bool: lines in four directions, dots, two lattices, checks."""


def pattern_of(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which pattern a pixel value has: another one 7 to 10 values on, where palettes repeat."""
    return (values + 2 * (values // len(PATTERNS))) % len(PATTERNS)


class LabelInk:
    """The user's labels as an image, in one style, palette and opacity."""

    def __init__(self, palette: NDArray[np.uint8], opacity: float, style: LabelStyle) -> None:
        self._opacity, self._style = opacity, style
        self._fill = label_lut(palette, opacity)
        self._rim = edge_lut(palette, opacity)
        self._line = line_lut(palette, opacity)
        self._cells = pattern_table(palette, opacity) if style is LabelStyle.HATCH else self._fill

    def reach_px(self, pitch: int) -> int:
        """How far beyond a changed device pixel others may look different."""
        return OUTLINE_PX * pitch if self._style is LabelStyle.OUTLINE else 1

    def image(self, sheet: Sheet, box: Box, offset_yx: tuple[int, int], pitch: int) -> QImage:
        """A part of a label sheet as a premultiplied image.

        `offset_yx` is the device pixel of the frame's corner: stripes and patterns begin
        there, so that they move with the frame and join between rectangles painted apart.
        `pitch` is whole device pixels per screen pixel.
        """
        if self._style is LabelStyle.OUTLINE:
            return outlined(sheet, box, self._line, OUTLINE_PX * pitch)
        y, x = box.y0 - offset_yx[0], box.x0 - offset_yx[1]
        if self._style is LabelStyle.HATCH:
            image = patterned(sheet.part(box), self._cells, y, x, pitch)
        else:
            image = sheet.coloured(box, self._fill)
        rim(image, sheet, box, self._rim)
        void = sheet.part(box) == VOID
        if void.any():
            hatch(image, void, self._opacity, phase=y + x, pitch=pitch)
        return image


def pattern_table(palette: NDArray[np.uint8], opacity: float) -> Lut:
    """Premultiplied colours (256 * 64,) uint32 of a pixel value and its place in the cell."""
    strong, weak = label_lut(palette, opacity), label_lut(palette, _WEAK * opacity)
    weak[VOID] = strong[VOID]
    on = PATTERNS[pattern_of(np.arange(256))].reshape(256, -1)
    return np.where(on, strong[:, None], weak[:, None]).astype(np.uint32).ravel()


def patterned(values: NDArray[np.uint8], table: Lut, y: int, x: int, pitch: int) -> QImage:
    """Values (h, w) in their patterns; (y, x) is their first pixel counted from the frame's
    corner."""
    h, w = values.shape
    rows = (np.arange(y, y + h) // pitch % CELL_PX).astype(np.uint16)
    columns = (np.arange(x, x + w) // pitch % CELL_PX).astype(np.uint16)
    cells = (rows * CELL_PX)[:, None] | columns
    cells |= values.astype(np.uint16) * np.uint16(CELL_PX * CELL_PX)
    return argb_image(table.take(cells, mode="clip"))


def hatch(
    image: QImage, void: NDArray[np.bool_], opacity: float, *, phase: int, pitch: int = 1
) -> None:
    """Draw stripes into a premultiplied image where `void` (h, w) is true.

    `phase` is row + column of the image's first pixel counted from the frame's corner.
    """
    h, w = void.shape
    diagonal = (np.arange(h)[:, None] + np.arange(w)[None, :] + phase) % (HATCH_PERIOD_PX * pitch)
    _argb(image)[void & (diagonal < HATCH_LINE_PX * pitch)] = stripe(opacity)


def veil(
    hidden: NDArray[np.bool_], rgb: NDArray[np.uint8], *, phase: int, pitch: int = 1
) -> QImage:
    """A premultiplied image of what is hidden (h, w): void's colour (3,) and its stripes.

    `phase` as in `hatch`.
    """
    h, w = hidden.shape
    image = QImage(w, h, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    colour = premultiplied(rgb[None].astype(np.float64), np.array([VEIL_OPACITY]))[0]
    _argb(image)[hidden] = colour
    hatch(image, hidden, VEIL_OPACITY, phase=phase, pitch=pitch)
    return image


def rim(image: QImage, sheet: Sheet, box: Box, lut: Lut) -> None:
    """Draw the rim of labelled areas into the premultiplied image of a part of a label sheet.

    A pixel is on the rim if it is labelled and one of its four neighbours is not.
    """
    outer, inner = _around(sheet, box, 1)
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
    on_rim = beside[inner.slices]
    _argb(image)[on_rim] = lut[values[inner.slices][on_rim]]


def outlined(sheet: Sheet, box: Box, lut: Lut, width_px: int) -> QImage:
    """Only the edges of a part of a label sheet, as a premultiplied image.

    A pixel is on an edge if another value lies at most `width_px` above, below or beside it.
    """
    outer, inner = _around(sheet, box, width_px)
    values = sheet.part(outer)
    edge = np.zeros(values.shape, np.bool_)
    for away in range(1, width_px + 1):
        differs = values[away:] != values[:-away]
        edge[away:] |= differs
        edge[:-away] |= differs
        differs = values[:, away:] != values[:, :-away]
        edge[:, away:] |= differs
        edge[:, :-away] |= differs
    argb = lut.take(values[inner.slices], mode="clip")
    argb[~edge[inner.slices]] = 0
    return argb_image(argb)


def _around(sheet: Sheet, box: Box, margin: int) -> tuple[Box, Box]:
    """The box with a margin as far as the sheet goes, and the box counted from its corner."""
    outer = sheet.clipped(Box(box.y0 - margin, box.x0 - margin, box.y1 + margin, box.x1 + margin))
    y, x = box.y0 - outer.y0, box.x0 - outer.x0
    return outer, Box(y, x, y + box.shape[0], x + box.shape[1])


def _argb(image: QImage) -> NDArray[np.uint32]:
    pixels = np.frombuffer(image.bits(), np.uint32)
    return pixels.reshape(image.height(), image.bytesPerLine() // 4)[:, : image.width()]
