"""Checkpoints describe themselves, and what is damaged or foreign is refused."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import safetensors.torch
import torch

from s4gui.core.classes import ClassMap, LabelClass
from s4gui.core.errors import CheckpointError
from s4gui.learn import checkpoints
from s4gui.learn.build import make_generator
from s4gui.learn.checkpoints import CheckpointCard
from s4gui.learn.state import fitted_start
from tests.learn.scenes import CLASSES, QUICK

CARD = CheckpointCard(
    step=200,
    recipe=QUICK,
    class_map=CLASSES,
    run=7,
    seconds=12.5,
    snapshot="snapshots/abc",
    scores={"mean_iou": 0.5, "iou": [None, 0.5]},
    resolved={"view": [48, 64]},
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    weights = make_generator(QUICK, classes=3).state_dict()
    path = tmp_path / "step-000200"
    checkpoints.write(path, CARD, weights, {"a": torch.arange(4)})
    return path


def test_a_checkpoint_comes_back_as_it_was(folder: Path) -> None:
    found = checkpoints.read(folder)
    assert found.card == CARD
    torch.manual_seed(0)
    for name, each in make_generator(QUICK, classes=3).state_dict().items():
        assert torch.equal(found.weights[name], each)
    assert torch.equal(checkpoints.read_training(folder)["a"], torch.arange(4))
    assert sorted(each.name for each in folder.iterdir()) == [
        "checkpoint.json",
        "training.safetensors",
        "weights.safetensors",
    ]
    assert [each.name for each in folder.parent.iterdir()] == [folder.name]


def test_a_recipe_from_before_a_choice_was_there_means_what_it_meant(folder: Path) -> None:
    path = folder / "checkpoint.json"
    raw = json.loads(path.read_text())
    for name in ("weight_crf", "prior", "tree_from"):
        del raw["recipe"][name]
    raw["recipe"]["regularise_from"] = 0.3  # it was that of all regularisers
    del raw["tilt"]
    path.write_text(json.dumps(raw))
    card = checkpoints.read(folder).card
    assert (card.recipe.weight_crf, card.recipe.prior, card.tilt) == (0.0, 0.0, ())
    assert (card.recipe.regularise_from, card.recipe.tree_from) == (0.3, 0.3)


def test_its_card_says_all_that_a_stranger_needs(folder: Path) -> None:
    raw = json.loads((folder / "checkpoint.json").read_text())
    assert raw["outputs"] == [2, 7, 40]
    assert {each["id"]: each["name"] for each in raw["classes"]} == {7: "sky", 2: "road", 40: "car"}
    assert raw["recipe"]["network"] == "light"
    assert set(raw["sha256"]) == {"weights.safetensors", "training.safetensors"}
    assert set(raw["written_by"]) == {"s4gui", "torch", "python"}


def test_one_file_holds_the_same(folder: Path, tmp_path: Path) -> None:
    single = tmp_path / "export.safetensors"
    checkpoints.write_single(single, checkpoints.read(folder))
    found = checkpoints.read(single)
    assert found.card == CARD
    assert found.weights.keys() == checkpoints.read(folder).weights.keys()


def _flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(bytes(data))


def _edit(path: Path, change: Callable[[dict], None]) -> None:
    raw = json.loads(path.read_text())
    change(raw)
    path.write_text(json.dumps(raw))


DAMAGE = {
    "a flipped bit of the weights": lambda f: _flip(f / "weights.safetensors", -9),
    "a flipped bit of their header": lambda f: _flip(f / "weights.safetensors", 20),
    "cut weights": lambda f: (f / "weights.safetensors").write_bytes(b"\0" * 30),
    "no weights": lambda f: (f / "weights.safetensors").unlink(),
    "no card": lambda f: (f / "checkpoint.json").unlink(),
    "a cut card": lambda f: (f / "checkpoint.json").write_text('{"format": "s4gui-ch'),
    "a foreign card": lambda f: _edit(f / "checkpoint.json", lambda r: r.update(format="other")),
    "a card that is a list": lambda f: (f / "checkpoint.json").write_text("[]"),
    "a recipe of nobody": lambda f: _edit(
        f / "checkpoint.json", lambda r: r["recipe"].update(network="vgg")
    ),
    "a class id out of range": lambda f: _edit(
        f / "checkpoint.json", lambda r: r["classes"][0].update(id=300)
    ),
    "no hashes": lambda f: _edit(f / "checkpoint.json", lambda r: r.pop("sha256")),
    "swapped weights": lambda f: shutil.copy(f / "training.safetensors", f / "weights.safetensors"),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_checkpoint_is_refused(folder: Path, damage: Callable[[Path], object]) -> None:
    damage(folder)
    with pytest.raises(CheckpointError, match="step-000200 is no usable checkpoint"):
        checkpoints.read(folder)


def test_a_newer_checkpoint_says_so(folder: Path) -> None:
    _edit(folder / "checkpoint.json", lambda raw: raw.update(version=99))
    with pytest.raises(CheckpointError, match="newer version"):
        checkpoints.read(folder)


class _Bomb:
    def __reduce__(self) -> tuple:
        return (pytest.fail, ("a pickle was opened",))


@pytest.mark.parametrize("content", [b"", b"\x01", b"text\n" * 9, pickle.dumps(_Bomb())])
def test_a_foreign_file_is_refused_and_never_unpickled(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.pt"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="no usable checkpoint"):
        checkpoints.read(path)


def test_weights_of_another_program_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(safetensors.torch.save({"w": torch.zeros(2)}))
    with pytest.raises(CheckpointError, match="no usable checkpoint"):
        checkpoints.read(path)


def test_a_changed_weight_in_a_single_file_is_refused(folder: Path, tmp_path: Path) -> None:
    single = tmp_path / "export.safetensors"
    checkpoints.write_single(single, checkpoints.read(folder))
    _flip(single, -9)
    with pytest.raises(CheckpointError, match="not what was written"):
        checkpoints.read(single)


def test_damaged_training_state_does_not_spoil_the_weights(folder: Path) -> None:
    _flip(folder / "training.safetensors", -1)
    assert checkpoints.read(folder).card.step == 200
    with pytest.raises(CheckpointError):
        checkpoints.read_training(folder)


def test_a_failed_write_leaves_no_checkpoint(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoints, "write_atomic", full)
    with pytest.raises(OSError, match="space"):
        checkpoints.write(folder, CARD, {}, {})
    assert checkpoints.read(folder).card == CARD


def test_only_the_newest_checkpoints_are_kept(folder: Path) -> None:
    for step in (1000, 3, 20):
        shutil.copytree(folder, folder.with_name(f"step-{step:06d}"))
    checkpoints.prune(folder.parent, keep=2)
    assert sorted(each.name for each in folder.parent.iterdir()) == ["step-000200", "step-001000"]


def test_a_warm_start_carries_known_classes_and_leaves_new_ones_fresh(folder: Path) -> None:
    known = checkpoints.read(folder)
    ours = ClassMap((LabelClass(5, "tram", (1, 1, 1)), LabelClass(40, "car", (0, 0, 9))))
    torch.manual_seed(1)
    fresh = make_generator(QUICK, classes=2).state_dict()
    start = fitted_start(known, ours, fresh)
    assert torch.equal(start["stem.0.weight"], known.weights["stem.0.weight"])
    assert torch.equal(start["classify.weight"][1], known.weights["classify.weight"][2])
    assert torch.equal(start["classify.weight"][0], fresh["classify.weight"][0])
    make_generator(QUICK, classes=2).load_state_dict(start)


@pytest.mark.parametrize("choices", [{"width": 8}, {"network": "unet"}, {"position": False}])
def test_a_warm_start_from_another_network_is_refused(folder: Path, choices: dict) -> None:
    fresh = make_generator(QUICK.but(**choices), classes=3).state_dict()
    with pytest.raises(CheckpointError, match="another network"):
        fitted_start(checkpoints.read(folder), CLASSES, fresh)


def test_a_hidden_layer_of_the_head_is_carried_whole(folder: Path) -> None:
    """Some heads of the zoo have more than one layer; only the last one is by class."""
    known = checkpoints.read(folder)
    hidden = torch.rand(8, 4)
    known.weights["classify.hidden"] = hidden
    ours = ClassMap((LabelClass(5, "tram", (1, 1, 1)), LabelClass(40, "car", (0, 0, 9))))
    fresh = make_generator(QUICK, classes=2).state_dict() | {"classify.hidden": torch.zeros(8, 4)}
    assert torch.equal(fitted_start(known, ours, fresh)["classify.hidden"], hidden)
