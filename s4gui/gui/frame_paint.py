"""How a row of the image list is painted: picture, name, state, split."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QImage, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from s4gui.core.frames import FrameState, Split
from s4gui.core.messages import say
from s4gui.gui import icons, theme
from s4gui.gui.frame_model import ROW, state_name

_ROW_PX = 62
_PICTURE = QSize(70, 46)
_SIGN_PX = 14
_SIGN_ROLES = {
    FrameState.UNTOUCHED: "text_disabled",
    FrameState.STARTED: "accent",
    FrameState.DONE: "good",
    FrameState.APPROVED: "good",
    FrameState.FLAGGED: "warning",
}


def row_px(font: QFontMetrics) -> int:
    """How high a row is."""
    return max(_ROW_PX, 2 * font.height() + 20)


class FramePainter(QStyledItemDelegate):
    """Paints one row; all rows are of one size."""

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """The same for every row."""
        return QSize(160, row_px(option.fontMetrics))

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Picture at the left, name and state beside it."""
        style: Any = option
        each = index.data(ROW)
        worn = theme.worn()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        rect: QRect = style.rect
        if style.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, worn.colour("selection"))
            painter.fillRect(
                QRect(rect.left(), rect.top(), 3, rect.height()), worn.colour("accent")
            )
        elif style.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, worn.colour("hover"))
        box = QRect(
            rect.left() + 10,
            rect.center().y() - _PICTURE.height() // 2,
            _PICTURE.width(),
            _PICTURE.height(),
        )
        _picture(painter, box, each.thumbnail, is_broken=bool(each.frame.problem))
        text = rect.adjusted(box.right() - rect.left() + 10, 8, -8, -8)
        self._text(painter, text, each, style.font)
        painter.restore()

    def _text(self, painter: QPainter, rect: QRect, each: Any, font: QFont) -> None:
        worn = theme.worn()
        is_broken = bool(each.frame.problem)
        half = rect.height() // 2
        top = QRect(rect.left(), rect.top(), rect.width(), half)
        low = QRect(rect.left(), rect.top() + half, rect.width(), half)
        painter.setFont(font)
        painter.setPen(worn.colour("text_disabled" if is_broken else "text"))
        metrics = painter.fontMetrics()
        shown = each.name
        if metrics.horizontalAdvance(shown) > top.width():
            # What all names have in common tells nothing.
            own = shown if each.own in {shown, ""} else f"…{each.own}"
            shown = metrics.elidedText(own, Qt.TextElideMode.ElideRight, top.width())
        painter.drawText(top, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
        small = QFont(font)
        small.setPointSizeF(font.pointSizeF() * 0.9)
        painter.setFont(small)
        if not is_broken:
            low = _sign(painter, low, each.state)
            low = _pill(painter, low, each.frame.split)
        painter.setPen(worn.colour("bad" if is_broken else "text_dim"))
        metrics = painter.fontMetrics()
        # A number that is cut is another number: without room there is none.
        fits = is_broken or metrics.horizontalAdvance(each.words) <= low.width()
        words = each.words if fits else state_name(each.state)
        state = metrics.elidedText(words, Qt.TextElideMode.ElideRight, low.width())
        painter.drawText(low, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, state)


def _picture(painter: QPainter, box: QRect, picture: QImage | None, *, is_broken: bool) -> None:
    worn = theme.worn()
    if picture is None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(worn.colour("hover"))
        painter.drawRoundedRect(box, 3, 3)
        if is_broken:
            painter.setPen(QPen(worn.colour("bad"), 2))
            middle = box.center()
            painter.drawLine(middle.x() - 6, middle.y() - 6, middle.x() + 6, middle.y() + 6)
            painter.drawLine(middle.x() - 6, middle.y() + 6, middle.x() + 6, middle.y() - 6)
        return
    # Fill the box: a row of equal pictures reads calmer than ones with bars.
    wide = picture.width() * box.height() > picture.height() * box.width()
    if wide:
        part = picture.height() * box.width() / box.height()
        source = QRectF((picture.width() - part) / 2, 0, part, picture.height())
    else:
        part = picture.width() * box.height() / box.width()
        source = QRectF(0, (picture.height() - part) / 2, picture.width(), part)
    painter.drawImage(QRectF(box), picture, source)


def _sign(painter: QPainter, rect: QRect, state: FrameState) -> QRect:
    """The state's icon at the left; what is left of the room."""
    box = QRectF(rect.left(), rect.center().y() - _SIGN_PX / 2, _SIGN_PX, _SIGN_PX)
    icons.draw(painter, box, f"state.{state}", theme.worn().roles[_SIGN_ROLES[state]])
    return rect.adjusted(_SIGN_PX + 5, 0, 0, 0)


def _pill(painter: QPainter, rect: QRect, split: Split) -> QRect:
    """The split at the right, when it is not the usual one."""
    if split is Split.TRAIN:
        return rect
    worn = theme.worn()
    text = say("split.val", "val") if split is Split.VAL else say("split.test", "test")
    width = painter.fontMetrics().horizontalAdvance(text) + 12
    height = painter.fontMetrics().height() + 2
    pill = QRect(rect.right() - width, rect.center().y() - height // 2, width, height)
    colour = worn.colour("accent" if split is Split.VAL else "warning")
    painter.setPen(QPen(colour, 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(QRectF(pill).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
    painter.setPen(colour)
    painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, text)
    return rect.adjusted(0, 0, -width - 6, 0)
