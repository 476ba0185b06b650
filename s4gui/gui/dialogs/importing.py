"""Import masks: the folder, how its values map to the project's classes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QDialog, QWidget

from s4gui.core.messages import say
from s4gui.gui.dialogs.parts import FolderField, Working, buttons, form, frame
from s4gui.gui.parts import dim


@dataclass(frozen=True, slots=True)
class ImportChoice:
    """A folder of masks and the name of the table of its values; empty: found by itself."""

    folder: Path
    table: str


class ImportDialog(QDialog):
    """Asks; `chosen()` is what was asked for. `tables` are (key, title)."""

    go_asked = Signal()

    def __init__(
        self,
        parent: QWidget | None,
        tables: tuple[tuple[str, str], ...],
        *,
        folder: Path | None = None,
    ) -> None:
        super().__init__(parent)
        layout = frame(
            self,
            say("import.title", "Import masks"),
            say(
                "import.about",
                "A mask belongs to the image of the same relative path or the same name.",
            ),
        )
        self.folder = FolderField(say("import.folder_title", "Folder of masks"), start=folder)
        self.table = QComboBox()
        for key, title in (
            ("", say("import.auto", "Found by itself")),
            *tables,
        ):
            self.table.addItem(title, key)
        layout.addLayout(
            form(
                (say("import.folder", "Masks"), self.folder),
                (say("import.values", "Values"), self.table),
            )
        )
        layout.addWidget(
            dim(say("import.undo", "Each image's import is one step that can be undone."))
        )
        self.working = Working()
        layout.addWidget(self.working)
        self._ok = buttons(self, say("import.go", "Import"), self.go_asked.emit)
        self.folder.changed.connect(lambda _text: self._check())
        self.setMinimumWidth(560)
        self._check()

    def chosen(self) -> ImportChoice:
        """The choices; ValueError while no folder is given."""
        folder = self.folder.folder
        if folder is None:
            raise ValueError("no folder was chosen")
        return ImportChoice(folder, str(self.table.currentData()))

    def begin(self) -> None:
        """Importing begins: the choices are made."""
        for each in (self.folder, self.table, self._ok):
            each.setEnabled(False)
        self.working.begin(say("import.working", "Looking for masks"))

    def reject(self) -> None:
        """Closing while it works cancels; what was imported stays and can be undone."""
        self.working.cancel()
        super().reject()

    def _check(self) -> None:
        folder = self.folder.folder
        self._ok.setEnabled(folder is not None and folder.is_dir())
