"""Small projects for tests of the workbench."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from s4gui.core.classes import ClassMap, LabelClass
from s4gui.store.project import Project
from s4gui.workbench.workbench import Workbench

CLASSES = ClassMap(tuple(LabelClass(i, f"class {i}", (10 * i + 5, 40, 200)) for i in range(6)))


def make(folder: Path, paths: dict[str, tuple[int, int]]) -> Path:
    """A project with images of these (H, W) by relative path."""
    for path, (height, width) in paths.items():
        file = folder / "images" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((height, width, 3), 90, np.uint8)).save(file)
    where = folder / "project"
    Project.create(where, name="test", images=folder / "images", class_map=CLASSES).close()
    return where


def opened(folder: Path, **choices: object) -> Workbench:
    return Workbench(Project.open(folder), **choices)  # type: ignore[arg-type]
