"""A network that teaches itself nonsense is caught and put back; a healthy one is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from s4gui.learn import checkpoints, loop
from s4gui.learn.build import make_learner
from s4gui.learn.collapse import PATIENCE, Watch
from s4gui.learn.schedule import Progress
from s4gui.learn.strategies import weak2strong
from s4gui.learn.teaching import HardAnswers
from s4gui.learn.views import Batch, StepFacts, Views
from s4gui.wire import commands, events
from tests.learn.scenes import QUICK, Heard, make_run

LABELS = torch.tensor([40, 30, 30])
WIDE, NARROW = (0.5, 0.3, 0.2), (0.98, 0.01, 0.01)


def _network(value: float) -> nn.Linear:
    network = nn.Linear(1, 1)
    with torch.no_grad():
        network.weight.fill_(value)
    return network


def _facts(*, ce: float = 1.0, mask: float = 0.5, seen: tuple[float, ...] = WIDE) -> StepFacts:
    return StepFacts({"ce": ce}, {"mask": mask}, seen)


def _steps_until(watch: Watch, facts: StepFacts, average: nn.Module, limit: int = 300) -> int:
    for step in range(1, limit + 1):
        if watch.collapsed(facts, average):
            return step
    return 0


@pytest.mark.parametrize("gate", ["gate", "mask"])
def test_all_trusted_while_labels_are_learned_worse_is_caught_within_100_steps(gate: str) -> None:
    watch, average = Watch(_network(0.0), labels=LABELS), _network(1.0)
    assert not _steps_until(watch, _facts(ce=0.5), average, 120)
    ill = StepFacts({"ce": 1.0}, {gate: 1.0}, WIDE)
    assert PATIENCE <= _steps_until(watch, ill, _network(2.0)) <= 100
    assert watch.good.weight.item() == 1.0  # as it was while all was well


def test_one_class_everywhere_is_caught_within_100_steps() -> None:
    watch, average = Watch(_network(0.0), labels=LABELS), _network(1.0)
    assert not _steps_until(watch, _facts(), average, 120)
    assert PATIENCE <= _steps_until(watch, _facts(seen=NARROW), _network(2.0)) <= 100
    assert watch.halted
    assert watch.good.weight.item() == 1.0
    assert not _steps_until(watch, _facts(seen=NARROW), average), "it is said once"


@pytest.mark.parametrize(
    "facts",
    [
        _facts(mask=1.0),  # all trusted, and the labels are learned as well as before
        _facts(ce=5.0, mask=0.9),  # learned worse, but few answers teach
        _facts(seen=(0.8, 0.1, 0.1)),  # uneven, as scenes are
        StepFacts({"ce": 9.0}, {"mask": 1.0}),  # it does not teach itself
    ],
)
def test_what_is_no_collapse_is_not_called_one(facts: StepFacts) -> None:
    watch, average = Watch(_network(0.0), labels=LABELS), _network(1.0)
    assert not _steps_until(watch, _facts(), average, 120)
    assert not _steps_until(watch, facts, average)


def test_a_network_that_has_not_seen_more_yet_has_not_collapsed() -> None:
    watch = Watch(_network(0.0), labels=LABELS)
    assert not _steps_until(watch, _facts(seen=NARROW), _network(1.0))


def test_an_interruption_starts_the_count_again() -> None:
    watch, average = Watch(_network(0.0), labels=LABELS), _network(1.0)
    assert not _steps_until(watch, _facts(), average, 120)
    for _ in range(4):
        assert not _steps_until(watch, _facts(seen=NARROW), average, PATIENCE - 10)
        assert not _steps_until(watch, _facts(), average, 40)


def test_a_watch_goes_on_from_its_state() -> None:
    watch, average = Watch(_network(0.0), labels=LABELS), _network(1.0)
    assert not _steps_until(watch, _facts(), average, 120)
    assert not _steps_until(watch, _facts(seen=NARROW), average, 30)
    twin = Watch(_network(7.0), labels=LABELS)
    twin.load_state_dict(watch.state_dict())
    ill = _facts(seen=NARROW)
    assert _steps_until(twin, ill, average) == _steps_until(watch, ill, average) > 0
    assert twin.good.weight.item() == 1.0


SELF_TAUGHT = QUICK.but(
    strategy="weak2strong",
    long_side_px=48,
    steps=170,
    warmup_steps=10,
    weight_crf=0.0,
    weight_cons=50.0,
    threshold=0.5,
    validate_every=1000,
    checkpoint_every=1000,
)
PLANTED_AT = 60


def _planted(monkeypatch: pytest.MonkeyPatch, heard: Heard) -> None:
    """From one step on the teacher sees the first class everywhere and is sure of it."""
    honest = HardAnswers.of

    def answers(logits: Tensor, views: Views) -> HardAnswers:
        found = honest(logits, views)
        if heard.step < PLANTED_AT:
            return found
        return HardAnswers(
            torch.zeros_like(found.classes), torch.ones_like(found.confidence), found.valid
        )

    monkeypatch.setattr(weak2strong.HardAnswers, "of", answers)


def test_a_planted_collapse_is_caught_said_and_rolled_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, heard = make_run(tmp_path, SELF_TAUGHT), Heard()
    _planted(monkeypatch, heard)
    loop.run(run, heard, heard)
    (notice,) = heard.of(events.Notice)
    assert notice.message_id == "learn.collapse"
    assert "labels alone" in notice.text
    assert notice.hint
    assert PLANTED_AT < notice.step <= PLANTED_AT + 100
    losses = {each.step: each.losses for each in heard.of(events.StepDone)}
    assert "s1" in losses[notice.step]
    assert all(set(losses[step]) == {"ce"} for step in range(notice.step + 1, 171))

    def mean(steps: range) -> float:
        return sum(losses[step]["ce"] for step in steps) / len(steps)

    ill = mean(range(notice.step - 10, notice.step))
    assert mean(range(notice.step + 1, notice.step + 11)) < ill  # it is back before it was ill


def test_a_run_goes_on_as_if_it_had_not_been_stopped_across_a_collapse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for name, stops in (("whole", ()), ("cut", (90, 150))):
        run, heard = make_run(tmp_path / name, SELF_TAUGHT), Heard()
        _planted(monkeypatch, heard)
        for stop in stops:
            loop.run(run, heard, heard.at(stop, commands.Stop()), resume=heard.step > 0)
        loop.run(run, heard, heard, resume=heard.step > 0)
        assert len(heard.of(events.Notice)) == 1
        last = run.last_checkpoint()
        assert last is not None
        found.append(checkpoints.read(last).weights | checkpoints.read_training(last))
        monkeypatch.undo()
    one, other = found
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert any(name.startswith("watch.good.") for name in one)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("strategy", ["weak2strong", "s4gan"])
def test_healthy_runs_raise_no_alarm(tmp_path: Path, strategy: str, seed: int) -> None:
    recipe = SELF_TAUGHT.but(
        strategy=strategy, seed=seed, weight_cons=1.0, steps=100, threshold=0.7, trust=0.4
    )
    heard = Heard()
    loop.run(make_run(tmp_path, recipe), heard, heard)
    assert not heard.of(events.Notice)
    taught = [
        each.rates.get("mask", each.rates.get("gate", 0)) for each in heard.of(events.StepDone)
    ]
    assert max(taught) > 0.1, "it must have taught itself for the test to mean anything"


def test_a_collapse_puts_generator_and_average_back_to_the_good_weights(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    learner = make_learner(
        QUICK.but(strategy="s4gan"),
        classes=3,
        covered=True,
        device=torch.device("cpu"),
        labels=LABELS,
    )
    assert learner.watch is not None
    start = {name: each.clone() for name, each in learner.generator.state_dict().items()}
    torch.manual_seed(0)
    labels = torch.randint(0, 3, (2, 32, 48))
    views = Views(torch.rand(2, 5, 32, 48), labels, torch.ones_like(labels).bool())
    batch = Batch(views, views, views)
    assert not learner.step(batch, Progress(3, 10)).collapsed
    moved = learner.generator.state_dict()
    assert any(not torch.equal(start[name], moved[name]) for name in start)
    monkeypatch.setattr(Watch, "collapsed", lambda *_: True)
    assert learner.step(batch, Progress(4, 10)).collapsed
    for network in (learner.generator, learner.ema.network):
        assert all(torch.equal(start[k], each) for k, each in network.state_dict().items())
    assert not learner.strategy.optimizers["generator"][0].state
    learner.watch.halted = True
    learner.step(batch, Progress(5, 10))
    assert not learner.strategy.self_taught


def test_supervised_learning_is_not_watched() -> None:
    for recipe in (
        QUICK,
        QUICK.but(strategy="s4gan", weight_fm=0.0, weight_st=0.0, weight_adv=1.0),
    ):
        learner = make_learner(
            recipe, classes=3, covered=True, device=torch.device("cpu"), labels=LABELS
        )
        assert learner.watch is None
