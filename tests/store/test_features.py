"""Feature files say what they are, come back bit by bit, and hold no code."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from s4gui.core.errors import FormatError
from s4gui.store import features
from s4gui.store.features import FeatureMap


def made(kind: str = "float16") -> FeatureMap:
    values = np.random.default_rng(0).normal(size=(5, 3, 4)).astype(kind)
    return FeatureMap(values, "resnet18/layer2", "V1", 8, (24, 30), "1-2")


@pytest.mark.parametrize("kind", ["float16", "float32"])
def test_what_was_written_is_read_bit_by_bit(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "frame.npz"
    features.write(path, made(kind))
    back, first = features.read(path), made(kind)
    assert back.values.dtype == kind
    assert back.values.tobytes() == first.values.tobytes()
    assert (back.encoder, back.weights, back.stride) == ("resnet18/layer2", "V1", 8)
    assert (back.image_shape, back.source, back.values.shape) == ((24, 30), "1-2", (5, 3, 4))
    assert [each.name for each in tmp_path.iterdir()] == ["frame.npz"]


def test_features_cannot_be_changed_behind_the_file(tmp_path: Path) -> None:
    features.write(tmp_path / "a.npz", made())
    with pytest.raises(ValueError, match="read-only"):
        features.read(tmp_path / "a.npz").values[0, 0, 0] = 1


@pytest.mark.parametrize(
    ("values", "stride"),
    [(np.zeros((2, 2), np.float16), 8), (np.zeros((1, 2, 2)), 8), (made().values, 0)],
)
def test_features_that_are_none_cannot_exist(values: np.ndarray, stride: int) -> None:
    with pytest.raises(ValueError, match="features"):
        FeatureMap(values, "resnet18/layer2", "", stride, (24, 30))


def test_the_card_alone_says_what_the_file_is(tmp_path: Path) -> None:
    path = features.path_of(tmp_path, "a/b.png")
    features.write(path, made())
    card = features.read_card(path)
    assert (card.encoder, card.weights, card.stride) == ("resnet18/layer2", "V1", 8)
    assert (card.image_shape, card.source, card.shape) == ((24, 30), "1-2", (5, 3, 4))
    kinds = {card.kind}
    for change in (
        {"encoder": "b"},
        {"weights": "b"},
        {"stride": 4},
        {"values": made().values[1:]},
    ):
        facts = {
            "encoder": "resnet18/layer2",
            "weights": "V1",
            "stride": 8,
            "values": made().values,
        }
        other = FeatureMap(**(facts | change), image_shape=(24, 30), source="1-2")
        features.write(path, other)
        kinds.add(features.read_card(path).kind)
    assert len(kinds) == 5, "each of these is another kind of features"
    for data in (b"", b"garbage", path.read_bytes()[:300], _npz(values=made().values)):
        path.write_bytes(data)
        with pytest.raises(FormatError):
            features.read_card(path)


def _npz(**arrays: np.ndarray) -> bytes:
    body = io.BytesIO()
    np.savez(body, **arrays)
    return body.getvalue()


def test_what_is_no_feature_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    features.write(path, made())
    whole = path.read_bytes()
    with zipfile.ZipFile(io.BytesIO(whole)) as file:
        card = file.read("card.npy")
    newer = np.frombuffer(card[128:].replace(b'"version": 1', b'"version": 9'), np.uint8)
    other = np.frombuffer(card[128:], np.uint8)
    for data in (
        b"",
        b"garbage",
        whole[: len(whole) // 2],
        _npz(values=made().values),
        _npz(card=newer, values=made().values),
        _npz(card=other, values=made().values[:2]),
        _npz(card=np.array([{"a": 1}], dtype=object), values=made().values),
    ):
        path.write_bytes(data)
        with pytest.raises(FormatError) as caught:
            features.read(path)
        assert caught.value.message.id == "features.unreadable"
    path.write_bytes(_npz(card=other, values=made().values))
    assert features.read(path).stride == 8  # the card itself was a good one
    with pytest.raises(FormatError):
        features.read(tmp_path / "none.npz")
