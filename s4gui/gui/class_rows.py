"""The classes as rows of a list: name, key, colour, counts; and a filter over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
)

from s4gui.core.classes import VOID, ClassMap, Rgb
from s4gui.core.messages import say
from s4gui.gui.key_names import native
from s4gui.gui.parts import short_count
from s4gui.workbench.class_counts import ClassCount

Index = QModelIndex | QPersistentModelIndex
VALUE = Qt.ItemDataRole.UserRole
KEY = Qt.ItemDataRole.UserRole + 1
COUNT = Qt.ItemDataRole.UserRole + 2
RGB = Qt.ItemDataRole.UserRole + 3
SHARE = Qt.ItemDataRole.UserRole + 4
"""Its pixels as a part of those of the class with most of them, 0 to 1."""
LOCKED = Qt.ItemDataRole.UserRole + 5


_NONE = ClassCount()


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One class, or void, as the list shows it; void has no colour."""

    value: int
    name: str
    rgb: Rgb | None
    key: str = ""
    count: ClassCount = _NONE

    @property
    def tip(self) -> str:
        """Everything about it."""
        count = self.count
        head = say("classes.tip_head", "{name} (pixel value {v})", name=self.name, v=self.value)
        here = say(
            "classes.tip_here",
            "This image: {px} pixels{share}",
            px=f"{count.here_px:,}",
            share=share_text(count.here_share, before=", "),
        )
        everywhere = say(
            "classes.tip_all",
            "All images: {px} pixels{share}, in {n} images",
            px=f"{count.all_px:,}",
            share=share_text(count.all_share, before=", "),
            n=f"{count.images:,}",
        )
        key = say("classes.tip_key", "Key {key}", key=native(self.key)) if self.key else ""
        return "\n".join(each for each in (head, here, everywhere, key) if each)


def share_text(share: float | None, *, before: str = "") -> str:
    """A share in percent; empty where there is none."""
    if share is None:
        return ""
    if 0 < share < 0.001:
        return before + say("classes.share_little", "< 0.1 %")
    return before + say("classes.share", "{percent} %", percent=f"{100 * share:.1f}")


class ClassModel(QAbstractListModel):
    """Classes in display order, void last."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[ClassRow] = []
        self._keys: tuple[str, ...] = ()
        self._void_key = ""
        self._here = False
        self._most_px = 0
        self._locked: frozenset[int] = frozenset()

    @property
    def rows(self) -> Sequence[ClassRow]:
        """All rows."""
        return self._rows

    def show_classes(self, class_map: ClassMap) -> None:
        """Make the rows equal to a class map; counts already there are kept."""
        counts = {each.value: each.count for each in self._rows}
        rows = [ClassRow(each.id, each.name, each.rgb) for each in class_map.classes]
        if rows:
            rows.append(ClassRow(VOID, say("classes.void", "Void (not learned)"), None))
        rows = [replace(each, count=counts.get(each.value, _NONE)) for each in rows]
        self.beginResetModel()
        self._rows = self._with_keys(rows)
        self.endResetModel()

    def show_keys(self, keys: tuple[str, ...], void_key: str) -> None:
        """Show these keys beside the first classes and beside void."""
        self._keys, self._void_key = keys, void_key
        self._rows = self._with_keys(self._rows)
        self._tell()

    def show_locked(self, values: frozenset[int]) -> None:
        """Mark these values as locked."""
        self._locked = values
        self._tell()

    def show_counts(self, counts: Mapping[int, ClassCount]) -> None:
        """Show these counts by value; values that are not given have none."""
        self._rows = [replace(each, count=counts.get(each.value, _NONE)) for each in self._rows]
        self._tell()

    def show_here(self, *, here: bool) -> None:
        """Whether the numbers are of the image that is shown, or of all."""
        self._here = here
        self._tell()

    def place(self, value: int) -> int | None:
        """The row of a value."""
        return next((n for n, each in enumerate(self._rows) if each.value == value), None)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """How many rows there are."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """What a row shows."""
        each = self._rows[index.row()]
        px = self._px(each)
        return {
            Qt.ItemDataRole.DisplayRole: each.name,
            VALUE: each.value,
            KEY: each.key,
            RGB: each.rgb,
            COUNT: short_count(px),
            LOCKED: each.value in self._locked,
            SHARE: px / self._most_px if self._most_px else 0.0,
            Qt.ItemDataRole.ToolTipRole: each.tip if role == Qt.ItemDataRole.ToolTipRole else "",
        }.get(role)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Classes can be dragged to another place, between others."""
        if not index.isValid():
            return Qt.ItemFlag.ItemIsDropEnabled
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        is_void = self._rows[index.row()].value == VOID
        return flags if is_void else flags | Qt.ItemFlag.ItemIsDragEnabled

    def supportedDropActions(self) -> Qt.DropAction:
        """A row is moved."""
        return Qt.DropAction.MoveAction

    def _with_keys(self, rows: Sequence[ClassRow]) -> list[ClassRow]:
        keys = self._keys
        return [
            replace(
                each,
                key=self._void_key
                if each.value == VOID
                else (keys[place] if place < len(keys) else ""),
            )
            for place, each in enumerate(rows)
        ]

    def _px(self, row: ClassRow) -> int:
        return row.count.here_px if self._here else row.count.all_px

    def _tell(self) -> None:
        self._most_px = max(map(self._px, self._rows), default=0)
        if self._rows:
            self.dataChanged.emit(self.index(0), self.index(len(self._rows) - 1))


class ClassFilter(QSortFilterProxyModel):
    """The rows whose name has what is typed."""

    def __init__(self, model: ClassModel) -> None:
        super().__init__()
        self.setSourceModel(model)
        self._model, self._typed = model, ""

    @property
    def typed(self) -> str:
        """What is typed."""
        return self._typed

    def look(self, typed: str) -> None:
        """Show the rows that have this."""
        self._typed = typed.strip()
        self.invalidate()

    def filterAcceptsRow(self, row: int, _parent: Index) -> bool:
        """Whether a row has it."""
        if not self._typed:
            return True
        from s4gui.workbench.finding import Rank, fit  # noqa: PLC0415 - after the first image

        how = fit(self._typed, self._model.rows[row].name)
        return how is not None and how.rank <= Rank.PARTS
