"""A fixed story of edits, played by a process that will be killed, and what it should leave.

The oracle keeps full copies of both planes after every edit: it shares nothing with patches,
tiles, journal or label files but the shape of a brush.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from s4gui.core.classes import UNLABELLED, ClassMap, LabelClass
from s4gui.core.strokes import Stroke, rasterise
from s4gui.store.project import Project
from s4gui.workbench.workbench import Workbench

SHAPE = (90, 150)
NAMES = ("a.png", "b.png")
CLASSES = ClassMap(tuple(LabelClass(i, f"class {i}", (i, 20 * i, 9)) for i in range(5)))
FRAMES = tuple(f"images/{name}" for name in NAMES)
State = tuple[np.ndarray, np.ndarray]


def make(folder: Path) -> Path:
    """A project with two small images."""
    images = folder / "images"
    images.mkdir(parents=True)
    for number, name in enumerate(NAMES):
        Image.new("RGB", SHAPE[::-1], (40 * number, 90, 120)).save(images / name)
    Project.create(folder, name="story", images=images, class_map=CLASSES).close()
    return folder


def frame_of(number: int) -> str:
    return FRAMES[(number // 5) % 2]


def kind_of(number: int) -> str:
    return {3: "undo", 4: "redo"}.get(number % 5, "paint")


def stroke_of(number: int) -> Stroke:
    """Each stroke has another value than the one before, so that it always changes something."""
    random = np.random.default_rng(number)
    path = random.uniform((0, 0), SHAPE, (4, 2))
    value = UNLABELLED if number % 11 == 7 else number % 5
    return Stroke(tuple((float(y), float(x)) for y, x in path), 4.0, value)


def play(workbench: Workbench, first: int, count: int, said: Callable[[int], None]) -> None:
    """Do `count` edits of the story from number `first` on; `said(seq)` after each."""
    for number in range(first, first + count):
        frame = frame_of(number)
        workbench.show(frame)
        kind = kind_of(number)
        if kind == "paint":
            workbench.paint(frame, stroke_of(number))
        elif kind == "undo":
            workbench.undo(frame)
        else:
            workbench.redo(frame)
        said(workbench.project.last_taken())


def states(count: int) -> dict[str, dict[int, State]]:
    """Both planes of each frame after each of its rows, by seq; 0: nothing painted."""
    empty = np.full(SHAPE, UNLABELLED, np.uint8), np.zeros(SHAPE, np.uint16)
    now: dict[str, State] = dict.fromkeys(FRAMES, empty)
    done: dict[str, list[State]] = {frame: [] for frame in FRAMES}
    undone: dict[str, list[State]] = {frame: [] for frame in FRAMES}
    out: dict[str, dict[int, State]] = {frame: {0: empty} for frame in FRAMES}
    seq = 0
    for number in range(count):
        frame, kind = frame_of(number), kind_of(number)
        before = now[frame]
        if kind == "paint":
            after = painted(before, stroke_of(number))
            if all(np.array_equal(x, y) for x, y in zip(before, after, strict=True)):
                continue
            done[frame].append(before)
            undone[frame].clear()
        elif kind == "undo":
            if not done[frame]:
                continue
            undone[frame].append(before)
            after = done[frame].pop()
        else:
            if not undone[frame]:
                continue
            done[frame].append(before)
            after = undone[frame].pop()
        now[frame] = after
        seq += 1
        out[frame][seq] = after
    return out


def painted(state: State, stroke: Stroke) -> State:
    """Both planes with a stroke on them, pixel by pixel of its box."""
    labels, sources = state[0].copy(), state[1].copy()
    inside, box = rasterise(stroke)
    for y, x in zip(*np.nonzero(inside), strict=True):
        at = y + box.y0, x + box.x0
        if not (0 <= at[0] < SHAPE[0] and 0 <= at[1] < SHAPE[1]) or labels[at] == stroke.value:
            continue
        labels[at] = stroke.value
        sources[at] = 0 if stroke.value == UNLABELLED else 1
    return labels, sources


def check(folder: Path, acknowledged: int, expected: dict[str, dict[int, State]]) -> list[str]:
    """What is wrong with a project after a crash, empty if nothing is.

    Each frame must stand exactly at one of its rows, none before the last acknowledged one.
    """
    wrong = []
    project = Project.open(folder)
    try:
        for frame, by_seq in expected.items():
            loaded = project.load(frame)
            must = max(seq for seq in by_seq if seq <= acknowledged)
            if loaded.outside or loaded.seq not in by_seq or loaded.seq < must:
                wrong.append(f"{frame}: at {loaded.seq}, {must} was acknowledged")
                continue
            labels, sources = by_seq[loaded.seq]
            if not np.array_equal(loaded.mask.labels, labels):
                wrong.append(f"{frame}: other labels at {loaded.seq}")
            if not np.array_equal(loaded.mask.sources, sources):
                wrong.append(f"{frame}: other sources at {loaded.seq}")
    finally:
        project.close()
    return wrong
