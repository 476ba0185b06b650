"""How many images are in each state: five small buttons that lead to the next one."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QApplication, QSizePolicy, QToolButton, QWidget

from s4gui.core.frames import FrameState
from s4gui.core.messages import say
from s4gui.gui import icons
from s4gui.gui.frame_model import state_name
from s4gui.gui.parts import row, short_count


class StateCounts(QWidget):
    """Shows numbers; a click asks for the next image of a state, Shift+click for the one before."""

    asked = Signal(object, int)  # FrameState, 1 or -1

    def __init__(self) -> None:
        super().__init__()
        self._buttons = {state: self._button(state) for state in FrameState}
        layout = row(*self._buttons.values(), gap=0)
        self.setLayout(layout)

    def show_numbers(self, numbers: dict[FrameState, int]) -> None:
        """Say how many images are in each state."""
        for state, button in self._buttons.items():
            number, name = numbers.get(state, 0), state_name(state)
            button.setText(short_count(number) or "0")
            button.setEnabled(number > 0)
            tip = say(
                "frames.state_tip",
                "{number} images {state}\nClick: the next one. Shift+click: the one before",
                number=f"{number:,}",
                state=name,
            )
            button.setToolTip(tip)
            button.setAccessibleName(f"{name}: {number}")

    def _button(self, state: FrameState) -> QToolButton:
        out = QToolButton()
        out.setObjectName("count")
        out.setIcon(icons.icon(f"state.{state}"))
        out.setIconSize(QSize(13, 13))
        out.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        out.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        out.setAutoRaise(True)
        out.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        out.clicked.connect(lambda: self._clicked(state))
        return out

    def _clicked(self, state: FrameState) -> None:
        back = QApplication.keyboardModifiers() & Qt.KeyboardModifier.ShiftModifier
        self.asked.emit(state, -1 if back else 1)
