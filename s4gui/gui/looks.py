"""Look: which layers are shown, how strongly and in which style; a saved view is a named one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from s4gui.gui.canvas.material import Layer
from s4gui.gui.canvas.styles import LabelStyle
from s4gui.gui.canvas.tone import Tone

_OPACITY = {
    Layer.IMAGE: 1.0,
    Layer.PREDICTION: 0.6,
    Layer.REFERENCE: 0.6,
    Layer.CONFIDENCE: 0.6,
    Layer.LABELS: 0.8,
    Layer.SOURCE: 0.8,
    Layer.DISAGREEMENT: 0.8,
    Layer.ERROR: 0.7,
}
_PAINTING = frozenset({Layer.IMAGE, Layer.PREDICTION, Layer.LABELS})


@dataclass(frozen=True)
class Look:
    """`opacity` has a share of 0 to 1 for every layer; `smooth`: magnified without squares."""

    visible: frozenset[Layer] = _PAINTING
    opacity: Mapping[Layer, float] = field(default_factory=lambda: dict(_OPACITY))
    style: LabelStyle = LabelStyle.FILL
    tone: Tone = field(default_factory=Tone)
    smooth: bool = False

    def __post_init__(self) -> None:
        if set(self.opacity) != set(Layer):
            raise ValueError("a look has an opacity for every layer")
        if not all(0 <= share <= 1 for share in self.opacity.values()):
            raise ValueError(f"an opacity is 0 to 1: {self.opacity}")

    def toggled(self, layer: Layer) -> Look:
        """The look with one layer shown or hidden."""
        return replace(self, visible=self.visible ^ {layer})

    def with_opacity(self, layer: Layer, share: float) -> Look:
        """The look with another opacity; a hidden layer that is made stronger is shown."""
        visible = self.visible | {layer} if share else self.visible
        return replace(self, visible=visible, opacity={**self.opacity, layer: share})

    def raw(self) -> dict[str, Any]:
        """As JSON knows it."""
        return {
            "visible": sorted(self.visible),
            "opacity": {str(layer): share for layer, share in self.opacity.items()},
            "style": str(self.style),
            "tone": [self.tone.brightness, self.tone.contrast, self.tone.gamma],
            "smooth": self.smooth,
        }

    @classmethod
    def of_raw(cls, raw: object) -> Look:
        """The look of a JSON value; what is missing or makes no sense is as by default."""
        plain = cls()
        if not isinstance(raw, dict):
            return plain
        try:
            known = {str(layer): layer for layer in Layer}
            visible = frozenset(known[n] for n in raw.get("visible", plain.visible) if n in known)
            given = raw.get("opacity", {})
            opacity = {each: float(given.get(str(each), plain.opacity[each])) for each in Layer}
            style = LabelStyle(raw.get("style", plain.style))
            tone = Tone(*(float(part) for part in raw.get("tone", ())))
            return cls(visible, opacity, style, tone, bool(raw.get("smooth", False)))
        except (TypeError, ValueError, AttributeError):
            return plain


READY: dict[str, Look] = {
    "painting": Look(),
    "checking": Look(
        visible=_PAINTING | {Layer.DISAGREEMENT},
        opacity={**_OPACITY, Layer.PREDICTION: 0.4, Layer.LABELS: 1.0},
        style=LabelStyle.OUTLINE,
    ),
    "bare": Look(visible=frozenset({Layer.IMAGE})),
}
"""Saved views that are always there; they leave the image's tone as it is."""


def ready(name: str, now: Look) -> Look:
    """A ready view, with the tone of the image that is shown now."""
    return replace(READY[name], tone=now.tone, smooth=now.smooth)
