"""Lenses: which layers the canvases show, and how strongly."""

from __future__ import annotations

from PySide6.QtCore import QObject

from s4gui.core.prediction import Prediction
from s4gui.gui.canvas.layers import Layer
from s4gui.gui.desk import Desk

TOGGLES = {
    "layer.labels": Layer.LABELS,
    "layer.prediction": Layer.PREDICTION,
    "layer.confidence": Layer.CONFIDENCE,
}


class Lenses(QObject):
    """Layers of the Label canvas follow toggles and sliders, which are remembered."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.owner)
        self._desk = desk
        self._canvas = desk.window.label.canvas
        self.visible = {Layer.LABELS: True, Layer.PREDICTION: True, Layer.CONFIDENCE: False}
        self._opacity = {
            Layer.LABELS: float(desk.settings.get("labels_opacity")),
            Layer.PREDICTION: float(desk.settings.get("overlay_opacity")),
            Layer.CONFIDENCE: float(desk.settings.get("confidence_opacity")),
        }
        self._panel = desk.window.label.layers
        self._panel.opacity_asked.connect(self._set_opacity)
        for action, layer in TOGGLES.items():
            desk.window.verbs.check(action, on=self.visible[layer])
            self._canvas.set_layer(layer, self.visible[layer])
            self._panel.show_opacity(layer.value, self._opacity[layer])
            self._canvas.set_opacity(layer, self._opacity[layer])

    def toggle(self, action: str) -> None:
        """Show or hide a layer."""
        layer = TOGGLES[action]
        self.visible[layer] = not self.visible[layer]
        self._canvas.set_layer(layer, self.visible[layer])
        self._desk.window.verbs.check(action, on=self.visible[layer])

    def show_prediction(self, prediction: Prediction | None) -> None:
        """Show a prediction under the labels of the canvas."""
        self._canvas.show_prediction(prediction)

    def _set_opacity(self, name: str, share: float) -> None:
        layer = Layer(name)
        self._opacity[layer] = share
        self._canvas.set_opacity(layer, share)
        keys = {
            Layer.LABELS: "labels_opacity",
            Layer.PREDICTION: "overlay_opacity",
            Layer.CONFIDENCE: "confidence_opacity",
        }
        self._desk.settings.set(keys[layer], share)
        if share and not self.visible[layer]:
            self.toggle(f"layer.{name}")
