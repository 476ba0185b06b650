"""What a camera mask hides is exported as void, unless it is switched off."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from s4gui.cli import evaluating
from s4gui.cli.main import main
from s4gui.core.camera import CameraMask, CameraMasks, HiddenPlane
from s4gui.core.classes import UNLABELLED, VOID
from s4gui.core.frames import Split
from s4gui.core.labels import Box
from s4gui.core.prediction import Prediction, disagreement
from s4gui.store import masks, predictions, runs
from s4gui.workbench import exporting
from s4gui.workbench.painting import Tool
from tests.learn.scenes import QUICK
from tests.workbench import places

SHAPE = (48, 64)
HIDDEN = np.zeros(SHAPE, bool)
HIDDEN[40:] = True
PLANE = HiddenPlane.of(HIDDEN)
A, B = "images/a.png", "images/b.png"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Images whose left half is class 1 and whose right half is class 2, labelled whole."""
    where = places.make(tmp_path, {"a.png": SHAPE, "b.png": SHAPE})
    bench = places.opened(where)
    for frame in (A, B):
        for value, box in ((1, Box(0, 0, 48, 32)), (2, Box(0, 32, 48, 64))):
            bench.paint_region(frame, np.ones(box.shape, bool), box, value, tool=Tool.RECTANGLE)
    bench.set_split([B], Split.VAL)
    bench.put_camera_mask(CameraMask("images/", PLANE))
    bench.close()
    return where


def exported(folder: Path, where: Path, *words: str) -> np.ndarray:
    assert main(["export", str(folder), str(where), "--form", "indexed", *words]) == 0
    return masks.read_plain(where / "indexed" / "a.png")


def test_labels_are_exported_with_void_below_the_mask_or_as_they_are(
    folder: Path, tmp_path: Path
) -> None:
    found = exported(folder, tmp_path / "out")
    assert (found[40:] == VOID).all()
    assert (found[:40, :32] == 1).all()
    whole = exported(folder, tmp_path / "whole", "--no-camera-mask")
    assert (whole[:, :32] == 1).all()
    assert (whole[:, 32:] == 2).all()


def test_a_prediction_from_before_the_mask_is_exported_with_it(
    folder: Path, tmp_path: Path
) -> None:
    run = runs.claim(folder / "runs")
    said = Prediction(np.full(SHAPE, 3, np.uint8), np.zeros(SHAPE, np.uint8), "run 1", 5)
    predictions.write(run.prediction(A, 5), said)
    found = exported(folder, tmp_path / "out", "--what", "predictions")
    assert np.array_equal(found == VOID, HIDDEN)
    assert (found[~HIDDEN] == 3).all()


def test_no_label_below_the_mask_is_a_reference_of_evaluate(folder: Path) -> None:
    bench = places.opened(folder)
    project = bench.project
    reference = evaluating._reference(project, project.frame(B))
    assert reference is not None
    assert np.array_equal(reference == VOID, HIDDEN)
    all_hidden = HiddenPlane.of(np.ones(SHAPE, bool))
    project.set_camera_masks(CameraMasks((CameraMask("images/", all_hidden),)))
    assert evaluating._reference(project, project.frame(B)) is None
    bench.close()


def test_train_predict_and_evaluate_leave_hidden_pixels_alone(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = tmp_path / "quick.json"
    recipe.write_text(json.dumps(QUICK.but(steps=2).to_json()))
    assert main(["train", str(folder), "--recipe", str(recipe)]) == 0
    for words, hides in (((), True), (("--no-camera-mask",), False)):
        out = tmp_path / f"predicted {hides}"
        assert main(["predict", str(folder), "--output", str(out), *words]) == 0
        found = masks.read_plain(out / "indexed" / "a.png")
        assert np.array_equal(found == VOID, HIDDEN & hides)
    capsys.readouterr()
    assert main(["evaluate", str(folder), "--device", "cpu", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (facts,) = [each for each in rows if "classes" in each and "on" in each]
    support = {each["class_id"]: each["support_px"] for each in facts["classes"]}
    assert support[1] == support[2] == 40 * 32


def test_a_class_painted_below_the_mask_only_is_not_said_to_be_painted(
    folder: Path, tmp_path: Path
) -> None:
    bench = places.opened(folder)
    box = Box(42, 0, 46, 10)
    bench.paint_region(A, np.ones(box.shape, bool), box, 5, tool=Tool.RECTANGLE)
    project = bench.project
    exporting.export_masks(
        [project.frame(A)],
        lambda frame: project.read_mask(frame.id).labels,
        tmp_path / "out",
        class_map=project.class_map,
        form=exporting.Form.INDEXED,
        tags={},
        cameras=project.camera_masks,
    )
    said = json.loads((tmp_path / "out" / "tags.json").read_text())["a"]
    assert said["painted"] == ["class 1", "class 2"]
    bench.close()


def test_accepting_copies_nothing_from_below_the_mask(folder: Path) -> None:
    bench = places.opened(folder)
    answer = Prediction(np.full(SHAPE, 3, np.uint8), np.full(SHAPE, 9, np.uint8), "run 1")
    hidden = answer.hiding(PLANE)
    assert np.array_equal(hidden.classes == VOID, HIDDEN)
    assert answer.hiding(None) is answer
    box = Box(0, 0, *SHAPE)
    bench.paint_region(A, np.ones(SHAPE, bool), box, UNLABELLED, tool=Tool.ERASER)
    bench.accept(A, hidden, np.ones(SHAPE, bool), box)
    assert np.array_equal(bench.mask(A).labels == 3, ~HIDDEN)
    assert (bench.mask(A).labels[HIDDEN] == UNLABELLED).all()
    assert not disagreement(hidden, bench.mask(A)).any()
    bench.close()
