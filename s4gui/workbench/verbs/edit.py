"""Verbs of the menu edit, in order."""

from __future__ import annotations

from s4gui.workbench.actions import Menu
from s4gui.workbench.verbs.parts import act, of_menu, writable

VERBS = of_menu(
    Menu.EDIT,
    act(
        "edit.undo",
        lambda now: now.paintable and now.can_undo,
        "Undo",
        "Take back the last edit of this image",
        "Ctrl+Z",
    ),
    act(
        "edit.redo",
        lambda now: now.paintable and now.can_redo,
        "Redo",
        "Do the last undone edit of this image again",
        "Ctrl+Shift+Z Ctrl+Y",
    ),
    act(
        "edit.undo_project",
        lambda now: now.writable and now.can_undo_project,
        "Undo in all images",
        "Take back the last edit that concerned the whole project",
        "Ctrl+Alt+Z",
        divider=True,
    ),
    act(
        "edit.redo_project",
        lambda now: now.writable and now.can_redo_project,
        "Redo in all images",
        "Do the last undone edit of the whole project again",
        "Ctrl+Alt+Shift+Z Ctrl+Alt+Y",
    ),
    act(
        "edit.revert",
        lambda now: now.writable and now.labelled,
        "Take back by source…",
        "Make everything unlabelled that came from a run, an import or another source",
    ),
    act(
        "edit.history",
        lambda now: now.frame,
        "History",
        "The edits of this image by name; click one to go there",
        "Y",
        checkable=True,
    ),
    act(
        "predict.accept",
        lambda now: now.paintable and now.prediction,
        "Accept region",
        "Copy the predicted region under the cursor into your labels",
        "Return Enter",
        divider=True,
    ),
    act("class.add", writable, "Add class…", "Add a class to this project", divider=True),
    act(
        "class.merge",
        lambda now: now.writable and now.classes > 1,
        "Merge classes…",
        "Make one class out of two, in all images",
    ),
    act(
        "class.find",
        lambda now: now.classes > 0,
        "Find class…",
        "Choose a class by typing its name",
        "`",
    ),
    act(
        "class.swap",
        lambda now: now.paintable and now.classes > 0,
        "Swap with last class",
        "Go back to the class you painted before",
        "X",
    ),
)
