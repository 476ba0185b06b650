"""BareKeys: whose a key is while a widget of the window has the focus."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

from s4gui.gui.key_names import pressed
from s4gui.workbench.keystrokes import is_bare

_EDITING = frozenset({"Ctrl+Z", "Ctrl+Shift+Z", "Ctrl+Y", "Ctrl+X", "Ctrl+C", "Ctrl+V", "Ctrl+A"})
"""Keys that a text field has a use for, though they are not bare."""


def is_text_field(widget: QWidget | None) -> bool:
    """Whether somebody could be typing there."""
    if isinstance(widget, QLineEdit | QPlainTextEdit | QTextEdit):
        return not widget.isReadOnly()
    if isinstance(widget, QComboBox):
        return widget.isEditable()
    return isinstance(widget, QAbstractSpinBox)


class BareKeys(QObject):
    """Keeps bare keys for the text field that has the focus, and all others for the window.

    Qt looks for shortcuts first and gives a key to the widget only where it found none. What
    it did not find goes to `press`, which knows keys by their place too; a list that would look
    for a row by a letter comes after that.
    """

    def __init__(
        self, window: QWidget, press: Callable[[QKeyEvent], bool] = lambda _event: False
    ) -> None:
        super().__init__(window)
        self._window, self._press = window, press
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._follow)

    def press(self, event: QKeyEvent) -> bool:
        """Do what a key means in the window that no widget took; whether it meant anything."""
        if is_text_field(self._window.focusWidget()):
            name = pressed(event)
            if not name or is_bare(name) or name in _EDITING:
                return False
        return self._press(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take a bare key before a shortcut does, and a key of the window before a list does."""
        kind = event.type()
        if kind == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            name = pressed(event)
            if name and is_bare(name) and isinstance(watched, QWidget) and is_text_field(watched):
                event.accept()
                return True
        elif kind == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return event.text() != "" and self.press(event)
        return bool(super().eventFilter(watched, event))

    def _follow(self, _old: QWidget | None, new: QWidget | None) -> None:
        """Watch whoever gets the focus; the canvas, which gets most events, tells by itself."""
        if new is not None and new.window() is self._window and not hasattr(new, "set_bare_keys"):
            new.installEventFilter(self)
