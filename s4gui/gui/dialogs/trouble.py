"""Trouble: a defect with its details and a button that copies them."""

from __future__ import annotations

import platform

from PySide6 import __version__ as qt_version
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QListWidget, QPlainTextEdit, QWidget

from s4gui.core.messages import say
from s4gui.gui.dialogs.parts import close_button, frame
from s4gui.gui.notices import Trouble
from s4gui.gui.parts import button, dim, row


class TroubleDialog(QDialog):
    """All troubles of this session, newest first."""

    def __init__(self, parent: QWidget | None, troubles: tuple[Trouble, ...]) -> None:
        super().__init__(parent)
        self._troubles = tuple(reversed(troubles))
        layout = frame(self, say("trouble.title", "What went wrong"))
        if not troubles:
            layout.addWidget(dim(say("trouble.none", "Nothing went wrong in this session.")))
        self.list = QListWidget()
        self.list.setMaximumHeight(130)
        for each in self._troubles:
            self.list.addItem(each.what)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        copy = button(say("trouble.copy", "Copy details"), self.copy)
        if troubles:
            layout.addWidget(self.list)
            layout.addWidget(self.text, 1)
            buttons_row = row(copy)
            buttons_row.addStretch(1)
            layout.addLayout(buttons_row)
            self.setMinimumSize(640, 440)
        close_button(self)
        self.list.currentRowChanged.connect(self._show)
        if troubles:
            self.list.setCurrentRow(0)

    def copy(self) -> None:
        """Put the shown trouble, with versions, on the clipboard."""
        QGuiApplication.clipboard().setText(self.text.toPlainText())

    def _show(self, place: int) -> None:
        if 0 <= place < len(self._troubles):
            self.text.setPlainText(f"{self._troubles[place].text}\n\n{_versions()}")


def _versions() -> str:
    return f"Python {platform.python_version()}, PySide6 {qt_version}, {platform.platform()}"
