"""Lenses: which layers the canvases show, how strongly, and in which saved view."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QInputDialog

from s4gui.core.change import Change
from s4gui.core.classes import UNLABELLED
from s4gui.core.frames import FrameId, Split
from s4gui.core.messages import say
from s4gui.core.prediction import Prediction
from s4gui.core.sources import SourceKind
from s4gui.gui import layer_words
from s4gui.gui.canvas.material import Layer
from s4gui.gui.canvas.styles import LabelStyle
from s4gui.gui.canvas.tone import Tone
from s4gui.gui.canvas.view import Canvas
from s4gui.gui.desk import Desk
from s4gui.gui.looks import READY, Look, ready

TOGGLES = {f"layer.{layer}": layer for layer in Layer}
_VALIDATING = frozenset(kind for kind in SourceKind if kind.validates)
_NAME_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Lens:
    """A canvas, the layers it always shows, wholly, and those that it shows as the look says."""

    canvas: Canvas
    follows: frozenset[Layer]
    always: frozenset[Layer] = frozenset()

    def show(self, look: Look) -> None:
        """Show this look, as far as the canvas follows it."""
        visible = self.always | look.visible & self.follows
        for layer in Layer:
            self.canvas.set_layer(layer, layer in visible)
            is_whole = layer in self.always and layer is not Layer.IMAGE
            self.canvas.set_opacity(layer, 1.0 if is_whole else look.opacity[layer])
        self.canvas.set_style(look.style)
        self.canvas.set_tone(look.tone, smooth=look.smooth)


class Lenses(QObject):
    """Canvases follow the look, which is remembered; that of the Label room wholly."""

    changed = Signal()  # the look is another one

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.owner)
        self._desk = desk
        self._canvas = desk.window.label.canvas
        self._lenses = [Lens(self._canvas, frozenset(Layer))]
        self._panel = desk.window.label.layers
        self.look = Look.of_raw(desk.settings.get("look"))
        self._class_id: int | None = None
        self._compares = False
        panel = self._panel
        panel.opacity_asked.connect(self._set_opacity)
        panel.style_asked.connect(self._set_style)
        panel.tone_asked.connect(self._set_tone)
        panel.view_asked.connect(self.choose_view)
        panel.forget_asked.connect(self._forget_view)
        panel.unfolded.connect(self._unfold)
        tab = desk.window.verbs.actions["view.next_saved"]
        tab.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)  # elsewhere it moves the focus
        self._canvas.addAction(tab)
        desk.bus.changed.connect(self._changed)
        panel.unfold(on=bool(desk.settings.get("layers_unfolded")))
        self._choose_class()
        self.show(self.look)

    # --- the look ----------------------------------------------------------------------------

    def show(self, look: Look) -> None:
        """Show this look and remember it."""
        self.look = look
        for action, layer in TOGGLES.items():
            self._desk.window.verbs.check(action, on=layer in look.visible)
        for each in self._lenses:
            each.show(look)
        self._panel.show_look(look)
        self._desk.settings.set("look", look.raw())
        self._show_views()
        self._show_legend()
        self.changed.emit()

    def add(self, lens: Lens) -> None:
        """Another canvas; its frame is shown on it by `show_frame`."""
        self._lenses.append(lens)
        lens.show(self.look)
        lens.canvas.show_error_of(self._class_id)

    def toggle(self, action: str) -> None:
        """Show or hide a layer."""
        self.show(self.look.toggled(TOGGLES[action]))

    def next_style(self) -> None:
        """Fill, outline, hatch, and again."""
        styles = list(LabelStyle)
        place = styles.index(self.look.style) + 1
        self.show(replace(self.look, style=styles[place % len(styles)]))

    def _set_opacity(self, name: str, share: float) -> None:
        self.show(self.look.with_opacity(Layer(name), share))

    def _set_style(self, style: str) -> None:
        self.show(replace(self.look, style=LabelStyle(style)))

    def _unfold(self, on: bool) -> None:  # noqa: FBT001 - a Qt slot
        self._desk.settings.set("layers_unfolded", on)

    def _set_tone(self, tone: Tone, smooth: bool) -> None:  # noqa: FBT001 - a Qt slot
        self.show(replace(self.look, tone=tone, smooth=smooth))

    # --- saved views -------------------------------------------------------------------------

    def _views(self) -> dict[str, Look]:
        """Every saved view by its key: `ready.` or `own.` and its name."""
        own = dict(self._desk.settings.get("saved_views"))
        return {f"ready.{name}": ready(name, self.look) for name in READY} | {
            f"own.{name}": Look.of_raw(own[name]) for name in sorted(own, key=str.casefold)
        }

    def _current_view(self) -> str:
        return next((key for key, look in self._views().items() if look == self.look), "")

    def choose_view(self, key: str) -> None:
        """Show a saved view."""
        self.show(self._views()[key])

    def next_view(self) -> None:
        """Show the saved view after the one that is shown; the first, if none is."""
        keys, now = list(self._views()), self._current_view()
        place = keys.index(now) + 1 if now else 0
        self.choose_view(keys[place % len(keys)])

    def save_view(self) -> None:
        """Ask for a name and keep the look under it."""
        title, label = say("looks.save", "Save this view"), say("looks.name", "Name")
        name, is_given = QInputDialog.getText(self._desk.window, title, label)
        name = name.strip()[:_NAME_LENGTH]
        if is_given and name:
            own = dict(self._desk.settings.get("saved_views"))
            self._desk.settings.set("saved_views", {**own, name: self.look.raw()})
            self._show_views()

    def _forget_view(self, key: str) -> None:
        own = dict(self._desk.settings.get("saved_views"))
        own.pop(key.removeprefix("own."), None)
        self._desk.settings.set("saved_views", own)
        self._show_views()

    def _show_views(self) -> None:
        self._panel.show_views(tuple(self._views()), self._current_view())

    # --- what there is to show ---------------------------------------------------------------

    def show_frame(self, frame_id: FrameId, canvas: Canvas | None = None) -> None:
        """Another frame is on a canvas (the Label room's), with its labels: show where they
        come from."""
        project = self._desk.project
        (canvas or self._canvas).show_sources(
            self._desk.workbench.mask(frame_id).sources,
            lambda: project.sources,
            self._reference_kinds(frame_id),
        )
        self._show_legend()

    def show_prediction(
        self, prediction: Prediction | None, other: Prediction | None = None
    ) -> None:
        """Show a prediction under the labels; `other` is what the other learner says."""
        self._compares = prediction is not None and other is not None
        self._canvas.show_prediction(prediction, other)
        self._show_legend()

    def _reference_kinds(self, frame_id: FrameId) -> frozenset[SourceKind]:
        """Labels that predictions are held against: what nobody learns from; else what was
        imported."""
        if self._desk.project.frame(frame_id).split is Split.TRAIN:
            return frozenset({SourceKind.IMPORTED})
        return _VALIDATING

    def _choose_class(self) -> None:
        """The error is that of the class in hand; of the last one where that is none."""
        workbench = self._desk.workbench
        if workbench.value in workbench.class_map:
            self._class_id = workbench.value
        elif self._class_id not in workbench.class_map.ids:
            self._class_id = next(iter(workbench.class_map.ids), None)
        for each in self._lenses:
            each.canvas.show_error_of(self._class_id)

    def _changed(self, change: Change, _initiator: object) -> None:
        if change.tool or change.classes:
            self._choose_class()
        if change.tool or change.classes or (change.labels and not self._desk.workbench.painting):
            self._show_legend()
        if change.frames and self._desk.current is not None:
            for each in self._lenses:
                if each.canvas.isVisible():  # the others are shown whole when they are
                    self.show_frame(self._desk.current, each.canvas)

    def _show_legend(self) -> None:
        lines = []
        class_map = self._desk.workbench.class_map
        known = self._class_id if self._class_id is not None else UNLABELLED
        name = class_map[known].name if known in class_map else ""
        kinds = frozenset(each.kind for each in self._desk.project.sources.sources)
        for action, layer in TOGGLES.items():
            if layer not in self.look.visible or self._desk.current is None:
                continue
            title = self._desk.window.verbs.actions[action].text()
            entries = layer_words.legend(
                layer, class_name=name, compares=self._compares, kinds=kinds
            )
            if not self._canvas.can_show(layer):
                if layer not in {Layer.PREDICTION, Layer.LABELS}:
                    lines.append(layer_words.rich(title, (), layer_words.empty(layer)))
            elif entries:
                lines.append(layer_words.rich(title, entries))
        self._panel.show_legend(tuple(lines))
