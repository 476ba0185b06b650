"""FrameList: the view of the image list. A table of one column: unlike QListView, which asks for
every row before it shows the first one, a table of equal rows shows 100,000 at once."""

from __future__ import annotations

from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from s4gui.core.messages import say
from s4gui.gui.frame_paint import FramePainter, row_px

_Move = QAbstractItemView.CursorAction
_TO_END = {_Move.MoveHome: 0, _Move.MoveEnd: -1}


class FrameList(QTableView):
    """Rows of one height, selected whole, several with Shift and Ctrl."""

    def __init__(self, model: QAbstractItemModel) -> None:
        super().__init__()
        self.setObjectName("bare_list")
        self.setModel(model)
        self.setItemDelegate(FramePainter(self))
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setSelectionMode(QTableView.SelectionMode.ExtendedSelection)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setMouseTracking(True)
        self.setAccessibleName(say("frames.list", "Images of the project"))
        across, down = self.horizontalHeader(), self.verticalHeader()
        across.hide()
        across.setMinimumSectionSize(1)
        across.setStretchLastSection(True)
        down.hide()
        down.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self._measure()

    def changeEvent(self, event: QEvent) -> None:
        """Another font makes higher rows."""
        super().changeEvent(event)
        if event.type() in {QEvent.Type.FontChange, QEvent.Type.StyleChange}:
            self._measure()

    def moveCursor(self, action: _Move, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        """Home and End go to the first and the last row, not along a row."""
        model = self.model()
        if action in _TO_END and model.rowCount():
            return model.index(_TO_END[action] % model.rowCount(), 0)
        return super().moveCursor(action, modifiers)

    def _measure(self) -> None:
        height = row_px(self.fontMetrics())
        if self.verticalHeader().defaultSectionSize() != height:
            self.verticalHeader().setDefaultSectionSize(height)
