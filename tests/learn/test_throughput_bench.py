"""The throughput bench measures every way in turns and says what is met. No real clock."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from s4gui.learn.build import Learner
from tests.bench.methods import throughput


class Clock:
    """Goes on by what is asked of it only."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds = 0.0
        monkeypatch.setattr(throughput.time, "perf_counter", lambda: self.seconds)
        monkeypatch.setattr(throughput.time, "process_time", lambda: self.seconds)


def test_every_way_has_its_multiple_and_the_first_steps_do_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    cost = {"supervised": 1.0, "s4gan": 2.0, "mean_teacher": 2.5}
    order = []

    def step(self, batch, progress) -> None:
        order.append(self.recipe.strategy)
        early = progress.step - throughput.MANY // 2 < throughput.THROWN_AWAY
        clock.seconds += 100.0 if early else cost[self.recipe.strategy]

    monkeypatch.setattr(Learner, "step", step)
    monkeypatch.setattr(
        throughput,
        "WAYS",
        {
            "supervised": throughput.Way({}),
            "s4gan": throughput.Way({"strategy": "s4gan"}, 1.7),
            "mean_teacher": throughput.Way({"strategy": "mean_teacher"}, 2.2),
        },
    )
    found = throughput.ways(tmp_path, throughput.BASE.but(width=4), 2)
    assert order == list(cost) * (2 + throughput.THROWN_AWAY)
    assert [each["multiple"] for each in found.values()] == [1.0, 2.0, 2.5]
    assert found["supervised"]["processor_ms"] == 1000.0
    record = {
        "unet": found,
        "light": found,
        "bare": {
            "ours": {"processor_ms": 1.1},
            "bare": {"processor_ms": 1.0},
            "multiple": 1.1,
        },
        "rounds": 2,
        "machine": throughput.machine() | {"load_before": 0.0, "load_after": 1.0},
    }
    path = tmp_path / "record.json"
    path.write_text(json.dumps(record))
    assert throughput.main(["--table", "--record", str(path)]) == 0
    rows = throughput.markdown(record).splitlines()
    assert any("| s4gan | 2000.0 | 2000.0 | 2.00 | 1.7 | missed |" in each for each in rows)
    assert any("| mean_teacher | 2500.0 | 2500.0 | 2.50 | 2.2 | met |" in each for each in rows)
    assert "1.100, goal 1.05 (missed)." in rows[-1]


def test_the_bare_loop_learns_from_the_same_views(tmp_path: Path) -> None:
    base = throughput.BASE.but(width=4, crop_px=32)
    found = throughput.beside_bare(tmp_path / "bare", base, 1)
    assert found["multiple"] == pytest.approx(
        found["ours"]["processor_ms"] / found["bare"]["processor_ms"], abs=1e-3
    )
