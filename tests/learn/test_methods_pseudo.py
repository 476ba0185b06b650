"""The share of right pseudo-labels equals a count pixel by pixel, passed and rejected apart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from s4gui.core.classes import UNLABELLED
from s4gui.learn import setup
from s4gui.learn.batches import Batches
from s4gui.learn.judging import Dose
from s4gui.learn.schedule import Progress
from s4gui.learn.strategies.mean_teacher import MeanTeacher
from s4gui.learn.strategies.s4gan import S4Gan
from s4gui.learn.strategies.weak2strong import Manner, WeakToStrong
from s4gui.store.runs import RunFolder
from tests.bench.learn.camvid import CAMVID_VOID, NAMES
from tests.bench.methods import data, pseudo, running, tasks
from tests.bench.methods.arms import Arm
from tests.bench.methods.tasks import Budget, Task
from tests.learn import small_camvid

STEPS = 24
WHOLE = {
    **{"flip": False, "scale_min": 1.0, "scale_max": 1.0, "colour": 0.0},
    **{"width": 8, "discriminator_width": 4, "warmup_steps": 0},
}
"""Views are the images themselves."""
BRIGHT = 110 / 255
"""About as bright as the middle one of the images."""

Passes = Callable[[np.ndarray], np.ndarray]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return small_camvid.make(tmp_path)


def _task(settings: tuple[tuple[str, bool], ...] = (), **changes: Any) -> Task:
    arm = Arm(5, "arm", "S-5", WHOLE | changes, settings=settings)
    return Task(arm, "camvid", 0, Budget("steps", STEPS), tasks.base_values(but=["mirror=false"]))


def _said(classes: np.ndarray) -> np.ndarray:
    """What the network answers where an image shows these classes: every third wrongly."""
    return np.minimum(classes + (classes % 3 == 0), len(NAMES) - 1)


class _Network(nn.Module):
    """Reads the class from the grey; sure of even classes only."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, images: Tensor) -> Tensor:
        level = ((images[:, 0] / 2 + 0.5) * 255 / small_camvid.STEP).round().long()
        said = (level + (level % 3 == 0).long()).clamp(max=len(NAMES) - 1)
        sure = torch.where(level % 2 == 0, 12.0, 0.5)
        one_hot = F.one_hot(said, len(NAMES)).movedim(-1, 1).float()
        return one_hot * sure.unsqueeze(1) * self.scale


class _Critic(nn.Module):
    """Lets bright images pass."""

    covered = False

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))

    def forward(self, maps: Tensor, rgb: Tensor, cover: Tensor) -> tuple[Tensor, Tensor]:
        score = (rgb.mean((1, 2, 3)) - BRIGHT) * 1000 * self.weight
        return score, maps.mean((2, 3)) * self.weight


def _strategy(name: str) -> Any:
    network = _Network()
    moved_by = torch.optim.SGD(network.parameters(), lr=0.0)
    if name == "s4gan":
        critic = _Critic()
        return S4Gan(
            network,
            critic,
            generator_optimizer=moved_by,
            discriminator_optimizer=torch.optim.SGD(critic.parameters(), lr=0.0),
            dose=Dose(trust=0.5, warmup_steps=0),
        )
    if name == "weak2strong":
        return WeakToStrong(network, moved_by, _Network(), manner=Manner(threshold=0.9))
    return MeanTeacher(network, moved_by, _Network())


PASSES: dict[str, Passes] = {
    "s4gan": lambda grey: np.full(grey.shape, grey.mean() / 255 > BRIGHT),
    "weak2strong": lambda grey: (grey // small_camvid.STEP) % 2 == 0,
    "mean_teacher": lambda grey: np.ones(grey.shape, bool),
}


def _by_hand(root: Path, batches: Batches, steps: list[int], passes: Passes) -> dict[str, int]:
    """Pixel by pixel from the files, of the views drawn at these steps."""
    files = {path.name: np.array(Image.open(path))[..., 0] for path in (root / "train").iterdir()}
    labelled = {f"{each.stem}.png" for each in data.labelled(root, "S-5", "camvid", 0)}
    found = dict.fromkeys(("passed", "passed_right", "rejected", "rejected_right"), 0)
    for step in steps:
        for view in batches.batch(step).unlabelled.rgb:
            grey = np.round(view[0].numpy() * 255).astype(np.uint8)
            (name,) = [name for name, each in files.items() if np.array_equal(each, grey)]
            truth = np.array(Image.open(root / "trainannot" / name))
            scribbles = np.array(Image.open(root / "train_scribbles" / name))
            said, pass_here = _said(truth), passes(grey)
            for at in np.ndindex(truth.shape):
                given = name in labelled and scribbles[at] != UNLABELLED
                if truth[at] == CAMVID_VOID or given:
                    continue
                kind = "passed" if pass_here[at] else "rejected"
                found[kind] += 1
                found[f"{kind}_right"] += int(said[at] == truth[at])
    return found


def _probed(root: Path, task: Task) -> tuple[RunFolder, pseudo.Probe, Batches]:
    run = running.make_run(task, root, root / "run")
    return run, pseudo.Probe(pseudo.Truth(run, root, "camvid", root)), setup.begin(run).batches


@pytest.mark.parametrize("name", ["s4gan", "weak2strong", "mean_teacher"])
def test_shares_are_those_of_a_count_pixel_by_pixel(
    root: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pseudo, "PROBES", 3)
    task = _task(strategy=name)
    _, probe, batches = _probed(root, task)
    strategy = _strategy(name)
    with pseudo.heeded(probe):
        for step in range(STEPS):
            strategy.step(batches.batch(step), Progress(step, STEPS))
    expected = _by_hand(root, batches, [19, 21, 23], PASSES[name])
    tally = probe.tally
    assert tally.probes == 3
    assert expected["passed"] > expected["passed_right"] > 0
    assert (expected["rejected"] == 0) == (name == "mean_teacher")
    assert {
        "passed": tally.passed_px,
        "passed_right": tally.passed_right_px,
        "rejected": tally.rejected_px,
        "rejected_right": tally.rejected_right_px,
    } == expected
    said = tally.to_json()
    assert said["passed_right"] == pytest.approx(
        expected["passed_right"] / expected["passed"], abs=1e-5
    )
    if name == "mean_teacher":
        assert said["rejected_right"] is None
    # Nobody is heard once the run is over.
    strategy.step(batches.batch(STEPS - 1), Progress(STEPS - 1, STEPS))
    assert probe.tally.probes == 3


@pytest.mark.parametrize("total", [1, 5, 40, 1500, 20_000])
def test_probes_lie_in_the_last_quarter_and_end_with_the_last_step(total: int) -> None:
    due = [step for step in range(total) if pseudo.is_due(Progress(step, total))]
    assert due[-1] == total - 1
    assert due[0] >= total - max(1, total / 4)
    assert len(due) == pytest.approx(min(pseudo.PROBES, max(1, total // 4)), rel=0.25)


@pytest.mark.parametrize(
    "changes",
    [
        {"strategy": "s4gan", "trust": 0.0},
        {"strategy": "s4gan", "trust": 1.0},
        {"strategy": "weak2strong", "flip": True, "scale_max": 2.0},
        {"strategy": "mean_teacher", "colour": 0.5, "batch_unlabelled": 3},
    ],
)
def test_a_run_has_the_figure_in_its_record(root: Path, changes: dict[str, Any]) -> None:
    record = running.perform(_task(**changes), root)["pseudo_labels"]
    assert record["probes"] == STEPS // 4
    views = record["probes"] * changes.get("batch_unlabelled", 2)
    counted = record["passed_px"] + record["rejected_px"]
    assert 0.4 < counted / (views * 64 * 96) < 1  # void, scribbles and mirrored pixels are out
    for kind in ("passed", "rejected"):
        assert (record[f"{kind}_right"] is None) == (record[f"{kind}_px"] == 0)
    if changes.get("trust") is not None:
        assert (record["rejected_px"] == 0) == (changes["trust"] == 0.0)


def test_settings_that_change_the_unlabelled_views_are_followed(root: Path) -> None:
    for setting in ("no_overwriting", "labelled_left_out"):
        task = _task(((setting, True),), strategy="mean_teacher")
        assert running.perform(task, root)["pseudo_labels"]["probes"] == STEPS // 4


def test_a_run_without_unlabelled_images_has_no_such_figure(root: Path) -> None:
    assert running.perform(_task(strategy="supervised"), root)["pseudo_labels"] is None


def test_another_view_than_the_one_drawn_is_no_truth(root: Path) -> None:
    _, probe, batches = _probed(root, _task(strategy="s4gan"))
    views = batches.batch(3).unlabelled
    assert probe._truth.of(3, views).shape == (2, 64, 96)
    with pytest.raises(AssertionError, match="other views"):
        probe._truth.of(4, views)
