"""What hand and keys ask for: a pure state machine of tool, buttons and keys; no Qt.

Every method returns the asks that follow, in order. It shows nothing and changes no label.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np
from numpy.typing import NDArray

from s4gui.core.labels import Box
from s4gui.core.strokes import PointYX
from s4gui.gui.canvas import brush
from s4gui.gui.canvas.asks import (
    Asks,
    FitAsk,
    PanAsk,
    PixelAsk,
    RadiusAsk,
    RegionAsk,
    StrokeAsk,
    StrokeEnds,
    StrokeGoesOn,
    Verb,
)
from s4gui.gui.canvas.inputs import Button, Held, Key, Point
from s4gui.workbench.painting import Tool

CLOSE_PX = 9.0
"""A click this near to a polygon's first corner closes it."""


class Mode(Enum):
    """What a pressed button does at the moment."""

    IDLE = auto()
    STROKE = auto()
    LINE = auto()  # Shift pressed: a click draws a line, a drag goes along 45 degrees
    STRAIGHT = auto()
    MAYBE_MENU = auto()  # right pressed: a click asks for the menu, a drag erases
    MAYBE_PICK = auto()  # Alt pressed: a click picks, a drag sizes the brush
    SIZING = auto()
    PAN = auto()
    RECTANGLE = auto()
    IGNORED = auto()  # the press did all there was to do


@dataclass(frozen=True, slots=True)
class Outline:
    """An unfinished shape to draw: "polygon", "rectangle" or "line", and its corners."""

    kind: str
    points_yx: tuple[PointYX, ...]


_STROKE_TOOLS = frozenset({Tool.BRUSH, Tool.ERASER})


class Interaction:
    """One gesture at a time; `frame_hw` None means there is nothing to work on."""

    def __init__(self) -> None:
        self.tool = Tool.BRUSH
        self.radius_px = 8.0
        self.zoom = 1.0  # screen pixels per frame pixel
        self.frame_hw: tuple[int, int] | None = None
        self.held = Held()
        self.space = False
        self.bare = False
        self.mode = Mode.IDLE
        self.hover: Point | None = None
        self._button = Button.LEFT
        self._start = Point((0, 0), (0, 0))
        self._last = self._start
        self._start_radius_px = 0.0
        self._axis: PointYX = (0.0, 1.0)
        self._polygon: tuple[Point, ...] = ()
        self._line_from: PointYX | None = None
        self._erases = False
        self._on_move: dict[Mode, Callable[[Sequence[Point]], Asks]] = {
            Mode.STROKE: self._move_stroke,
            Mode.LINE: self._move_line,
            Mode.STRAIGHT: self._move_straight,
            Mode.MAYBE_MENU: self._move_menu,
            Mode.MAYBE_PICK: self._move_pick,
            Mode.SIZING: self._move_sizing,
            Mode.PAN: self._move_pan,
        }
        self._on_release: dict[Mode, Callable[[Point], Asks]] = {
            Mode.STROKE: self._end_stroke,
            Mode.STRAIGHT: self._end_stroke,
            Mode.LINE: self._end_line,
            Mode.MAYBE_MENU: lambda _: (PixelAsk(Verb.MENU, self._start.yx),),
            Mode.MAYBE_PICK: lambda _: (PixelAsk(Verb.PICK, self._start.yx),),
            Mode.RECTANGLE: self._end_rectangle,
        }
        self._on_press: dict[Tool, Callable[[Point], Asks]] = {
            Tool.BRUSH: self._press_brush,
            Tool.ERASER: self._press_brush,
            Tool.POLYGON: self._press_polygon,
            Tool.RECTANGLE: lambda _: self._go(Mode.RECTANGLE),
            Tool.FILL: lambda at: self._once(Verb.FILL, at),
            Tool.PICK: lambda at: self._once(Verb.PICK, at),
            Tool.HAND: lambda _: self._go(Mode.PAN),
        }
        self._on_key: dict[Key, Callable[[], Asks]] = {
            Key.SPACE: self._hold_space,
            Key.BARE: self._hold_bare,
            Key.ENTER: self._close,
            Key.ESCAPE: self._escape,
            Key.BACKSPACE: self._drop_corner,
        }

    # what the view shows of it

    @property
    def erases(self) -> bool:
        """Whether the stroke under way, or the one a press would begin, erases."""
        if self.mode in {Mode.STROKE, Mode.STRAIGHT, Mode.MAYBE_MENU}:
            return self._erases
        return self.tool is Tool.ERASER or (self.held.ctrl and not self._polygon)

    @property
    def pans(self) -> bool:
        """Whether a left press would pan, or one does."""
        return self.space or self.mode is Mode.PAN or self.tool is Tool.HAND

    @property
    def strokes(self) -> bool:
        """Whether the pointer is a brush at the moment."""
        if self.mode in {Mode.STROKE, Mode.STRAIGHT, Mode.SIZING}:
            return True
        return not self.pans and (self.tool in _STROKE_TOOLS or self.erases)

    @property
    def outline(self) -> Outline | None:
        """The unfinished polygon, rectangle or straight line; None if there is none."""
        here = (self.hover.yx,) if self.hover else ()
        if self._polygon:
            return Outline("polygon", (*(each.yx for each in self._polygon), *here))
        if self.mode is Mode.RECTANGLE:
            return Outline("rectangle", (self._start.yx, self._last.yx))
        ready = self.mode in {Mode.IDLE, Mode.LINE} and self.held.shift and not self.pans
        if ready and here and self._line_from is not None and self.tool in _STROKE_TOOLS:
            return Outline("line", (self._line_from, *here))
        return None

    # what changes from outside

    def show_frame(self, frame_hw: tuple[int, int] | None) -> Asks:
        """Another frame is shown: the gesture under way ends here."""
        asks = self.abandon()
        self.frame_hw = frame_hw
        self._line_from, self._polygon = None, ()
        return asks

    def choose(self, tool: Tool, radius_px: float) -> None:
        """Use another tool; an unfinished polygon is dropped with its tool."""
        if tool is not self.tool:
            self._polygon = ()
        self.tool, self.radius_px = tool, radius_px

    def abandon(self) -> Asks:
        """The hand is gone (focus lost, frame changed): end what is under way."""
        self.let_go_keys()
        mode, self.mode = self.mode, Mode.IDLE
        return (StrokeEnds(),) if mode in {Mode.STROKE, Mode.STRAIGHT} else ()

    def let_go_keys(self) -> None:
        """Keys held down are released somewhere else."""
        self.space = self.bare = False
        self.held = Held()

    # hand

    def press(self, button: Button, at: Point, held: Held) -> Asks:
        """A button went down."""
        self.held, self.hover = held, at
        if self.frame_hw is None or self.mode is not Mode.IDLE:
            return ()
        self._button, self._start, self._last = button, at, at
        if button is Button.MIDDLE or (button is Button.LEFT and self.space):
            return self._go(Mode.PAN)
        if button is Button.RIGHT:
            self._erases = True
            return self._go(Mode.MAYBE_MENU)
        return self._press_paint(button, at)

    def double_click(self, button: Button, at: Point, held: Held) -> Asks:
        """The second press of two quick ones; painting takes it as any other press."""
        if self.frame_hw is not None and button is Button.LEFT and self.mode is Mode.IDLE:
            if self.tool is Tool.HAND or self.space:
                return (FitAsk(),)
            if self.tool is Tool.POLYGON and self._polygon:
                self._button = button
                return (*self._close(), *self._go(Mode.IGNORED))
        return self.press(button, at, held)

    def move(self, points: Sequence[Point], held: Held) -> Asks:
        """The pointer went through these points, the newest last."""
        self.held, self.hover = held, points[-1]
        handler = self._on_move.get(self.mode)
        asks = handler(points) if handler else ()
        self._last = points[-1]
        return asks

    def release(self, button: Button, at: Point, held: Held) -> Asks:
        """A button went up."""
        self.held, self.hover = held, at
        if self.mode is Mode.IDLE or button is not self._button:
            return ()
        self._last = at
        handler = self._on_release.get(self.mode)
        asks = handler(at) if handler else ()
        self.mode = Mode.IDLE
        return asks

    def leave(self) -> None:
        """The pointer left the canvas."""
        self.hover = None

    def wheel_radius(self, notches: float) -> Asks:
        """Shift and the wheel: one step of 10 % a notch."""
        radius_px = brush.stepped_radius(self.radius_px, notches)
        return (RadiusAsk(radius_px),) if radius_px != self.radius_px else ()

    # keys

    def wants(self, key: Key) -> bool:
        """Whether this key is the canvas's at the moment, before any menu's."""
        if self.frame_hw is None:
            return False
        if key in {Key.ENTER, Key.BACKSPACE}:
            return bool(self._polygon)
        if key is Key.ESCAPE:
            return bool(self._polygon) or self.mode is not Mode.IDLE
        return True

    def key_down(self, key: Key, held: Held) -> Asks | None:
        """A key went down; None if it means nothing here."""
        self.held = held
        if key is Key.ENTER and not self._polygon:
            return self._accept()
        return self._on_key[key]() if self.wants(key) else None

    def key_up(self, key: Key, held: Held) -> None:
        """A key went up."""
        self.held = held
        if key is Key.SPACE:
            self.space = False
        elif key is Key.BARE:
            self.bare = False

    # inside

    def _go(self, mode: Mode) -> Asks:
        self.mode = mode
        self._start_radius_px = self.radius_px
        return ()

    def _once(self, verb: Verb, at: Point) -> Asks:
        self._go(Mode.IGNORED)
        return (PixelAsk(verb, at.yx),)

    def _begin(self, at: Point, *, erases: bool) -> Asks:
        self._go(Mode.STROKE)
        self._erases = erases
        self._line_from = at.yx
        return (StrokeAsk("erase" if erases else "tool", at.yx, self.radius_px),)

    def _press_paint(self, button: Button, at: Point) -> Asks:
        if self._polygon:
            return self._press_polygon(at)
        if button is Button.ERASER or self.held.ctrl:
            return self._begin(at, erases=True)
        if self.held.alt:
            return self._go(Mode.MAYBE_PICK)
        return self._on_press[self.tool](at)

    def _press_brush(self, at: Point) -> Asks:
        erases = self.tool is Tool.ERASER
        self._erases = erases
        if self.held.shift:
            return self._go(Mode.LINE)
        return self._begin(at, erases=erases)

    def _press_polygon(self, at: Point) -> Asks:
        self._go(Mode.IGNORED)
        corners = self._polygon
        near = CLOSE_PX / self.zoom
        if len(corners) > 2 and math.dist(corners[0].yx, at.yx) <= near:
            return self._close()
        self._polygon = (*corners, at)
        return ()

    def _close(self) -> Asks:
        corners = tuple(each.yx for each in self._polygon)
        self._polygon = ()
        if len(corners) < 3 or self.frame_hw is None:
            return ()
        return _region(*brush.polygon_pixels(corners, self.frame_hw))

    def _move_stroke(self, points: Sequence[Point]) -> Asks:
        self._line_from = points[-1].yx
        return (StrokeGoesOn(tuple(each.yx for each in points)),)

    def _move_line(self, points: Sequence[Point]) -> Asks:
        if not points[-1].far_from(self._start):
            return ()
        self._axis = brush.snapped_axis(self._start.yx, points[-1].yx)
        began = self._begin(self._start, erases=self._erases)
        self.mode = Mode.STRAIGHT
        return (*began, *self._move_straight(points[-1:]))

    def _move_straight(self, points: Sequence[Point]) -> Asks:
        path = tuple(brush.on_axis(self._start.yx, self._axis, each.yx) for each in points)
        self._line_from = path[-1]
        return (StrokeGoesOn(path),)

    def _move_menu(self, points: Sequence[Point]) -> Asks:
        if self._polygon or not points[-1].far_from(self._start):
            return ()
        return (*self._begin(self._start, erases=True), *self._move_stroke(points))

    def _move_pick(self, points: Sequence[Point]) -> Asks:
        if not points[-1].far_from(self._start):
            return ()
        self.mode = Mode.SIZING
        return self._move_sizing(points)

    def _move_sizing(self, points: Sequence[Point]) -> Asks:
        right_px = points[-1].xy[0] - self._start.xy[0]
        return (RadiusAsk(brush.dragged_radius(self._start_radius_px, right_px)),)

    def _move_pan(self, points: Sequence[Point]) -> Asks:
        (x0, y0), (x1, y1) = self._last.xy, points[-1].xy
        return (PanAsk((x1 - x0, y1 - y0)),)

    def _end_stroke(self, _at: Point) -> Asks:
        return (StrokeEnds(),)

    def _end_line(self, at: Point) -> Asks:
        start = self._line_from if self._line_from is not None else at.yx
        self._line_from = at.yx
        began = StrokeAsk("erase" if self._erases else "tool", start, self.radius_px)
        return (began, StrokeGoesOn((at.yx,)), StrokeEnds())

    def _end_rectangle(self, at: Point) -> Asks:
        if self.frame_hw is None or not at.far_from(self._start):
            return ()
        return _region(*brush.rectangle_pixels(self._start.yx, at.yx, self.frame_hw))

    def _hold_space(self) -> Asks:
        self.space = True
        return ()

    def _hold_bare(self) -> Asks:
        self.bare = True
        return ()

    def _drop_corner(self) -> Asks:
        self._polygon = self._polygon[:-1]
        return ()

    def _accept(self) -> Asks | None:
        if self.frame_hw is None or self.hover is None or self.mode is not Mode.IDLE:
            return None
        return (PixelAsk(Verb.ACCEPT, self.hover.yx),)

    def _escape(self) -> Asks:
        self._polygon = ()
        mode = self.mode
        if mode is not Mode.IDLE:
            self.mode = Mode.IGNORED
        if mode is Mode.SIZING:
            return (RadiusAsk(self._start_radius_px),)
        return (StrokeEnds(cancelled=True),) if mode in {Mode.STROKE, Mode.STRAIGHT} else ()


def _region(inside: NDArray[np.bool_], box: Box) -> Asks:
    return (RegionAsk(inside, box),) if inside.any() else ()


def pixel_of(at_yx: PointYX, frame_hw: tuple[int, int]) -> tuple[int, int] | None:
    """The frame pixel (y, x) at a position; None outside the frame."""
    y, x = math.floor(at_yx[0] + 0.5), math.floor(at_yx[1] + 0.5)
    return (y, x) if 0 <= y < frame_hw[0] and 0 <= x < frame_hw[1] else None
