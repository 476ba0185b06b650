"""The multi-label branch's targets and losses: which classes an image shows (methods 1.6)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from s4gui.core.classes import UNLABELLED, ClassMap
from s4gui.core.tags import ImageTags
from s4gui.learn.collectives import pooled, ratio, summed

PRESENT, ABSENT, UNKNOWN = 1, 0, -1
CONSISTENCIES = ("cosine", "squared")
RAMP_FROM, RAMP_LENGTH = 10.0, 50.0  # in hundredths of a run


def presence(
    labels: NDArray[np.uint8] | None, class_map: ClassMap, tags: ImageTags
) -> NDArray[np.int8]:
    """(C,) int8 in training order: is each class PRESENT in a frame, ABSENT, or UNKNOWN.

    labels (H, W) are the frame's train labels as class ids, VOID and UNLABELLED; None: nothing
    labelled. A class that has a labelled pixel is present. What is not painted is absent only
    where every pixel of the frame is labelled (void is, it just names no class): strokes alone
    say of no class that it is absent. Beyond that counts what a person says (`tags`), but not
    against paint.
    """
    ids = class_map.from_train()
    found = np.full(len(ids), UNKNOWN, np.int8)
    values = np.unique(labels) if labels is not None else np.array([UNLABELLED], np.uint8)
    if UNLABELLED not in values:
        found[:] = ABSENT
    found[np.isin(ids, sorted(tags.absent))] = ABSENT
    found[np.isin(ids, sorted(tags.present))] = PRESENT
    found[np.isin(ids, values)] = PRESENT
    return found


def is_known(vector: NDArray[np.int8]) -> bool:
    """Whether a presence vector (C,) can teach more than "yes": it names an absent class, or
    says something of every class.
    """
    return bool((vector == ABSENT).any() or (vector != UNKNOWN).all())


def tag_cross_entropy(logits: Tensor, known: Tensor) -> Tensor:
    """L_cls: mean binary cross-entropy over the known entries; 0 with zero gradient if none is.

    logits (N, C) before the sigmoid; known (N, C) of PRESENT, ABSENT, UNKNOWN, any dtype. With
    all known it is the plain mean over images and classes. The report's eq. 5.1 writes the
    categorical form, which cannot say that two classes are present at once (methods 2.4 row 11).
    """
    counted = (known != UNKNOWN).to(logits)
    targets = (known == PRESENT).to(logits)
    terms = F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    return ratio((terms * counted).sum(), counted.sum())


def consistency(student: Tensor, teacher: Tensor, form: str) -> Tensor:
    """L_cons of logits (N, C), one of CONSISTENCIES; 0 for no image. No gradient to the teacher.

    "squared": mean squared difference of the sigmoids (the report's eq. 5.1, on what the
    networks predict). "cosine": mean over images of 1 - cosine of the logits (the authors'
    code).
    """
    if len(student) == 0:
        return student.sum()  # zero, and still on the graph
    target = teacher.detach()
    if form == "squared":
        return pooled(F.mse_loss(student.sigmoid(), target.sigmoid()), len(student))
    return pooled((1 - F.cosine_similarity(student, target, dim=1)).mean(), len(student))


def ramp(share: float) -> float:
    """w(e), the weight of the consistency `share` (0..1) into a run.

    The authors train 100 epochs and give it the weight 0 until epoch 10, then 2 (e - 10) / 100,
    at most 1. A run here is counted in steps: e is the hundredth of the run.
    """
    return min(max(100 * share - RAMP_FROM, 0.0) / RAMP_LENGTH, 1.0)


def presence_rates(logits: Tensor, known: Tensor) -> dict[str, float]:
    """What to show of a step: mean score of present and of absent classes, those there are."""
    scores = logits.detach().sigmoid()
    rows = {"tag_present": known == PRESENT, "tag_absent": known == ABSENT}
    return {
        name: float(ratio(scores[which].sum(), which.sum()))
        for name, which in rows.items()
        if summed(which.sum())
    }
