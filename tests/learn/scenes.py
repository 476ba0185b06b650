"""Small projects of coloured scenes with strokes, as run folders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from s4gui.core.classes import UNLABELLED, VOID, ClassMap, LabelClass
from s4gui.core.frames import Frame, Split
from s4gui.core.recipe import Recipe
from s4gui.store import runs, snapshots
from s4gui.store.runs import RunCard, RunFolder
from s4gui.store.snapshots import SnapshotFrame
from s4gui.wire.events import Event

CLASSES = ClassMap(
    (
        LabelClass(7, "sky", (70, 130, 180)),
        LabelClass(2, "road", (128, 64, 128)),
        LabelClass(40, "car", (0, 0, 142)),
    )
)
SHAPE = (48, 64)
QUICK = Recipe(
    name="quick",
    width=4,
    position=True,
    mirror=False,
    long_side_px=64,
    batch_labelled=2,
    batch_unlabelled=2,
    steps=10,
    validate_every=5,
    checkpoint_every=5,
    warmup_steps=2,
    discriminator_width=4,
    threads=1,
    device="cpu",
    seed=3,
)


def scene(number: int) -> tuple[np.ndarray, np.ndarray]:
    """An image (H, W, 3) and its reference mask (H, W) of class ids: sky, road and one car."""
    rng = np.random.default_rng(number)
    height, width = SHAPE
    reference = np.full(SHAPE, 7, np.uint8)
    horizon = int(rng.integers(16, 28))
    reference[horizon:] = 2
    y, x = int(rng.integers(horizon, height - 14)), int(rng.integers(2, width - 22))
    reference[y : y + 12, x : x + 20] = 40
    colours = np.zeros((256, 3))
    colours[7], colours[2], colours[40] = (150, 190, 230), (110, 100, 110), (190, 40, 40)
    image = colours[reference] + rng.normal(0, 18, (*SHAPE, 3)) + rng.normal(0, 12, 3)
    return np.clip(image, 0, 255).astype(np.uint8), reference


def strokes(reference: np.ndarray, number: int) -> np.ndarray:
    """One stroke of 3 rows in each class; a void dot and an unknown id beside them."""
    rng = np.random.default_rng(1000 + number)
    labels = np.full(SHAPE, UNLABELLED, np.uint8)
    for class_id in np.unique(reference):
        rows = np.nonzero((reference == class_id).sum(1) > 12)[0]
        row = int(rng.choice(rows[1:-1]))
        band = np.zeros(SHAPE, bool)
        band[row - 1 : row + 2] = True
        labels[band & (reference == class_id)] = class_id
    labels[0, :2] = VOID
    labels[0, 2:4] = 99
    return labels


def make_run(
    folder: Path,
    recipe: Recipe = QUICK,
    *,
    labelled: Sequence[int] = (0, 1, 2),
    unlabelled: Sequence[int] = (3, 4, 5),
    val: Sequence[int] = (6, 7),
    watch: tuple[str, ...] = (),
    warm_start: str = "",
    held_out: bool = False,
    dense: bool = False,
) -> RunFolder:
    """A claimed run with its snapshot.

    `held_out`: strokes of frame 9 score instead of `val`; `dense`: whole masks teach.
    """
    run = runs.claim(folder / "runs")
    name = make_snapshot(
        folder,
        run,
        labelled=labelled,
        unlabelled=unlabelled,
        val=val,
        held_out=held_out,
        dense=dense,
    )
    card = RunCard(run.number, "toy", "2026-01-01T00:00:00Z", name, warm_start, watch)
    run.write(card, recipe)
    return run


def make_snapshot(
    folder: Path,
    run: RunFolder,
    *,
    labelled: Sequence[int] = (0, 1, 2),
    unlabelled: Sequence[int] = (3, 4, 5),
    val: Sequence[int] = (6, 7),
    held_out: bool = False,
    dense: bool = False,
) -> str:
    """Write a snapshot into a run; the name of its folder."""
    images = folder / "images"
    images.mkdir(exist_ok=True)
    rows = []
    for number in sorted({*labelled, *unlabelled, *val, *((9,) if held_out else ())}):
        image, reference = scene(number)
        path = images / f"{number:03d}.png"
        if not path.exists():
            Image.fromarray(image).save(path)
        split = Split.VAL if number in val else Split.TRAIN
        frame = Frame("images", path.name, *SHAPE, split)
        teaching = reference if dense else strokes(reference, number)
        train = teaching if number in labelled else None
        score = reference if number in val else None
        if held_out:
            score = strokes(reference, number) if number == 9 else None
        rows.append(SnapshotFrame(frame, train, score))
    return snapshots.write(run.snapshots, CLASSES, {"images": images}, rows)


class Heard:
    """A sink that keeps all events, and a control that gives commands at steps."""

    def __init__(self, **at_step: object) -> None:
        self.events: list[Event] = []
        self.commands: dict[int, list] = {}
        self.step = 0

    def at(self, step: int, *given: object) -> Heard:
        """Give these commands once this many steps are done."""
        self.commands.setdefault(step, []).extend(given)
        return self

    def __call__(self, event: Event) -> None:
        self.events.append(event)
        if type(event).__name__ == "StepDone":
            self.step = event.step

    def take(self, wait_seconds: float) -> object:
        """The next command that is due."""
        due = self.commands.get(self.step)
        return due.pop(0) if due else None

    def of(self, kind: type) -> list:
        """All events of a kind."""
        return [each for each in self.events if isinstance(each, kind)]
