"""How the command palette draws a row: picture, text with the found letters, kind, keys."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QIcon, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from s4gui.gui import icons, theme
from s4gui.gui.parts import swatch
from s4gui.workbench.finding import Entry, Found

FOUND = Qt.ItemDataRole.UserRole + 1
_PAD, _ICON = 10, 18


class FoundPainter(QStyledItemDelegate):
    """Draws a Found; what cannot be done now is dim, with the reason beside it."""

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """The same for every row."""
        style: Any = option
        return QSize(200, max(30, style.fontMetrics.height() + 13))

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Paint one row."""
        style: Any = option
        worn, rect = theme.worn(), QRect(style.rect)
        found: Found = index.data(FOUND)
        entry = found.entry
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(style.font)
        if style.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(worn.colour("selection"))
            painter.drawRoundedRect(QRectF(rect).adjusted(1, 1, -1, -1), 5, 5)
        elif style.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, worn.colour("hover"))
        side = QRect(rect.left() + _PAD, rect.center().y() - _ICON // 2 + 1, _ICON, _ICON)
        mode = QIcon.Mode.Disabled if entry.off else QIcon.Mode.Normal
        _picture(entry).paint(painter, side, Qt.AlignmentFlag.AlignCenter, mode)
        right = _keys(painter, rect, entry.keys, style.font)
        right = _kind(
            painter, QRect(rect.left(), rect.top(), right - rect.left(), rect.height()), entry
        )
        left = side.right() + _PAD
        room = QRect(left, rect.top(), right - left - _PAD, rect.height())
        _text(painter, room, found, style.font)
        painter.restore()


def _picture(entry: Entry) -> QIcon:
    if isinstance(entry.picture, tuple):
        return swatch(entry.picture)
    return icons.icon(str(entry.picture or ""))


def _keys(painter: QPainter, rect: QRect, keys: str, font: QFont) -> int:
    """Draw the keys at the right; the x where they begin."""
    if not keys:
        return rect.right() - _PAD
    worn = theme.worn()
    small = QFont(font)
    small.setPointSizeF(font.pointSizeF() * 0.88)
    painter.setFont(small)
    width = max(22, painter.fontMetrics().horizontalAdvance(keys) + 12)
    height = painter.fontMetrics().height() + 4
    cap = QRect(rect.right() - _PAD - width, rect.center().y() - height // 2, width, height)
    painter.setPen(QPen(worn.colour("border"), 1))
    painter.setBrush(worn.colour("raised"))
    painter.drawRoundedRect(QRectF(cap).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
    painter.setPen(worn.colour("text_dim"))
    painter.drawText(cap, Qt.AlignmentFlag.AlignCenter, keys)
    painter.setFont(font)
    return cap.left() - 4


def _kind(painter: QPainter, rect: QRect, entry: Entry) -> int:
    """Draw why it is off, or of what kind it is; the x where it begins."""
    worn = theme.worn()
    shown = entry.off or entry.kind
    wide = min(painter.fontMetrics().horizontalAdvance(shown) + 6, rect.width() // 2)
    box = QRect(rect.right() - wide - 4, rect.top(), wide, rect.height())
    painter.setPen(worn.colour("warning" if entry.off else "text_dim"))
    text = painter.fontMetrics().elidedText(shown, Qt.TextElideMode.ElideRight, wide)
    painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
    return box.left()


def _text(painter: QPainter, room: QRect, found: Found, font: QFont) -> None:
    worn = theme.worn()
    entry, marked = found.entry, set(found.fit.letters)
    bold = QFont(font)
    bold.setBold(True)
    plain = worn.colour("text_disabled" if entry.off else "text")
    # A long name of a file is told apart by its end.
    mode = Qt.TextElideMode.ElideMiddle if "/" in entry.text else Qt.TextElideMode.ElideRight
    if painter.fontMetrics().horizontalAdvance(entry.text) > room.width():
        painter.setPen(plain)
        text = painter.fontMetrics().elidedText(entry.text, mode, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, text)
        return
    x = room.left()
    for run, is_marked in _runs(entry.text, marked):
        painter.setFont(bold if is_marked else font)
        painter.setPen(worn.colour("accent") if is_marked and not entry.off else plain)
        wide = painter.fontMetrics().horizontalAdvance(run)
        box = QRect(x, room.top(), wide + 2, room.height())
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, run)
        x += wide


def _runs(text: str, marked: set[int]) -> list[tuple[str, bool]]:
    """The text cut where marked letters begin or end."""
    out: list[tuple[str, bool]] = []
    for place, letter in enumerate(text):
        is_marked = place in marked
        if out and out[-1][1] == is_marked:
            out[-1] = (out[-1][0] + letter, is_marked)
        else:
            out.append((letter, is_marked))
    return out
