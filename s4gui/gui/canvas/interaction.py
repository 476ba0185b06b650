"""What hand and keys ask for: a pure state machine of buttons, keys and the tool; no Qt.

Every method returns the asks that follow, in order. It shows nothing and changes no label.
What belongs to one tool is its gesture's (package `gestures`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from enum import Enum, auto

from s4gui.core.strokes import PointYX
from s4gui.gui.canvas import brush
from s4gui.gui.canvas.asks import Area, Asks, FitAsk, PanAsk, PixelAsk, RadiusAsk, Verb
from s4gui.gui.canvas.gestures.areas import Areas
from s4gui.gui.canvas.gestures.clicks import Click
from s4gui.gui.canvas.gestures.corners import Polygon, Polyline
from s4gui.gui.canvas.gestures.parts import Gesture, Hand, Outline
from s4gui.gui.canvas.gestures.rectangle import Rectangle
from s4gui.gui.canvas.gestures.selecting import Selecting
from s4gui.gui.canvas.gestures.shaping import Grow, Superpixels
from s4gui.gui.canvas.gestures.strokes import Strokes
from s4gui.gui.canvas.inputs import Button, Held, Key, Point
from s4gui.workbench.painting import Tool


class Mode(Enum):
    """What a pressed button does at the moment."""

    IDLE = auto()
    GESTURE = auto()  # the press is a gesture's
    MAYBE_MENU = auto()  # right pressed: a click asks for the menu, a drag erases
    MAYBE_PICK = auto()  # Alt pressed: a click picks, a drag sizes the brush
    SIZING = auto()
    PAN = auto()
    IGNORED = auto()  # the press did all there was to do


_STROKE_TOOLS = frozenset({Tool.BRUSH, Tool.ERASER})


class Interaction:
    """One gesture at a time; `frame_hw` None means there is nothing to work on."""

    def __init__(self) -> None:
        self.tool = Tool.BRUSH
        self.space = False
        self.bare = False
        self.mode = Mode.IDLE
        self.hand = Hand()
        self._button = Button.LEFT
        self._start = Point((0, 0), (0, 0))
        self._last = self._start
        self._start_radius_px = 0.0
        self._strokes = Strokes(self.hand)
        self._selecting = Selecting(self.hand)
        self._gestures: dict[Tool, Gesture] = {
            Tool.BRUSH: self._strokes,
            Tool.ERASER: self._strokes,
            Tool.POLYGON: Polygon(self.hand),
            Tool.POLYLINE: Polyline(self.hand),
            Tool.RECTANGLE: Rectangle(self.hand),
            Tool.FILL: Areas(self.hand, Area.CONNECTED),
            Tool.ENCLOSED: Areas(self.hand, Area.ENCLOSED),
            Tool.WAND: Areas(self.hand, Area.SIMILAR),
            Tool.SUPERPIXEL: Superpixels(self.hand),
            Tool.GROW: Grow(self.hand),
            Tool.SELECT: self._selecting,
            Tool.PICK: Click(self.hand, Verb.PICK),
        }
        self._active: Gesture = self._strokes
        self._on_move: dict[Mode, Callable[[Sequence[Point]], Asks]] = {
            Mode.GESTURE: self._move_gesture,
            Mode.MAYBE_MENU: self._move_menu,
            Mode.MAYBE_PICK: self._move_pick,
            Mode.SIZING: self._move_sizing,
            Mode.PAN: self._move_pan,
        }
        self._on_release: dict[Mode, Callable[[Point], Asks]] = {
            Mode.GESTURE: self._end_gesture,
            Mode.MAYBE_MENU: self._end_menu,
            Mode.MAYBE_PICK: lambda _: (PixelAsk(Verb.PICK, self._start.yx),),
        }

    # what the view shows of it

    @property
    def hover(self) -> Point | None:
        """Where the pointer is; None: not on the canvas."""
        return self.hand.hover

    @property
    def radius_px(self) -> float:
        """Brush radius in frame pixels."""
        return self.hand.radius_px

    @property
    def erases(self) -> bool:
        """Whether the stroke under way, or the one a press would begin, erases."""
        if self.mode is Mode.GESTURE:
            return self._active.erases
        if self.mode is Mode.MAYBE_MENU and self._open is None:
            return True
        if self._open is not None:
            return self._open.erases
        return self.tool is Tool.ERASER or self.hand.held.ctrl

    @property
    def pans(self) -> bool:
        """Whether a left press would pan, or one does."""
        return self.space or self.mode is Mode.PAN or self.tool is Tool.HAND

    @property
    def strokes(self) -> bool:
        """Whether the pointer is a brush at the moment."""
        if self.mode is Mode.GESTURE and self._active.is_stroke:
            return True
        if self.mode is Mode.SIZING:
            return True
        if self.pans:
            return False
        if self._shapes:
            return self.tool is Tool.POLYLINE
        return self.tool in _STROKE_TOOLS or self.erases

    @property
    def outline(self) -> Outline | None:
        """The unfinished polygon, rectangle or straight line; None if there is none."""
        gesture = self._gestures.get(self.tool)
        if gesture is None:
            return None
        if gesture is self._strokes:
            mode = self.mode
            waits = mode is Mode.GESTURE or (mode is Mode.IDLE and not self.pans)
            return gesture.outline if waits else None
        return gesture.outline

    @property
    def note(self) -> str:
        """A few letters to show beside the pointer."""
        if self.mode is Mode.GESTURE:
            return self._active.note
        gesture = self._gestures.get(self.tool)
        return gesture.size_note if gesture is not None and self.hand.held.shift else ""

    # what changes from outside

    def show_frame(self, frame_hw: tuple[int, int] | None) -> Asks:
        """Another frame is shown: the gesture under way ends here."""
        asks = self.abandon()
        self.hand.frame_hw = frame_hw
        for gesture in self._gestures.values():
            gesture.drop()
        return asks

    def choose(self, tool: Tool, radius_px: float) -> None:
        """Use another tool; an unfinished polygon is dropped with its tool."""
        if tool is not self.tool and self.tool not in _STROKE_TOOLS and self._open:
            self._open.drop()
        self.tool, self.hand.radius_px = tool, radius_px

    def show_selected(self, *, on: bool) -> None:
        """Whether an area is selected, which Escape and Backspace are for then."""
        self._selecting.is_open = on

    def abandon(self) -> Asks:
        """The hand is gone (focus lost, frame changed): end what is under way."""
        self.let_go_keys()
        mode, self.mode = self.mode, Mode.IDLE
        return self._active.end() if mode is Mode.GESTURE else ()

    def let_go_keys(self) -> None:
        """Keys held down are released somewhere else."""
        self.space = self.bare = False
        self.hand.held = Held()

    # hand

    def press(self, button: Button, at: Point, held: Held) -> Asks:
        """A button went down."""
        self.hand.held, self.hand.hover = held, at
        if self.hand.frame_hw is None or self.mode is not Mode.IDLE:
            return ()
        self._button, self._start, self._last = button, at, at
        if button is Button.MIDDLE or (button is Button.LEFT and self.space):
            return self._go(Mode.PAN)
        if button is Button.RIGHT:
            return self._go(Mode.MAYBE_MENU)
        return self._press_tool(button, at)

    def double_click(self, button: Button, at: Point, held: Held) -> Asks:
        """The second press of two quick ones; painting takes it as any other press."""
        if self.hand.frame_hw is not None and button is Button.LEFT and self.mode is Mode.IDLE:
            if self.tool is Tool.HAND or self.space:
                return (FitAsk(),)
            gesture = self._gestures.get(self.tool)
            asks = gesture.double_click(at) if gesture else None
            if asks is not None:
                self._button = button
                return (*asks, *self._go(Mode.IGNORED))
        return self.press(button, at, held)

    def move(self, points: Sequence[Point], held: Held) -> Asks:
        """The pointer went through these points, the newest last."""
        self.hand.held, self.hand.hover = held, points[-1]
        handler = self._on_move.get(self.mode)
        asks = handler(points) if handler else ()
        self._last = points[-1]
        return asks

    def release(self, button: Button, at: Point, held: Held) -> Asks:
        """A button went up."""
        self.hand.held, self.hand.hover = held, at
        if self.mode is Mode.IDLE or button is not self._button:
            return ()
        self._last = at
        handler = self._on_release.get(self.mode)
        asks = handler(at) if handler else ()
        self.mode = Mode.IDLE
        return asks

    def leave(self) -> None:
        """The pointer left the canvas."""
        self.hand.hover = None

    def wheel_radius(self, notches: float) -> Asks:
        """Shift and the wheel: one step of 10 % a notch, or as the tool in hand does it."""
        radius_px = self._gestures.get(self.tool, self._strokes).stepped(notches)
        return (RadiusAsk(radius_px),) if radius_px != self.radius_px else ()

    # keys

    def wants(self, key: Key) -> bool:
        """Whether this key is the canvas's at the moment, before any menu's."""
        if self.hand.frame_hw is None:
            return False
        if key in {Key.ENTER, Key.BACKSPACE}:
            return self._open is not None
        if key is Key.ESCAPE:
            return self._open is not None or self.mode is not Mode.IDLE
        return True

    def key_down(self, key: Key, held: Held) -> Asks | None:
        """A key went down; None if it means nothing here."""
        self.hand.held = held
        gesture = self._open
        if key is Key.ENTER and gesture is None:
            return self._accept()
        if not self.wants(key):
            return None
        if key is Key.ESCAPE:
            return self._escape()
        if key is Key.SPACE:
            self.space = True
        elif key is Key.BARE:
            self.bare = True
        elif gesture is not None:
            return gesture.enter() if key is Key.ENTER else gesture.backspace()
        return ()

    def key_up(self, key: Key, held: Held) -> None:
        """A key went up."""
        self.hand.held = held
        if key is Key.SPACE:
            self.space = False
        elif key is Key.BARE:
            self.bare = False

    # inside

    @property
    def _open(self) -> Gesture | None:
        """The gesture of the tool in hand, if it has something unfinished."""
        gesture = self._gestures.get(self.tool)
        return gesture if gesture is not None and gesture.is_open else None

    @property
    def _shapes(self) -> bool:
        """Whether a press would draw a shape, or one is drawn."""
        gesture = self._gestures.get(self.tool)
        is_right = self.mode is Mode.MAYBE_MENU and self._open is None
        return gesture is not None and gesture.takes_ctrl and not is_right

    def _go(self, mode: Mode) -> Asks:
        self.mode = mode
        self._start_radius_px = self.radius_px
        return ()

    def _press_tool(self, button: Button, at: Point) -> Asks:
        held, gesture = self.hand.held, self._gestures.get(self.tool)
        if self._open is None:
            takes_ctrl = gesture is not None and gesture.takes_ctrl
            if button is Button.ERASER or (held.ctrl and not takes_ctrl):
                return self._stroke(at, erases=True)
            if held.alt:
                return self._go(Mode.MAYBE_PICK)
            if gesture is None:
                return self._go(Mode.PAN)
            if gesture is self._strokes:
                return self._stroke(at, erases=self.tool is Tool.ERASER, line=held.shift)
        if gesture is None:
            return ()
        self._active = gesture
        self._go(Mode.GESTURE)
        return gesture.press(at)

    def _stroke(self, at: Point, *, erases: bool, line: bool = False) -> Asks:
        self._active = self._strokes
        self._go(Mode.GESTURE)
        return self._strokes.start(at, erases=erases, line=line)

    def _move_gesture(self, points: Sequence[Point]) -> Asks:
        return self._active.move(points)

    def _end_gesture(self, at: Point) -> Asks:
        return self._active.release(at)

    def _move_menu(self, points: Sequence[Point]) -> Asks:
        if self._open is not None or not points[-1].far_from(self._start):
            return ()
        began = self._stroke(self._start, erases=True)
        return (*began, *self._strokes.move(points))

    def _end_menu(self, at: Point) -> Asks:
        if self._open is not None and self._open.right_click(at):
            return ()
        return (PixelAsk(Verb.MENU, self._start.yx),)

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

    def _accept(self) -> Asks | None:
        if self.hand.frame_hw is None or self.hover is None or self.mode is not Mode.IDLE:
            return None
        return (PixelAsk(Verb.ACCEPT, self.hover.yx),)

    def _escape(self) -> Asks:
        mode, gesture = self.mode, self._open
        if mode is not Mode.IDLE:
            self.mode = Mode.IGNORED
        if mode is Mode.SIZING:
            return (RadiusAsk(self._start_radius_px),)
        if mode is Mode.GESTURE:
            return self._active.escape()
        return gesture.escape() if gesture is not None else ()


def pixel_of(at_yx: PointYX, frame_hw: tuple[int, int]) -> tuple[int, int] | None:
    """The frame pixel (y, x) at a position; None outside the frame."""
    y, x = math.floor(at_yx[0] + 0.5), math.floor(at_yx[1] + 0.5)
    return (y, x) if 0 <= y < frame_hw[0] and 0 <= x < frame_hw[1] else None
