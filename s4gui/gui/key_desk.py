"""KeyDesk: the user's keys, from settings into the window and back."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QDialog

from s4gui.core.messages import say
from s4gui.gui.main_window import MainWindow
from s4gui.gui.notices import Notices
from s4gui.store.settings import Settings
from s4gui.workbench.keymap import KeyMap, read, written


class KeyDesk(QObject):
    """The key map in use. What settings hold and nobody knows is dropped, and said once."""

    changed = Signal(object)  # KeyMap

    def __init__(self, window: MainWindow, settings: Settings, notices: Notices) -> None:
        super().__init__(window)
        self._window, self._settings, self._notices = window, settings, notices
        self.keymap, self._dropped = read(settings.get("key_preset"), settings.get("key_changes"))
        window.show_keys(self.keymap)
        if self._dropped:
            self._save()

    def use(self, keymap: KeyMap) -> None:
        """Use these keys from now on and remember them; a new preset brings its wheel along."""
        if keymap.preset is not self.keymap.preset:
            self._settings.set("wheel_zooms", keymap.preset.wheel_zooms)
            self._window.show_wheel(zooms=keymap.preset.wheel_zooms)
        self.keymap = keymap
        self._save()
        self._window.show_keys(keymap)
        self.changed.emit(keymap)

    def use_preset(self, preset: str) -> None:
        """The keys of a preset, if they are not in use; one's own keys are given up."""
        if preset != self.keymap.preset.id:
            self.use(read(preset, {})[0])

    def edit(self) -> None:
        """Let the user choose keys; each takes effect at once."""
        from s4gui.gui.dialogs.key_editor import KeyEditor  # noqa: PLC0415 - after the first image

        editor = KeyEditor(self._window, self.keymap)
        editor.chosen.connect(self.use)
        _open(editor)

    def sheet(self) -> None:
        """Show all keys on one page."""
        from s4gui.gui.dialogs.keys import KeysDialog  # noqa: PLC0415 - after the first image

        zooms = bool(self._settings.get("wheel_zooms"))
        _open(KeysDialog(self._window, self.keymap, wheel_zooms=zooms))

    def tell_dropped(self) -> None:
        """Say once which keys of the settings this version does not know."""
        dropped, self._dropped = self._dropped, ()
        if dropped:
            self._notices.warn(
                say(
                    "keys.dropped", "Some of your keys are unknown here: {what}", what=_few(dropped)
                ),
                say("keys.dropped.hint", "Choose them anew in Keys and mouse"),
            )

    def _save(self) -> None:
        self._settings.set("key_preset", self.keymap.preset.id)
        self._settings.set("key_changes", written(self.keymap))


def _open(dialog: QDialog) -> None:
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()


def _few(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:4])
    if len(names) > 4:
        return say("keys.dropped_more", "{some} and {n} more", some=shown, n=len(names) - 4)
    return shown
