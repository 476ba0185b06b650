"""Verbs of the menu train, in order."""

from __future__ import annotations

from s4gui.workbench.actions import Menu
from s4gui.workbench.verbs.parts import act, of_menu, project, running, writable

VERBS = of_menu(
    Menu.TRAIN,
    act(
        "train.start",
        lambda now: now.running or (now.writable and now.labelled),
        "Train",
        "Start training in the background, or pause it and go on",
        "Ctrl+T",
    ),
    act(
        "train.stop",
        running,
        "Stop after this step",
        "Write a checkpoint and end; it can be continued",
        "Ctrl+Shift+T",
    ),
    act("train.stop_now", running, "Stop now", "End at once without a checkpoint"),
    act(
        "train.continue",
        lambda now: now.can_continue and not now.running,
        "Continue this run",
        "Go on from the last checkpoint of the shown run",
    ),
    act(
        "train.detach",
        lambda now: now.running and not now.detached,
        "Detach",
        "Let the run go on when this window closes; the next start finds it again",
    ),
    act(
        "train.checkpoint",
        running,
        "Checkpoint now",
        "Write a checkpoint after this step (your labels are always saved)",
        "Ctrl+S",
        divider=True,
    ),
    act(
        "train.keep_learning",
        writable,
        "Keep learning",
        "A running training takes new strokes as you paint them",
        checkable=True,
    ),
    act(
        "preview.live",
        project,
        "Live preview",
        "Predict again after each stroke",
        "Ctrl+L",
        checkable=True,
        divider=True,
    ),
    act(
        "preview.features",
        lambda now: now.writable and now.frame,
        "Look at all images with an encoder",
        "A pretrained network looks at every image once, in the background;\n"
        "the live preview then learns from what it saw, beside colours and edges",
    ),
)
