"""Learning rates and the moving average follow their formulas."""

from __future__ import annotations

import pytest
import torch
from torch import nn

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


def test_a_step_beyond_the_last_is_refused() -> None:
    with pytest.raises(ValueError, match="not one of"):
        Progress(10, 10)


class _Number(nn.Module):
    def __init__(self, value: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([value]))
        self.register_buffer("seen", torch.tensor(0))


def _follow(decay: float, values: list[float]) -> tuple[float, int]:
    network = _Number(10.0)
    ema = Ema(network, decay=decay)
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
