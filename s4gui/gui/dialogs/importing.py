"""Import masks: the folder, how its values map to the project's classes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtWidgets import QCheckBox, QComboBox, QDialog, QWidget

from s4gui.core.messages import say
from s4gui.gui.dialogs.parts import FolderField, Working, buttons, form, frame
from s4gui.gui.parts import dim

SAME_IDS = "ids"
COLOURS = "colours"


@dataclass(frozen=True, slots=True)
class ImportChoice:
    """A folder of masks and the table that maps their values."""

    folder: Path
    table: str
    replace: bool


class ImportDialog(QDialog):
    """Asks; `chosen()` is what was asked for. `tables` are (key, title)."""

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
            (SAME_IDS, say("import.same_ids", "Indexed: values are this project's class ids")),
            *tables,
            (COLOURS, say("import.colours", "Colours of this project's classes")),
        ):
            self.table.addItem(title, key)
        self.replace = QCheckBox(say("import.replace", "Also over what is already labelled"))
        layout.addLayout(
            form(
                (say("import.folder", "Masks"), self.folder),
                (say("import.values", "Values"), self.table),
                ("", self.replace),
            )
        )
        layout.addWidget(
            dim(say("import.undo", "Each image's import is one step that can be undone."))
        )
        self.working = Working()
        layout.addWidget(self.working)
        self._ok = buttons(self, say("import.go", "Import"))
        self.folder.changed.connect(lambda _text: self._check())
        self.setMinimumWidth(560)
        self._check()

    def chosen(self) -> ImportChoice:
        """The choices; ValueError while no folder is given."""
        folder = self.folder.folder
        if folder is None:
            raise ValueError("no folder was chosen")
        return ImportChoice(folder, str(self.table.currentData()), self.replace.isChecked())

    def _check(self) -> None:
        folder = self.folder.folder
        self._ok.setEnabled(folder is not None and folder.is_dir())
