"""Which learner is shown: the better one on held-out labels, with hysteresis, or the user's."""

from __future__ import annotations

import pytest

from s4gui.gui.choice import AUTOMATIC, MARGIN, PREVIEW, RUN, Standing, choose, reason


def test_without_a_run_the_preview_is_shown_whatever_is_wanted() -> None:
    for wanted in (AUTOMATIC, PREVIEW, RUN):
        assert choose(Standing(preview=0.1), wanted, PREVIEW) == PREVIEW


@pytest.mark.parametrize("wanted", [PREVIEW, RUN])
def test_the_users_choice_wins_over_the_scores(wanted: str) -> None:
    standing = Standing(preview=0.1, run=0.9, run_number=3)
    assert choose(standing, wanted, PREVIEW) == wanted
    assert "your choice" in reason(standing, wanted, wanted)


def test_a_run_without_a_score_waits() -> None:
    assert choose(Standing(preview=0.3, run_number=1), AUTOMATIC, PREVIEW) == PREVIEW


def test_the_better_score_is_shown_with_both_figures() -> None:
    standing = Standing(preview=0.31, run=0.42, run_number=2)
    assert choose(standing, AUTOMATIC, PREVIEW) == RUN
    assert reason(standing, AUTOMATIC, RUN) == "Shown: run 2 (0.42 against 0.31)"


def test_scores_that_sway_within_the_margin_change_nothing() -> None:
    for lead in (MARGIN / 2, -MARGIN / 2):
        standing = Standing(preview=0.4, run=0.4 + lead, run_number=1)
        for showing in (PREVIEW, RUN):
            assert choose(standing, AUTOMATIC, showing) == showing


def test_a_clear_lead_changes_over_in_both_directions() -> None:
    ahead = Standing(preview=0.4, run=0.4 + 2 * MARGIN, run_number=1)
    behind = Standing(preview=0.4, run=0.4 - 2 * MARGIN, run_number=1)
    assert choose(ahead, AUTOMATIC, PREVIEW) == RUN
    assert choose(behind, AUTOMATIC, RUN) == PREVIEW
