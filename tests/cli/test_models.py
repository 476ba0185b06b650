"""The word `model`: what it lists, shows and fetches."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
import torch
from PIL import Image

from s4gui.cli.main import main
from s4gui.core.recipe import NETWORKS
from s4gui.learn import pretrained
from s4gui.learn.pretrained import WeightFile
from s4gui.store import palettes
from s4gui.store.project import Project


@pytest.fixture(autouse=True)
def torch_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return tmp_path / "torch" / "hub" / "checkpoints"


def said(capsys: pytest.CaptureFixture[str], *words: object, code: int = 0) -> list[dict]:
    """The JSON lines of `s4gui model ...`."""
    assert main(["model", *map(str, words), "--json"]) == code
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_the_program_knows_the_word() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "s4gui", "model", "show", "unet", "--size", "64x96"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "31,044,171 parameters" in done.stdout
    assert "classify" in done.stdout
    assert "11 x 64 x 96" in done.stdout


def test_all_networks_are_listed_with_licence_size_and_weights(
    capsys: pytest.CaptureFixture[str], torch_home: Path
) -> None:
    torch_home.mkdir(parents=True)
    (torch_home / pretrained.weight_files("resnet50")[0].name).write_bytes(b"")
    rows = {each["name"]: each for each in said(capsys, "list", "--classes", 19)}
    assert tuple(rows) == NETWORKS
    assert rows["deeplabv2-resnet101"]["parameters"] == 43_901_068
    assert rows["unet"]["parameters"] == 31_044_691
    assert all(each["licence"].startswith("MIT") for each in rows.values())
    assert "BSD-3-Clause" in rows["deeplabv2-resnet18"]["licence"]
    assert rows["deeplabv2-resnet50"]["weights"] == "ImageNet weights at hand"
    assert "model fetch resnet101, 171 MB" in rows["deeplabv2-resnet101"]["weights"]
    assert rows["light"]["weights"] == ""


def test_a_network_is_shown_at_the_projects_size_and_classes(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    images = tmp_path / "images"
    images.mkdir()
    for number, size in enumerate(((640, 360), (640, 360), (100, 100))):
        Image.new("RGB", size).save(images / f"{number}.png")
    (classes,) = [x for x in palettes.all_class_sets() if x.name == "street-4"]
    Project.create(
        tmp_path / "project", name="p", images=images, class_map=classes.class_map
    ).close()
    (found,) = said(capsys, "show", "--project", tmp_path / "project")
    assert (found["name"], found["input"], found["output"]) == (
        "light",
        [3, 180, 320],
        [4, 180, 320],
    )
    assert sum(each["parameters"] for each in found["layers"]) == found["parameters"]
    (whole,) = said(
        capsys, "show", "unet", "--project", tmp_path / "project", "--set", "long_side_px=0"
    )
    assert whole["output"] == [4, 360, 640]
    assert whole["parameters"] == 31_043_716


def test_the_discriminator_is_shown_where_the_strategy_has_one_or_it_is_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    place = ("--size", "322x792", "--classes", 4, "--set", "discriminator_width=64")
    assert len(said(capsys, "show", *place)) == 1
    asked = said(capsys, "show", *place, "--discriminator")
    by_strategy = said(capsys, "show", *place, "--set", "strategy=s4gan")
    for rows in (asked, by_strategy):
        assert rows[1]["name"] == "discriminator"
        assert (rows[1]["input"], rows[1]["parameters"]) == ([7, 322, 792], 2_761_153)


def test_width_and_weights_can_be_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    (narrow,) = said(capsys, "show", "unet", "--set", "width=16")
    assert narrow["parameters"] == 1_944_219
    (frozen,) = said(
        capsys, "show", "deeplabv2-resnet18", "--set", "network=deeplabv2-resnet18",
        "--set", "pretrained=imagenet",
    )  # fmt: skip
    assert frozen["learning"] < frozen["parameters"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("show", "vgg"), "network cannot be 'vgg'"),
        (("show", "--size", "36"), "36 is no size"),
        (("show", "--size", "0x36"), "0x36 is no size"),
        (("fetch",), "no name"),
        (("fetch", "light"), "no ImageNet weights for light"),
    ],
)
def test_what_cannot_be_done_is_said(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], message: str
) -> None:
    assert message in said(capsys, *words, code=1)[-1]["what"]


def test_the_table_is_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["model", "show", "--size", "64x64", "--discriminator"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "light (MIT)"
    assert lines[1].split() == ["layer", "kind", "output", "parameters"]
    assert lines[2].split() == ["stem.0", "Conv2d", "16", "x", "32", "x", "32", "432"]
    assert lines[-1].startswith("14 x 64 x 64 -> 1:")


def test_the_zoo_shows_licences_and_sizes_or_says_how_to_install_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("segmentation_models_pytorch", "timm"):
        monkeypatch.setitem(sys.modules, name, None)
    (error,) = said(capsys, "list", "--zoo", "tiny", code=1)
    assert "pip install segmentation-models-pytorch timm" in error["hint"]
    models, timm = ModuleType("segmentation_models_pytorch"), ModuleType("timm")
    models.MODEL_ARCHITECTURES_MAPPING = {"unet": None}
    asked: list[str] = []
    timm.list_models = lambda pattern: asked.append(pattern) or ["tiny8"]
    timm.create_model = lambda name, **_: torch.nn.Linear(3, 4)
    timm.get_pretrained_cfg = lambda name: SimpleNamespace(license="cc-by-nc-4.0")
    monkeypatch.setitem(sys.modules, "segmentation_models_pytorch", models)
    monkeypatch.setitem(sys.modules, "timm", timm)
    whole, entry = said(capsys, "list", "--zoo", "tiny")
    assert (asked, whole["encoders"], whole["decoders"]) == (["*tiny*"], ["tiny8"], ["unet"])
    assert (entry["name"], entry["licence"], entry["parameters"]) == ("tiny8", "cc-by-nc-4.0", 16)


def test_weights_that_lie_there_are_compared_and_not_fetched_again(
    capsys: pytest.CaptureFixture[str], torch_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch_home.mkdir(parents=True)
    made = torch_home / "made.pth"
    torch.save({"a": torch.ones(2)}, made)
    digits = hashlib.sha256(made.read_bytes()).hexdigest()[:8]
    path = made.rename(torch_home / f"resnet18-{digits}.pth")
    file = WeightFile("resnet18", "T", f"http://127.0.0.1:1/{path.name}", 1, 0.1)
    monkeypatch.setattr(pretrained, "weight_files", lambda _: (file,))
    for name in ("resnet18", "deeplabv2-resnet18"):
        (found,) = said(capsys, "fetch", name)
        assert (found["type"], found["path"]) == ("Fetched", str(path))
    path.write_bytes(b"damaged")
    (error,) = said(capsys, "fetch", "resnet18", code=1)
    assert "is not the file that its name says" in error["what"]
    path.unlink()
    (error,) = said(capsys, "fetch", "resnet18", code=1)
    assert "cannot be fetched" in error["what"]
    assert str(torch_home) in error["hint"]
