"""Verbs of the menu edit, in order."""

from __future__ import annotations

from s4gui.workbench.actions import Menu
from s4gui.workbench.verbs.parts import act, frame, of_menu, paintable, writable

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
        "edit.copy",
        frame,
        "Copy labels",
        "Copy the selected area, or all labels of this image",
        "Ctrl+C",
        divider=True,
    ),
    act("edit.paste", paintable, "Paste labels", "Put what was copied on this image", "Ctrl+V"),
    act(
        "edit.paste_previous",
        paintable,
        "Paste from the previous image",
        "Put all labels of the image before this one on this image",
        "Ctrl+Shift+V",
    ),
    act("edit.delete", paintable, "Erase selected area", "Erase what is selected", "Del"),
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
        "class.counts",
        lambda now: now.classes > 0,
        "Class counts…",
        "Labelled pixels of each class, in this image and in all",
    ),
    act(
        "class.swap",
        lambda now: now.paintable and now.classes > 0,
        "Swap with last class",
        "Go back to the class you painted before",
        "X",
    ),
)
