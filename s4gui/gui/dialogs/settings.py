"""Settings: theme, size of everything, whose keys, what the wheel does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtWidgets import QCheckBox, QComboBox, QDialog, QWidget

from s4gui.core.messages import say
from s4gui.gui.dialogs.parts import buttons, form, frame, preset_box
from s4gui.gui.parts import dim
from s4gui.workbench.key_presets import PRESETS

SCALES = (1.0, 1.25, 1.5, 1.75, 2.0)


class SettingsDialog(QDialog):
    """Shows settings; `chosen()` holds those that the user changed."""

    def __init__(
        self, parent: QWidget | None, now: Mapping[str, Any], *, own_keys: int = 0
    ) -> None:
        super().__init__(parent)
        self._now = dict(now)
        self._own_keys = own_keys
        layout = frame(self, say("settings.title", "Settings"))
        self.theme = QComboBox()
        for key, text in (
            ("system", say("settings.theme_system", "As the system")),
            ("light", say("settings.theme_light", "Light")),
            ("dark", say("settings.theme_dark", "Dark")),
        ):
            self.theme.addItem(text, key)
        self.theme.setCurrentIndex(max(0, self.theme.findData(now.get("theme", "system"))))
        self.scale = QComboBox()
        for each in SCALES:
            self.scale.addItem(f"{each * 100:.0f} %", each)
        self.scale.setCurrentIndex(max(0, self.scale.findData(float(now.get("ui_scale", 1.0)))))
        self.keys = preset_box(str(now.get("key_preset", PRESETS[0].id)))
        self._keys_note = dim()
        self.wheel = QComboBox()
        self.wheel.addItem(say("settings.wheel_zooms", "Zooms; Ctrl+wheel scrolls"), True)
        self.wheel.addItem(say("settings.wheel_scrolls", "Scrolls; Ctrl+wheel zooms"), False)
        self.wheel.setCurrentIndex(0 if now.get("wheel_zooms", True) else 1)
        self.keep_learning = QCheckBox(
            say("settings.keep_learning", "A running training takes new strokes")
        )
        self.keep_learning.setChecked(bool(now.get("keep_learning", False)))
        self.features = QCheckBox(say("settings.features", "The preview uses what an encoder saw"))
        self.features.setToolTip(
            say(
                "settings.features_tip",
                "Where they were made: menu Train, Look at all images with an encoder",
            )
        )
        self.features.setChecked(bool(now.get("preview_features", True)))
        layout.addLayout(
            form(
                (say("settings.theme", "Theme"), self.theme),
                (say("settings.scale", "Size of text and buttons"), self.scale),
                (say("settings.keys", "Keys and mouse as in"), self.keys),
                ("", self._keys_note),
                (say("settings.wheel", "Mouse wheel over the image"), self.wheel),
                ("", self.keep_learning),
                ("", self.features),
            )
        )
        layout.addWidget(dim(say("settings.scale_note", "A new size shows at the next start.")))
        buttons(self, say("settings.apply", "Apply"))
        self.keys.currentIndexChanged.connect(lambda _place: self._show_preset())
        self._show_preset(moves_wheel=False)
        self.setMinimumWidth(460)

    def chosen(self) -> dict[str, Any]:
        """The settings that are now others than before."""
        after = {
            "theme": self.theme.currentData(),
            "ui_scale": float(self.scale.currentData()),
            "key_preset": str(self.keys.currentData()),
            "wheel_zooms": bool(self.wheel.currentData()),
            "keep_learning": self.keep_learning.isChecked(),
            "preview_features": self.features.isChecked(),
        }
        return {key: value for key, value in after.items() if self._now.get(key) != value}

    def _show_preset(self, *, moves_wheel: bool = True) -> None:
        preset = PRESETS[self.keys.currentIndex()]
        text = preset.about.text
        if self._own_keys and preset.id != self._now.get("key_preset"):
            gone = say("settings.own_keys", "Your own keys ({n}) are given up.", n=self._own_keys)
            text = say("settings.two", "{first} {second}", first=text, second=gone)
        self._keys_note.setText(text)
        if moves_wheel:
            self.wheel.setCurrentIndex(0 if preset.wheel_zooms else 1)
