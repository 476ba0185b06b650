"""CamVid's labelled sets as the preview meets them: examples, val images, scores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from s4gui.core.labels import Box
from s4gui.core.scores import ConfusionMatrix
from s4gui.preview.examples import Examples, pack
from s4gui.preview.features import filter_features
from s4gui.preview.refine import edge_model, refined
from s4gui.preview.trees import Forest
from s4gui.store.images import read_pixels
from s4gui.wire.preview import FrameFile, UpdateLabels

CLASSES = tuple(range(11))
FLOORS = (0.34, 0.30, 0.26)
"""What the issue asks of sets 0-2: val mIoU, mean of five forest seeds."""


def members(camvid: Path, number: int) -> list[str]:
    return (camvid / "sets" / f"n10_seed{number}.txt").read_text().split()


def plane(path: Path) -> np.ndarray:
    """Labels of an index mask; CamVid's void (11) becomes unlabelled."""
    labels = np.array(Image.open(path))
    labels[labels == 11] = 255
    return labels


def update(camvid: Path, name: str) -> UpdateLabels:
    labels = plane(camvid / "train_scribbles" / name)
    tile = pack(labels, Box(0, 0, *labels.shape))
    return UpdateLabels(FrameFile(name, str(camvid / "train" / name)), *labels.shape, (tile,))


def examples(camvid: Path, names: list[str], *, seed: int) -> Examples:
    """Everything the scribbles of these training images teach."""
    found = Examples(CLASSES, seed)
    for name in names:
        found.update(update(camvid, name))
        pixels = read_pixels(camvid / "train" / name)
        found.learn(name, filter_features(pixels), pixels.shape[:2])
    return found


def score(camvid: Path, forests: list[Forest], *, every: int) -> list[ConfusionMatrix]:
    """Confusion over every n-th val image at full resolution, for each forest."""
    matrices = [ConfusionMatrix(CLASSES) for _ in forests]
    for path in sorted((camvid / "val").iterdir())[::every]:
        pixels = read_pixels(path)
        features = filter_features(pixels)
        reference = plane(camvid / "valannot" / path.name)
        for forest, matrix in zip(forests, matrices, strict=True):
            model = edge_model(forest.probabilities(features), pixels)
            best, _ = refined(model, pixels, Box(0, 0, *pixels.shape[:2]))
            matrix.add(reference, np.array(forest.class_ids, np.uint8)[best])
    return matrices
