"""What Qt's events mean to the canvas: buttons, keys, wheels and pens."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import (
    QGuiApplication,
    QInputDevice,
    QKeyEvent,
    QPointingDevice,
    QTabletEvent,
    QWheelEvent,
)

from s4gui.gui.canvas.inputs import Button, Held, Key
from s4gui.gui.key_names import pressed

_BUTTONS = {
    Qt.MouseButton.LeftButton: Button.LEFT,
    Qt.MouseButton.RightButton: Button.RIGHT,
    Qt.MouseButton.MiddleButton: Button.MIDDLE,
}
_KEYS = {
    Qt.Key.Key_Space: Key.SPACE,
    Qt.Key.Key_Return: Key.ENTER,
    Qt.Key.Key_Enter: Key.ENTER,
    Qt.Key.Key_Escape: Key.ESCAPE,
    Qt.Key.Key_Backspace: Key.BACKSPACE,
}
_MODIFIER_KEYS = {
    Qt.Key.Key_Shift: Qt.KeyboardModifier.ShiftModifier,
    Qt.Key.Key_Control: Qt.KeyboardModifier.ControlModifier,
    Qt.Key.Key_Alt: Qt.KeyboardModifier.AltModifier,
}
_NOTCH = 120.0


def button_of(button: Qt.MouseButton) -> Button | None:
    """The canvas's name of a mouse button; None for buttons it does not use."""
    return _BUTTONS.get(button)


def pen_button_of(event: QTabletEvent) -> Button | None:
    """Which end or button of a pen; its other end erases whatever is pressed."""
    if event.pointerType() == QPointingDevice.PointerType.Eraser:
        return Button.ERASER
    return _BUTTONS.get(event.button())


@lru_cache(maxsize=64)
def held_of(modifiers: Qt.KeyboardModifier) -> Held:
    """The modifier keys of an event (kept: Python's flags cost 10 us a mouse move)."""
    return Held(
        shift=bool(modifiers & Qt.KeyboardModifier.ShiftModifier),
        ctrl=bool(modifiers & Qt.KeyboardModifier.ControlModifier),
        alt=bool(modifiers & Qt.KeyboardModifier.AltModifier),
    )


def held_after(event: QKeyEvent) -> Held:
    """The modifier keys after a key event; platforms differ on whether it counts itself."""
    modifiers = event.modifiers()
    own = _MODIFIER_KEYS.get(Qt.Key(event.key()))
    if own is not None:
        down = event.type() == QEvent.Type.KeyPress
        modifiers = modifiers | own if down else modifiers & ~own
    return held_of(modifiers)


def key_of(event: QKeyEvent, bare_keys: frozenset[str]) -> Key | None:
    """The canvas's name of a key; `bare_keys` show the bare image while they are held.

    Other keys with Ctrl, Alt or Meta belong to the menus.
    """
    name = pressed(event)
    is_up = event.type() == QEvent.Type.KeyRelease
    if name in bare_keys or (
        is_up and name.split("+")[-1] in {k.split("+")[-1] for k in bare_keys}
    ):
        return Key.BARE
    menu_keys = (
        Qt.KeyboardModifier.ControlModifier
        | Qt.KeyboardModifier.AltModifier
        | Qt.KeyboardModifier.MetaModifier
    )
    if event.modifiers() & menu_keys:
        return None
    return _KEYS.get(Qt.Key(event.key()))


def is_touchpad(event: QWheelEvent) -> bool:
    """Whether two fingers scrolled, not a wheel.

    X11 gives pixel deltas for wheels too (Qt calls them unreliable there): there the device
    itself has to say that it is a touchpad.
    """
    if event.deviceType() == QInputDevice.DeviceType.TouchPad:
        return True
    return not event.pixelDelta().isNull() and QGuiApplication.platformName() != "xcb"


def notches_of(event: QWheelEvent) -> float:
    """Notches of a wheel, away from the hand positive; Alt and Shift may turn its axis."""
    angle = event.angleDelta()
    return (angle.y() or angle.x()) / _NOTCH


def scroll_of(event: QWheelEvent) -> QPointF:
    """Screen pixels (x, y) to move the frame by for a scroll."""
    pixels = event.pixelDelta()
    if not pixels.isNull():
        return QPointF(pixels)
    return QPointF(event.angleDelta()) / 2  # 60 px a notch
