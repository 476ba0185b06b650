"""Per-class scores: IoU, what it rests on, and false positives."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from s4gui.core.classes import ClassMap
from s4gui.core.messages import say
from s4gui.core.scores import ClassScore
from s4gui.gui import theme
from s4gui.gui.parts import dim, heading, short_count, swatch

NONE = "–"
_FEW_PX = 500


@dataclass(frozen=True, slots=True)
class Table:
    """Scores to show: per class, their mean, what they rest on (`images` or `strokes`), whose."""

    scores: tuple[ClassScore, ...]
    mean_iou: float | None
    on: str
    whose: str


class ScoresPanel(QWidget):
    """A table of the classes; a class without reference pixels has no IoU, not 0."""

    def __init__(self) -> None:
        super().__init__()
        self._title = heading(_heading(None))
        self._about = dim()
        self._table = QTableWidget(0, 4)
        for place, (text, tip) in enumerate(_columns()):
            item = QTableWidgetItem(text)
            item.setToolTip(tip)
            side = Qt.AlignmentFlag.AlignRight if place else Qt.AlignmentFlag.AlignLeft
            item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
            self._table.setHorizontalHeaderItem(place, item)
        self._dress_table()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(6)
        layout.addWidget(self._title)
        layout.addWidget(self._about)
        layout.addWidget(self._table, 1)
        self.show_table(None, ClassMap())

    def _dress_table(self) -> None:
        table = self._table
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(26)
        table.setShowGrid(False)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (1, 2, 3):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)

    def show_table(self, table: Table | None, class_map: ClassMap) -> None:
        """Show scores in the display order of the classes, or that there are none."""
        self._title.setText(_heading(table))
        by_class = {} if table is None else {each.class_id: each for each in table.scores}
        self._about.setText(_about(table))
        self._table.setRowCount(len(class_map))
        for place, each in enumerate(class_map.classes):
            name = QTableWidgetItem(swatch(each.rgb), each.name)
            name.setToolTip(each.name)
            self._table.setItem(place, 0, name)
            for column, text, tip in _cells(by_class.get(each.id)):
                item = QTableWidgetItem(text)
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                item.setToolTip(tip)
                if column == 1 and text == NONE:
                    item.setForeground(QColor(theme.worn().roles["text_dim"]))
                self._table.setItem(place, column, item)


def _columns() -> tuple[tuple[str, str], ...]:
    return (
        (say("scores.class", "Class"), ""),
        (say("scores.iou", "IoU"), say("scores.iou_tip", "Intersection over union, 0 to 1")),
        (
            say("scores.support", "Pixels"),
            say("scores.support_tip", "Reference pixels that the IoU rests on"),
        ),
        (
            say("scores.false", "False +"),
            say("scores.false_tip", "Predicted as this class where another one is right"),
        ),
    )


def _heading(table: Table | None) -> str:
    if table is not None and table.on == "strokes":
        return say("scores.heading_strokes", "IoU on strokes by class")
    return say("scores.heading", "IoU by class")


def _about(table: Table | None) -> str:
    if table is None:
        return say("scores.none", "No scores yet: train, with some images in val or some strokes.")
    mean = NONE if table.mean_iou is None else f"{table.mean_iou:.3f}"
    if table.on == "strokes":
        return say(
            "scores.about_strokes",
            "{whose}: mean {mean} on held-out strokes",
            whose=table.whose,
            mean=mean,
        )
    return say(
        "scores.about_images", "{whose}: mean {mean} on val images", whose=table.whose, mean=mean
    )


def _count(px: int) -> tuple[str, str]:
    """A pixel count as shown, short where it is large, and in full for the tooltip."""
    full = f"{px:,}"
    return (full, "") if px < 100_000 else (short_count(px), full)


def _cells(score: ClassScore | None) -> list[tuple[int, str, str]]:
    if score is None:
        return [(column, NONE, "") for column in (1, 2, 3)]
    iou, tip = NONE, say("scores.absent", "No reference pixel of this class")
    if score.iou is not None:
        iou, tip = f"{score.iou:.3f}", ""
        if score.support_px < _FEW_PX:
            tip = say("scores.few", "Rests on few pixels: do not trust it much")
            iou = say("scores.few_mark", "{iou} ?", iou=iou)
    return [
        (1, iou, tip),
        (2, *_count(score.support_px)),
        (3, *_count(score.false_positive_px)),
    ]
