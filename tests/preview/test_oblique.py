import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from s4gui.preview import oblique
from s4gui.preview.oblique import beside, directions


def blobs(seed: int, counts: dict[int, int]) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    mix = rng.normal(0, 1, (7, 7))
    classes = np.repeat(np.array(list(counts), np.uint8), list(counts.values()))
    means = rng.normal(0, 1, (256, 7))
    return (rng.normal(0, 1, (len(classes), 7)) @ mix + means[classes]).astype(np.float32), classes


def test_the_directions_span_what_scikit_learns_discriminant_spans(monkeypatch) -> None:
    monkeypatch.setattr(oblique, "SHRINKAGE", 0.0)
    rows, classes = blobs(0, {2: 250, 5: 250, 9: 250, 11: 250})
    found = directions(rows, classes)
    model = LinearDiscriminantAnalysis(solver="eigen", priors=np.full(4, 0.25))
    model.fit((rows - rows.mean(0)) / rows.std(0), classes)
    expected = model.transform((rows - rows.mean(0)) / rows.std(0))
    ours = found.added(rows)[:, 7:]
    assert ours.shape == expected.shape == (1000, 3)
    for k in range(3):  # ours ascend, theirs descend; the sign is free
        assert abs(np.corrcoef(ours[:, 2 - k], expected[:, k])[0, 1]) > 0.9999


def test_added_rows_keep_their_features_and_spread_by_one_within_classes(monkeypatch) -> None:
    monkeypatch.setattr(oblique, "SHRINKAGE", 0.0)
    rows, classes = blobs(1, {0: 500, 1: 500})
    wide = directions(rows, classes).added(rows)
    np.testing.assert_array_equal(wide[:, :7], rows)
    assert wide.shape == (1000, 8)
    assert [wide[classes == c, 7].std() for c in (0, 1)] == pytest.approx([1, 1], abs=0.2)
    assert abs(wide[:, 7].mean()) < 1e-3


def test_constant_features_and_more_classes_than_features_are_allowed() -> None:
    rows = np.zeros((40, 2), np.float32)
    rows[:, 1] = np.arange(40)
    found = directions(rows, np.repeat(np.arange(8, dtype=np.uint8), 5))
    assert found.weights.shape == (2, 2)
    assert np.isfinite(found.added(rows)).all()


def test_one_row_a_class_is_enough() -> None:
    rows = np.eye(3, dtype=np.float32)[:2]
    assert np.isfinite(directions(rows, np.array([0, 1], np.uint8)).added(rows)).all()


def test_directions_of_the_first_columns_stand_beside_those_of_all() -> None:
    rows, classes = blobs(3, {2: 60, 5: 60, 9: 60})
    narrow, whole = directions(rows[:, :4], classes), directions(rows, classes)
    found = beside(narrow, whole).added(rows)
    np.testing.assert_allclose(found[:, 7:9], narrow.added(rows[:, :4])[:, 4:], atol=1e-4)
    np.testing.assert_allclose(found[:, 9:], whole.added(rows)[:, 7:], atol=1e-4)
