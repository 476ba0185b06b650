"""The headless twin on rendered scenes: every word, one after the other, in fresh processes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from s4gui.core.classes import MAX_CLASS_ID, UNLABELLED
from s4gui.core.labels import Box
from s4gui.core.prediction import Prediction
from s4gui.store.project import Project
from s4gui.store.runs import all_runs
from s4gui.wire import commands
from s4gui.workbench import endings
from s4gui.workbench.painting import Tool
from s4gui.workbench.workbench import Workbench
from tests.demo_scenes import render

SIZE = (96, 160)
EXIF_ORIENTATION = 0x0112
VAL = "images/val/4.png"


def s4gui(*words: object, code: int = 0) -> list[dict[str, object]]:
    """The JSON lines of a command; fails if it exits otherwise."""
    done = subprocess.run(
        [sys.executable, "-m", "s4gui", *map(str, words), "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images (one of them turned by EXIF, one odd-sized), masks, and a project with a run."""
    home = tmp_path_factory.mktemp("twin")
    for number in range(5):
        split = "val" if number == 4 else "train"
        image, mask = render(number, *SIZE, samples=1)
        if number == 3:
            image, mask = image[:-1, :-3], mask[:-1, :-3]
        for kind in ("images", "masks"):
            (home / kind / split).mkdir(parents=True, exist_ok=True)
        picture, exif = Image.fromarray(image), Image.Exif()
        if number == 1:
            exif[EXIF_ORIENTATION] = 6
            picture = picture.transpose(Image.Transpose.ROTATE_90)
        picture.save(home / "images" / split / f"{number}.png", exif=exif)
        if number != 2:
            Image.fromarray(mask).save(home / "masks" / split / f"{number}.png")
    s4gui("new", home / "project", "--images", home / "images", "--classes", "camvid-11")
    s4gui("import", home / "project", home / "masks")
    s4gui(
        "train", home / "project", "--set", "steps=3", "--set", "width=4",
        "--set", "strategy=s4gan", "--set", "warmup_steps=0",
    )  # fmt: skip
    return home


def test_new_and_import_make_a_project_that_says_what_it_holds(folder: Path) -> None:
    (status,) = [x for x in s4gui("status", folder / "project") if x["type"] == "Status"]
    assert (status["images"], status["labelled"]) == (5, 4)
    assert status["splits"] == {"train": 4, "val": 1}
    assert status["runs"] == [1]


def test_training_leaves_a_run_that_tells_the_same_as_it_said(folder: Path) -> None:
    run = all_runs(folder / "project" / "runs")[0]
    kinds = [json.loads(line)["type"] for line in run.events.read_text().splitlines()]
    assert kinds.count("StepDone") == 3
    assert kinds[-1] == "Finished"
    assert run.last_checkpoint() is not None


def test_continuing_a_finished_run_changes_nothing_but_says_so(folder: Path) -> None:
    lines = s4gui("train", folder / "project", "--continue")
    assert lines[-1]["type"] == "Finished"
    assert lines[-1]["step"] == 3


def test_evaluating_says_none_where_a_class_has_no_reference_pixel(folder: Path) -> None:
    (scores,) = s4gui("evaluate", folder / "project")[-1:]
    assert scores["type"] == "Validated"
    for iou, support in zip(scores["iou"], scores["support_px"], strict=True):
        assert (iou is None) == (support == 0)


def test_evaluating_says_what_the_run_said_of_itself_and_more_if_asked(folder: Path) -> None:
    run = all_runs(folder / "project" / "runs")[0]
    said = [json.loads(line) for line in run.events.read_text().splitlines()]
    lines = s4gui("evaluate", folder / "project", "--full", "--distance", "2")
    assert lines[-1] == [each for each in said if each["type"] == "Validated"][-1]
    (facts,) = [each for each in lines if each["type"] == "Evaluated"]
    assert (facts["on"], facts["images"], facts["boundary_px"]) == ("images", 1, 2)
    assert facts["scores"]["mean_iou"]["value"] == lines[-1]["mean_iou"]
    assert facts["scores"]["boundary_f"]["value"] is not None
    assert facts["scores"]["mean_iou"]["interval"] is None  # of a single image
    assert sum(row["pixels"] for row in facts["reliability"]) == sum(lines[-1]["support_px"])
    assert s4gui("evaluate", folder / "project", "--distance", "0", code=2) == []


def test_strokes_on_val_images_are_called_so_by_the_run_and_by_evaluate(folder: Path) -> None:
    home = folder / "sparse"
    for split, number in (("train", 0), ("val", 4)):
        mask = np.array(Image.open(folder / "masks" / split / f"{number}.png"))
        if split == "val":
            mask[:, mask.shape[1] // 4 :] = 255
        for kind in ("images", "masks"):
            (home / kind / split).mkdir(parents=True)
        shutil.copy(folder / "images" / split / f"{number}.png", home / "images" / split)
        Image.fromarray(mask).save(home / "masks" / split / f"{number}.png")
    s4gui("new", home / "project", "--images", home / "images", "--classes", "camvid-11")
    s4gui("import", home / "project", home / "masks")
    lines = s4gui("train", home / "project", "--set", "steps=2", "--set", "width=4")
    (started,) = [each for each in lines if each["type"] == "RunStarted"]
    said = [each for each in lines if each["type"] == "Validated"][-1]
    lines = s4gui("evaluate", home / "project")
    (facts,) = [each for each in lines if each["type"] == "Evaluated"]
    assert started["val_on"] == said["on"] == facts["on"] == "strokes"
    assert lines[-1] == said


def test_what_a_model_wrote_scores_in_no_evaluation(folder: Path) -> None:
    shutil.copytree(folder / "project", folder / "accepted")
    bench = Workbench(Project.open(folder / "accepted"))
    labels = bench.mask(VAL).labels.copy()
    _accept_anew(bench, rows=40)
    bench.close()
    scores = s4gui("evaluate", folder / "accepted")[-1]
    assert sum(scores["support_px"]) == (labels[40:] <= MAX_CLASS_ID).sum()
    assert scores["on"] == "strokes"  # too few are left for a whole mask
    bench = Workbench(Project.open(folder / "accepted"))
    _accept_anew(bench, rows=len(labels))
    bench.close()
    lines = s4gui("evaluate", folder / "accepted", code=1)
    assert lines[-1]["type"] == "Error"


def _accept_anew(bench: Workbench, *, rows: int) -> None:
    """Erase the upper rows of the val image and accept a prediction there."""
    shape = bench.mask(VAL).labels.shape
    box = Box(0, 0, rows, shape[1])
    inside = np.ones(box.shape, bool)
    said = Prediction(np.full(shape, 3, np.uint8), np.full(shape, 255, np.uint8), "run 1")
    bench.paint_region(VAL, inside, box, UNLABELLED, tool=Tool.ERASER)
    bench.accept(VAL, said, inside, box)
    assert (bench.mask(VAL).labels[:rows] == 3).all()


def test_exported_predictions_are_the_very_pixels_of_the_run(folder: Path) -> None:
    """Read with Pillow alone, EXIF-turned and odd-sized images too: zero differing pixels."""
    out = folder / "predicted"
    s4gui("predict", folder / "project", "--output", out)
    s4gui("export", folder / "project", folder / "ck", "--what", "checkpoint")
    (checkpoint,) = (folder / "ck").iterdir()
    again = folder / "again"
    s4gui("predict", checkpoint, folder / "images", "--output", again)
    project = Project.open(folder / "project", write=False)
    colours = project.class_map.palette()
    for frame in project.frames:
        name = frame.path.removesuffix(".png") + ".png"
        pixels = np.asarray(Image.open(out / "indexed" / name))
        assert pixels.shape == frame.shape
        assert np.array_equal(pixels, np.asarray(Image.open(again / "indexed" / name)))
        assert np.array_equal(colours[pixels], np.asarray(Image.open(out / "colour" / name)))
    project.close()


def test_exported_labels_come_back_without_a_differing_pixel(folder: Path) -> None:
    s4gui("export", folder / "project", folder / "labels", "--what", "labels")
    for path in sorted((folder / "masks").rglob("*.png")):
        mine = folder / "labels" / "indexed" / path.relative_to(folder / "masks")
        assert np.array_equal(np.asarray(Image.open(mine)), np.asarray(Image.open(path)))


def test_a_word_that_cannot_be_done_says_why_and_exits_with_one(folder: Path) -> None:
    lines = s4gui("train", folder / "project", "--set", "lr=1", code=1)
    assert lines[-1]["type"] == "Error"
    assert "no choice called lr" in str(lines[-1]["what"])
    assert s4gui("predict", folder / "images", folder / "images", code=1)[-1]["type"] == "Error"
    assert s4gui("new", folder / "project", "--images", folder / "images", code=1)


def test_a_window_can_watch_and_stop_a_headless_run(folder: Path) -> None:
    """The run looks like a detached one: alive by its card, commands in its file."""
    words = ["train", str(folder / "project"), "--set", "steps=100000", "--set", "width=4"]
    with subprocess.Popen(
        [sys.executable, "-m", "s4gui", *words, "--json"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if json.loads(line)["type"] == "StepDone":
                break
        run = all_runs(folder / "project" / "runs")[-1]
        (found,) = endings.find_detached(folder / "project" / "runs")
        assert (found.run.number, found.lives) == (run.number, True)
        with run.commands.open("a") as file:
            file.write(commands.encode(commands.Stop()) + "\n")
        kinds = [json.loads(line)["type"] for line in process.stdout]
    assert kinds[-1] == "Finished"
    assert process.returncode == 0
    assert endings.past(run).state == "stopped"
