"""Prediction: a model's dense answer for one frame, with confidence; never edited."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s4gui.core.camera import HiddenPlane
from s4gui.core.classes import MAX_CLASS_ID, UNLABELLED, VOID
from s4gui.core.labels import Box, LabelMask


@dataclass(frozen=True, slots=True)
class Prediction:
    """Class id and confidence for each pixel of a frame.

    classes (H, W) uint8 holds class ids (0-253), or VOID where a camera mask hides the frame:
    nothing is said there; confidence (H, W) uint8 is the probability
    of that class times 255, rounded. `origin` says who answered (`preview`, `run 7`) and
    `step` how far it had learned.
    """

    classes: NDArray[np.uint8]
    confidence: NDArray[np.uint8]
    origin: str
    step: int = 0

    def __post_init__(self) -> None:
        if self.classes.ndim != 2 or self.classes.dtype != np.uint8:
            raise ValueError(f"classes are (H, W) uint8, not {self.classes.shape}")
        if self.confidence.shape != self.classes.shape or self.confidence.dtype != np.uint8:
            raise ValueError(f"confidence is {self.classes.shape} uint8")
        if self.classes.size and int(self.classes.max()) == UNLABELLED:
            raise ValueError("a prediction holds class ids, and void where the frame is hidden")

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W)."""
        h, w = self.classes.shape
        return h, w

    def hiding(self, plane: HiddenPlane | None, box: Box | None = None) -> Prediction:
        """The same, saying nothing where the plane hides the frame: void, and sure of it.

        With a box the prediction is of this part of the frame only. As it is without a plane, and
        with one for images of another size.
        """
        if plane is None or (box is None and plane.shape != self.shape):
            return self
        hidden = plane.array if box is None else plane.array[box.slices]
        classes = np.where(hidden, np.uint8(VOID), self.classes)
        confidence = np.where(hidden, np.uint8(255), self.confidence)
        return Prediction(classes, confidence, self.origin, self.step)


def disagreement(prediction: Prediction, mask: LabelMask) -> NDArray[np.bool_]:
    """(H, W) bool: painted with a class, and predicted as another one."""
    labels = mask.labels
    both = (labels <= MAX_CLASS_ID) & (prediction.classes <= MAX_CLASS_ID)
    differs: NDArray[np.bool_] = both & (labels != prediction.classes)
    return differs
