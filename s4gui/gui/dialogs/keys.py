"""Keys and mouse: one page made from the actions, so that it is never out of date."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from PySide6.QtWidgets import QDialog, QHBoxLayout, QTextBrowser, QWidget

from s4gui.core.messages import say
from s4gui.gui import theme
from s4gui.gui.dialogs.parts import close_button, frame
from s4gui.gui.key_names import menu_title, native
from s4gui.workbench.actions import CLASS_PLACES, Menu, class_action
from s4gui.workbench.keymap import KeyMap
from s4gui.workbench.verbs import ACTIONS


def mouse_rows() -> tuple[tuple[str, str], ...]:
    """Gestures and what they do."""
    return (
        (say("mouse.left", "Left drag"), say("mouse.left_does", "the current tool")),
        (
            say("mouse.shift_click", "Shift + click"),
            say("mouse.shift_click_does", "straight line from the last point"),
        ),
        (
            say("mouse.right", "Right drag, Ctrl + left drag"),
            say("mouse.right_does", "erase to unlabelled"),
        ),
        (say("mouse.right_click", "Right click"), say("mouse.right_click_does", "menu")),
        (
            say("mouse.middle", "Middle drag, Space + drag"),
            say("mouse.middle_does", "move the image"),
        ),
        (say("mouse.wheel", "Wheel, pinch"), say("mouse.wheel_does", "zoom at the cursor")),
        (say("mouse.shift_wheel", "Shift + wheel"), say("mouse.shift_wheel_does", "brush size")),
        (say("mouse.alt", "Alt + click"), say("mouse.alt_does", "pick the class under it")),
    )


def _table(title: str, rows: list[tuple[str, str]]) -> str:
    dim = theme.worn().roles["text_dim"]
    lines = "".join(
        f'<tr><td style="padding:2px 14px 2px 0;color:{dim}">{escape(key)}</td>'
        f'<td style="padding:2px 0">{escape(text)}</td></tr>'
        for key, text in rows
    )
    return f"<p><b>{escape(title)}</b></p><table cellspacing=0>{lines}</table>"


def page(keymap: KeyMap, menus: tuple[Menu, ...], *, with_mouse: bool = False) -> str:
    """HTML of some menus' keys."""
    parts = []
    for menu in menus:
        rows = [
            (", ".join(map(native, keymap.of(spec.id))), spec.text.text.rstrip("…"))
            for spec in ACTIONS
            if spec.menu is menu and keymap.of(spec.id)
        ]
        if menu is Menu.TOOLS:
            rows += [(key, say("keys.class_n", "Class {n}", n=n + 1)) for n, key in _places(keymap)]
        if rows:
            parts.append(_table(menu_title(menu), rows))
    if with_mouse:
        parts.append(_table(say("mouse.title", "Mouse"), list(mouse_rows())))
    return "".join(parts)


def _places(keymap: KeyMap) -> Iterator[tuple[int, str]]:
    for place in range(CLASS_PLACES):
        keys = keymap.of(class_action(place))
        if keys:
            yield place, ", ".join(map(native, keys))


class KeysDialog(QDialog):
    """The keys sheet."""

    def __init__(self, parent: QWidget | None, keymap: KeyMap) -> None:
        super().__init__(parent)
        layout = frame(self, say("keys.title", "Keys and mouse"))
        line = QHBoxLayout()
        line.setSpacing(10)
        left = (Menu.TOOLS, Menu.IMAGE, Menu.EDIT)
        right = (Menu.VIEW, Menu.TRAIN, Menu.PROJECT, Menu.HELP)
        for html in (
            page(keymap, left),
            page(keymap, right),
            page(keymap, (), with_mouse=True),
        ):
            browser = QTextBrowser()
            browser.setHtml(html)
            line.addWidget(browser)
        layout.addLayout(line, 1)
        close_button(self)
        self.resize(1000, 620)
