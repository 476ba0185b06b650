"""The preview learns from feature files too where all images it needs have them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from s4gui.preview import session as session_module
from s4gui.preview.cache import ArrayCache
from s4gui.preview.encoded import CHANNELS, FeatureFiles
from s4gui.preview.features import FEATURES, filter_features, relit
from s4gui.preview.session import Session
from s4gui.store import features, predictions
from s4gui.store.features import FeatureMap
from s4gui.wire.preview import Fitted, FrameFile, Open, Previewed, PreviewFailed
from tests.preview.scenes import CAR, ROAD, SKY, save, scene
from tests.preview.test_session import Street

STRIDE = 8


def grid(shape: tuple[int, int]) -> tuple[int, int]:
    return -(-shape[0] // STRIDE), -(-shape[1] // STRIDE)


class SeeingStreet(Street):
    """A street whose session may use feature files, and a way to write them."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.seen = folder / "features"
        self.seen.mkdir()
        self.begin()

    def begin(self, *, on: bool = True) -> None:
        command = Open(
            (ROAD, SKY, CAR), str(self.results), 0, 50_000_000, str(self.seen) if on else ""
        )
        self.session = Session(command, threads=1)

    def write(self, n: int, *, encoder: str = "resnet18/layer2", weights: str = "w") -> Path:
        """Features that show the classes: one channel each, as an encoder of the test sees them."""
        _, reference = self.scenes[n]
        centres = reference[::STRIDE, ::STRIDE]
        values = np.stack([centres == each for each in (ROAD, SKY, CAR)]).astype(np.float16)
        path = features.path_of(self.seen, self.files[n].frame)
        source = features.source_of(Path(self.files[n].path))
        features.write(path, FeatureMap(values, encoder, weights, STRIDE, (90, 120), source))
        return path

    def fitted(self, **words: object) -> Fitted:
        (event,) = [each for each in self.ask(**words) if isinstance(each, Fitted)]
        return event


@pytest.fixture
def street(tmp_path: Path) -> SeeingStreet:
    return SeeingStreet(tmp_path)


def told(event: Fitted) -> tuple[str, int]:
    return event.encoder, event.lacking


def answer(street: SeeingStreet, **words: object) -> np.ndarray:
    events = street.ask(**words)
    assert not [each for each in events if isinstance(each, PreviewFailed)]
    whole = [e for e in events if isinstance(e, Previewed) and e.whole and e.frame == "r/0.png"]
    return predictions.read(Path(whole[-1].path)).classes


# --- files on the working grid -------------------------------------------------------------------


def by_hand(values: np.ndarray, image: tuple[int, int], shape: tuple[int, int]) -> np.ndarray:
    """Bilinear, cell by cell: the centre of each working cell lies between four features."""
    out = np.zeros((*shape, len(values)))
    for i in range(shape[0]):
        for j in range(shape[1]):
            y = ((i + 0.5) * image[0] / shape[0] - 0.5) / STRIDE
            x = ((j + 0.5) * image[1] / shape[1] - 0.5) / STRIDE
            y, x = (min(max(v, 0), n - 1) for v, n in zip((y, x), values.shape[1:], strict=True))
            y0, x0 = int(y), int(x)
            y1, x1 = min(y0 + 1, values.shape[1] - 1), min(x0 + 1, values.shape[2] - 1)
            top = values[:, y0, x0] * (1 - x + x0) + values[:, y0, x1] * (x - x0)
            low = values[:, y1, x0] * (1 - x + x0) + values[:, y1, x1] * (x - x0)
            out[i, j] = top * (1 - y + y0) + low * (y - y0)
    return out


@pytest.mark.parametrize("image", [(96, 128), (41, 640), (5, 7), (8, 200)])
def test_features_are_interpolated_between_the_centres_of_their_cells(
    image: tuple[int, int], tmp_path: Path
) -> None:
    frame = FrameFile("r/a.png", save(tmp_path, "a.png", scene(0)[0]))
    values = np.random.default_rng(0).normal(size=(3, *grid(image))).astype(np.float16)
    source = features.source_of(Path(frame.path))
    path = features.path_of(tmp_path, frame.frame)
    features.write(path, FeatureMap(values, "e", "w", STRIDE, image, source))
    files = FeatureFiles(tmp_path, ArrayCache(10_000_000))
    for shape in ((23, 31), (1, 2), image):
        seen = files.seen(frame, shape)
        assert seen is not None
        assert seen.whole().dtype == np.float32
        np.testing.assert_allclose(
            seen.whole(), by_hand(values.astype(float), image, shape), atol=2e-3
        )
        cells = np.random.default_rng(1).permutation(shape[0] * shape[1])[:50]
        np.testing.assert_allclose(seen.at(cells), seen.whole().reshape(-1, 3)[cells], atol=1e-5)


def test_a_wide_encoder_is_mixed_down_and_distances_stay(tmp_path: Path) -> None:
    frame = FrameFile("r/a.png", save(tmp_path, "a.png", scene(0)[0]))
    values = np.random.default_rng(0).normal(size=(1024, 4, 5)).astype(np.float16)
    source = features.source_of(Path(frame.path))
    features.write(
        features.path_of(tmp_path, frame.frame), FeatureMap(values, "e", "", 8, (32, 40), source)
    )
    found = []
    for _ in range(2):
        seen = FeatureFiles(tmp_path, ArrayCache(10_000_000)).seen(frame, (4, 5))
        assert seen is not None
        found.append(seen.whole())
    assert found[0].shape == (4, 5, CHANNELS)
    np.testing.assert_array_equal(found[0], found[1])
    exact = FeatureFiles(tmp_path, ArrayCache(1))._grid(frame)
    assert exact is not None
    cells, mixed = values.reshape(1024, -1).T.astype(float), exact.reshape(CHANNELS, -1).T
    for a, b in ((0, 1), (3, 17), (5, 12)):
        ratio = np.linalg.norm(mixed[a] - mixed[b]) / np.linalg.norm(cells[a] - cells[b])
        assert 0.75 < ratio < 1.25


def test_light_changes_what_filters_see_and_not_what_the_encoder_sees() -> None:
    pixels, _ = scene(0, height=20, width=30)
    rows = filter_features(pixels).reshape(-1, FEATURES)[:50]
    wide = np.concatenate([rows, np.ones((50, 3), np.float32)], 1)
    light, chroma = (np.linspace(0.5, 2, 50, dtype=np.float32) for _ in range(2))
    changed = relit(wide, light=light, chroma=chroma)
    np.testing.assert_array_equal(changed[:, :FEATURES], relit(rows, light=light, chroma=chroma))
    np.testing.assert_array_equal(changed[:, FEATURES:], wide[:, FEATURES:])


# --- when they are used --------------------------------------------------------------------------


def test_all_images_have_them_and_the_trees_learn_from_them(street: SeeingStreet) -> None:
    street.paint(0)
    street.paint(1)
    assert told(street.fitted()) == ("", 0), "nobody has made any"
    plain = answer(street)
    for n in (0, 1):
        street.write(n)
    assert told(street.fitted(ticket=2)) == ("resnet18/layer2", 0)
    assert street.accuracy(street.ask(ticket=3)[-1]) > 0.95
    street.begin(on=False)
    street.paint(0)
    street.paint(1)
    assert told(street.fitted()) == ("", 0), "switched off"
    np.testing.assert_array_equal(answer(street), plain)


def test_the_answer_follows_the_features(street: SeeingStreet) -> None:
    """Filters see one grey; only the encoder tells left from right, and where left ends."""
    grey = np.random.default_rng(0).integers(100, 110, (90, 120, 1), np.uint8).repeat(3, 2)
    save(street.folder, "0.png", grey)
    labels = np.full((90, 120), 255, np.uint8)
    labels[40:50, 10:30], labels[40:50, 90:110] = CAR, ROAD
    street.paint(0, labels)
    path = features.path_of(street.seen, "r/0.png")
    source = features.source_of(Path(street.files[0].path))
    found = []
    for ticket, end in enumerate((50, 70)):
        left = np.arange(0, 120, STRIDE) < end
        values = np.tile(left, (1, 12, 1)).astype(np.float16)
        features.write(path, FeatureMap(values, "e", f"w{ticket}", STRIDE, (90, 120), source))
        found.append(answer(street, ticket=ticket))
    assert (found[0][20:70, 58:62] == ROAD).mean() > 0.9
    assert (found[1][20:70, 58:62] == CAR).mean() > 0.9


@pytest.mark.parametrize("n", [0, 1])
def test_where_one_labelled_image_or_the_shown_one_lacks_them_none_uses_them(
    street: SeeingStreet, n: int
) -> None:
    street.paint(1)
    street.paint(2)
    for each in range(3):
        street.write(each)
    assert told(street.fitted()) == ("resnet18/layer2", 0)
    features.path_of(street.seen, f"r/{n}.png").unlink()
    assert told(street.fitted(ticket=2)) == ("", 1)
    plain = answer(street, ticket=3)
    street.begin(on=False)
    street.paint(1)
    street.paint(2)
    np.testing.assert_array_equal(answer(street), plain)


def test_a_neighbour_without_them_is_answered_by_filters_alone(street: SeeingStreet) -> None:
    street.paint(0)
    street.write(0)
    events = street.ask(neighbours=(1,))
    assert told(events[0]) == ("resnet18/layer2", 0)
    street.begin(on=False)
    street.paint(0)
    plain = street.ask(neighbours=(1,))[-1]
    found = predictions.read(street.results / plain.path)
    street.begin()
    street.paint(0)
    again = street.ask(neighbours=(1,))[-1]
    assert again.frame == plain.frame == "r/1.png"
    np.testing.assert_array_equal(
        predictions.read(street.results / again.path).classes, found.classes
    )


def _truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _garbage(path: Path) -> None:
    path.write_bytes(b"garbage")


def _damaged_values(path: Path) -> None:
    """The card is whole, the values are not: zip's own checksum finds it."""
    data = bytearray(path.read_bytes())
    place = data.index(b"values.npy") + 150
    data[place : place + 4] = bytes(255 - each for each in data[place : place + 4])
    path.write_bytes(bytes(data))


def _not_finite(path: Path) -> None:
    old = features.read(path)
    values = old.values.copy()
    values[0, 0, 0] = np.nan
    features.write(
        path, FeatureMap(values, old.encoder, old.weights, STRIDE, old.image_shape, old.source)
    )


def _of_an_older_image(path: Path) -> None:
    old = features.read(path)
    features.write(
        path, FeatureMap(old.values, old.encoder, old.weights, STRIDE, old.image_shape, "1-1")
    )


@pytest.mark.parametrize("n", [0, 1, 2])
@pytest.mark.parametrize(
    "spoil", [_truncated, _garbage, _damaged_values, _not_finite, _of_an_older_image]
)
def test_a_file_that_is_of_no_use_is_as_good_as_none(
    street: SeeingStreet, spoil: Callable[[Path], None], n: int
) -> None:
    """Of the shown image (0), a labelled one (1), a neighbour (2): all are answered, none fails."""
    street.paint(0)
    street.paint(1)
    for each in range(3):
        path = street.write(each)
        if each == n:
            spoil(path)
    events = street.ask(neighbours=(2,))
    assert not [each for each in events if isinstance(each, PreviewFailed)]
    assert [each.frame for each in events[1:]] == ["r/0.png", "r/2.png"]
    assert told(events[0]) == (("resnet18/layer2", 0) if n == 2 else ("", 1))
    street.write(n)
    os.utime(features.path_of(street.seen, f"r/{n}.png"), ns=(1, 1))  # surely another file
    assert told(street.fitted(ticket=2)) == ("resnet18/layer2", 0)


def test_an_image_that_changed_has_no_features_until_they_are_made_again(
    street: SeeingStreet,
) -> None:
    street.paint(0)
    street.write(0)
    assert told(street.fitted()) == ("resnet18/layer2", 0)
    save(street.folder, "0.png", 255 - street.scenes[0][0])
    os.utime(street.files[0].path, (5, 5))
    assert told(street.fitted(ticket=2)) == ("", 1)
    street.write(0)
    assert told(street.fitted(ticket=3)) == ("resnet18/layer2", 0)


def test_another_encoder_counts_from_when_all_images_have_it(street: SeeingStreet) -> None:
    street.paint(0)
    street.paint(1)
    for n in (0, 1):
        street.write(n)
    assert told(street.fitted()) == ("resnet18/layer2", 0)
    street.write(0, encoder="resnet50/layer1")
    assert told(street.fitted(ticket=2)) == ("", 1)
    street.write(1, encoder="resnet50/layer1", weights="v2")
    assert told(street.fitted(ticket=3)) == ("", 1), "the same network with other weights"
    street.write(1, encoder="resnet50/layer1")
    assert told(street.fitted(ticket=4)) == ("resnet50/layer1", 0)


def test_a_frame_that_was_given_up_is_not_told_again_for_its_features(
    street: SeeingStreet,
) -> None:
    street.paint(0)
    street.paint(1, np.full((20, 30), ROAD, np.uint8))  # labels of another size
    for n in (0, 1):
        street.write(n)
    told_once = [each for each in street.ask() if isinstance(each, PreviewFailed)]
    assert [each.message_id for each in told_once] == ["preview.other_size"]
    events = street.ask(ticket=2)
    assert not [each for each in events if isinstance(each, PreviewFailed)]
    assert told(events[0]) == ("resnet18/layer2", 0)


def test_looking_at_files_again_waits_for_its_time_like_any_learning(
    street: SeeingStreet, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(3):
        street.paint(n)
    street.ask()
    for n in range(3):
        street.write(n)
    monkeypatch.setattr(session_module, "LEARN_SECONDS", -1.0)
    assert told(street.fitted(ticket=2))[0] == ""
    idle = []
    while (work := street.session.idle()) is not None:
        idle += list(work)
    assert told(idle[0]) == ("resnet18/layer2", 0)
    assert isinstance(idle[1], Previewed)


def test_without_room_in_memory_files_are_read_again_and_nothing_is_lost(
    street: SeeingStreet,
) -> None:
    street.session = Session(
        Open((ROAD, SKY, CAR), str(street.results), 0, 1, str(street.seen)), threads=1
    )
    street.paint(0)
    street.write(0)
    assert told(street.fitted()) == ("resnet18/layer2", 0)
    assert street.accuracy(street.ask(ticket=2)[-1]) > 0.95
