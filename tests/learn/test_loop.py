"""A run does what its recipe and its commands say, and can be repeated bit by bit."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from s4gui.core.classes import VOID
from s4gui.core.errors import CheckpointError, DataError, DeviceError, ProjectError
from s4gui.core.scores import ConfusionMatrix
from s4gui.learn import checkpoints, loop, predicting, setup
from s4gui.learn.build import Learner
from s4gui.learn.checkpoints import Checkpoint
from s4gui.learn.loop import Pace
from s4gui.learn.strategies.weak2strong import PRESETS
from s4gui.store import predictions
from s4gui.store.runs import RunFolder
from s4gui.wire import commands, events
from tests.learn import scenes
from tests.learn.scenes import QUICK, Heard, make_run, make_snapshot, scene, strokes

S4GAN = QUICK.but(strategy="s4gan", trust=0.3)
STRATEGY_RECIPES = {
    "supervised": QUICK,
    "s4gan": S4GAN,
    "seed-gan": QUICK.but(strategy="s4gan", weight_fm=0.0, weight_st=0.0, weight_adv=0.1),
    "self_training": QUICK.but(strategy="self_training", answers_from=0.3, batch_unlabelled=1),
    "mean_teacher": QUICK.but(strategy="mean_teacher", ema_form="keeps_start"),
    **{
        name: QUICK.but(strategy="weak2strong", threshold=0.3, **choices)
        for name, choices in PRESETS.items()
    },
}


def _run(run: RunFolder, heard: Heard | None = None, *, resume: bool = False) -> Heard:
    heard = heard or Heard()
    loop.run(run, heard, heard, resume=resume)
    return heard


def _last(run: RunFolder) -> Checkpoint:
    folder = run.last_checkpoint()
    assert folder is not None
    return checkpoints.read(folder)


def _assert_same(a: RunFolder, b: RunFolder) -> None:
    """Weights, average, discriminator and optimizers, bit by bit."""
    one, other = _last(a), _last(b)
    assert one.card.step == other.card.step
    for first, second in (
        (one.weights, other.weights),
        (checkpoints.read_training(one.path), checkpoints.read_training(other.path)),
    ):
        assert first.keys() == second.keys()
        for name in first:
            assert torch.equal(first[name], second[name]), name


def test_a_run_tells_its_whole_story(tmp_path: Path) -> None:
    run = make_run(tmp_path, watch=("images/003.png",))
    heard = _run(run)
    started = heard.events[0]
    assert isinstance(started, events.RunStarted)
    assert (started.first_step, started.total_steps, started.device) == (0, 10, "cpu")
    assert (started.labelled_frames, started.unlabelled_frames) == (3, 3)
    assert started.val_on == "images"
    assert [each.step for each in heard.of(events.StepDone)] == list(range(1, 11))
    seconds = [each.seconds for each in heard.of(events.StepDone)]
    assert seconds == sorted(seconds)
    assert [each.step for each in heard.of(events.CheckpointSaved)] == [5, 10]
    assert heard.of(events.Validated)[-1].step == 10
    assert heard.events[-1] == events.Finished(10, "done")
    for each in heard.events:
        events.decode(events.encode(each))  # all of it can be said


def test_a_recipe_gives_the_same_weights_again(tmp_path: Path) -> None:
    one, other = make_run(tmp_path / "a", S4GAN), make_run(tmp_path / "b", S4GAN)
    first = _run(one)
    second = _run(other, Heard().at(3, commands.SaveCheckpoint(), commands.Watch(("images/1",))))
    _assert_same(one, other)
    assert [e.losses for e in first.of(events.StepDone)] == [
        e.losses for e in second.of(events.StepDone)
    ]


def test_another_seed_gives_other_weights(tmp_path: Path) -> None:
    one, other = make_run(tmp_path / "a"), make_run(tmp_path / "b", QUICK.but(seed=4))
    _run(one)
    _run(other)
    assert any(
        not torch.equal(each, _last(other).weights[name])
        for name, each in _last(one).weights.items()
    )


@pytest.mark.parametrize(
    "recipe", [*STRATEGY_RECIPES.values(), QUICK.but(optimizer="sgd", network="unet")]
)
def test_a_stopped_run_goes_on_as_if_it_had_not_been(tmp_path: Path, recipe) -> None:
    whole, cut = make_run(tmp_path / "a", recipe), make_run(tmp_path / "b", recipe)
    _run(whole)
    heard = _run(cut, Heard().at(4, commands.Stop()))
    assert heard.events[-1] == events.Finished(4, "stopped")
    heard = _run(cut, resume=True)
    assert heard.of(events.RunStarted)[0].first_step == 4
    assert [each.step for each in heard.of(events.StepDone)] == list(range(5, 11))
    _assert_same(whole, cut)


def test_seconds_become_steps_and_those_steps_repeat_the_run(tmp_path: Path) -> None:
    timed = make_run(tmp_path / "a", QUICK.but(steps=0, seconds=0.3))
    heard = _run(timed)
    resolved = heard.of(events.RunStarted)[0].resolved
    steps = resolved["recipe"]["steps"]
    assert steps == max(1, int(0.3 / resolved["step_seconds"])) or math.isclose(
        steps, 0.3 / resolved["step_seconds"], abs_tol=1.01
    )
    assert resolved == json.loads((timed.path / "resolved.json").read_text())
    again = make_run(tmp_path / "b", QUICK.from_json(resolved["recipe"]))
    _run(again)
    _assert_same(timed, again)


def test_stop_without_a_checkpoint_writes_none(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    _run(run, Heard().at(3, commands.Stop(checkpoint=False)))
    assert run.last_checkpoint() is None
    with pytest.raises(CheckpointError, match="no checkpoint to continue from"):
        _run(run, resume=True)


def test_a_paused_run_waits_and_goes_on(tmp_path: Path) -> None:
    class Patient(Heard):
        waits = 0

        def take(self, wait_seconds: float) -> object:
            if wait_seconds > 0:
                self.waits += 1
                return commands.Pause(False) if self.waits == 3 else None
            return super().take(wait_seconds)

    heard = _run(make_run(tmp_path), Patient().at(4, commands.Pause(True)))
    assert heard.of(events.Paused) == [events.Paused(4, True), events.Paused(4, False)]
    assert heard.waits == 3
    assert heard.events[-1] == events.Finished(10, "done")


def test_a_paused_run_can_be_stopped(tmp_path: Path) -> None:
    heard = Heard().at(4, commands.Pause(True), commands.Stop())
    assert _run(make_run(tmp_path), heard).events[-1] == events.Finished(4, "stopped")


def test_watched_frames_are_predicted_with_their_step_and_two_files_each_are_kept(
    tmp_path: Path,
) -> None:
    run = make_run(tmp_path, QUICK.but(steps=24, validate_every=2))
    frames = ("images/003.png", "images/007.png", "images/gone.png")
    heard = _run(run, Heard().at(3, commands.Watch(frames)))
    ready = heard.of(events.PredictionReady)
    assert [each.frame for each in ready[:2]] == list(frames[:2])
    assert ready[0].step == 3
    assert ready[-1].step == 24
    for frame in frames[:2]:
        kept = [each for each in ready if each.frame == frame][-2:]
        assert len(list(run.predictions.glob(f"*{frame[-7:]}*"))) == 2
        for each in kept:
            found = predictions.read(run.path / each.path)
            assert (found.step, found.origin) == (each.step, "run 1")
    checkpoint = _last(run)
    expected = predicting.load(checkpoint, wanted="cpu").predict(scene(3)[0], origin="run 1")
    final = predictions.read(run.prediction(frames[0], 24))
    assert np.array_equal(final.classes, expected.classes)
    assert np.array_equal(final.confidence, expected.confidence)


def test_scores_are_those_of_the_average_network_on_val_frames(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    heard = _run(run)
    predictor = predicting.load(_last(run), wanted="cpu")
    matrix = ConfusionMatrix((2, 7, 40))
    for number in (6, 7):
        image, reference = scene(number)
        matrix.add(reference, predictor.predict(image, origin="x").classes)
    said = heard.of(events.Validated)[-1]
    assert said.class_ids == (2, 7, 40)
    assert said.iou == tuple(each.iou for each in matrix.per_class())
    assert said.support_px == tuple(each.support_px for each in matrix.per_class())
    assert said.mean_iou == matrix.mean_iou()
    assert _last(run).card.scores["mean_iou"] == matrix.mean_iou()


def test_without_val_frames_held_out_strokes_score_and_do_not_teach(tmp_path: Path) -> None:
    run = make_run(tmp_path, val=(), held_out=True)
    heard = _run(run)
    assert heard.of(events.RunStarted)[0].val_on == "strokes"
    said = heard.of(events.Validated)[-1]
    assert said.on == "strokes"
    held = strokes(scene(9)[1], 9)
    assert sum(said.support_px) == np.isin(held, (2, 7, 40)).sum()
    other = make_run(tmp_path / "b", val=(), unlabelled=(3, 4, 5, 9))
    assert not _run(other).of(events.Validated)
    for name, each in _last(run).weights.items():
        assert torch.equal(each, _last(other).weights[name])


def test_held_out_strokes_never_overwrite_pseudo_labels(tmp_path: Path) -> None:
    with_val = make_run(tmp_path / "a", S4GAN, val=(), held_out=True)
    without = make_run(tmp_path / "b", S4GAN, val=(), unlabelled=(3, 4, 5, 9))
    _run(with_val)
    _run(without)
    for name, each in _last(with_val).weights.items():
        assert torch.equal(each, _last(without).weights[name])


def test_new_labels_teach_from_the_next_step_on(tmp_path: Path) -> None:
    runs = {}
    for name in ("new", "again", "old"):
        run = make_run(tmp_path / name, labelled=(0, 1), unlabelled=(2, 3, 4, 5))
        heard = Heard()
        if name != "old":
            more = make_snapshot(tmp_path / name, run, labelled=(0, 1, 2), unlabelled=(3, 4, 5))
            heard.at(5, commands.UseLabels(f"snapshots/{more}"))
        runs[name] = run, _run(run, heard)
    used = runs["new"][1].of(events.LabelsUsed)
    assert [each.step for each in used] == [5]
    losses = {
        name: [each.losses["ce"] for each in heard.of(events.StepDone)]
        for name, (_, heard) in runs.items()
    }
    assert losses["new"] == losses["again"]
    assert losses["new"][:5] == losses["old"][:5]
    assert losses["new"][5:] != losses["old"][5:]
    _assert_same(runs["new"][0], runs["again"][0])
    resolved = json.loads((runs["new"][0].path / "resolved.json").read_text())
    assert resolved["labels"] == [{"step": 5, "snapshot": used[0].snapshot}]


def test_a_run_goes_on_with_the_labels_it_had(tmp_path: Path) -> None:
    runs = []
    for name in ("whole", "cut"):
        run = make_run(tmp_path / name, labelled=(0, 1), unlabelled=(2, 3, 4, 5))
        more = make_snapshot(tmp_path / name, run, labelled=(0, 1, 2), unlabelled=(3, 4, 5))
        heard = Heard().at(3, commands.UseLabels(f"snapshots/{more}"))
        if name == "cut":
            _run(run, heard.at(6, commands.Stop()))
            _run(run, resume=True)
        else:
            _run(run, heard)
        runs.append(run)
    _assert_same(*runs)


@pytest.mark.parametrize("snapshot", ["snapshots/nothing", "empty"])
def test_labels_that_cannot_be_used_are_a_notice_and_the_run_goes_on(
    tmp_path: Path, snapshot: str
) -> None:
    run = make_run(tmp_path)
    if snapshot == "empty":
        snapshot = "snapshots/" + make_snapshot(tmp_path, run, labelled=())
    heard = _run(run, Heard().at(2, commands.UseLabels(snapshot)))
    assert len(heard.of(events.Notice)) == 1
    assert not heard.of(events.LabelsUsed)
    assert heard.events[-1] == events.Finished(10, "done")


def test_a_warm_start_begins_where_another_run_ended(tmp_path: Path) -> None:
    first = make_run(tmp_path, QUICK.but(steps=40))
    _run(first)
    last = first.last_checkpoint()
    assert last is not None
    warm = make_run(tmp_path, QUICK.but(steps=1), warm_start=last.relative_to(tmp_path).as_posix())
    cold = make_run(tmp_path, QUICK.but(steps=1))
    loss = {
        name: _run(run).of(events.StepDone)[0].losses["ce"]
        for name, run in (("warm", warm), ("cold", cold))
    }
    assert loss["warm"] < 0.7 * loss["cold"]


def test_a_warm_start_from_nowhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError):
        _run(make_run(tmp_path, warm_start="runs/0009/checkpoints/step-000001"))


@pytest.mark.parametrize("name", STRATEGY_RECIPES)
def test_labels_that_cannot_teach_are_said_in_words(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = STRATEGY_RECIPES[name]
    with pytest.raises(DataError, match="labels of 0 classes") as caught:
        _run(make_run(tmp_path / "nothing", recipe, labelled=()))
    assert "Paint" in caught.value.hint
    for value, said in ((VOID, 0), (2, 1)):
        monkeypatch.setattr(scenes, "strokes", lambda mask, _, v=value: np.full_like(mask, v))
        with pytest.raises(DataError, match=f"labels of {said} classes"):
            _run(make_run(tmp_path / str(value), recipe))


@pytest.mark.parametrize("name", STRATEGY_RECIPES)
def test_where_every_image_is_labelled_whole_what_needs_unlabelled_ones_says_so(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scenes, "strokes", lambda mask, _: mask)
    run = make_run(tmp_path, STRATEGY_RECIPES[name].but(steps=2), unlabelled=())
    if name in {"supervised", "seed-gan"}:
        assert _run(run).events[-1] == events.Finished(2, "done")
        return
    with pytest.raises(DataError, match="unlabelled images") as caught:
        _run(run)
    assert "supervised" in caught.value.hint


@pytest.mark.parametrize("name", STRATEGY_RECIPES)
def test_where_every_image_has_strokes_the_rest_of_them_is_unlabelled_data(
    tmp_path: Path, name: str
) -> None:
    run = make_run(tmp_path, STRATEGY_RECIPES[name].but(steps=2), unlabelled=())
    assert _run(run).events[-1] == events.Finished(2, "done")


@pytest.mark.parametrize("name", STRATEGY_RECIPES)
def test_one_image_with_strokes_teaches(tmp_path: Path, name: str) -> None:
    recipe = STRATEGY_RECIPES[name].but(steps=2)
    alone = make_run(tmp_path / "a", recipe, labelled=(0,), unlabelled=(), val=())
    assert _run(alone).events[-1].reason == "done"
    pair = make_run(tmp_path / "b", recipe, labelled=(0,), unlabelled=(3,), val=())
    assert _run(pair).events[-1].reason == "done"


@pytest.mark.parametrize("name", STRATEGY_RECIPES)
def test_a_crop_much_larger_than_the_images_is_refused_and_a_larger_one_is_filled(
    tmp_path: Path, name: str
) -> None:
    recipe = STRATEGY_RECIPES[name].but(steps=1)
    with pytest.raises(DataError, match="The crop is 320 px") as caught:
        _run(make_run(tmp_path / "a", recipe.but(crop_px=320)))
    assert "0 (whole images) or to at most 102" in caught.value.hint
    larger = make_run(tmp_path / "b", recipe.but(crop_px=80))  # than 48 x 64
    assert _run(larger).events[-1].reason == "done"


def test_epochs_become_steps_and_those_steps_repeat_the_run(tmp_path: Path) -> None:
    recipe = QUICK.but(steps=0, epochs=3.0, batch_labelled=2)
    counted = make_run(tmp_path / "a", recipe)
    resolved = _run(counted).of(events.RunStarted)[0].resolved
    assert resolved["recipe"]["steps"] == 3 * 2  # 3 labelled images, 2 a step: 2 steps an epoch
    assert _last(counted).card.recipe.steps == 6
    again = make_run(tmp_path / "b", QUICK.from_json(resolved["recipe"]))
    _run(again)
    _assert_same(counted, again)


def test_broken_numbers_end_the_run_and_leave_the_good_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(tmp_path)
    setup_begin = setup.begin

    def broken(folder: RunFolder, *more: object) -> setup.Session:
        session = setup_begin(folder, *more)
        draw = session.batches.batch

        def batch(step: int):
            drawn = draw(step)
            if step == 7:
                drawn.labelled.images.fill_(float("inf"))
            return drawn

        monkeypatch.setattr(session.batches, "batch", batch)
        return session

    monkeypatch.setattr(setup, "begin", broken)
    heard = Heard()
    with pytest.raises(DataError, match="after step 7: ce, crf is no number"):
        _run(run, heard)
    assert [each.step for each in heard.of(events.CheckpointSaved)] == [5]
    assert all(torch.isfinite(each).all() for each in _last(run).weights.values())
    monkeypatch.undo()
    assert _run(run, resume=True).events[-1] == events.Finished(10, "done")


def _starved(monkeypatch: pytest.MonkeyPatch, *, pixels: int) -> None:
    """A device that holds only so many pixels of views."""
    step = Learner.step

    def limited(self, batch, progress):
        if batch.labelled.labels.numel() > pixels:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return step(self, batch, progress)

    monkeypatch.setattr(Learner, "step", limited)


def test_when_memory_runs_out_the_batch_is_halved(tmp_path, monkeypatch) -> None:
    _starved(monkeypatch, pixels=2 * 48 * 64)
    heard = _run(make_run(tmp_path, QUICK.but(batch_labelled=8, steps=0, seconds=0.05)))
    recipe = heard.of(events.RunStarted)[0].resolved["recipe"]
    assert recipe["batch_labelled"] == 2
    assert heard.events[-1].reason == "done"


def test_when_memory_runs_out_later_the_run_goes_on_smaller(tmp_path, monkeypatch) -> None:
    run = make_run(tmp_path, QUICK.but(batch_labelled=4))
    heard = Heard()

    class Starving(Heard):
        def take(self, wait_seconds: float) -> None:
            if heard.step == 3 and not heard.commands:
                heard.commands[-1] = []
                _starved(monkeypatch, pixels=48 * 64)

    loop.run(run, heard, Starving())
    assert [each.message_id for each in heard.of(events.Notice)] == ["memory.smaller_batch"] * 2
    assert heard.events[-1] == events.Finished(10, "done")
    assert len(json.loads((run.path / "resolved.json").read_text())["smaller"]) == 2


def test_then_the_view_shrinks_and_in_the_end_it_is_said_in_words(tmp_path, monkeypatch) -> None:
    _starved(monkeypatch, pixels=128 * 128)
    wide = QUICK.but(batch_labelled=2, crop_px=256, scale_min=2.0, scale_max=4.0)
    heard = _run(make_run(tmp_path, wide.but(steps=0, seconds=0.001)))
    assert heard.of(events.RunStarted)[0].resolved["view"] == [128, 128]
    _starved(monkeypatch, pixels=10)
    with pytest.raises(DeviceError, match="cannot hold one view"):
        _run(make_run(tmp_path, wide))


def test_other_errors_are_not_taken_for_a_lack_of_memory(tmp_path, monkeypatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("shape mismatch")

    monkeypatch.setattr(Learner, "step", broken)
    with pytest.raises(RuntimeError, match="shape mismatch"):
        _run(make_run(tmp_path))


def test_a_damaged_checkpoint_stops_the_resume_in_words(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    _run(run)
    last = run.last_checkpoint()
    assert last is not None
    (last / "training.safetensors").write_bytes(b"nothing")
    with pytest.raises(CheckpointError, match="no usable checkpoint"):
        _run(run, resume=True)


def test_a_missing_snapshot_is_said_in_words(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    shutil.rmtree(run.snapshots)
    with pytest.raises(ProjectError, match="snapshot"):
        _run(run)


def test_an_image_that_broke_is_a_notice_where_it_is_watched(tmp_path: Path) -> None:
    run = make_run(tmp_path, watch=("images/003.png", "images/004.png"))
    (tmp_path / "images" / "003.png").write_bytes(b"broken")
    heard = _run(run)
    assert [each.message_id for each in heard.of(events.Notice)] == ["image.unreadable"]
    assert {each.frame for each in heard.of(events.PredictionReady)} == {"images/004.png"}


def test_frames_of_another_shape_learn_together(tmp_path: Path) -> None:
    run = make_run(tmp_path, QUICK.but(strategy="s4gan", crop_px=32))
    tall = np.rot90(scene(3)[0]).copy()
    Image.fromarray(tall).save(tmp_path / "images" / "003.png")
    assert _run(run).events[-1] == events.Finished(10, "done")


def test_a_side_job_takes_a_tenth_of_the_time_at_most() -> None:
    pace = Pace(every=10, first=3)
    assert pace.is_due(step=3, seconds=1.0)
    assert not pace.is_due(step=4, seconds=1.0)
    pace.took(2.0, seconds=1.0)
    assert not pace.is_due(step=10, seconds=18.9)
    assert pace.is_due(step=20, seconds=19.0)


def test_learning_learns(tmp_path: Path) -> None:
    run = make_run(tmp_path, QUICK.but(steps=120, width=8, seed=0, validate_every=1000))
    score = _run(run).of(events.Validated)[-1]
    assert score.mean_iou is not None
    assert score.mean_iou > 0.75


@pytest.mark.parametrize("dense", [False, True])
def test_s4gan_learns_from_strokes_and_from_masks(tmp_path: Path, *, dense: bool) -> None:
    recipe = S4GAN.but(steps=80, width=8, seed=0, validate_every=1000, warmup_steps=40)
    run = make_run(tmp_path, recipe, dense=dense)
    heard = _run(run)
    assert heard.of(events.RunStarted)[0].resolved["covered"] is not dense
    steps = heard.of(events.StepDone)
    assert all(each.rates["gate"] == 0 for each in steps[:40])
    assert max(each.rates["gate"] for each in steps[40:]) > 0
    assert {"ce", "crf", "fm", "st", "d"} == set(steps[-1].losses)
    assert (heard.of(events.Validated)[-1].mean_iou or 0) > 0.7
