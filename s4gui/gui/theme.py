"""Theme: colours by role, from resources/themes, made into a palette and a style sheet."""

from __future__ import annotations

import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from s4gui.gui import icons
from s4gui.gui.theme_sheet import style_sheet
from s4gui.store import resources

_CURVES = (
    "#4c9be8",
    "#e8944c",
    "#6fbf73",
    "#c679dd",
    "#d9c04a",
    "#e06c75",
    "#56b6c2",
    "#a0a7b2",
)
DARK: Mapping[str, str] = {
    "window": "#23262b",
    "panel": "#2a2e34",
    "base": "#1e2125",
    "raised": "#343941",
    "hover": "#3d434c",
    "border": "#3b4048",
    "text": "#e6e8eb",
    "text_dim": "#9aa2ad",
    "text_disabled": "#666d77",
    "accent": "#4c9be8",
    "accent_text": "#ffffff",
    "selection": "#2f4d6e",
    "good": "#58b56c",
    "warning": "#d9a441",
    "bad": "#e2685f",
    "canvas": "#17191c",
    "plot_background": "#1e2125",
    "plot_grid": "#3b4048",
    **{f"plot_{n}": colour for n, colour in enumerate(_CURVES, 1)},
}
LIGHT: Mapping[str, str] = {
    "window": "#eceef1",
    "panel": "#f7f8fa",
    "base": "#ffffff",
    "raised": "#ffffff",
    "hover": "#e3e8ee",
    "border": "#d2d7de",
    "text": "#1d2126",
    "text_dim": "#5c6570",
    "text_disabled": "#a3abb5",
    "accent": "#1f6fc4",
    "accent_text": "#ffffff",
    "selection": "#cfe2f7",
    "good": "#2c8a44",
    "warning": "#a36a00",
    "bad": "#c0392f",
    "canvas": "#c9cdd3",
    "plot_background": "#ffffff",
    "plot_grid": "#d2d7de",
    **{f"plot_{n}": colour for n, colour in enumerate(_CURVES, 1)},
}


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours by role name (#rrggbb); every role of DARK is there."""

    name: str
    is_dark: bool
    roles: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        missing = sorted(set(DARK) - set(self.roles))
        if missing:
            raise ValueError(f"the theme {self.name} has no {', '.join(missing)}")

    def colour(self, role: str) -> QColor:
        """The colour of a role."""
        return QColor(self.roles[role])

    def curve(self, place: int) -> str:
        """The colour of the n-th curve, from 0; after eight they begin again."""
        return self.roles[f"plot_{place % len(_CURVES) + 1}"]

    def palette(self) -> QPalette:
        """The roles as Qt knows them, for everything the style sheet does not name."""
        palette = QPalette()
        for role, name in _QT_ROLES.items():
            palette.setColor(role, self.colour(name))
        for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text):
            palette.setColor(QPalette.ColorGroup.Disabled, role, self.colour("text_disabled"))
        off = QPalette.ColorRole.ButtonText
        palette.setColor(QPalette.ColorGroup.Disabled, off, self.colour("text_disabled"))
        return palette


_QT_ROLES = {
    QPalette.ColorRole.Window: "window",
    QPalette.ColorRole.WindowText: "text",
    QPalette.ColorRole.Base: "base",
    QPalette.ColorRole.AlternateBase: "panel",
    QPalette.ColorRole.ToolTipBase: "raised",
    QPalette.ColorRole.ToolTipText: "text",
    QPalette.ColorRole.PlaceholderText: "text_dim",
    QPalette.ColorRole.Text: "text",
    QPalette.ColorRole.Button: "raised",
    QPalette.ColorRole.ButtonText: "text",
    QPalette.ColorRole.BrightText: "bad",
    QPalette.ColorRole.Light: "hover",
    QPalette.ColorRole.Midlight: "raised",
    QPalette.ColorRole.Mid: "border",
    QPalette.ColorRole.Dark: "border",
    QPalette.ColorRole.Shadow: "border",
    QPalette.ColorRole.Highlight: "accent",
    QPalette.ColorRole.HighlightedText: "accent_text",
    QPalette.ColorRole.Link: "accent",
    QPalette.ColorRole.LinkVisited: "accent",
    QPalette.ColorRole.Accent: "accent",
}


def load(name: str) -> Theme:
    """The theme of resources/themes/<name>.toml; roles it does not give keep their default."""
    is_dark = name != "light"
    roles = dict(DARK if is_dark else LIGHT)
    try:
        raw = tomllib.loads(resources.find(f"themes/{name}.toml").read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError):
        raw = {}
    for table in (raw, *(each for each in raw.values() if isinstance(each, dict))):
        for role, value in table.items():
            if role in roles and isinstance(value, str) and QColor(value).isValid():
                roles[role] = value
    return Theme(name, is_dark, roles)


def resolved(choice: str) -> str:
    """`dark` or `light` for a setting that may also be `system`."""
    if choice in {"dark", "light"}:
        return choice
    scheme = QGuiApplication.styleHints().colorScheme()
    return "light" if scheme == Qt.ColorScheme.Light else "dark"


def apply(app: QApplication, choice: str) -> Theme:
    """Dress the application; the theme now worn."""
    theme = load(resolved(choice))
    app.setPalette(theme.palette())
    app.setStyleSheet(style_sheet(theme.roles, _marks(theme)))
    icons.recolour(theme.roles["text"], theme.roles["text_disabled"], theme.roles["accent_text"])
    global _worn  # noqa: PLW0603 - one application wears one theme
    _worn = theme
    return theme


_MARKS = {
    "down": "M3 6 L8 11 L13 6",
    "up": "M3 10 L8 5 L13 10",
    "tick": "M3 8.5 L6.5 12 L13 4.5",
}
_marks_folder = tempfile.TemporaryDirectory(prefix="s4gui-theme-", ignore_cleanup_errors=True)


def _marks(theme: Theme) -> dict[str, str]:
    """Files with the small marks of boxes and fields: a style sheet takes no other pictures."""
    found = {}
    for name, path in _MARKS.items():
        colour = theme.roles["accent_text" if name == "tick" else "text_dim"]
        file = Path(_marks_folder.name) / f"{name}-{colour[1:]}.svg"
        file.write_text(
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" fill="none" '
            f'stroke="{colour}" stroke-width="2"><path d="{path}"/></svg>',
            "utf-8",
        )
        found[name] = f'url("{file.as_posix()}")'
    return found


_worn = Theme("dark", is_dark=True, roles=DARK)


def worn() -> Theme:
    """The theme the application wears now; delegates paint with it."""
    return _worn
