"""Class counts: labelled pixels of each class in this image and in all, as a table."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
)
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QHeaderView, QLineEdit, QTableView, QWidget

from s4gui.core.classes import VOID
from s4gui.core.messages import say
from s4gui.gui.class_rows import ClassRow, share_text
from s4gui.gui.dialogs.parts import close_button, frame
from s4gui.gui.parts import button, dim, row, swatch

Index = QModelIndex | QPersistentModelIndex
SORT = Qt.ItemDataRole.UserRole
_VOID_RGB = (20, 20, 20)


class CountModel(QAbstractTableModel):
    """Rows of classes with their counts and shares."""

    def __init__(self, rows: Sequence[ClassRow]) -> None:
        super().__init__()
        self._rows = rows
        self._icons = {each.value: swatch(each.rgb or _VOID_RGB) for each in rows}
        self.titles = (
            say("counts.class", "Class"),
            say("counts.here", "This image"),
            say("counts.here_share", "share"),
            say("counts.all", "All images"),
            say("counts.all_share", "share"),
            say("counts.images", "Images with it"),
        )

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """How many classes there are, void among them."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """Class, this image, share, all images, share, images."""
        return 0 if parent.isValid() else len(self.titles)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Texts, what to sort by, swatches."""
        each, column = self._rows[index.row()], index.column()
        count = each.count
        if role == Qt.ItemDataRole.DisplayRole:
            return (
                each.name,
                f"{count.here_px:,}",
                share_text(count.here_share),
                f"{count.all_px:,}",
                share_text(count.all_share),
                f"{count.images:,}",
            )[column]
        if role == SORT:
            here, everywhere = count.here_px, count.all_px
            return (each.name.casefold(), here, here, everywhere, everywhere, count.images)[column]
        if role == Qt.ItemDataRole.DecorationRole and column == 0:
            return self._icons.get(each.value)
        if role == Qt.ItemDataRole.ToolTipRole:
            return each.tip
        if role == Qt.ItemDataRole.TextAlignmentRole and column:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Titles of the columns."""
        if orientation is Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return self.titles[section]
            if role == Qt.ItemDataRole.TextAlignmentRole:
                side = Qt.AlignmentFlag.AlignRight if section else Qt.AlignmentFlag.AlignLeft
                return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None


class ClassCountsDialog(QDialog):
    """Sorts by any column; what is shown can be copied as a table."""

    def __init__(self, parent: QWidget | None, rows: Sequence[ClassRow], *, image: str) -> None:
        super().__init__(parent)
        layout = frame(self, say("counts.title", "Class counts"))
        self.search = QLineEdit()
        self.search.setPlaceholderText(say("counts.search", "Find a class"))
        self.search.setClearButtonEnabled(True)
        head = row(self.search)
        head.addWidget(button(say("counts.copy", "Copy"), self.copy))
        layout.addLayout(head)
        self.model = CountModel(rows)
        self.shown = QSortFilterProxyModel(self)
        self.shown.setSourceModel(self.model)
        self.shown.setSortRole(SORT)
        self.shown.setFilterKeyColumn(0)
        self.shown.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        layout.addWidget(self._make_table(), 1)
        layout.addWidget(dim(_summary(rows, image)))
        close_button(self)
        self.search.textChanged.connect(self.shown.setFilterFixedString)
        self.resize(760, 560)

    def _make_table(self) -> QTableView:
        self.table = table = QTableView()
        table.setModel(self.shown)
        table.setSortingEnabled(True)
        table.sortByColumn(3, Qt.SortOrder.DescendingOrder)
        table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        table.setTabKeyNavigation(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(28)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setStyleSheet("QHeaderView::section { padding-right: 16px }")  # the arrow's place
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column, width in ((1, 110), (2, 76), (3, 116), (4, 76), (5, 130)):
            table.setColumnWidth(column, width)
        return table

    def text(self) -> str:
        """What is shown, as lines of tab-separated cells under their titles."""
        columns = range(self.shown.columnCount())
        lines = ["\t".join(self.model.titles)]
        for place in range(self.shown.rowCount()):
            cells = (str(self.shown.index(place, column).data()) for column in columns)
            lines.append("\t".join(cells))
        return "\n".join(lines)

    def copy(self) -> None:
        """Put it on the clipboard."""
        QGuiApplication.clipboard().setText(self.text())


def _summary(rows: Sequence[ClassRow], image: str) -> str:
    classes = [each for each in rows if each.value != VOID]
    used = sum(1 for each in classes if each.count.all_px)
    here = sum(1 for each in classes if each.count.here_px)
    return say(
        "counts.summary",
        "{used} of {n} classes have labels, {here} in {image}. Shares are of all labelled "
        "pixels, void among them.",
        used=used,
        n=len(classes),
        here=here,
        image=image or say("counts.no_image", "no image"),
    )
