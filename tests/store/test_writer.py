"""The writer: order, speed, and rows that overtake label files."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import numpy as np
import pytest

from s4gui.core.labels import Box
from s4gui.store import database, label_files, masks
from s4gui.workbench.painting import Tool
from tests.workbench import places

FRAME = "images/a.png"


def region(bench, number: int, size: int = 40) -> None:
    random = np.random.default_rng(number)
    y, x = (int(n) for n in random.integers(0, 300, 2))
    box = Box(y, x, y + size, x + size)
    bench.paint_region(FRAME, np.ones(box.shape, bool), box, number % 6, tool=Tool.RECTANGLE)


def test_edits_are_acknowledged_in_order_once_each(tmp_path: Path) -> None:
    bench = places.opened(places.make(tmp_path, {"a.png": (400, 400)}))
    heard: list[int] = []
    bench.on_acknowledged = heard.append
    for number in range(60):
        region(bench, number)
    bench.close()
    assert heard == sorted(set(heard))
    assert len(heard) == 60


def test_an_edit_is_acknowledged_soon_also_while_a_large_label_file_is_written(
    tmp_path: Path,
) -> None:
    bench = places.opened(places.make(tmp_path, {"a.png": (1024, 2048)}))
    ended: dict[int, float] = {}
    took: list[float] = []
    bench.on_acknowledged = lambda seq: took.append(time.perf_counter() - ended[seq])
    noise = np.random.default_rng(0).integers(0, 6, (1024, 2048)).astype(np.uint8)
    bench.import_labels(FRAME, noise, detail="noise")
    ended[1] = time.perf_counter()
    bench.project.settle()
    took.clear()
    for number in range(60):
        if number % 10 == 0:
            bench.save_now()
        ended[bench.project.last_taken() + 1] = time.perf_counter()
        region(bench, number)
        deadline = time.perf_counter() + 5
        while bench.pending and time.perf_counter() < deadline:
            pass
    bench.close()
    assert len(took) == len(ended) - 1
    # The goal is 50 ms at the 99th percentile on a quiet machine; this one is shared.
    assert np.percentile(took, 90) < 0.25, [round(1000 * t) for t in took]


def test_a_label_file_never_holds_more_than_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = places.make(tmp_path, {"a.png": (400, 400)})
    bench = places.opened(folder)
    seen: list[tuple[int, int]] = []
    real = label_files.write_in_steps

    def watched(files, planes, **named):
        with contextlib.closing(database.connect_reading(folder / database.NAME)) as connection:
            (committed,) = connection.execute("SELECT max(seq) FROM journal").fetchone()
        seen.append((planes.seq, committed))
        return real(files, planes, **named)

    monkeypatch.setattr(label_files, "write_in_steps", watched)
    for number in range(20):
        region(bench, number)
        bench.save_now()
    bench.close()
    assert seen
    assert all(in_file <= committed for in_file, committed in seen)
    assert masks.read_noted(label_files.of(folder, FRAME).labels)[1]["seq"] == "20"


def test_only_the_newest_planes_of_a_frame_wait(tmp_path: Path) -> None:
    bench = places.opened(places.make(tmp_path, {"a.png": (400, 400)}))
    bench.mask(FRAME)
    for number in range(5):
        region(bench, number)
        bench.save_now()
        assert bench.project.writer.pending - bench.project.writer.pending_rows <= 2
    bench.close()


def test_a_closed_writer_takes_nothing(tmp_path: Path) -> None:
    bench = places.opened(places.make(tmp_path, {"a.png": (40, 40)}))
    bench.close()
    with pytest.raises(RuntimeError, match="closed"):
        bench.project.writer.do(lambda to: None)
