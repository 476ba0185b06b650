"""The runs of the project, newest first; a click shows one as it was."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from s4gui.core.messages import say
from s4gui.gui.parts import dim, heading


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run in the list."""

    number: int
    state: str
    about: str  # strategy and network
    mean_iou: float | None = None
    on: str = "images"  # what the score rests on: "images" or "strokes"

    @property
    def text(self) -> str:
        """Its line."""
        score = "" if self.mean_iou is None else f"  {self.mean_iou:.3f}"
        if score and self.on == "strokes":
            score += say("runs.on_strokes", " on strokes")
        return say(
            "runs.row",
            "Run {n}  {about}{score}\n{state}",
            n=self.number,
            about=self.about,
            score=score,
            state=self.state,
        )


class RunsPanel(QWidget):
    """Shows RunRows; asks by `run_asked`."""

    run_asked = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._list = QListWidget()
        self._list.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._list.setAccessibleName(say("runs.list", "Runs"))
        self._list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._none = dim(say("runs.none", "No run yet. Train starts the first one."))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(6)
        layout.addWidget(heading(say("runs.heading", "Runs")))
        layout.addWidget(self._none)
        layout.addWidget(self._list, 1)
        layout.addStretch(0)
        self._list.currentItemChanged.connect(self._chosen)

    def show_runs(self, rows: tuple[RunRow, ...], *, shown: int | None) -> None:
        """Make the list equal to these runs; emits nothing."""
        with QSignalBlocker(self._list):
            self._list.clear()
            for each in sorted(rows, key=lambda run: -run.number):
                item = QListWidgetItem(each.text, self._list)
                item.setData(Qt.ItemDataRole.UserRole, each.number)
                item.setToolTip(each.text)
                if each.number == shown:
                    self._list.setCurrentItem(item)
        self._none.setVisible(not rows)
        self._list.setVisible(bool(rows))

    def _chosen(self, now: QListWidgetItem | None) -> None:
        if now is not None:
            self.run_asked.emit(int(now.data(Qt.ItemDataRole.UserRole)))
