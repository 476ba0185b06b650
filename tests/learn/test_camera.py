"""What a camera mask hides teaches nothing, with any strategy."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from s4gui.core.camera import HiddenPlane
from s4gui.core.classes import UNLABELLED, VOID
from s4gui.learn import loop, predicting, prior
from s4gui.learn.batches import Answer, Batches, cache_side, view_size
from s4gui.learn.judging import Dose
from s4gui.learn.nets.discriminator import Discriminator
from s4gui.learn.painted import Painted
from s4gui.learn.pixels import PixelCache
from s4gui.learn.regularisers.together import Regularisers
from s4gui.learn.schedule import Progress
from s4gui.learn.self_teaching import answers_on
from s4gui.learn.strategies.mean_teacher import MeanTeacher
from s4gui.learn.strategies.s4gan import S4Gan
from s4gui.learn.strategies.self_training import SelfTraining
from s4gui.learn.strategies.supervised import Supervised
from s4gui.learn.strategies.weak2strong import Manner, WeakToStrong
from s4gui.learn.views import Batch, Strong, Views
from s4gui.store import predictions, snapshots
from s4gui.store.snapshots import Snapshot, SnapshotFrame
from tests.learn.scenes import CLASSES, QUICK, SHAPE, Heard, make_run

HIDDEN = np.zeros(SHAPE, bool)
HIDDEN[36:] = True
HIDDEN[:, :7] = True
PLANE = HiddenPlane.of(HIDDEN)
STILL = QUICK.but(flip=False, scale_min=1.0, scale_max=1.0, colour=0.0)


def _batches(folder: Path, recipe=QUICK) -> tuple[Snapshot, Batches]:
    run = make_run(folder, recipe, dense=True)
    plain = Snapshot.read(run.snapshot())
    rows = [
        SnapshotFrame(each, plain.train_labels(each.id), plain.val_labels(each.id), hidden=PLANE)
        for each in plain.frames
    ]
    name = snapshots.write(run.snapshots, CLASSES, plain.roots, rows)
    snapshot = Snapshot.read(run.snapshots / name)
    cache = PixelCache(long_side_px=cache_side(recipe))
    view = view_size(snapshot, recipe)
    return snapshot, Batches(snapshot, recipe, view=view, cache=cache)


def test_an_unmoved_view_shows_the_mask_where_it_is(tmp_path: Path) -> None:
    """Even where the snapshot's labels and the network's answers say something there."""
    _, batches = _batches(tmp_path, STILL.but(strategy="s4gan", mix=0.0))
    answer = Answer.of(np.zeros(SHAPE, np.uint8))
    batches.take({frame: answer for frame, _ in batches.pool()})
    batch = batches.batch(0)
    assert batch.unlabelled is not None
    assert batch.real is not None
    for views in (batch.labelled, batch.unlabelled, batch.real):
        for inside, labels in zip(views.inside.numpy(), views.labels.numpy(), strict=True):
            assert np.array_equal(inside, ~HIDDEN)
            assert (labels[HIDDEN] == UNLABELLED).all()
            assert (labels[~HIDDEN] != UNLABELLED).all()


def test_a_moved_view_has_no_label_where_it_is_not_inside(tmp_path: Path) -> None:
    _, batches = _batches(tmp_path, QUICK.but(strategy="s4gan", mix=0.5, crop_px=32))
    seen = 0
    for step in range(12):
        views = batches.batch(step).labelled
        assert (views.labels[~views.inside] == UNLABELLED).all()
        seen += int((~views.inside).sum())
    assert seen > 0


def test_a_frame_labelled_all_around_the_mask_is_dense() -> None:
    labels = np.where(HIDDEN, UNLABELLED, 1).astype(np.uint8)
    assert Painted.of(labels, None, hidden_px=PLANE.pixels).density == 1.0
    assert Painted.of(labels, None).density == pytest.approx((~HIDDEN).mean())


class _Says:
    """A predictor of two classes that says the second, surely, where nothing is hidden, and the
    first, just as surely, elsewhere."""

    def at_working_size(self, frame: np.ndarray) -> np.ndarray:
        return frame

    def probabilities(self, _: np.ndarray) -> Tensor:
        second = torch.from_numpy(np.where(HIDDEN, 0.01, 0.99).astype(np.float32))
        return torch.stack([1 - second, second])


def test_answers_and_shares_of_classes_rest_on_what_is_not_hidden() -> None:
    frame = np.zeros((*SHAPE, 3), np.uint8)
    (labels,) = answers_on([frame], _Says(), kept=0.5, hidden=[PLANE])  # type: ignore[arg-type]
    assert (labels[HIDDEN] == UNLABELLED).all()
    assert (labels[~HIDDEN] == 1).all()
    rows = prior.answers_on([(frame, PLANE)], _Says())  # type: ignore[arg-type]
    assert len(rows) > 20
    assert (rows[:, 1] > 0.9).all()
    assert (prior.answers_on([(frame, None)], _Says())[:, 1] < 0.1).any()  # type: ignore[arg-type]


# --- no loss reaches a hidden pixel ----------------------------------------------------------

C, H, W = 3, 32, 40
LATE = Progress(80, 100)


class Table(nn.Module):
    """A network whose answer at each pixel is a weight of its own, whatever the image."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.table = nn.Parameter(torch.randn(C, H, W))

    def forward(self, images: Tensor) -> Tensor:
        return self.table.expand(len(images), C, H, W)


def _views(count: int, seed: int, labelled: float) -> Views:
    rng = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, C, (count, H, W), generator=rng)
    labels[torch.rand(count, H, W, generator=rng) > labelled] = UNLABELLED
    inside = torch.ones(count, H, W, dtype=torch.bool)
    inside[:, 20:] = False
    labels[~inside] = UNLABELLED
    images = torch.rand(count, 3, H, W, generator=rng) * 2 - 1
    return Views(images, labels, inside)


def _batch() -> Batch:
    weak = _views(2, 1, 0.05)
    box = torch.zeros(2, H, W, dtype=torch.bool)
    box[:, 10:26, 5:20] = True
    strong = Strong(weak.images * 0.5, box)
    return Batch(_views(2, 0, 0.3), weak, _views(2, 2, 0.3), (strong, strong))


def _strategies() -> dict[str, object]:
    made: dict[str, object] = {}
    everything = Regularisers(weights={"crf": 1.0, "tree": 1.0, "entropy": 1.0})

    def parts() -> tuple[nn.Module, torch.optim.Optimizer]:
        network = Table()
        return network, torch.optim.SGD(network.parameters(), lr=1.0)

    made["supervised"] = Supervised(*parts(), regularisers=everything)
    network, optimizer = parts()
    made["mean_teacher"] = MeanTeacher(network, optimizer, _other(network))
    network, optimizer = parts()
    made["self_training"] = SelfTraining(network, optimizer, copy.deepcopy(network))
    for covered in (False, True):
        network, optimizer = parts()
        critic = Discriminator(classes=C, covered=covered, width=4, dropout=0.0)
        made[f"s4gan {covered}"] = S4Gan(
            network,
            critic,
            generator_optimizer=optimizer,
            discriminator_optimizer=torch.optim.SGD(critic.parameters(), lr=0.1),
            dose=Dose(trust=0.0, warmup_steps=0, adversarial=1.0, feature_matching=10.0),
        )
    network, optimizer = parts()
    manner = Manner(threshold=0.0)
    made["weak2strong"] = WeakToStrong(network, optimizer, _other(network), manner=manner)
    return made


def _other(network: nn.Module) -> nn.Module:
    other = copy.deepcopy(network)
    with torch.no_grad():
        other.table += torch.randn(C, H, W)
    return other


@pytest.mark.parametrize("name", sorted(_strategies()))
def test_no_strategy_moves_an_answer_below_the_mask(name: str) -> None:
    strategy = _strategies()[name]
    batch = _batch()
    if name in {"supervised", "mean_teacher", "weak2strong", "self_training"}:
        keep = {"supervised": 0, "mean_teacher": 1, "weak2strong": 1, "self_training": 1}[name]
        batch = replace(batch, strong=batch.strong[:keep], real=None)
    table = strategy.generator.table
    before = table.detach().clone()
    strategy.step(batch, LATE)
    moved = (table.detach() != before).any(0)
    assert moved[:20].float().mean() > 0.3
    assert not moved[20:].any()


# --- what the worker writes ------------------------------------------------------------------


def test_predictions_of_a_run_say_nothing_below_the_mask(tmp_path: Path) -> None:
    watched = "images/003.png"
    run = make_run(tmp_path, QUICK.but(steps=2), watch=(watched,))
    plain = Snapshot.read(run.snapshot())
    rows = [
        SnapshotFrame(each, plain.train_labels(each.id), plain.val_labels(each.id), hidden=PLANE)
        for each in plain.frames
    ]
    name = snapshots.write(run.snapshots, CLASSES, plain.roots, rows)
    run.write(replace(run.read_card(), snapshot=name), run.read_recipe())
    loop.run(run, Heard(), Heard())
    found = predictions.read(run.prediction(watched, 2))
    assert np.array_equal(found.classes == VOID, HIDDEN)
    other = "images/004.png"
    image = tmp_path / "images" / "004.png"
    for plane in (None, PLANE):
        predicting.predict_run(run, [(other, image, plane)], Heard(), Heard(), wanted="cpu")
        classes = predictions.read(run.prediction(other, 2)).classes
        assert np.array_equal(classes == VOID, HIDDEN & (plane is not None))
