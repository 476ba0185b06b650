"""The only code that knows where resources lie: checkout, wheel or frozen build."""

from __future__ import annotations

import functools
import sys
from pathlib import Path

import s4gui


@functools.cache
def folder() -> Path:
    """The resources folder; FileNotFoundError if the installation is incomplete."""
    package = Path(s4gui.__file__).resolve().parent
    candidates = [package / "_resources", package.parent / "resources"]
    if hasattr(sys, "_MEIPASS"):
        candidates.insert(0, Path(sys._MEIPASS) / "resources")
    for each in candidates:
        if each.is_dir():
            return each
    raise FileNotFoundError("the resources folder is missing: install s4gui again")


def find(relative: str) -> Path:
    """The path of one resource, such as `palettes/camvid-11.json`."""
    return folder() / relative
