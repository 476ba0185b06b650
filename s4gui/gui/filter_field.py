"""The field for the filter of a list: completes words, says what is wrong and where."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from PySide6.QtCore import QEvent, QObject, QStringListModel, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCompleter, QLabel, QLineEdit, QVBoxLayout, QWidget

from s4gui.core.errors import FilterError
from s4gui.core.messages import say
from s4gui.workbench.filter_parts import All, Part

_PATIENCE_MS = 700


class FilterField(QWidget):
    """Holds the condition of the last text that was understood; a wrong one changes nothing."""

    changed = Signal()  # another condition
    entered = Signal(str)  # Enter over a text that can be understood

    def __init__(self) -> None:
        super().__init__()
        self.part: Part = All()
        self._classes: Mapping[str, int] = {}
        self._recent: tuple[str, ...] = ()
        self._error: FilterError | None = None
        self.box = QLineEdit()
        self.box.setPlaceholderText(say("frames.filter", "Filter images"))
        self.box.setClearButtonEnabled(True)
        self.box.setToolTip(
            say(
                "frames.filter_tip",
                "Part of a name, or conditions (Ctrl+F):\n"
                'state:flagged   class:Car   -class:"Road marking"   split:val\n'
                "source:accepted   labelled:>1%   width:>=1024   size:1920x1080\n"
                'joined by and, or, not, ( ); "quotes" make text of anything.\n'
                "Down: the last filters",
            )
        )
        self._trouble = QLabel()
        self._trouble.setObjectName("bad")
        self._trouble.setWordWrap(True)
        self._trouble.setTextFormat(Qt.TextFormat.RichText)
        self._trouble.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.box)
        layout.addWidget(self._trouble)
        self._words = QStringListModel(self)
        self._completer = QCompleter(self._words, self)
        self._completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self._completer.setWidget(self.box)
        self._completer.activated.connect(self._take)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(_PATIENCE_MS)
        self._patience.timeout.connect(self._show_trouble)
        self.box.textChanged.connect(self._read)
        self.box.textEdited.connect(self._offer)
        self.box.returnPressed.connect(self._enter)
        self.box.installEventFilter(self)

    @property
    def text(self) -> str:
        """What stands in the field."""
        return self.box.text()

    def show_text(self, text: str) -> None:
        """Another filter; one that is not understood lets everything pass."""
        self.part = All()
        if text == self.text:
            self._read()
        else:
            self.box.setText(text)

    def show_classes(self, classes: Mapping[str, int]) -> None:
        """The names of classes that can be asked for."""
        if classes != self._classes:
            self._classes = classes
            self._read()

    def show_recent(self, recent: tuple[str, ...]) -> None:
        """The filters that an empty field offers."""
        self._recent = recent

    def show_error(self, error: FilterError) -> None:
        """Say that the condition cannot be answered."""
        self._error = error
        self._show_trouble()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Down in the field offers the last filters."""
        if (
            watched is self.box
            and isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and event.key() == Qt.Key.Key_Down
        ):
            self._show_words(list(self._recent) if not self.text else self._completions())
            return True
        return super().eventFilter(watched, event)

    def _read(self) -> None:
        try:
            part, self._error = self._understood(), None
        except FilterError as error:
            self._error = error
            self._patience.start()
            return
        self._patience.stop()
        self._show_trouble()
        if part != self.part:
            self.part = part
            self.changed.emit()

    def _understood(self) -> Part:
        if not self.text.strip():
            return All()
        from s4gui.workbench.filters import parse  # noqa: PLC0415 - after the first image

        return parse(self.text, self._classes)

    def _completions(self) -> list[str]:
        from s4gui.workbench.filters import complete  # noqa: PLC0415 - after the first image

        return list(complete(self.text, self.box.cursorPosition(), self._classes).texts)

    def _offer(self) -> None:
        self._show_words(self._completions())

    def _show_words(self, words: list[str]) -> None:
        self._words.setStringList(words)
        if words:
            self._completer.complete()
        elif (popup := self._completer.popup()) is not None:
            popup.hide()

    def _take(self, word: str) -> None:
        from s4gui.workbench.filters import complete  # noqa: PLC0415 - after the first image

        cursor, text = self.box.cursorPosition(), self.text
        start = complete(text, cursor, self._classes).start if text else 0
        self.box.setText(text[:start] + word + text[cursor:])
        self.box.setCursorPosition(start + len(word))
        if word.endswith(":"):
            QTimer.singleShot(0, self, self._offer)

    def _enter(self) -> None:
        popup = self._completer.popup()
        if popup is not None and popup.isVisible() and popup.currentIndex().isValid():
            return  # it is the word that is entered
        if self._error is None:
            self.entered.emit(self.text)
        else:
            self._show_trouble()

    def _show_trouble(self) -> None:
        error = self._error
        self.box.setProperty("wrong", error is not None)
        self.box.style().polish(self.box)
        self._trouble.setVisible(error is not None)
        if error is not None:
            params = error.message.params
            at, until = (int(str(params[name])) for name in ("at", "until"))
            text = self.text
            marked = "".join(
                (escape(text[:at]), f"<u><b>{escape(text[at:until])}</b></u>", escape(text[until:]))
            )
            lines = (marked, escape(str(error)), escape(error.hint))
            self._trouble.setText("<br>".join(lines))
