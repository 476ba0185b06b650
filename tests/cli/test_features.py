"""`s4gui features`: a feature file for each image, or the sentence what is missing."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from s4gui.cli.main import main
from s4gui.core.classes import ClassMap, LabelClass
from s4gui.learn import pretrained, torchvision
from s4gui.learn.features import FrozenEncoder
from s4gui.learn.pretrained import WeightFile
from s4gui.store import features
from s4gui.store.images import read_pixels
from s4gui.store.project import Project

CLASSES = ClassMap((LabelClass(0, "sky", (0, 9, 9)),))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    rng = np.random.default_rng(0)
    for n in range(3):
        pixels = rng.integers(0, 256, (48, 64, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / "images" / f"{n}.png")
    folder = tmp_path / "project"
    Project.create(folder, name="p", images=tmp_path / "images", class_map=CLASSES).close()
    return folder


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with random weights under a name like torchvision's."""
    place = tmp_path / "weights"
    place.mkdir()
    torch.manual_seed(0)
    made = place / "made.pth"
    torch.save(torchvision.load().models.resnet18(weights=None).state_dict(), made)
    digits = hashlib.sha256(made.read_bytes()).hexdigest()[:8]
    target = made.rename(place / f"resnet18-{digits}.pth")
    file = WeightFile("resnet18", "T.V1", f"http://127.0.0.1:1/{target.name}", 1, 44.7)
    others = pretrained.weight_files
    monkeypatch.setattr(
        pretrained, "weight_files", lambda name: (file,) if name == "resnet18" else others(name)
    )
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return place


def said(capsys: pytest.CaptureFixture[str], *words: object, code: int = 0) -> list[dict]:
    """The JSON lines of `s4gui features ...`; fails if it ends otherwise."""
    capsys.readouterr()
    assert main(["features", *map(str, words), "--json"]) == code
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize("network", ["resnet18", "deeplabv2-resnet18", ""])
def test_each_image_gets_the_features_that_the_encoder_sees_in_it(
    project: Path, weights: Path, network: str, capsys: pytest.CaptureFixture[str]
) -> None:
    named = ("--network", network) if network else ()
    lines = said(capsys, project, *named, "--weights", weights)
    progress = [each for each in lines if each["type"] == "Progress"]
    assert [(each["done"], each["total"]) for each in progress] == [(1, 3), (2, 3), (3, 3)]
    assert progress[0]["seconds_left"] > 0
    (fact,) = [each for each in lines if each["type"] == "Features"]
    assert (fact["images"], fact["problems"], fact["encoder"]) == (3, {}, "resnet18/layer2")
    (file,) = weights.iterdir()
    assert fact["weights"] == file.name
    folder = project / "features"
    assert fact["folder"] == str(folder)
    assert len(list(folder.iterdir())) == 3
    tensors = torch.load(file, weights_only=True)
    image = project.parent / "images" / "1.png"
    expected = FrozenEncoder("resnet18", tensors, weights="").see(read_pixels(image))
    found = features.read(features.path_of(folder, "images/1.png"))
    assert np.array_equal(found.values, expected.values)
    assert found.source == features.source_of(image)


def test_what_is_there_is_kept_and_a_broken_image_does_not_stop_the_others(
    project: Path, weights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said(capsys, project, "--weights", weights)
    kept = {path.name: path.stat().st_ino for path in (project / "features").iterdir()}
    (project.parent / "images" / "1.png").write_bytes(b"no image")
    (fact,) = said(capsys, project, "--weights", weights)[-1:]
    assert (fact["images"], list(fact["problems"])) == (2, ["images/1.png"])
    for path in (project / "features").iterdir():
        assert path.stat().st_ino == kept[path.name]
    other = said(capsys, project, "--weights", weights, "--layer", 1)[-1]
    assert other["encoder"] == "resnet18/layer1"
    found = features.read(features.path_of(project / "features", "images/0.png"))
    assert (found.encoder, found.stride) == ("resnet18/layer1", 4)


def test_they_are_removed_and_nothing_else_is(
    project: Path, weights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said(capsys, project, "--weights", weights)
    other = project / "features" / "notes.txt"
    other.write_text("mine")
    (fact,) = said(capsys, project, "--remove")
    assert (fact["type"], fact["files"]) == ("FeaturesRemoved", 3)
    assert list((project / "features").iterdir()) == [other]
    other.unlink()
    assert said(capsys, project, "--remove")[0]["files"] == 0
    assert not (project / "features").exists()


def test_without_weights_it_says_how_to_fetch_them_and_writes_nothing(
    project: Path, weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (error,) = said(capsys, project, code=1)
    assert "No pretrained encoder is at hand" in error["what"]
    assert str(tmp_path / "torch" / "hub" / "checkpoints") in error["what"]
    assert "s4gui model fetch resnet18 (45 MB)" in error["hint"]
    (error,) = said(capsys, project, "--network", "resnet50", "--weights", weights, code=1)
    assert "no ImageNet weights of resnet50 in" in error["what"]
    (error,) = said(capsys, project, "--network", "vgg", "--weights", weights, code=1)
    assert "no ImageNet weights for vgg" in error["what"]
    (error,) = said(capsys, project, "--network", "resnet18", "--fetch", code=1)
    assert "cannot be fetched" in error["what"]
    (file,) = weights.iterdir()
    file.write_bytes(b"damaged")
    (error,) = said(capsys, project, "--weights", weights, code=1)
    assert "is not the file that its name says" in error["what"]
    assert not (project / "features").exists()


def test_the_program_knows_the_word(project: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "s4gui", "features", str(project), "--network", "resnet34"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TORCH_HOME": str(tmp_path)},
    )
    assert done.returncode == 1
    assert "There are no ImageNet weights of resnet34" in done.stderr
    assert "s4gui model fetch resnet34" in done.stderr
