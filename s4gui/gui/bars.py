"""Bars of the window: the top bar, notices, the read-only banner, the status bar."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QMenuBar,
    QStatusBar,
    QToolButton,
    QWidget,
)

from s4gui.core.messages import say
from s4gui.gui.parts import Elided, action_button, button
from s4gui.workbench.actions import Menu

_INFO_MS = 8000


class TopBar(QFrame):
    """Project menu, menus, the switch between the rooms, what trains, and Train."""

    def __init__(self, actions: dict[str, QAction], menus: dict[Menu, QMenu]) -> None:
        super().__init__()
        self.setObjectName("topbar")
        self.project = QToolButton()
        self.project.setObjectName("project_button")
        self.project.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.project.setMenu(menus[Menu.PROJECT])
        self.project.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.project.setAccessibleName(say("bar.project_name", "Project menu"))
        self.project.setToolTip(say("bar.project_tip", "New, open, import, export, settings"))
        self.menus = QMenuBar()
        self.menus.setNativeMenuBar(False)
        for menu, widget in menus.items():
            if menu is not Menu.PROJECT:
                self.menus.addMenu(widget)
        self.running = Elided()
        self.running.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.running.setObjectName("dim")
        self.train = action_button(actions["train.start"], name="primary")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 6, 10, 6)
        layout.setSpacing(8)
        left = QHBoxLayout()
        left.setSpacing(2)
        left.addWidget(self.project)
        left.addWidget(self.menus, 0, Qt.AlignmentFlag.AlignVCenter)
        left.addStretch(1)
        right = QHBoxLayout()
        right.setSpacing(10)
        right.addWidget(self.running, 1)
        right.addWidget(self.train)
        layout.addLayout(left, 1)
        layout.addWidget(_switch(actions))
        layout.addLayout(right, 1)
        self.show_project("")

    def show_project(self, name: str) -> None:
        """Show the project's name on the menu."""
        text = name or say("bar.no_project", "Project")
        shown = self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, 150)
        self.project.setText(say("bar.project", "{name} ▾", name=shown))


def _switch(actions: dict[str, QAction]) -> QWidget:
    box = QWidget()
    layout = QHBoxLayout(box)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    places = {"label": "first", "train": "middle", "review": "last"}
    for name, place in places.items():
        segment = action_button(actions[f"workspace.{name}"], name="segment")
        segment.setProperty("place", place)
        layout.addWidget(segment)
    return box


class NoticeBar(QFrame):
    """One sentence with what to do; never modal. Errors stay until closed, others go."""

    details_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("notice")
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._details = button(
            say("notice.details", "Details"), self.details_asked.emit, name="flat"
        )
        close = button(say("notice.close", "Close"), self.hide, name="flat")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 8, 6)
        layout.addWidget(self._text, 1)
        layout.addWidget(self._details)
        layout.addWidget(close)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        self.hide()

    def show_notice(
        self, what: str, hint: str = "", *, kind: str = "info", more: bool = False
    ) -> None:
        """Show a sentence; `kind` is info, warning or error; `more` offers details."""
        text = what if not hint else say("notice.text", "{what}. {hint}.", what=what, hint=hint)
        self._text.setText(text.replace("..", "."))
        self._details.setVisible(more)
        self.setProperty("kind", kind)
        self.style().unpolish(self)
        self.style().polish(self)
        self.show()
        self._timer.stop()
        if kind == "info":
            self._timer.start(_INFO_MS)

    @property
    def text(self) -> str:
        """What is shown; empty when nothing is."""
        return self._text.text() if not self.isHidden() else ""


class Banner(QFrame):
    """Says that the project is open read-only, and who holds it."""

    retry_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("banner")
        self._text = QLabel()
        self._text.setWordWrap(True)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 8, 6)
        layout.addWidget(self._text, 1)
        layout.addWidget(button(say("banner.retry", "Try again"), self.retry_asked.emit))
        self.hide()

    def show_text(self, text: str) -> None:
        """Show this, or hide when it is empty."""
        self._text.setText(text)
        self.setVisible(bool(text))

    @property
    def text(self) -> str:
        """What is shown; empty when nothing is."""
        return self._text.text() if not self.isHidden() else ""


class StatusBar(QStatusBar):
    """What is saved, what is under the cursor, the preview's state, the zoom."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizeGripEnabled(False)
        self.saved, self.preview, self.zoom = QLabel(), QLabel(), QLabel()
        self.cursor_text = Elided()
        self.addWidget(self.saved)
        self.addWidget(self.preview)
        self.addWidget(self.cursor_text, 1)
        self.addPermanentWidget(self.zoom)
        self.cursor_text.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.zoom.setMinimumWidth(64)
        self.zoom.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def show_saved(self, *, pending: int, read_only: bool, is_open: bool) -> None:
        """Say whether every stroke is on disk."""
        if not is_open:
            text = ""
        elif read_only:
            text = say("status.read_only", "Read-only")
        elif pending:
            text = say("status.saving", "Saving…")
        else:
            text = say("status.saved", "✓ All strokes saved")
        if text != self.saved.text():
            self.saved.setText(text)

    def show_zoom(self, zoom: float | None) -> None:
        """Show the zoom as a percentage."""
        self.zoom.setText("" if zoom is None else f"{100 * zoom:.0f} %")
