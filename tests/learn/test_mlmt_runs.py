"""What S4GAN+MLMT learned fuses predictions, travels with checkpoints and goes on."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from s4gui.core.errors import DataError, WeightsError
from s4gui.core.frames import Frame, Split
from s4gui.core.recipe import Recipe
from s4gui.core.tags import ImageTags
from s4gui.learn import checkpoints, loop, predicting, pretrained, setup, torchvision
from s4gui.learn.checkpoints import Checkpoint
from s4gui.learn.pixels import PixelCache
from s4gui.learn.pretrained import WeightFile
from s4gui.learn.validation import confusion
from s4gui.store import predictions, runs, snapshots
from s4gui.store.images import read_pixels
from s4gui.store.runs import RunCard, RunFolder
from s4gui.store.snapshots import SnapshotFrame
from s4gui.wire import commands, events
from tests.learn.scenes import CLASSES, QUICK, SHAPE, Heard, make_run, make_snapshot, scene, strokes

CPU = torch.device("cpu")
MLMT = QUICK.but(strategy="s4gan_mlmt", trust=0.3, tag_px=64)


def _run(run: RunFolder, *, resume: bool = False, heard: Heard | None = None) -> Heard:
    heard = heard or Heard()
    loop.run(run, heard, heard, resume=resume)
    return heard


def _last(run: RunFolder) -> Checkpoint:
    folder = run.last_checkpoint()
    assert folder is not None
    return checkpoints.read(folder)


def _all_tensors(run: RunFolder) -> dict[str, Tensor]:
    last = _last(run)
    training = checkpoints.read_training(last.path)
    assert not last.weights.keys() & training.keys()
    return last.weights | training


def _cars_here_and_there(folder: Path, recipe: Recipe) -> RunFolder:
    """Two whole masks, 30 images of which a person says whether a car is in them, 8 plain ones."""
    run = runs.claim(folder / "runs")
    images = folder / "images"
    images.mkdir()
    rows = []
    for number in range(40):
        image, reference = _scene(number)
        Image.fromarray(image).save(images / f"{number}.png")
        frame = Frame("images", f"{number}.png", *SHAPE, Split.TRAIN)
        car = frozenset({40})
        tags = ImageTags(absent=car) if number % 2 else ImageTags(present=car)
        rows.append(
            SnapshotFrame(
                frame,
                train=reference if number < 2 else None,
                tags=tags if 2 <= number < 32 else ImageTags(),
            )
        )
    name = snapshots.write(run.snapshots, CLASSES, {"images": images}, rows)
    run.write(RunCard(run.number, "toy", "2026-01-01T00:00:00Z", name), recipe)
    return run


def _scene(number: int) -> tuple[np.ndarray, np.ndarray]:
    """A scene; odd ones have no car."""
    image, reference = scene(number)
    if number % 2:
        road = image[reference == 2]
        rng = np.random.default_rng(number)
        image[reference == 40] = rng.choice(road, (reference == 40).sum())
        reference = np.where(reference == 40, np.uint8(2), reference)
    return image, reference


@pytest.mark.parametrize("tagger", ["shared", "resnet18"])
def test_a_run_gives_the_same_weights_again_also_when_it_was_stopped(
    tmp_path: Path, tagger: str
) -> None:
    steps = 2 if tagger == "resnet18" else 6
    recipe = MLMT.but(tagger=tagger, steps=steps, checkpoint_every=99, validate_every=99)
    whole, halves = (make_run(tmp_path / n, recipe, dense=True) for n in ("whole", "halves"))
    _run(whole)
    stopped = Heard().at(steps // 2, commands.Stop(checkpoint=True))
    _run(halves, heard=stopped)
    assert _last(halves).card.step == steps // 2
    _run(halves, resume=True)
    one, other = _all_tensors(whole), _all_tensors(halves)
    assert one.keys() == other.keys()
    assert any(name.startswith("tag_teacher.") for name in one)
    assert any(name.startswith("tag_student.") for name in one)
    for name in one:
        assert torch.equal(one[name], other[name]), name


def test_strokes_alone_are_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not what is missing") as caught:
        _run(_strokes_without_cars(tmp_path, ImageTags()))
    assert "tag" in caught.value.hint


def test_strokes_and_one_tagged_image_are_enough(tmp_path: Path) -> None:
    run = _strokes_without_cars(tmp_path, ImageTags(absent=frozenset({40})))
    done = _run(run).of(events.StepDone)
    assert done[-1].losses["tags"] > 0
    # Strokes say that sky and road are there, the tag that no car is.
    assert _last(run).weights["tag_teacher.network.head.known"].tolist() == [True, True, True]


def _strokes_without_cars(folder: Path, tags: ImageTags) -> RunFolder:
    run = runs.claim(folder / "runs")
    images = folder / "images"
    images.mkdir()
    rows = []
    for number in range(4):
        image, reference = scene(number)
        Image.fromarray(image).save(images / f"{number}.png")
        labels = strokes(reference, number)
        labels[labels == 40] = 255
        frame = Frame("images", f"{number}.png", *SHAPE)
        rows.append(
            SnapshotFrame(
                frame,
                train=labels if number < 2 else None,
                tags=tags if not number else ImageTags(),
            )
        )
    name = snapshots.write(run.snapshots, CLASSES, {"images": images}, rows)
    run.write(RunCard(run.number, "toy", "2026-01-01T00:00:00Z", name), MLMT.but(steps=4))
    return run


def test_the_teacher_learns_from_tags_alone_which_scenes_have_a_car(tmp_path: Path) -> None:
    recipe = MLMT.but(
        steps=40, width=8, batch_labelled=4, learning_rate=5e-3, weight_tags=1.0, crop_px=32,
        validate_every=1000, checkpoint_every=1000,
    )  # fmt: skip
    run = _cars_here_and_there(tmp_path, recipe)
    _run(run)
    tagger = predicting.load_tagger(_last(run), CPU)
    assert tagger is not None
    scores = [float(tagger.scores(_scene(number)[0])[2]) for number in range(60, 84)]
    order = [with_car > without for with_car in scores[::2] for without in scores[1::2]]
    assert np.mean(order) > 0.75, scores


def test_an_exported_checkpoint_predicts_what_the_run_predicted(tmp_path: Path) -> None:
    """The run's own file, its checkpoint and the exported one; none lets a shut class through."""
    run = make_run(tmp_path, MLMT, dense=True, watch=("images/003.png",))
    heard = _run(run)
    checkpoint = _last(run)
    looked = predictions.read(run.path / heard.of(events.PredictionReady)[-1].path)
    single = tmp_path / "exported.safetensors"
    checkpoints.write_single(single, checkpoint)
    pixels = read_pixels(tmp_path / "images" / "003.png")
    for each in (checkpoint, checkpoints.read(single)):
        answer = predicting.load(each, wanted="cpu").predict(pixels, origin="x")
        assert np.array_equal(answer.classes, looked.classes)
        assert np.array_equal(answer.confidence, looked.confidence)


def test_a_class_the_teacher_does_not_find_is_in_no_prediction_of_the_checkpoint(
    tmp_path: Path,
) -> None:
    run = make_run(tmp_path, MLMT.but(steps=5), dense=True)
    _run(run)
    checkpoint = _last(run)
    pixels = read_pixels(tmp_path / "images" / "003.png")
    plain = predicting.load(checkpoint, wanted="cpu").predict(pixels, origin="x").classes
    (most,) = np.unique(plain)[np.bincount(plain.ravel())[np.unique(plain)].argmax()].ravel()
    index = CLASSES.from_train().tolist().index(most)
    checkpoint.weights["tag_teacher.network.head.score.bias"][index] = -50.0
    shut = predicting.load(checkpoint, wanted="cpu").predict(pixels, origin="x").classes
    assert not (shut == most).any()
    unfused = dataclasses.replace(
        checkpoint,
        card=dataclasses.replace(checkpoint.card, recipe=checkpoint.card.recipe.but(fuse=0.0)),
    )
    answer = predicting.load(unfused, wanted="cpu").predict(pixels, origin="x").classes
    assert np.array_equal(answer, plain)


def test_validation_and_looks_see_fused_predictions(tmp_path: Path) -> None:
    run = make_run(tmp_path, MLMT.but(steps=2), dense=True)
    _run(run)
    session = setup.resume(run)
    teacher = session.learner.tag_teacher
    assert teacher is not None

    def hits() -> dict[int, int]:
        """Pixels predicted as each class over all validating frames."""
        matrix = confusion(session.snapshot, session.predictor(), PixelCache(long_side_px=0))
        return dict(zip(matrix.class_ids, matrix.counts.sum(0).tolist(), strict=True))

    before = hits()
    most = max(before, key=before.__getitem__)
    assert before[most] > 0
    teacher.head.score.bias[CLASSES.from_train().tolist().index(most)] = -50.0
    assert hits()[most] == 0


def test_a_checkpoint_without_a_teacher_is_loaded_and_predicts_unfused(tmp_path: Path) -> None:
    run = make_run(tmp_path, QUICK.but(steps=2))
    _run(run)
    assert predicting.load_tagger(_last(run), CPU) is None
    predictor = predicting.load(_last(run), wanted="cpu")
    assert predictor.predict(scene(0)[0], origin="x").shape == SHAPE


def test_other_unlabelled_images_give_other_weights_and_another_teacher(tmp_path: Path) -> None:
    tensors = []
    for name, numbers in (("a", (3, 4, 5)), ("b", (13, 14, 15))):
        run = make_run(tmp_path / name, MLMT.but(steps=4), dense=True, unlabelled=numbers)
        _run(run)
        tensors.append(_all_tensors(run))
    for name in ("generator.classify.weight", "tag_student.score.weight"):
        assert not torch.equal(tensors[0][name], tensors[1][name])
    name = "tag_teacher.network.head.score.weight"
    assert not torch.equal(tensors[0][name], tensors[1][name])


def test_new_labels_that_say_nothing_of_absence_do_not_end_the_run(tmp_path: Path) -> None:
    run = make_run(tmp_path, MLMT.but(steps=6), dense=True)
    name = make_snapshot(tmp_path, run, dense=False)
    heard = _run(run, heard=Heard().at(3, commands.UseLabels(f"snapshots/{name}")))
    assert heard.of(events.LabelsUsed)
    assert heard.events[-1] == events.Finished(6, "done")


# --- ImageNet weights for a ResNet apart ---------------------------------------------------------


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A weights folder with a ResNet-18 made here, under a name with its hash."""
    torch.manual_seed(11)
    network = torchvision.load().models.resnet18(weights=None)
    raw = tmp_path / "raw"
    torch.save(network.state_dict(), raw)
    digits = hashlib.sha256(raw.read_bytes()).hexdigest()[:8]
    file = WeightFile("resnet18", "ResNet18_Weights.MADE", f"x://x/resnet18-{digits}.pth", 1, 45)
    (tmp_path / "weights").mkdir()
    raw.rename(tmp_path / "weights" / file.name)
    monkeypatch.setattr(pretrained, "weight_files", lambda _: (file,))
    monkeypatch.setattr(pretrained, "folder", lambda: tmp_path / "weights")
    return tmp_path / "weights" / file.name


def test_a_resnet_apart_begins_with_the_weights_at_hand_and_says_so(
    tmp_path: Path, weights: Path
) -> None:
    run = make_run(tmp_path, MLMT.but(tagger="resnet18"), dense=True)
    session = setup.begin(run)
    given = torch.load(weights, weights_only=True)
    student, teacher = session.learner.strategy.branch.student, session.learner.tag_teacher
    for name, mine in student.trunk.encoder.state_dict().items():
        if "num_batches_tracked" not in name:
            assert torch.equal(mine, given[name]), name
    for one, other in zip(
        student.state_dict().values(), teacher.state_dict().values(), strict=True
    ):
        assert torch.equal(one, other)
    assert session.recipe.tagger_pretrained == "imagenet"
    resolved = json.loads((run.path / "resolved.json").read_bytes())
    assert resolved["tag_weights"] == "ResNet18_Weights.MADE"
    assert resolved["recipe"]["tagger_pretrained"] == "imagenet"
    # Its answers are torchvision's: the same normalisation, strides and pooling.
    whole = torchvision.load().models.resnet18(weights=None)
    whole.load_state_dict(given)
    whole.fc = torch.nn.Identity()
    images = torch.rand(2, 5, 64, 64) * 2 - 1
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    shown = (images[:, :3] / 2 + 0.5 - mean[:, None, None]) / std[:, None, None]
    with torch.no_grad():
        found, expected = student.eval().trunk(images), whole.eval()(shown)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


def test_where_no_weights_are_auto_begins_afresh_and_imagenet_refuses(
    tmp_path: Path, weights: Path
) -> None:
    weights.unlink()
    session = setup.begin(make_run(tmp_path / "a", MLMT.but(tagger="resnet18"), dense=True))
    assert session.recipe.tagger_pretrained == "none"
    recipe = MLMT.but(tagger="resnet18", tagger_pretrained="imagenet")
    with pytest.raises(WeightsError, match="no ImageNet weights of resnet18"):
        setup.begin(make_run(tmp_path / "b", recipe, dense=True))
