import numpy as np
import pytest

from s4gui.core.errors import DataError
from s4gui.core.labels import Box
from s4gui.preview.examples import ROWS_PER_FRAME, Examples, pack
from s4gui.preview.trees import sampled, working_labels
from s4gui.wire.preview import FrameFile, LabelTile, UpdateLabels

SHAPE = (40, 60)
FEATURES = np.arange(40 * 60 * 2, dtype=np.float32).reshape(40, 60, 2)


def update(frame: str, labels: np.ndarray, *boxes: Box) -> UpdateLabels:
    boxes = boxes or (Box(0, 0, *labels.shape),)
    tiles = tuple(pack(labels[box.slices], box) for box in boxes)
    return UpdateLabels(FrameFile(frame, f"/{frame}"), *labels.shape, tiles)


def blank() -> np.ndarray:
    return np.full(SHAPE, 255, np.uint8)


def test_rows_are_the_features_of_the_painted_pixels() -> None:
    labels = blank()
    labels[3, 5:9], labels[20, 7] = 2, 6
    examples = Examples((2, 6), seed=0)
    examples.update(update("a", labels))
    examples.learn("a", FEATURES, SHAPE)
    (rows,) = examples.rows()
    found = {tuple(f): c for f, c in zip(rows.features.tolist(), rows.classes, strict=True)}
    expected = {tuple(FEATURES[y, x].tolist()): labels[y, x] for y, x in np.argwhere(labels < 254)}
    assert found == expected


def test_tiles_overlay_and_everything_else_stays() -> None:
    first, second = blank(), blank()
    first[0:4, 0:4], first[30, 50] = 2, 6
    second[2:4, 2:4] = 6
    examples = Examples((2, 6), seed=0)
    examples.update(update("a", first))
    examples.update(update("a", second, Box(2, 2, 10, 10)))
    examples.learn("a", FEATURES, SHAPE)
    (rows,) = examples.rows()
    assert sorted(rows.classes.tolist()) == [2] * 12 + [6] * 5


def test_after_a_stroke_only_its_own_frame_is_stale() -> None:
    labels = blank()
    labels[1, 1], labels[9, 9] = 2, 6
    examples = Examples((2, 6), seed=0)
    for frame in "abc":
        examples.update(update(frame, labels))
        examples.learn(frame, FEATURES, SHAPE)
    assert examples.stale() == ()
    examples.update(update("b", labels, Box(0, 0, 2, 2)))
    assert [each.frame for each in examples.stale()] == ["b"]
    assert len(examples.rows()) == 3


def test_erasing_everything_and_forgetting_leave_nothing_to_learn() -> None:
    labels = blank()
    labels[1, 1], labels[9, 9] = 2, 6
    examples = Examples((2, 6), seed=0)
    examples.update(update("a", labels))
    examples.update(update("b", labels))
    examples.update(update("a", blank()))
    examples.forget("b")
    examples.forget("never known")
    assert examples.painted == frozenset()
    assert examples.stale() == ()


def test_void_and_classes_that_are_gone_are_not_painted() -> None:
    labels = blank()
    labels[0, :10], labels[1, :10], labels[2, :10] = 254, 9, 2
    examples = Examples((2, 6), seed=0)
    examples.update(update("a", labels))
    assert examples.painted == {2}
    examples.learn("a", FEATURES, SHAPE)
    assert set(examples.rows()[0].classes.tolist()) == {2}


def test_a_dense_frame_keeps_a_bounded_seeded_sample() -> None:
    labels = np.zeros(SHAPE, np.uint8)
    labels[:, 50:] = 1
    examples = Examples((0, 1), seed=3)
    examples.update(update("a", labels))
    examples.learn("a", FEATURES, SHAPE)
    (rows,) = examples.rows()
    assert np.bincount(rows.classes).tolist() == [ROWS_PER_FRAME, 400]
    examples.update(update("a", labels))
    examples.learn("a", FEATURES, SHAPE)
    np.testing.assert_array_equal(examples.rows()[0].features, rows.features)


def test_many_frames_share_what_may_be_kept(monkeypatch) -> None:
    monkeypatch.setattr("s4gui.preview.examples.ROWS_OVER_FRAMES", 60)
    labels = np.zeros(SHAPE, np.uint8)
    examples = Examples((0, 1), seed=3)
    for n in range(6):
        examples.update(update(str(n), labels))
        examples.learn(str(n), FEATURES, SHAPE)
    assert [len(each.classes) for each in examples.rows()] == [10] * 6


def test_another_image_size_is_told_and_teaches_nothing() -> None:
    examples = Examples((2, 6), seed=0)
    labels = blank()
    labels[1, 1] = 2
    examples.update(update("a", labels))
    with pytest.raises(DataError, match="60 x 40"):
        examples.learn("a", FEATURES, (41, 60))
    assert examples.rows() == ()
    assert examples.stale() == ()


@pytest.mark.parametrize(
    "tile",
    [
        LabelTile(0, 0, 4, 4, "not base64!"),
        LabelTile(0, 0, 4, 4, pack(np.zeros((4, 5), np.uint8), Box(0, 0, 4, 5)).packed),
        LabelTile(38, 0, 42, 4, pack(np.zeros((4, 4), np.uint8), Box(0, 0, 4, 4)).packed),
        LabelTile(4, 4, 4, 4, pack(np.zeros((0, 0), np.uint8), Box(0, 0, 0, 0)).packed),
        LabelTile(0, 0, 4, 4, "AAAA"),
    ],
)
def test_a_damaged_tile_changes_nothing(tile: LabelTile) -> None:
    examples = Examples((2, 6), seed=0)
    labels = blank()
    labels[1, 1] = 2
    examples.update(update("a", labels))
    with pytest.raises(DataError):
        examples.update(UpdateLabels(FrameFile("a", "/a"), *SHAPE, (tile,)))
    examples.learn("a", FEATURES, SHAPE)
    assert examples.rows()[0].classes.tolist() == [2]


def test_labels_of_a_large_image_meet_its_small_features() -> None:
    labels = np.full((400, 600), 255, np.uint8)
    labels[100:103, 50:200] = 2
    examples = Examples((2, 6), seed=0)
    examples.update(update("a", labels))
    examples.learn("a", FEATURES, (400, 600))
    cells, classes = working_labels(labels, SHAPE)
    kept = sampled(classes, per_class=ROWS_PER_FRAME, seed=0)
    assert len(kept) == len(cells) == 15
    (rows,) = examples.rows()
    np.testing.assert_array_equal(
        np.sort(rows.features[:, 0]), FEATURES.reshape(-1, 2)[cells][:, 0]
    )
