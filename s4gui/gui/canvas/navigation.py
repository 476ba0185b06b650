"""Navigation: pan, zoom and fit, alone or together with linked canvases."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from s4gui.core.labels import Box
from s4gui.core.strokes import PointYX
from s4gui.gui.canvas.geometry import ZOOM_MAX, Viewport, wheel_zoom
from s4gui.gui.canvas.hand import HandEvents
from s4gui.gui.canvas.links import Group
from s4gui.gui.canvas.picture import Picture


class Navigation(HandEvents):
    """A widget with a picture that can be moved; `zoom` is device pixels per frame pixel.

    Canvases of a group show the same place of frames of one size, whatever their own size.
    """

    view_changed = Signal()  # pan, zoom, resize

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture = Picture()
        self._fitted = True
        self._ghost_yx: PointYX | None = None
        self._bare_elsewhere = False
        self._group = Group(self)

    # place and zoom

    @property
    def zoom(self) -> float:
        """Device pixels per frame pixel; 1 when there is no frame."""
        return self._picture.view.zoom if self._picture.view else 1.0

    @property
    def is_fitted(self) -> bool:
        """Whether the whole frame is shown and follows the canvas's size."""
        return self._fitted

    def visible_box(self) -> Box:
        """The frame pixels in view; empty without a frame."""
        return self._picture.view.visible_box if self._picture.view else Box(0, 0, 0, 0)

    def fit(self) -> None:
        """Show the whole frame, in all linked canvases."""
        if self._picture.frame_hw:
            self._set_view(self._fitting(self._picture.frame_hw), fitted=True)

    def actual_size(self) -> None:
        """One frame pixel on one pixel of the screen."""
        self.zoom_to(1.0)

    def zoom_to(self, zoom: float, at: QPointF | None = None) -> None:
        """Another zoom; the frame position under `at` (default: the middle) stays in place."""
        if self._picture.view:
            place = None if at is None else self._device_yx(at)
            self._set_view(self._picture.view.zoomed(zoom, place))

    def zoom_by(self, notches: float, at: QPointF | None = None) -> None:
        """Zoom as so many notches of the wheel do."""
        self.zoom_to(wheel_zoom(self.zoom, notches), at)

    def show_box(self, box: Box) -> None:
        """Bring a part of the frame into view, with some of its surroundings."""
        view = self._picture.view
        if view is None or box.is_empty:
            return
        h, w = box.shape
        zoom = min(view.view_hw[0] / (2.0 * h), view.view_hw[1] / (2.0 * w), ZOOM_MAX / 4)
        centre = (box.y0 + box.y1 - 1) / 2, (box.x0 + box.x1 - 1) / 2
        self._set_view(view.zoomed(zoom).centred(centre))

    def pan_by(self, by: QPointF) -> None:
        """Move the frame by so many screen pixels."""
        if self._picture.view:
            ratio = self.devicePixelRatioF()
            self._set_view(self._picture.view.panned((by.y() * ratio, by.x() * ratio)))

    def link(self, other: Navigation) -> None:
        """Share place, zoom and pointer with another canvas from now on."""
        self._group.join(other._group)
        if self._picture.view:
            self._group.spread(self._picture.view, fitted=self._fitted)

    def unlink(self) -> None:
        """Share nothing any more."""
        self._group.bare(on=False)
        self._group.leave()
        self.show_pointer(None)
        self.show_bare(on=False)

    # of linked canvases

    def follow(self, view: Viewport, *, fitted: bool) -> None:
        """Take over place and zoom of a linked canvas that shows a frame of the same size."""
        mine = self._picture.view
        if mine is not None and mine.frame_hw == view.frame_hw:
            self._show_view(view.resized(self._view_hw()), fitted=fitted)

    def show_pointer(self, at_yx: PointYX | None) -> None:
        """Show where the pointer is in a linked canvas."""
        self._ghost_yx = at_yx
        self._refresh_signs()

    def show_bare(self, *, on: bool) -> None:
        """Show the image alone as long as a linked canvas does."""
        self._bare_elsewhere = on
        self._refresh_signs()

    def fitting_zoom(self, frame_hw: tuple[int, int]) -> float | None:
        """The zoom at which a frame fits; None if the canvas is hidden or shows another size."""
        if not self.isVisible() or self._picture.frame_hw != frame_hw:
            return None
        return Viewport.fitting(self._view_hw(), frame_hw).zoom

    # the view

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the middle in the middle, or the frame fitted."""
        super().resizeEvent(event)
        self._resize_view()

    def changed_pixels(self) -> None:
        """The screen's pixel density changed."""
        self._resize_view()

    def _resize_view(self) -> None:
        view = self._picture.view
        if view is None:
            return
        if self._fitted:
            self.fit()
        if self._picture.view and self._picture.view.view_hw != self._view_hw():
            self._show_view(self._picture.view.resized(self._view_hw()), fitted=self._fitted)

    def _view_hw(self) -> tuple[int, int]:
        ratio = self.devicePixelRatioF()
        return math.ceil(self.height() * ratio), math.ceil(self.width() * ratio)

    def _fitting(self, frame_hw: tuple[int, int]) -> Viewport:
        view = Viewport.fitting(self._view_hw(), frame_hw)
        zoom = self._group.fitting_zoom(frame_hw)
        return view if zoom is None else view.zoomed(min(zoom, view.zoom))

    def _open_view(self, frame_hw: tuple[int, int]) -> None:
        leader = self._group.view_of(frame_hw)
        if leader is None:
            self._set_view(self._fitting(frame_hw), fitted=True)
        else:
            view, fitted = leader
            self._show_view(view.resized(self._view_hw()), fitted=fitted)

    @property
    def view(self) -> Viewport | None:
        """Where the frame lies in the canvas, in device pixels; None without a frame."""
        return self._picture.view

    def _set_view(self, view: Viewport | None, *, fitted: bool = False) -> None:
        self._show_view(view, fitted=fitted)
        if view is not None:
            self._group.spread(view, fitted=fitted)

    def _show_view(self, view: Viewport | None, *, fitted: bool) -> None:
        if view == self._picture.view and fitted == self._fitted:
            return
        self._picture.pitch = max(round(self.devicePixelRatioF()), 1)
        self._picture.show_view(view)
        self._fitted = fitted
        self._interaction.hand.zoom = self.zoom / self.devicePixelRatioF()
        if self._interaction.hover is not None:  # the same place is over other pixels now
            self._interaction.hand.hover = self._point(QPointF(*self._interaction.hover.xy))
        self.update()
        self._refresh_signs()
        self.view_changed.emit()

    def frame_yx(self, at: QPointF) -> PointYX:
        """Frame position under a point of the canvas; (0, 0) without a frame."""
        view = self._picture.view
        return view.to_frame(self._device_yx(at)) if view else (0.0, 0.0)

    def _device_yx(self, at: QPointF) -> PointYX:
        # A mouse's place names a pixel of the canvas; its middle is meant.
        ratio = self.devicePixelRatioF()
        return (at.y() + 0.5) * ratio, (at.x() + 0.5) * ratio
