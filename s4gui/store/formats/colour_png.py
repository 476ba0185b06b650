"""One mask as an RGB PNG in the classes' colours: black void, white unlabelled."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from s4gui.core.classes import UNLABELLED, VOID, ClassMap, Rgb
from s4gui.core.errors import FormatError
from s4gui.store.formats import foreign

Pixels = NDArray[np.uint8]


def encode(labels: Pixels, class_map: ClassMap) -> bytes:
    """The file's bytes for labels (H, W) uint8.

    FormatError if two values would have one colour: the file could not be read back.
    """
    clashes = ambiguous(class_map)
    if clashes:
        raise FormatError(
            "colour_mask.same_colours",
            "{names} have the same colour",
            hint="Give them different colours, or export indexed masks",
            names=", ".join(clashes),
        )
    out = io.BytesIO()
    Image.fromarray(class_map.palette()[labels]).save(out, "PNG", compress_level=1)
    return out.getvalue()


def decode(path: Path, class_map: ClassMap) -> Pixels:
    """Labels (H, W) uint8 of a file; FormatError if a colour is no class's."""
    labels, unknown = foreign.from_colours(
        foreign.read(path, colours=True), colour_table(class_map)
    )
    if unknown:
        raise FormatError(
            "colour_mask.unknown_colours",
            "{name} has colours that no class has: {colours}",
            hint="Import it with a table of colours",
            name=path.name,
            colours=", ".join(f"({r}, {g}, {b})" for r, g, b in list(unknown)[:5]),
        )
    return labels


def colour_table(class_map: ClassMap) -> dict[Rgb, int]:
    """Our value for each colour; classes come before void and unlabelled."""
    table: dict[Rgb, int] = {(0, 0, 0): VOID, (255, 255, 255): UNLABELLED}
    return table | {each.rgb: each.id for each in class_map.classes}


def ambiguous(class_map: ClassMap) -> list[str]:
    """Names of classes whose colour another class, void or unlabelled has too."""
    colours = [each.rgb for each in class_map.classes] + [(0, 0, 0), (255, 255, 255)]
    return [each.name for each in class_map.classes if colours.count(each.rgb) > 1]
