"""Splits: by folder names, by rule, or by hand in the list."""

from __future__ import annotations

from collections import Counter
from pathlib import PurePosixPath

from PySide6.QtWidgets import QCheckBox, QComboBox, QDialog, QRadioButton, QSpinBox, QWidget

from s4gui.core.frames import Frame, FrameId, Split
from s4gui.core.messages import say
from s4gui.gui.dialogs.parts import buttons, form, frame
from s4gui.gui.parts import dim, inset

FOLDER_SPLITS = {
    "train": Split.TRAIN,
    "val": Split.VAL,
    "valid": Split.VAL,
    "validation": Split.VAL,
    "test": Split.TEST,
}


def from_folders(frames: tuple[Frame, ...]) -> dict[FrameId, Split]:
    """The split that a folder on a frame's path is named after; train where none is."""
    out: dict[FrameId, Split] = {}
    for each in frames:
        parts = [part.casefold() for part in PurePosixPath(each.path).parts[:-1]]
        named = [FOLDER_SPLITS[part] for part in parts if part in FOLDER_SPLITS]
        out[each.id] = named[0] if named else Split.TRAIN
    return out


def every_nth(
    frames: tuple[Frame, ...], n: int, split: Split, *, in_blocks: bool = False
) -> dict[FrameId, Split]:
    """Every n-th usable frame to `split`, the others to train.

    With `in_blocks` the frames go in blocks of ten neighbours, so that two images of the same
    second of a drive do not lie on both sides.
    """
    usable = [each for each in frames if not each.problem]
    length = 10 if in_blocks else 1
    return {
        each.id: split if (place // length) % n == n - 1 else Split.TRAIN
        for place, each in enumerate(usable)
    }


class SplitsDialog(QDialog):
    """Asks how to split; `chosen()` holds the frames whose split changes."""

    def __init__(
        self, parent: QWidget | None, frames: tuple[Frame, ...], selected: tuple[FrameId, ...]
    ) -> None:
        super().__init__(parent)
        self._frames, self._selected = frames, selected
        layout = frame(
            self,
            say("splits.title", "Splits"),
            say(
                "splits.about",
                "Train images teach (unpainted ones as unlabelled data), val images give the "
                "scores while you work, test images are scored once.",
            ),
        )
        self.by_folders = QRadioButton(say("splits.by_folders", "From folder names"))
        self.by_rule = QRadioButton(say("splits.by_rule", "By rule: every n-th image"))
        self.by_hand = QRadioButton(
            say("splits.by_hand", "The {n} selected images", n=len(selected))
        )
        self.by_folders.setChecked(True)
        self.by_hand.setEnabled(bool(selected))
        self.nth = QSpinBox()
        self.nth.setRange(2, 1000)
        self.nth.setValue(5)
        inset(self.nth)
        self.blocks = QCheckBox(say("splits.blocks", "in blocks of ten neighbours"))
        self.blocks.setChecked(True)
        self.target = QComboBox()
        for split, name in (
            (Split.VAL, say("splits.val", "val")),
            (Split.TEST, say("splits.test", "test")),
            (Split.TRAIN, say("splits.train", "train")),
        ):
            self.target.addItem(name, split)
        layout.addWidget(self.by_folders)
        layout.addWidget(self.by_rule)
        layout.addLayout(form((say("splits.nth", "n"), self.nth), ("", self.blocks)))
        layout.addWidget(self.by_hand)
        layout.addLayout(form((say("splits.to", "Go to"), self.target)))
        self._preview = dim()
        layout.addWidget(self._preview)
        self._ok = buttons(self, say("splits.apply", "Apply"))
        for radio in (self.by_folders, self.by_rule, self.by_hand):
            radio.toggled.connect(lambda _on: self._show())
        self.nth.valueChanged.connect(lambda _n: self._show())
        self.blocks.toggled.connect(lambda _on: self._show())
        self.target.currentIndexChanged.connect(lambda _place: self._show())
        self.setMinimumWidth(420)
        self._show()

    def chosen(self) -> dict[FrameId, Split]:
        """Only the frames whose split becomes another one."""
        now = {each.id: each.split for each in self._frames}
        return {name: split for name, split in self._wanted().items() if now.get(name) != split}

    def _wanted(self) -> dict[FrameId, Split]:
        target = Split(self.target.currentData())
        if self.by_folders.isChecked():
            return from_folders(self._frames)
        if self.by_hand.isChecked():
            return dict.fromkeys(self._selected, target)
        is_blocks = self.blocks.isChecked()
        return every_nth(self._frames, self.nth.value(), target, in_blocks=is_blocks)

    def _show(self) -> None:
        is_rule, is_folders = self.by_rule.isChecked(), self.by_folders.isChecked()
        self.nth.setEnabled(is_rule)
        self.blocks.setEnabled(is_rule)
        self.target.setEnabled(not is_folders)
        after = {each.id: each.split for each in self._frames if not each.problem}
        after.update({k: v for k, v in self._wanted().items() if k in after})
        counts = Counter(after.values())
        self._preview.setText(
            say(
                "splits.preview",
                "Then: {train} train, {val} val, {test} test ({changed} change)",
                train=counts[Split.TRAIN],
                val=counts[Split.VAL],
                test=counts[Split.TEST],
                changed=len(self.chosen()),
            )
        )
        self._ok.setEnabled(bool(self.chosen()))
