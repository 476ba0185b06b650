"""What each choice of the preview is worth, by cross-validation on CamVid's train images only.

`python -m tests.bench.preview.choices`. Six sets of ten scribbled train images (the three shipped,
three more spaced evenly) teach; 23 other train images are scored against their full masks at
working size. "Same drives": the ten teach for all. "New drive": an image is scored by what the
scribbles of the two other drives teach. Val images are never read.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np

from s4gui.core.labels import Box
from s4gui.core.scores import ConfusionMatrix
from s4gui.preview import refine, trees
from s4gui.preview.features import FEATURES, SIGMAS, Floats, filter_features, shrunk
from s4gui.preview.oblique import Directions
from s4gui.preview.trees import Forest, Rows
from s4gui.store.images import read_pixels
from tests.preview.street_sets import CLASSES, examples, members, plane
from tests.shared import camvid

FILTERS = 3 + 9 * len(SIGMAS)


def no_directions(rows: Floats, _: object) -> Directions:
    return Directions(np.zeros((rows.shape[1], 0), np.float32), np.zeros(0, np.float32))


CHOICES: dict[str, list[tuple[object, str, object]]] = {
    "as shipped": [],
    "10 trees": [(trees, "TREES", 10)],
    "40 trees": [(trees, "TREES", 40)],
    "no discriminant directions": [(trees, "directions", no_directions)],
    "no copies under other light": [(trees, "_relit", lambda rows, _: rows)],
    "window sigma 4 px": [(refine, "RADIUS_PX", 4.0), (refine, "COARSER", 2)],
    "window sigma 8 px": [(refine, "RADIUS_PX", 8.0)],
    "window sigma 16 px": [(refine, "RADIUS_PX", 16.0)],
    "ilastik's filters and position only": [],  # columns are blanked below
}
BLANKED = {"ilastik's filters and position only": slice(FILTERS, FEATURES - 2)}


def drive(name: str) -> str:
    return name.split("_", maxsplit=1)[0]


class Trial:
    """Everything read once: rows of the labelled images, features of the scored ones."""

    def __init__(self, folder: Path) -> None:
        self.names = sorted(path.name for path in (folder / "train").iterdir())
        spaced = [self.names[offset::37][:10] for offset in (6, 18, 30)]
        self.sets = [members(folder, n) for n in range(3)] + spaced
        self.rows: dict[str, Rows] = {}
        for name in sorted({each for found in self.sets for each in found}):
            (self.rows[name],) = examples(folder, [name], seed=0).rows()
        self.scored = {}
        for name in self.names[3::16]:
            pixels = read_pixels(folder / "train" / name)
            reference = plane(folder / "trainannot" / name)[1::2, 1::2]
            self.scored[name] = filter_features(pixels), shrunk(pixels), reference

    def far_from(self, found: list[str]) -> Iterator[str]:
        """Scored images that are neither in a set nor next to one of it in their drive."""
        at = [self.names.index(each) for each in found]
        for name in self.scored:
            if min(abs(self.names.index(name) - each) for each in at) > 1:
                yield name

    def mean_iou(self, blank: slice) -> tuple[float, float]:
        """Mean over the sets: same drives, new drive."""
        return (
            float(np.mean([self._one(found, blank, new=False) for found in self.sets])),
            float(np.mean([self._one(found, blank, new=True) for found in self.sets])),
        )

    def _one(self, found: list[str], blank: slice, *, new: bool) -> float:
        forests: dict[str, Forest] = {}
        matrix = ConfusionMatrix(CLASSES)
        for name in self.far_from(found):
            left_out = drive(name) if new else ""
            if left_out not in forests:
                teach = [self.rows[each] for each in found if drive(each) != left_out]
                teach = [replace(each, features=_blanked(each.features, blank)) for each in teach]
                forests[left_out] = trees.fitted(teach, seed=0, threads=1)
            forest = forests[left_out]
            features, pixels, reference = self.scored[name]
            model = refine.edge_model(forest.probabilities(_blanked(features, blank)), pixels)
            best, _ = refine.refined(model, pixels, Box(0, 0, *pixels.shape[:2]))
            matrix.add(reference, np.array(forest.class_ids, np.uint8)[best])
        return matrix.mean_iou() or 0.0


def _blanked(features: Floats, blank: slice) -> Floats:
    if blank == slice(0, 0):
        return features
    changed = features.copy()
    changed[..., blank] = 0
    return changed


def main() -> None:
    """Print the table."""
    trial = Trial(camvid())
    sys.stdout.write("| choice | same drives | new drive | CPU s |\n|---|---|---|---|\n")
    for name, patches in CHOICES.items():
        start = time.process_time()
        with ExitStack() as stack:
            for target, attribute, value in patches:
                stack.enter_context(patch.object(target, attribute, value))
            same, new = trial.mean_iou(BLANKED.get(name, slice(0, 0)))
        seconds = time.process_time() - start
        sys.stdout.write(f"| {name} | {same:.4f} | {new:.4f} | {seconds:.0f} |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
