"""The rooms Train and Review, laid out; imported after the first image. No behaviour."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QHBoxLayout,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from s4gui.core.messages import say
from s4gui.gui.canvas.view import Canvas
from s4gui.gui.label_space import column_of, fill, in_columns
from s4gui.gui.panels.frames import FramesPanel
from s4gui.gui.panels.log import LogPanel
from s4gui.gui.panels.progress import ProgressPanel
from s4gui.gui.panels.recipe import RecipePanel
from s4gui.gui.panels.runs import RunsPanel
from s4gui.gui.panels.scores import ScoresPanel
from s4gui.gui.parts import Elided, action_button, line


class TrainSpace(QWidget):
    """Recipe and run at the left, curves in the middle, scores, runs and log at the right.

    Its panels are made before, one in a turn; the recipe, half of all that is here, comes after
    the rest: a panel that moves from widget to widget takes its style anew each time.
    """

    recipe: RecipePanel

    def __init__(
        self, progress: ProgressPanel, scores: ScoresPanel, runs: RunsPanel, log: LogPanel
    ) -> None:
        super().__init__()
        self.progress, self.scores, self.runs, self.log = progress, scores, runs, log
        self.middle = QSplitter(Qt.Orientation.Vertical)
        self.middle.setChildrenCollapsible(False)
        self.middle.addWidget(self.log)
        self._recipe_area = _scrolling()
        left = column_of(self.progress, line(), (self._recipe_area, 1))
        right = column_of((self.scores, 3), line(), (self.runs, 2))
        splitter = in_columns(left, self.middle, right)
        splitter.setSizes([316, 634, 330])
        fill(self, splitter)

    def put_recipe(self, recipe: RecipePanel) -> None:
        """Take the recipe's panel."""
        self.recipe = recipe
        self._recipe_area.setWidget(recipe)
        self._recipe_area.viewport().setAutoFillBackground(False)

    def put_plots(self, plots: QWidget) -> None:
        """The curves arrive later than the rest: drawing them needs a large library.

        They replace those of the project that was open before.
        """
        old = self.middle.widget(0)
        if old is not None and old is not self.log:
            old.setParent(None)
            old.deleteLater()
        self.middle.insertWidget(0, plots)
        self.middle.setStretchFactor(0, 5)
        self.middle.setStretchFactor(1, 1)
        self.middle.setSizes([520, 130])


class ReviewSpace(QWidget):
    """Image, labels and prediction side by side, scores and runs at the right."""

    def __init__(
        self, actions: dict[str, QAction], filmstrip: FramesPanel, scores: ScoresPanel
    ) -> None:
        super().__init__()
        self.image, self.labels, self.prediction = Canvas(), Canvas(), Canvas()
        self.image.link(self.labels)
        self.image.link(self.prediction)
        self.prediction_title = Elided()
        self.image_title = Elided()
        self.labels_title = Elided(say("review.labels", "My labels"))
        self.scores = scores
        self.scores.setMinimumWidth(310)
        canvases = QSplitter(Qt.Orientation.Horizontal)
        canvases.setChildrenCollapsible(False)
        for title, canvas in (
            (self.image_title, self.image),
            (self.labels_title, self.labels),
            (self.prediction_title, self.prediction),
        ):
            canvases.addWidget(_titled(title, canvas))
        self.filmstrip = filmstrip
        self.bar = _bar(actions)
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(canvases, 1)
        column.addWidget(self.bar)
        splitter = in_columns(self.filmstrip, middle, column_of((self.scores, 1)))
        splitter.setSizes([216, 860, 310])
        splitter.setCollapsible(0, True)
        fill(self, splitter)


def _bar(actions: dict[str, QAction]) -> QWidget:
    bar = QWidget()
    bar.setObjectName("panel")
    layout = QHBoxLayout(bar)
    layout.setContentsMargins(12, 8, 12, 8)
    for name in ("image.previous", "image.next", "view.fit", "view.actual"):
        layout.addWidget(action_button(actions[name]))
    layout.addStretch(1)
    for name in ("predict.accept", "project.export"):
        layout.addWidget(action_button(actions[name]))
    return bar


def _titled(title: Elided, canvas: Canvas) -> QWidget:
    box = QWidget()
    layout = QVBoxLayout(box)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    title.setObjectName("caption")
    layout.addWidget(title)
    layout.addWidget(canvas, 1)
    return box


def _scrolling() -> QScrollArea:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return area
