"""Menus and keys as the user reads them."""

from __future__ import annotations

from PySide6.QtGui import QKeySequence

from s4gui.core.messages import say
from s4gui.workbench.actions import Menu


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
