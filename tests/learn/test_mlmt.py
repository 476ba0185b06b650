"""S4GAN+MLMT: each step is its formulas, and what it learned fuses, travels and goes on."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from s4gui.core.errors import DataError
from s4gui.core.frames import Frame, Split
from s4gui.core.tags import ImageTags
from s4gui.core.recipe import Recipe
from s4gui.learn import checkpoints, loop, predicting, setup
from s4gui.learn.checkpoints import Checkpoint
from s4gui.learn.judging import Dose
from s4gui.learn.nets.classifier import Classifier
from s4gui.learn.nets.discriminator import Discriminator
from s4gui.learn.pixels import PixelCache
from s4gui.learn.schedule import Progress
from s4gui.learn.strategies.s4gan import S4Gan
from s4gui.learn.strategies.s4gan_mlmt import Branch, Critic, Lesson, S4GanMlmt
from s4gui.learn.update import BrokenNumber
from s4gui.learn.validation import confusion
from s4gui.learn.views import Batch, Pictures, Views
from s4gui.store import predictions, runs, snapshots
from s4gui.store.images import read_pixels
from s4gui.store.runs import RunCard, RunFolder
from s4gui.store.snapshots import SnapshotFrame
from s4gui.wire import commands, events
from tests.learn.scenes import CLASSES, QUICK, SHAPE, Heard, make_run, make_snapshot, scene, strokes

C, H, W = 3, 32, 40
CPU = torch.device("cpu")
LATE = Progress(35, 100)  # w = 0.5
MLMT = QUICK.but(strategy="s4gan_mlmt", trust=0.3, tag_px=64)


# --- one step ------------------------------------------------------------------------------------


def _views(n: int, seed: int) -> Views:
    rng = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, C, (n, H, W), generator=rng)
    inside = torch.ones(n, H, W, dtype=torch.bool)
    return Views(torch.rand(n, 3, H, W, generator=rng), labels, inside)


def _batch(*, seed: int = 1) -> Batch:
    rng = torch.Generator().manual_seed(seed)
    tagged, tagged_teacher, untagged, untagged_teacher = (
        torch.randn(n, 3, 16, 16, generator=rng) for n in (2, 2, 3, 3)
    )
    presence = torch.tensor([[1.0, 0.0, -1.0], [1.0, -1.0, -1.0]])
    pictures = Pictures(tagged, tagged_teacher, presence, untagged, untagged_teacher)
    return Batch(_views(2, 0), _views(3, 5), _views(2, 2), pictures)


class _Generator(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encode = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.Tanh())
        self.classify = nn.Conv2d(8, C, 3, padding=1)

    def features(self, images: Tensor) -> tuple[Tensor, ...]:
        return (self.encode(images),)

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.classify(self.encode(images))
        return logits


class _Trunk(nn.Module):
    """Stands for what makes one vector of an image."""

    channels = 8

    def __init__(self, generator: nn.Module | None) -> None:
        super().__init__()
        self.generator = generator or _Generator()

    def forward(self, images: Tensor) -> Tensor:
        maps: Tensor = self.generator.encode(images)
        return maps.mean((2, 3))


def _sgd(parameters: list[nn.Parameter]) -> torch.optim.SGD:
    return torch.optim.SGD(parameters, lr=0.1, momentum=0.9, weight_decay=5e-4, nesterov=True)


def _strategy(*, shared: bool, dose: Dose | None = None, **lesson: object) -> S4GanMlmt:
    torch.manual_seed(3)
    generator = _Generator()
    critic = Discriminator(classes=C, width=4, dropout=0.0)
    student = Classifier(_Trunk(generator if shared else None), classes=C).train()
    own = list(student.head.parameters()) if shared else []
    return S4GanMlmt(
        generator,
        _sgd([*generator.parameters(), *own]),
        Critic(critic, torch.optim.Adam(critic.parameters(), lr=1e-3, betas=(0.9, 0.99))),
        Branch(
            student,
            lesson=Lesson(**lesson),
            optimizer=None if shared else _sgd(list(student.parameters())),
        ),
        dose=dose or Dose(trust=0.0, warmup_steps=0),
    )


def _branch_loss(g: nn.Module, h: nn.Module, p: Pictures, form: str, *, on_tagged: bool) -> Tensor:
    """Methods 1.6 once more, image by image and class by class."""
    logits = g(p.tagged)
    known = [
        -torch.log(torch.sigmoid(logits[i, c]) if p.presence[i, c] else 1 - torch.sigmoid(logits[i, c]))
        for i in range(2)
        for c in range(C)
        if p.presence[i, c] >= 0
    ]
    pairs = list(zip(g(p.untagged), h(p.untagged_teacher), strict=True))
    if on_tagged:
        pairs += list(zip(logits, h(p.tagged_teacher), strict=True))
    distances = []
    for a, b in pairs:
        b = b.detach()
        if form == "cosine":
            distances.append(1 - (a @ b) / (a.norm() * b.norm()))
        else:
            distances.append(((torch.sigmoid(a) - torch.sigmoid(b)) ** 2).sum() / C)
    return 0.5 * torch.stack(known).mean() + 0.5 * torch.stack(distances).mean()


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("form", ["cosine", "squared"])
@pytest.mark.parametrize("on_tagged", [True, False])
def test_a_step_of_the_branch_equals_its_formulas(*, shared: bool, form: str, on_tagged: bool) -> None:
    """Both forms of the consistency on both sets of images, from a network apart or the shared
    encoder: student and teacher move as computed by hand, after two steps.
    """
    none = Dose(feature_matching=0, self_training=0, trust=1.0)
    ours = _strategy(shared=shared, dose=none, form=form, on_tagged=on_tagged)
    student = copy.deepcopy(ours.branch.student)
    teacher = copy.deepcopy(student).train()
    optimizer = _sgd(list(student.parameters()))
    for n in (1, 2):
        batch = _batch(seed=n)
        ours.step(batch, LATE)
        loss = _branch_loss(student, teacher, batch.pictures, form, on_tagged=on_tagged)
        if shared:
            logits = student.trunk.generator(batch.labelled.images)
            loss = loss + nn.functional.cross_entropy(logits, batch.labelled.labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            for t, s in zip(teacher.parameters(), student.parameters(), strict=True):
                alpha = min(1 - 1 / (n + 1), 0.999)
                t.copy_(alpha * t + (1 - alpha) * s)
    for mine, reference in ((ours.branch.student, student), (ours.branch.tag_teacher, teacher)):
        for (name, a), b in zip(mine.named_parameters(), reference.parameters(), strict=True):
            if not shared or "classify" not in name:
                torch.testing.assert_close(a, b, rtol=0, atol=1e-6, msg=name)


def test_without_its_branch_a_step_is_s4gans_to_the_last_bit() -> None:
    ours = _strategy(shared=False)
    generator, critic = copy.deepcopy(ours.generator), copy.deepcopy(ours.discriminator)
    theirs = S4Gan(
        generator,
        critic,
        generator_optimizer=_sgd(list(generator.parameters())),
        discriminator_optimizer=torch.optim.Adam(critic.parameters(), lr=1e-3, betas=(0.9, 0.99)),
        dose=Dose(trust=0.0, warmup_steps=0),
    )
    for n in range(3):
        batch = _batch(seed=n)
        facts, expected = ours.step(batch, LATE), theirs.step(batch, LATE)
        assert expected.losses.items() <= facts.losses.items()
        assert expected.rates.items() <= facts.rates.items()
    for mine, other in ((ours.generator, generator), (ours.discriminator, critic)):
        for a, b in zip(mine.state_dict().values(), other.state_dict().values(), strict=True):
            assert torch.equal(a, b)


def test_a_shared_encoder_is_taught_by_tags_and_the_decoder_is_not() -> None:
    silent = _strategy(shared=True, tags=0.0, consistency=0.0)
    taught = _strategy(shared=True, tags=1.0, consistency=0.0)
    for each in (silent, taught):
        each.step(_batch(), Progress(0, 100))
    assert not torch.equal(silent.generator.encode[0].weight, taught.generator.encode[0].weight)
    assert torch.equal(silent.generator.classify.weight, taught.generator.classify.weight)


def test_other_untagged_pictures_give_another_student() -> None:
    """What has no tag and no label teaches by its consistency, once the ramp has begun."""
    found: dict[bool, list[Tensor]] = {True: [], False: []}
    for late in (True, False):
        for seed in (1, 2):
            ours = _strategy(shared=False)
            ours.branch.teacher.network.head.score.weight.mul_(-1)  # something to agree on
            batch = _batch()
            batch.pictures.untagged.copy_(_batch(seed=seed).pictures.untagged)
            ours.step(batch, LATE if late else Progress(5, 100))
            found[late].append(ours.branch.student.head.score.weight.detach().clone())
    assert not torch.equal(*found[True])
    assert torch.equal(*found[False])


def test_the_teacher_keeps_the_statistics_of_the_pictures_it_sees_itself() -> None:
    ours = _strategy(shared=False)
    batch = _batch()
    twin = copy.deepcopy(ours.branch.student.trunk.generator.encode).train()
    ours.step(batch, LATE)
    twin(batch.pictures.untagged_teacher)
    torch.testing.assert_close(
        ours.branch.tag_teacher.trunk.generator.encode[1].running_mean, twin[1].running_mean
    )


def test_tags_seen_are_remembered_by_student_and_teacher() -> None:
    ours = _strategy(shared=True)
    ours.step(_batch(), LATE)
    for each in (ours.branch.student, ours.branch.tag_teacher):
        assert each.known.tolist() == [True, True, False]


def test_a_broken_tag_loss_stops_the_step_before_weights_change() -> None:
    ours = _strategy(shared=True)
    batch = _batch()
    batch.pictures.tagged[0] = float("nan")
    before = [each.detach().clone() for each in ours.branch.student.parameters()]
    with pytest.raises(BrokenNumber, match="tags"):
        ours.step(batch, LATE)
    for old, new in zip(before, ours.branch.student.parameters(), strict=True):
        assert torch.equal(old, new)


# --- whole runs ----------------------------------------------------------------------------------


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


def _cars_here_and_there(folder: Path, recipe: Recipe, *, untagged: Sequence[int]) -> RunFolder:
    """Whole masks of six scenes, every other one without its car; the rest unlabelled."""
    run = runs.claim(folder / "runs")
    images = folder / "images"
    images.mkdir()
    rows = []
    for number in (0, 1, 2, 3, 4, 5, *untagged):
        image, reference = _scene(number)
        Image.fromarray(image).save(images / f"{number}.png")
        frame = Frame("images", f"{number}.png", *SHAPE, Split.TRAIN)
        rows.append(SnapshotFrame(frame, train=reference if number < 6 else None))
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
    recipe = MLMT.but(tagger=tagger, steps=4, checkpoint_every=2, validate_every=4)
    whole, halves = (make_run(tmp_path / n, recipe, dense=True) for n in ("whole", "halves"))
    _run(whole)
    stopped = Heard().at(2, commands.Stop(checkpoint=True))
    _run(halves, heard=stopped)
    assert _last(halves).card.step == 2
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
    # Of cars alone anything was said, so the other classes can never be shut.
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
        rows.append(SnapshotFrame(frame, train=labels if number < 2 else None, tags=tags if not number else ImageTags()))
    name = snapshots.write(run.snapshots, CLASSES, {"images": images}, rows)
    run.write(RunCard(run.number, "toy", "2026-01-01T00:00:00Z", name), MLMT.but(steps=4))
    return run


def test_the_teacher_learns_which_scenes_have_a_car(tmp_path: Path) -> None:
    recipe = MLMT.but(
        steps=80, width=8, batch_labelled=4, learning_rate=5e-3, weight_tags=1.0, crop_px=32,
        validate_every=1000, checkpoint_every=1000,
    )  # fmt: skip
    run = _cars_here_and_there(tmp_path, recipe, untagged=(6, 7, 8, 9))
    _run(run)
    tagger = predicting.load_tagger(_last(run), CPU)
    assert tagger is not None
    scores = [float(tagger.scores(_scene(number)[0])[2]) for number in range(20, 36)]
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


def test_validation_sees_fused_predictions(tmp_path: Path) -> None:
    run = make_run(tmp_path, MLMT.but(steps=2), dense=True)
    _run(run)
    session = setup.resume(run)
    teacher = session.learner.tag_teacher
    assert teacher is not None
    teacher.head.score.bias[0] = -50.0  # no road anywhere
    matrix = confusion(session.snapshot, session.predictor(), PixelCache(long_side_px=0))
    assert sum(each.false_positive_px for each in matrix.per_class() if each.class_id == 2) == 0
    rows = {each.class_id: each for each in matrix.per_class()}
    assert rows[2].iou == 0.0
    assert rows[2].support_px > 0


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
