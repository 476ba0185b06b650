"""`s4gui tags`: ImageNet's classes, a checkpoint's, or what a person says."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from s4gui.cli.main import main
from s4gui.core.classes import ClassMap, LabelClass
from s4gui.core.tags import ImageTags
from s4gui.learn import checkpoints, imagenet_tags, loop, predicting
from s4gui.learn.imagenet_tags import ReadyClassifier
from s4gui.store.images import read_pixels
from s4gui.store.project import Project
from tests.learn.scenes import QUICK, Heard, make_run

CLASSES = ClassMap(tuple(LabelClass(i, n, (i, 9, 9)) for i, n in enumerate(("sky", "road", "car"))))


def said(capsys: pytest.CaptureFixture[str], *words: object, code: int = 0) -> list[dict]:
    """The JSON lines of a command; fails if it ends otherwise."""
    capsys.readouterr()
    assert main([*map(str, words), "--json"]) == code
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("a.png", "b.png"):
        path = tmp_path / "images" / name
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(np.full((30, 40, 3), 90, np.uint8)).save(path)
    folder = tmp_path / "project"
    Project.create(folder, name="p", images=tmp_path / "images", class_map=CLASSES).close()
    return folder


def test_a_person_tags_images_and_reads_it_back(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = project.parent / "images" / "a.png"
    words = ["tags", "--project", project]
    said(capsys, *words, file, "images/b.png", "--present", "Road, sky", "--absent", "car")
    changed = said(capsys, *words, "b.png", "--unknown", "sky", "--present", "car")
    assert changed == [
        {"type": "ImageTags", "image": "images/b.png", "present": ["road", "car"], "absent": []}
    ]
    both = said(capsys, *words, "a.png", "b.png")
    assert [each["absent"] for each in both] == [["car"], []]
    opened = Project.open(project, write=False)
    assert opened.tags["images/a.png"] == ImageTags(frozenset({0, 1}), frozenset({2}))
    opened.close()


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["a.png", "--present", "tram"], "no class called tram"),
        (["a.png", "--present", "car", "--absent", "car"], "named twice"),
        (["c.png"], "no image of the project"),
    ],
)
def test_what_cannot_be_tagged_is_said_and_nothing_is_changed(
    project: Path, words: list[str], what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (error,) = said(capsys, "tags", "--project", project, *words, code=1)
    assert what in error["what"]
    opened = Project.open(project, write=False)
    assert opened.tags == {}
    opened.close()


def test_the_scores_of_a_checkpoint_are_its_teachers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make_run(tmp_path, QUICK.but(strategy="s4gan_mlmt", tag_px=64, steps=3), dense=True)
    heard = Heard()
    loop.run(run, heard, heard)
    folder = run.last_checkpoint()
    image = tmp_path / "images" / "003.png"
    (fact,) = said(capsys, "tags", image, "--checkpoint", folder, "--device", "cpu")
    tagger = predicting.load_tagger(checkpoints.read(folder), torch.device("cpu"))
    scores = tagger.scores(read_pixels(image))
    found = {each["name"]: each["percent"] for each in fact["tags"]}
    # In training order: road 2, sky 7, car 40.
    expected = dict(zip(("road", "sky", "car"), (100 * scores).tolist(), strict=True))
    assert found == pytest.approx(expected, abs=1e-3)
    assert list(found.values()) == sorted(found.values(), reverse=True)


def test_a_checkpoint_that_knows_no_tags_says_how_to_get_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make_run(tmp_path, QUICK.but(steps=1))
    heard = Heard()
    loop.run(run, heard, heard)
    image = tmp_path / "images" / "003.png"
    words = ["tags", image, "--checkpoint", run.last_checkpoint()]
    (error,) = said(capsys, *words, code=1)
    assert "never learned which classes" in error["what"]
    assert "s4gan_mlmt" in error["hint"]


def test_imagenets_classes_are_said_with_their_percentages(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3, 4))
    with torch.no_grad():
        network[1].weight.zero_()
        network[1].bias.copy_(torch.tensor([0.0, 3.0, 1.0, 2.0]).log1p())
    ready = ReadyClassifier(network, lambda image: image.float().mean((1, 2)), "abcd")
    monkeypatch.setattr(imagenet_tags, "ready", lambda *_, **__: ready)
    image = project.parent / "images" / "a.png"
    (fact,) = said(capsys, "tags", image, "--top", 3)
    assert [each["name"] for each in fact["tags"]] == ["b", "d", "c"]
    assert [each["percent"] for each in fact["tags"]] == pytest.approx([40, 30, 20], abs=1e-3)


def test_without_weights_the_word_says_where_they_belong(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = project.parent / "images" / "a.png"
    (error,) = said(capsys, "tags", image, "--weights", tmp_path / "none", code=1)
    assert "no ImageNet weights of resnet101" in error["what"]
    assert "resnet101-" in error["hint"]
