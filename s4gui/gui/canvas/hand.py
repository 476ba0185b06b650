"""HandEvents: mouse, pen, wheel, touch and keys turned into the canvas's interaction."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import (
    QEnterEvent,
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPaintEvent,
    QTabletEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QGestureEvent, QPinchGesture, QWidget

from s4gui.core.strokes import PointYX
from s4gui.gui.canvas import events
from s4gui.gui.canvas.asks import Asks
from s4gui.gui.canvas.inputs import Button, Held, Key, Point
from s4gui.gui.canvas.interaction import Interaction, Mode


class HandEvents(QWidget):
    """A widget whose input goes through an Interaction; the canvas says what to do with it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._interaction = Interaction()
        self._wheel_zooms = True
        self._bare_keys = frozenset({"H"})
        self.grabGesture(Qt.GestureType.PinchGesture)

    def set_wheel_zooms(self, zooms: bool) -> None:  # noqa: FBT001 - a setter
        """Whether the wheel zooms and Ctrl+wheel scrolls, or the other way round."""
        self._wheel_zooms = zooms

    def set_bare_keys(self, keys: Iterable[str]) -> None:
        """Keys, by portable name, that show the bare image while they are held."""
        self._bare_keys = frozenset(keys)

    # what the canvas does

    def frame_yx(self, at: QPointF) -> PointYX:
        """Frame position under a point of the widget."""
        raise NotImplementedError

    def zoom_by(self, notches: float, at: QPointF | None = None) -> None:
        """Zoom by notches around a point."""
        raise NotImplementedError

    def zoom_to(self, zoom: float, at: QPointF | None = None) -> None:
        """Zoom around a point."""
        raise NotImplementedError

    def pan_by(self, by: QPointF) -> None:
        """Move the frame."""
        raise NotImplementedError

    def changed_pixels(self) -> None:
        """The screen's pixel density changed."""
        raise NotImplementedError

    @property
    def zoom(self) -> float:
        """Device pixels per frame pixel."""
        raise NotImplementedError

    def _perform(self, asks: Asks) -> None:
        raise NotImplementedError

    def _refresh_signs(self) -> None:
        raise NotImplementedError

    # mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A button goes down."""
        button = events.button_of(event.button())
        if button is not None:
            self._press(button, event.position(), events.held_of(event.modifiers()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Qt sends this in place of the second press."""
        button = events.button_of(event.button())
        if button is not None:
            held = events.held_of(event.modifiers())
            at = self._point(event.position())
            self._act(self._interaction.double_click(button, at, held))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The pointer moves."""
        if not event.buttons() and self._interaction.mode is not Mode.IDLE:
            # The release went to a popup or another window.
            self._perform(self._interaction.abandon())
        self._move(event.position(), events.held_of(event.modifiers()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A button goes up."""
        button = events.button_of(event.button())
        if button is not None:
            self._release(button, event.position(), events.held_of(event.modifiers()))

    def enterEvent(self, event: QEnterEvent) -> None:
        """The pointer comes onto the canvas."""
        super().enterEvent(event)
        self._move(event.position(), self._interaction.hand.held)

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer leaves the canvas."""
        super().leaveEvent(event)
        self._interaction.leave()
        self._refresh_signs()

    # pen

    def tabletEvent(self, event: QTabletEvent) -> None:
        """A pen: its tip paints, its other end erases."""
        held = events.held_of(event.modifiers())
        kind = event.type()
        if kind == QEvent.Type.TabletMove:
            self._move(event.position(), held, is_pixel=False)
        else:
            button = events.pen_button_of(event)
            if button is not None and kind == QEvent.Type.TabletPress:
                self._press(button, event.position(), held, is_pixel=False)
            elif button is not None:
                self._release(button, event.position(), held, is_pixel=False)
        event.accept()

    # wheel and touch

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom, scroll, or size the brush."""
        held = events.held_of(event.modifiers())
        touchpad = events.is_touchpad(event)
        if held.shift and not touchpad:
            self._interaction.hand.held = held
            self._act(self._interaction.wheel_radius(events.notches_of(event)))
        elif held.ctrl != (self._wheel_zooms and not touchpad):
            self.zoom_by(events.notches_of(event), event.position())
            self._hover(event.position(), held)
        else:
            self.pan_by(events.scroll_of(event))
            self._hover(event.position(), held)
        event.accept()

    def event(self, event: QEvent) -> bool:
        """Pinches, keys that are the canvas's before any menu's, and a change of screen."""
        if isinstance(event, QMouseEvent | QPaintEvent):
            return super().event(event)  # the frequent ones, at once
        if isinstance(event, QNativeGestureEvent):
            if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
                self.zoom_to(self.zoom * (1 + event.value()), event.position())
                return True
        elif isinstance(event, QGestureEvent):
            return self._pinch(event)
        elif event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            key = events.key_of(event, self._bare_keys)
            if key is not None and self._interaction.wants(key):
                event.accept()
                return True
        elif event.type() == QEvent.Type.DevicePixelRatioChange:
            self.changed_pixels()
        return super().event(event)

    def _pinch(self, event: QGestureEvent) -> bool:
        pinch = event.gesture(Qt.GestureType.PinchGesture)
        if not isinstance(pinch, QPinchGesture):
            return False
        at = QPointF(self.mapFromGlobal(pinch.centerPoint()))
        self.pan_by(pinch.centerPoint() - pinch.lastCenterPoint())
        self.zoom_to(self.zoom * pinch.scaleFactor(), at)
        return True

    # keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys held and keys of unfinished shapes; others go to the window."""
        self._interaction.hand.held = events.held_after(event)
        key = events.key_of(event, self._bare_keys)
        if key is None or not self._key_down(key, event):
            self._refresh_signs()
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """A held key is let go."""
        held = events.held_after(event)
        self._interaction.hand.held = held
        key = events.key_of(event, self._bare_keys)
        if key is not None and not event.isAutoRepeat():
            self._interaction.key_up(key, held)
        self._refresh_signs()
        super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Keys are let go elsewhere."""
        super().focusOutEvent(event)
        self._interaction.let_go_keys()
        self._refresh_signs()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody sees what the hand does: end it."""
        super().hideEvent(event)
        self._act(self._interaction.abandon())

    # inside

    def _point(self, at: QPointF, *, is_pixel: bool = True) -> Point:
        # A pen's place is exact, a mouse's names a pixel.
        place = at if is_pixel else at - QPointF(0.5, 0.5)
        return Point(self.frame_yx(place), (place.x(), place.y()))

    def _press(self, button: Button, at: QPointF, held: Held, *, is_pixel: bool = True) -> None:
        point = self._point(at, is_pixel=is_pixel)
        self._act(self._interaction.press(button, point, held))

    def _move(self, at: QPointF, held: Held, *, is_pixel: bool = True) -> None:
        self._act(self._interaction.move([self._point(at, is_pixel=is_pixel)], held))

    def _release(self, button: Button, at: QPointF, held: Held, *, is_pixel: bool = True) -> None:
        point = self._point(at, is_pixel=is_pixel)
        self._act(self._interaction.release(button, point, held))

    def _hover(self, at: QPointF, held: Held) -> None:
        """The same place of the screen is another place of the frame now."""
        self._interaction.hand.held = held
        self._interaction.hand.hover = self._point(at)
        self._refresh_signs()

    def _key_down(self, key: Key, event: QKeyEvent) -> bool:
        if event.isAutoRepeat() and key in {Key.SPACE, Key.BARE}:
            return True
        asks = self._interaction.key_down(key, events.held_after(event))
        if asks is None:
            return False
        self._act(asks)
        return True

    def _act(self, asks: Asks) -> None:
        self._perform(asks)
        self._refresh_signs()
