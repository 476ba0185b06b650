"""Menus and keys as the user reads them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence

from s4gui.core.messages import say
from s4gui.workbench.actions import Menu
from s4gui.workbench.keystrokes import normal
from s4gui.workbench.physical_keys import X11_OFFSET, us_key


def menu_title(menu: Menu) -> str:
    """The title of a menu as the user reads it."""
    return {
        Menu.PROJECT: say("menu.project", "Project"),
        Menu.EDIT: say("menu.edit", "Edit"),
        Menu.TOOLS: say("menu.tools", "Tools"),
        Menu.VIEW: say("menu.view", "View"),
        Menu.IMAGE: say("menu.image", "Image"),
        Menu.TRAIN: say("menu.train", "Train"),
        Menu.HELP: say("menu.help", "Help"),
    }[menu]


def native(key: str) -> str:
    """A portable key name as this system writes it."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)


def names_of(event: QKeyEvent, platform: str = "") -> tuple[str, ...]:
    """What a pressed key may be called, the best first; empty while only modifiers are held.

    First what is written on it; where that is no Latin letter, then what a US keyboard has at
    its place. `platform` is Qt's name of it, this one's where none is given.
    """
    if event.key() in _HELD:
        return ()
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    shift = Qt.KeyboardModifier.ShiftModifier
    key = event.key()
    out = [_name(key, modifiers)]
    is_letter = Qt.Key.Key_A <= key <= Qt.Key.Key_Z
    is_sign = Qt.Key.Key_Space < key < _NAMED_FROM and not is_letter
    if is_sign and not _is_level_3(event, platform):
        sign = chr(key) if key <= _LAST_SIGN else ""
        text = event.text()
        place = us_key(_code(event, platform), text if text.isprintable() and text else sign)
        there = _name(ord(place), modifiers) if place else ""
        digit_up = place.isdigit() and bool(modifiers & shift)
        # A digit's key with Shift is that, whatever sign is written on its upper half.
        out = [there, *out] if digit_up or not sign.isascii() else [*out, there]
        if modifiers & shift and not sign.isalnum():
            # Shift is what makes the sign.
            out.insert(1 if digit_up else 0, _name(key, modifiers & ~shift))
    return tuple(dict.fromkeys(each for each in out if each))


def pressed(event: QKeyEvent, platform: str = "") -> str:
    """The best name of a pressed key with what is held; empty while there is only that."""
    names = names_of(event, platform)
    return names[0] if names else ""


def _name(key: int, modifiers: Qt.KeyboardModifier) -> str:
    text = QKeySequence(key | modifiers.value).toString(QKeySequence.SequenceFormat.PortableText)
    try:
        return normal(text)
    except ValueError:
        return ""


def _code(event: QKeyEvent, platform: str) -> int:
    """Linux's key code or the PC's scan code; 0 where the system tells neither."""
    name = platform or QGuiApplication.platformName()
    if name.startswith(("xcb", "wayland")):
        return max(0, event.nativeScanCode() - X11_OFFSET)
    return event.nativeScanCode() if name == "windows" else 0


def _is_level_3(event: QKeyEvent, platform: str) -> bool:
    """Whether AltGr is held: what it writes has nothing to do with the key's own meaning."""
    name = platform or QGuiApplication.platformName()
    if event.modifiers() & Qt.KeyboardModifier.GroupSwitchModifier:
        return True
    return name.startswith("xcb") and bool(event.nativeModifiers() & _MOD_5)


_MOD_5 = 0x80
"""X11's modifier of AltGr."""
_LAST_SIGN = 0x10FFFF
_NAMED_FROM = int(Qt.Key.Key_Escape)
"""From here on keys write nothing: Esc, Tab, arrows, F1."""
_HELD = frozenset(
    {
        Qt.Key.Key_Shift,
        Qt.Key.Key_Control,
        Qt.Key.Key_Alt,
        Qt.Key.Key_AltGr,
        Qt.Key.Key_Meta,
        Qt.Key.Key_CapsLock,
        Qt.Key.Key_NumLock,
        Qt.Key.Key_unknown,
    }
)
