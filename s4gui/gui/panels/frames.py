"""The list of images: thumbnails, states, what is labelled, splits, and a filter box."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from PySide6.QtCore import (
    QItemSelectionModel,
    QModelIndex,
    QPoint,
    QSignalBlocker,
    Signal,
)
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QVBoxLayout, QWidget

from s4gui.core.errors import FilterError
from s4gui.core.frames import FrameId, FrameState
from s4gui.core.listing import Listing, Sort
from s4gui.core.messages import say
from s4gui.gui.filter_field import FilterField
from s4gui.gui.frame_list import FrameList
from s4gui.gui.frame_model import FrameModel, Places
from s4gui.gui.parts import dim, row
from s4gui.gui.sort_button import SortButton
from s4gui.gui.state_counts import StateCounts
from s4gui.workbench.frame_table import FrameTable


class FramesPanel(QWidget):
    """Filter box, counts, the list, and a line that counts. Shows; asks by `frame_asked`."""

    frame_asked = Signal(str)
    thumbnail_asked = Signal(str)
    state_asked = Signal(object, int)  # FrameState, 1 or -1
    listing_changed = Signal(object)  # Listing
    menu_asked = Signal(object, QPoint)  # frame ids, where

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.filter = FilterField()
        self.filter_box = self.filter.box
        self.sorting = SortButton()
        self.model = FrameModel()
        self.view = FrameList(self.model)
        self.states = StateCounts()
        self._count = dim(wrap=False)
        self._table = FrameTable()
        self._current: FrameId = ""
        self._listing = Listing()
        self._is_stale = False
        self._row = 0  # where the current frame is or was last seen
        self._lay_out()
        self.filter.changed.connect(self._rearranged)
        self.filter.entered.connect(self._entered)
        self.sorting.asked.connect(self._sorted)
        self.view.selectionModel().currentChanged.connect(self._picked)
        self.view.customContextMenuRequested.connect(self._menu)
        self.model.thumbnail_asked.connect(self.thumbnail_asked)
        self.states.asked.connect(self.state_asked)

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 8, 0, 0)
        layout.setSpacing(6)
        head = row(self.filter, self.sorting, gap=2)
        head.setContentsMargins(8, 0, 8, 0)
        layout.addLayout(head)
        counts = row(self.states)
        counts.setContentsMargins(4, 0, 4, 0)
        layout.addLayout(counts)
        layout.addWidget(self.view, 1)
        foot = row(self._count)
        foot.setContentsMargins(10, 0, 8, 6)
        layout.addLayout(foot)

    def show_table(self, table: FrameTable) -> None:
        """Make the list equal to the project; emits nothing."""
        self._table = table
        self.filter.show_classes(table.classes)
        self._arrange()

    def show_listing(self, listing: Listing) -> None:
        """Show what a project says is to be seen; emits nothing."""
        with QSignalBlocker(self):
            self._listing = listing
            self.filter.show_recent(listing.recent)
            self.sorting.show_sort(listing.sort, descending=listing.descending)
            self.filter.show_text(listing.filter)

    def show_changed(self, frame_ids: Iterable[FrameId], *, arrange: bool) -> None:
        """Labels or states of these frames changed in the table.

        Without `arrange` all stay in the list until another image is opened: the one that is
        being painted does not vanish under the brush.
        """
        self.model.show_changed(frame_ids)
        self._show_count()
        if self.filter.part.follows_labels or self._listing.sort.follows_labels:
            self._is_stale = True
            if arrange:
                self._arrange()

    def show_current(self, frame_id: FrameId) -> None:
        """Select the frame that is open; emits nothing."""
        self._current = frame_id
        if self._is_stale:
            self._arrange()
        self._select_current()

    def show_thumbnail(self, frame_id: FrameId, picture: QImage) -> None:
        """Give a row its picture."""
        self.model.show_thumbnail(frame_id, picture)

    def forget_thumbnails(self) -> None:
        """The files are others now."""
        self.model.forget_thumbnails()

    def seen_ids(self) -> tuple[FrameId, ...]:
        """The frames whose rows are before the eye now."""
        if not self.isVisible() or not self.model.rowCount():
            return ()
        edge = self.view.viewport().rect()
        first = max(self.view.rowAt(edge.top()), 0)
        last = self.view.rowAt(edge.bottom())
        last = self.model.rowCount() - 1 if last < 0 else last
        return tuple(map(self.model.id_at, range(first, last + 1)))

    def selected(self) -> tuple[FrameId, ...]:
        """The selected frames in list order."""
        rows = sorted(each.row() for each in self.view.selectionModel().selectedIndexes())
        return tuple(map(self.model.id_at, rows))

    def shown_ids(self) -> tuple[FrameId, ...]:
        """The frames that pass the filter, in list order."""
        return tuple(self.model.id_at(n) for n in range(self.model.rowCount()))

    def beside(self, frame_id: FrameId, by: int) -> FrameId | None:
        """The usable frame after one in the list (before it with `by` -1); None at the end.

        For a frame that the filter hides, counted from where the current one was seen.
        """
        row_ = self.model.row_of(frame_id)
        if row_ >= 0:
            return self.model.usable_from(row_ + by, by)
        last = self.model.rowCount() - 1
        row_ = min(self._row if by > 0 else self._row - 1, last)
        return self.model.usable_from(row_, by) if row_ >= 0 else None

    def in_state(self, state: FrameState, by: int) -> FrameId | None:
        """The next frame of the list in a state (the one before with `by` -1), around the end."""
        return self.model.in_state(state, self._row, by)

    def _rearranged(self) -> None:
        self._arrange()
        self._tell(replace(self._listing, filter=self.filter.text))

    def _sorted(self, by: Sort, descending: bool) -> None:  # noqa: FBT001 - a signal
        self._tell(replace(self._listing, sort=by, descending=descending))
        self._arrange()

    def _entered(self, text: str) -> None:
        self._tell(self._listing.used(text))
        first = self.model.usable_from(0, 1)
        if first is not None:
            self.frame_asked.emit(first)

    def _tell(self, listing: Listing) -> None:
        if listing != self._listing:
            self._listing = listing
            self.filter.show_recent(listing.recent)
            self.listing_changed.emit(listing)

    def _arrange(self) -> None:
        self._is_stale = False
        with QSignalBlocker(self.view.selectionModel()):
            if self.model.show_table(self._table, self._order()):
                self._select_current()
        self._show_count()

    def _order(self) -> Places:
        try:
            places = np.flatnonzero(self.filter.part.mask(self._table))
        except FilterError as error:
            self.filter.show_error(error)
            places = np.arange(len(self._table))
        by, down = self._listing.sort, self._listing.descending
        return self._table.ordered(places, by, down=down)

    def _select_current(self) -> None:
        index = self.model.place(self._current)
        selection = self.view.selectionModel()
        # A hand that selects several makes each the current one; they stay selected.
        if index != selection.currentIndex() or not index.isValid():
            with QSignalBlocker(selection):
                flags = QItemSelectionModel.SelectionFlag.ClearAndSelect
                selection.setCurrentIndex(index, flags)
        if index.isValid():
            self._row = index.row()
            self.view.scrollTo(index)
        self.view.viewport().update()

    def _picked(self, now: QModelIndex) -> None:
        if now.isValid():
            self.frame_asked.emit(self.model.id_at(now.row()))

    def _menu(self, at: QPoint) -> None:
        chosen = self.selected()
        if chosen:
            self.menu_asked.emit(chosen, self.view.viewport().mapToGlobal(at))

    def _show_count(self) -> None:
        self.states.show_numbers(self._table.numbers())
        shown, total = self.model.rowCount(), len(self._table)
        if not total:
            text = say("frames.none", "No images")
        elif shown != total:
            text = say("frames.shown", "{shown} of {total} shown", shown=shown, total=total)
        else:
            text = say(
                "frames.count",
                "{total} images, {labelled} labelled",
                total=total,
                labelled=self._table.labelled,
            )
        self._count.setText(text)
