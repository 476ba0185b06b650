"""Wishes: settings that a user asks for in the dialog or in the palette, and what follows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDialog

from s4gui.gui.key_desk import KeyDesk
from s4gui.gui.main_window import MainWindow
from s4gui.gui.session import Session
from s4gui.store.settings import Settings

if TYPE_CHECKING:
    from s4gui.gui.command_desk import CommandDesk

_SHOWN = ("theme", "ui_scale", "wheel_zooms", "keep_learning", "key_preset", "preview_features")


class Wishes(QObject):
    """Asks for settings, keeps them, and makes the window follow at once."""

    def __init__(
        self,
        window: MainWindow,
        settings: Settings,
        keys: KeyDesk,
        session: Callable[[], Session | None],
        *,
        dressed: Callable[[], None],
    ) -> None:
        super().__init__(window)
        self._window, self._settings, self._keys = window, settings, keys
        self._session, self._dressed = session, dressed
        self._commands: CommandDesk | None = None

    def verbs(self) -> dict[str, Callable[[], None]]:
        """Its actions."""
        return {"app.settings": self.ask, "app.palette": self.open_palette}

    def ask(self) -> None:
        """Show the settings."""
        from s4gui.gui.dialogs.settings import SettingsDialog  # noqa: PLC0415 - after the first image

        now = {key: self._settings.get(key) for key in _SHOWN}
        dialog = SettingsDialog(self._window, now, own_keys=len(self._keys.keymap.changes))
        if dialog.exec() == QDialog.DialogCode.Accepted:
            self.apply(dialog.chosen())
        dialog.deleteLater()

    def apply(self, chosen: dict[str, Any]) -> None:
        """Use these settings from now on."""
        preset = chosen.pop("key_preset", self._keys.keymap.preset.id)
        self._keys.use_preset(preset)
        for key, value in chosen.items():
            self._settings.set(key, value)
        if "theme" in chosen:  # dressing everything anew takes long
            self._dressed()
        self._window.show_wheel(zooms=bool(self._settings.get("wheel_zooms")))
        session = self._session()
        if session is not None:
            on = bool(self._settings.get("keep_learning"))
            session.trainer.keeps_learning = on
            self._window.verbs.check("train.keep_learning", on=on)
            if "preview_features" in chosen:
                session.learners.begin_again()

    def open_palette(self) -> None:
        """Open the command palette."""
        from s4gui.gui.command_desk import CommandDesk  # noqa: PLC0415 - after the first image

        if self._commands is None:
            made = CommandDesk(self._window, self._settings, self._session, self.apply)
            self._commands = made
        self._commands.open()
