"""The verbs of the window: every action, by menu and in menu order."""

from __future__ import annotations

from dataclasses import replace

from s4gui.core.messages import Message
from s4gui.workbench.actions import ActionSpec, EnabledWhen, Menu, Situation


def _act(
    action_id: str,
    when: EnabledWhen,
    text: str,
    tip: str,
    keys: str = "",
    *,
    checkable: bool = False,
    divider: bool = False,
) -> ActionSpec:
    return ActionSpec(
        id=action_id,
        text=Message(f"action.{action_id}", text),
        tip=Message(f"action.{action_id}.tip", tip),
        keys=tuple(keys.split()),
        checkable=checkable,
        divider=divider,
        when=when,
    )


def _menu(menu: Menu, *specs: ActionSpec) -> tuple[ActionSpec, ...]:
    return tuple(replace(spec, menu=menu) for spec in specs)


def _always(_: Situation) -> bool:
    return True


def _project(now: Situation) -> bool:
    return now.project


def _writable(now: Situation) -> bool:
    return now.writable


def _frame(now: Situation) -> bool:
    return now.frame


def _paintable(now: Situation) -> bool:
    return now.paintable


def _running(now: Situation) -> bool:
    return now.running


_PROJECT = _menu(
    Menu.PROJECT,
    _act(
        "project.new", _always, "New project…", "Make a project from a folder of images", "Ctrl+N"
    ),
    _act("project.open", _always, "Open…", "Open a project folder", "Ctrl+O"),
    _act(
        "project.demo",
        _always,
        "Open the demo project",
        "A small rendered street project to try everything on",
    ),
    _act(
        "project.import_masks",
        _writable,
        "Import masks…",
        "Take labels from existing index or colour masks",
        divider=True,
    ),
    _act(
        "project.export",
        _project,
        "Export…",
        "Write masks of labels or predictions, or a checkpoint",
        "Ctrl+E",
    ),
    _act("project.splits", _writable, "Splits…", "Choose which images train, validate and test"),
    _act(
        "project.rescan",
        _writable,
        "Look for new images",
        "Read the image folders again",
        "F5",
        divider=True,
    ),
    _act(
        "project.locate",
        _writable,
        "Locate images…",
        "Tell where the images lie after they were moved",
    ),
    _act(
        "app.settings",
        _always,
        "Settings…",
        "Theme, size of the text, mouse wheel",
        "F2",
        divider=True,
    ),
    _act("app.quit", _always, "Quit", "Close the window", "Ctrl+Q"),
)

_EDIT = _menu(
    Menu.EDIT,
    _act(
        "edit.undo",
        lambda now: now.paintable and now.can_undo,
        "Undo",
        "Take back the last edit of this image",
        "Ctrl+Z",
    ),
    _act(
        "edit.redo",
        lambda now: now.paintable and now.can_redo,
        "Redo",
        "Do the last undone edit of this image again",
        "Ctrl+Shift+Z Ctrl+Y",
    ),
    _act(
        "predict.accept",
        lambda now: now.paintable and now.prediction,
        "Accept region",
        "Copy the predicted region under the cursor into your labels",
        "Return Enter",
        divider=True,
    ),
    _act("class.add", _writable, "Add class…", "Add a class to this project", divider=True),
    _act(
        "class.find",
        lambda now: now.classes > 0,
        "Find class…",
        "Choose a class by typing its name",
        "`",
    ),
    _act(
        "class.swap",
        lambda now: now.paintable and now.classes > 0,
        "Swap with last class",
        "Go back to the class you painted before",
        "X",
    ),
)


def _tool(name: str, text: str, tip: str, key: str) -> ActionSpec:
    when = _frame if name in {"hand", "pick"} else _paintable
    return _act(f"tool.{name}", when, text, tip, key, checkable=True)


_TOOLS = _menu(
    Menu.TOOLS,
    _tool("brush", "Brush", "Paint strokes of the chosen class", "B"),
    _tool("eraser", "Eraser", "Erase to unlabelled (also: drag with the right button)", "E"),
    _tool("polygon", "Polygon", "Click corners; Enter or a double-click closes it", "P"),
    _tool("rectangle", "Rectangle", "Drag a filled rectangle", "R"),
    _tool("fill", "Fill", "Fill the connected area under the cursor", "F"),
    _tool("pick", "Pick class", "Choose the class under the cursor (also: Alt+click)", "I"),
    _tool("hand", "Hand", "Move the image (also: hold Space, or the middle button)", "V"),
    _act(
        "tool.void",
        _paintable,
        "Void",
        "Paint pixels that are never learned and never scored",
        "M",
        divider=True,
    ),
    _act(
        "brush.smaller",
        _frame,
        "Smaller brush",
        "Make the brush or eraser smaller (also: Shift+wheel)",
        "[ ,",
        divider=True,
    ),
    _act(
        "brush.larger",
        _frame,
        "Larger brush",
        "Make the brush or eraser larger (also: Shift+wheel)",
        "] .",
    ),
)

_VIEW = _menu(
    Menu.VIEW,
    _act(
        "workspace.label",
        _always,
        "Label",
        "Paint strokes and see the preview",
        "F6 Alt+1",
        checkable=True,
    ),
    _act(
        "workspace.train",
        _always,
        "Train",
        "Choose a recipe, watch curves and scores",
        "F7 Alt+2",
        checkable=True,
    ),
    _act(
        "workspace.review",
        _always,
        "Review",
        "Compare image, labels and prediction",
        "F8 Alt+3",
        checkable=True,
    ),
    _act("view.fit", _frame, "Fit image", "Show the whole image", "Ctrl+0", divider=True),
    _act("view.actual", _frame, "Actual size", "One image pixel for one screen pixel", "Ctrl+1"),
    _act("view.zoom_in", _frame, "Zoom in", "Zoom in", "Ctrl++ Ctrl+="),
    _act("view.zoom_out", _frame, "Zoom out", "Zoom out", "Ctrl+-"),
    _act(
        "layer.labels",
        _frame,
        "My labels",
        "Show or hide your labels",
        "Q",
        checkable=True,
        divider=True,
    ),
    _act(
        "layer.prediction", _frame, "Prediction", "Show or hide the prediction", "S", checkable=True
    ),
    _act(
        "layer.confidence",
        _frame,
        "Uncertainty",
        "Show where the prediction is unsure",
        "U",
        checkable=True,
    ),
    _act(
        "layer.bare",
        _frame,
        "Bare image (hold)",
        "Look at the image alone while the key is held",
        "H",
    ),
    _act(
        "view.full_screen",
        _always,
        "Full screen",
        "Use the whole screen",
        "F11",
        checkable=True,
        divider=True,
    ),
)

_IMAGE = _menu(
    Menu.IMAGE,
    _act("image.previous", _project, "Previous image", "Go to the previous image", "A PgUp"),
    _act("image.next", _project, "Next image", "Go to the next image", "D PgDown"),
    _act(
        "image.next_unlabelled",
        _project,
        "Next unlabelled image",
        "Go to the next image without a stroke",
        "Shift+N",
    ),
    _act(
        "image.filter",
        _project,
        "Filter images",
        "Type a part of an image's name",
        "Ctrl+F",
        divider=True,
    ),
    _act("image.split_train", _paintable, "Use for training", "This image teaches", divider=True),
    _act("image.split_val", _paintable, "Use for validation", "This image gives scores"),
    _act("image.split_test", _paintable, "Use for testing", "This image is scored once"),
)

_TRAIN = _menu(
    Menu.TRAIN,
    _act(
        "train.start",
        lambda now: now.running or (now.writable and now.labelled),
        "Train",
        "Start training in the background, or pause it and go on",
        "Ctrl+T",
    ),
    _act(
        "train.stop",
        _running,
        "Stop after this step",
        "Write a checkpoint and end; it can be continued",
        "Ctrl+Shift+T",
    ),
    _act("train.stop_now", _running, "Stop now", "End at once without a checkpoint"),
    _act(
        "train.continue",
        lambda now: now.can_continue and not now.running,
        "Continue this run",
        "Go on from the last checkpoint of the shown run",
    ),
    _act(
        "train.detach",
        lambda now: now.running and not now.detached,
        "Detach",
        "Let the run go on when this window closes; the next start finds it again",
    ),
    _act(
        "train.checkpoint",
        _running,
        "Checkpoint now",
        "Write a checkpoint after this step (your labels are always saved)",
        "Ctrl+S",
        divider=True,
    ),
    _act(
        "train.keep_learning",
        _writable,
        "Keep learning",
        "A running training takes new strokes as you paint them",
        checkable=True,
    ),
    _act(
        "preview.live",
        _project,
        "Live preview",
        "Predict again after each stroke",
        "Ctrl+L",
        checkable=True,
        divider=True,
    ),
)

_HELP = _menu(
    Menu.HELP,
    _act("help.keys", _always, "Keys and mouse", "All keys on one page", "F1"),
    _act("help.pages", _always, "Help pages", "How each part works"),
    _act("help.tour", _always, "Take the tour", "Five steps through the program"),
    _act(
        "help.trouble",
        _always,
        "What went wrong",
        "Errors of this session, with details to copy",
        divider=True,
    ),
    _act("help.about", _always, "About s4gui", "Version, licence, folders"),
)

ACTIONS: tuple[ActionSpec, ...] = (
    *_PROJECT,
    *_EDIT,
    *_TOOLS,
    *_VIEW,
    *_IMAGE,
    *_TRAIN,
    *_HELP,
)
"""Every action, by menu and in menu order."""


def by_id() -> dict[str, ActionSpec]:
    """The actions by their id."""
    return {spec.id: spec for spec in ACTIONS}
