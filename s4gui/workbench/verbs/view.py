"""Verbs of the menu view, in order."""

from __future__ import annotations

from s4gui.workbench.actions import Menu, Scope
from s4gui.workbench.verbs.parts import act, always, frame, of_menu, writable

VERBS = of_menu(
    Menu.VIEW,
    act(
        "workspace.label",
        always,
        "Label",
        "Paint strokes and see the preview",
        "F6 Alt+1",
        checkable=True,
    ),
    act(
        "workspace.train",
        always,
        "Train",
        "Choose a recipe, watch curves and scores",
        "F7 Alt+2",
        checkable=True,
    ),
    act(
        "workspace.review",
        always,
        "Review",
        "Compare image, labels and prediction",
        "F8 Alt+3",
        checkable=True,
    ),
    act("view.fit", frame, "Fit image", "Show the whole image", "Ctrl+0", divider=True),
    act("view.actual", frame, "Actual size", "One image pixel for one screen pixel", "Ctrl+1"),
    act("view.zoom_in", frame, "Zoom in", "Zoom in", "Ctrl++ Ctrl+="),
    act("view.zoom_out", frame, "Zoom out", "Zoom out", "Ctrl+-"),
    act(
        "layer.image",
        frame,
        "Image",
        "Show or hide the image",
        "Shift+H",
        checkable=True,
        divider=True,
    ),
    act("layer.labels", frame, "My labels", "Show or hide your labels", "Q", checkable=True),
    act(
        "layer.prediction", frame, "Prediction", "Show or hide the prediction", "S", checkable=True
    ),
    act(
        "layer.confidence",
        frame,
        "Uncertainty",
        "Show where the prediction is unsure",
        "U",
        checkable=True,
    ),
    act(
        "layer.reference",
        frame,
        "Reference",
        "Show what predictions are held against: your labels on val and test images, "
        "imported labels on train images",
        "Shift+R",
        checkable=True,
    ),
    act(
        "layer.source",
        frame,
        "Sources",
        "Show how each pixel got its label: painted, imported, accepted, …",
        "Shift+Q",
        checkable=True,
    ),
    act(
        "layer.disagreement",
        frame,
        "Disagreement",
        "Show where label and prediction differ; and, where both have answered, "
        "where the preview and the network differ",
        "Shift+U",
        checkable=True,
    ),
    act(
        "layer.error",
        frame,
        "Class error",
        "Show where the prediction hit, missed or falsely found the class in hand, "
        "on images with a reference",
        "Shift+E",
        checkable=True,
    ),
    act(
        "layer.style",
        frame,
        "Fill, outline or pattern",
        "Change how your labels are drawn",
        "O",
        divider=True,
    ),
    act(
        "view.colours",
        writable,
        "Class colours…",
        "Choose a palette, change single colours, see which are hard to tell apart",
    ),
    act("view.save", frame, "Save this view…", "Keep layers, opacities and styles under a name"),
    act("view.next_saved", frame, "Next saved view", "Show the next saved view", "Tab"),
    act(
        "layer.bare",
        frame,
        "Bare image (hold)",
        "Look at the image alone while the key is held",
        "H",
        scope=Scope.CANVAS,
    ),
    act(
        "view.full_screen",
        always,
        "Full screen",
        "Use the whole screen",
        "F11",
        checkable=True,
        divider=True,
    ),
)
