"""What the canvas shows: layers with their opacity, and which learner answers."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QGridLayout, QSlider, QToolButton, QVBoxLayout, QWidget

from s4gui.core.messages import say
from s4gui.gui.parts import Elided, heading

LAYERS = ("labels", "prediction", "confidence")
AUTOMATIC = "automatic"


class LayersPanel(QWidget):
    """A toggle and an opacity for each layer; the learner's choice below."""

    opacity_asked = Signal(str, float)  # layer name, 0..1
    learner_asked = Signal(str)  # AUTOMATIC, "preview", or a run's number

    def __init__(self, actions: dict[str, QAction]) -> None:
        super().__init__()
        self._sliders: dict[str, QSlider] = {}
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        for place, name in enumerate(LAYERS):
            grid.addWidget(_toggle(actions[f"layer.{name}"]), place, 0)
            grid.addWidget(self._slider(name, actions[f"layer.{name}"].text()), place, 1)
        grid.setColumnStretch(1, 1)
        self._learner = QComboBox()
        self._learner.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._learner.setAccessibleName(say("layers.learner_name", "Prediction shown"))
        self._learner.setToolTip(
            say(
                "layers.learner_tip",
                "Whose prediction is shown. Automatic takes the better score on held-out labels.",
            )
        )
        self._why = Elided()
        self._why.setObjectName("dim")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 12)
        layout.setSpacing(8)
        layout.addWidget(heading(say("layers.heading", "Layers")))
        layout.addLayout(grid)
        layout.addWidget(self._learner)
        layout.addWidget(self._why)
        self._learner.activated.connect(self._chosen)
        self.show_learners((), AUTOMATIC, "")

    def _slider(self, name: str, title: str) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(0, 100)
        slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        slider.setAccessibleName(say("layers.opacity_name", "Opacity of {layer}", layer=title))
        slider.setToolTip(say("layers.opacity_tip", "Opacity of {layer}", layer=title))
        slider.valueChanged.connect(lambda value: self.opacity_asked.emit(name, value / 100))
        self._sliders[name] = slider
        return slider

    def show_opacity(self, name: str, share: float) -> None:
        """Show a layer's opacity; emits nothing."""
        with QSignalBlocker(self._sliders[name]):
            self._sliders[name].setValue(round(100 * share))

    def show_learners(self, choices: tuple[tuple[str, str], ...], chosen: str, why: str) -> None:
        """Show who could answer, (key, name) each, who was chosen, and why. Emits nothing."""
        listed = ((AUTOMATIC, say("layers.automatic", "Automatic")), *choices)
        with QSignalBlocker(self._learner):
            if [self._learner.itemData(n) for n in range(self._learner.count())] != [
                key for key, _ in listed
            ]:
                self._learner.clear()
                for key, name in listed:
                    self._learner.addItem(name, key)
            for place, (_, name) in enumerate(listed):
                self._learner.setItemText(place, name)
            self._learner.setCurrentIndex(max(0, self._learner.findData(chosen)))
        self._why.show_text(why)

    def _chosen(self, place: int) -> None:
        self.learner_asked.emit(str(self._learner.itemData(place)))


def _toggle(action: QAction) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(action)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setMinimumWidth(112)
    return button
