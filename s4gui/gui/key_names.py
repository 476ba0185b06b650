"""Menus and keys as the user reads them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

from s4gui.core.messages import say
from s4gui.workbench.actions import Menu
from s4gui.workbench.keystrokes import normal


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


def pressed(event: QKeyEvent) -> str:
    """The portable name of a pressed key with what is held; empty while there is only that."""
    if event.key() in _HELD:
        return ""
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    name = QKeySequence(event.key() | modifiers.value).toString(
        QKeySequence.SequenceFormat.PortableText
    )
    try:
        return normal(name)
    except ValueError:
        return ""


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
