"""The command palette: type a few letters, see what fits, Enter does it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QFrame, QLineEdit, QListView, QVBoxLayout, QWidget

from s4gui.core.messages import say
from s4gui.gui.command_paint import FOUND, FoundPainter
from s4gui.gui.parts import dim
from s4gui.workbench.finding import Found

Index = QModelIndex | QPersistentModelIndex
Search = Callable[[str], Sequence[Found]]
_WIDTH, _HEIGHT = 620, 430
_MOVES = {
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_PageUp: -10,
    Qt.Key.Key_PageDown: 10,
}


class FoundModel(QAbstractListModel):
    """What was found, best first."""

    def __init__(self) -> None:
        super().__init__()
        self.found: Sequence[Found] = ()

    def show(self, found: Sequence[Found]) -> None:
        """Show these."""
        self.beginResetModel()
        self.found = found
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """How many there are."""
        return 0 if parent.isValid() else len(self.found)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The text, why it is off, or the whole Found."""
        each = self.found[index.row()]
        if role == FOUND:
            return each
        if role == Qt.ItemDataRole.DisplayRole:
            return each.entry.text
        if role == Qt.ItemDataRole.ToolTipRole:
            return each.entry.off or each.entry.text
        return None


class CommandPalette(QDialog):
    """A field and what fits what is typed there. Tells the entry's id by `run_asked`."""

    run_asked = Signal(str)

    def __init__(self, parent: QWidget | None, search: Search, placeholder: str) -> None:
        super().__init__(parent, Qt.WindowType.Dialog | Qt.WindowType.FramelessWindowHint)
        self.setWindowTitle(say("palette.title", "Find and do"))
        self._search = search
        self.text = QLineEdit()
        self.text.setPlaceholderText(placeholder)
        self.text.setAccessibleName(placeholder)
        self.model = FoundModel()
        self.list = self._make_list()
        self._foot = dim(wrap=False)
        box = QFrame()
        box.setObjectName("palette")
        inner = QVBoxLayout(box)
        inner.setContentsMargins(10, 10, 10, 8)
        inner.setSpacing(8)
        for each in (self.text, self.list, self._foot):
            inner.addWidget(each)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(box)
        self.text.textChanged.connect(self._look)
        self.list.clicked.connect(lambda index: self._run(index.row()))
        self.list.selectionModel().currentChanged.connect(lambda *_: self._say())
        self._place(parent)
        self._look("")

    def _make_list(self) -> QListView:
        view = QListView()
        view.setObjectName("palette_list")
        view.setModel(self.model)
        view.setItemDelegate(FoundPainter(view))
        view.setUniformItemSizes(True)
        view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        view.setMouseTracking(True)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setAccessibleName(say("palette.list", "What fits"))
        return view

    def _place(self, parent: QWidget | None) -> None:
        width, height, at = _WIDTH, _HEIGHT, None
        if parent is not None:
            width = min(width, parent.width() - 40)
            height = min(height, parent.height() - 90)
            corner = parent.mapToGlobal(parent.rect().topLeft())
            at = corner.x() + (parent.width() - width) // 2, corner.y() + 52
        self.resize(width, height)
        if at is not None:
            self.move(*at)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go through the list, Enter does it; the field keeps the focus."""
        if event.key() in _MOVES:
            self._move(_MOVES[Qt.Key(event.key())])
        elif event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self._run(self.list.currentIndex().row())
        else:
            super().keyPressEvent(event)

    def _move(self, by: int) -> None:
        count = self.model.rowCount()
        if count:
            now = self.list.currentIndex().row()
            # A step goes round, a page stops at the end.
            place = (now + by) % count if abs(by) == 1 else min(max(now + by, 0), count - 1)
            self.list.setCurrentIndex(self.model.index(place))

    def _look(self, text: str) -> None:
        self.model.show(self._search(text))
        self.list.setCurrentIndex(self.model.index(0))
        self.list.scrollToTop()
        self._say()

    def _say(self) -> None:
        place = self.list.currentIndex().row()
        off = self.model.found[place].entry.off if place >= 0 else ""
        if not self.model.found:
            self._foot.setText(say("palette.nothing", "Nothing fits. Esc closes."))
        elif off:
            self._foot.setText(say("palette.off", "Not now: {why}.", why=off))
        else:
            self._foot.setText(say("palette.foot", "↑ ↓ choose   Enter does it   Esc closes"))

    def _run(self, place: int) -> None:
        if not 0 <= place < len(self.model.found):
            return
        self.list.setCurrentIndex(self.model.index(place))
        entry = self.model.found[place].entry
        if entry.off:
            self._say()
            return
        self.accept()
        self.run_asked.emit(entry.id)
