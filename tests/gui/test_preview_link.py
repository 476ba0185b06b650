"""PreviewLink: labels reach the process as they are, it is restarted once, answers are in order."""

from __future__ import annotations

import base64
import os
import signal
import sys
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from s4gui.core.classes import UNLABELLED
from s4gui.core.labels import Box
from s4gui.gui import processes
from s4gui.gui.preview_link import RESTART_AGAIN_S, PreviewLink
from s4gui.wire import preview as wire
from s4gui.wire.preview import FrameFile

WAIT_MS = 60_000
VIEW = Box(0, 0, 9, 9)


@pytest.fixture(autouse=True)
def in_front(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fake processes do not step back behind a busy machine."""
    monkeypatch.setattr(processes, "step_back", lambda pid, idle: None)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Heard:
    """A PreviewLink with a fake process, what it told and what the process heard."""

    def __init__(self, folder: Path, **choices: object) -> None:
        self.log = folder / "heard.log"
        words = [f"{name}={value}" for name, value in choices.items()]
        command = [sys.executable, "-m", "tests.fake_preview", str(self.log), *words]
        self.clock = Clock()
        self.link = PreviewLink(command=command, clock=self.clock)
        self.told: list[tuple[str, object]] = []
        self.threads: set[threading.Thread] = set()
        for name in ("fitted", "previewed", "needs_classes", "warmed", "busy"):
            getattr(self.link, name).connect(lambda value, name=name: self.tell(name, value))
        self.link.ready.connect(lambda: self.tell("ready", None))
        self.link.failed.connect(lambda what, hint: self.tell("failed", (what, hint)))

    def tell(self, name: str, value: object) -> None:
        self.threads.add(threading.current_thread())
        self.told.append((name, value))

    def all(self, name: str) -> list[object]:
        return [value for each, value in self.told if each == name]

    @property
    def lines(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []

    @property
    def commands(self) -> list[wire.PreviewCommand]:
        return [wire.decode_command(each.partition(" ")[2]) for each in self.lines]

    def commands_of_last(self) -> list[wire.PreviewCommand]:
        """What the newest process heard."""
        pid = self.lines[-1].split()[0]
        lines = [each for each in self.lines if each.split()[0] == pid]
        return [wire.decode_command(each.partition(" ")[2]) for each in lines]


@pytest.fixture
def heard(qtbot, tmp_path) -> Iterator[Callable[..., Heard]]:
    made: list[Heard] = []

    def make(**choices: object) -> Heard:
        made.append(Heard(tmp_path, **choices))
        return made[-1]

    yield make
    for each in made:
        each.link.close()


def frame(name: str) -> FrameFile:
    return FrameFile(name, f"/images/{name}")


def labels_heard(commands: list[wire.PreviewCommand]) -> dict[str, np.ndarray]:
    """The masks a process would hold after these commands: an independent reading."""
    masks: dict[str, np.ndarray] = {}
    for each in commands:
        match each:
            case wire.Open():
                masks.clear()
            case wire.ForgetLabels():
                masks.pop(each.frame, None)
            case wire.UpdateLabels():
                shape = (each.height, each.width)
                mask = masks.setdefault(each.image.frame, np.full(shape, UNLABELLED, np.uint8))
                for tile in each.tiles:
                    raw = zlib.decompress(base64.b64decode(tile.packed))
                    size = (tile.y1 - tile.y0, tile.x1 - tile.x0)
                    mask[tile.y0 : tile.y1, tile.x0 : tile.x1] = np.frombuffer(
                        raw, np.uint8
                    ).reshape(size)
    return masks


def wait(qtbot, heard: Heard, name: str, count: int = 1) -> None:
    qtbot.waitUntil(lambda: len(heard.all(name)) >= count, timeout=WAIT_MS)


def test_a_fit_is_answered_on_the_windows_thread_view_first(qtbot, heard, tmp_path) -> None:
    one = heard(banner=1)
    one.link.open((0, 1), tmp_path, 3, cache_bytes=99)
    assert one.link.fit(frame("a"), Box(1, 2, 3, 4), 0.5, [frame("b")]) == 1
    wait(qtbot, one, "previewed", 3)
    assert one.told[0] == ("busy", True)
    assert [name for name, _ in one.told[1:]] == [
        "ready", "fitted", "previewed", "busy", "previewed", "previewed",
    ]  # fmt: skip
    assert [(p.frame, p.whole) for p in one.all("previewed")] == [
        ("a", False), ("a", True), ("b", True),
    ]  # fmt: skip
    assert one.all("busy") == [True, False]
    assert one.threads == {threading.main_thread()}
    opened, fit = one.commands
    assert opened == wire.Open((0, 1), str(tmp_path), 3, 99)
    assert fit == wire.Fit(1, frame("a"), (1, 2, 3, 4), 0.5, (frame("b"),))


@pytest.mark.parametrize("seed", range(4))
def test_the_process_holds_the_very_labels_after_any_strokes(qtbot, heard, tmp_path, seed) -> None:
    rng = np.random.default_rng(seed)
    one = heard()
    one.link.open((0, 1, 2), tmp_path, 0)
    masks = {
        name: np.full((int(h), int(w)), UNLABELLED, np.uint8)
        for name, (h, w) in zip("ab", rng.integers(100, 400, (2, 2)), strict=True)
    }
    for _ in range(25):
        name = "ab"[rng.integers(2)]
        mask = masks[name]
        (y0, y1), (x0, x1) = (np.sort(rng.integers(0, n + 1, 2)) for n in mask.shape)
        mask[y0:y1, x0:x1] = rng.choice([0, 1, 2, 254, 255])
        box = Box(int(y0), int(x0), int(y1), int(x1))
        one.link.update_labels(name, Path("/images") / name, mask.shape, mask, [box])
        if rng.random() < 0.1:
            one.link.forget(name)
            mask[:] = UNLABELLED
    one.link.fit(frame("a"), VIEW, 1.0)
    wait(qtbot, one, "previewed", 2)
    known = labels_heard(one.commands)
    for name, mask in masks.items():
        expected = known.get(name, np.full(mask.shape, UNLABELLED, np.uint8))
        assert np.array_equal(expected, mask)


def test_only_tiles_that_changed_are_sent(qtbot, heard, tmp_path) -> None:
    one = heard()
    mask = np.full((300, 500), UNLABELLED, np.uint8)
    one.link.open((0, 1), tmp_path, 0)
    mask[130:140, 260:270] = 1
    one.link.update_labels("a", Path("/a"), mask.shape, mask)
    one.link.update_labels("a", Path("/a"), mask.shape, mask)
    mask[0, 0] = 0
    one.link.update_labels("a", Path("/a"), mask.shape, mask, [Box(0, 0, 300, 500)])
    mask[0, 0] = UNLABELLED
    one.link.update_labels("a", Path("/a"), mask.shape, mask, [Box(-5, -5, 1, 1)])
    one.link.fit(frame("a"), VIEW, 1.0)
    wait(qtbot, one, "previewed", 2)
    sent = [c for c in one.commands if isinstance(c, wire.UpdateLabels)]
    corners = [[(t.y0, t.x0, t.y1, t.x1) for t in each.tiles] for each in sent]
    # The process starts at the first fit: all that was known before comes in one piece.
    assert corners == [[(128, 256, 256, 384)]]
    one.link.update_labels("a", Path("/a"), mask.shape, mask)
    mask[299, 499] = 1
    one.link.update_labels("a", Path("/a"), mask.shape, mask, [Box(290, 490, 300, 500)])
    mask[:] = UNLABELLED
    one.link.update_labels("a", Path("/a"), mask.shape, mask)
    one.link.fit(frame("a"), VIEW, 1.0)
    wait(qtbot, one, "previewed", 4)
    sent = [c for c in one.commands if isinstance(c, wire.UpdateLabels)][1:]
    corners = [[(t.y0, t.x0, t.y1, t.x1) for t in each.tiles] for each in sent]
    assert corners == [[(256, 384, 300, 500)], [(128, 256, 256, 384), (256, 384, 300, 500)]]


def test_labels_are_copied_when_they_are_told(qtbot, heard, tmp_path) -> None:
    one = heard()
    one.link.open((0, 1), tmp_path, 0)
    mask = np.full((50, 60), UNLABELLED, np.uint8)
    mask[3, 4] = 1
    told = mask.copy()
    one.link.update_labels("a", Path("/a"), mask.shape, mask)
    mask[:] = 0
    one.link.fit(frame("a"), VIEW, 1.0)
    wait(qtbot, one, "previewed", 2)
    assert np.array_equal(labels_heard(one.commands)["a"], told)


def test_labels_of_another_shape_or_type_are_refused(heard) -> None:
    one = heard()
    mask = np.zeros((4, 5), np.uint8)
    for shape, labels in (((5, 4), mask), ((4, 5), mask.astype(np.int64))):
        with pytest.raises(ValueError, match="uint8"):
            one.link.update_labels("a", Path("/a"), shape, labels)


def test_a_killed_process_is_restarted_and_told_everything_again(
    qtbot, heard, tmp_path, no_surprising_log
) -> None:
    no_surprising_log.expect("last words")
    one = heard(die_on="a", once=1)
    one.link.open((0, 1), tmp_path, 5)
    mask = np.random.default_rng(0).choice(np.array([0, 1, 255], np.uint8), (200, 300))
    one.link.update_labels("a", Path("/a"), mask.shape, mask)
    one.link.update_labels("b", Path("/b"), mask.shape, mask)
    one.link.start_process()
    wait(qtbot, one, "ready")
    one.link.forget("b")
    ticket = one.link.fit(frame("a"), VIEW, 1.0)
    wait(qtbot, one, "previewed", 2)
    ((what, hint),) = one.all("failed")
    assert "was killed (signal 9)" in what
    assert hint == "It was started again"
    assert len(one.all("ready")) == 2
    assert {each.ticket for each in one.all("previewed")} == {ticket}
    again = one.commands_of_last()
    assert again[0] == wire.Open((0, 1), str(tmp_path), 5, again[0].cache_bytes)
    assert {k: v.tolist() for k, v in labels_heard(again).items()} == {"a": mask.tolist()}
    assert again[-1] == wire.Fit(ticket, frame("a"), (0, 0, 9, 9), 1.0, ())
    assert one.all("busy") == [True, False]


def test_what_kills_the_process_again_and_again_turns_preview_off_until_asked(
    qtbot, heard, tmp_path, no_surprising_log
) -> None:
    no_surprising_log.expect("last words")
    one = heard(die_on="poison")
    one.link.open((0, 1), tmp_path, 0)
    one.link.fit(frame("poison"), VIEW, 1.0)
    wait(qtbot, one, "failed", 2)
    assert [hint for _, hint in one.all("failed")] == [
        "It was started again",
        "Preview is off; labels and training are not touched",
    ]
    assert one.all("busy") == [True, False]
    one.link.fit(frame("a"), VIEW, 1.0)
    qtbot.wait(100)
    assert len(one.all("ready")) == 2
    one.link.start_process()
    wait(qtbot, one, "previewed", 2)
    assert {each.frame for each in one.all("previewed")} == {"a"}


def test_a_death_long_after_the_last_is_a_first_one(qtbot, heard, tmp_path) -> None:
    one = heard()
    one.link.open((0, 1), tmp_path, 0)
    one.link.start_process()
    for count in (1, 2):
        wait(qtbot, one, "ready", count)
        one.link.warm([frame("w")])
        wait(qtbot, one, "warmed", count)
        os.kill(int(one.lines[-1].split()[0]), signal.SIGKILL)
        wait(qtbot, one, "failed", count)
        one.clock.now += RESTART_AGAIN_S
    assert {hint for _, hint in one.all("failed")} == {"It was started again"}
    wait(qtbot, one, "ready", 3)


def test_a_program_that_cannot_be_started_turns_preview_off_in_words(qtbot, tmp_path) -> None:
    link, told = PreviewLink(command=["/no/such/program"]), []
    link.failed.connect(lambda what, hint: told.append((what, hint)))
    link.fit(frame("a"), VIEW, 1.0)
    qtbot.waitUntil(lambda: bool(told), timeout=WAIT_MS)
    assert "could not be started" in told[0][0]
    assert not link.is_busy
    link.close()


def test_too_few_classes_and_broken_images_end_the_waiting(qtbot, heard, tmp_path) -> None:
    one = heard()
    one.link.open((0, 1), tmp_path, 0)
    one.link.fit(frame("one class"), VIEW, 1.0)
    wait(qtbot, one, "needs_classes")
    assert one.all("needs_classes") == [wire.NeedsClasses(1, 1)]
    assert one.all("busy") == [True, False]
    one.link.fit(frame("broken"), VIEW, 1.0)
    wait(qtbot, one, "failed")
    assert one.all("failed") == [("Broken image", "Mend it")]
    assert one.all("busy") == [True, False, True, False]


def test_answers_to_the_project_before_are_dropped(qtbot, heard, tmp_path) -> None:
    one = heard()
    one.link.open((0, 1), tmp_path, 0)
    one.link.start_process()
    wait(qtbot, one, "ready")
    one.link.fit(frame("a"), VIEW, 1.0)
    one.link.open((0, 1), tmp_path / "other", 0)
    ticket = one.link.fit(frame("b"), VIEW, 1.0)
    wait(qtbot, one, "previewed", 2)
    assert {each.ticket for each in one.all("previewed")} == {ticket}
    assert {each.ticket for each in one.all("fitted")} == {ticket}


def test_starting_twice_starts_one_process(qtbot, heard, tmp_path) -> None:
    one = heard()
    one.link.start_process()
    one.link.start_process()
    wait(qtbot, one, "ready")
    one.link.open((0, 1), tmp_path, 0)
    one.link.fit(frame("a"), VIEW, 1.0)
    wait(qtbot, one, "previewed", 2)
    assert len(one.all("ready")) == 1
    assert len({each.split()[0] for each in one.lines}) == 1


def test_closing_ends_a_process_that_is_busy_and_can_be_done_twice(qtbot, heard, tmp_path) -> None:
    one = heard()
    one.link.open((0, 1), tmp_path, 0)
    one.link.fit(frame("slow"), VIEW, 1.0)
    wait(qtbot, one, "fitted")
    process = psutil.Process(int(one.lines[-1].split()[0]))
    one.link.close()
    one.link.close()
    assert not process.is_running()
    told = len(one.told)
    qtbot.wait(50)
    assert len(one.told) == told


def test_the_process_ends_with_its_window(qtbot, heard, tmp_path) -> None:
    code = (
        "import sys, time\n"
        "from PySide6.QtCore import QCoreApplication\n"
        "from s4gui.gui.preview_link import PreviewLink\n"
        "app = QCoreApplication([])\n"
        "link = PreviewLink(command=sys.argv[1:])\n"
        "link.ready.connect(lambda: print('ready', flush=True))\n"
        "link.start_process()\n"
        "app.exec()\n"
    )
    inner = [sys.executable, "-m", "tests.fake_preview", str(tmp_path / "log")]
    window = psutil.Popen([sys.executable, "-c", code, *inner], stdout=-1, text=True)
    assert window.stdout.readline() == "ready\n"
    (child,) = window.children()
    window.kill()
    window.wait()
    window.stdout.close()
    assert not psutil.wait_procs([child], timeout=20)[1]
