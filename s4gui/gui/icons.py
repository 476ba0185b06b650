"""Icons: SVG files named as the actions, drawn in the colours of the theme at any scale."""

from __future__ import annotations

import re

from PySide6.QtCore import QByteArray, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QImage, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from s4gui.store import resources

_colours: dict[str, str] = {"text": "#e6e8eb", "disabled": "#666d77", "accent_text": "#ffffff"}
_sources: dict[str, bytes] = {}
_renderers: dict[tuple[str, str], QSvgRenderer] = {}
_PAINT = re.compile(rb"currentColor")


def recolour(text: str, disabled: str, accent_text: str) -> None:
    """Draw all icons, also those already on buttons, in these colours from now on."""
    _colours.update(text=text, disabled=disabled, accent_text=accent_text)
    _renderers.clear()


def exists(name: str) -> bool:
    """Whether there is a picture of this name."""
    return bool(_source(name))


def icon(name: str, *, role: str = "text") -> QIcon:
    """The icon of this name; a null icon when there is no picture."""
    return QIcon(_Engine(name, role)) if exists(name) else QIcon()


def draw(painter: QPainter, box: QRectF, name: str, colour: str) -> None:
    """Draw a picture in a colour (#rrggbb) of the caller's choice."""
    _renderer(name, colour).render(painter, box)


def _source(name: str) -> bytes:
    if name not in _sources:
        try:
            _sources[name] = resources.find(f"icons/{name}.svg").read_bytes()
        except OSError:
            _sources[name] = b""
    return _sources[name]


def _renderer(name: str, colour: str) -> QSvgRenderer:
    key = (name, colour)
    if key not in _renderers:
        data = _PAINT.sub(colour.encode(), _source(name))
        _renderers[key] = QSvgRenderer(QByteArray(data))
    return _renderers[key]


class _Engine(QIconEngine):
    """Draws the SVG when asked, so that a change of theme or scale needs no new icons."""

    def __init__(self, name: str, role: str) -> None:
        super().__init__()
        self._name, self._role = name, role

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        """Draw into `rect`; a checked icon looks like an unchecked one."""
        del state
        role = "disabled" if mode == QIcon.Mode.Disabled else self._role
        _renderer(self._name, _colours[role]).render(painter, QRectF(rect))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """The icon on nothing, `size` in device pixels."""
        image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        self.paint(painter, QRect(0, 0, size.width(), size.height()), mode, state)
        painter.end()
        return QPixmap.fromImage(image)

    def clone(self) -> QIconEngine:
        """Another engine for the same picture."""
        return _Engine(self._name, self._role)
