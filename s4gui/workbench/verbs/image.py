"""Verbs of the menu image, in order."""

from __future__ import annotations

from s4gui.workbench.actions import Menu
from s4gui.workbench.verbs.parts import act, of_menu, paintable, project

_AGAIN = "again takes the mark away"

VERBS = of_menu(
    Menu.IMAGE,
    act("image.previous", project, "Previous image", "Go to the previous image", "A PgUp"),
    act("image.next", project, "Next image", "Go to the next image", "D PgDown"),
    act(
        "image.next_unlabelled",
        project,
        "Next unlabelled image",
        "Go to the next image without a stroke",
        "Shift+N",
    ),
    act(
        "image.filter",
        project,
        "Filter images",
        "Type a part of an image's name",
        "Ctrl+F",
        divider=True,
    ),
    act(
        "image.tags",
        lambda now: now.frame and now.classes > 0,
        "In this image",
        "Say which classes the whole image shows and which it does not",
        "T",
        checkable=True,
        divider=True,
    ),
    act(
        "image.others_absent",
        lambda now: now.paintable and now.classes > 0,
        "All others absent",
        "Say that the image shows no class but those painted or present",
        "Shift+T",
    ),
    act(
        "state.done",
        paintable,
        "Mark done",
        f"The selected images are finished; {_AGAIN}",
        "Ctrl+Return Ctrl+Enter",
        divider=True,
    ),
    act(
        "state.approved",
        paintable,
        "Approve",
        f"Somebody has looked over the selected images; {_AGAIN}",
        "Shift+A",
    ),
    act(
        "state.flagged",
        paintable,
        "Flag",
        f"Something is to be seen to in the selected images; {_AGAIN}",
        "Shift+G",
    ),
    act(
        "state.next",
        project,
        "Next of this state",
        "Go to the next image in the state of this one",
        "Alt+PgDown",
    ),
    act(
        "state.previous",
        project,
        "Previous of this state",
        "Go to the image before it in the state of this one",
        "Alt+PgUp",
    ),
    act(
        "camera.use",
        paintable,
        "Use void as camera mask…",
        "Hide what is void here (bonnet, border) in all images of a folder: never learned,"
        " never predicted. Labels below it stay, without effect",
        divider=True,
    ),
    act(
        "camera.remove",
        lambda now: now.paintable and now.camera_mask,
        "Remove camera mask",
        "Hide nothing of this image and of the others with the same mask any more",
    ),
    act("image.split_train", paintable, "Use for training", "This image teaches", divider=True),
    act("image.split_val", paintable, "Use for validation", "This image gives scores"),
    act("image.split_test", paintable, "Use for testing", "This image is scored once"),
)
