"""The tools: one button each, the size of the brush, and how strokes treat what is there."""

from __future__ import annotations

from math import exp, log

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QGridLayout, QLabel, QSlider, QToolButton, QVBoxLayout, QWidget

from s4gui.core.messages import say
from s4gui.gui.parts import heading, row

TOOLS = (
    *("brush", "eraser", "polygon", "polyline", "rectangle", "fill"),
    *("enclosed", "wand", "superpixel", "grow", "select", "pick"),
    *("hand", "void"),
)
_COLUMNS = 6
_LARGE, _SMALL = (36, 34), (32, 26)
_LOW_PX, _HIGH_PX, _STEPS = 0.5, 256.0, 200


class ToolsPanel(QWidget):
    """Tool buttons (they are the actions of the menu) and the brush size."""

    radius_asked = Signal(float)

    def __init__(self, actions: dict[str, QAction]) -> None:
        super().__init__()
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(3)
        for place, name in enumerate(TOOLS):
            grid.addWidget(_button(actions[f"tool.{name}"]), place // _COLUMNS, place % _COLUMNS)
        self._size = QSlider(Qt.Orientation.Horizontal)
        self._size.setRange(0, _STEPS)
        self._size.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._size.setAccessibleName(say("tools.size_name", "Brush size"))
        self._size.setToolTip(say("tools.size_tip", "Size of brush or eraser"))
        self._shown = QLabel()
        self._shown.setMinimumWidth(48)
        self._shown.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._size_heading = QLabel()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(8)
        layout.addWidget(heading(say("tools.heading", "Tools")))
        layout.addLayout(grid)
        square = _button(actions["brush.square"], size=_SMALL)
        layout.addLayout(row(self._size_heading, self._size, self._shown, square))
        self._size.valueChanged.connect(self._moved)

    def show_radius(self, radius_px: float, *, sizable: bool, is_reach: bool = False) -> None:
        """Show the size of the chosen tool, or how far it reaches; emits nothing."""
        size, reach = say("tools.size", "Size"), say("tools.reach", "Reach")
        self._size_heading.setText(reach if is_reach else size)
        with QSignalBlocker(self._size):
            share = log(max(radius_px, _LOW_PX) / _LOW_PX) / log(_HIGH_PX / _LOW_PX)
            self._size.setValue(round(share * _STEPS))
        for each in (self._size, self._shown, self._size_heading):
            each.setEnabled(sizable)
        self._show(radius_px)

    def _moved(self, value: int) -> None:
        radius_px = _LOW_PX * exp(value / _STEPS * log(_HIGH_PX / _LOW_PX))
        self._show(radius_px)
        self.radius_asked.emit(radius_px)

    def _show(self, radius_px: float) -> None:
        size = f"{2 * radius_px:.0f}"
        self._shown.setText(say("tools.size_px", "{size} px", size=size))


def _button(action: QAction, *, size: tuple[int, int] = _LARGE) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(action)
    button.setIconSize(QSize(20, 20) if size == _LARGE else QSize(16, 16))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setMinimumSize(*size)
    if action.icon().isNull():
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
    return button
