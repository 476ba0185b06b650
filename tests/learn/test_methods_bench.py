"""The ablation's own logic: splits without overlap, resuming, the table's arithmetic."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from statistics import stdev
from typing import Any

import numpy as np
import pytest
import torch

from s4gui.core.classes import UNLABELLED, VOID
from s4gui.learn.schedule import Progress
from tests.bench.learn.camvid import NAMES
from tests.bench.methods import __main__ as bench
from tests.bench.methods import data, running, table, tasks
from tests.bench.methods.arms import ARMS, Arm
from tests.bench.methods.tasks import Budget, Task
from tests.learn import small_camvid
from tests.shared import camvid

BUDGET = Budget("steps", 1500)
PLAIN = Arm(2, "none", "S-10", {"weight_crf": 0.0})
CRF = Arm(2, "crf", "S-10", {"weight_crf": 0.1}, "none")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return small_camvid.make(tmp_path)


def _task(arm: Arm, seed: int = 0, split: str = "camvid", budget: Budget = BUDGET) -> Task:
    return Task(arm, split, seed, budget, tasks.base_values())


def _record(*figures: tuple[Task, float]) -> dict[str, Any]:
    return {
        task.id: running.describe(task)
        | {
            "mean_iou": figure,
            "oracle_mean_iou": figure + 0.01,
            "iou": dict.fromkeys(NAMES, figure),
            "steps": 1500,
            "step_cpu_seconds": 0.1,
        }
        for task, figure in figures
    }


@pytest.mark.parametrize("split", data.SPLITS)
def test_what_scores_is_never_in_the_pool(root: Path, split: str) -> None:
    pool, scored = data.pool(root, split), data.scored(root, split)
    assert pool
    assert scored
    assert not {each.stem for each in pool} & {each.stem for each in scored}
    if split == "drive":
        assert {each.drive for each in pool} == {"0001TP", "0006R0"}
        assert {each.drive for each in scored} == {"0016E5"}
        assert {each.folder for each in scored} == {"train", "val"}


@pytest.mark.camvid
@pytest.mark.parametrize("split", data.SPLITS)
@pytest.mark.parametrize("name", data.SETS)
def test_every_data_set_of_camvid_has_its_images_in_the_pool(name: str, split: str) -> None:
    shared = camvid()
    pool, scored = data.pool(shared, split), data.scored(shared, split)
    chosen = [data.labelled(shared, name, split, seed) for seed in range(4)]  # 3 are stored
    wanted = data.SETS[name].images or len(pool)
    for each in chosen:
        assert len(set(each)) == len(each) == wanted
        assert set(each) <= set(pool)
    assert (chosen[0] != chosen[1]) == bool(data.SETS[name].images)
    assert not {each.stem for each in pool} & {each.stem for each in scored}
    assert len(scored) in {101, 102}


@pytest.mark.parametrize("count", [3, 10, 40])
def test_labelled_images_are_evenly_spaced_on_each_drive(count: int) -> None:
    pool = [
        data.Image("train", f"{d}_{i:06d}") for d, n in (("a", 20), ("b", 60)) for i in range(n)
    ]
    chosen = data.evenly(pool, count, seed=1)
    assert len(set(chosen)) == count
    for drive, share in (("a", 0.25), ("b", 0.75)):
        places = [int(each.stem[2:]) for each in chosen if each.drive == drive]
        assert abs(len(places) - share * count) < 1
        steps = np.diff(places)
        assert steps.size == 0 or steps.max() - steps.min() <= 1
    assert chosen != data.evenly(pool, count, seed=2)


def test_random_pixels_are_so_many_of_classes_and_the_same_for_a_seed() -> None:
    whole = np.random.default_rng(0).integers(0, 11, (40, 50), np.uint8)
    whole[:20] = VOID
    whole[20:25] = UNLABELLED
    some = data.some_pixels(whole, 20, seed=3, stem="a")
    kept = some != UNLABELLED
    assert kept.sum() == 20
    assert (some[kept] == whole[kept]).all()
    assert not kept[:25].any()
    assert np.array_equal(some, data.some_pixels(whole, 20, seed=3, stem="a"))
    assert not np.array_equal(some, data.some_pixels(whole, 20, seed=4, stem="a"))
    assert not np.array_equal(some, data.some_pixels(whole, 20, seed=3, stem="b"))


def test_arms_are_told_apart_and_compared_with_an_arm_that_is_there() -> None:
    keys = [(each.step, each.name, each.data) for each in ARMS]
    assert len(set(keys)) == len(keys)
    assert {each.step for each in ARMS} == set(range(7))
    for arm in ARMS:
        assert arm.data in data.SETS
        assert not arm.against or (arm.step, arm.against, arm.data) in keys
        assert all(name in running.SETTINGS for name, _ in arm.settings)


def test_the_plan_has_each_task_once_and_follows_the_order() -> None:
    twin = Arm(5, "another name", "S-10", {"weight_crf": 0.0})
    given = {"splits": ["camvid"], "budgets": [BUDGET], "base": tasks.base_values()}
    plan = tasks.plan([PLAIN, twin, CRF], seeds=[0, 1], **given)
    assert [(each.arm.name, each.seed) for each in plan] == [
        *(("none", 0), ("crf", 0), ("none", 1), ("crf", 1))
    ]
    plan = tasks.plan([PLAIN, CRF], seeds=[0, 1], order=["2:crf:*"], **given)
    assert [each.arm.name for each in plan] == ["crf", "crf", "none", "none"]
    plan = tasks.plan([PLAIN, CRF], seeds=[0, 1], seed_first=False, **given)
    assert [each.seed for each in plan] == [0, 1, 0, 1]


def test_whatever_changes_the_outcome_makes_another_task() -> None:
    unfocused = Arm(1, "none", "S-10", {"weight_crf": 0.0}, settings=(("unfocused", True),))
    ids = {
        _task(PLAIN).id,
        _task(CRF).id,
        _task(unfocused).id,
        _task(PLAIN, seed=1).id,
        _task(PLAIN, split="drive").id,
        _task(PLAIN, budget=Budget("seconds", 1500)).id,
        Task(PLAIN, "camvid", 0, BUDGET, tasks.base_values(but=["width=8"])).id,
    }
    assert len(ids) == 7
    assert _task(Arm(7, "other words", "S-10", PLAIN.changes)).id == _task(PLAIN).id


def test_a_record_is_read_back_and_a_torn_line_is_not_a_run(tmp_path: Path) -> None:
    path = tmp_path / "record.jsonl"
    done, failed = _task(PLAIN), _task(CRF)
    tasks.append(path, _record((done, 0.4))[done.id])
    tasks.append(path, running.describe(failed) | {"failed": "no memory"})
    with path.open("a") as file:
        file.write('{"bench": "methods", "id": "torn')
    record = tasks.read_record(path)
    assert tasks.is_done(record, done)
    assert not tasks.is_done(record, failed)
    tasks.append(path, _record((failed, 0.5))[failed.id])
    record = tasks.read_record(path)
    assert len(record) == 2
    assert tasks.is_done(record, failed)


def test_spreads_and_paired_differences_are_those_of_the_textbook() -> None:
    spread = table.Spread.of([0.40, 0.44, 0.42])
    assert spread is not None
    assert (spread.mean, spread.count) == (pytest.approx(0.42), 3)
    assert spread.sd == pytest.approx(np.std([0.40, 0.44, 0.42], ddof=1))
    assert table.Spread.of([]) is None
    assert table.Spread.of([0.4]) == table.Spread(0.4, None, 1)
    found = table.differences({0: 0.5, 1: 0.7, 3: 0.9}, {0: 0.4, 1: 0.5, 2: 0.1})
    assert found == pytest.approx([0.1, 0.2])


def _cells(text: str, name: str) -> list[str]:
    (line,) = [
        each
        for each in text.splitlines()
        if each.startswith(f"| {name} |") and len(each.split("|")) == 11
    ]
    return [each.strip() for each in line.split("|")[1:-1]]


def test_the_table_says_means_paired_differences_and_what_was_not_run() -> None:
    ceiling = Arm(0, "full masks", "F-367", {"weight_crf": 0.0})
    told = Arm(2, "told", "S-10", PLAIN.changes, "none", reads="oracle_mean_iou")
    unknown = Arm(2, "of another version", "S-10", {"no_such_choice": 1}, "none")
    record = _record(
        *((_task(PLAIN, seed), figure) for seed, figure in enumerate((0.30, 0.40, 0.35))),
        *((_task(CRF, seed), figure) for seed, figure in enumerate((0.35, 0.46))),
        (_task(CRF, 0, "drive"), 0.2),
        (_task(ceiling), 0.7),
    )
    text = table.markdown(
        record,
        [ceiling, PLAIN, CRF, told, unknown, Arm(2, "tree", "S-10", {"width": 32}, "none")],
        seeds=[0, 1, 2],
        budgets=[BUDGET],
        base=tasks.base_values(),
    )
    sd = stdev([0.05, 0.06])
    assert _cells(text, "none")[2:4] == ["0.350 ± 0.050 (3)", "base"]
    assert _cells(text, "crf")[2:4] == ["0.405 ± 0.078 (2)", f"+0.055 ± {sd:.3f} (2)"]
    assert _cells(text, "crf")[4:7] == ["0.200 (1)", "–", "57.9 %"]
    assert _cells(text, "told")[2:4] == ["0.360 ± 0.050 (3)", "+0.010 ± 0.000 (3)"]
    assert _cells(text, "tree")[2:5] == ["not run", "–", "not run"]
    assert _cells(text, "of another version")[2].startswith("not run (A recipe has no choice")
    assert "## Equal steps: 1500 steps" in text
    assert "Notices: none" in text
    record[_task(CRF).id]["notices"] = [[400, "self_training.collapsed"]]
    text = table.markdown(record, [CRF], seeds=[0], budgets=[BUDGET], base=tasks.base_values())
    assert "- crf, S-10, camvid, seed 0: self_training.collapsed at 400" in text


def test_the_table_says_how_right_pseudo_labels_were() -> None:
    gated = Arm(5, "gated", "S-10", {"strategy": "s4gan"})
    free = Arm(5, "free", "S-10", {"strategy": "s4gan", "trust": 0.0})
    record = _record(*((_task(gated, seed), 0.3) for seed in (0, 1)), (_task(free), 0.3))
    figures = ((30, 0.8, 70, 0.6), (50, 0.9, 50, 0.6))
    tasks_ = (_task(gated, 0), _task(gated, 1), _task(free))
    for task, (passed, right, others, wrong) in zip(
        tasks_, (*figures, (100, 0.7, 0, None)), strict=True
    ):
        record[task.id]["pseudo_labels"] = {
            "passed_px": passed,
            "passed_right": right,
            "rejected_px": others,
            "rejected_right": wrong,
        }
    text = table.markdown(
        record, [PLAIN, gated, free], seeds=[0, 1], budgets=[BUDGET], base=tasks.base_values()
    )
    part = text.split("### Pseudo-labels that are right")[1]
    rows = {
        line.split("|")[2].strip(): line.split("|")[4:-1]
        for line in part.splitlines()
        if "S-10" in line
    }
    assert [each.strip() for each in rows["gated"]] == [
        *("0.400 ± 0.141 (2)", "0.850 ± 0.071 (2)", "0.600 ± 0.000 (2)", "+0.250 ± 0.071 (2)")
    ]
    assert [each.strip() for each in rows["free"]] == ["1.000 (1)", "0.700 (1)", "–", "–"]
    assert set(rows) == {"gated", "free"}


def test_a_failed_run_says_so_in_the_table() -> None:
    task = _task(PLAIN)
    record = {task.id: running.describe(task) | {"failed": "DataError: no number"}}
    text = table.markdown(record, [PLAIN], seeds=[0], budgets=[BUDGET], base=tasks.base_values())
    assert _cells(text, "none")[2] == "not run (DataError: no number)"


def test_settings_change_what_they_say_and_nothing_stays_changed(root: Path) -> None:
    strategy = {"strategy": "s4gan", "batch_unlabelled": 8}
    plain = _task(Arm(4, "all", "S-5", strategy))
    first = _begun(plain, root)
    shown = first.batches.batch(0).unlabelled.labels
    assert (shown != UNLABELLED).any()
    assert first.resolved["covered"]
    for name in running.SETTINGS:
        task = _task(Arm(4, name, "S-5", strategy, settings=((name, True),)))
        with running._set(task):
            session = _begun(task, root)
            batches = [session.batches.batch(step) for step in range(4)]
        given = torch.cat([each.unlabelled.labels for each in batches])
        assert session.resolved["covered"] == (name != "uncovered")
        assert (given == UNLABELLED).all() == (name in {"no_overwriting", "labelled_left_out"})
        labelled = [each.labelled.images for each in batches]
        same = [torch.equal(first.batches.batch(i).labelled.images, labelled[i]) for i in range(4)]
        assert all(same) == (name != "unfocused")
    again = _begun(plain, root).batches.batch(0)
    assert torch.equal(again.unlabelled.labels, shown)


def _judged(root: Path, *settings: str) -> tuple[torch.Tensor, torch.Tensor]:
    """What the discriminator gets of real and of predicted masks in a first step."""
    arm = Arm(5, "s4gan", "S-5", {"strategy": "s4gan"}, "", tuple((s, True) for s in settings))
    seen: list[torch.Tensor] = []
    with running._set(_task(arm)):
        session = _begun(_task(arm), root)
        critic = session.learner.strategy.parts["discriminator"]
        critic.layers.register_forward_pre_hook(lambda _, given: seen.append(given[0].detach()))
        torch.manual_seed(1)
        session.learner.step(session.batches.batch(0), Progress(500, 1000))
    assert len(seen) == 4
    assert torch.equal(seen[0], seen[3])
    assert torch.equal(seen[1], seen[2])
    return seen[0], seen[1]


def test_each_part_of_the_masked_s4gan_can_be_taken_out_of_what_is_judged(root: Path) -> None:
    count = len(NAMES)
    real, fake = _judged(root)
    cover = real[:, -1:]
    under = (cover > 0).expand_as(real[:, :count])
    assert real.shape[1] == fake.shape[1] == count + 4
    assert 0 < cover.mean() < 1
    assert 0 < fake[:, -1].mean() < 1
    assert 0 < real[:, :count][under].min() < real[:, :count][under].max() < 1

    untold = _judged(root, "no_cover_channel")  # the same maps and image, the channel gone
    assert torch.equal(untold[0], real[:, :-1])
    assert torch.equal(untold[1], fake[:, :-1])

    of_real, whole = _judged(root, "no_lent_cover")
    assert torch.equal(of_real, real)
    views = _begun(_task(Arm(5, "s4gan", "S-5", {"strategy": "s4gan"})), root).batches.batch(0)
    assert views.unlabelled is not None
    inside = views.unlabelled.inside.float()
    assert torch.equal(whole[:, -1], inside)  # everywhere in the frame
    torch.testing.assert_close(whole[:, :count].sum(1), inside)
    assert torch.equal(whole[:, :count] * fake[:, -1:], fake[:, :count])
    assert torch.equal(whole[:, count:-1], fake[:, count:-1])

    one_hot, of_fake = _judged(root, "no_softening")
    assert torch.equal(of_fake, fake)
    assert set(one_hot[:, :count].unique().tolist()) == {0.0, 1.0}
    assert torch.equal(one_hot[:, :count].sum(1, keepdim=True), cover)
    assert torch.equal(one_hot[:, :count].argmax(1), real[:, :count].argmax(1))
    assert torch.equal(one_hot[:, count:], real[:, count:])


def test_the_masked_s4gan_is_compared_with_itself_without_each_part() -> None:
    arms = {
        dict(each.settings).popitem()[0]: each for each in ARMS if each.step == 5 if each.settings
    }
    assert set(arms) == {"uncovered", "no_cover_channel", "no_lent_cover", "no_softening"}
    (whole,) = (
        each
        for each in ARMS
        if (each.step, each.data) == (5, "S-46") and each.name == arms["no_softening"].against
    )
    assert whole.changes["strategy"] == "s4gan"
    for each in arms.values():
        assert each.changes == whole.changes
        assert each.data == "S-46"


def _begun(task: Task, root: Path) -> Any:
    folder = root / f"run{len(list(root.iterdir()))}"
    return running.setup.begin(running.make_run(task, root, folder))


def test_five_steps_are_run_once_put_down_and_not_repeated(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "record.jsonl"
    given = [
        *("--camvid", str(root), "--record", str(path), "--steps", "5", "--seeds", "0"),
        *("--arms", "0:*:S-367", "--but", "width=8", "mirror=false", "--splits", "drive"),
    ]
    assert bench.main([*given, "--jobs", "2"]) == 0
    lines = path.read_text().splitlines()
    (record,) = map(json.loads, lines)
    assert record["steps"] == record["recipe_used"]["steps"] == 5
    assert record["pool_images"] == record["labelled_images"] == 10
    assert record["scored_images"] == 4
    assert 0 <= record["mean_iou"] <= 1
    assert 0 <= record["oracle_mean_iou"] <= 1
    assert record["step_cpu_seconds"] > 0
    assert record["machine"]["torch"]
    assert bench.main(given) == 0
    assert path.read_text().splitlines() == lines
    capsys.readouterr()
    assert bench.main([*given, "--table"]) == 0
    row = _cells(capsys.readouterr().out, "sparse labels")
    assert row[2] == "not run"
    assert row[4] == f"{record['mean_iou']:.3f} (1)"


def test_seconds_become_as_many_steps_as_fit_at_the_measured_cost(root: Path) -> None:
    arm = Arm(7, "quick", "S-367", {"width": 8, "mirror": False})
    record = running.perform(_task(arm, budget=Budget("seconds", 1)), root)
    assert record["steps"] == pytest.approx(1 / record["step_cpu_seconds"], abs=1)
    assert record["scored_images"] == 4


def test_one_run_with_a_classifier_is_scored_with_every_threshold(root: Path) -> None:
    arms = [each for each in ARMS if "s4gan_mlmt" in each.name and each.data == "F-46"]
    few = {"width": 8, "mirror": False, "discriminator_width": 8}
    run = [_task(Arm(6, a.name, "S-5", a.changes | few, reads=a.reads)) for a in arms]
    assert len({each.id for each in run}) == 1
    record = running.perform(replace(run[0], budget=Budget("steps", 3)), root)
    assert all(0 <= record[each.reads] <= 1 for each in arms)
    assert record["mean_iou"] == record["mean_iou_fused_0.2"]
