"""Canvas: the widget that shows a frame with its layers and asks for edits."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication, QPoint, QPointF, QRect, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QRegion
from PySide6.QtWidgets import QWidget

from s4gui.core.classes import UNLABELLED, VOID
from s4gui.core.labels import Box
from s4gui.core.messages import say
from s4gui.core.prediction import Prediction
from s4gui.core.sources import SourceKind, SourceTable
from s4gui.core.strokes import Tip
from s4gui.gui.canvas import asks as ask
from s4gui.gui.canvas.interaction import Mode, pixel_of
from s4gui.gui.canvas.marks import Mark
from s4gui.gui.canvas.material import FOUND, Layer
from s4gui.gui.canvas.navigation import Navigation
from s4gui.gui.canvas.pyramid import ImagePyramid
from s4gui.gui.canvas.signs import Sign, paint_empty, signs_of
from s4gui.gui.canvas.styles import LabelStyle
from s4gui.gui.canvas.tone import Tone
from s4gui.workbench.painting import Tool

_MAX_RECTS = 12
_RECT_COSTS_PX = 20_000


class Canvas(Navigation):
    """Shows arrays that others own; a hand's wish leaves as a signal, and nothing else does.

    Frame positions are (y, x) with pixel centres at whole numbers. `zoom` is device pixels
    per frame pixel, so that 1 is one frame pixel on one pixel of the screen.
    """

    stroke_begun = Signal(object)  # asks.StrokeAsk
    stroke_moved = Signal(object)  # list of points (y, x)
    stroke_ended = Signal()
    stroke_cancelled = Signal()
    region_asked = Signal(object)  # asks.RegionAsk
    area_asked = Signal(object, int, int)  # asks.AreaAsk, y, x
    cells_asked = Signal(object)  # asks.CellsAsk
    grow_asked = Signal(object)  # asks.GrowAsk
    selection_asked = Signal(object)  # asks.MoveAsk, asks.SelectedAsk
    picked = Signal(int, int)  # y, x; so the next one
    accept_asked = Signal(int, int)
    menu_asked = Signal(QPoint, int, int)  # global position, y, x
    radius_asked = Signal(float)
    hovered = Signal(int, int)  # y, x; -1, -1: not on the frame

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # Qt joins mouse moves of one frame by default; fast curves would become polygons.
        QCoreApplication.setAttribute(
            Qt.ApplicationAttribute.AA_CompressHighFrequencyEvents,
            False,
        )
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAttribute(Qt.WidgetAttribute.WA_TabletTracking)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(64, 64)
        self.setAccessibleName(say("canvas.name", "Image canvas"))
        self.setAccessibleDescription(
            say("canvas.description", "Paint labels on the image with mouse, pen or touchpad")
        )
        self._value = 0
        self._tip = Tip.ROUND
        self._mark: Mark | None = None
        self._empty = ("", "")
        self._hovered = (-1, -1)
        self._signs: tuple[Sign, ...] = ()
        self._shape = Qt.CursorShape.ArrowCursor
        self._rgb = self._erase_rgb = (128, 128, 128)
        self._answers: dict[type, Callable[[Any], None]] = {
            ask.StrokeAsk: self.stroke_begun.emit,
            ask.StrokeGoesOn: lambda it: self.stroke_moved.emit(list(it.points_yx)),
            ask.StrokeEnds: self._end_stroke,
            ask.RegionAsk: self.region_asked.emit,
            ask.AreaAsk: self._ask_area,
            ask.CellsAsk: self.cells_asked.emit,
            ask.GrowAsk: self.grow_asked.emit,
            ask.MoveAsk: self.selection_asked.emit,
            ask.SelectedAsk: self.selection_asked.emit,
            ask.PixelAsk: self._ask_pixel,
            ask.RadiusAsk: lambda it: self.radius_asked.emit(it.radius_px),
            ask.PanAsk: lambda it: self.pan_by(QPointF(*it.by_xy)),
            ask.FitAsk: lambda _: self.fit(),
        }

    @property
    def pixels(self) -> NDArray[np.uint8] | None:
        """The image shown, (H, W, 3) uint8; None if there is none."""
        return self._picture.pixels

    # shows

    def show_image(self, pixels: NDArray[np.uint8] | ImagePyramid | None) -> None:
        """Show another frame: (H, W, 3) uint8 or its pyramid; None shows the empty text.

        Its labels and prediction are cleared: show them afterwards. Zoom and place are kept
        between frames of one size, else the frame is fitted.
        """
        image = ImagePyramid(pixels) if isinstance(pixels, np.ndarray) else pixels
        before = self._picture.frame_hw
        self._perform(self._interaction.show_frame(image.shape if image else None))
        self._picture.show_image(image)
        self.show_selection(None)
        if image is None:
            self._set_view(None, fitted=True)
        elif image.shape != before or self._picture.view is None:
            self._open_view(image.shape)
        else:
            self._picture.show_view(self._picture.view)
        self.update()
        self._refresh_signs()

    def show_empty(self, text: str, hint: str = "") -> None:
        """Show no frame, but a sentence and what to do about it."""
        self._empty = (text, hint)
        self.show_image(None)

    def show_labels(self, labels: NDArray[np.uint8] | None) -> None:
        """Show a label plane (H, W) uint8: a read-only view that follows later edits."""
        self._picture.show_labels(labels)
        self.update()

    def show_hidden(self, hidden: NDArray[np.bool_] | None) -> None:
        """Show what the camera's mask hides of the frame, (H, W) bool; None: nothing."""
        self._picture.hidden = hidden
        self.update()

    def labels_changed(self, box: Box | None) -> None:
        """The label plane was edited inside `box` (None: everywhere): show that part anew."""
        self._update_device(self._picture.labels_changed(box))

    def show_sources(
        self,
        sources: NDArray[np.uint16] | None,
        table: Callable[[], SourceTable],
        reference_kinds: frozenset[SourceKind],
    ) -> None:
        """Show where the labels shown come from: a read-only source plane (H, W) uint16 and
        its table. Labels of the reference's kinds are what predictions are held against."""
        material = self._picture.material
        material.sources, material.table = sources, table
        material.reference_kinds = reference_kinds
        self._renew(*FOUND)

    def show_error_of(self, class_id: int | None) -> None:
        """The class whose error is shown."""
        if class_id != self._picture.material.class_id:
            self._picture.material.class_id = class_id
            self._renew(Layer.ERROR)

    def _renew(self, *layers: Layer) -> None:
        self._picture.renew(*layers)
        if any(self._picture.visible[layer] for layer in layers):
            self.update()

    def show_prediction(
        self, prediction: Prediction | None, other: Prediction | None = None
    ) -> None:
        """Show a prediction under the labels; None shows none. `other`: another learner's."""
        self._picture.show_prediction(prediction, other)
        self.update()

    def prediction_changed(self) -> None:
        """The arrays of the prediction were written anew: show them."""
        self.show_prediction(self._picture.prediction, self._picture.material.other)

    def can_show(self, layer: Layer) -> bool:
        """Whether there is anything to be seen on a layer of this frame."""
        return self._picture.frame_hw is not None and self._picture.can_show(layer)

    def show_mark(self, mark: Mark | None) -> None:
        """Show which pixels an edit would touch, in the colour that would be painted."""
        self._mark = mark
        self._refresh_signs()

    def show_selection(self, mark: Mark | None, value: int = UNLABELLED) -> None:
        """Show which pixels of a value are selected, perhaps elsewhere than they are."""
        self._interaction.show_selected(on=mark is not None)
        r, g, b = self._picture.palette[value].tolist()
        self.show_mark(None if mark is None else replace(mark, rgb=(r, g, b)))

    def show_palette(self, palette: NDArray[np.uint8]) -> None:
        """Colours (256, 3) uint8 by pixel value, for labels and predictions."""
        if palette.shape != (256, 3) or palette.dtype != np.uint8:
            raise ValueError(f"a palette is (256, 3) uint8, not {palette.shape} {palette.dtype}")
        self._picture.palette = palette.copy()
        self._picture.recolour()
        self.update()
        self._choose_colour()

    def set_layer(self, layer: Layer, visible: bool) -> None:  # noqa: FBT001 - a setter
        """Show or hide one layer."""
        self._picture.visible[layer] = visible
        self.update()

    def set_opacity(self, layer: Layer, opacity: float) -> None:
        """Opacity 0 to 1 of one layer."""
        self._picture.opacity[layer] = min(max(opacity, 0.0), 1.0)
        self._picture.recolour()
        self.update()

    def set_style(self, style: LabelStyle) -> None:
        """How the labels are drawn."""
        self._picture.style = style
        self._picture.recolour()
        self.update()

    def set_tone(self, tone: Tone, *, smooth: bool) -> None:
        """Brightness, contrast and gamma of the image; `smooth`: magnified without squares."""
        self._picture.show_tone(tone, smooth=smooth)
        self.update()

    def set_background(self, colour: QColor | str) -> None:
        """The colour around the frame."""
        self._picture.background = QColor(colour)
        self.update()

    def set_tool(self, tool: Tool, value: int, radius_px: float, *, tip: Tip = Tip.ROUND) -> None:
        """The tool of a left press, the value it paints, its radius in frame pixels, its form."""
        self._tip = tip
        self._value = value
        self._interaction.choose(tool, radius_px)
        self._choose_colour()

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the dirty rectangles only; a failure leaves later paints possible."""
        painter = QPainter(self)
        try:
            rects = _rects(event.region())
            for rect in rects:
                if len(rects) > 1:  # else the region clips
                    painter.setClipRect(rect)
                self._paint_rect(painter, rect)
        finally:
            painter.end()

    def _paint_rect(self, painter: QPainter, rect: QRect) -> None:
        ratio = self.devicePixelRatioF()
        box = Box(
            math.floor(rect.top() * ratio),
            math.floor(rect.left() * ratio),
            math.ceil((rect.top() + rect.height()) * ratio),
            math.ceil((rect.left() + rect.width()) * ratio),
        )
        painter.scale(1 / ratio, 1 / ratio)
        self._picture.paint(painter, box)
        painter.resetTransform()
        for sign in self._signs:
            sign.paint(painter)
        if self._picture.frame_hw is None:
            paint_empty(painter, self, self._picture.background, self._empty)

    def _update_device(self, box: Box) -> None:
        if not box.is_empty:
            self.update(self._logical(box.y0, box.x0, box.y1, box.x1))

    def _logical(self, y0: float, x0: float, y1: float, x1: float) -> QRect:
        ratio = self.devicePixelRatioF()
        left, top = math.floor(x0 / ratio), math.floor(y0 / ratio)
        return QRect(left, top, math.ceil(x1 / ratio) - left, math.ceil(y1 / ratio) - top)

    # asks

    def _perform(self, asks: ask.Asks) -> None:
        for each in asks:
            self._answers[type(each)](each)

    def _end_stroke(self, it: ask.StrokeEnds) -> None:
        (self.stroke_cancelled if it.cancelled else self.stroke_ended).emit()

    def _ask_area(self, it: ask.AreaAsk) -> None:
        frame_hw = self._picture.frame_hw
        pixel = pixel_of(it.at_yx, frame_hw) if frame_hw else None
        if pixel is not None:
            self.area_asked.emit(it, *pixel)

    def _ask_pixel(self, it: ask.PixelAsk) -> None:
        frame_hw = self._picture.frame_hw
        pixel = pixel_of(it.at_yx, frame_hw) if frame_hw else None
        if pixel is None:
            return
        if it.verb is ask.Verb.MENU and self._picture.view:
            y, x = self._picture.view.to_device(it.at_yx)
            ratio = self.devicePixelRatioF()
            here = QPoint(math.floor(x / ratio), math.floor(y / ratio))
            self.menu_asked.emit(self.mapToGlobal(here), *pixel)
            return
        signals = {
            ask.Verb.PICK: self.picked,
            ask.Verb.ACCEPT: self.accept_asked,
        }
        signals[it.verb].emit(*pixel)

    # signs over the picture

    def _refresh_signs(self) -> None:
        """Draw pointer and shapes where they are now, and undraw where they were."""
        before, self._signs = self._signs, self._current_signs()
        self._group.bare(on=self._interaction.bare)
        bare = self._interaction.bare or self._bare_elsewhere
        if bare != self._picture.bare:
            self._picture.bare = bare
            self.update()
        if before != self._signs:
            for sign in before:
                if sign not in self._signs:
                    self.update(sign.bounds.toAlignedRect())
            for sign in self._signs:
                if sign not in before:
                    self.update(sign.bounds.toAlignedRect())
        self._choose_cursor()
        self._tell_hover()

    def _current_signs(self) -> tuple[Sign, ...]:
        view = self._picture.view
        if view is None:
            return ()
        return signs_of(
            self._interaction,
            view,
            ratio=self.devicePixelRatioF(),
            ghost_yx=self._ghost_yx,
            is_void=self._value == VOID,
            tip=self._tip,
            mark=self._mark,
            rgb=self._erase_rgb if self._interaction.erases else self._rgb,
        )

    def _choose_colour(self) -> None:
        colours = self._picture.palette[[self._value, UNLABELLED]].tolist()
        self._rgb, self._erase_rgb = ((r, g, b) for r, g, b in colours)
        self._refresh_signs()

    def _choose_cursor(self) -> None:
        state = self._interaction
        shape = Qt.CursorShape.CrossCursor
        if self._picture.frame_hw is None:
            shape = Qt.CursorShape.ArrowCursor
        elif state.mode is Mode.PAN:
            shape = Qt.CursorShape.ClosedHandCursor
        elif state.pans:
            shape = Qt.CursorShape.OpenHandCursor
        if shape is not self._shape:
            self._shape = shape
            self.setCursor(shape)

    def _tell_hover(self) -> None:
        hover, frame_hw = self._interaction.hover, self._picture.frame_hw
        pixel = pixel_of(hover.yx, frame_hw) if hover and frame_hw else None
        if (pixel or (-1, -1)) != self._hovered:
            self._hovered = pixel or (-1, -1)
            self.hovered.emit(*self._hovered)
        self._group.point(hover.yx if hover and pixel else None)


def _rects(region: QRegion) -> list[QRect]:
    """The rectangles to paint: the region's own, or the one around them where that is cheaper.

    A rectangle costs about as much as 20,000 pixels: 60 us.
    """
    whole = region.boundingRect()
    count = region.rectCount()
    if count == 1 or count > _MAX_RECTS:
        return [whole]
    # PySide6's stubs leave the iterator of QRegion out.
    rects = [QRect(each) for each in region]  # type: ignore[attr-defined]
    parts = sum(each.width() * each.height() + _RECT_COSTS_PX for each in rects)
    return rects if parts < whole.width() * whole.height() + _RECT_COSTS_PX else [whole]
