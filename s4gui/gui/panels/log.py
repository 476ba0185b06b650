"""What a run said, in plain lines."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from s4gui.core.messages import say
from s4gui.gui.parts import heading

_MOST_LINES = 2000


class LogPanel(QWidget):
    """Read-only lines, newest below; follows the end unless scrolled away."""

    def __init__(self) -> None:
        super().__init__()
        self._text = QPlainTextEdit()
        self._text.setReadOnly(True)
        self._text.setMaximumBlockCount(_MOST_LINES)
        self._text.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._text.setAccessibleName(say("log.name", "Log of the run"))
        self._text.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        self._text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(6)
        layout.addWidget(heading(say("log.heading", "Log")))
        layout.addWidget(self._text, 1)

    def show_lines(self, lines: tuple[str, ...]) -> None:
        """Show these lines instead of what was there."""
        self._text.setPlainText("\n".join(lines))
        self._to_end()

    def append(self, lines: tuple[str, ...]) -> None:
        """Add lines below."""
        bar = self._text.verticalScrollBar()
        follows = bar.value() >= bar.maximum() - 4
        for each in lines:
            self._text.appendPlainText(each)
        if follows:
            self._to_end()

    def text(self) -> str:
        """All that is shown."""
        return self._text.toPlainText()

    def _to_end(self) -> None:
        bar = self._text.verticalScrollBar()
        bar.setValue(bar.maximum())
