"""A window that waits for work which concerns the whole project; it can be cancelled."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QWidget

from s4gui.core.messages import say
from s4gui.gui.dialogs.parts import Working, frame


class WaitingDialog(QDialog):
    """Progress and Cancel; nothing can be painted meanwhile."""

    def __init__(self, parent: QWidget | None) -> None:
        super().__init__(parent)
        about = say("waiting.about", "Nothing is changed before all of it is done.")
        layout = frame(self, say("waiting.title", "The whole project"), about)
        self.working = Working()
        self.working.begin(say("waiting.begin", "Looking through the labels"))
        layout.addWidget(self.working)
        self.setMinimumWidth(440)

    def reject(self) -> None:
        """Closing cancels the work; the dialog goes when the work has stopped."""
        self.working.cancel()
        super().reject()
