"""One mask as an indexed PNG: the pixel value is the class id, 254 void, 255 unlabelled."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from s4gui.core.classes import ClassMap
from s4gui.store import masks

Pixels = NDArray[np.uint8]


def encode(labels: Pixels, class_map: ClassMap) -> bytes:
    """The file's bytes for labels (H, W) uint8; the classes' colours are its palette."""
    return masks.encode_plain(labels, class_map.palette(), {"Software": "s4gui"})


def decode(path: Path) -> Pixels:
    """Labels (H, W) uint8 of a file; LabelFileError if it is no indexed or grey mask."""
    return masks.read_plain(path)
