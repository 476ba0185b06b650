"""Verbs of the menu tools, in order."""

from __future__ import annotations

from s4gui.workbench.actions import ActionSpec, Menu
from s4gui.workbench.verbs.parts import act, frame, of_menu, paintable


def _tool(name: str, text: str, tip: str, key: str) -> ActionSpec:
    when = frame if name in {"hand", "pick"} else paintable
    return act(f"tool.{name}", when, text, tip, key, checkable=True)


VERBS = of_menu(
    Menu.TOOLS,
    _tool("brush", "Brush", "Paint strokes of the chosen class", "B"),
    _tool("eraser", "Eraser", "Erase to unlabelled (also: drag with the right button)", "E"),
    _tool(
        "polygon",
        "Polygon",
        "Click corners or draw free hand; Enter, a double-click or the first corner closes it.\n"
        "Drag a corner or an edge to change it, right click removes a corner, Backspace the last.\n"
        "Shift: 45 degrees; Alt: begin a hole; begun with Ctrl it erases",
        "P",
    ),
    _tool(
        "polyline",
        "Line",
        "Click the points of a line as wide as the brush: poles, kerbs, markings.\n"
        "Enter or a double-click paints it; corners change as a polygon's do",
        "Shift+P",
    ),
    _tool("rectangle", "Rectangle", "Drag a filled rectangle; with Ctrl it erases", "R"),
    _tool(
        "fill",
        "Fill",
        "Fill the connected area of one value under the cursor; hold the button to see it",
        "F",
    ),
    _tool(
        "enclosed",
        "Fill inside",
        "Click inside an outline of the chosen class, or on it: what is unlabelled there is filled",
        "Shift+F",
    ),
    _tool(
        "wand",
        "Wand",
        "Press on a colour: what is alike and connected is shown, and painted when you let go.\n"
        "Drag right or up for more, left or down for less; Esc paints nothing",
        "W",
    ),
    _tool(
        "superpixel",
        "Superpixels",
        "Click or drag over small areas that end at the edges of the image; with Ctrl it erases.\n"
        "Shift+wheel: smaller or larger ones",
        "K",
    ),
    _tool(
        "grow",
        "Grow",
        "Grow all strokes of this image to the edges around them: shown first, Enter paints it,\n"
        "Esc leaves all as it is. Shift+wheel: how far an edge may be",
        "G",
    ),
    _tool(
        "select",
        "Select",
        "Click a labelled area to select it; drag it to move it, a class key gives it that class,\n"
        "Backspace or Delete erases it, Esc lets it go",
        "Shift+V",
    ),
    _tool("pick", "Pick class", "Choose the class under the cursor (also: Alt+click)", "I"),
    _tool("hand", "Hand", "Move the image (also: hold Space, or the middle button)", "V"),
    act(
        "tool.void",
        paintable,
        "Void",
        "Paint pixels that are never learned and never scored",
        "M",
        divider=True,
    ),
    act(
        "brush.smaller",
        frame,
        "Smaller brush",
        "Make the brush or eraser smaller (also: Shift+wheel)",
        "[ ,",
        divider=True,
    ),
    act(
        "brush.larger",
        frame,
        "Larger brush",
        "Make the brush or eraser larger (also: Shift+wheel)",
        "] .",
    ),
    act(
        "brush.square",
        frame,
        "Square brush",
        "Paint and erase with a square instead of a circle",
        "Shift+B",
        checkable=True,
    ),
    act(
        "lock.class",
        frame,
        "Lock class",
        "Pixels of the chosen class can be neither painted over nor erased",
        "L",
        checkable=True,
        divider=True,
    ),
    act(
        "lock.others",
        frame,
        "Lock all other classes",
        "Only pixels of the chosen class, and unlabelled ones, can be changed",
        "Shift+L",
        checkable=True,
    ),
    act(
        "lock.unlabelled",
        frame,
        "Only over unlabelled",
        "All that is labelled stays as it is: it can be neither painted over nor erased",
        "Shift+O",
        checkable=True,
    ),
    act(
        "lock.predicted",
        frame,
        "Only inside the prediction",
        "Paint a class only where the prediction shows it, and erase only where it shows "
        "the chosen class",
        "Shift+I",
        checkable=True,
    ),
)
