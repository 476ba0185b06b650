"""KeyField: a field that takes the next key as it is pressed."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit

from s4gui.core.messages import say
from s4gui.gui.key_names import pressed


class KeyField(QLineEdit):
    """While it has the focus every key, also Tab and menu keys, is told and does nothing else."""

    key_pressed = Signal(str)  # portable name

    def __init__(self) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.setAccessibleName(say("keys.press", "Press a key to add it"))
        self._listen(on=False)

    def event(self, event: QEvent) -> bool:
        """Take keys before shortcuts and before the focus moves."""
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            name = pressed(event)
            if name:
                self.key_pressed.emit(name)
            return True
        return super().event(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """It listens now."""
        super().focusInEvent(event)
        self._listen(on=True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """It listens no more."""
        super().focusOutEvent(event)
        self._listen(on=False)

    def _listen(self, *, on: bool) -> None:
        now = say("keys.listening", "Press a key now…")
        self.setText(now if on else say("keys.click_to_add", "Click here, then press a key"))
        self.deselect()
