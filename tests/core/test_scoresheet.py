"""A score sheet says of a set what its parts say, and what the labels were."""

from __future__ import annotations

import numpy as np
import pytest

from s4gui.core.boundaries import BoundaryCounts
from s4gui.core.calibration import Calibration
from s4gui.core.classes import UNLABELLED
from s4gui.core.prediction import Prediction
from s4gui.core.scores import ConfusionMatrix
from s4gui.core.scoresheet import Scored, ScoreSheet

IDS = (1, 4, 6)


def _image(seed: int, *, sparse: bool = False) -> tuple[np.ndarray, Prediction]:
    rng = np.random.default_rng(seed)
    reference = np.sort(rng.choice(IDS[:2], (24, 30)), axis=1).astype(np.uint8)
    classes = np.where(rng.random((24, 30)) < 0.8, reference, rng.choice(IDS, (24, 30)))
    if sparse:
        reference[rng.random((24, 30)) < 0.95] = UNLABELLED
    sure = rng.integers(100, 256, (24, 30), np.uint8)
    return reference, Prediction(classes.astype(np.uint8), sure, "test")


def _sheet(images: int, *, boundary_px: float | None = None, group: str = "") -> ScoreSheet:
    sheet = ScoreSheet(IDS, boundary_px=boundary_px)
    for seed in range(images):
        sheet.add(f"i{seed}", *_image(seed), group=group)
    return sheet


def test_scores_are_those_of_the_summed_counts() -> None:
    matrix, sure = ConfusionMatrix(IDS), Calibration(IDS)
    edges = BoundaryCounts(IDS, distance_px=2)
    for seed in range(6):
        reference, prediction = _image(seed)
        matrix.add(reference, prediction.classes)
        sure.add(reference, prediction.classes, prediction.confidence)
        edges.add(reference, prediction.classes)
    sheet = _sheet(6, boundary_px=2)
    found = {name: each.value for name, each in sheet.scores(seed=0).items()}
    assert found == {
        "mean_iou": matrix.mean_iou(),
        "pixel_accuracy": matrix.pixel_accuracy(),
        "mean_accuracy": matrix.mean_accuracy(),
        "weighted_iou": matrix.weighted_iou(),
        "calibration_error": sure.error(),
        "boundary_iou": edges.mean_iou(),
        "boundary_f": edges.mean_f(),
    }
    rows = sheet.classes(seed=0)
    assert [row.iou.value for row in rows] == [each.iou for each in matrix.per_class()]
    assert [row.support_px for row in rows] == [each.support_px for each in matrix.per_class()]
    assert tuple(row.boundary_f.value for row in rows if row.boundary_f) == edges.fs()
    assert rows[2].iou == Scored(None, None)
    assert np.array_equal(sheet.matrix.counts, matrix.counts)


def test_every_score_lies_in_its_interval_and_more_images_make_it_narrow() -> None:
    few, many = _sheet(5), _sheet(40)
    for name, each in many.scores(seed=1).items():
        assert each.value is not None
        assert each.interval is not None
        assert each.interval.low <= each.value <= each.interval.high
        wide = few.scores(seed=1)[name].interval
        assert wide is not None
        if name != "calibration_error":
            assert each.interval.high - each.interval.low < wide.high - wide.low


def test_images_of_one_video_give_no_interval() -> None:
    sheet = _sheet(4, group="video")
    assert sheet.groups == 1
    assert all(each.interval is None for each in sheet.scores(seed=0).values())
    assert _sheet(4).groups == 4


def test_each_image_has_its_own_scores() -> None:
    sheet = _sheet(3)
    for seed, row in enumerate(sheet.images()):
        matrix = ConfusionMatrix(IDS)
        reference, prediction = _image(seed)
        matrix.add(reference, prediction.classes)
        assert row.image == f"i{seed}"
        assert (row.mean_iou, row.pixel_accuracy) == (matrix.mean_iou(), matrix.pixel_accuracy())


def test_boundaries_are_only_counted_when_asked_for() -> None:
    sheet = _sheet(2)
    assert sheet.boundaries is None
    assert not {"boundary_iou", "boundary_f"} & set(sheet.scores(seed=0))
    assert all(row.boundary_iou is None for row in sheet.classes(seed=0))


def test_sparse_labels_are_strokes_and_whole_masks_are_images() -> None:
    assert _sheet(2).on == "images"
    sheet = ScoreSheet(IDS)
    sheet.add("a", *_image(0, sparse=True))
    assert sheet.on == "strokes"


def test_a_sheet_without_images_has_no_answers() -> None:
    sheet = ScoreSheet(IDS, boundary_px=2)
    assert set(sheet.scores(seed=0).values()) == {Scored(None, None)}
    assert [row.iou for row in sheet.classes(seed=0)] == [Scored(None, None)] * 3
    assert sheet.images() == ()


def test_an_image_without_reference_has_no_score_but_counts_as_an_image() -> None:
    sheet = ScoreSheet(IDS)
    nothing, prediction = _image(0)
    sheet.add("a", np.full_like(nothing, UNLABELLED), prediction)
    (row,) = sheet.images()
    assert (row.mean_iou, row.pixel_accuracy) == (None, None)
    assert sheet.scores(seed=0)["mean_iou"] == Scored(None, None)
    with pytest.raises(ValueError, match="shapes"):
        sheet.add("b", nothing[:3], prediction)
