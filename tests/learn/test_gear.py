"""A gear changes how networks compute within a step, and nothing else."""

from __future__ import annotations

import contextlib
import copy
import json
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from s4gui.core.recipe import Recipe
from s4gui.learn import checkpoints, loop, probing, setup, state, update
from s4gui.learn.build import Learner
from s4gui.learn.gear import PLAIN, Gear, Geared
from s4gui.learn.nets.unet import UNet
from s4gui.learn.scale import Scale
from s4gui.learn.update import BrokenNumber, apply_losses
from s4gui.store.runs import RunFolder
from s4gui.wire import commands, events
from tests.learn.scenes import QUICK, Heard, make_run

CPU = torch.device("cpu")
HALF = Gear("bf16", "contiguous", "off")
STRATEGIES = {
    "supervised": QUICK.but(weight_tree=0.1),
    "s4gan": QUICK.but(strategy="s4gan", trust=0.3),
    "mean_teacher": QUICK.but(strategy="mean_teacher"),
    "unimatch": QUICK.but(
        strategy="weak2strong", teacher="itself", strong_views=2, perturb="features"
    ),
    "mlmt": QUICK.but(strategy="s4gan_mlmt", tag_px=64),
}


class Spy(nn.Module):
    """Notes in what precision and layout its convolution computes."""

    def __init__(self) -> None:
        super().__init__()
        self.convolve = nn.Conv2d(3, 4, 1)
        self.seen: list[tuple[torch.dtype, bool]] = []

    def forward(self, images: Tensor) -> Tensor:
        return self.decode(self.features(images), images.shape[-2:])

    def features(self, images: Tensor) -> tuple[Tensor, ...]:
        answer = self.convolve(images)
        self.seen.append((answer.dtype, images.is_contiguous(memory_format=torch.channels_last)))
        return (answer,)

    def decode(self, features: tuple[Tensor, ...], size: torch.Size) -> Tensor:
        return F.interpolate(features[0], size)


def _pictures() -> Tensor:
    return torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))


def test_half_precision_is_for_the_inside_of_a_network() -> None:
    spy = Spy()
    geared = Geared(HALF, [spy], CPU)
    with geared.engaged():
        whole = spy(_pictures())
        parts = spy.features(_pictures())
    assert [each for each, _ in spy.seen] == [torch.bfloat16] * 2
    assert (whole.dtype, parts[0].dtype) == (torch.float32, torch.float32)
    whole.sum().backward()
    assert spy.convolve.weight.dtype == spy.convolve.weight.grad.dtype == torch.float32


def test_outside_of_a_step_nothing_is_left_of_the_gear() -> None:
    spy = Spy()
    names = set(spy.__dict__)
    with contextlib.suppress(ZeroDivisionError), Geared(HALF, [spy], CPU).engaged():
        assert set(spy.__dict__) > names
        raise ZeroDivisionError
    assert set(spy.__dict__) == names
    spy(_pictures())
    assert spy.seen == [(torch.float32, False)]
    copy.deepcopy(spy)


def test_channels_last_lays_pictures_out_and_leaves_weights() -> None:
    spy = Spy()
    with Geared(Gear(memory_format="channels_last"), [spy], CPU).engaged():
        spy(_pictures())
    assert spy.seen == [(torch.float32, True)]
    assert spy.convolve.weight.is_contiguous()


def test_what_is_compiled_is_what_the_strategy_asks_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []

    def compiler(ask):
        compiled.append(ask.__name__)
        return lambda *given: ask(*given) * 2 if ask.__name__ == "forward" else ask(*given)

    monkeypatch.setattr(torch, "compile", compiler)
    spy = Spy()
    plain = spy(_pictures())
    geared = Geared(Gear(compiled="on"), [spy], CPU)
    with geared.engaged():
        assert torch.equal(spy(_pictures()), plain * 2)
        spy(_pictures())
        spy.features(_pictures())
    assert compiled == ["forward", "features"]


def test_after_its_time_nothing_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "compile", lambda _: pytest.fail("compiled"))
    geared = Geared(PLAIN, [spy := Spy()], CPU)
    geared.change(Gear(compiled="on"), until=0.0)
    with geared.engaged(), pytest.raises(TimeoutError, match="compiling"):
        spy(_pictures())
    geared.change(PLAIN, until=0.0)
    with geared.engaged():
        spy(_pictures())
    assert len(spy.seen) == 1


def test_a_unet_in_half_precision_answers_nearly_the_same() -> None:
    torch.manual_seed(0)
    network = UNet(classes=3, width=4).eval()
    plain = network(_pictures())
    with Geared(HALF, [network], CPU).engaged():
        half = network(_pictures())
    assert not torch.equal(half, plain)
    assert torch.allclose(half, plain, atol=0.05 * float(plain.detach().abs().max()))


@pytest.mark.parametrize("name", STRATEGIES)
def test_losses_are_computed_in_full_precision(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[torch.dtype] = []
    apply = update.apply_losses

    def noted(losses, *given, **named):
        seen.extend(each.dtype for each in losses.values())
        assert not torch.is_autocast_enabled("cpu")
        return apply(losses, *given, **named)

    for module in ("mean_teacher", "s4gan", "s4gan_mlmt", "supervised", "weak2strong"):
        monkeypatch.setattr(f"s4gui.learn.strategies.{module}.apply_losses", noted)
    recipe = STRATEGIES[name].but(steps=3, precision="bf16", memory_format="channels_last")
    heard = Heard()
    loop.run(make_run(tmp_path, recipe, dense=name == "mlmt"), heard, heard)
    assert heard.events[-1] == events.Finished(3, "done")
    assert set(seen) == {torch.float32}


@pytest.mark.parametrize("name", ["s4gan", "unimatch", "mlmt"])
def test_a_run_in_half_precision_goes_on_as_if_it_had_not_stopped(tmp_path, name) -> None:
    recipe = STRATEGIES[name].but(steps=6, precision="bf16", memory_format="channels_last")
    whole, cut = (make_run(tmp_path / each, recipe, dense=name == "mlmt") for each in "ab")
    loop.run(whole, Heard(), Heard())
    heard = Heard().at(3, commands.Stop())
    loop.run(cut, heard, heard)
    loop.run(cut, Heard(), Heard(), resume=True)
    one, other = (checkpoints.read_training(each.last_checkpoint()) for each in (whole, cut))
    assert one.keys() == other.keys()
    assert all(torch.equal(one[key], other[key]) for key in one)


def _weights(run: RunFolder) -> dict[str, Tensor]:
    folder = run.last_checkpoint()
    assert folder is not None
    return checkpoints.read(folder).weights


def _clocked(monkeypatch: pytest.MonkeyPatch) -> list[Gear]:
    """A clock on which bf16 takes half the time; the gears of all steps done."""
    gears: list[Gear] = []
    step = Learner.step

    def noted(self, batch, progress):
        gears.append(self.geared.gear)
        return step(self, batch, progress)

    class Clock:
        def perf_counter(self) -> float:
            return sum(0.5 if each.precision == "bf16" else 1.0 for each in gears) / 100

    monkeypatch.setattr(Learner, "step", noted)
    clock = Clock()
    choose = probing.choose

    def chosen(*given, **named):
        return choose(*given, **named, now=clock.perf_counter)

    monkeypatch.setattr(probing, "choose", chosen)
    return gears


def test_a_probe_is_written_down_and_not_repeated(tmp_path, monkeypatch) -> None:
    gears = _clocked(monkeypatch)
    open_recipe = QUICK.but(steps=4, probe="always", compiled="off")
    probed = make_run(tmp_path / "a", open_recipe)
    heard = Heard()
    loop.run(probed, heard, heard)
    resolved = json.loads((probed.path / "resolved.json").read_text())
    chosen = {"precision": "bf16", "memory_format": "contiguous", "compiled": "off"}
    assert resolved["probe"]["chosen"] == chosen
    assert [each["ms"] for each in resolved["probe"]["trials"]] == [10.0, 5.0, 5.0]
    assert {key: resolved["recipe"][key] for key in chosen} == chosen
    assert resolved == heard.of(events.RunStarted)[0].resolved
    assert gears[-4:] == [HALF] * 4
    assert len(gears) == 3 * (probing.WARM_STEPS + probing.TIMED_STEPS) + 4

    gears.clear()
    again = make_run(tmp_path / "b", Recipe.from_json(resolved["recipe"]))
    heard = Heard().at(2, commands.Stop())
    loop.run(again, heard, heard)
    loop.run(again, Heard(), Heard(), resume=True)
    assert gears == [HALF] * 4
    one, other = _weights(probed), _weights(again)
    assert all(torch.equal(one[key], other[key]) for key in one)


def test_a_probe_on_a_processor_happens_on_request_only(tmp_path, monkeypatch) -> None:
    gears = _clocked(monkeypatch)
    run = make_run(tmp_path, QUICK.but(steps=2))
    loop.run(run, Heard(), Heard())
    resolved = json.loads((run.path / "resolved.json").read_text())
    assert gears == [PLAIN] * 2
    assert "probe" not in resolved
    assert resolved["recipe"]["precision"] == "fp32"


def test_a_compiler_that_fails_is_a_notice_and_the_run_is_the_plain_one(
    tmp_path, monkeypatch
) -> None:
    def broken(_):
        def ask(*_):
            raise RuntimeError("no compiler")

        return ask

    monkeypatch.setattr(torch, "compile", broken)
    wanted = make_run(tmp_path / "a", QUICK.but(steps=2, compiled="on"))
    heard = Heard()
    loop.run(wanted, heard, heard)
    assert [each.message_id for each in heard.of(events.Notice)] == ["gear.not_compiled"]
    plain = make_run(tmp_path / "b", QUICK.but(steps=2))
    loop.run(plain, Heard(), Heard())
    one, other = _weights(wanted), _weights(plain)
    assert all(torch.equal(one[key], other[key]) for key in one)


def test_a_compiled_run_goes_on_where_there_is_no_compiler(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(torch, "compile", lambda ask: ask)
    run = make_run(tmp_path, QUICK.but(steps=4, compiled="on"))
    heard = Heard().at(2, commands.Stop())
    loop.run(run, heard, heard)
    assert not heard.of(events.Notice)

    def broken(_):
        raise RuntimeError("no compiler")

    monkeypatch.setattr(torch, "compile", broken)
    heard = Heard()
    loop.run(run, heard, heard, resume=True)
    assert [each.message_id for each in heard.of(events.Notice)] == ["gear.not_compiled"]
    assert heard.events[-1] == events.Finished(4, "done")
    whole = make_run(tmp_path / "b", QUICK.but(steps=4))
    loop.run(whole, Heard(), Heard())
    one, other = _weights(run), _weights(whole)
    assert all(torch.equal(one[key], other[key]) for key in one)


def _step(weight: nn.Linear, optimizer: torch.optim.Optimizer, scale: Scale, by: float) -> None:
    loss = (weight(torch.full((1, 1), by)) ** 2).mean()
    with scale.in_force():
        apply_losses({"ce": loss}, weight, optimizer, clip_norm=1.0)


def test_a_scaled_step_is_the_plain_step() -> None:
    torch.manual_seed(0)
    one = nn.Linear(1, 1)
    other = copy.deepcopy(one)
    plain, scaled = (torch.optim.SGD(each.parameters(), lr=0.1) for each in (one, other))
    apply_losses({"ce": (one(torch.ones(1, 1)) ** 2).mean()}, one, plain, clip_norm=1.0)
    _step(other, scaled, Scale("cpu"), 1.0)
    assert torch.equal(one.weight, other.weight)  # a power of two changes no digit


def test_an_infinite_gradient_costs_a_step_until_the_scale_is_not_to_blame() -> None:
    torch.manual_seed(0)
    weight = nn.Linear(1, 1)
    optimizer, scale = torch.optim.SGD(weight.parameters(), lr=0.1), Scale("cpu")
    weight.weight.register_hook(lambda grad: grad * float("inf"))
    before = weight.weight.detach().clone()
    started = float(scale.get_extra_state()[0])
    _step(weight, optimizer, scale, 1.0)
    assert torch.equal(weight.weight, before)
    assert float(scale.get_extra_state()[0]) == started / 2
    while scale.can_fall:
        _step(weight, optimizer, scale, 1.0)
    with pytest.raises(BrokenNumber, match="gradient"):
        _step(weight, optimizer, scale, 1.0)
    assert torch.equal(weight.weight, before)


def test_a_scale_is_kept_with_the_run(tmp_path: Path) -> None:
    session = setup.begin(make_run(tmp_path))
    assert session is not None
    geared = session.learner.geared
    geared.change(Gear("fp16", "contiguous", "off"))
    assert geared.scale is not None
    geared.scale.set_extra_state(torch.tensor([1024.0, 7.0], dtype=torch.float64))
    kept = state.training_tensors(session.learner)
    weights = state.predicting_tensors(session.learner)
    geared.change(Gear("fp16", "contiguous", "off"))
    state.restore(session.learner, weights, kept)
    assert geared.scale.get_extra_state().tolist() == [1024.0, 7.0]
