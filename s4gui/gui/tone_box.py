"""ToneBox: sliders for brightness, contrast and gamma of the image."""

from __future__ import annotations

import math

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QSlider, QVBoxLayout, QWidget

from s4gui.core.messages import say
from s4gui.gui.canvas.tone import GAMMA_MAX, Tone
from s4gui.gui.parts import button, dim, row

_STEPS = 100


class ToneBox(QWidget):
    """How the image is shown; a drag tells each step. Gamma moves in equal factors."""

    tone_asked = Signal(object, bool)  # Tone, smooth

    def __init__(self) -> None:
        super().__init__()
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        self.sliders: list[QSlider] = []
        self._numbers: list[QLabel] = []
        names = (
            say("tone.brightness", "Brightness"),
            say("tone.contrast", "Contrast"),
            say("tone.gamma", "Gamma"),
        )
        for place, name in enumerate(names):
            slider = QSlider(Qt.Orientation.Horizontal)
            slider.setRange(-_STEPS, _STEPS)
            slider.setMinimumWidth(150)
            slider.setAccessibleName(name)
            slider.valueChanged.connect(lambda _value: self._ask())
            number = dim(wrap=False)
            number.setMinimumWidth(34)
            number.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            grid.addWidget(QLabel(name), place, 0)
            grid.addWidget(slider, place, 1)
            grid.addWidget(number, place, 2)
            self.sliders.append(slider)
            self._numbers.append(number)
        self.smooth = QCheckBox(say("tone.smooth", "Smooth when magnified"))
        self.smooth.setToolTip(
            say("tone.smooth_tip", "Off: each pixel of the image is one clean square")
        )
        self.smooth.toggled.connect(lambda _on: self._ask())
        last = row(self.smooth)
        last.addStretch(1)
        last.addWidget(button(say("tone.reset", "Reset"), self._reset))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.addLayout(grid)
        layout.addLayout(last)
        self.show_tone(Tone(), smooth=False)

    def show_tone(self, tone: Tone, *, smooth: bool) -> None:
        """Show this tone; emits nothing."""
        places = (tone.brightness, tone.contrast, math.log(tone.gamma, GAMMA_MAX))
        for slider, place in zip(self.sliders, places, strict=True):
            with QSignalBlocker(slider):
                slider.setValue(round(_STEPS * place))
        with QSignalBlocker(self.smooth):
            self.smooth.setChecked(smooth)
        self._show_numbers(tone)

    def _show_numbers(self, tone: Tone) -> None:
        texts = f"{tone.brightness:+.2f}", f"{tone.contrast:+.2f}", f"{tone.gamma:.2f}"
        for number, text in zip(self._numbers, texts, strict=True):
            number.setText(text)

    def _ask(self) -> None:
        brightness, contrast, gamma = (slider.value() / _STEPS for slider in self.sliders)
        tone = Tone(brightness, contrast, GAMMA_MAX**gamma)
        self._show_numbers(tone)
        self.tone_asked.emit(tone, self.smooth.isChecked())

    def _reset(self) -> None:
        self.show_tone(Tone(), smooth=False)
        self._ask()
