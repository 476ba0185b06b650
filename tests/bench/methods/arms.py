"""The arms of the ablation (methods 7, steps 0 to 6), as data.

An arm is a set of differences to BASE on one data set. What a setting changes in the program is
in running.SETTINGS.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

BASE: dict[str, Any] = {
    "network": "light",
    "width": 16,
    "long_side_px": 320,
    "batch_labelled": 2,
    "batch_unlabelled": 2,
    "optimizer": "adamw",
    "learning_rate": 3e-3,
    "weight_decay": 1e-2,
    "schedule": "cosine",
    "clip_norm": 5.0,
    "ema": 0.99,
    "scale_min": 0.7,
    "scale_max": 1.6,
    "colour": 0.3,
    "refine": "colours",
    "prior": 0.0,
    "mirror": True,
}
"""As the recipe `fast` was when the ablation began: fixed, so that the record stays valid when
`fast` follows from it.
"""
QUESTIONS = {
    0: "What full masks reach, and sparse labels beside them",
    1: "Views that meet labels, class weights",
    2: "Regularisers: what spreads strokes",
    3: "Consistency on unlabelled images",
    4: "Strokes and what the network says of its own images",
    5: "S4GAN, term by term",
    6: "The multi-label branch",
}
CEILING = "full masks"
FUSED = (0.0, 0.2, 0.05, 0.5)
"""What the classifier must say at least for a class to be predicted; one run is scored with all."""


@dataclass(frozen=True)
class Arm:
    """One row. `against` names the arm of the same step and data set it is compared with.

    `settings` are switches that no recipe has. `reads` is the figure of the record that counts:
    "oracle_mean_iou" is what the same run has if it is told which classes an image shows,
    "mean_iou_fused_0.5" what it has if tags below 0.5 forbid a class.
    """

    step: int
    name: str
    data: str
    changes: Mapping[str, Any] = field(default_factory=dict, hash=False)
    against: str = ""
    settings: tuple[tuple[str, bool], ...] = ()
    reads: str = "mean_iou"


PLAIN: dict[str, Any] = {"strategy": "supervised", "weight_crf": 0.0}
SPREAD: dict[str, Any] = {"strategy": "supervised", "weight_crf": 0.1}


def _supervised(data: str) -> dict[str, Any]:
    """What later steps begin with: strokes and pixels are spread by the gated CRF, masks not."""
    return PLAIN if data.startswith("F") else SPREAD


def _ceiling() -> Iterator[Arm]:
    yield Arm(0, CEILING, "F-367", PLAIN)
    for data in ("S-367", "P-20", "P-100", "S-92", "S-10"):
        yield Arm(0, "sparse labels", data, SPREAD)


def _labels_met() -> Iterator[Arm]:
    for data in ("S-46", "P-20"):
        yield Arm(1, "half of the views on labels", data, PLAIN)
        yield Arm(
            1,
            "views on labels only where none would be seen",
            data,
            PLAIN,
            "half of the views on labels",
            (("unfocused", True),),
        )
        for weights in ("sqrt", "log"):
            yield Arm(
                1,
                f"class weights {weights}",
                data,
                PLAIN | {"class_weights": weights},
                "half of the views on labels",
            )


def _regularisers() -> Iterator[Arm]:
    terms: dict[str, dict[str, Any]] = {
        "crf 0.1": {"weight_crf": 0.1},
        "tree 0.4": {"weight_tree": 0.4},
        "crf 0.1, tree 0.4": {"weight_crf": 0.1, "weight_tree": 0.4},
        "crf 0.1, own colours": {"weight_crf": 0.1, "plain_colours": True},
        "crf 0.03": {"weight_crf": 0.03},
        "crf 0.3": {"weight_crf": 0.3},
        "tree 0.1": {"weight_tree": 0.1},
        "tree 1": {"weight_tree": 1.0},
        "entropy 0.05": {"weight_entropy": 0.05},
    }
    for data in ("S-46", "S-10", "P-20"):
        yield Arm(2, "none", data, PLAIN)
        for number, (name, changes) in enumerate(terms.items()):
            if data == "S-46" or number < 4:
                yield Arm(2, name, data, PLAIN | changes, "none")


def _weak2strong(**changes: Any) -> dict[str, Any]:
    return {"strategy": "weak2strong", "teacher": "average", "strong_views": 1} | changes


CONSISTENCY: dict[str, dict[str, Any]] = {
    "mean teacher": {"strategy": "mean_teacher"},
    "self-training": {"strategy": "self_training", "batch_unlabelled": 1},
    "fixmatch, average teaches": _weak2strong(threshold=0.9),
    "fixmatch, itself teaches": _weak2strong(teacher="itself", threshold=0.9),
    "two views": _weak2strong(strong_views=2, threshold=0.9),
    "two views, complementary dropout": _weak2strong(
        strong_views=2, perturb="complementary", threshold=0.9
    ),
    "two views, dropped features (unimatch)": _weak2strong(
        teacher="itself", strong_views=2, perturb="features", threshold=0.9
    ),
    "fixmatch, threshold 0": _weak2strong(threshold=0.0),
    "fixmatch, threshold 0.8": _weak2strong(threshold=0.8),
    "fixmatch, threshold 0.95": _weak2strong(threshold=0.95),
    "fixmatch, no pasted boxes": _weak2strong(threshold=0.9, cutmix=0.0),
}


def _consistency() -> Iterator[Arm]:
    for data in ("F-23", "S-23", "F-46", "S-92", "S-10", "P-20"):
        yield Arm(3, "supervised", data, _supervised(data))
        for number, (name, changes) in enumerate(CONSISTENCY.items()):
            if data in {"F-23", "S-23"} or number < 3:
                yield Arm(3, name, data, _supervised(data) | changes, "supervised")


def _own_images() -> Iterator[Arm]:
    changes = SPREAD | CONSISTENCY["fixmatch, average teaches"]
    for data in ("S-23", "S-92"):
        base = "given strokes overwrite, all images are unlabelled data"
        yield Arm(4, base, data, changes)
        yield Arm(4, "strokes do not overwrite", data, changes, base, (("no_overwriting", True),))
        yield Arm(
            4,
            "labelled images are no unlabelled data",
            data,
            changes,
            base,
            (("labelled_left_out", True),),
        )


WITHOUT = {
    "the same, not told where strokes are (no M)": "no_cover_channel",
    "the same, predicted maps whole (no M')": "no_lent_cover",
    "the same, real maps one-hot (no epsilon)": "no_softening",
}
"""The masked S4GAN (methods 5.3a) with one of its three parts taken out."""


def _s4gan() -> Iterator[Arm]:
    terms: dict[str, dict[str, Any]] = {
        "feature matching, gated self-training": {"weight_fm": 0.1, "weight_st": 1.0, "trust": 0.6},
        "feature matching": {"weight_fm": 0.1, "weight_st": 0.0},
        "self-training without a gate": {"weight_fm": 0.0, "weight_st": 1.0, "trust": 0.0},
        "gated self-training": {"weight_fm": 0.0, "weight_st": 1.0, "trust": 0.6},
        "the report's adversarial term": {"weight_fm": 0.0, "weight_st": 0.0, "weight_adv": 0.1},
    }
    for data in ("F-46", "S-46"):
        yield Arm(5, "supervised", data, _supervised(data))
        for name, changes in terms.items():
            s4gan = _supervised(data) | {"strategy": "s4gan"} | changes
            yield Arm(5, name, data, s4gan, "supervised")
    masked = next(iter(terms))
    full = _supervised("S-46") | {"strategy": "s4gan"} | terms[masked]
    name = "the same, whole maps instead of maps under strokes"
    yield Arm(5, name, "S-46", full, "supervised", (("uncovered", True),))
    for name, setting in WITHOUT.items():
        yield Arm(5, name, "S-46", full, masked, ((setting, True),))


def _multi_label() -> Iterator[Arm]:
    for data in ("F-46", "S-46"):
        yield Arm(6, "supervised", data, _supervised(data))
        yield Arm(
            6,
            "supervised, told which classes are there",
            data,
            _supervised(data),
            "supervised",
            reads="oracle_mean_iou",
        )
        s4gan = {"strategy": "s4gan", "weight_fm": 0.1, "weight_st": 1.0, "trust": 0.6}
        yield Arm(6, "s4gan", data, _supervised(data) | s4gan, "supervised")
        changes = _supervised(data) | s4gan | {"strategy": "s4gan_mlmt", "fuse": FUSED[1]}
        for fuse in FUSED:
            name = f"s4gan_mlmt, fused at {fuse:g}" if fuse else "s4gan_mlmt, not fused"
            yield Arm(6, name, data, changes, "s4gan", reads=f"mean_iou_fused_{fuse:g}")


ARMS: tuple[Arm, ...] = (
    *_ceiling(),
    *_labels_met(),
    *_regularisers(),
    *_consistency(),
    *_own_images(),
    *_s4gan(),
    *_multi_label(),
)
