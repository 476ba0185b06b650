"""FrameModel: the frames of a list as Qt sees them; rows are made when they are painted."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QImage

from s4gui.core.frames import Frame, FrameId, FrameState, Split
from s4gui.core.messages import say
from s4gui.workbench.frame_table import STATES, FrameTable

Index = QModelIndex | QPersistentModelIndex
Places = NDArray[np.intp]
ROW = Qt.ItemDataRole.UserRole + 1
_KEEP_THUMBNAILS = 400


@dataclass(frozen=True, slots=True)
class FrameRow:
    """What the list shows of one frame; `labelled_px` is 0 when nothing is painted."""

    frame: Frame
    labelled_px: int = 0
    state: FrameState = FrameState.UNTOUCHED
    thumbnail: QImage | None = None
    beside: str = ""  # the name of the row above or below

    @property
    def name(self) -> str:
        """The file's name."""
        return self.frame.path.rpartition("/")[2]

    @property
    def own(self) -> str:
        """The end of its name from where it differs from its neighbour's, whole numbers kept."""
        name = self.name
        pairs = enumerate(zip(name, self.beside, strict=False))
        shorter = min(len(name), len(self.beside))
        same = next((n for n, (a, b) in pairs if a != b), shorter)
        while 0 < same < len(name) and name[same - 1].isalnum():
            same -= 1
        return name[same:]

    @property
    def words(self) -> str:
        """Its second line: state and labelled share."""
        if self.frame.problem:
            return self.frame.problem
        name = state_name(self.state)
        if not self.labelled_px:
            return name
        share = self.labelled_px / (self.frame.height * self.frame.width)
        if share < 0.001:
            return say("frames.labelled_little", "{state}, < 0.1 %", state=name)
        percent = f"{100 * share:.{0 if share >= 0.0995 else 1}f}"
        return say("frames.labelled", "{state}, {percent} %", state=name, percent=percent)

    @property
    def tip(self) -> str:
        """Everything about it."""
        frame = self.frame
        if frame.problem:
            return say("frames.tip_broken", "{id}\n{why}", id=frame.id, why=frame.problem)
        return say(
            "frames.tip",
            "{id}\n{width} x {height} px, {split}, {state}",
            id=frame.id,
            width=frame.width,
            height=frame.height,
            split=split_name(frame.split),
            state=self.words,
        )


def split_name(split: Split) -> str:
    """A split as the user reads it."""
    if split is Split.TRAIN:
        return say("split.train", "train")
    return say("split.val", "val") if split is Split.VAL else say("split.test", "test")


def state_name(state: FrameState) -> str:
    """A state as the user reads it."""
    return {
        FrameState.UNTOUCHED: say("state.untouched", "untouched"),
        FrameState.STARTED: say("state.started", "started"),
        FrameState.DONE: say("state.done", "done"),
        FrameState.APPROVED: say("state.approved", "approved"),
        FrameState.FLAGGED: say("state.flagged", "flagged"),
    }[state]


class FrameModel(QAbstractListModel):
    """The rows of a FrameTable that are to be seen, in the order they are to be seen in.

    Asks for a thumbnail when a row is first painted.
    """

    thumbnail_asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.table = FrameTable()
        self._order: Places = np.zeros(0, np.intp)
        self._row_of: Places = np.zeros(0, np.intp)
        self._pictures: OrderedDict[FrameId, QImage] = OrderedDict()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """How many frames are to be seen."""
        return 0 if parent.isValid() else len(self._order)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Name, tooltip, or the whole FrameRow."""
        if role == Qt.ItemDataRole.DisplayRole:
            return self._frame(index).path
        if role == ROW:
            each = self._row(index)
            if each.thumbnail is None and not each.frame.problem:
                self.thumbnail_asked.emit(each.frame.id)
            return each
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._row(index).tip
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Broken images are listed but cannot be opened."""
        if self._frame(index).problem:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def show_table(self, table: FrameTable, order: Places) -> bool:
        """Show these rows of a table; pictures already there are kept. Whether all rows moved."""
        same = table.frames is self.table.frames and np.array_equal(order, self._order)
        if same:
            self.table = table
            self._tell(0, len(order) - 1)
            return False
        self.beginResetModel()
        self.table, self._order = table, order
        self._row_of = np.full(len(table), -1, np.intp)
        self._row_of[order] = np.arange(len(order))
        self.endResetModel()
        return True

    def show_changed(self, frame_ids: Iterable[FrameId]) -> None:
        """What the table says of these frames is new."""
        for row in map(self.row_of, frame_ids):
            self._tell(row, row)

    def show_thumbnail(self, frame_id: FrameId, picture: QImage) -> None:
        """Give a row its picture; the oldest ones are forgotten."""
        self._pictures[frame_id] = picture
        self._pictures.move_to_end(frame_id)
        if len(self._pictures) > _KEEP_THUMBNAILS:
            self._pictures.popitem(last=False)
        self.show_changed([frame_id])

    def forget_thumbnails(self) -> None:
        """Ask for all pictures again: the files are others now."""
        self._pictures.clear()
        self._tell(0, len(self._order) - 1)

    def row_of(self, frame_id: FrameId) -> int:
        """The row a frame is seen in; -1 if it is not."""
        place = self.table.place(frame_id)
        return -1 if place is None or place >= len(self._row_of) else int(self._row_of[place])

    def place(self, frame_id: FrameId) -> QModelIndex:
        """The index of a frame; an invalid one if it is not to be seen."""
        row = self.row_of(frame_id)
        return QModelIndex() if row < 0 else self.index(row)

    def id_at(self, row: int) -> FrameId:
        """The frame of a row."""
        return self.table.frames[int(self._order[row])].id

    def usable_from(self, row: int, by: int) -> FrameId | None:
        """The first frame at or after a row (before it with `by` -1) that can be opened."""
        while 0 <= row < len(self._order):
            if not self.table.broken[self._order[row]]:
                return self.id_at(row)
            row += by
        return None

    def in_state(self, state: FrameState, row: int, by: int) -> FrameId | None:
        """The next frame in a state after a row (before it with `by` -1), around the end."""
        code = STATES.index(state)
        found = (self.table.states == code) & ~self.table.broken
        rows = np.flatnonzero(found[self._order])
        if not len(rows):
            return None
        if by > 0:
            at = int(np.searchsorted(rows, row, "right")) % len(rows)
        else:
            at = int(np.searchsorted(rows, row, "left")) - 1
        return self.id_at(int(rows[at]))

    def _frame(self, index: Index) -> Frame:
        return self.table.frames[int(self._order[index.row()])]

    def _row(self, index: Index) -> FrameRow:
        place = int(self._order[index.row()])
        frame = self.table.frames[place]
        return FrameRow(
            frame,
            int(self.table.labelled_px[place]),
            self.table.state(place),
            self._pictures.get(frame.id),
            self._name_beside(index.row()),
        )

    def _name_beside(self, row: int) -> str:
        near = row - 1 if row else min(1, len(self._order) - 1)
        return self.table.frames[int(self._order[near])].path.rpartition("/")[2]

    def _tell(self, first: int, last: int) -> None:
        if 0 <= first <= last:
            self.dataChanged.emit(self.index(first), self.index(last))
