"""Viewport: which frame pixel lies under which pixel of the screen; no Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from s4gui.core.labels import Box
from s4gui.core.strokes import PointYX

Indices = NDArray[np.intp]
ZOOM_MAX = 64.0
"""Screen pixels per frame pixel at most; a street pixel is then as large as a thumb nail."""
_WHOLE_FROM = 2.0


@dataclass(frozen=True)
class Viewport:
    """Where the frame lies on the screen; all screen lengths are device pixels.

    `zoom` is device pixels per frame pixel. `centre_yx` is the frame position (pixel centres
    at whole numbers) in the middle of the view; it lies on the frame. The frame's corner
    always falls on a whole device pixel, so that nearest sampling repeats exactly and a
    repainted rectangle equals a full repaint.
    """

    zoom: float
    centre_yx: PointYX
    view_hw: tuple[int, int]
    frame_hw: tuple[int, int]

    def __post_init__(self) -> None:
        if self.zoom <= 0 or min(self.frame_hw) < 1:
            raise ValueError(f"no such view: zoom {self.zoom}, frame {self.frame_hw}")

    @classmethod
    def fitting(cls, view_hw: tuple[int, int], frame_hw: tuple[int, int]) -> Viewport:
        """The view that shows the whole frame as large as it can be."""
        (h, w), (fh, fw) = view_hw, frame_hw
        zoom = min(max(h, 1) / fh, max(w, 1) / fw, ZOOM_MAX)
        return cls(zoom, ((fh - 1) / 2, (fw - 1) / 2), view_hw, frame_hw)

    @property
    def zoom_min(self) -> float:
        """The smallest zoom allowed: a quarter of what fits, never more than 1:1."""
        fit = Viewport.fitting(self.view_hw, self.frame_hw).zoom
        return min(1.0, fit / 4)

    @cached_property
    def offset_yx(self) -> tuple[int, int]:
        """Device pixel at which the frame's top left corner lies."""
        y, x = self.centre_yx
        h, w = self.view_hw
        return (
            math.floor(h / 2 - (y + 0.5) * self.zoom + 0.5),
            math.floor(w / 2 - (x + 0.5) * self.zoom + 0.5),
        )

    @cached_property
    def shown(self) -> Box:
        """The device pixels of the view that show the frame."""
        oy, ox = self.offset_yx
        y1 = max(math.ceil(oy + self.frame_hw[0] * self.zoom - 0.5), oy + 1)
        x1 = max(math.ceil(ox + self.frame_hw[1] * self.zoom - 0.5), ox + 1)
        return Box(oy, ox, y1, x1).clipped(self.view_hw)

    @cached_property
    def visible_box(self) -> Box:
        """The frame pixels of which a part is shown; empty if the frame is out of view."""
        shown = self.shown
        if shown.is_empty:
            return Box(0, 0, 0, 0)
        oy, ox = self.offset_yx
        return Box(
            math.floor((shown.y0 - oy) / self.zoom),
            math.floor((shown.x0 - ox) / self.zoom),
            math.ceil((shown.y1 - oy) / self.zoom),
            math.ceil((shown.x1 - ox) / self.zoom),
        ).clipped(self.frame_hw)

    def to_frame(self, device_yx: PointYX) -> PointYX:
        """Frame position of a point of the view (device pixels from its corner)."""
        oy, ox = self.offset_yx
        return (device_yx[0] - oy) / self.zoom - 0.5, (device_yx[1] - ox) / self.zoom - 0.5

    def to_device(self, frame_yx: PointYX) -> PointYX:
        """Point of the view, in device pixels from its corner, of a frame position."""
        oy, ox = self.offset_yx
        return oy + (frame_yx[0] + 0.5) * self.zoom, ox + (frame_yx[1] + 0.5) * self.zoom

    def cover(self, box: Box, block: int = 1) -> Box:
        """The device pixels that may change with the frame pixels of `box`.

        `block` is the edge of the pooled blocks (frame pixels) that the view is sampled from.
        """
        oy, ox = self.offset_yx
        y0, x0 = box.y0 // block * block, box.x0 // block * block
        y1, x1 = -(-box.y1 // block) * block, -(-box.x1 // block) * block
        return Box(
            math.floor(oy + y0 * self.zoom) - 1,
            math.floor(ox + x0 * self.zoom) - 1,
            math.ceil(oy + y1 * self.zoom) + 1,
            math.ceil(ox + x1 * self.zoom) + 1,
        ).clipped(self.view_hw)

    def zoomed(self, zoom: float, at_yx: PointYX | None = None) -> Viewport:
        """The view at another zoom with the frame position under `at_yx` (device) kept."""
        zoom = min(max(zoom, self.zoom_min), ZOOM_MAX)
        if at_yx is None:
            return replace(self, zoom=zoom)
        change = 1 / self.zoom - 1 / zoom
        y = self.centre_yx[0] + (at_yx[0] - self.view_hw[0] / 2) * change
        x = self.centre_yx[1] + (at_yx[1] - self.view_hw[1] / 2) * change
        return replace(self, zoom=zoom, centre_yx=self._on_frame(y, x))

    def panned(self, device_dyx: PointYX) -> Viewport:
        """The view after the frame was dragged by so many device pixels."""
        y = self.centre_yx[0] - device_dyx[0] / self.zoom
        x = self.centre_yx[1] - device_dyx[1] / self.zoom
        return replace(self, centre_yx=self._on_frame(y, x))

    def centred(self, centre_yx: PointYX) -> Viewport:
        """The view with this frame position in its middle."""
        return replace(self, centre_yx=self._on_frame(*centre_yx))

    def resized(self, view_hw: tuple[int, int]) -> Viewport:
        """The same zoom and centre in a view of another size."""
        return replace(self, view_hw=view_hw)

    def _on_frame(self, y: float, x: float) -> PointYX:
        h, w = self.frame_hw
        return min(max(y, -0.5), h - 0.5), min(max(x, -0.5), w - 0.5)


def wheel_zoom(zoom: float, notches: float) -> float:
    """The zoom after so many notches of the wheel (a quarter more each).

    1:1 is never jumped over, and from 2 up a zoom is a whole number, so that all frame
    pixels are equally large.
    """
    wanted = zoom * math.pow(1.25, notches)
    if zoom != 1 and (zoom < 1) != (wanted < 1):
        return 1.0
    if wanted < _WHOLE_FROM:
        return wanted
    if abs(notches) < 1:
        return wanted
    whole = round(wanted)
    if whole == round(zoom):
        whole += 1 if notches > 0 else -1
    return float(max(whole, 1))


def samples(
    first: int, last: int, *, offset: int, scale: float, count: int
) -> tuple[Indices, Indices]:
    """Which of `count` source pixels the device pixels first..last-1 of one axis show.

    `scale` is device pixels per source pixel, `offset` the device pixel of the source's edge.
    Magnified (scale >= 1): the source pixel under each device pixel's centre, twice. Reduced
    (scale 0.5 to 1): the first and the last source pixel whose centre lies in the device
    pixel, so that between them all device pixels show every source pixel.
    """
    device = np.arange(first, last + 1, dtype=np.float64) - offset
    if scale >= 1:
        low = np.floor((device[:-1] + 0.5) / scale).astype(np.intp).clip(0, count - 1)
        return low, low
    edges = np.ceil(device / scale - 0.5).astype(np.intp)
    return edges[:-1].clip(0, count - 1), (edges[1:] - 1).clip(0, count - 1)
