"""Small parts that panels and dialogs are made of: headings, folds, elided text, swatches."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import (
    QAction,
    QColor,
    QFontMetrics,
    QIcon,
    QPainter,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

GAP = 8
"""Space between things that belong together, in px at 1x; margins are 12."""


def heading(text: str) -> QLabel:
    """A small heading above a group."""
    label = QLabel(text)
    label.setObjectName("heading")
    return label


def dim(text: str = "", *, wrap: bool = True) -> QLabel:
    """Secondary text."""
    label = QLabel(text)
    label.setObjectName("dim")
    label.setWordWrap(wrap)
    return label


def line() -> QFrame:
    """A thin horizontal line."""
    frame = QFrame()
    frame.setObjectName("line")
    return frame


def column(*widgets: QWidget, margin: int = 12, gap: int = GAP) -> QVBoxLayout:
    """A vertical layout of these widgets."""
    layout = QVBoxLayout()
    layout.setContentsMargins(margin, margin, margin, margin)
    layout.setSpacing(gap)
    for each in widgets:
        layout.addWidget(each)
    return layout


def row(*widgets: QWidget, gap: int = GAP) -> QHBoxLayout:
    """A horizontal layout of these widgets, without margins."""
    layout = QHBoxLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(gap)
    for each in widgets:
        layout.addWidget(each)
    return layout


def button(text: str, pressed: Callable[[], None], *, name: str = "") -> QPushButton:
    """A push button that keeps the focus on the canvas when clicked."""
    out = QPushButton(text)
    out.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    out.setAutoDefault(False)
    if name:
        out.setObjectName(name)
    out.clicked.connect(lambda _checked: pressed())
    return out


def action_button(action: QAction, *, name: str = "outlined") -> QToolButton:
    """A button that is an action: its text, tooltip, state and trigger."""
    out = QToolButton()
    out.setDefaultAction(action)
    out.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
    out.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    out.setObjectName(name)
    return out


def short_count(px: int) -> str:
    """A pixel count in few letters: empty, 950, 12k, 3.4M."""
    if px <= 0:
        return ""
    if px < 1000:
        return str(px)
    if px < 1_000_000:
        return f"{px / 1000:.0f}k" if px >= 10_000 else f"{px / 1000:.1f}k"
    return f"{px / 1_000_000:.1f}M"


def inset(spin: QAbstractSpinBox) -> None:
    """Keep the number off the edge: a styled spin box forgets its own padding."""
    spin.lineEdit().setTextMargins(5, 0, 0, 0)


def swatch(rgb: tuple[int, int, int], size_px: int = 16) -> QIcon:
    """A square of one colour."""
    pixmap = QPixmap(size_px * 2, size_px * 2)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(*rgb))
    painter.drawRoundedRect(pixmap.rect(), 6, 6)
    painter.end()
    return QIcon(pixmap)


class Elided(QLabel):
    """A one-line label that ends in … when there is no room; the tooltip has it whole."""

    def __init__(
        self, text: str = "", mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight
    ) -> None:
        super().__init__()
        self._whole, self._mode = "", mode
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.show_text(text)

    @property
    def whole(self) -> str:
        """The text before it was cut."""
        return self._whole

    def show_text(self, text: str) -> None:
        """Show this text."""
        self._whole = text
        self._cut()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cut again."""
        super().resizeEvent(event)
        self._cut()

    def _cut(self) -> None:
        shown = QFontMetrics(self.font()).elidedText(self._whole, self._mode, self.width())
        self.setText(shown)
        self.setToolTip(self._whole if shown != self._whole else "")


class WideList(QComboBox):
    """A combo box in a narrow place, whose list is as wide as its words."""

    def showPopup(self) -> None:
        """Open the list."""
        view = self.view()
        view.setMinimumWidth(view.sizeHintForColumn(0) + 3 * GAP)
        super().showPopup()


class Fold(QWidget):
    """A heading that shows or hides what is below it."""

    def __init__(self, text: str, body: QWidget, *, is_open: bool = False) -> None:
        super().__init__()
        self._head = QToolButton()
        self._head.setObjectName("fold")
        self._head.setText(text)
        self._head.setCheckable(True)
        self._head.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._head.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._head.toggled.connect(self._unfold)
        self._body = body
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self._head)
        layout.addWidget(body)
        self._head.setChecked(is_open)
        self._unfold(is_open)

    def _unfold(self, is_open: bool) -> None:  # noqa: FBT001 - a Qt slot
        arrow = Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow
        self._head.setArrowType(arrow)
        self._body.setVisible(is_open)
