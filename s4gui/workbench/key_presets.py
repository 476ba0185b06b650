"""Presets: the keys and the wheel of other programs, for hands that know them.

A preset says only what its program does otherwise; the rest keeps our keys, unless the
preset needs one of them. Sources: the default keys of labelme 7.1 and X-AnyLabeling 4.0, of
CVAT's shortcut settings, of RootPainter's menus, and of napari with convpaint.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from s4gui.core.messages import Message
from s4gui.workbench.actions import class_action


@dataclass(frozen=True, slots=True)
class Preset:
    """Keys by action, what the wheel does over the image, and a sentence about it."""

    id: str
    name: Message
    about: Message
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    wheel_zooms: bool = True


def _keys(**said: str) -> dict[str, tuple[str, ...]]:
    """Keys by blanks; `tool__brush` stands for the id `tool.brush`."""
    return {name.replace("__", "."): tuple(keys.split()) for name, keys in said.items()}


def _classes(first: str, then: str = "") -> dict[str, tuple[str, ...]]:
    """Keys of the first ten and the next ten classes: the digit with these modifiers."""
    out = {}
    for place, digit in enumerate("1234567890"):
        out[class_action(place)] = tuple(each + digit for each in first.split("|"))
        if then:
            out[class_action(10 + place)] = (then + digit,)
    return out


S4GUI = Preset(
    "s4gui",
    Message("preset.s4gui", "s4gui"),
    Message("preset.s4gui.about", "Bare letters are tools and views, digits are classes."),
)
LABELME = Preset(
    "labelme",
    Message("preset.labelme", "labelme, X-AnyLabeling"),
    Message(
        "preset.labelme.about",
        "Ctrl+N or P draws a polygon, Ctrl+J edits, T shows labels; Ctrl+wheel zooms.",
    ),
    _keys(
        image__previous="A Ctrl+Shift+A PgUp",
        image__next="D PgDown",
        image__next_unlabelled="Ctrl+Shift+D Shift+N",
        tool__polygon="P Ctrl+N",
        tool__rectangle="R Ctrl+R",
        tool__brush="B Shift+B",
        tool__hand="V Ctrl+J",
        layer__labels="T Ctrl+H Q",
        view__fit="Ctrl+F",
        view__actual="Ctrl+0",
        project__new="Ctrl+U",
    ),
    wheel_zooms=False,
)
CVAT = Preset(
    "cvat",
    Message("preset.cvat", "CVAT"),
    Message(
        "preset.cvat.about",
        "D and F go through the images, N draws, Shift+1 to 3 are brush, eraser and polygon, "
        "Ctrl+digit chooses a class, Ctrl+Shift+digit the next ten.",
    ),
    _keys(
        image__previous="D PgUp",
        image__next="F PgDown",
        tool__brush="B Shift+1",
        tool__eraser="E Shift+2",
        tool__polygon="N P Shift+3",
        tool__fill="Shift+F",
        view__fit="Alt+0",
    )
    | _classes("|Ctrl+", "Ctrl+Shift+"),
)
ROOTPAINTER = Preset(
    "rootpainter",
    Message("preset.rootpainter", "RootPainter"),
    Message(
        "preset.rootpainter.about",
        "Q and W are the first two classes, A shows the labels, S the segmentation, Z undoes; "
        "the images keep PgUp, PgDown and D.",
    ),
    _keys(
        class__place_1="1 Q",
        class__place_2="2 W",
        edit__undo="Ctrl+Z Z",
        layer__labels="A",
        view__fit="Ctrl+F",
        view__actual="Ctrl+A",
        view__zoom_in="+ = Ctrl++ Ctrl+=",
        view__zoom_out="- Ctrl+-",
    ),
)
NAPARI = Preset(
    "napari",
    Message("preset.napari", "napari, convpaint"),
    Message(
        "preset.napari.about",
        "1 to 6 are tools, M makes a class, V shows the labels; Shift+digit chooses a class, "
        "Shift+Q, W, E, R the first four, Ctrl+Shift+digit the next ten.",
    ),
    _keys(
        tool__brush="P 2",
        tool__eraser="E 1",
        tool__polygon="3",
        tool__fill="F 4",
        tool__pick="L 5",
        tool__hand="Z 6",
        tool__void="Shift+M",
        class__add="M",
        layer__labels="V Shift+A",
        layer__prediction="S Shift+F",
        train__start="Ctrl+T Shift+S",
    )
    | _classes("Shift+", "Ctrl+Shift+")
    | {class_action(n): (f"Shift+{n + 1}", f"Shift+{key}") for n, key in enumerate("QWER")},
)
PRESETS = (S4GUI, LABELME, CVAT, ROOTPAINTER, NAPARI)
"""All presets; the first one is ours."""
