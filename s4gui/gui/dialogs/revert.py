"""Take back by source: which sources, how many pixels in which images, then all of it at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from s4gui.core.frames import FrameId
from s4gui.core.messages import say
from s4gui.core.sources import Source, SourceKind
from s4gui.gui.dialogs.parts import Working, buttons, frame
from s4gui.gui.parts import dim
from s4gui.gui.source_words import kind_name

_SOURCE = Qt.ItemDataRole.UserRole
_LISTED = 200


class RevertDialog(QDialog):
    """Check what shall go; `chosen()` are the sources, `frames()` the images they are in."""

    go_asked = Signal()

    def __init__(self, parent: QWidget | None) -> None:
        super().__init__(parent)
        about = say(
            "revert.about",
            "Pixels that came from what you check become unlabelled, in all images. "
            "It is one step: undo brings them back, except where something newer was painted.",
        )
        layout = frame(self, say("revert.title", "Take back by source"), about)
        self.sources = _tree(
            say("revert.source", "Came from"),
            say("revert.px", "Pixels"),
            say("revert.images", "Images"),
        )
        self.images = _tree(say("revert.image", "Image"), say("revert.px", "Pixels"))
        self.images.setRootIsDecorated(False)
        self.images.setMaximumHeight(150)
        self._about = dim()
        layout.addWidget(self.sources, 1)
        layout.addWidget(self._about)
        layout.addWidget(self.images)
        self.working = Working()
        layout.addWidget(self.working)
        self._ok = buttons(self, say("revert.go", "Take back"), self._go)
        self._px: dict[Source, Mapping[FrameId, int]] = {}
        self.sources.itemChanged.connect(lambda _item, _column: self._preview())
        self.resize(560, 560)
        self._preview()

    def show_sources(self, px: dict[Source, dict[FrameId, int]]) -> None:
        """List what was counted: pixels by source and image."""
        self._px = dict(px)
        self.working.hide()
        self.sources.clear()
        for kind in SourceKind:
            mine = sorted((each for each in px if each.kind is kind), key=lambda s: s.detail)
            if mine:
                self._add_kind(kind, mine)
        self.sources.expandAll()
        self._preview()

    def check(self, source: Source) -> None:
        """Check one source, as a click does."""
        for item in self._leaves():
            if item.data(0, _SOURCE) == source:
                item.setCheckState(0, Qt.CheckState.Checked)

    def chosen(self) -> tuple[Source, ...]:
        """The sources that are checked."""
        leaves = self._leaves()
        return tuple(
            each.data(0, _SOURCE) for each in leaves if each.checkState(0) is Qt.CheckState.Checked
        )

    def frames(self) -> tuple[FrameId, ...]:
        """Images that have such pixels, those with most of them first."""
        return tuple(frame for frame, _ in self._by_frame().most_common())

    def reject(self) -> None:
        """Closing while it works cancels; nothing is changed."""
        self.working.cancel()
        super().reject()

    def _go(self) -> None:
        self.sources.setEnabled(False)
        self._ok.setEnabled(False)
        self.working.begin(say("revert.working", "Looking through the labels"))
        self.go_asked.emit()

    def _add_kind(self, kind: SourceKind, sources: list[Source]) -> None:
        frames = {frame for each in sources for frame in self._px[each]}
        total = sum(sum(self._px[each].values()) for each in sources)
        top = _item(kind_name(kind), total, len(frames))
        self.sources.addTopLevelItem(top)
        if len(sources) == 1 and not sources[0].detail:
            top.setData(0, _SOURCE, sources[0])
            top.setCheckState(0, Qt.CheckState.Unchecked)
            return
        top.setFlags(top.flags() | Qt.ItemFlag.ItemIsAutoTristate)
        for each in sources:
            px = self._px[each]
            name = each.detail or say("revert.unnamed", "(not noted)")
            item = _item(name, sum(px.values()), len(px))
            item.setData(0, _SOURCE, each)
            item.setToolTip(0, name)
            top.addChild(item)
            item.setCheckState(0, Qt.CheckState.Unchecked)

    def _leaves(self) -> list[QTreeWidgetItem]:
        tops = [self.sources.topLevelItem(n) for n in range(self.sources.topLevelItemCount())]
        below = [
            [top.child(n) for n in range(top.childCount())] or [top]
            for top in tops
            if top is not None
        ]
        return [each for items in below for each in items if each is not None]

    def _by_frame(self) -> Counter[FrameId]:
        total: Counter[FrameId] = Counter()
        for source in self.chosen():
            total.update(self._px[source])
        return total

    def _preview(self) -> None:
        by_frame = self._by_frame()
        px = sum(by_frame.values())
        self.images.clear()
        for name, count in by_frame.most_common(_LISTED):
            self.images.addTopLevelItem(QTreeWidgetItem([name, f"{count:,}"]))
        if px:
            text = say(
                "revert.preview", "{px} pixels in {n} images go:", px=f"{px:,}", n=len(by_frame)
            )
        else:
            text = say("revert.nothing", "Check what shall go.")
        self._about.setText(text)
        self._ok.setEnabled(bool(px))


def _item(name: str, px: int, images: int) -> QTreeWidgetItem:
    item = QTreeWidgetItem([name, f"{px:,}", f"{images:,}"])
    for column in (1, 2):
        item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return item


def _tree(*titles: str) -> QTreeWidget:
    tree = QTreeWidget()
    tree.setHeaderLabels(list(titles))
    tree.setUniformRowHeights(True)
    header = tree.header()
    header.setStretchLastSection(False)
    header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    for column in range(1, len(titles)):
        header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
    return tree
