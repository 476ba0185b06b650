"""The actions of the window as Qt knows them: made from the ActionSpecs, once."""

from __future__ import annotations

from PySide6.QtCore import QObject, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QMenu, QWidget

from s4gui.core.messages import say
from s4gui.gui import icons
from s4gui.gui.key_names import menu_title, names_of, native
from s4gui.workbench.actions import (
    CLASS_PLACES,
    ActionSpec,
    Menu,
    Scope,
    Situation,
    class_action,
)
from s4gui.workbench.key_presets import S4GUI
from s4gui.workbench.keymap import KeyMap, resolve
from s4gui.workbench.painting import Tool
from s4gui.workbench.verbs import ACTIONS

_HELD_ON_CANVAS = frozenset({"layer.bare"})
"""Keys that the canvas itself listens to, because they are held and let go."""
_EXCLUSIVE = {
    "tool": tuple(Tool),
    "workspace": ("label", "train", "review"),
}


class Verbs(QObject):
    """One QAction for each ActionSpec. A trigger leaves as `asked(id)`; showing is silent."""

    asked = Signal(str)
    class_asked = Signal(int)  # display position of the class whose key was pressed

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._specs = {spec.id: spec for spec in ACTIONS}
        self.actions: dict[str, QAction] = {}
        self._places: dict[Scope, list[QWidget]] = {}
        self._class_places = {class_action(place): place for place in range(CLASS_PLACES)}
        for spec in ACTIONS:
            self.actions[spec.id] = self._make(spec)
        self._groups = [self._group(prefix, names) for prefix, names in _EXCLUSIVE.items()]
        self._digits = [self._digit(place) for place in range(CLASS_PLACES)]
        self.keymap = resolve(S4GUI, {})[0]
        self.situation = Situation()
        self.show_keys(self.keymap)
        self.show_situation(self.situation)

    def menu(self, menu: Menu, parent: QWidget) -> QMenu:
        """A menu with its actions, divided into groups."""
        out = QMenu(menu_title(menu), parent)
        out.setToolTipsVisible(True)
        for spec in ACTIONS:
            if spec.menu is menu:
                if spec.divider:
                    out.addSeparator()
                out.addAction(self.actions[spec.id])
        return out

    def show_keys(self, keymap: KeyMap) -> None:
        """Let these keys do it from now on, and say so in menus and tooltips."""
        self.keymap = keymap
        for name, action in self.actions.items():
            if name not in _HELD_ON_CANVAS:
                action.setShortcuts([QKeySequence(key) for key in keymap.of(name)])
            action.setToolTip(self._tip(self._specs[name]))
        for place, shortcut in enumerate(self._digits):
            shortcut.setKeys([QKeySequence(key) for key in keymap.of(class_action(place))])

    def put_on(self, scope: Scope, widget: QWidget) -> None:
        """Let the keys of a scope count while this widget or one in it has the focus."""
        self._places.setdefault(scope, []).append(widget)
        for spec in ACTIONS:
            if spec.scope is scope:
                widget.addAction(self.actions[spec.id])

    def press(self, event: QKeyEvent) -> bool:
        """Do what a key means that Qt found no shortcut for; whether it meant anything.

        On layouts without Latin letters Qt finds none: there the place of a key counts.
        """
        focus = self._window.focusWidget()
        held = {Scope.WINDOW} | {
            scope
            for scope, widgets in self._places.items()
            if focus is not None and any(each is focus for each in widgets)
        }
        for name in names_of(event):
            found = self.keymap.action_at(name, held)
            place = self._class_places.get(found or "")
            if place is not None and self.situation.classes > 0:
                self.class_asked.emit(place)
                return True
            if found in self.actions and found not in _HELD_ON_CANVAS:
                self.actions[found].trigger()  # does nothing while it is off
                return self.actions[found].isEnabled()
        return False

    def show_situation(self, now: Situation) -> None:
        """Enable what makes sense now."""
        self.situation = now
        for name, action in self.actions.items():
            action.setEnabled(self._specs[name].when(now))
        for each in self._digits:
            each.setEnabled(now.classes > 0)

    def check(self, action_id: str, *, on: bool) -> None:
        """Show a toggle as on or off; nothing is asked for."""
        action = self.actions[action_id]
        if action.isChecked() != on:
            with QSignalBlocker(action):
                action.setChecked(on)
            # Buttons listen to `changed`, which the blocker held back.
            action.changed.emit()

    def rename(self, action_id: str, text: str) -> None:
        """Another text for an action whose meaning depends on the moment (Train, Pause)."""
        self.actions[action_id].setText(text)

    def _make(self, spec: ActionSpec) -> QAction:
        action = QAction(self._window)
        action.setText(spec.text.text)
        action.setIcon(icons.icon(spec.id))
        action.setCheckable(spec.checkable)
        is_wide = spec.scope is Scope.WINDOW
        contexts = Qt.ShortcutContext
        action.setShortcutContext(
            contexts.WindowShortcut if is_wide else contexts.WidgetWithChildrenShortcut
        )
        action.setStatusTip("")
        action.triggered.connect(lambda _checked=False: self.asked.emit(spec.id))
        if is_wide:
            self._window.addAction(action)
        return action

    def _tip(self, spec: ActionSpec) -> str:
        tip, keys = spec.tip.text, self.keymap.of(spec.id)
        if not keys:
            return tip
        name = spec.text.text.rstrip("…")
        key = " / ".join(native(each) for each in keys)
        return say("action.tip", "{name} ({key})\n{tip}", name=name, key=key, tip=tip)

    def _group(self, prefix: str, names: tuple[str, ...]) -> QActionGroup:
        group = QActionGroup(self)
        for name in names:
            group.addAction(self.actions[f"{prefix}.{name}"])
        return group

    def _digit(self, place: int) -> QShortcut:
        shortcut = QShortcut(self._window)
        shortcut.activated.connect(lambda: self.class_asked.emit(place))
        return shortcut
