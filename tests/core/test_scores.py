"""Scores equal torchmetrics' counts and a plain double loop; no answer is None."""

from __future__ import annotations

import math

import numpy as np
import pytest

from s4gui.core import scores
from s4gui.core.classes import UNLABELLED, VOID
from s4gui.core.scores import ConfusionMatrix, rests_on

IDS = (2, 7, 40, 200)


def _frames(seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(seed)
    values = np.array([*IDS, VOID, UNLABELLED, 99], np.uint8)
    return [
        (rng.choice(values, size=shape), rng.choice(np.array(IDS, np.uint8), size=shape))
        for shape in ((13, 17), (1, 1), (40, 31))
    ]


def _matrix(frames: list[tuple[np.ndarray, np.ndarray]]) -> ConfusionMatrix:
    matrix = ConfusionMatrix(IDS)
    for reference, prediction in frames:
        matrix.add(reference, prediction)
    return matrix


@pytest.mark.parametrize("seed", range(5))
def test_counts_equal_those_of_torchmetrics(seed: int) -> None:
    torch = pytest.importorskip("torch")
    from s4gui.learn import torchvision

    torchvision.load()  # which torchmetrics imports, beside whatever build of torch
    from torchmetrics.classification import MulticlassConfusionMatrix

    frames = _frames(seed)
    theirs = MulticlassConfusionMatrix(num_classes=len(IDS), ignore_index=-1)
    index = {value: i for i, value in enumerate(IDS)}
    for reference, prediction in frames:
        rows = np.vectorize(lambda v: index.get(int(v), -1))(reference)
        columns = np.vectorize(lambda v: index[int(v)])(prediction)
        theirs.update(torch.from_numpy(columns), torch.from_numpy(rows))
    assert np.array_equal(_matrix(frames).counts, theirs.compute().numpy())


@pytest.mark.parametrize("seed", range(5))
def test_iou_equals_a_double_loop(seed: int) -> None:
    frames = _frames(seed)
    for score in _matrix(frames).per_class():
        inter = union = support = wrong = 0
        for reference, prediction in frames:
            for r, p in zip(reference.ravel().tolist(), prediction.ravel().tolist(), strict=True):
                if r not in IDS:
                    continue
                inter += r == score.class_id and p == score.class_id
                union += score.class_id in (r, p)
                support += r == score.class_id
                wrong += p == score.class_id and r != score.class_id
        assert score.iou == inter / union
        assert (score.support_px, score.false_positive_px) == (support, wrong)


def test_a_class_without_reference_has_no_iou_but_its_false_positives() -> None:
    matrix = ConfusionMatrix((0, 1, 2), np.array([[5, 1, 0], [2, 3, 0], [0, 0, 0]], np.int64))
    scores = matrix.per_class()
    assert [each.iou for each in scores] == [0.625, 0.5, None]
    assert matrix.mean_iou() == 0.5625
    matrix.add(np.zeros((1, 4), np.uint8), np.full((1, 4), 2, np.uint8))
    assert matrix.per_class()[2].iou is None
    assert matrix.per_class()[2].false_positive_px == 4
    assert matrix.mean_iou() == pytest.approx((5 / 12 + 0.5) / 2)


def test_nothing_counted_has_no_scores() -> None:
    matrix = ConfusionMatrix(IDS)
    matrix.add(np.full((3, 3), UNLABELLED, np.uint8), np.full((3, 3), 2, np.uint8))
    matrix.add(np.full((3, 3), VOID, np.uint8), np.full((3, 3), 2, np.uint8))
    assert not matrix.counts.any()
    assert matrix.mean_iou() is None
    assert matrix.pixel_accuracy() is None
    assert all(each.iou is None for each in matrix.per_class())


def test_what_lies_under_void_never_matters() -> None:
    reference = np.array([[2, VOID, 7]], np.uint8)
    one, other = ConfusionMatrix(IDS), ConfusionMatrix(IDS)
    one.add(reference, np.array([[2, 2, 40]], np.uint8))
    other.add(reference, np.array([[2, 200, 40]], np.uint8))
    assert np.array_equal(one.counts, other.counts)
    assert one.pixel_accuracy() == 0.5


def test_matrices_of_parts_merge_to_that_of_the_whole() -> None:
    frames = _frames(9)
    whole, part = _matrix(frames), _matrix(frames[:1])
    part.merge(_matrix(frames[1:]))
    assert np.array_equal(part.counts, whole.counts)
    with pytest.raises(ValueError, match="different classes"):
        whole.merge(ConfusionMatrix((1, 2)))


def test_the_order_of_ids_given_does_not_matter() -> None:
    a, b = ConfusionMatrix((7, 2)), ConfusionMatrix((2, 7))
    for each in (a, b):
        each.add(np.array([[7, 2]], np.uint8), np.array([[2, 2]], np.uint8))
    assert a.class_ids == (2, 7)
    assert np.array_equal(a.counts, b.counts)


def test_a_prediction_of_an_unknown_class_is_refused() -> None:
    matrix = ConfusionMatrix(IDS)
    with pytest.raises(ValueError, match="does not know"):
        matrix.add(np.array([[2]], np.uint8), np.array([[3]], np.uint8))
    with pytest.raises(ValueError, match="shapes differ"):
        matrix.add(np.zeros((2, 2), np.uint8), np.zeros((2, 3), np.uint8))


def test_counts_do_not_overflow() -> None:
    huge = np.full((1, 1), 2**60, np.int64)
    matrix = ConfusionMatrix((0,), huge)
    assert math.isclose(matrix.per_class()[0].iou or 0, 1.0)
    assert matrix.per_class()[0].support_px == 2**60


@pytest.mark.parametrize("seed", range(5))
def test_accuracies_equal_torchmetrics_where_every_class_has_pixels(seed: int) -> None:
    torch = pytest.importorskip("torch")
    from s4gui.learn import torchvision

    torchvision.load()
    from torchmetrics import classification as metrics

    rng = np.random.default_rng(seed)
    reference = rng.permutation(np.arange(600) % 4).reshape(20, 30).astype(np.uint8)
    prediction = rng.integers(0, 4, (20, 30), np.uint8)
    matrix = ConfusionMatrix((0, 1, 2, 3))
    matrix.add(reference, prediction)
    given = torch.from_numpy(prediction).long(), torch.from_numpy(reference).long()
    theirs = {
        average: metrics.MulticlassAccuracy(4, average=average)(*given).item()
        for average in ("macro", "micro")
    }
    weighted = metrics.MulticlassJaccardIndex(4, average="weighted")(*given).item()
    mean = metrics.MulticlassJaccardIndex(4, average="macro")(*given).item()
    assert matrix.mean_accuracy() == pytest.approx(theirs["macro"], abs=1e-6)
    assert matrix.pixel_accuracy() == pytest.approx(theirs["micro"], abs=1e-6)
    assert matrix.weighted_iou() == pytest.approx(weighted, abs=1e-6)
    assert matrix.mean_iou() == pytest.approx(mean, abs=1e-6)


def test_means_leave_out_classes_without_reference() -> None:
    matrix = ConfusionMatrix((0, 1, 2), np.array([[5, 1, 4], [2, 3, 0], [0, 0, 0]], np.int64))
    assert matrix.mean_accuracy() == (5 / 10 + 3 / 5) / 2
    assert matrix.weighted_iou() == pytest.approx((10 * (5 / 12) + 5 * (3 / 6)) / 15, abs=1e-15)
    empty = ConfusionMatrix((0, 1))
    assert empty.mean_accuracy() is None
    assert empty.weighted_iou() is None


def test_scores_of_many_tallies_are_those_of_each() -> None:
    matrices = [_matrix(_frames(seed)) for seed in range(4)]
    empty = ConfusionMatrix(IDS)
    stacked = np.stack([each.tally for each in (*matrices, empty)])
    for function, method in (
        (scores.mean_iou, ConfusionMatrix.mean_iou),
        (scores.pixel_accuracy, ConfusionMatrix.pixel_accuracy),
        (scores.mean_accuracy, ConfusionMatrix.mean_accuracy),
        (scores.weighted_iou, ConfusionMatrix.weighted_iou),
    ):
        assert function(stacked)[:-1].tolist() == [method(each) for each in matrices]
        assert np.isnan(function(stacked)[-1])


@pytest.mark.parametrize(
    ("labelled", "said"), [(0, "strokes"), (899, "strokes"), (900, "images"), (1000, "images")]
)
def test_scores_rest_on_strokes_where_a_tenth_has_no_label(labelled: int, said: str) -> None:
    assert rests_on(labelled, 1000) == said
