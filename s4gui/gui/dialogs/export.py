"""Export: masks of labels or of predictions for chosen images, or a checkpoint."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QDialog, QWidget

from s4gui.core.messages import say
from s4gui.gui.dialogs.parts import FolderField, Working, buttons, form, frame
from s4gui.gui.parts import dim
from s4gui.workbench.exporting import Form


class What(StrEnum):
    """What is written."""

    LABELS = "labels"
    PREDICTIONS = "predictions"
    CHECKPOINT = "checkpoint"


class Which(StrEnum):
    """For which images."""

    LABELLED = "labelled"
    SELECTED = "selected"
    SHOWN = "shown"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class ExportChoice:
    """What the user chose; `run` is the run for predictions and checkpoint. What camera masks
    hide is void if it `hides`.
    """

    what: What
    which: Which
    form: Form
    folder: Path
    run: int | None
    hides: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """What could be exported: image counts by choice, and runs (number, title). `hides`: the
    project has camera masks.
    """

    counts: dict[Which, int]
    runs: tuple[tuple[int, str], ...]
    folder: Path
    hides: bool = False


class ExportDialog(QDialog):
    """Asks; `chosen()` is what was asked for. Stays open with progress while it writes."""

    go_asked = Signal()

    def __init__(self, parent: QWidget | None, offer: Offer) -> None:
        super().__init__(parent)
        self._offer = offer
        layout = frame(self, say("export.title", "Export"))
        self.what = _combo(
            (What.LABELS, say("export.labels", "Masks of my labels")),
            (What.PREDICTIONS, say("export.predictions", "Masks of predictions")),
            (What.CHECKPOINT, say("export.checkpoint", "Checkpoint (network and recipe)")),
        )
        self.run_choice = _combo(*((number, title) for number, title in offer.runs))
        self.which = _combo(
            *((which, _which_text(which, offer.counts.get(which, 0))) for which in Which)
        )
        self.form = _combo(
            (Form.INDEXED, say("export.indexed", "Indexed PNG (pixel value = class id)")),
            (Form.COLOUR, say("export.colour", "Colour PNG")),
            (Form.BOTH, say("export.both", "Both")),
        )
        self.folder = FolderField(say("export.folder_title", "Folder to write into"))
        self.folder.show_folder(offer.folder)
        layout.addLayout(
            form(
                (say("export.what", "What"), self.what),
                (say("export.run", "Of run"), self.run_choice),
                (say("export.which", "Images"), self.which),
                (say("export.form", "As"), self.form),
                (say("export.folder", "Into"), self.folder),
            )
        )
        self.hides = QCheckBox(say("export.hides", "Void below camera masks"))
        self.hides.setToolTip(
            say(
                "export.hides_tip",
                "Off: labels painted below a camera mask are exported as they are.\n"
                "Predictions have nothing below it.",
            )
        )
        self.hides.setChecked(True)
        self.hides.setVisible(offer.hides)
        layout.addWidget(self.hides)
        self._about = dim()
        layout.addWidget(self._about)
        self.working = Working()
        layout.addWidget(self.working)
        self._ok = buttons(self, say("export.go", "Export"), self.go_asked.emit)
        self.setMinimumWidth(540)
        self.what.currentIndexChanged.connect(lambda _place: self._check())
        self.which.currentIndexChanged.connect(lambda _place: self._check())
        self.folder.changed.connect(lambda _text: self._check())
        self._check()

    def chosen(self) -> ExportChoice:
        """The choices; ValueError while no folder is given."""
        folder = self.folder.folder
        if folder is None:
            raise ValueError("no folder was chosen")
        run = self.run_choice.currentData()
        return ExportChoice(
            what=What(self.what.currentData()),
            which=Which(self.which.currentData()),
            form=Form(self.form.currentData()),
            folder=folder,
            run=None if run is None else int(run),
            hides=self.hides.isChecked() or not self.hides.isEnabled(),
        )

    def begin(self) -> None:
        """Writing begins: the choices are made."""
        choices = (self.what, self.run_choice, self.which, self.form, self.folder)
        for each in (*choices, self.hides, self._ok):
            each.setEnabled(False)
        self.working.begin(say("export.working", "Exporting"))

    def reject(self) -> None:
        """Closing while it writes cancels."""
        self.working.cancel()
        super().reject()

    def _check(self) -> None:
        what = What(self.what.currentData())
        needs_run = what is not What.LABELS
        self.run_choice.setEnabled(needs_run)
        self.which.setEnabled(what is not What.CHECKPOINT)
        self.form.setEnabled(what is not What.CHECKPOINT)
        self.hides.setEnabled(what is What.LABELS)
        count = self._offer.counts.get(Which(self.which.currentData()), 0)
        problem = ""
        if needs_run and not self._offer.runs:
            problem = say("export.no_run", "There is no run yet: train first.")
        elif what is not What.CHECKPOINT and not count:
            problem = say("export.no_images", "There are no such images.")
        self._about.setText(problem or _explain(what))
        self._ok.setEnabled(not problem and self.folder.folder is not None)


def _explain(what: What) -> str:
    if what is What.LABELS:
        return say(
            "export.about_labels",
            "What you painted: 254 is void, 255 is unlabelled. classes.json explains the values.",
        )
    if what is What.PREDICTIONS:
        return say(
            "export.about_predictions",
            "One mask for each image that the run has predicted; the others are predicted first.",
        )
    return say(
        "export.about_checkpoint",
        "A folder that explains itself; `s4gui predict` needs nothing else.",
    )


def _which_text(which: Which, count: int) -> str:
    if which is Which.LABELLED:
        return say("export.which_labelled", "Labelled images ({n})", n=count)
    if which is Which.SELECTED:
        return say("export.which_selected", "Images selected in the list ({n})", n=count)
    if which is Which.SHOWN:
        return say("export.which_shown", "The image shown ({n})", n=count)
    return say("export.which_all", "All images ({n})", n=count)


def _combo(*items: tuple[object, str]) -> QComboBox:
    combo = QComboBox()
    for data, text in items:
        combo.addItem(text, data)
    return combo
