"""One class: its name and colour."""

from __future__ import annotations

from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QColorDialog,
    QDialog,
    QLineEdit,
    QPushButton,
    QWidget,
)

from s4gui.core.classes import ClassMap, Rgb
from s4gui.core.messages import say
from s4gui.gui.dialogs.parts import buttons, form, frame
from s4gui.gui.parts import dim, swatch

_FRESH: tuple[Rgb, ...] = (
    (128, 64, 128),
    (0, 102, 204),
    (220, 20, 60),
    (107, 142, 35),
    (250, 170, 30),
    (70, 130, 180),
    (190, 153, 153),
    (0, 168, 140),
    (244, 35, 232),
    (152, 251, 152),
    (119, 11, 32),
    (220, 220, 0),
)


def fresh_colour(class_map: ClassMap) -> Rgb:
    """A colour that no class has yet, far from those they have."""
    used = [each.rgb for each in class_map.classes]
    if not used:
        return _FRESH[0]
    return max(
        _FRESH,
        key=lambda c: min(sum((a - b) ** 2 for a, b in zip(c, u, strict=True)) for u in used),
    )


class ClassDialog(QDialog):
    """Asks for a name and a colour; a name that is taken is refused."""

    def __init__(
        self,
        parent: QWidget | None,
        class_map: ClassMap,
        *,
        class_id: int | None = None,
        about: str = "",
    ) -> None:
        super().__init__(parent)
        old = None if class_id is None else class_map[class_id]
        self._taken = {each.name.casefold() for each in class_map.classes if each is not old}
        self._rgb: Rgb = old.rgb if old else fresh_colour(class_map)
        add = say("class.add_title", "Add class")
        layout = frame(self, say("class.change_title", "Change class") if old else add, about)
        self.name = QLineEdit(old.name if old else "")
        self.colour = QPushButton(say("class.colour_button", "Change colour…"))
        self.colour.setAutoDefault(False)
        self.colour.setIcon(swatch(self._rgb))
        layout.addLayout(
            form(
                (say("class.name", "Name"), self.name),
                (say("class.colour", "Colour"), self.colour),
            )
        )
        self._problem = dim()
        layout.addWidget(self._problem)
        self._ok = buttons(self, say("class.save", "Change") if old else say("class.do_add", "Add"))
        self.name.textChanged.connect(lambda _text: self._check())
        self.colour.clicked.connect(lambda _checked: self._choose())
        self.setMinimumWidth(340)
        self._check()

    def chosen(self) -> tuple[str, Rgb]:
        """Name and colour."""
        return self.name.text().strip(), self._rgb

    def _choose(self) -> None:
        found = QColorDialog.getColor(QColor(*self._rgb), self)
        if found.isValid():
            self._rgb = (found.red(), found.green(), found.blue())
            self.colour.setIcon(swatch(self._rgb))

    def _check(self) -> None:
        name = self.name.text().strip()
        is_taken = name.casefold() in self._taken
        taken = say("class.taken", "There is a class of this name.")
        self._problem.setText(taken if is_taken else "")
        self._ok.setEnabled(bool(name) and not is_taken)
