"""The classes: colour, name, key, labelled pixels; void below; a field where they are many."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import (
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QAction, QBrush, QColor, QDropEvent, QFont, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QLineEdit,
    QListView,
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
from s4gui.gui.class_rows import COUNT, KEY, LOCKED, RGB, SHARE, VALUE, ClassFilter, ClassModel
from s4gui.gui.key_names import native
from s4gui.gui.parts import button, dim, heading, row
from s4gui.workbench.actions import CLASS_PLACES
from s4gui.workbench.class_counts import ClassCount

MANY = CLASS_PLACES
"""With more classes than have keys there is a field to find them."""


class ClassesPanel(QWidget):
    """The list of classes; a click chooses what is painted."""

    class_asked = Signal(int)
    add_asked = Signal()
    change_asked = Signal(int)
    menu_asked = Signal(int, QPoint)
    order_asked = Signal(object)  # ids in the new order
    left = Signal()  # the field is done with: the keys are the canvas's again

    def __init__(self, locks: Sequence[QAction] = ()) -> None:
        super().__init__()
        self._value = VOID
        self.model = ClassModel()
        self._shown = ClassFilter(self.model)
        self._list = _List()
        self._list.setModel(self._shown)
        self._list.setItemDelegate(_ClassPainter(self._list))
        self._empty = _empty_state(self.add_asked.emit)
        self._stack = QStackedLayout()
        self._stack.addWidget(self._list)
        self._stack.addWidget(self._empty)
        self.find_box = _FindBox()
        self.find_box.hide()
        self.head = row(heading(say("classes.heading", "Classes")))
        self.head.addStretch(1)
        self.scope = QToolButton()
        self.scope.setObjectName("flat_small")
        self.scope.setCheckable(True)
        self.scope.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        tools = row(self.scope, gap=2)
        tools.addStretch(1)
        for each in locks:
            tools.addWidget(_lock_button(each))
        tools.setContentsMargins(8, 0, 8, 2)
        add_tip = say("classes.add_tip", "Add a class")
        self.head.addWidget(_small("class.add", add_tip, self.add_asked.emit))
        self.head.setContentsMargins(12, 4, 8, 0)
        finding = row(self.find_box)
        finding.setContentsMargins(10, 2, 10, 4)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(self.head)
        layout.addLayout(tools)
        layout.addLayout(finding)
        layout.addLayout(self._stack, 1)
        self._connect()
        self._show_scope(here=False)

    def _connect(self) -> None:
        self._list.clicked.connect(lambda index: self.class_asked.emit(index.data(VALUE)))
        self._list.doubleClicked.connect(self._change)
        self._list.customContextMenuRequested.connect(self._menu)
        self._list.moved.connect(self._moved)
        self.scope.toggled.connect(lambda here: self._show_scope(here=here))
        self.find_box.textChanged.connect(self._look)
        self.find_box.returnPressed.connect(self._take_first)
        self.find_box.left.connect(self._leave)

    def show_classes(
        self, class_map: ClassMap, counts: Mapping[int, ClassCount], *, value: int
    ) -> None:
        """Make the list equal to the class map; `counts` by value. Emits nothing."""
        self.model.show_classes(class_map)
        self._stack.setCurrentIndex(0 if class_map.classes else 1)
        self.scope.setVisible(bool(class_map.classes))
        is_many = len(class_map) > MANY
        self.find_box.setVisible(is_many)
        if not is_many:
            self.find_box.clear()
        self.find_box.setPlaceholderText(
            say("classes.find", "Find one of {n} classes", n=len(class_map))
        )
        self.show_counts(counts)
        self.show_value(value)

    def show_locked(self, values: frozenset[int]) -> None:
        """Mark the classes whose pixels cannot be changed; emits nothing."""
        self.model.show_locked(values)

    def show_keys(self, keys: tuple[str, ...], void_key: str) -> None:
        """Show these keys beside the first classes and beside void; emits nothing."""
        self.model.show_keys(keys, void_key)

    def show_counts(self, counts: Mapping[int, ClassCount]) -> None:
        """Show how many pixels of each class are labelled."""
        self.model.show_counts(counts)

    def show_value(self, value: int) -> None:
        """Mark what is painted; emits nothing."""
        self._value = value
        place = self.model.place(value)
        index = QModelIndex() if place is None else self.model.index(place)
        shown = self._shown.mapFromSource(index)
        self._list.setCurrentIndex(shown)
        if shown.isValid():
            self._list.scrollTo(shown)

    def ids(self) -> tuple[int, ...]:
        """The class ids in their order, void left out."""
        return tuple(each.value for each in self.model.rows if each.value != VOID)

    def shown_ids(self) -> tuple[int, ...]:
        """What the field leaves in the list, void included where it fits."""
        places = range(self._shown.rowCount())
        return tuple(self._shown.index(n, 0).data(VALUE) for n in places)

    def key_shown(self, place: int) -> str:
        """The key beside the class at a display position."""
        return self.model.rows[place].key

    def _show_scope(self, *, here: bool) -> None:
        self.scope.setText(
            say("classes.here", "This image") if here else say("classes.all", "All images")
        )
        self.scope.setToolTip(
            say("classes.scope_tip", "Whose labelled pixels are shown: click for the other")
        )
        self.model.show_here(here=here)

    def _look(self, typed: str) -> None:
        self._shown.look(typed)
        self.show_value(self._value)

    def _take_first(self) -> None:
        if self._shown.rowCount():
            value = int(self._shown.index(0, 0).data(VALUE))
            self._leave()
            self.class_asked.emit(value)

    def _leave(self) -> None:
        self.find_box.clear()
        self.left.emit()

    def _change(self, index: QModelIndex) -> None:
        if index.data(VALUE) != VOID:
            self.change_asked.emit(index.data(VALUE))

    def _menu(self, at: QPoint) -> None:
        index = self._list.indexAt(at)
        if index.isValid() and index.data(VALUE) != VOID:
            self.menu_asked.emit(index.data(VALUE), self._list.viewport().mapToGlobal(at))

    def _moved(self, value: int, before: int) -> None:
        """A class was dropped before another one (VOID: at the end)."""
        others = [each for each in self.ids() if each != value]
        place = others.index(before) if before in others else len(others)
        if value != before:
            self.order_asked.emit((*others[:place], value, *others[place:]))


class _FindBox(QLineEdit):
    """A field that Esc empties and leaves."""

    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setClearButtonEnabled(True)
        self.setAccessibleName(say("classes.find_name", "Find a class"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc leaves."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)


def _lock_button(action: QAction) -> QToolButton:
    out = QToolButton()
    out.setDefaultAction(action)
    out.setIconSize(QSize(16, 16))
    out.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return out


def _small(name: str, tip: str, pressed: Callable[[], None]) -> QToolButton:
    out = QToolButton()
    out.setIcon(icons.icon(name))
    out.setToolTip(tip)
    out.setAccessibleName(tip)
    out.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    out.clicked.connect(lambda _checked: pressed())
    return out


def _empty_state(add: Callable[[], None]) -> QWidget:
    page = QWidget()
    layout = QVBoxLayout(page)
    layout.setContentsMargins(12, 8, 12, 8)
    text = say("classes.empty", "No classes yet. Add at least two, then paint a stroke of each.")
    layout.addWidget(dim(text))
    layout.addWidget(button(say("classes.add_first", "Add a class"), add))
    layout.addStretch(1)
    return page


class _List(QListView):
    """A list whose rows can be dragged into another order."""

    moved = Signal(int, int)  # a class, and the one it was dropped before; VOID: the end

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("bare_list")
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setDragDropMode(QListView.DragDropMode.InternalMove)
        self.setDragDropOverwriteMode(False)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(say("classes.list", "Classes"))

    def dropEvent(self, event: QDropEvent) -> None:
        """Tell where it was dropped; the list itself changes when the project has."""
        at = event.position().toPoint()
        over = self.indexAt(at)
        if over.isValid() and at.y() > self.visualRect(over).center().y():
            over = self.model().index(over.row() + 1, 0)
        value = self.currentIndex().data(VALUE)
        event.setDropAction(Qt.DropAction.IgnoreAction)
        event.accept()
        self.setState(QListView.State.NoState)
        self.viewport().update()
        if value is not None:
            self.moved.emit(int(value), int(over.data(VALUE)) if over.isValid() else VOID)


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
        _swatch(painter, QRect(rect.left() + 12, rect.center().y() - 7, 16, 16), index.data(RGB))
        right = _key_cap(painter, rect, index.data(KEY), style.font)
        centre = Qt.AlignmentFlag.AlignVCenter
        count = index.data(COUNT) or ""
        painter.setFont(style.font)
        wide = painter.fontMetrics().horizontalAdvance(count)
        painter.setPen(worn.colour("text_dim"))
        box = QRect(right - wide - 8, rect.top(), wide, rect.height())
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | centre, count)
        end = box.left()
        if index.data(LOCKED):
            end -= 18
            icons.icon("lock.class").paint(painter, end, rect.center().y() - 7, 14, 14)
        name = QRect(rect.left() + 38, rect.top(), end - rect.left() - 46, rect.height())
        painter.setPen(worn.colour("text"))
        shown = painter.fontMetrics().elidedText(
            # Long names begin alike: both ends tell them apart.
            index.data(Qt.ItemDataRole.DisplayRole),
            Qt.TextElideMode.ElideMiddle,
            name.width(),
        )
        painter.drawText(name, Qt.AlignmentFlag.AlignLeft | centre, shown)
        _share(painter, rect, right, float(index.data(SHARE) or 0.0))
        painter.restore()


def _share(painter: QPainter, rect: QRect, right: int, share: float) -> None:
    """A thin bar below the name: its pixels beside those of the class with most."""
    if share <= 0:
        return
    left = rect.left() + 38
    wide = max(2, round(share * (right - 8 - left)))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.worn().colour("accent"))
    painter.setOpacity(0.55)
    painter.drawRoundedRect(QRectF(left, rect.bottom() - 2, wide, 2), 1, 1)
    painter.setOpacity(1)


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
    shown = native(key).replace("Shift+", "⇧")
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
