"""A process that merges a class in all images and takes it back, again and again; to be killed."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np

from s4gui.core.labels import Box
from s4gui.store.project import Project
from s4gui.workbench.painting import Tool
from s4gui.workbench.workbench import Workbench
from tests.workbench import places

IMAGES = 8


def make(folder: Path) -> Path:
    """A project in which every image has pixels of class 1."""
    project = places.make(folder, {f"{n}.png": (60, 60) for n in range(IMAGES)})
    bench = places.opened(project)
    for frame in bench.frames:
        inside = np.ones((20, 20), bool)
        bench.paint_region(frame.id, inside, Box(5, 5, 25, 25), 1, tool=Tool.BRUSH)
    bench.close()
    return project


def work(folder: Path) -> None:
    """Merge class 1 into 2, then undo and redo that for ever; `ACK n` after the n-th."""
    bench = Workbench(Project.open(folder, program="merger"))
    bench.merge_class(1, 2)
    for number in range(1, 1_000_000):
        bench.project.settle()
        os.write(1, f"ACK {number}\n".encode())
        bench.flip(bench.project_edits[-1])
        if number % 5 == 0:
            bench.save_now()


if __name__ == "__main__":
    work(Path(sys.argv[1]))
