"""What may have keys, as rows for a table: name, where it is, keys."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QFont

from s4gui.core.messages import say
from s4gui.gui.key_names import menu_title, native
from s4gui.workbench.actions import Scope
from s4gui.workbench.keymap import KeyMap
from s4gui.workbench.verbs import by_id

Index = QModelIndex | QPersistentModelIndex
FIND = Qt.ItemDataRole.UserRole
"""All words of a row, in lower case, for a filter."""


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One action as the table shows it."""

    id: str
    name: str
    place: str
    keys: str
    is_changed: bool


def rows_of(keymap: KeyMap) -> tuple[KeyRow, ...]:
    """Every action, with or without a key, in menu order."""
    specs = by_id()
    classes = say("keys.group_classes", "Classes")
    return tuple(
        KeyRow(
            each.id,
            each.text,
            menu_title(specs[each.id].menu) if each.id in specs else classes,
            ", ".join(map(native, keymap.of(each.id))),
            each.id in keymap.changes,
        )
        for each in keymap.among
    )


def scope_name(scope: Scope) -> str:
    """Where a key counts, as the user reads it."""
    return {
        Scope.WINDOW: say("scope.window", "Everywhere in the window"),
        Scope.CANVAS: say("scope.canvas", "While the canvas has the focus"),
        Scope.LISTS: say("scope.lists", "In lists and fields"),
    }[scope]


class KeyModel(QAbstractTableModel):
    """The rows of a key map."""

    def __init__(self, keymap: KeyMap) -> None:
        super().__init__()
        self._rows = rows_of(keymap)
        self._titles = (
            say("keys.column_action", "Action"),
            say("keys.column_place", "Menu"),
            say("keys.column_keys", "Keys"),
        )

    def show(self, keymap: KeyMap) -> None:
        """Show another map of the same actions."""
        self._rows = rows_of(keymap)
        self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, 2))

    def row(self, place: int) -> KeyRow:
        """The row at a place of the model."""
        return self._rows[place]

    def place(self, action: str) -> int:
        """The place of an action; 0 for an unknown one."""
        return next((n for n, each in enumerate(self._rows) if each.id == action), 0)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """How many actions there are."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """Action, menu, keys."""
        return 0 if parent.isValid() else len(self._titles)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Texts; keys of one's own in bold."""
        each = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return (each.name, each.place, each.keys)[index.column()]
        if role == FIND:
            return f"{each.name} {each.place} {each.keys} {each.id}".lower()
        if role == Qt.ItemDataRole.FontRole and each.is_changed and index.column() == 2:
            font = QFont()
            font.setBold(True)
            return font
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Titles of the columns."""
        if role == Qt.ItemDataRole.DisplayRole and orientation is Qt.Orientation.Horizontal:
            return self._titles[section]
        return None
