"""Verbs of the menu project, in order."""

from __future__ import annotations

from s4gui.workbench.actions import Menu
from s4gui.workbench.verbs.parts import act, always, of_menu, project, writable

VERBS = of_menu(
    Menu.PROJECT,
    act("project.new", always, "New project…", "Make a project from a folder of images", "Ctrl+N"),
    act("project.open", always, "Open…", "Open a project folder", "Ctrl+O"),
    act(
        "project.demo",
        always,
        "Open the demo project",
        "A small rendered street project to try everything on",
    ),
    act(
        "project.import_masks",
        writable,
        "Import masks…",
        "Take labels from existing index or colour masks",
        divider=True,
    ),
    act(
        "project.export",
        project,
        "Export…",
        "Write masks of labels or predictions, or a checkpoint",
        "Ctrl+E",
    ),
    act("project.splits", writable, "Splits…", "Choose which images train, validate and test"),
    act(
        "project.rescan",
        writable,
        "Look for new images",
        "Read the image folders again",
        "F5",
        divider=True,
    ),
    act(
        "project.locate",
        writable,
        "Locate images…",
        "Tell where the images lie after they were moved",
    ),
    act(
        "app.settings",
        always,
        "Settings…",
        "Theme, size of the text, mouse wheel",
        "F2",
        divider=True,
    ),
    act(
        "app.keys",
        always,
        "Keys and mouse…",
        "Choose your own keys, or those of a program you know",
    ),
    act("app.quit", always, "Quit", "Close the window", "Ctrl+Q"),
)
