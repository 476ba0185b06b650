"""kill -9 of the real window, a few times; and that this would find what a kill had lost.

The long form: `python -m tests.faults.window_kills --kills 300` and `--workers`.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from s4gui.core.labels import LabelMask
from s4gui.core.sources import NO_SOURCE
from s4gui.core.strokes import Stroke, rasterise
from tests.faults.hand import EMPTY, UNSURE, Op, Row, Sheet, follow, lost
from tests.faults.window_kills import Kills
from tests.flows.x11 import Screen, missing

SHAPE = (60, 80)
ROWS = [Row(n, "a", "edit", 1, 0, f"digest {n}") for n in (1, 2, 3)]


@pytest.fixture(scope="module")
def screen() -> Iterator[Screen]:
    if lacking := missing():
        pytest.skip(f"needs {' and '.join(lacking)} for a screen with X events")
    with Screen(1280, 800, in_order=True) as made:
        yield made


def strokes(count: int, seed: int = 0) -> list[Op]:
    random = np.random.default_rng(seed)
    ends = random.uniform((0, 0), SHAPE, (count, 2, 2))
    values = [EMPTY if n % 7 == 6 else n % 5 for n in range(count)]
    return [
        Op("edit", "a", value, tuple(a), tuple(b), float(random.uniform(2, 9)))
        for value, (a, b) in zip(values, ends.tolist(), strict=True)
    ]


def rows_of(ops: list[Op]) -> list[Row]:
    return [Row(n, op.frame, op.kind, op.value, 0, "") for n, op in enumerate(ops, 1)]


def painted(ops: list[Op]) -> np.ndarray:
    """What the program makes of these strokes."""
    mask = LabelMask(np.full(SHAPE, EMPTY, np.uint8), np.full(SHAPE, NO_SOURCE, np.uint16))
    for op in ops:
        inside, box = rasterise(Stroke((op.a, op.b), op.radius_px, op.value))
        mask.paint(inside, box, op.value, source=1)
    return mask.labels.copy()


@pytest.mark.xvfb
def test_no_acknowledged_stroke_is_lost_when_the_window_is_killed(
    screen: Screen, tmp_path: Path
) -> None:
    figures = Kills(screen, tmp_path, seed=0).run(4)
    assert figures.wrong == []
    assert figures.lost == 0
    assert figures.kills == 4
    assert figures.acknowledged >= 10, "too little was acknowledged to prove anything"
    assert figures.painted_px > 1000


@pytest.mark.xvfb
def test_an_acknowledged_row_that_a_kill_took_away_is_found(screen: Screen, tmp_path: Path) -> None:
    kills = Kills(screen, tmp_path, seed=0)
    kills.moments = ("row",)

    def drop_the_last(folder: Path, acknowledged: list[Row]) -> None:
        with contextlib.closing(sqlite3.connect(folder / "project.db")) as database, database:
            database.execute("DELETE FROM journal WHERE seq>=?", (acknowledged[-1].seq,))

    kills.spoil = drop_the_last
    figures = kills.run(1)
    assert figures.lost == 1
    assert any("was acknowledged and is missing" in each for each in figures.wrong)


def test_rows_that_are_missing_or_others_are_named() -> None:
    assert lost(ROWS, ROWS) == []
    assert lost(ROWS[:2], ROWS) == []
    assert lost(ROWS, ROWS[:2]) == ["row 3 was acknowledged and is missing"]
    other = Row(2, "a", "edit", 1, 0, "another digest")
    assert lost(ROWS, [ROWS[0], other, ROWS[2]]) == ["row 2 was acknowledged and is another"]


def test_what_the_program_paints_is_what_the_hand_left() -> None:
    ops = strokes(40)
    sheet = Sheet.blank(SHAPE)
    for seq, op in enumerate(ops, 1):
        sheet.paint(op, seq)
    labels = painted(ops)
    assert sheet.differences(labels) == 0
    judged = sheet.labels != UNSURE
    assert judged.mean() > 0.4
    assert set(sheet.labels[judged].tolist()) == {0, 1, 2, 3, 4, EMPTY}


@pytest.mark.parametrize("gone", range(8))
def test_a_stroke_that_is_not_in_the_mask_is_seen(gone: int) -> None:
    ops = strokes(8, seed=3)
    sheet, without = Sheet.blank(SHAPE), Sheet.blank(SHAPE)
    for seq, op in enumerate(ops, 1):
        sheet.paint(op, seq)
        if seq - 1 != gone:
            without.paint(op, seq)
    if np.array_equal(sheet.labels, without.labels):
        pytest.fail("a later stroke hides this one: choose another seed")
    assert sheet.differences(painted(ops)) == 0
    assert sheet.differences(painted(ops[:gone] + ops[gone + 1 :])) > 0


def test_rows_must_be_the_first_strokes_of_the_hand_without_a_gap() -> None:
    ops = strokes(6)
    rows = rows_of(ops)
    assert follow({"a": Sheet.blank(SHAPE)}, ops, rows) == []
    assert follow({"a": Sheet.blank(SHAPE)}, ops, rows[:4]) == []
    (wrong,) = follow({"a": Sheet.blank(SHAPE)}, ops, rows[:2] + rows[3:])
    assert "is not what the hand did next" in wrong
    assert follow({"a": Sheet.blank(SHAPE)}, ops[:4], rows) != []


def test_undo_and_redo_lead_the_sheet_back_and_forth() -> None:
    ops = [*strokes(3), Op("undo", "a"), Op("undo", "a"), Op("redo", "a")]
    steps = [Row(4, "a", "undo", EMPTY, 3, ""), Row(5, "a", "undo", EMPTY, 2, "")]
    rows = [*rows_of(ops[:3]), *steps, Row(6, "a", "redo", EMPTY, 2, "")]
    sheet = Sheet.blank(SHAPE)
    assert follow({"a": sheet}, ops, rows) == []
    assert sheet.differences(painted(ops[:2])) == 0
    assert sheet.differences(painted(ops[:3])) > 0
    wrong = follow({"a": Sheet.blank(SHAPE)}, ops, [*rows[:4], Row(5, "a", "undo", EMPTY, 1, "")])
    assert wrong == ["row 5: undo of 1, which was not next"]


def test_an_undo_key_may_mean_nothing_but_a_stroke_may_not() -> None:
    ops = [*strokes(2), Op("undo", "a"), *strokes(3)[2:]]
    rows = rows_of([op for op in ops if op.kind == "edit"])
    assert follow({"a": Sheet.blank(SHAPE)}, ops, rows) == []
