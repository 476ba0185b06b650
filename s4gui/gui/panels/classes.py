"""The classes: colour, name, key, labelled pixels; void below them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import (
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSignalBlocker,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QBrush, QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStackedLayout,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from s4gui.core.classes import VOID, ClassMap
from s4gui.core.messages import say
from s4gui.gui import icons, theme
from s4gui.gui.parts import button, dim, heading, row, short_count
from s4gui.workbench.actions import class_key

_VALUE = Qt.ItemDataRole.UserRole
_KEY = Qt.ItemDataRole.UserRole + 1
_COUNT = Qt.ItemDataRole.UserRole + 2
_RGB = Qt.ItemDataRole.UserRole + 3


class ClassesPanel(QWidget):
    """The list of classes; a click chooses what is painted."""

    class_asked = Signal(int)
    add_asked = Signal()
    change_asked = Signal(int)
    menu_asked = Signal(int, QPoint)
    order_asked = Signal(object)  # ids in the new order

    def __init__(self) -> None:
        super().__init__()
        self._list = _List()
        self._list.setItemDelegate(_ClassPainter(self._list))
        self._list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._empty = _empty_state(self.add_asked.emit)
        self._stack = QStackedLayout()
        self._stack.addWidget(self._list)
        self._stack.addWidget(self._empty)
        add = QToolButton()
        add.setIcon(icons.icon("class.add"))
        if add.icon().isNull():
            add.setText("+")
        add.setToolTip(say("classes.add_tip", "Add a class"))
        add.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        add.clicked.connect(lambda _checked: self.add_asked.emit())
        self.head = head = row(heading(say("classes.heading", "Classes")))
        head.addStretch(1)
        head.addWidget(add)
        head.setContentsMargins(12, 4, 8, 0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(head)
        layout.addLayout(self._stack, 1)
        self._list.itemClicked.connect(lambda item: self.class_asked.emit(item.data(_VALUE)))
        self._list.itemDoubleClicked.connect(self._change)
        self._list.customContextMenuRequested.connect(self._menu)
        self._list.dropped.connect(self._dropped)

    def show_classes(self, class_map: ClassMap, counts: Mapping[int, int], *, value: int) -> None:
        """Make the list equal to the class map; `counts` are labelled pixels. Emits nothing."""
        with QSignalBlocker(self._list):
            self._list.clear()
            for place, each in enumerate(class_map.classes):
                item = QListWidgetItem(each.name, self._list)
                _fill(item, each.id, class_key(place), each.rgb)
            if class_map.classes:
                item = QListWidgetItem(say("classes.void", "Void (not learned)"), self._list)
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsDragEnabled)
                _fill(item, VOID, "M", None)
        self._stack.setCurrentIndex(0 if class_map.classes else 1)
        self.show_counts(counts)
        self.show_value(value)

    def show_counts(self, counts: Mapping[int, int]) -> None:
        """Show how many pixels of each class are labelled."""
        with QSignalBlocker(self._list):
            for place in range(self._list.count()):
                item = self._list.item(place)
                px = counts.get(item.data(_VALUE), 0)
                item.setData(_COUNT, short_count(px))
                item.setToolTip(_tip(item, px))

    def show_value(self, value: int) -> None:
        """Mark what is painted; emits nothing."""
        with QSignalBlocker(self._list):
            for place in range(self._list.count()):
                if self._list.item(place).data(_VALUE) == value:
                    self._list.setCurrentRow(place)
                    return
            self._list.setCurrentRow(-1)

    def ids(self) -> tuple[int, ...]:
        """The class ids in the order shown, void left out."""
        values = [self._list.item(n).data(_VALUE) for n in range(self._list.count())]
        return tuple(value for value in values if value != VOID)

    def _change(self, item: QListWidgetItem) -> None:
        if item.data(_VALUE) != VOID:
            self.change_asked.emit(item.data(_VALUE))

    def _menu(self, at: QPoint) -> None:
        item = self._list.itemAt(at)
        if item is not None and item.data(_VALUE) != VOID:
            self.menu_asked.emit(item.data(_VALUE), self._list.viewport().mapToGlobal(at))

    def _dropped(self) -> None:
        self.order_asked.emit(self.ids())


def _fill(item: QListWidgetItem, value: int, key: str, rgb: tuple[int, int, int] | None) -> None:
    item.setData(_VALUE, value)
    item.setData(_KEY, key)
    item.setData(_RGB, rgb)


def _tip(item: QListWidgetItem, px: int) -> str:
    key = item.data(_KEY)
    text = say("classes.tip", "{name}: {px} labelled pixels", name=item.text(), px=f"{px:,}")
    return say("classes.tip_key", "{text} (key {key})", text=text, key=key) if key else text


def _empty_state(add: Any) -> QWidget:
    page = QWidget()
    layout = QVBoxLayout(page)
    layout.setContentsMargins(12, 8, 12, 8)
    text = say("classes.empty", "No classes yet. Add at least two, then paint a stroke of each.")
    layout.addWidget(dim(text))
    layout.addWidget(button(say("classes.add_first", "Add a class"), add))
    layout.addStretch(1)
    return page


class _List(QListWidget):
    """A list whose rows can be dragged into another order."""

    dropped = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("bare_list")
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setDragDropMode(QListWidget.DragDropMode.InternalMove)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(say("classes.list", "Classes"))

    def dropEvent(self, event: Any) -> None:
        """Tell that the order is another one."""
        super().dropEvent(event)
        self.dropped.emit()


class _ClassPainter(QStyledItemDelegate):
    """Swatch, name, labelled pixels, key."""

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """The same for every row."""
        style: Any = option
        return QSize(120, max(28, style.fontMetrics.height() + 11))

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Paint one row."""
        style: Any = option
        worn = theme.worn()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect: QRect = style.rect
        if style.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, worn.colour("selection"))
            painter.fillRect(
                QRect(rect.left(), rect.top(), 3, rect.height()), worn.colour("accent")
            )
        elif style.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, worn.colour("hover"))
        _swatch(painter, QRect(rect.left() + 12, rect.center().y() - 7, 16, 16), index.data(_RGB))
        right = _key_cap(painter, rect, index.data(_KEY), style.font)
        centre = Qt.AlignmentFlag.AlignVCenter
        count = index.data(_COUNT) or ""
        painter.setFont(style.font)
        wide = painter.fontMetrics().horizontalAdvance(count)
        painter.setPen(worn.colour("text_dim"))
        box = QRect(right - wide - 8, rect.top(), wide, rect.height())
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | centre, count)
        name = QRect(rect.left() + 38, rect.top(), box.left() - rect.left() - 46, rect.height())
        painter.setPen(worn.colour("text"))
        shown = painter.fontMetrics().elidedText(
            index.data(Qt.ItemDataRole.DisplayRole), Qt.TextElideMode.ElideRight, name.width()
        )
        painter.drawText(name, Qt.AlignmentFlag.AlignLeft | centre, shown)
        painter.restore()


def _swatch(painter: QPainter, box: QRect, rgb: tuple[int, int, int] | None) -> None:
    worn = theme.worn()
    painter.setPen(QPen(worn.colour("border"), 1))
    painter.setBrush(QColor(*rgb) if rgb else QColor(20, 20, 20))
    painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
    if rgb is None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QBrush(QColor(170, 170, 170), Qt.BrushStyle.BDiagPattern))
        painter.drawRoundedRect(box, 4, 4)


def _key_cap(painter: QPainter, rect: QRect, key: str, font: QFont) -> int:
    """Draw the key at the right; the x where it begins."""
    small = QFont(font)
    small.setPointSizeF(font.pointSizeF() * 0.85)
    painter.setFont(small)
    shown = key.replace("Shift+", "⇧")
    width = max(20, painter.fontMetrics().horizontalAdvance(shown) + 10)
    right = rect.right() - 10
    if not key:
        return right
    worn = theme.worn()
    height = painter.fontMetrics().height() + 2
    cap = QRect(right - width, rect.center().y() - height // 2, width, height)
    painter.setPen(QPen(worn.colour("border"), 1))
    painter.setBrush(worn.colour("raised"))
    painter.drawRoundedRect(QRectF(cap).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
    painter.setPen(worn.colour("text_dim"))
    painter.drawText(cap, Qt.AlignmentFlag.AlignCenter, shown)
    return cap.left()
