"""The real worker and the real preview process, supervised by the window's own classes."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from s4gui.core.classes import UNLABELLED, ClassMap, LabelClass
from s4gui.core.frames import Frame, Split
from s4gui.core.labels import Box
from s4gui.core.recipe import Recipe
from s4gui.gui import processes
from s4gui.gui.preview_link import PreviewLink
from s4gui.gui.processes import IdleWorker
from s4gui.gui.training_run import TrainingRun
from s4gui.store import predictions, snapshots
from s4gui.store.runs import RunCard, RunFolder, claim
from s4gui.store.snapshots import SnapshotFrame
from s4gui.wire import events, liveness
from s4gui.wire.preview import FrameFile
from s4gui.wire.transport import events_of
from s4gui.workbench import endings
from s4gui.workbench.running import RunState
from tests.gui.test_training_run import Heard, wait_for, wait_for_end

WAIT_MS = 110_000
WORKER = [*processes.command_line("worker"), "--normal-priority"]
CLASSES = ClassMap((LabelClass(0, "road", (90, 90, 90)), LabelClass(4, "sky", (9, 99, 250))), 5)
SHAPE = (48, 64)


@pytest.fixture(autouse=True)
def in_front(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes do not step back behind what else the machine does (see WORKER too)."""
    monkeypatch.setattr(processes, "step_back", lambda pid, idle: None)


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Five images: bright above, dark below."""
    folder = tmp_path / "images"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for i in range(5):
        pixels = rng.integers(0, 60, (*SHAPE, 3), dtype=np.uint8)
        pixels[:24] += 150
        Image.fromarray(pixels).save(folder / f"{i}.png")
    return folder


@pytest.fixture
def labels() -> np.ndarray:
    """A stroke of either class."""
    mask = np.full(SHAPE, UNLABELLED, np.uint8)
    mask[5:9], mask[38:43] = 4, 0
    return mask


@pytest.fixture
def make(tmp_path: Path, images: Path, labels: np.ndarray) -> Callable[..., RunFolder]:
    def made(**choices: object) -> RunFolder:
        run = claim(tmp_path / "runs")
        splits = [Split.TRAIN] * 4 + [Split.VAL]
        frames = [
            SnapshotFrame(
                Frame("images", f"{i}.png", *SHAPE, split=split),
                train=labels if i < 2 else None,
                val=labels if split is Split.VAL else None,
            )
            for i, split in enumerate(splits)
        ]
        name = snapshots.write(run.snapshots, CLASSES, {"images": images}, frames)
        card = RunCard(
            run.number, "p", "2026-01-01T00:00:00Z", name, watch=("images/3.png",), version="0"
        )
        recipe = Recipe(
            width=4, long_side_px=64, batch_labelled=2, batch_unlabelled=2, device="cpu",
            threads=1, validate_every=4, checkpoint_every=4, warmup_steps=2,
        )  # fmt: skip
        run.write(card, recipe.but(**choices))
        return run

    return made


@pytest.fixture
def supervised() -> Iterator[Callable[[TrainingRun], Heard]]:
    made: list[TrainingRun] = []

    def hear(training: TrainingRun) -> Heard:
        made.append(training)
        return Heard(training)

    yield hear
    for each in made:
        assert each.close()


def said(told: list[events.Event]) -> list[events.Event]:
    """What belongs to the run: heartbeats come before it too, Hello is the worker's."""
    return [each for each in told if not isinstance(each, events.Hello | events.Heartbeat)]


def test_an_idle_worker_trains_at_once_and_what_it_says_is_what_it_wrote(
    qtbot, make, supervised
) -> None:
    run = make(steps=8)
    idle = IdleWorker(run.path.parent, command=WORKER)
    with qtbot.waitSignal(idle.said_hello, timeout=WAIT_MS):
        assert idle.prepare()
    heard = supervised(TrainingRun.launch(run, idle=idle.take()))
    assert wait_for_end(qtbot, heard) == "done"
    assert said(heard.events) == said(events_of(run.events.read_text().splitlines()))
    assert heard.log.step == 8
    assert heard.log.checkpoint_step == endings.checkpoint_step(run) == 8
    ready = heard.log.predictions["images/3.png"]
    assert predictions.read(run.path / ready.path).shape == SHAPE
    assert heard.log.class_scores()[0].support_px > 0
    assert endings.past(run).column("ce")[1].tolist() == heard.log.column("ce")[1].tolist()


def test_a_detached_worker_is_attached_again_and_stopped(qtbot, make, supervised) -> None:
    run = make(steps=100_000)
    heard = supervised(TrainingRun.launch(run, command=WORKER))
    wait_for(qtbot, heard, events.StepDone)
    heard.training.detach()
    assert wait_for_end(qtbot, heard) == "detached"
    (left,) = endings.find_detached(run.path.parent)
    assert left.lives
    again = supervised(TrainingRun.attach(run))
    qtbot.waitUntil(lambda: again.log.step > heard.log.step, timeout=WAIT_MS)
    again.training.stop_after_step()
    assert wait_for_end(qtbot, again) == "stopped"
    assert endings.checkpoint_step(run) == again.log.step
    assert endings.find_detached(run.path.parent) == []


def test_a_killed_worker_is_said_in_words_and_continue_works(qtbot, make, supervised) -> None:
    run = make(steps=5_000)
    heard = supervised(TrainingRun.launch(run, command=WORKER))
    qtbot.waitUntil(lambda: heard.log.checkpoint_step is not None, timeout=WAIT_MS)
    card = liveness.read_card(run.worker)
    assert card is not None
    os.kill(card.pid, signal.SIGKILL)
    assert wait_for_end(qtbot, heard) == "died"
    assert heard.training.ending is not None
    assert "was killed (signal 9)" in heard.training.ending.what
    saved = endings.checkpoint_step(run)
    assert heard.training.ending.hint == f"Continue from step {saved}"
    again = supervised(TrainingRun.launch(run, resume=True, command=WORKER))
    qtbot.waitUntil(lambda: again.log.step > (saved or 0), timeout=WAIT_MS)
    assert again.log.first_step == saved
    again.training.stop_now()
    assert wait_for_end(qtbot, again) == "stopped"
    past = endings.past(run)
    assert past.state is RunState.STOPPED
    steps = past.column("ce")[0].tolist()
    assert steps == list(range(1, steps[-1] + 1))


def test_the_preview_answers_strokes_with_a_prediction(qtbot, tmp_path, images, labels) -> None:
    results = tmp_path / "results"
    results.mkdir()
    link, answers = PreviewLink(), []
    link.previewed.connect(answers.append)
    link.failed.connect(lambda what, hint: pytest.fail(f"{what} {hint}"))
    link.open((0, 4), results, 0)
    link.start_process()
    link.update_labels("images/0.png", images / "0.png", SHAPE, labels)
    current = FrameFile("images/0.png", str(images / "0.png"))
    link.fit(current, Box(0, 0, *SHAPE), 4.0, [FrameFile("images/1.png", str(images / "1.png"))])
    qtbot.waitUntil(
        lambda: {a.frame for a in answers if a.whole} == {"images/0.png", "images/1.png"},
        timeout=WAIT_MS,
    )
    assert not link.is_busy
    newest = [each for each in answers if each.whole and each.frame == "images/1.png"][-1]
    classes = predictions.read(Path(newest.path)).classes
    assert classes.shape == SHAPE
    assert (classes[:20] == 4).mean() > 0.9
    assert (classes[28:] == 0).mean() > 0.9
    link.close()
