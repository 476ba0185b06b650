"""On the toy of methods 6 the gated CRF spreads strokes; tests/bench/methods has all arms."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.learn.toy import mean_iou


@pytest.mark.parametrize("seed", range(3))
def test_the_gated_crf_is_worth_three_points_and_more(tmp_path: Path, seed: int) -> None:
    plain = mean_iou(tmp_path / "plain", seed)
    spread = mean_iou(tmp_path / "crf", seed, weight_crf=0.1)
    assert 0.4 < plain < 0.9
    assert spread > plain + 0.03
