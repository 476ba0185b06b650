import numpy as np
import pytest

from s4gui.preview.features import FEATURES
from s4gui.preview.trees import Rows, fitted, sampled, working_labels


def rows(seed: int, counts: dict[int, int]) -> Rows:
    """Rows whose last feature (which no light changes) tells the class, among noise."""
    rng = np.random.default_rng(seed)
    classes = np.repeat(np.array(list(counts), np.uint8), list(counts.values()))
    features = rng.random((len(classes), FEATURES)).astype(np.float32)
    features[:, -1] = classes + rng.normal(0, 0.1, len(classes))
    return Rows(features, classes)


def test_a_cell_takes_the_class_most_of_its_labelled_pixels_have() -> None:
    rng = np.random.default_rng(0)
    labels = rng.choice(np.array([1, 4, 254, 255], np.uint8), (23, 31))
    cells, classes = working_labels(labels, (5, 7))
    expected = {}
    for i, j in np.ndindex(5, 7):
        inside = [
            int(labels[y, x])
            for y in range(23)
            for x in range(31)
            if y * 5 // 23 == i and x * 7 // 31 == j and labels[y, x] < 254
        ]
        if inside:
            expected[i * 7 + j] = min(set(inside), key=lambda v: (-inside.count(v), v))
    assert dict(zip(cells.tolist(), classes.tolist(), strict=True)) == expected


def test_void_and_unlabelled_teach_nothing() -> None:
    cells, classes = working_labels(np.array([[254, 255]], np.uint8), (1, 2))
    assert len(cells) == len(classes) == 0


def test_a_sample_takes_all_of_a_rare_class_and_a_share_of_a_frequent_one() -> None:
    classes = np.repeat(np.array([2, 9], np.uint8), [5, 500])
    chosen = sampled(classes, per_class=40, seed=1)
    assert np.bincount(classes[chosen], minlength=10)[[2, 9]].tolist() == [5, 40]
    assert len(set(chosen.tolist())) == len(chosen)


def test_a_smaller_sample_lies_within_a_larger_one() -> None:
    classes = np.random.default_rng(2).integers(0, 4, 1000).astype(np.uint8)
    small = sampled(classes, per_class=20, seed=3)
    assert set(small.tolist()) <= set(sampled(classes, per_class=70, seed=3).tolist())


def test_trees_tell_classes_apart_and_name_them_by_their_ids() -> None:
    forest = fitted([rows(0, {3: 200, 200: 150}), rows(1, {7: 90})], seed=0, threads=1)
    assert forest.class_ids == (3, 7, 200)
    test = rows(2, {3: 50, 7: 50, 200: 50})
    found = forest.probabilities(test.features.reshape(10, 15, FEATURES))
    np.testing.assert_allclose(found.sum(2), 1, atol=1e-5)
    answers = np.array(forest.class_ids)[found.argmax(2)].ravel()
    assert (answers == test.classes).mean() > 0.95


def test_the_same_seed_grows_the_same_trees_on_any_number_of_threads() -> None:
    parts = [rows(0, {1: 300, 2: 300})]
    test = rows(5, {1: 60, 2: 60}).features.reshape(10, 12, FEATURES)
    one = fitted(parts, seed=4, threads=1).probabilities(test)
    np.testing.assert_array_equal(one, fitted(parts, seed=4, threads=2).probabilities(test))
    assert (one != fitted(parts, seed=5, threads=1).probabilities(test)).any()


def test_columns_behind_the_filters_are_learned_from_and_the_filters_directions_stay() -> None:
    plain = rows(0, {1: 200, 2: 200, 5: 200})
    blind = plain.features.copy()
    blind[:, -1] = 0
    behind = plain.features[:, -1:]
    test = rows(1, {1: 50, 2: 50, 5: 50})
    seen = test.features.copy()
    seen[:, -1] = 0
    forest = fitted([Rows(np.concatenate([blind, behind], 1), plain.classes)], seed=0, threads=1)
    assert forest.oblique.weights.shape == (FEATURES + 1, 4), "two of the filters, two of all"
    assert (forest.oblique.weights[FEATURES, :2] == 0).all()
    assert (forest.oblique.weights[FEATURES, 2:] != 0).any()
    wide = np.concatenate([seen, test.features[:, -1:]], 1)
    found = forest.probabilities(wide.reshape(10, 15, -1))
    answers = np.array(forest.class_ids)[found.argmax(2)].ravel()
    assert (answers == test.classes).mean() > 0.95
    assert fitted([plain], seed=0, threads=1).oblique.weights.shape == (FEATURES, 2)


def test_one_class_is_too_few() -> None:
    with pytest.raises(ValueError, match="two classes"):
        fitted([rows(0, {1: 10})], seed=0, threads=1)
    with pytest.raises(ValueError, match="two classes"):
        fitted([], seed=0, threads=1)
