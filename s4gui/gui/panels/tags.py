"""What is in the image shown: a line for each class with present, absent or unknown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QBrush
from PySide6.QtWidgets import (
    QHeaderView,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from s4gui.core.classes import ClassMap
from s4gui.core.messages import say
from s4gui.gui import theme
from s4gui.gui.parts import action_button, dim, heading, row, swatch
from s4gui.workbench.tagging import Presence

_CLASS = Qt.ItemDataRole.UserRole


class TagsPanel(QWidget):
    """A click on a class says the next thing of it: present, absent, unknown."""

    next_asked = Signal(int)  # class id
    shown = Signal()

    def __init__(self, back: QAction, others: QAction) -> None:
        super().__init__()
        self.list = QTreeWidget()
        self.list.setObjectName("tag_list")
        self.list.setColumnCount(2)
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setIndentation(0)
        self.list.setSelectionMode(QTreeWidget.SelectionMode.NoSelection)
        self.list.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAccessibleName(say("tags.list", "Classes of this image"))
        header = self.list.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        close = QToolButton()
        close.setDefaultAction(back)
        close.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        head = row(heading(say("tags.heading", "In this image")))
        head.addStretch(1)
        head.addWidget(close)
        head.setContentsMargins(12, 4, 8, 0)
        foot = QVBoxLayout()
        foot.setContentsMargins(12, 4, 12, 8)
        about = say("tags.about", "Click a class: present, absent, unknown. Paint says present.")
        foot.addWidget(dim(about))
        foot.addWidget(action_button(others))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(head)
        layout.addWidget(self.list, 1)
        layout.addLayout(foot)
        self.list.itemClicked.connect(lambda item, _column: self._ask(item))
        self.list.itemActivated.connect(lambda item, _column: self._ask(item))

    def show_presence(self, class_map: ClassMap, presence: Mapping[int, Presence]) -> None:
        """Show what is known of each class."""
        at = self.list.currentIndex().row()
        self.list.clear()
        for each in class_map.classes:
            what = presence[each.id]
            item = QTreeWidgetItem([each.name, _word(what)])
            item.setIcon(0, swatch(each.rgb))
            item.setData(0, _CLASS, each.id)
            item.setForeground(1, QBrush(theme.worn().colour(_ROLE[what])))
            item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.list.addTopLevelItem(item)
        self.list.setCurrentIndex(self.list.model().index(at, 0))

    def words(self) -> dict[str, str]:
        """What is shown: word by class name."""
        items = [self.list.topLevelItem(n) for n in range(self.list.topLevelItemCount())]
        return {each.text(0): each.text(1) for each in items if each is not None}

    def showEvent(self, event: Any) -> None:
        """Tell that it can be seen."""
        super().showEvent(event)
        self.shown.emit()

    def _ask(self, item: QTreeWidgetItem) -> None:
        self.next_asked.emit(int(item.data(0, _CLASS)))


_ROLE = {
    Presence.PAINTED: "text_dim",
    Presence.PRESENT: "accent",
    Presence.ABSENT: "text",
    Presence.UNKNOWN: "text_disabled",
}


def _word(what: Presence) -> str:
    return {
        Presence.PAINTED: say("tags.painted", "✓ painted"),
        Presence.PRESENT: say("tags.present", "✓ present"),
        Presence.ABSENT: say("tags.absent", "✗ absent"),
        Presence.UNKNOWN: say("tags.unknown", "unknown"),
    }[what]
