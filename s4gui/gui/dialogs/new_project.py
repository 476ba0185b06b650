"""New project: a folder of images, a name, and the classes; a count of what was found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QDialog, QLineEdit, QWidget

from s4gui.core.classes import ClassMap
from s4gui.core.messages import say
from s4gui.gui.dialogs.parts import FolderField, Working, buttons, form, frame
from s4gui.gui.parts import dim
from s4gui.store.images import SUFFIXES


class ClassSet(Protocol):
    """A ready set of classes."""

    @property
    def name(self) -> str:
        """Its key."""

    @property
    def title(self) -> str:
        """What the user reads."""

    @property
    def class_map(self) -> ClassMap:
        """Its classes."""


@dataclass(frozen=True, slots=True)
class NewProject:
    """What the user chose. `masks` is a folder of existing masks to import, or None."""

    images: Path
    folder: Path
    name: str
    class_set: str
    class_map: ClassMap
    masks: Path | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What lies in a folder: images, how many of each split by folder name, or a project."""

    images: int
    splits: tuple[tuple[str, int], ...] = ()
    is_project: bool = False
    masks: Path | None = None


def look(folder: Path, *, most: int = 200_000) -> Found:
    """Count the images below a folder; for a job, not for the UI thread."""
    if not folder.is_dir():
        return Found(0)
    counts: dict[str, int] = {}
    total = 0
    for path in folder.rglob("*"):
        if path.suffix.casefold() not in SUFFIXES or any(p.startswith(".") for p in path.parts):
            continue
        total += 1
        split = _split_of(path.relative_to(folder))
        counts[split] = counts.get(split, 0) + 1
        if total >= most:
            break
    splits = tuple((name, counts[name]) for name in ("train", "val", "test") if name in counts)
    return Found(total, splits, (folder / "project.s4gui").exists())


def _split_of(path: Path) -> str:
    for part in path.parts[:-1]:
        name = part.casefold()
        if name in {"train", "val", "test"}:
            return name
        if name in {"valid", "validation"}:
            return "val"
    return "train"


Look = Callable[[Path, Callable[[Found], None]], None]
"""Look into a folder away from the UI thread and call back on it."""


class NewProjectDialog(QDialog):
    """Asks; `chosen()` is what was asked for. Stays open with progress while images are read."""

    create_asked = Signal()

    def __init__(
        self,
        parent: QWidget | None,
        class_sets: tuple[ClassSet, ...],
        look_at: Look,
        *,
        images: Path | None = None,
        class_set: str = "",
    ) -> None:
        super().__init__(parent)
        self._sets = {each.name: each for each in class_sets}
        self._look_at = look_at
        self._named_by_hand = False
        self._placed_by_hand = False
        self._found = Found(0)
        layout = frame(
            self,
            say("new_project.title", "New project"),
            say(
                "new_project.about",
                "Your images stay where they are. The project folder holds labels and runs.",
            ),
        )
        self.images = FolderField(say("new_project.images_title", "Folder of images"))
        self.name = QLineEdit()
        self.folder = FolderField(say("new_project.folder_title", "Project folder"))
        self.classes = QComboBox()
        for each in class_sets:
            self.classes.addItem(each.title, each.name)
        self.classes.setCurrentIndex(max(0, self.classes.findData(class_set)))
        self.import_masks = QCheckBox(say("new_project.masks", "Import existing masks from"))
        self.masks = FolderField(say("new_project.masks_title", "Folder of masks"))
        self.masks.setEnabled(False)
        self._count = dim()
        self._preview = dim()
        layout.addLayout(
            form(
                (say("new_project.images", "Images"), self.images),
                ("", self._count),
                (say("new_project.name", "Name"), self.name),
                (say("new_project.folder", "Project in"), self.folder),
                (say("new_project.classes", "Classes"), self.classes),
                ("", self._preview),
            )
        )
        layout.addWidget(self.import_masks)
        layout.addWidget(self.masks)
        self.working = Working()
        layout.addWidget(self.working)
        self._ok = buttons(
            self, say("new_project.create", "Create project"), self.create_asked.emit
        )
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(250)
        self._timer.timeout.connect(self._count_images)
        self.images.changed.connect(self._images_changed)
        self.name.textEdited.connect(self._name_edited)
        self.name.textChanged.connect(lambda _text: self._check())
        self.folder.edit.textEdited.connect(self._folder_edited)
        self.folder.changed.connect(lambda _text: self._check())
        self.classes.currentIndexChanged.connect(lambda _place: self._show_classes())
        self.import_masks.toggled.connect(self.masks.setEnabled)
        self.setMinimumWidth(560)
        self._show_classes()
        self._check()
        if images is not None:
            self.images.show_folder(images)

    def chosen(self) -> NewProject:
        """The choices; only valid when the dialog was accepted."""
        images, folder = self.images.folder, self.folder.folder
        if images is None or folder is None:
            raise ValueError("the dialog was not accepted")
        chosen = self._sets[str(self.classes.currentData())]
        masks = self.masks.folder if self.import_masks.isChecked() else None
        name = self.name.text().strip()
        return NewProject(images, folder, name, chosen.name, chosen.class_map, masks)

    def begin(self) -> None:
        """Reading the images begins."""
        self._ok.setEnabled(False)
        self.working.begin(say("new_project.working", "Reading images"))

    def show_problem(self, text: str) -> None:
        """It could not be made; the choices can be changed."""
        self._count.setText(text)
        self.working.hide()
        self._check()

    def reject(self) -> None:
        """Closing while it works cancels."""
        self.working.cancel()
        super().reject()

    def show_found(self, found: Found) -> None:
        """Say what lies in the folder."""
        self._found = found
        if found.is_project:
            text = say("new_project.is_project", "There is a project in this folder: open it.")
        elif not found.images:
            text = say("new_project.no_images", "No images found there.")
        else:
            parts = ", ".join(f"{count} {name}" for name, count in found.splits)
            text = say("new_project.found", "{n} images ({parts})", n=found.images, parts=parts)
        self._count.setText(text)
        self._check()

    def _images_changed(self) -> None:
        folder = self.images.folder
        if folder is not None:
            if not self._named_by_hand:
                self.name.setText(folder.name)
            if not self._placed_by_hand:
                self.folder.show_folder(folder)
        self._found = Found(0)
        self._count.setText(say("new_project.counting", "Counting…"))
        self._timer.start()
        self._check()

    def _count_images(self) -> None:
        folder = self.images.folder
        if folder is not None:
            self._look_at(folder, self.show_found)

    def _name_edited(self) -> None:
        self._named_by_hand = True

    def _folder_edited(self) -> None:
        self._placed_by_hand = True

    def _show_classes(self) -> None:
        chosen = self._sets.get(str(self.classes.currentData()))
        if chosen is None:
            return
        marks = "  ".join(
            f'<span style="color:rgb{each.rgb}">■</span> {each.name}'
            for each in chosen.class_map.classes
        )
        empty = say("new_project.no_classes", "You add classes as you paint.")
        self._preview.setTextFormat(Qt.TextFormat.RichText)
        self._preview.setText(marks or empty)

    def _check(self) -> None:
        is_ready = (
            self._found.images > 0
            and not self._found.is_project
            and bool(self.name.text().strip())
            and self.folder.folder is not None
        )
        self._ok.setEnabled(is_ready)
