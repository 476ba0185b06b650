"""What the canvas shows: layers with their opacity, saved views, and which learner answers."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QSignalBlocker, Qt, Signal, SignalInstance
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QMenu,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
    QWidgetAction,
)

from s4gui.core.messages import say
from s4gui.gui import icons
from s4gui.gui.canvas.material import Layer
from s4gui.gui.canvas.styles import LabelStyle
from s4gui.gui.looks import READY, Look
from s4gui.gui.parts import Elided, dim, heading, row
from s4gui.gui.tone_box import ToneBox

LISTED = (
    Layer.IMAGE,
    Layer.LABELS,
    Layer.PREDICTION,
    Layer.CONFIDENCE,
    Layer.REFERENCE,
    Layer.SOURCE,
    Layer.DISAGREEMENT,
    Layer.ERROR,
)
FOLDED = LISTED[4:]
"""Layers whose rows are hidden while they are off, to leave room for the classes."""
AUTOMATIC = "automatic"


class LayersPanel(QWidget):
    """One row for each layer, saved views above, the learner's choice below."""

    opacity_asked = Signal(str, float)  # layer name, 0..1
    style_asked = Signal(str)  # LabelStyle
    tone_asked = Signal(object, bool)  # Tone, smooth
    view_asked = Signal(str)  # a saved view's key, and so the next one
    forget_asked = Signal(str)
    unfolded = Signal(bool)
    learner_asked = Signal(str)  # AUTOMATIC, "preview", or a run's number

    def __init__(self, actions: dict[str, QAction]) -> None:
        super().__init__()
        self._actions = actions
        self._sliders: dict[Layer, QSlider] = {}
        self._toggles: dict[Layer, QToolButton] = {}
        self._tone: ToneBox | None = None
        self._styles: dict[LabelStyle, QAction] = {}
        self.views_menu = QMenu(say("looks.menu", "Saved views"), self)
        self._forget = QMenu(say("looks.forget", "Forget"), self)
        self._view_actions: dict[str, QAction] = {}
        self._look = Look()
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(1, 1)
        self._grid = grid
        self._legend = dim()
        self._legend.setTextFormat(Qt.TextFormat.RichText)
        self._legend.hide()
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
        layout.setContentsMargins(12, 8, 12, 10)
        layout.setSpacing(6)
        layout.addLayout(self._head())
        layout.addLayout(grid)
        layout.addWidget(self._legend)
        layout.addWidget(self._learner)
        layout.addWidget(self._why)
        self._learner.activated.connect(self._chosen)
        self.show_learners((), AUTOMATIC, "")
        self.show_look(self._look)

    # --- made once ---------------------------------------------------------------------------

    def _head(self) -> QHBoxLayout:
        self._views = QToolButton()
        self._views.setObjectName("outlined")
        self._views.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._views.setMenu(self.views_menu)
        self._views.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._views.setToolTip(
            say("looks.tip", "Saved views: layers, opacities and styles under one name (Tab)")
        )
        _make_low(self._views)
        self._unfold = QToolButton()
        self._unfold.setCheckable(True)
        self._unfold.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._unfold.setAccessibleName(say("layers.all_name", "All layers"))
        self._unfold.setToolTip(
            say("layers.all_tip", "List all layers, also reference, sources, disagreement, error")
        )
        self._unfold.toggled.connect(self._fold)
        _make_low(self._unfold)
        head = row(heading(say("layers.heading", "Layers")), gap=4)
        head.addStretch(1)
        head.addWidget(self._views)
        head.addWidget(self._unfold)
        return head

    @property
    def tone(self) -> ToneBox:
        """Brightness, contrast and gamma; made when it is first wanted."""
        if self._tone is None:
            self._tone = ToneBox()
            self._tone.tone_asked.connect(self.tone_asked)
            self._tone.show_tone(self._look.tone, smooth=self._look.smooth)
        return self._tone

    def _put_row(self, layer: Layer) -> None:
        grid, place = self._grid, LISTED.index(layer)
        action = self._actions[f"layer.{layer}"]
        toggle = self._toggles[layer] = _toggle(action)
        grid.addWidget(toggle, place, 0)
        grid.addWidget(self._slider(layer, action.text()), place, 1)
        if layer is Layer.IMAGE:
            menu = QMenu(self)
            menu.aboutToShow.connect(lambda: self._fill(menu))
            tip = say("layers.tone_tip", "Brightness, contrast, gamma, smooth or square pixels")
            grid.addWidget(_more(menu, tip), place, 2)
        elif layer is Layer.LABELS:
            tip = say("layers.style_tip", "Fill, outline or a pattern for each class (O)")
            grid.addWidget(_more(self._style_menu(), tip), place, 2)

    def _fill(self, menu: QMenu) -> None:
        if menu.isEmpty():
            box = QWidgetAction(menu)
            box.setDefaultWidget(self.tone)
            menu.addAction(box)

    def _style_menu(self) -> QMenu:
        menu = QMenu(self)
        group = QActionGroup(menu)
        words = {
            LabelStyle.FILL: say("style.fill", "Fill"),
            LabelStyle.OUTLINE: say("style.outline", "Outline"),
            LabelStyle.HATCH: say("style.hatch", "Pattern for each class"),
        }
        for style, text in words.items():
            action = self._styles[style] = menu.addAction(text)
            action.setCheckable(True)
            group.addAction(action)
            action.triggered.connect(partial(self._ask_style, style))
        return menu

    def _slider(self, layer: Layer, title: str) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(0, 100)
        slider.setValue(round(100 * self._look.opacity[layer]))
        slider.setMinimumWidth(48)
        slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        slider.setAccessibleName(say("layers.opacity_name", "Opacity of {layer}", layer=title))
        slider.setToolTip(say("layers.opacity_tip", "Opacity of {layer}", layer=title))
        slider.valueChanged.connect(lambda value: self.opacity_asked.emit(layer.value, value / 100))
        self._sliders[layer] = slider
        return slider

    # --- shows -------------------------------------------------------------------------------

    def show_look(self, look: Look) -> None:
        """Show opacities, style and tone; emits nothing."""
        self._look = look
        self._show_rows()
        for layer, slider in self._sliders.items():
            with QSignalBlocker(slider):
                slider.setValue(round(100 * look.opacity[layer]))
        self._styles[look.style].setChecked(True)
        if self._tone is not None:
            self._tone.show_tone(look.tone, smooth=look.smooth)

    def show_views(self, keys: tuple[str, ...], current: str) -> None:
        """List the saved views, `ready.…` or `own.…`, and which of them is shown."""
        if keys != tuple(self._view_actions):
            self._list_views(keys)
        for key, action in self._view_actions.items():
            action.setChecked(key == current)
        name = view_name(current) if current else say("looks.none", "Views")
        metrics = self.fontMetrics()
        shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, 110).replace("&", "&&")
        self._views.setText(say("looks.button", "{name} ▾", name=shown))

    def _list_views(self, keys: tuple[str, ...]) -> None:
        for action in (*self._view_actions.values(), *self._forget.actions()):
            action.setParent(None)
            action.deleteLater()  # it may be the one that is being triggered
        for menu in (self.views_menu, self._forget):
            for action in menu.actions():
                menu.removeAction(action)
        self._view_actions = {}
        own = [key for key in keys if key.startswith("own.")]
        for key in keys:
            if own and key == own[0]:
                self.views_menu.addSeparator()
            self._view_actions[key] = self._view_action(self.views_menu, key, self.view_asked)
            self._view_actions[key].setCheckable(True)
        self.views_menu.addSeparator()
        self.views_menu.addAction(self._actions["view.save"])
        if own:
            self.views_menu.addMenu(self._forget)
            for key in own:
                self._view_action(self._forget, key, self.forget_asked)

    def _view_action(self, menu: QMenu, key: str, asked: SignalInstance) -> QAction:
        action = QAction(view_name(key).replace("&", "&&"), self)
        action.triggered.connect(lambda _checked=False: asked.emit(key))
        menu.addAction(action)
        return action

    def show_legend(self, lines: tuple[str, ...]) -> None:
        """Lines of rich text below the layers."""
        self._legend.setText("<br>".join(lines))
        self._legend.setVisible(bool(lines))

    def unfold(self, *, on: bool) -> None:
        """List all layers, or only those in use; emits nothing."""
        with QSignalBlocker(self._unfold):
            self._unfold.setChecked(on)
        self._show_rows()

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

    def _show_rows(self) -> None:
        is_open = self._unfold.isChecked()
        self._unfold.setArrowType(Qt.ArrowType.UpArrow if is_open else Qt.ArrowType.DownArrow)
        for layer in LISTED:
            listed = is_open or layer not in FOLDED or layer in self._look.visible
            if listed and layer not in self._toggles:
                self._put_row(layer)
            if layer in self._toggles:
                self._toggles[layer].setVisible(listed)
                self._sliders[layer].setVisible(listed)

    # --- asks --------------------------------------------------------------------------------

    def _fold(self, on: bool) -> None:  # noqa: FBT001 - a Qt slot
        self._show_rows()
        self.unfolded.emit(on)

    def _ask_style(self, style: LabelStyle, _checked: bool = False) -> None:  # noqa: FBT001, FBT002 - a Qt slot
        self.style_asked.emit(style.value)

    def _chosen(self, place: int) -> None:
        self.learner_asked.emit(str(self._learner.itemData(place)))


def view_name(key: str) -> str:
    """A saved view's name as the user reads it."""
    kind, _, name = key.partition(".")
    if kind == "ready" and name in READY:
        return {
            "painting": say("looks.painting", "Painting"),
            "checking": say("looks.checking", "Checking"),
            "bare": say("looks.bare", "Bare"),
        }[name]
    return name


def _toggle(action: QAction) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(action)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setMinimumWidth(126)
    _make_low(button)
    return button


def _more(menu: QMenu, tip: str) -> QToolButton:
    button = QToolButton()
    button.setIcon(icons.icon("layer.adjust"))
    button.setMenu(menu)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    _make_low(button)
    return button


def _make_low(button: QToolButton) -> None:
    """Rows stand close: the classes above need the room."""
    button.setMaximumHeight(button.fontMetrics().height() + 10)
