"""Class colours: a palette for all classes, single colours by hand, what is hard to tell apart."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QIcon, QImage, QPainter, QPainterPath, QPixmap
from PySide6.QtWidgets import (
    QColorDialog,
    QComboBox,
    QDialog,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QWidget,
)

from s4gui.core.classes import ClassMap, Rgb
from s4gui.core.colours import Vision, hard_pairs, seen_as
from s4gui.core.messages import say
from s4gui.gui.canvas.styles import PATTERNS, pattern_of
from s4gui.gui.dialogs.parts import buttons, form, frame
from s4gui.gui.layer_words import short
from s4gui.gui.parts import dim, row
from s4gui.store.palettes import Palette

_LISTED = 5
_SWATCH = QSize(40, 20)
_ID = Qt.ItemDataRole.UserRole


class PaletteDialog(QDialog):
    """Asks for colours; nothing changes until it is accepted."""

    def __init__(
        self, parent: QWidget | None, class_map: ClassMap, palettes: tuple[Palette, ...]
    ) -> None:
        super().__init__(parent)
        self._classes, self._palettes = class_map.classes, palettes
        self._before = {each.id: each.rgb for each in self._classes}
        self._rgb = dict(self._before)
        layout = frame(
            self,
            say("class_colours.title", "Class colours"),
            say(
                "palette.about",
                "Colours change how labels are shown, never what they are. "
                "The patterns beside them are drawn when labels are shown as patterns (O).",
            ),
        )
        self.palette_box = QComboBox()
        self.palette_box.addItem(say("palette.now", "As they are now"), "")
        for place, each in enumerate(palettes, 1):
            text = say("palette.entry", "{title} ({n})", title=each.title, n=len(each.colours))
            self.palette_box.addItem(text, each.name)
            self.palette_box.setItemData(place, each.source, Qt.ItemDataRole.ToolTipRole)
        self.vision_box = QComboBox()
        for vision in Vision:
            self.vision_box.addItem(_vision_name(vision), vision)
        self.vision_box.setToolTip(
            say(
                "palette.vision_tip",
                "The two common kinds of red-green blindness, at their strongest",
            )
        )
        layout.addLayout(
            form(
                (say("palette.choose", "Palette"), self.palette_box),
                (say("palette.vision", "Seen with"), self.vision_box),
            )
        )
        self.listed = QListWidget()
        self.listed.setUniformItemSizes(True)
        self.listed.setIconSize(_SWATCH)
        self.listed.setAccessibleName(say("class_colours.list", "Classes and their colours"))
        layout.addWidget(self.listed, 1)
        self.change = QPushButton(say("palette.change", "Change colour…"))
        self.change.setAutoDefault(False)
        line = row(self.change)
        line.addStretch(1)
        layout.addLayout(line)
        self.warning = dim()
        layout.addWidget(self.warning)
        buttons(self, say("palette.use", "Use these colours"))
        self.palette_box.activated.connect(lambda _place: self._take_palette())
        self.vision_box.currentIndexChanged.connect(lambda _place: self._show())
        self.listed.itemDoubleClicked.connect(lambda _item: self._change())
        self.listed.currentRowChanged.connect(lambda _row: self._show_button())
        self.change.clicked.connect(lambda _checked: self._change())
        for one in self._classes:
            QListWidgetItem(one.name, self.listed).setData(_ID, one.id)
        self.setMinimumSize(440, 520)
        self._show()
        self._show_button()

    def chosen(self) -> dict[int, Rgb]:
        """The colours that are other ones than before, by class id."""
        return {each: rgb for each, rgb in self._rgb.items() if rgb != self._before[each]}

    def _take_palette(self) -> None:
        name = self.palette_box.currentData()
        self._rgb = dict(self._before)
        for palette in self._palettes:
            if palette.name == name:
                given = palette.give(len(self._classes))
                self._rgb = {c.id: rgb for c, rgb in zip(self._classes, given, strict=True)}
        self._show()

    def _change(self) -> None:
        item = self.listed.currentItem()
        if item is None:
            return
        class_id = int(item.data(_ID))
        found = QColorDialog.getColor(QColor(*self._rgb[class_id]), self, item.text())
        if found.isValid():
            self._rgb[class_id] = (found.red(), found.green(), found.blue())
            self._show()

    def _show_button(self) -> None:
        self.change.setEnabled(self.listed.currentItem() is not None)

    def _show(self) -> None:
        vision = Vision(self.vision_box.currentData())
        ratio = self.devicePixelRatioF()
        for place, each in enumerate(self._classes):
            seen = seen_as(np.array(self._rgb[each.id], np.uint8), vision)
            r, g, b = (int(part) for part in seen)
            item = self.listed.item(place)
            item.setIcon(QIcon(_swatch((r, g, b), each.id, ratio)))
            item.setToolTip("#{:02x}{:02x}{:02x}".format(*self._rgb[each.id]))
        self.warning.setText(self._warning())

    def _warning(self) -> str:
        pairs = hard_pairs(tuple(self._rgb[each.id] for each in self._classes))
        if not pairs:
            return say("palette.fine", "✓ All classes can be told apart, whoever looks.")
        lines = [
            say(
                "palette.pair",
                "{a} and {b} ({vision})",
                a=short(self._classes[first].name),
                b=short(self._classes[second].name),
                vision=_vision_name(vision),
            )
            for first, second, vision, _far in pairs[:_LISTED]
        ]
        if len(pairs) > _LISTED:
            lines.append(say("palette.more", "and {n} more", n=len(pairs) - _LISTED))
        return say("palette.hard", "⚠ Hard to tell apart: {pairs}", pairs="; ".join(lines))


def _vision_name(vision: Vision) -> str:
    return {
        Vision.NORMAL: say("vision.normal", "normal vision"),
        Vision.DEUTERANOPIA: say("vision.deuteranopia", "deuteranopia"),
        Vision.PROTANOPIA: say("vision.protanopia", "protanopia"),
    }[vision]


def _swatch(rgb: Rgb, class_id: int, ratio: float) -> QPixmap:
    """A colour at the left, its class's pattern at the right."""
    w, h = _SWATCH.width(), _SWATCH.height()
    on = PATTERNS[pattern_of(np.array([class_id]))[0]]
    cells = np.tile(on, (h // 8 + 1, w // 8 + 1))[:h, : w // 2]
    strength = np.ones((h, w))
    strength[:, w // 2 :] = np.where(cells, 1.0, 0.3)
    argb = np.empty((h, w, 4), np.uint8)
    argb[..., :3] = rgb[::-1]
    argb[..., 3] = np.floor(strength * 255 + 0.5)
    image = QImage(argb.data, w, h, 4 * w, QImage.Format.Format_ARGB32)
    pixmap = QPixmap(_SWATCH * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    shape = QPainterPath()
    shape.addRoundedRect(0, 0, w, h, 4, 4)
    painter.setClipPath(shape)
    painter.drawImage(0, 0, image)
    painter.end()
    return pixmap
