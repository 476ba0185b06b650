"""Locate moved images: a new folder for a root whose images are not where they were."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtWidgets import QComboBox, QDialog, QWidget

from s4gui.core.messages import say
from s4gui.gui.dialogs.parts import FolderField, buttons, form, frame
from s4gui.gui.parts import dim


class LocateDialog(QDialog):
    """Asks where a root is now; `samples` are relative paths of a few images of each root."""

    def __init__(
        self,
        parent: QWidget | None,
        roots: Mapping[str, Path],
        samples: Mapping[str, tuple[str, ...]],
    ) -> None:
        super().__init__(parent)
        self._roots, self._samples = dict(roots), dict(samples)
        layout = frame(
            self,
            say("locate.title", "Locate images"),
            say("locate.about", "Tell where the images are now. Your labels stay with them."),
        )
        self.root = QComboBox()
        for name, folder in roots.items():
            self.root.addItem(say("locate.root", "{n} (was {f})", n=name, f=folder), name)
        self.folder = FolderField(say("locate.folder_title", "Folder of the images"))
        layout.addLayout(
            form(
                (say("locate.images", "Images"), self.root),
                (say("locate.now", "Are now in"), self.folder),
            )
        )
        self._found = dim()
        layout.addWidget(self._found)
        self._ok = buttons(self, say("locate.go", "Use this folder"))
        self.folder.changed.connect(lambda _text: self._check())
        self.root.currentIndexChanged.connect(lambda _place: self._check())
        self.setMinimumWidth(560)
        self._check()

    def chosen(self) -> tuple[str, Path]:
        """The root's name and its folder; ValueError while none is given."""
        folder = self.folder.folder
        if folder is None:
            raise ValueError("no folder was chosen")
        return str(self.root.currentData()), folder

    def _check(self) -> None:
        folder = self.folder.folder
        samples = self._samples.get(str(self.root.currentData()), ())
        if folder is None or not folder.is_dir():
            self._found.setText("")
            self._ok.setEnabled(False)
            return
        there = sum(1 for each in samples if (folder / each).is_file())
        self._found.setText(
            say("locate.found", "{n} of {of} tried images are there", n=there, of=len(samples))
        )
        self._ok.setEnabled(there > 0 or not samples)
