"""Verbs of the menu help, in order."""

from __future__ import annotations

from s4gui.workbench.actions import Menu
from s4gui.workbench.verbs.parts import act, always, of_menu

VERBS = of_menu(
    Menu.HELP,
    act("help.keys", always, "All keys", "All keys and what the mouse does, on one page", "F1"),
    act(
        "app.palette",
        always,
        "Find and do…",
        "Type to find an action, class, image or setting",
        "Ctrl+K",
    ),
    act("help.pages", always, "Help pages", "How each part works"),
    act("help.tour", always, "Take the tour", "Five steps through the program"),
    act(
        "help.trouble",
        always,
        "What went wrong",
        "Errors of this session, with details to copy",
        divider=True,
    ),
    act("help.about", always, "About s4gui", "Version, licence, folders"),
)
