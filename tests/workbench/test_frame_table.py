"""The columns that lists are made of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from s4gui.core.change import Change
from s4gui.core.frames import Frame, FrameState
from s4gui.core.listing import Sort
from s4gui.core.strokes import Stroke
from s4gui.workbench.frame_table import FrameTable
from tests.workbench import places

FRAMES = tuple(Frame("r", f"{n}.png", 10, 10, problem="" if n else "broken") for n in range(6))
MARKS = [each for each in FrameState if each.is_mark]
IDS = [each.id for each in FRAMES]


def test_a_state_is_the_mark_or_follows_from_the_labels() -> None:
    table = FrameTable(
        FRAMES,
        {IDS[1]: {3: 5, 4: 2}, IDS[2]: {0: 1}, "r/gone.png": {1: 1}},
        {IDS[2]: FrameState.DONE, IDS[3]: FrameState.FLAGGED, "r/gone.png": FrameState.DONE},
    )
    assert [table.state(n) for n in range(6)] == [
        FrameState.UNTOUCHED,
        FrameState.STARTED,
        FrameState.DONE,
        FrameState.FLAGGED,
        FrameState.UNTOUCHED,
        FrameState.UNTOUCHED,
    ]
    assert table.numbers() == {
        FrameState.UNTOUCHED: 3,
        FrameState.STARTED: 1,
        FrameState.DONE: 1,
        FrameState.APPROVED: 0,
        FrameState.FLAGGED: 1,
    }
    assert table.labelled == 2
    assert table.labelled_px.tolist() == [0, 7, 1, 0, 0, 0]
    assert table.broken.tolist() == [True] + 5 * [False]


def test_a_state_follows_what_is_painted_erased_marked_and_unmarked() -> None:
    table = FrameTable(FRAMES)
    table.count(IDS[4], {2: 9})
    assert table.state(4) is FrameState.STARTED
    table.mark({IDS[4]: FrameState.APPROVED})
    table.count(IDS[4], {})
    assert table.state(4) is FrameState.APPROVED
    table.mark({IDS[4]: None})
    assert table.state(4) is FrameState.UNTOUCHED
    assert table.all_are(IDS, FrameState.UNTOUCHED)
    assert not table.all_are([*IDS, "r/gone.png"], FrameState.UNTOUCHED)


def test_marking_says_which_frames_changed(tmp_path: Path) -> None:
    bench = places.opened(places.make(tmp_path, {"a.png": (40, 50), "b.png": (40, 50)}))
    names = [each.id for each in bench.frames]
    assert bench.set_mark(names, FrameState.DONE) == Change(states=frozenset(names))
    assert bench.project.marks == dict.fromkeys(names, FrameState.DONE)
    bench.set_mark(names[:1], None)
    assert bench.project.marks == {names[1]: FrameState.DONE}
    bench.paint(names[0], Stroke(((5.0, 5.0), (9.0, 9.0)), 3.0, 1))
    bench.project.settle()
    project = bench.project
    table = FrameTable(project.frames, project.all_counts(), project.marks, project.places)
    assert [table.state(n) for n in range(2)] == [FrameState.STARTED, FrameState.DONE]
    bench.close()


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 4), st.sampled_from([None, *MARKS]))),
    st.sampled_from(Sort),
    st.booleans(),
    st.randoms(),
)
def test_lists_are_sorted_as_pythons_own_sort_does(rows, by, down, chance) -> None:
    frames = tuple(Frame("r", f"{n}.png", 10, 10) for n in range(len(rows)))
    table = FrameTable(
        frames,
        {each.id: {0: px} for each, (_, px, _) in zip(frames, rows, strict=True)},
        {each.id: mark for each, (_, _, mark) in zip(frames, rows, strict=True)},
        modified_ns=lambda: [1_700_000_000_000_000_000 + date for date, _, _ in rows],
    )
    places = [n for n in range(len(rows)) if chance.random() < 0.7]
    key = {
        Sort.NAME: lambda n: n,
        Sort.DATE: lambda n: rows[n][0],
        Sort.LABELLED: lambda n: rows[n][1],
        Sort.STATE: lambda n: list(FrameState).index(table.state(n)),
    }[by]
    expected = sorted(places, key=key, reverse=down)
    if down and by is not Sort.NAME:  # alike ones stay in the project's order
        expected = sorted(places, key=lambda n: -key(n))
    assert table.ordered(np.array(places, np.intp), by, down=down).tolist() == expected
