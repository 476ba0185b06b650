"""Learning rates and the moving average follow their formulas."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from s4gui.core.recipe import Recipe
from s4gui.learn import optimizers
from s4gui.learn.ema import Ema
from s4gui.learn.schedule import Progress, learning_rate, rate_factor


@pytest.mark.parametrize(
    ("step", "expected"), [(0, 2.5e-4), (20_000, 1.3397168e-4), (39_999, 1.8033749e-8)]
)
def test_the_poly_rate_is_the_papers(step: int, expected: float) -> None:
    rate = learning_rate(2.5e-4, "poly", Progress(step, 40_000))
    assert rate == pytest.approx(expected, rel=1e-6)


def test_the_cosine_rate_starts_softly_and_ends_near_zero() -> None:
    rates = [learning_rate(1.0, "cosine", Progress(step, 400)) for step in range(400)]
    assert rates[0] == pytest.approx(0.05)
    assert max(rates) == pytest.approx(rates[19], rel=1e-2)
    assert rates[200] == pytest.approx(0.5)
    assert rates[-1] < 1e-4
    assert learning_rate(1.0, "cosine", Progress(0, 50)) == 1.0


def test_a_constant_rate_stays() -> None:
    assert rate_factor("constant", 0.99) == 1.0


def test_one_cycle_is_torchs() -> None:
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.1)
    total = 201  # torch ends its cycle with the last step, ours one step later
    theirs = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, 0.1, total_steps=total, pct_start=0.3, cycle_momentum=False
    )
    rises = 0.3 * total - 1
    for step in range(total):
        share = (
            0.3 * step / rises
            if step <= rises
            else 0.3 + 0.7 * (step - rises) / (total - 1 - rises)
        )
        ours = 0.1 * rate_factor("onecycle", share)
        assert ours == pytest.approx(optimizer.param_groups[0]["lr"], abs=1e-9)
        optimizer.step()
        if step < total - 1:
            theirs.step()
    assert rate_factor("onecycle", 0.3) == 1.0


def test_a_step_beyond_the_last_is_refused() -> None:
    with pytest.raises(ValueError, match="not one of"):
        Progress(10, 10)


class _Number(nn.Module):
    def __init__(self, value: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([value]))
        self.register_buffer("seen", torch.tensor(0))


def _follow(
    decay: float, values: list[float], *, start: float = 10.0, **how: str | bool
) -> tuple[float, int]:
    network = _Number(start)
    ema = Ema(network, decay=decay, **how)
    for value in values:
        with torch.no_grad():
            network.weight.fill_(value)
            network.seen += 1
        ema.update(network)
    return ema.network.weight.item(), int(ema.network.seen)  # type: ignore[arg-type]


def test_the_average_is_a_plain_mean_at_first_and_forgets_where_it_began() -> None:
    assert _follow(0.996, [1.0, 2.0, 3.0, 4.0]) == (2.5, 4)


def test_the_average_decays_geometrically_once_saturated() -> None:
    expected, value = 1.0, [1.0] + [5.0] * 3
    for n in (2, 3, 4):
        share = max(1 / n, 0.5)
        expected += share * (5.0 - expected)
    assert _follow(0.5, value)[0] == pytest.approx(expected)


def test_the_average_is_another_network_in_eval_mode() -> None:
    network = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5))
    ema = Ema(network, decay=0.9)
    assert not ema.network.training
    assert network.training
    assert not any(each.requires_grad for each in ema.network.parameters())


def test_the_form_of_the_mean_teacher_paper_keeps_the_start_in_the_mean() -> None:
    assert _follow(0.999, [1.0, 2.0, 3.0, 4.0], form="keeps_start")[0] == pytest.approx(4.0)


def test_the_form_that_keeps_the_start_forgets_it_geometrically_from_step_999_on() -> None:
    network = _Number(5.0)
    ema = Ema(network, decay=0.999, form="keeps_start")
    ema.resume(999)
    with torch.no_grad():
        network.weight.fill_(2.0)
    for _ in range(50):
        ema.update(network)
    assert ema.network.weight.item() == pytest.approx(4.853616884591, abs=1e-5)
    for steps, decay in ((997, 1 - 1 / 999), (998, 0.999), (5000, 0.999)):
        ema.network.weight.data.fill_(5.0)
        ema.resume(steps)
        ema.update(network)
        assert ema.network.weight.item() == pytest.approx(2 + 3 * decay, abs=1e-6)


def test_the_form_that_forgets_the_start_saturates_at_step_250() -> None:
    network = _Number(2.0)
    ema = Ema(network, decay=0.996)
    for steps, decay in ((248, 1 - 1 / 249), (249, 0.996), (600, 0.996)):
        ema.network.weight.data.fill_(5.0)
        ema.resume(steps)
        ema.update(network)
        assert ema.network.weight.item() == pytest.approx(2 + 3 * decay, abs=1e-6)


def test_buffers_can_be_left_to_the_average_itself() -> None:
    assert _follow(0.9, [1.0, 2.0], buffers=False) == (1.5, 0)


def test_the_count_of_an_average_is_part_of_its_state() -> None:
    network = _Number(1.0)
    ema = Ema(network, decay=0.996)
    for _ in range(7):
        ema.update(network)
    twin = Ema(_Number(3.0), decay=0.996)
    twin.load_state_dict(ema.state_dict())
    assert twin.steps == 7
    assert twin.network.weight.item() == 1.0


def test_adams_first_step_is_the_rate_and_the_reports_signs_have_no_root() -> None:
    number = nn.Linear(1, 1, bias=False).double()
    optimizer = optimizers.make(
        Recipe(optimizer="adam", learning_rate=1e-3, weight_decay=0.0), number
    )
    before = number.weight.item()
    number.weight.grad = torch.full_like(number.weight, 0.3)
    optimizer.step()
    assert number.weight.item() - before == pytest.approx(-9.9999997e-4, abs=1e-11)
    v = 0.999 * 0.0 - (1 - 0.999) * 0.3**2  # appendix A.2 with its minus sign
    assert v / (1 + 0.999) == pytest.approx(-4.5e-5, rel=1e-2)  # A.4: no square root
    assert v < 0


@pytest.mark.parametrize("nesterov", [False, True])
def test_sgd_is_the_reports_with_momentum_and_decay(*, nesterov: bool) -> None:
    number = nn.Linear(1, 1, bias=False).double()
    recipe = Recipe(
        optimizer="sgd", learning_rate=0.1, weight_decay=5e-4, momentum=0.9, nesterov=nesterov
    )
    optimizer = optimizers.make(recipe, number)
    weight, velocity = number.weight.item(), 0.0
    for gradient in (0.3, -0.2, 0.5):
        number.weight.grad = torch.full_like(number.weight, gradient)
        optimizer.step()
        decayed = gradient + 5e-4 * weight
        velocity = 0.9 * velocity + decayed  # appendix B
        weight -= 0.1 * (decayed + 0.9 * velocity if nesterov else velocity)
        assert number.weight.item() == pytest.approx(weight, abs=1e-12)
