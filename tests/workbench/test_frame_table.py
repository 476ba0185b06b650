"""The columns that lists are made of."""

from __future__ import annotations

from pathlib import Path

from s4gui.core.change import Change
from s4gui.core.frames import Frame, FrameState
from s4gui.core.strokes import Stroke
from s4gui.workbench.frame_table import FrameTable
from tests.workbench import places

FRAMES = tuple(Frame("r", f"{n}.png", 10, 10, problem="" if n else "broken") for n in range(6))
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
