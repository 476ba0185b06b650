"""Self-training: which answers teach, when they are given, what a step learns from them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from s4gui.core.classes import UNLABELLED
from s4gui.core.errors import DataError, RecipeError
from s4gui.learn import distributed, loop, self_teaching, setup
from s4gui.learn.batches import Answer, Batches
from s4gui.learn.build import make_learner
from s4gui.learn.schedule import Progress
from s4gui.learn.self_teaching import SURE, answers_on, due, thresholds
from s4gui.learn.strategies.self_training import SelfTraining
from s4gui.learn.strategies.supervised import Supervised
from s4gui.learn.views import Batch, Strong, Views
from s4gui.wire import events
from tests.learn.scenes import QUICK, Heard, make_run

RECIPE = QUICK.but(
    strategy="self_training", answers_from=0.3, answers_every=0.4, batch_unlabelled=1
)


@given(
    st.lists(st.integers(0, 255), min_size=1, max_size=60),
    st.floats(0.0, 1.0, allow_nan=False),
)
def test_the_threshold_keeps_the_surest_share_of_a_class(said: list[int], kept: float) -> None:
    tally = np.bincount(said, minlength=256)[None]
    found = int(thresholds(tally, kept=kept)[0])
    share = sum(each >= found for each in said) / len(said)
    assert share >= kept
    # One more would be too few, or it is as sure as anything must be.
    higher = sum(each >= found + 1 for each in said)
    assert found == SURE or higher < kept * len(said)


def test_each_class_has_a_threshold_of_its_own() -> None:
    tally = np.zeros((3, 256), np.int64)
    tally[0, 200:210] = 10
    tally[1, 40:50] = 1
    assert thresholds(tally, kept=0.5).tolist() == [205, 45, SURE]


class _Says:
    """A predictor that gives each frame the maps it was told."""

    def __init__(self, maps: list[np.ndarray]) -> None:
        self._maps = iter(maps)

    def at_working_size(self, frame: np.ndarray) -> np.ndarray:
        return frame

    def probabilities(self, _: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(next(self._maps))


def test_answers_are_the_largest_class_where_it_is_sure_enough() -> None:
    rng = np.random.default_rng(5)
    raw = rng.random((4, 3, 6, 7)).astype(np.float32) ** 4
    maps = [each / each.sum(0) for each in raw]
    frames = [np.zeros((6, 7, 3), np.uint8)] * 4
    found = answers_on(frames, _Says(maps), kept=0.6)
    best = np.stack([each.max(0) for each in maps])
    said = np.stack([each.argmax(0) for each in maps])
    confidence = np.round(best * 255).astype(int)
    for index in range(3):
        own = sorted(confidence[said == index], reverse=True)
        needed = min(own[int(np.ceil(0.6 * len(own))) - 1], SURE)
        teaches = np.stack(found) == index
        assert (teaches == ((said == index) & (confidence >= needed))).all()
    assert 0 < (np.stack(found) == UNLABELLED).mean() < 0.5


def test_no_frames_no_answers() -> None:
    assert answers_on([], _Says([]), kept=0.5) == []


def test_rounds_come_at_their_shares_of_the_run() -> None:
    recipe = RECIPE.but(steps=100, answers_from=0.4, answers_every=0.2)
    assert [step for step in range(101) if due(recipe, step)] == [40, 60, 80]
    assert [s for s in range(100) if due(recipe.but(answers_from=1.0), s)] == []
    short = recipe.but(steps=3, answers_from=0.0, answers_every=0.01)
    assert [step for step in range(4) if due(short, step)] == [0, 1, 2]


class _Known(nn.Module):
    """Logits are a linear map of the pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.classify = nn.Conv2d(3, 3, 1)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        answer: torch.Tensor = self.classify(images)
        return answer


def _views(number: int, seed: int) -> Views:
    generator = torch.Generator().manual_seed(seed)
    images = torch.rand(number, 3, 8, 8, generator=generator) * 2 - 1
    labels = torch.randint(0, 4, (number, 8, 8), generator=generator)
    labels[labels == 3] = UNLABELLED
    return Views(images, labels, torch.ones(number, 8, 8, dtype=torch.bool))


def test_a_step_is_the_cross_entropy_of_labels_plus_that_of_answers() -> None:
    torch.manual_seed(0)
    network = _Known()
    twin = _Known()
    twin.load_state_dict(network.state_dict())
    labelled, answered = _views(2, 1), _views(2, 2)
    strong = torch.rand(2, 3, 8, 8) * 2 - 1
    box = torch.zeros(2, 8, 8, dtype=torch.bool)
    box[0, 2:5, 1:6] = True
    strategy = SelfTraining(
        network, torch.optim.SGD(network.parameters(), 0.5), network, weight=0.7
    )
    batch = Batch(labelled, answered, None, (Strong(strong, box),))
    facts = strategy.step(batch, Progress(0, 1))

    pictures, labels = strong.clone(), answered.labels.clone()
    pictures[0][:, 2:5, 1:6] = strong[1][:, 2:5, 1:6]  # the next view's piece
    labels[0, 2:5, 1:6] = answered.labels[1, 2:5, 1:6]
    own = F.cross_entropy(twin(labelled.images), labelled.labels, ignore_index=UNLABELLED)
    theirs = F.cross_entropy(twin(pictures), labels, ignore_index=UNLABELLED)
    assert facts.losses["ce"] == pytest.approx(own.item())
    assert facts.losses["answers"] == pytest.approx(0.7 * theirs.item())
    assert facts.rates["answered"] == pytest.approx(float((labels != UNLABELLED).float().mean()))
    optimizer = torch.optim.SGD(twin.parameters(), 0.5)
    (own + 0.7 * theirs).backward()
    optimizer.step()
    for mine, reference in zip(network.parameters(), twin.parameters(), strict=True):
        assert torch.allclose(mine, reference, atol=1e-6)


@pytest.mark.parametrize("why", ["no answers yet", "it must not teach itself"])
def test_otherwise_a_step_is_the_supervised_one(why: str) -> None:
    torch.manual_seed(0)
    network = _Known()
    twin = _Known()
    twin.load_state_dict(network.state_dict())
    labelled, answered = _views(2, 1), _views(1, 2)
    strategy = SelfTraining(network, torch.optim.SGD(network.parameters(), 0.5), network)
    strong = Strong(answered.images, torch.zeros(1, 8, 8, dtype=torch.bool))
    batch = Batch(labelled, answered, None, (strong,))
    if why == "no answers yet":
        batch = Batch(labelled)
    else:
        strategy.self_taught = False
    facts = strategy.step(batch, Progress(0, 1))
    plain = Supervised(twin, torch.optim.SGD(twin.parameters(), 0.5))
    assert plain.step(Batch(labelled), Progress(0, 1)).losses == facts.losses
    assert facts.seen == ()
    for mine, reference in zip(network.parameters(), twin.parameters(), strict=True):
        assert torch.allclose(mine, reference, atol=1e-7)


def test_answered_views_need_their_strong_version() -> None:
    network = _Known()
    strategy = SelfTraining(network, torch.optim.SGD(network.parameters(), 0.5), network)
    with pytest.raises(DataError):
        strategy.step(Batch(_views(1, 1), _views(1, 2)), Progress(0, 1))


def _batches(tmp_path: Path) -> Batches:
    return setup.begin(make_run(tmp_path, RECIPE.but(batch_labelled=3, flip=False))).batches


def test_before_answers_all_views_are_labelled_and_then_some_are_answered(tmp_path: Path) -> None:
    batches = _batches(tmp_path)
    assert len(batches.batch(0).labelled.images) == 3
    assert batches.batch(0).unlabelled is None
    answer = np.full((24, 32), 2, np.uint8)
    answer[:12] = UNLABELLED
    batches.take({"images/004.png": Answer.of(answer)})
    batch = batches.batch(0)
    assert len(batch.labelled.images) == 2
    assert batch.unlabelled is not None
    assert len(batch.unlabelled.images) == 1
    assert len(batch.strong) == 1
    assert set(np.unique(batch.unlabelled.labels)) <= {2, UNLABELLED}
    assert any((batches.batch(step).unlabelled.labels == 2).any() for step in range(5))


def test_what_is_painted_is_never_overwritten_by_an_answer(tmp_path: Path) -> None:
    batches = _batches(tmp_path)
    frame = "images/000.png"
    batches.take({frame: Answer.of(np.full((48, 64), 1, np.uint8))})
    painted = batches._painted[frame].labels()
    assert {0, 2} <= set(np.unique(painted))
    seen = np.concatenate([batches.batch(step).unlabelled.labels.ravel() for step in range(20)])
    assert {0, 1, 2} <= set(seen.tolist())


def test_val_frames_are_never_asked(tmp_path: Path) -> None:
    batches = _batches(tmp_path)
    assert [frame for frame, _ in batches.pool()] == [f"images/{n:03}.png" for n in range(6)]
    batches.take({"images/006.png": Answer.of(np.zeros((48, 64), np.uint8))})
    assert batches.batch(0).unlabelled is None


def test_a_run_answers_at_its_rounds_and_learns_from_the_answers(tmp_path: Path) -> None:
    run = make_run(tmp_path, RECIPE)
    heard = Heard()
    loop.run(run, heard, heard)
    steps = heard.of(events.StepDone)
    taught = [each.step for each in steps if "answers" in each.losses]
    assert taught == list(range(4, 11))  # from the step after the third on
    assert all(0 < each.rates["answered"] <= 1 for each in steps if each.step in taught)


def test_the_same_answers_come_again_when_a_run_goes_on(tmp_path: Path) -> None:
    session = setup.begin(make_run(tmp_path, RECIPE))
    session.step = 3
    self_teaching.answer(session)
    first = session.batches.answers
    assert len(first) == 6
    session.batches.take({})
    self_teaching.again(session)
    assert session.batches.answers == first
    session.step = 4
    self_teaching.answer(session)
    assert int(session.learner.strategy.teacher.rounds) == 1


def test_at_most_so_many_frames_are_asked_and_others_in_the_next_round(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(self_teaching, "MOST", 2)
    session = setup.begin(make_run(tmp_path, RECIPE.but(steps=200)))
    asked = []
    for number in range(6):
        session.step = 60
        self_teaching.answer(session)
        asked.append(tuple(session.batches.answers))
        assert len(asked[-1]) == 2, number
    assert len(set(asked)) > 1


def test_other_images_give_other_weights(tmp_path: Path) -> None:
    found = []
    for name, unlabelled in (("a", (3, 4, 5)), ("b", (3, 4, 8))):
        run = make_run(tmp_path / name, RECIPE, unlabelled=unlabelled)
        heard = Heard()
        loop.run(run, heard, heard)
        found.append([each.losses["ce"] for each in heard.of(events.StepDone)])
    assert found[0][:3] == found[1][:3]
    assert found[0][-1] != found[1][-1]


def test_each_process_needs_a_labelled_view_beside_the_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(distributed, "this", type("Two", (), {"world": 2}))
    with pytest.raises(RecipeError):
        distributed.check_shares(RECIPE.but(batch_labelled=3, batch_unlabelled=2))
    distributed.check_shares(RECIPE.but(batch_labelled=4, batch_unlabelled=2))


def test_the_teacher_begins_as_the_average(tmp_path: Path) -> None:
    learner = make_learner(RECIPE, classes=3, covered=True, device=torch.device("cpu"))
    teacher = learner.strategy.parts["teacher"].network
    for mine, theirs in zip(teacher.parameters(), learner.ema.network.parameters(), strict=True):
        assert torch.equal(mine, theirs)
