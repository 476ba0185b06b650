"""The actions of the window as Qt knows them: made from the ActionSpecs, once."""

from __future__ import annotations

from PySide6.QtCore import QObject, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeySequence, QShortcut
from PySide6.QtWidgets import QMenu, QWidget

from s4gui.core.messages import say
from s4gui.gui import icons
from s4gui.gui.key_names import menu_title, native
from s4gui.workbench.actions import ActionSpec, Menu, Situation, class_key
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
        for spec in ACTIONS:
            self.actions[spec.id] = self._make(spec)
        self._groups = [self._group(prefix, names) for prefix, names in _EXCLUSIVE.items()]
        self._digits = [self._digit(place) for place in range(20)]
        self.show_situation(Situation())

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

    def show_situation(self, now: Situation) -> None:
        """Enable what makes sense now."""
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
        keys = [QKeySequence(key) for key in spec.keys]
        if spec.id not in _HELD_ON_CANVAS:
            action.setShortcuts(keys)
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        tip = spec.tip.text
        if spec.keys:
            name = spec.text.text.rstrip("…")
            key = " / ".join(native(each) for each in spec.keys)
            tip = say("action.tip", "{name} ({key})\n{tip}", name=name, key=key, tip=tip)
        action.setToolTip(tip)
        action.setStatusTip("")
        action.triggered.connect(lambda _checked=False: self.asked.emit(spec.id))
        self._window.addAction(action)
        return action

    def _group(self, prefix: str, names: tuple[str, ...]) -> QActionGroup:
        group = QActionGroup(self)
        for name in names:
            group.addAction(self.actions[f"{prefix}.{name}"])
        return group

    def _digit(self, place: int) -> QShortcut:
        shortcut = QShortcut(QKeySequence(class_key(place)), self._window)
        shortcut.activated.connect(lambda: self.class_asked.emit(place))
        return shortcut
