"""The three rooms of the window, laid out: Label, Train, Review. No behaviour."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from s4gui.core.messages import say
from s4gui.gui.canvas.view import Canvas
from s4gui.gui.panels.classes import ClassesPanel
from s4gui.gui.panels.frames import FramesPanel
from s4gui.gui.panels.layers import LayersPanel
from s4gui.gui.panels.log import LogPanel
from s4gui.gui.panels.progress import ProgressPanel
from s4gui.gui.panels.recipe import RecipePanel
from s4gui.gui.panels.runs import RunsPanel
from s4gui.gui.panels.scores import ScoresPanel
from s4gui.gui.panels.tools import ToolsPanel
from s4gui.gui.parts import Elided, action_button, dim, line

_SIDE_PX = 272


class LabelSpace(QWidget):
    """Images at the left, the canvas, tools, classes and layers at the right."""

    def __init__(self, actions: dict[str, QAction]) -> None:
        super().__init__()
        self.frames = FramesPanel()
        self.canvas = Canvas()
        self.tools = ToolsPanel(actions)
        self.classes = ClassesPanel()
        self.layers = LayersPanel(actions)
        self.hint = dim(wrap=False)
        self.hint.setObjectName("hint")
        self.hint.setParent(self.canvas)
        self.hint.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hint.hide()
        right = _side(self.tools, line(), (self.classes, 1), line(), self.layers)
        self.splitter = _splitter(self.frames, self.canvas, right)
        self.splitter.setSizes([244, 800, _SIDE_PX])
        _fill(self, self.splitter)
        self.canvas.view_changed.connect(self._place_hint)

    def show_hint(self, text: str) -> None:
        """A sentence over the upper edge of the canvas; empty hides it."""
        self.hint.setText(text)
        self.hint.setVisible(bool(text))
        self._place_hint()

    def _place_hint(self) -> None:
        self.hint.adjustSize()
        self.hint.move(max(8, (self.canvas.width() - self.hint.width()) // 2), 14)


class TrainSpace(QWidget):
    """Recipe and run at the left, curves in the middle, scores, runs and log at the right."""

    def __init__(self, actions: dict[str, QAction]) -> None:
        super().__init__()
        self.recipe = RecipePanel()
        self.progress = ProgressPanel(actions)
        self.scores = ScoresPanel()
        self.runs = RunsPanel()
        self.log = LogPanel()
        self.middle = QSplitter(Qt.Orientation.Vertical)
        self.middle.setChildrenCollapsible(False)
        self.middle.addWidget(self.log)
        left = _side(self.progress, line(), _scrolling(self.recipe))
        right = _side((self.scores, 3), line(), (self.runs, 2))
        splitter = _splitter(left, self.middle, right)
        splitter.setSizes([300, 640, 340])
        _fill(self, splitter)

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

    def __init__(self, actions: dict[str, QAction]) -> None:
        super().__init__()
        self.image, self.labels, self.prediction = Canvas(), Canvas(), Canvas()
        self.image.link(self.labels)
        self.image.link(self.prediction)
        self.prediction_title = Elided()
        self.image_title = Elided()
        self.labels_title = Elided(say("review.labels", "My labels"))
        self.scores = ScoresPanel()
        self.scores.setMinimumWidth(310)
        canvases = QSplitter(Qt.Orientation.Horizontal)
        canvases.setChildrenCollapsible(False)
        for title, canvas in (
            (self.image_title, self.image),
            (self.labels_title, self.labels),
            (self.prediction_title, self.prediction),
        ):
            canvases.addWidget(_titled(title, canvas))
        self.filmstrip = FramesPanel()
        self.bar = _bar(actions)
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(canvases, 1)
        column.addWidget(self.bar)
        splitter = _splitter(self.filmstrip, middle, _side((self.scores, 1)))
        splitter.setSizes([216, 860, 310])
        splitter.setCollapsible(0, True)
        _fill(self, splitter)


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


def _side(*parts: QWidget | tuple[QWidget, int]) -> QWidget:
    side = QFrame()
    side.setObjectName("panel")
    layout = QVBoxLayout(side)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    for part in parts:
        widget, stretch = part if isinstance(part, tuple) else (part, 0)
        layout.addWidget(widget, stretch)
    return side


def _scrolling(widget: QWidget) -> tuple[QWidget, int]:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(widget)
    area.viewport().setAutoFillBackground(False)
    return area, 1


def _splitter(left: QWidget, middle: QWidget, right: QWidget) -> QSplitter:
    splitter = QSplitter(Qt.Orientation.Horizontal)
    splitter.setChildrenCollapsible(False)
    splitter.setHandleWidth(1)
    for widget in (left, middle, right):
        splitter.addWidget(widget)
    left.setMinimumWidth(190)
    right.setMinimumWidth(240)
    middle.setMinimumWidth(320)
    for place, stretch in enumerate((0, 1, 0)):
        splitter.setStretchFactor(place, stretch)
    return splitter


def _fill(room: QWidget, widget: QWidget) -> None:
    layout = QVBoxLayout(room)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(widget)
