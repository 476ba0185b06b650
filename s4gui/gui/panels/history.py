"""The history of the image shown: named edits, newest at the bottom, undone ones grey."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QAction, QPainter
from PySide6.QtWidgets import (
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from s4gui.core.messages import say
from s4gui.gui import theme
from s4gui.gui.parts import heading, row

_PX = Qt.ItemDataRole.UserRole
_IS_DONE = Qt.ItemDataRole.UserRole + 1
_IS_HERE = Qt.ItemDataRole.UserRole + 2
_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One edit in words."""

    title: str
    px: str = ""
    tip: str = ""


class HistoryPanel(QWidget):
    """The list; a click asks to go to the state after that edit."""

    go_asked = Signal(int)  # how many of the edits shall be done
    shown = Signal()

    def __init__(self, back: QAction) -> None:
        super().__init__()
        self._model = _Edits()
        self.list = QListView()
        self.list.setObjectName("bare_list")
        self.list.setModel(self._model)
        self.list.setItemDelegate(_EditPainter(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.setSelectionMode(QListView.SelectionMode.NoSelection)
        self.list.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAccessibleName(say("history.list", "Edits of this image"))
        close = QToolButton()
        close.setDefaultAction(back)
        close.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        head = row(heading(say("history.heading", "History")))
        head.addStretch(1)
        head.addWidget(close)
        head.setContentsMargins(12, 4, 8, 0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(head)
        layout.addWidget(self.list, 1)
        self.list.clicked.connect(lambda index: self.go_asked.emit(index.row()))
        self.list.activated.connect(lambda index: self.go_asked.emit(index.row()))

    def show_rows(self, rows: tuple[HistoryRow, ...], done: int) -> None:
        """Show these edits, of which the first `done` are done; the last of them stays in view."""
        self._model.put(rows, done)
        # Some of what can be done again is seen below where we are.
        for place in (min(done + 2, len(rows)), done):
            self.list.scrollTo(self._model.index(place))

    def rows(self) -> tuple[tuple[str, bool], ...]:
        """What is listed, the state before all edits first, and whether it is done."""
        model = self._model
        indices = [model.index(place) for place in range(model.rowCount())]
        return tuple((each.data(), each.data(_IS_DONE)) for each in indices)

    def showEvent(self, event: Any) -> None:
        """Tell that it can be seen: it is not kept up to date behind the classes."""
        super().showEvent(event)
        self.shown.emit()


class _Edits(QAbstractListModel):
    """Row 0 is the state before all edits."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[HistoryRow, ...] = ()
        self._done = 0

    def put(self, rows: tuple[HistoryRow, ...], done: int) -> None:
        """Replace all."""
        self.beginResetModel()
        start = HistoryRow(say("history.start", "Before all edits"))
        self._rows, self._done = (start, *rows), done
        self.endResetModel()

    def rowCount(self, parent: _Index | None = None) -> int:
        """Edits and the state before them."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """What one row shows."""
        if not 0 <= index.row() < len(self._rows):
            return None
        each = self._rows[index.row()]
        return {
            int(Qt.ItemDataRole.DisplayRole): each.title,
            int(Qt.ItemDataRole.ToolTipRole): each.tip,
            int(_PX): each.px,
            int(_IS_DONE): index.row() <= self._done,
            int(_IS_HERE): index.row() == self._done,
        }.get(int(role))


class _EditPainter(QStyledItemDelegate):
    """Name at the left, pixels at the right; where we are is marked, what is undone is dim."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """The same for every row."""
        style: Any = option
        return QSize(120, max(26, style.fontMetrics.height() + 9))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Paint one row."""
        style: Any = option
        worn = theme.worn()
        rect: QRect = style.rect
        painter.save()
        if index.data(_IS_HERE):
            painter.fillRect(rect, worn.colour("selection"))
            edge = QRect(rect.left(), rect.top(), 3, rect.height())
            painter.fillRect(edge, worn.colour("accent"))
        elif style.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, worn.colour("hover"))
        font = style.font
        font.setItalic(not index.data(_IS_DONE))
        painter.setFont(font)
        painter.setPen(worn.colour("text_dim"))
        px = index.data(_PX)
        wide = painter.fontMetrics().horizontalAdvance(px)
        centre = Qt.AlignmentFlag.AlignVCenter
        box = QRect(rect.right() - wide - 12, rect.top(), wide, rect.height())
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | centre, px)
        painter.setPen(worn.colour("text" if index.data(_IS_DONE) else "text_dim"))
        name = QRect(rect.left() + 12, rect.top(), box.left() - rect.left() - 20, rect.height())
        shown = painter.fontMetrics().elidedText(
            index.data(), Qt.TextElideMode.ElideRight, name.width()
        )
        painter.drawText(name, Qt.AlignmentFlag.AlignLeft | centre, shown)
        painter.restore()
