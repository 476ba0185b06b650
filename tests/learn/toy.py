"""The toy of methods 6: eight small images of three textured classes, two of them with strokes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

from s4gui.core.classes import UNLABELLED
from s4gui.core.frames import Frame
from s4gui.core.recipe import Recipe
from s4gui.core.scores import ConfusionMatrix
from s4gui.learn import checkpoints, loop, predicting
from s4gui.store import runs, snapshots
from s4gui.store.runs import RunCard
from s4gui.store.snapshots import SnapshotFrame
from tests.learn.scenes import CLASSES, Heard

SHAPE = (48, 64)
IMAGES, LABELLED = 8, 2
DEPTH, TINT = 18, 12  # of the texture, and the standard deviation of tint and noise
IDS = (2, 7, 40)
COLOURS = ((150, 100, 80), (80, 140, 100), (90, 100, 160))
RECIPE = Recipe(
    name="toy",
    width=8,
    long_side_px=64,
    batch_labelled=2,
    batch_unlabelled=2,
    steps=200,
    warmup_steps=40,
    scale_min=0.8,
    scale_max=1.25,
    refine="none",
    mirror=False,
    weight_crf=0.0,
    validate_every=1000,
    checkpoint_every=1000,
    threads=1,
    device="cpu",
)


def picture(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """An image (H, W, 3) uint8 and its mask (H, W) of class ids: blobs of textured colour.

    Class by class: stripes, dots, and nothing but noise, on colours that a tint of the whole
    image moves towards each other.
    """
    fields = ndimage.gaussian_filter(rng.normal(size=(3, *SHAPE)), (0, 9, 9))
    index = fields.argmax(0)
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    texture = np.stack([DEPTH * np.sign(np.sin(y * 1.6)), DEPTH * ((x + y) % 4 == 0), 0 * x])
    light = np.take_along_axis(texture, index[None], 0)[0]
    image = np.array(COLOURS, float)[index] + light[..., None]
    image += rng.normal(0, TINT, 3) + rng.normal(0, 12, (*SHAPE, 3))
    return np.clip(image, 0, 255).astype(np.uint8), np.array(IDS, np.uint8)[index]


def scribbles(rng: np.random.Generator, mask: np.ndarray) -> np.ndarray:
    """One horizontal stroke of 2 x 12 pixels a class, inside its largest region."""
    labels = np.full(SHAPE, UNLABELLED, np.uint8)
    for class_id in IDS:
        depth = ndimage.distance_transform_edt(np.pad(mask == class_id, 1))[1:-1, 1:-1]
        y, x = np.unravel_index(int((depth + rng.random(SHAPE)).argmax()), SHAPE)
        stroke = np.zeros(SHAPE, bool)
        stroke[max(0, y - 1) : y + 1, max(0, x - 6) : x + 6] = True
        labels[stroke & (mask == class_id)] = class_id
    return labels


def mean_iou(folder: Path, seed: int, recipe: Recipe = RECIPE, **choices: object) -> float:
    """Train on the toy of this seed and score the last average on all eight whole masks."""
    rng = np.random.default_rng(seed)
    images = folder / "images"
    images.mkdir(parents=True, exist_ok=True)
    rows, masks = [], []
    for number in range(IMAGES):
        pixels, mask = picture(rng)
        Image.fromarray(pixels).save(images / f"{number}.png")
        given = scribbles(rng, mask) if number < LABELLED else None
        rows.append(SnapshotFrame(Frame("images", f"{number}.png", *SHAPE), given))
        masks.append((pixels, mask))
    run = runs.claim(folder / "runs")
    name = snapshots.write(run.snapshots, CLASSES, {"images": images}, rows)
    run.write(
        RunCard(run.number, "toy", "2026-01-01T00:00:00Z", name), recipe.but(seed=seed, **choices)
    )
    heard = Heard()
    loop.run(run, heard, heard)
    last = run.last_checkpoint()
    assert last is not None
    predictor = predicting.load(checkpoints.read(last), wanted="cpu")
    matrix = ConfusionMatrix(IDS)
    for pixels, mask in masks:
        matrix.add(mask, predictor.predict(pixels, origin="toy").classes)
    return matrix.mean_iou() or 0.0
