"""The Label room, laid out, and how rooms are laid out. No behaviour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QFrame,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from s4gui.gui.canvas.view import Canvas
from s4gui.gui.panels.classes import ClassesPanel
from s4gui.gui.panels.frames import FramesPanel
from s4gui.gui.panels.layers import LayersPanel
from s4gui.gui.panels.tools import ToolsPanel
from s4gui.gui.parts import dim, line

if TYPE_CHECKING:
    from s4gui.gui.panels.history import HistoryPanel
    from s4gui.gui.panels.tags import TagsPanel

LOCKS = ("class", "others", "unlabelled", "predicted")
_SIDE_PX = 272


class LabelSpace(QWidget):
    """Images at the left, the canvas, tools, classes and layers at the right."""

    def __init__(self, actions: dict[str, QAction]) -> None:
        super().__init__()
        self.frames = FramesPanel()
        self.canvas = Canvas()
        self.tools = ToolsPanel(actions)
        self.classes = ClassesPanel([actions[f"lock.{each}"] for each in LOCKS])
        self.layers = LayersPanel(actions)
        self.hint = dim(wrap=False)
        self.hint.setObjectName("hint")
        self.hint.setParent(self.canvas)
        self.hint.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hint.hide()
        self.side = SideLists(self.classes, actions)
        right = column_of(self.tools, line(), (self.side, 1), line(), self.layers)
        self.splitter = in_columns(self.frames, self.canvas, right)
        self.splitter.setSizes([244, 800, _SIDE_PX])
        fill(self, self.splitter)
        self.canvas.view_changed.connect(self._place_hint)

    def build_side(self) -> None:
        """Make the lists that can take the place of the classes."""
        self.side.build()

    def show_hint(self, text: str) -> None:
        """A sentence over the upper edge of the canvas; empty hides it."""
        self.hint.setText(text)
        self.hint.setVisible(bool(text))
        self._place_hint()

    def _place_hint(self) -> None:
        self.hint.adjustSize()
        self.hint.move(max(8, (self.canvas.width() - self.hint.width()) // 2), 14)


class SideLists(QStackedWidget):
    """One place for three lists: classes to paint with, the history, the tags of the image."""

    history: HistoryPanel  # both from `build` on
    tags: TagsPanel

    def __init__(self, classes: ClassesPanel, actions: dict[str, QAction]) -> None:
        super().__init__()
        self._actions = actions
        for verb in ("image.tags", "edit.history"):
            button = QToolButton()
            button.setDefaultAction(actions[verb])
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            classes.head.insertWidget(classes.head.count() - 1, button)
        self._pages: dict[str, QWidget] = {"": classes}
        self.addWidget(classes)

    def build(self) -> None:
        """Make the lists behind the classes, once."""
        if len(self._pages) > 1:
            return
        from s4gui.gui.panels.history import HistoryPanel  # noqa: PLC0415 - after the first image
        from s4gui.gui.panels.tags import TagsPanel  # noqa: PLC0415 - the same

        self.history = HistoryPanel(self._actions["edit.history"])
        tags, others = self._actions["image.tags"], self._actions["image.others_absent"]
        self.tags = TagsPanel(tags, others)
        self._pages |= {"history": self.history, "tags": self.tags}
        for each in (self.history, self.tags):
            self.addWidget(each)

    @property
    def page(self) -> str:
        """Which list is in front: `history`, `tags`, or empty for the classes."""
        return tuple(self._pages)[self.currentIndex()]

    def show_page(self, name: str) -> None:
        """Put a list in front."""
        self.setCurrentWidget(self._pages[name])


def column_of(*parts: QWidget | tuple[QWidget, int]) -> QWidget:
    """A side of the window: widgets below each other, (widget, stretch) where one may grow."""
    side = QFrame()
    side.setObjectName("panel")
    layout = QVBoxLayout(side)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    for part in parts:
        widget, stretch = part if isinstance(part, tuple) else (part, 0)
        layout.addWidget(widget, stretch)
    return side


def in_columns(left: QWidget, middle: QWidget, right: QWidget) -> QSplitter:
    """Three columns; the middle one takes what room there is."""
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


def fill(room: QWidget, widget: QWidget) -> None:
    """Let a widget fill a room."""
    layout = QVBoxLayout(room)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(widget)
