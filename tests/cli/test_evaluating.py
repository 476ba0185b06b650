"""What `evaluate` shows: the sheet's numbers, dashes for no answer, strokes by name."""

from __future__ import annotations

import numpy as np

from s4gui.cli.evaluating import lowest_images, reliability_table, score_table
from s4gui.core.classes import UNLABELLED
from s4gui.core.prediction import Prediction
from s4gui.core.scoresheet import ScoreSheet

NAMES = {0: "Sky", 1: "Road", 2: "Tram"}


def _sheet(*, sparse: bool = False, boundary_px: float | None = None) -> ScoreSheet:
    sheet = ScoreSheet((0, 1, 2), boundary_px=boundary_px)
    rng = np.random.default_rng(0)
    for number in range(6):
        reference = np.zeros((20, 30), np.uint8)
        reference[10:] = 1
        classes = np.where(rng.random((20, 30)) < 0.05 * number, 1 - reference, reference)
        if sparse:
            reference[rng.random((20, 30)) < 0.9] = UNLABELLED
        sure = np.full((20, 30), 204, np.uint8)
        sheet.add(f"image{number}", reference, Prediction(classes.astype(np.uint8), sure, "t"))
    return sheet


def test_the_table_shows_each_class_with_its_interval_and_a_dash_for_an_absent_one() -> None:
    sheet = _sheet()
    lines = list(score_table(sheet, NAMES, seed=0))
    assert lines[0].split() == ["IoU", "95", "%", "px"]
    sky, _, tram = sheet.classes(seed=0)
    assert sky.iou.interval is not None
    assert lines[1].split() == [
        *("Sky", f"{sky.iou.value:.3f}"),
        *(f"{sky.iou.interval.low:.3f}", "-", f"{sky.iou.interval.high:.3f}"),
        "1,800",
    ]
    assert tram.iou.value is None
    assert lines[3].split() == ["Tram", "–", "–", "0"]
    mean = next(line for line in lines if line.startswith("mean IoU"))
    assert f"{sheet.matrix.mean_iou():.3f}" in mean
    assert any(line.startswith("calibration error") for line in lines)
    assert "6 images in 6 groups" in lines[-1]
    assert not any("boundary" in line for line in lines)


def test_scores_over_strokes_are_never_plain_iou() -> None:
    for line in score_table(_sheet(sparse=True, boundary_px=2), NAMES, seed=0):
        if any(word in line for word in ("IoU", "accuracy", "boundary F", "calibration")):
            assert "on strokes" in line
    assert "on strokes" in list(lowest_images(_sheet(sparse=True)))[1]
    assert not any("strokes" in line for line in score_table(_sheet(), NAMES, seed=0))


def test_boundaries_have_columns_when_they_were_counted() -> None:
    sheet = _sheet(boundary_px=2)
    lines = list(score_table(sheet, NAMES, seed=0))
    assert lines[0].endswith("boundary IoU, F within 2 px")
    assert sheet.boundaries is not None
    iou, f = sheet.boundaries.ious()[0], sheet.boundaries.fs()[0]
    assert lines[1].split()[-2:] == [f"{iou:.3f}", f"{f:.3f}"]
    assert lines[3].split()[-2:] == ["–", "–"]


def test_the_reliability_table_has_the_bins_that_hold_pixels() -> None:
    sheet = _sheet()
    _, head, *rows = reliability_table(sheet)
    assert head.split() == ["confidence", "mean", "right", "px"]
    (row,) = rows  # all are sure to 204 / 255 = 0.8, which begins a bin
    right = sheet.matrix.pixel_accuracy()
    assert row.split() == ["0.80", "-", "0.87", "0.800", f"{right:.3f}", "3,600"]


def test_the_lowest_images_are_named_worst_first() -> None:
    _, _, *rows = lowest_images(_sheet())
    assert [row.split()[1] for row in rows] == ["image5", "image4", "image3"]
