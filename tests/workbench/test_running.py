"""RunLog: live feeding and replay are one; columns, tables and times are what was said."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s4gui.wire import events
from s4gui.workbench.running import Column, Ending, RunLog, RunState

STARTED = events.RunStarted(7, 0, 100, "cpu", 2, 3, "images", {})
finite = st.floats(allow_nan=False, allow_infinity=False)
steps = st.integers(0, 500)
shares = st.dictionaries(st.sampled_from(["ce", "fm", "st", "gate"]), finite, max_size=4)
maybe = st.one_of(st.none(), st.floats(0, 1))


@st.composite
def validated(draw: st.DrawFn) -> events.Validated:
    n = draw(st.integers(0, 4))
    ids = draw(st.lists(st.integers(0, 253), min_size=n, max_size=n, unique=True))
    ious = draw(st.lists(maybe, min_size=n, max_size=n))
    pixels = tuple(range(n))
    return events.Validated(
        draw(steps), "images", tuple(ids), tuple(ious), pixels, pixels, draw(maybe), draw(maybe)
    )


any_event = st.one_of(
    st.just(events.Hello("1", "h", 1, "cpu", "c", 1, ("cpu",))),
    st.builds(events.Heartbeat, steps, st.integers(0, 1 << 40)),
    st.builds(events.RunStarted, st.just(7), steps, steps, st.just("cpu"), st.just(1), st.just(1),
              st.just("strokes"), st.just({"probe": 1.5})),
    st.builds(events.StepDone, steps, shares, shares, finite, st.floats(0, 1e6)),
    validated(),
    st.builds(events.PredictionReady, steps, st.sampled_from(["r/a.png", "r/ü.png"]), st.text()),
    st.builds(events.CheckpointSaved, steps, st.text()),
    st.builds(events.LabelsUsed, steps, st.text()),
    st.builds(events.Paused, steps, st.booleans()),
    st.builds(events.Detached, steps),
    st.builds(events.Notice, steps, st.just("a.b"), st.text(), st.text()),
    st.builds(events.Failed, st.sampled_from(["memory", "data", "device", "defect"]),
              st.just("a.b"), st.text(), st.text(), st.text()),
    st.builds(events.Finished, steps, st.sampled_from(["done", "stopped"])),
)  # fmt: skip


def facts(log: RunLog) -> dict[str, object]:
    """All that a view can see."""
    seen = {k: v for k, v in vars(log).items() if not k.startswith("_")}
    names = (*log.terms, *log.rates, "learning_rate", "seconds", "mean_iou", "pixel_accuracy")
    seen["columns"] = {n: [each.tolist() for each in log.column(n)] for n in names}
    seen["left"], seen["table"] = log.seconds_left(), log.class_scores()
    return seen


def step(n: int, seconds: float, **losses: float) -> events.StepDone:
    return events.StepDone(n, losses or {"ce": 1.0 / n}, {"gate": 0.5}, 1e-3, seconds)


@settings(max_examples=60, deadline=None)
@given(said=st.lists(any_event, max_size=60), cut=st.lists(st.integers(0, 60), max_size=5))
def test_replaying_the_file_gives_what_live_feeding_gave(
    tmp_path_factory: pytest.TempPathFactory, said: list[events.Event], cut: list[int]
) -> None:
    live = RunLog(7)
    borders = sorted({0, len(said), *(each for each in cut if each <= len(said))})
    for start, end in itertools.pairwise(borders):
        live.feed(said[start:end])
    file = tmp_path_factory.mktemp("run") / "events.jsonl"
    text = "".join(events.encode(each) + "\n" for each in said)
    file.write_text(text + '{"type":"StepDone","step":9')
    assert facts(RunLog.replay(file, number=7)) == facts(live)


def test_a_hundred_thousand_events_replay_fast(tmp_path: Path) -> None:
    line = events.encode(step(123456, 1.5, ce=0.1, fm=0.2, st=0.3))
    file = tmp_path / "events.jsonl"
    file.write_text("".join(line.replace("123456", str(n)) + "\n" for n in range(1, 100_001)))
    start = time.thread_time()
    log = RunLog.replay(file)
    took = time.thread_time() - start
    assert len(log.column("fm")[0]) == 100_000
    plain = time.thread_time()
    with file.open() as lines:
        total = sum(len(each.split(",")) for each in lines)
    plain = time.thread_time() - plain
    assert total >= 600_000
    assert took < 60 * plain, f"{took:.2f} s, {took / plain:.0f} times the splitting of the lines"


def test_columns_hold_what_was_said_however_many_there_are() -> None:
    log = RunLog()
    log.feed([STARTED, *(step(n, n / 10) for n in range(1, 1001))])
    at, values = log.column("ce")
    assert at.dtype == np.int64
    assert values.dtype == np.float64
    assert np.array_equal(at, np.arange(1, 1001))
    assert np.array_equal(values, 1.0 / np.arange(1, 1001))
    assert not values.flags.writeable


def test_terms_are_found_as_they_appear() -> None:
    log = RunLog()
    log.feed([STARTED, step(1, 1, ce=1.0), step(2, 2, ce=0.5, st=0.25)])
    assert log.terms == ("ce", "st")
    assert log.rates == ("gate",)
    assert [each.tolist() for each in log.column("st")] == [[2], [0.25]]
    assert [len(each) for each in log.column("never said")] == [0, 0]


def test_a_view_of_a_column_does_not_change_when_the_run_goes_on_or_is_continued() -> None:
    log = RunLog()
    log.feed([STARTED, step(1, 1, ce=1.0), step(2, 2, ce=2.0)])
    at, values = log.column("ce")
    log.feed([events.RunStarted(7, 1, 100, "cpu", 1, 1, "images", {}), step(2, 3, ce=9.0)])
    assert values.tolist() == [1.0, 2.0]
    assert at.tolist() == [1, 2]
    assert log.column("ce")[1].tolist() == [1.0, 9.0]


def test_a_continued_run_forgets_what_it_does_again() -> None:
    said = [STARTED, *(step(n, n) for n in range(1, 31))]
    score = events.Validated(25, "images", (0,), (0.5,), (1,), (0,), 0.5, 0.9)
    said += [score, events.CheckpointSaved(20, "a"), events.CheckpointSaved(30, "b")]
    log = RunLog()
    log.feed(said)
    log.end(Ending(RunState.DIED, "gone", "continue"))
    log.feed([events.RunStarted(7, 20, 100, "cuda:0", 2, 3, "images", {})])
    assert log.state is RunState.TRAINING
    assert log.message == ("", "")
    assert log.column("ce")[0].tolist() == list(range(1, 21))
    assert (log.step, log.seconds, log.checkpoint_step) == (20, 20.0, 20)
    assert not log.validations
    assert len(log.column("mean_iou")[0]) == 0


def test_time_left_follows_the_recent_steps() -> None:
    log = RunLog()
    assert log.seconds_left() is None
    log.feed([STARTED, step(1, 10.0)])
    assert log.seconds_left() is None
    log.feed(step(n, 10.0 + (n - 1) * 0.5) for n in range(2, 61))
    assert log.seconds_left() == pytest.approx(0.5 * 40)
    log.feed(step(n, 39.5 + (n - 60) * 2.0) for n in range(61, 100))
    assert log.seconds_per_step() == pytest.approx((39 * 2.0 + 11 * 0.5) / 50)
    log.feed([events.Finished(100, "done")])
    assert log.seconds_left() is None


def test_the_table_has_support_and_none_and_what_changed() -> None:
    log = RunLog()
    assert log.class_scores() == ()
    first = events.Validated(10, "images", (0, 7), (0.25, None), (90, 0), (4, 6), 0.25, 0.5)
    ious, support = (0.5, 0.125, None), (90, 5, 0)
    second = events.Validated(20, "images", (0, 7, 9), ious, support, (4, 6, 1), 0.3125, 0.5)
    log.feed([first, second])
    rows = log.class_scores()
    assert [(r.class_id, r.iou, r.support_px, r.false_positive_px) for r in rows] == [
        (0, 0.5, 90, 4), (7, 0.125, 5, 6), (9, None, 0, 1),
    ]  # fmt: skip
    assert [r.change for r in rows] == [0.25, None, None]
    assert [each.tolist() for each in log.class_column(7)] == [[20], [0.125]]
    assert log.column("mean_iou")[1].tolist() == [0.25, 0.3125]
    assert log.best is log.validations[1]


def test_states_follow_the_events() -> None:
    log = RunLog()
    seen = [log.state]
    for event in (
        events.Hello("1", "h", 1, "cuda:0", "RTX", 1, ("cuda:0", "cpu")),
        STARTED,
        events.Paused(3, True),
        events.Paused(3, False),
        events.Detached(4),
        events.Finished(5, "stopped"),
    ):
        log.feed([event])
        seen.append(log.state)
    assert seen == ["idle", "starting", "training", "paused", "training", "training", "stopped"]
    assert log.is_detached
    assert log.state.is_ended


def test_who_asked_to_stop_sees_stopping_until_the_end() -> None:
    log = RunLog()
    log.feed([STARTED])
    log.ask_to_stop()
    log.feed([step(1, 1), events.Paused(1, False)])
    assert log.state is RunState.STOPPING
    log.feed([events.Finished(1, "stopped")])
    log.ask_to_stop()
    assert log.state is RunState.STOPPED


def test_a_failure_keeps_its_words() -> None:
    log = RunLog()
    log.feed([STARTED, events.Failed("memory", "device.memory", "No room", "Halve it", "Trace")])
    assert (log.state, log.message, log.details) == ("failed", ("No room", "Halve it"), "Trace")


def test_predictions_and_labels_are_the_newest() -> None:
    log = RunLog()
    log.feed([events.PredictionReady(n, "r/a.png", f"p{n}") for n in (1, 2)])
    log.feed([events.LabelsUsed(2, "abc"), events.Heartbeat(3, 12345)])
    assert log.predictions == {"r/a.png": events.PredictionReady(2, "r/a.png", "p2")}
    assert log.labels_used == [events.LabelsUsed(2, "abc")]
    assert log.rss_bytes == 12345


def test_an_unended_state_is_no_ending() -> None:
    with pytest.raises(ValueError, match="does not end"):
        Ending(RunState.PAUSED)


def test_cutting_keeps_the_step_itself() -> None:
    column = Column()
    for n in range(200):
        column.append(n, n)
    column.cut(99)
    assert column.points[0].tolist() == list(range(100))


def test_a_run_without_events_is_idle(tmp_path: Path) -> None:
    log = RunLog.replay(tmp_path / "0012" / "events.jsonl")
    assert (log.number, log.state) == (12, "idle")
