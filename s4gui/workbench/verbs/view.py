"""Verbs of the menu view, in order."""

from __future__ import annotations

from s4gui.workbench.actions import Menu, Scope
from s4gui.workbench.verbs.parts import act, always, frame, of_menu

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
        "layer.labels",
        frame,
        "My labels",
        "Show or hide your labels",
        "Q",
        checkable=True,
        divider=True,
    ),
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
