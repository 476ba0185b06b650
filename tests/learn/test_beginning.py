"""What a run begins with: weights at hand, weights fetched, from scratch, another run's."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from s4gui.core.errors import WeightsError
from s4gui.learn import checkpoints, loop, predicting, pretrained
from s4gui.learn.fetching import SAID_BYTES, Fetching
from s4gui.learn.nets import resnet
from s4gui.learn.nets.resnet import ResNet
from s4gui.learn.pretrained import WeightFile
from s4gui.store.runs import RunFolder
from s4gui.wire import commands, events
from tests.learn.scenes import QUICK, Heard, make_run

DEEPLAB = QUICK.but(network="deeplabv2-resnet18", steps=2, checkpoint_every=1, long_side_px=32)
SCALE = "encoder.layer2.0.bn1.weight"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Torch's folder for weights, empty."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr(resnet, "STAGE_WIDTHS", (8, 8, 16, 16))  # the same, but quick
    pretrained.folder().mkdir(parents=True)
    return pretrained.folder()


@pytest.fixture
def at_hand(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Weights drawn at random lie in the folder as ImageNet's."""
    torch.manual_seed(5)
    network = ResNet("resnet18")
    for name, each in network.named_parameters():
        if "bn" in name:
            torch.nn.init.uniform_(each, 0.5, 1.0)
    made = place / "made.pth"
    torch.save(network.state_dict(), made)
    digits = hashlib.sha256(made.read_bytes()).hexdigest()[:8]
    path = made.rename(place / f"resnet18-{digits}.pth")
    file = WeightFile("resnet18", "Test.V1", f"http://127.0.0.1:1/{path.name}", 1, 1.0)
    monkeypatch.setattr(pretrained, "weight_files", lambda _: (file,))
    return path


def _run(run: RunFolder, heard: Heard | None = None, *, resume: bool = False) -> Heard:
    heard = heard or Heard()
    loop.run(run, heard, heard, resume=resume)
    return heard


def _scale(run: RunFolder, step: int) -> torch.Tensor:
    return checkpoints.read_training(run.checkpoint(step))[f"generator.{SCALE}"]


@pytest.mark.usefixtures("place")
def test_without_weights_a_run_begins_from_scratch_and_says_so(tmp_path: Path) -> None:
    run = make_run(tmp_path, DEEPLAB)
    heard = _run(run)
    (said,) = [each for each in heard.of(events.Notice) if each.message_id[:7] == "weights"]
    assert "from scratch: no weights at hand" in said.text
    resolved = json.loads((run.path / "resolved.json").read_text())
    assert resolved["recipe"]["pretrained"] == "none"
    assert resolved["start"] == {"pretrained": "none", "weights": "", "weights_file": ""}
    assert not torch.equal(_scale(run, 1), _scale(run, 2)), "from scratch, scales are trained"


def test_weights_at_hand_are_begun_with_and_needed_only_once(at_hand: Path, tmp_path: Path) -> None:
    given = torch.load(at_hand, weights_only=True)
    run = make_run(tmp_path, DEEPLAB)
    heard = _run(run, Heard().at(1, commands.Stop(checkpoint=True)))
    (said,) = [each for each in heard.of(events.Notice) if each.message_id[:7] == "weights"]
    assert "ImageNet weights" in said.text
    resolved = heard.of(events.RunStarted)[0].resolved
    assert resolved["start"]["weights_file"] == at_hand.name
    assert resolved["recipe"]["pretrained"] == "imagenet"
    at_hand.unlink()
    _run(run, resume=True)
    trained = checkpoints.read_training(run.checkpoint(2))
    for name, each in given.items():
        mine = trained[f"generator.encoder.{name}"]
        if name.endswith((".bn1.weight", ".bn1.bias")):
            assert torch.equal(mine, each), f"{name} is fixed"
        elif name.endswith("running_mean"):
            assert not torch.equal(mine, each), f"{name} follows"
        elif name.endswith("conv1.weight"):
            rgb = mine[:, : each.shape[1]]  # the recipe has planes for the place, too
            assert not torch.equal(rgb, each), f"{name} learns"
            torch.testing.assert_close(rgb, each, rtol=0, atol=0.02)
    predicting.load(predicting.last_checkpoint(run))


def test_another_runs_weights_are_taken_whole_and_stay_fixed_where_they_were(
    at_hand: Path, tmp_path: Path
) -> None:
    first = make_run(tmp_path, DEEPLAB.but(steps=1))
    _run(first)
    at_hand.unlink()
    warm = first.checkpoint(1).relative_to(tmp_path).as_posix()
    second = make_run(tmp_path, DEEPLAB.but(steps=1), warm_start=warm)
    heard = _run(second)
    assert heard.of(events.RunStarted)[0].resolved["recipe"]["pretrained"] == "imagenet"
    assert torch.equal(_scale(first, 1), _scale(second, 1))


def test_two_runs_with_the_same_weights_end_in_the_same(at_hand: Path, tmp_path: Path) -> None:
    runs = [make_run(tmp_path, DEEPLAB) for _ in range(2)]
    for run in runs:
        _run(run)
    one, other = (checkpoints.read(run.checkpoint(2)).weights for run in runs)
    assert all(torch.equal(each, other[name]) for name, each in one.items())


@pytest.mark.usefixtures("place")
def test_wanted_weights_that_cannot_be_had_are_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = WeightFile("resnet18", "T", "http://127.0.0.1:1/resnet18-00000000.pth", 1, 1.0)
    monkeypatch.setattr(pretrained, "weight_files", lambda _: (file,))
    with pytest.raises(WeightsError):
        _run(make_run(tmp_path, DEEPLAB.but(pretrained="imagenet")))


@pytest.mark.usefixtures("place")
def test_a_stop_while_weights_are_fetched_ends_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(_file: WeightFile, _place: Path, progress: Callable[[int, int], bool]) -> None:
        assert not progress(1, 100)

    monkeypatch.setattr(pretrained, "fetch", fetch)
    run = make_run(tmp_path, DEEPLAB.but(pretrained="imagenet"))
    heard = _run(run, Heard().at(0, commands.Stop()))
    assert heard.events == [events.Finished(0, "stopped")]


def test_fetching_is_said_now_and_then_and_other_commands_wait() -> None:
    heard = Heard().at(0, commands.Pause(paused=True), commands.Watch(("a",)))
    fetching = Fetching(heard, heard)
    for done in range(0, 4 * SAID_BYTES + 1, SAID_BYTES // 4):
        assert fetching(done, 4 * SAID_BYTES)
    said = [each.text for each in heard.of(events.Notice)]
    assert len(said) == 4
    assert said[-1] == "Fetching ImageNet weights: 64 of 64 MB"
    heard.at(0, commands.SaveCheckpoint())
    taken = [fetching.take(0) for _ in range(4)]
    assert taken == [
        commands.Pause(paused=True), commands.Watch(("a",)), commands.SaveCheckpoint(), None
    ]  # fmt: skip
    assert not Fetching(heard, Heard().at(0, commands.Stop()))(1, 0)
