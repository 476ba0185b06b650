"""kill -9 while a class is merged in all images: afterwards it is in all of them or in none."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from tests.faults import merger
from tests.workbench import places

KILLS = max(4, int(os.environ.get("S4GUI_KILLS", "20")) // 3)


def test_an_edit_of_the_whole_project_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    random = np.random.default_rng(11)
    project = merger.make(tmp_path)
    seen = set()
    for _ in range(KILLS):
        flips = sum(len(each.flips) + 1 for each in _edits(project))
        started = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.merger", str(project)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert started.stdout is not None
        lines = [started.stdout.readline() for _ in range(int(random.integers(1, 8)))]
        time.sleep(float(random.uniform(0, 0.01)))  # anywhere within an edit, not a wait
        started.kill()
        lines += started.stdout.readlines()
        started.wait()
        started.stdout.close()
        acknowledged = max(int(line.split()[1]) for line in lines if line.endswith("\n"))
        bench = places.opened(project)
        counts = {str(bench.counts(frame.id)) for frame in bench.frames}
        masks = {str(bench.mask(frame.id).counts()) for frame in bench.frames}
        assert counts == masks
        assert len(masks) == 1, "some images are merged and others not"
        assert masks in ({"{1: 400}"}, {"{2: 400}"})
        assert (1 in bench.class_map) == (masks == {"{1: 400}"})
        assert sum(len(each.flips) + 1 for each in bench.project_edits) >= flips + acknowledged
        seen |= masks
        if masks == {"{2: 400}"}:  # so that the next process finds something to merge
            bench.flip(bench.project_edits[-1])
        bench.close()
    assert len(seen) == 2, "only one of the two states was ever met"


def _edits(project: Path):
    bench = places.opened(project)
    try:
        return bench.project_edits
    finally:
        bench.close()
