"""The run under way: state, progress, time left, and its buttons."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QProgressBar, QToolButton, QVBoxLayout, QWidget

from s4gui.core.messages import say
from s4gui.gui.parts import Elided, action_button, dim, heading, row


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What the panel shows of a run; `total_steps` is 0 until the run knows it."""

    number: int
    state: str
    step: int = 0
    total_steps: int = 0
    seconds_left: float | None = None
    device: str = ""
    message: str = ""
    gear: str = ""  # how networks compute, where that is not as ever
    trials: str = ""  # what was tried to find that out, one line each


class ProgressPanel(QWidget):
    """Shows a RunFacts; its buttons are the actions of the Train menu."""

    def __init__(self, actions: dict[str, QAction]) -> None:
        super().__init__()
        self._state = Elided()
        self._state.setObjectName("strong")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._steps = dim(wrap=False)
        self._left = dim(wrap=False)
        self._left.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._message = dim()
        self._gear = dim()
        figures = row(self._steps)
        figures.addStretch(1)
        figures.addWidget(self._left)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(8)
        layout.addWidget(heading(say("progress.heading", "Run")))
        layout.addWidget(self._state)
        layout.addWidget(self._bar)
        layout.addLayout(figures)
        layout.addWidget(self._message)
        layout.addWidget(self._gear)
        layout.addLayout(row(_wide(actions["train.start"], name="primary")))
        for pair in (("train.stop", "train.stop_now"), ("train.continue", "train.detach")):
            layout.addLayout(row(*(_wide(actions[name]) for name in pair)))
        self.show_run(None)

    def show_run(self, facts: RunFacts | None) -> None:
        """Show a run, or that there is none."""
        if facts is None:
            self._state.show_text(say("progress.none", "Nothing trains"))
            self._bar.setValue(0)
            for label in (self._steps, self._left, self._message, self._gear):
                label.setText("")
            self._message.hide()
            self._gear.hide()
            return
        title = say("progress.state", "Run {n}: {state}", n=facts.number, state=facts.state)
        self._state.show_text(title)
        self._bar.setRange(0, max(1, facts.total_steps))
        self._bar.setValue(min(facts.step, max(1, facts.total_steps)))
        self._steps.setText(_steps_text(facts))
        left = facts.seconds_left
        self._left.setText("" if left is None else time_left(left))
        self._message.setText(facts.message)
        self._message.setVisible(bool(facts.message))
        self._gear.setText(facts.gear)
        self._gear.setToolTip(facts.trials)
        self._gear.setVisible(bool(facts.gear))


def _steps_text(facts: RunFacts) -> str:
    if not facts.total_steps:
        return ""
    return say(
        "progress.steps",
        "step {step} of {total}",
        step=f"{facts.step:,}",
        total=f"{facts.total_steps:,}",
    )


def time_left(seconds: float) -> str:
    """A duration in words a person needs: `about 4 min left`."""
    if seconds < 90:
        return say("progress.left_s", "{n} s left", n=max(0, round(seconds)))
    if seconds < 90 * 60:
        return say("progress.left_min", "about {n} min left", n=round(seconds / 60))
    return say("progress.left_h", "about {n} h left", n=f"{seconds / 3600:.1f}")


def _wide(action: QAction, name: str = "outlined") -> QToolButton:
    button = action_button(action, name=name)
    policy = button.sizePolicy()
    policy.setHorizontalPolicy(policy.Policy.Expanding)
    button.setSizePolicy(policy)
    return button
