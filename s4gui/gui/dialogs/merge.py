"""Merge classes: which one goes, into which, and how many pixels of how many images become it."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QDialog, QWidget

from s4gui.core.classes import MAX_CLASS_ID, ClassMap
from s4gui.core.messages import say
from s4gui.gui.dialogs.parts import Working, buttons, form, frame
from s4gui.gui.parts import dim, swatch
from s4gui.gui.status_words import value_name

Usage = Mapping[int, tuple[int, int]]
"""Pixels and images by class id."""
_GREY = (128, 128, 128)


class MergeDialog(QDialog):
    """`chosen()` is the class that goes and the one that stays."""

    go_asked = Signal()

    def __init__(
        self, parent: QWidget | None, class_map: ClassMap, usage: Usage, *, gone: int | None
    ) -> None:
        super().__init__(parent)
        self._usage = usage
        about = say(
            "merge.about",
            "One class leaves the list and its pixels become another one's, in all images. "
            "Its id is never given again. It is one step that can be undone.",
        )
        layout = frame(self, say("merge.title", "Merge classes"), about)
        left = [each for each in usage if each <= MAX_CLASS_ID and each not in class_map]
        self.gone, self.into = _combo(class_map, left), _combo(class_map, [])
        self._class_map = class_map
        layout.addLayout(
            form(
                (say("merge.gone", "This goes"), self.gone), (say("merge.into", "Into"), self.into)
            )
        )
        self._about = dim()
        layout.addWidget(self._about)
        self.working = Working()
        layout.addWidget(self.working)
        self._ok = buttons(self, say("merge.go", "Merge"), self._go)
        self.gone.currentIndexChanged.connect(lambda _place: self._check())
        self.into.currentIndexChanged.connect(lambda _place: self._check())
        self.gone.setCurrentIndex(max(0, self.gone.findData(gone)))
        if self.into.currentData() == self.gone.currentData():
            self.into.setCurrentIndex(1 if self.into.currentIndex() == 0 else 0)
        self.setMinimumWidth(460)
        self._check()

    def chosen(self) -> tuple[int, int]:
        """Class ids: the one that goes, the one it becomes."""
        return int(self.gone.currentData()), int(self.into.currentData())

    def reject(self) -> None:
        """Closing while it works cancels; nothing is changed."""
        self.working.cancel()
        super().reject()

    def _go(self) -> None:
        for each in (self.gone, self.into, self._ok):
            each.setEnabled(False)
        self.working.begin(say("merge.working", "Looking through the labels"))
        self.go_asked.emit()

    def _check(self) -> None:
        gone, into = self.chosen()
        px, images = self._usage.get(gone, (0, 0))
        same = say("merge.same", "Choose two different classes.")
        text = say(
            "merge.preview",
            "{px} pixels in {n} images become {name}.",
            px=f"{px:,}",
            n=images,
            name=value_name(self._class_map, into),
        )
        self._about.setText(same if gone == into else text)
        self._ok.setEnabled(gone != into)


def _combo(class_map: ClassMap, left: list[int]) -> QComboBox:
    combo = QComboBox()
    for each in class_map.classes:
        combo.addItem(swatch(each.rgb), each.name, each.id)
    for value in left:
        combo.addItem(swatch(_GREY), value_name(class_map, value), value)
    return combo
