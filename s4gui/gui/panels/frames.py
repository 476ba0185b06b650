"""The list of images: thumbnails, what is labelled, splits, and a filter box."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QSignalBlocker,
    QSize,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QLineEdit, QListView, QVBoxLayout, QWidget

from s4gui.core.frames import Frame, FrameId, Split
from s4gui.core.messages import say
from s4gui.gui.frame_paint import ROW_PX, FramePainter
from s4gui.gui.parts import dim, row

Index = QModelIndex | QPersistentModelIndex
ROW = Qt.ItemDataRole.UserRole + 1
_KEEP_THUMBNAILS = 400


@dataclass(frozen=True, slots=True)
class FrameRow:
    """What the list shows of one frame; `labelled_px` is 0 when nothing is painted."""

    frame: Frame
    labelled_px: int = 0
    thumbnail: QImage | None = None

    @property
    def state(self) -> str:
        """Its second line."""
        if self.frame.problem:
            return self.frame.problem
        if not self.labelled_px:
            return say("frames.not_labelled", "not labelled")
        share = self.labelled_px / (self.frame.height * self.frame.width)
        if share < 0.001:
            return say("frames.labelled_little", "< 0.1 % labelled")
        return say(
            "frames.labelled",
            "{percent} % labelled",
            percent=f"{100 * share:.{0 if share >= 0.0995 else 1}f}",
        )

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
            state=self.state,
        )


def split_name(split: Split) -> str:
    """A split as the user reads it."""
    if split is Split.TRAIN:
        return say("split.train", "train")
    return say("split.val", "val") if split is Split.VAL else say("split.test", "test")


class FrameModel(QAbstractListModel):
    """All frames in the project's order; asks for a thumbnail when a row is first painted."""

    thumbnail_asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[FrameRow] = []
        self._where: dict[FrameId, int] = {}
        self._with_picture: list[FrameId] = []

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """How many frames there are."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Name, tooltip, or the whole FrameRow."""
        each = self._rows[index.row()]
        if role == ROW:
            if each.thumbnail is None and not each.frame.problem:
                self.thumbnail_asked.emit(each.frame.id)
            return each
        if role == Qt.ItemDataRole.DisplayRole:
            return each.frame.path
        if role == Qt.ItemDataRole.ToolTipRole:
            return each.tip
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Broken images are listed but cannot be opened."""
        if self._rows[index.row()].frame.problem:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def show_rows(self, frames: tuple[Frame, ...], labelled_px: Mapping[FrameId, int]) -> None:
        """Make the list equal to these frames; pictures already there are kept."""
        pictures = {each.frame.id: each.thumbnail for each in self._rows}
        rows = [
            FrameRow(each, labelled_px.get(each.id, 0), pictures.get(each.id)) for each in frames
        ]
        if [each.frame.id for each in rows] == [each.frame.id for each in self._rows]:
            self._rows = rows
            if rows:
                self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))
            return
        self.beginResetModel()
        self._rows = rows
        self._where = {each.frame.id: n for n, each in enumerate(rows)}
        self.endResetModel()

    def show_labelled(self, frame_id: FrameId, labelled_px: int) -> None:
        """Say how much of one frame is labelled."""
        self._change(frame_id, labelled_px=labelled_px)

    def show_thumbnail(self, frame_id: FrameId, picture: QImage) -> None:
        """Give a row its picture; the oldest ones are forgotten."""
        self._change(frame_id, thumbnail=picture)
        self._with_picture.append(frame_id)
        if len(self._with_picture) > _KEEP_THUMBNAILS:
            oldest = self._with_picture.pop(0)
            if oldest != frame_id and oldest in self._where:
                place = self._where[oldest]
                self._rows[place] = replace(self._rows[place], thumbnail=None)

    def place(self, frame_id: FrameId) -> QModelIndex:
        """The index of a frame; an invalid one if it is not listed."""
        place = self._where.get(frame_id)
        return QModelIndex() if place is None else self.index(place)

    def id_at(self, index: Index) -> FrameId:
        """The frame of a row."""
        return self._rows[index.row()].frame.id

    def _change(self, frame_id: FrameId, **facts: object) -> None:
        place = self._where.get(frame_id)
        if place is None:
            return
        self._rows[place] = replace(self._rows[place], **facts)  # type: ignore[arg-type]
        self.dataChanged.emit(self.index(place), self.index(place))


class FramesPanel(QWidget):
    """Filter box, the list, and a line that counts. Shows; asks by `frame_asked`."""

    frame_asked = Signal(str)
    thumbnail_asked = Signal(str)
    menu_asked = Signal(object, QPoint)  # frame ids, where

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.filter_box = QLineEdit()
        self.filter_box.setPlaceholderText(say("frames.filter", "Filter images"))
        self.filter_box.setClearButtonEnabled(True)
        self.filter_box.setToolTip(say("frames.filter_tip", "Part of a name (Ctrl+F)"))
        self.model = FrameModel()
        self._shown = QSortFilterProxyModel()
        self._shown.setSourceModel(self.model)
        self._shown.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.view = self._make_view()
        self._count = dim(wrap=False)
        self._total, self._labelled = 0, 0
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 8, 0, 0)
        layout.setSpacing(6)
        head = row(self.filter_box)
        head.setContentsMargins(8, 0, 8, 0)
        layout.addLayout(head)
        layout.addWidget(self.view, 1)
        foot = row(self._count)
        foot.setContentsMargins(10, 0, 8, 6)
        layout.addLayout(foot)
        self.filter_box.textChanged.connect(self._filter)
        self.filter_box.returnPressed.connect(self._open_first)
        self.view.selectionModel().currentChanged.connect(self._picked)
        self.view.customContextMenuRequested.connect(self._menu)
        self.model.thumbnail_asked.connect(self.thumbnail_asked)

    def _make_view(self) -> QListView:
        view = QListView()
        view.setObjectName("bare_list")
        view.setModel(self._shown)
        view.setItemDelegate(FramePainter(view))
        view.setUniformItemSizes(True)
        view.setIconSize(QSize(88, ROW_PX - 12))
        view.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        view.setAccessibleName(say("frames.list", "Images of the project"))
        return view

    def show_frames(self, frames: tuple[Frame, ...], labelled_px: Mapping[FrameId, int]) -> None:
        """Make the list equal to the project; emits nothing."""
        with QSignalBlocker(self.view.selectionModel()):
            self.model.show_rows(frames, labelled_px)
        self._total = len(frames)
        self._labelled = sum(1 for px in labelled_px.values() if px)
        self._show_count()

    def show_labelled(self, frame_id: FrameId, labelled_px: int, *, labelled_frames: int) -> None:
        """One frame's labels changed."""
        self.model.show_labelled(frame_id, labelled_px)
        self._labelled = labelled_frames
        self._show_count()

    def show_current(self, frame_id: FrameId) -> None:
        """Select the frame that is open; emits nothing."""
        index = self._shown.mapFromSource(self.model.place(frame_id))
        selection = self.view.selectionModel()
        with QSignalBlocker(selection):
            flags = QItemSelectionModel.SelectionFlag.ClearAndSelect
            selection.setCurrentIndex(index, flags)
        self.view.scrollTo(index)
        self.view.viewport().update()

    def show_thumbnail(self, frame_id: FrameId, picture: QImage) -> None:
        """Give a row its picture."""
        self.model.show_thumbnail(frame_id, picture)

    def selected(self) -> tuple[FrameId, ...]:
        """The selected frames in list order."""
        rows = sorted(self.view.selectionModel().selectedIndexes(), key=lambda each: each.row())
        return tuple(self._id(each) for each in rows)

    def shown_ids(self) -> tuple[FrameId, ...]:
        """The frames that pass the filter, in list order."""
        return tuple(
            self._id(self._shown.index(n, 0)) for n in range(self._shown.rowCount(QModelIndex()))
        )

    def _id(self, index: QModelIndex) -> FrameId:
        return self.model.id_at(self._shown.mapToSource(index))

    def _filter(self, text: str) -> None:
        self._shown.setFilterFixedString(text)
        self._show_count()

    def _open_first(self) -> None:
        if self._shown.rowCount(QModelIndex()):
            self.frame_asked.emit(self._id(self._shown.index(0, 0)))

    def _picked(self, now: QModelIndex) -> None:
        if now.isValid():
            self.frame_asked.emit(self._id(now))

    def _menu(self, at: QPoint) -> None:
        chosen = self.selected()
        if chosen:
            self.menu_asked.emit(chosen, self.view.viewport().mapToGlobal(at))

    def _show_count(self) -> None:
        shown = self._shown.rowCount(QModelIndex())
        if not self._total:
            text = say("frames.none", "No images")
        elif shown != self._total:
            text = say("frames.shown", "{shown} of {total} shown", shown=shown, total=self._total)
        else:
            text = say(
                "frames.count",
                "{total} images, {labelled} labelled",
                total=self._total,
                labelled=self._labelled,
            )
        self._count.setText(text)
