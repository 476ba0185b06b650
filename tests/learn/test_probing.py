"""What pays is used, what does not is not, and what was found is written down. No real clock."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace

import pytest
import torch

from s4gui.core.errors import DataError, DeviceError
from s4gui.core.recipe import Recipe
from s4gui.learn import gear, probing
from s4gui.learn.device import Device
from s4gui.learn.gear import PLAIN, Gear, settled
from s4gui.learn.probing import Trial

CPU = Device("cpu", "cores", 8 << 30)
STEPS = Recipe(steps=10_000)
ALL = [("precision", "bf16"), ("memory_format", "channels_last"), ("compiled", "on")]


class Machine:
    """A clock that only steps move; a step takes what `cost` says of its gear and number."""

    def __init__(self, cost: Callable[[Gear, int], float]) -> None:
        self.seconds, self._cost = 0.0, cost
        self.done: list[tuple[Gear, int]] = []
        self.limits: list[float] = []

    def now(self) -> float:
        return self.seconds

    def step(self, gear: Gear, number: int, until: float) -> None:
        self.limits.append(until)
        self.done.append((gear, number))
        self.seconds += self._cost(gear, number)


def _probe(
    machine: Machine, *, seconds: float = 30.0, steps: float = 10_000
) -> tuple[Gear, list[Trial]]:
    return probing.probe(
        PLAIN, ALL, machine.step, seconds=seconds, planned=lambda _: steps, now=machine.now
    )


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Device:
    """A graphics card of the newer kind, as far as anybody asks."""
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (9, 0))
    return Device("cuda:0", "Card", 80 << 30)


def test_what_is_faster_by_a_twentieth_is_kept_and_the_next_is_tried_on_top() -> None:
    factors = {"bf16": 0.5, "channels_last": 0.96, "on": 0.8}

    def cost(gear: Gear, _: int) -> float:
        chosen = gear.choices().values()
        return 0.1 * torch.tensor([factors.get(each, 1.0) for each in chosen]).prod().item()

    gear, trials = _probe(Machine(cost))
    assert gear == Gear("bf16", "contiguous", "on")
    assert [each.gear for each in trials] == [
        PLAIN,
        Gear("bf16", "contiguous", "off"),
        Gear("bf16", "channels_last", "off"),
        Gear("bf16", "contiguous", "on"),
    ]
    assert [each.ms for each in trials] == pytest.approx([100.0, 50.0, 48.0, 40.0])


def test_nothing_is_changed_where_nothing_pays() -> None:
    gear, trials = _probe(Machine(lambda gear, _: 0.1 if gear == PLAIN else 0.0951))
    assert gear == PLAIN
    assert len(trials) == 4


def test_warm_up_steps_and_single_slow_steps_do_not_count() -> None:
    def cost(gear: Gear, number: int) -> float:
        slow = number < probing.WARM_STEPS or number % 4 == 0
        return 1.0 if slow and gear == PLAIN else 0.1

    gear, (first, *_) = _probe(Machine(cost))
    assert gear == PLAIN
    assert first.ms == pytest.approx(100.0)


@pytest.mark.parametrize(("steps", "expected"), [(150, "off"), (250, "on")])
def test_a_compilers_time_must_be_earned_back_within_the_run(steps: int, expected: str) -> None:
    def cost(gear: Gear, number: int) -> float:
        if gear.compiled == "on":
            return 10.05 if number == 0 else 0.05  # 10 s more once, 0.05 s less each time
        return 0.1

    assert _probe(Machine(cost), steps=steps)[0].compiled == expected


def test_the_trials_end_with_their_time_and_what_was_not_tried_says_so() -> None:
    machine = Machine(lambda *_: 1.0)
    gear, (first, *others) = _probe(machine, seconds=13.5)
    assert gear == PLAIN
    assert first.steps == probing.TIMED_STEPS
    assert machine.seconds <= 14.0 + 1e-9
    assert [each.ms for each in others] == [None] * 3
    assert all("no time" in each.failed for each in others)


def test_a_warm_up_may_compile_until_the_time_is_over_and_what_is_compiled_may_run() -> None:
    machine = Machine(lambda *_: 0.1)
    _probe(machine, seconds=30.0)
    warm = [number < probing.WARM_STEPS for _, number in machine.done]
    assert machine.limits == [30.0 if each else math.inf for each in warm]


def test_a_machine_too_slow_to_be_timed_computes_plainly() -> None:
    machine = Machine(lambda *_: 20.0)
    gear, (first, *others) = _probe(machine)
    assert (gear, first.ms) == (PLAIN, None)
    assert len(machine.done) == 2
    assert len(others) == 3


@pytest.mark.parametrize(
    "error", [RuntimeError("no kernel\nfor this"), MemoryError("out of memory"), OSError("no cc")]
)
def test_a_gear_that_fails_is_not_used_and_says_why(error: Exception) -> None:
    def cost(gear: Gear, _: int) -> float:
        if gear.precision == "bf16":
            raise error
        return 0.1 if gear.memory_format == "contiguous" else 0.05

    gear, (_, failed, *_) = _probe(Machine(cost))
    assert gear == Gear("fp32", "channels_last", "off")
    said = failed.facts()
    assert said["ms"] is None
    assert said["failed"] == f"{type(error).__name__}: {str(error).splitlines()[0]}"


def test_an_error_of_the_gear_it_begins_with_ends_the_probe() -> None:
    def cost(*_: object) -> float:
        raise RuntimeError("CUDA out of memory")

    with pytest.raises(RuntimeError, match="out of memory"):
        _probe(Machine(cost))


def test_what_a_user_can_act_on_is_not_taken_for_a_slow_gear() -> None:
    def cost(gear: Gear, _: int) -> float:
        if gear != PLAIN:
            raise DataError("x.y", "an image is gone")
        return 0.1

    with pytest.raises(DataError, match="gone"):
        _probe(Machine(cost))


def test_a_processor_is_not_probed_unless_asked(card: Device) -> None:
    decided = settled(STEPS, CPU)
    assert Gear.of(decided) == PLAIN
    assert probing.open_choices(decided, CPU) == []
    assert probing.open_choices(settled(STEPS.but(probe="always"), CPU), CPU) == ALL
    assert probing.open_choices(settled(STEPS, card), card) == ALL


def test_several_processes_probe_nothing(card: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gear, "this", lambda: SimpleNamespace(is_alone=False))
    assert probing.open_choices(settled(STEPS.but(probe="always"), card), card) == []


def test_what_a_recipe_says_is_not_probed(card: Device) -> None:
    said = STEPS.but(precision="fp32", compiled="off")
    assert probing.open_choices(settled(said, card), card) == [("memory_format", "channels_last")]
    found = probing.choose(
        STEPS.but(**PLAIN.choices()), card, lambda *_: pytest.fail("probed"), planned=lambda _: 1
    )
    assert (found.trials, found.facts()) == ((), {})


def test_an_older_card_is_tried_with_fp16(monkeypatch: pytest.MonkeyPatch, card: Device) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (7, 5))
    monkeypatch.setattr(torch, "version", SimpleNamespace(hip=None))
    assert probing.open_choices(STEPS, card)[0] == ("precision", "fp16")
    with pytest.raises(DeviceError, match="Card cannot learn in bf16"):
        settled(STEPS.but(precision="bf16"), card)


def test_fp16_on_a_processor_is_refused_in_words() -> None:
    with pytest.raises(DeviceError, match="cores cannot learn in fp16") as caught:
        settled(STEPS.but(precision="fp16"), CPU)
    assert "fp32" in caught.value.hint


@pytest.mark.parametrize(
    ("recipe", "expected"),
    [
        (STEPS, 30.0),
        (Recipe(steps=0, epochs=2.0), 30.0),
        (Recipe(seconds=300.0), 15.0),
        (Recipe(seconds=3600.0), 30.0),
    ],
)
def test_a_short_run_is_probed_shortly(recipe: Recipe, expected: float) -> None:
    assert probing.allowed_seconds(recipe) == pytest.approx(expected)


def test_without_a_compiler_a_recipe_that_wants_one_is_used_as_it_is() -> None:
    def step(gear: Gear, *_: float) -> None:
        if gear.compiled == "on":
            raise RuntimeError("InvalidCxxCompiler: none found\nlong story")

    recipe, (notice,) = probing.compilable(STEPS.but(compiled="on"), step)
    assert recipe.compiled == "off"
    assert "none found" in notice.text
    assert "long story" not in notice.text
    assert probing.compilable(recipe, step) == (recipe, [])
