import itertools
from dataclasses import replace

import numpy as np
import pytest

from s4gui.core.camera import HiddenPlane
from s4gui.core.classes import VOID
from s4gui.core.labels import Box
from s4gui.preview import session as session_module
from s4gui.preview.examples import pack
from s4gui.preview.session import Session
from s4gui.store import predictions
from s4gui.wire.preview import (
    Fit,
    Fitted,
    ForgetLabels,
    FrameFile,
    NeedsClasses,
    Open,
    Previewed,
    PreviewFailed,
    UpdateLabels,
    Warm,
    Warmed,
)
from tests.preview.scenes import CAR, ROAD, SKY, save, scene, strokes


class Street:
    """Three scenes on disk, a session, and a way to paint and to ask."""

    def __init__(self, folder, *, size=(90, 120)) -> None:
        self.folder = folder
        self.scenes = [scene(n, height=size[0], width=size[1]) for n in range(3)]
        self.files = [
            FrameFile(f"r/{n}.png", save(folder, f"{n}.png", pixels))
            for n, (pixels, _) in enumerate(self.scenes)
        ]
        self.results = folder / "results"
        self.session = Session(
            Open((ROAD, SKY, CAR), str(self.results), seed=0, cache_bytes=50_000_000), threads=1
        )

    def paint(self, n: int, labels: np.ndarray | None = None) -> None:
        labels = strokes(self.scenes[n][1]) if labels is None else labels
        tile = pack(labels, Box(0, 0, *labels.shape))
        self.session.update_labels(UpdateLabels(self.files[n], *labels.shape, (tile,)))

    def fit(self, ticket=1, *, view=(0, 0, 9999, 9999), zoom=1.0, neighbours=()) -> Fit:
        near = tuple(self.files[n] for n in neighbours)
        return Fit(ticket, self.files[0], view, zoom, near)

    def ask(self, **words) -> list:
        return list(self.session.fit(self.fit(**words)))

    def accuracy(self, event: Previewed) -> float:
        n = int(event.frame[2])
        y0, x0, y1, x1 = event.box
        found = predictions.read(self.results / event.path).classes
        return float((found == self.scenes[n][1][y0:y1, x0:x1]).mean())


@pytest.fixture
def street(tmp_path) -> Street:
    return Street(tmp_path)


def test_nothing_or_one_class_painted_asks_for_a_second(street) -> None:
    assert street.ask() == [NeedsClasses(1, 0)]
    labels = np.full((90, 120), 255, np.uint8)
    labels[3, :] = SKY
    street.paint(0, labels)
    assert street.ask() == [NeedsClasses(1, 1)]


def test_a_few_strokes_give_a_right_picture_of_the_whole_frame(street) -> None:
    street.paint(0)
    fitted, whole = street.ask()
    assert isinstance(fitted, Fitted)
    assert fitted.class_ids == (ROAD, SKY, CAR)
    assert fitted.pixels == (strokes(street.scenes[0][1]) < 254).sum()
    assert whole.whole
    assert whole.box == (0, 0, 90, 120)
    assert street.accuracy(whole) > 0.95


def test_the_view_comes_first_then_the_whole_then_the_neighbours(street) -> None:
    street.paint(0)
    events = street.ask(view=(40, 30, 60, 80), zoom=4.0, neighbours=(1, 2))
    assert [type(each).__name__ for each in events] == ["Fitted"] + ["Previewed"] * 4
    assert [each.frame for each in events[1:]] == ["r/0.png", "r/0.png", "r/1.png", "r/2.png"]
    assert [each.whole for each in events[1:]] == [False, True, True, True]
    assert events[1].box == (38, 25, 62, 85)
    assert all(street.accuracy(each) > 0.9 for each in events[1:])
    view = predictions.read(street.results / events[1].path)
    whole = predictions.read(street.results / events[2].path)
    assert view.origin == "preview"
    np.testing.assert_array_equal(view.classes, whole.classes[38:62, 25:85])
    np.testing.assert_array_equal(view.confidence, whole.confidence[38:62, 25:85])


def test_zoomed_out_the_view_is_answered_at_the_screens_fineness_first(street) -> None:
    street.paint(0)
    _, coarse, whole = street.ask(view=(0, 0, 90, 120), zoom=0.3)
    assert (coarse.box, coarse.whole) == ((0, 0, 90, 120), False)
    assert whole.whole
    blocks = predictions.read(street.results / coarse.path).classes
    np.testing.assert_array_equal(blocks, blocks[::3, ::3].repeat(3, 0).repeat(3, 1))


def test_a_frame_beyond_the_limit_is_answered_on_every_nth_pixel(street, monkeypatch) -> None:
    monkeypatch.setattr(session_module, "WHOLE_PIXELS", 3000)
    street.paint(0)
    events = street.ask(view=(10, 10, 20, 20), zoom=1.0)
    assert [each.whole for each in events[1:]] == [False, True]
    whole = predictions.read(street.results / events[2].path)
    assert whole.shape == (90, 120)
    assert street.accuracy(events[2]) > 0.95


def test_a_view_outside_the_frame_is_skipped(street) -> None:
    street.paint(0)
    events = street.ask(view=(500, 500, 600, 600), zoom=2.0)
    assert [each.whole for each in events[1:]] == [True]


def test_strokes_on_another_frame_teach_this_one(street) -> None:
    street.paint(2)
    assert street.accuracy(street.ask()[-1]) > 0.9


def test_a_correction_changes_the_answer(street) -> None:
    street.paint(0)
    before = predictions.read(street.results / street.ask()[-1].path).classes
    labels = strokes(street.scenes[0][1])
    labels[labels == CAR] = ROAD
    labels[0:3, 5:25] = CAR
    street.paint(0, labels)
    after = predictions.read(street.results / street.ask(ticket=2)[-1].path).classes
    assert (before != after).any()


def test_the_same_labels_give_the_same_answer_in_any_order(tmp_path) -> None:
    answers = []
    for order in ((0, 1, 2), (2, 0, 1)):
        folder = tmp_path / str(order[0])
        folder.mkdir()
        street = Street(folder)
        for n in order:
            street.paint(n)
        answers.append(predictions.read(street.results / street.ask()[-1].path))
    np.testing.assert_array_equal(answers[0].classes, answers[1].classes)
    np.testing.assert_array_equal(answers[0].confidence, answers[1].confidence)


def test_looking_at_another_frame_fits_nothing_anew_but_a_stroke_does(street, monkeypatch) -> None:
    street.paint(0)
    street.paint(1)
    street.ask()
    fits = []
    real = session_module.fitted
    monkeypatch.setattr(session_module, "fitted", lambda *a, **k: fits.append(1) or real(*a, **k))
    assert len(street.ask(ticket=2, neighbours=(2,))) == 3
    assert fits == []
    street.paint(1)
    street.ask(ticket=3)
    street.session.forget_labels(ForgetLabels("r/1.png"))
    street.ask(ticket=4)
    assert len(fits) == 2


def test_a_forgotten_frame_no_longer_teaches(street) -> None:
    street.paint(0)
    street.session.forget_labels(ForgetLabels("r/0.png"))
    assert street.ask() == [NeedsClasses(1, 0)]


def test_a_broken_image_is_told_once_and_the_others_are_answered(street) -> None:
    street.paint(0)
    street.paint(1)
    (street.folder / "1.png").write_bytes(b"no image")
    events = street.ask(neighbours=(1, 2))
    failures = [each for each in events if isinstance(each, PreviewFailed)]
    assert [(each.frame, each.message_id) for each in failures] == [
        ("r/1.png", "image.unreadable")
    ] * 2
    assert all(each.hint and not each.traceback for each in failures)
    assert [each.frame for each in events if isinstance(each, Previewed)] == ["r/0.png", "r/2.png"]
    again = street.ask(ticket=2)
    assert not [each for each in again if isinstance(each, PreviewFailed)]


def test_a_broken_current_frame_is_told_and_the_neighbours_are_answered(street) -> None:
    street.paint(1)
    (street.folder / "0.png").unlink()
    events = street.ask(ticket=5, neighbours=(2,))
    assert [type(each).__name__ for each in events] == ["Fitted", "PreviewFailed", "Previewed"]
    assert (events[1].ticket, events[1].frame) == (5, "r/0.png")


def test_a_defect_is_told_with_its_traceback(street, monkeypatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("seven")

    street.paint(0)
    monkeypatch.setattr(session_module, "edge_model", broken)
    (failure,) = (each for each in street.ask() if isinstance(each, PreviewFailed))
    assert failure.message_id == "preview.defect"
    assert "seven" in failure.what
    assert "broken" in failure.traceback


def test_no_memory_is_told_in_words(street, monkeypatch) -> None:
    def broken(*_: object) -> None:
        raise MemoryError

    street.paint(0)
    monkeypatch.setattr(session_module, "edge_model", broken)
    (failure,) = (each for each in street.ask() if isinstance(each, PreviewFailed))
    assert (failure.message_id, failure.traceback) == ("preview.memory", "")


def test_when_time_is_up_the_rest_is_learned_while_idle_and_answered_again(
    street, monkeypatch
) -> None:
    monkeypatch.setattr(session_module, "LEARN_SECONDS", -1.0)
    for n in range(3):
        street.paint(n)
    first = street.ask(ticket=9)
    idle = []
    while (work := street.session.idle()) is not None:
        idle += list(work)
    assert [type(each).__name__ for each in idle] == ["Fitted", "Previewed"]
    assert idle[0].ticket == first[0].ticket == 9
    assert idle[0].pixels > first[0].pixels


def test_learning_goes_on_past_its_time_until_two_classes_are_known(street, monkeypatch) -> None:
    monkeypatch.setattr(session_module, "LEARN_SECONDS", -1.0)
    for n, value in ((0, SKY), (1, ROAD)):
        labels = strokes(street.scenes[n][1])
        labels[labels != value] = 255
        street.paint(n, labels)
    assert street.ask()[0].class_ids == (ROAD, SKY)


def test_an_interrupted_fit_leaves_the_session_fit_for_the_next(street) -> None:
    street.paint(0)
    first = street.session.fit(street.fit(ticket=1, neighbours=(1, 2)))
    list(itertools.islice(first, 2))
    first.close()
    events = street.ask(ticket=2)
    assert [each.ticket for each in events] == [2, 2]
    assert street.session.idle() is None


def test_warming_looks_at_frames_when_idle(street) -> None:
    street.session.warm(Warm((street.files[1], FrameFile("r/x", str(street.folder / "x")))))
    (warmed,) = street.session.idle()
    assert isinstance(warmed, Warmed)
    assert warmed.frame == "r/1.png"
    (failure,) = street.session.idle()
    assert failure.frame == "r/x"
    assert street.session.idle() is None


def test_of_a_frame_the_last_two_files_are_kept_and_old_ones_are_cleared(street) -> None:
    street.paint(0)
    (street.results / "not ours.txt").write_text("stay")
    events = [street.ask(ticket=n, neighbours=(1,)) for n in range(4)]
    kept = {each.path for found in events[-2:] for each in found if isinstance(each, Previewed)}
    assert {path.name for path in street.results.glob("*.s4p")} == {
        (street.results / path).name for path in kept
    }
    Session(Open((ROAD, SKY), str(street.results), seed=0, cache_bytes=1), threads=1)
    assert [path.name for path in street.results.iterdir()] == ["not ours.txt"]


def test_a_cache_too_small_for_one_frame_still_answers(tmp_path) -> None:
    street = Street(tmp_path)
    street.session = Session(Open((ROAD, SKY, CAR), str(street.results), 0, 1), threads=1)
    street.paint(0)
    assert street.accuracy(street.ask(neighbours=(1,))[-1]) > 0.9


def test_nothing_is_said_of_what_a_camera_mask_hides(street) -> None:
    street.paint(0)
    _, whole = street.ask()
    plain = predictions.read(street.results / whole.path)
    hidden = np.zeros((90, 120), bool)
    hidden[70:, 10:] = True
    street.files[0] = replace(street.files[0], hidden=HiddenPlane.of(hidden).text)
    _, view, whole = street.ask(ticket=2, view=(40, 30, 90, 80))
    masked = predictions.read(street.results / whole.path)
    assert np.array_equal(masked.classes == VOID, hidden)
    assert np.array_equal(masked.classes[~hidden], plain.classes[~hidden])
    y0, x0, y1, x1 = view.box
    part = predictions.read(street.results / view.path).classes
    assert np.array_equal(part == VOID, hidden[y0:y1, x0:x1])


def test_a_camera_mask_for_another_size_hides_nothing(street) -> None:
    street.paint(0)
    plane = HiddenPlane.of(np.ones((9, 12), bool))
    street.files[0] = replace(street.files[0], hidden=plane.text)
    _, whole = street.ask()
    assert (predictions.read(street.results / whole.path).classes != VOID).all()
