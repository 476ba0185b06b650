"""The button that says how a list is sorted."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton

from s4gui.core.listing import Sort
from s4gui.core.messages import say
from s4gui.gui import icons


class SortButton(QToolButton):
    """A menu of what to sort by; choosing is asked for, showing is silent."""

    asked = Signal(object, bool)  # Sort, descending

    def __init__(self) -> None:
        super().__init__()
        self.setIcon(icons.icon("sort"))
        self.setIconSize(QSize(16, 16))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self)
        self._group = QActionGroup(self)
        self._choices = {by: self._choice(by) for by in Sort}
        self._menu.addSeparator()
        self._down = QAction(say("sort.down", "Reverse order"), self._menu)
        self._down.setCheckable(True)
        self._menu.addAction(self._down)
        self.setMenu(self._menu)
        self._menu.triggered.connect(self._ask)
        self.show_sort(Sort.NAME, descending=False)

    def show_sort(self, by: Sort, *, descending: bool) -> None:
        """Say what the list is sorted by."""
        self._choices[by].setChecked(True)
        self._down.setChecked(descending)
        text = say("sort.tip", "Sorted by {what}", what=sort_name(by).lower())
        self.setToolTip(text)
        self.setAccessibleName(text)

    def _choice(self, by: Sort) -> QAction:
        action = QAction(sort_name(by), self._menu)
        action.setCheckable(True)
        self._group.addAction(action)
        self._menu.addAction(action)
        return action

    def _ask(self) -> None:
        (by,) = (by for by, action in self._choices.items() if action.isChecked())
        self.show_sort(by, descending=self._down.isChecked())
        self.asked.emit(by, self._down.isChecked())


def sort_name(by: Sort) -> str:
    """What to sort by, as the user reads it."""
    return {
        Sort.NAME: say("sort.name", "Name"),
        Sort.DATE: say("sort.date", "Date of the file"),
        Sort.LABELLED: say("sort.labelled", "Labelled share"),
        Sort.STATE: say("sort.state", "State"),
    }[by]
