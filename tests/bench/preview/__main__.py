"""Print val mIoU (five forest seeds a set) and times: `python -m tests.bench.preview`."""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import threadpoolctl

from s4gui.core.scores import ConfusionMatrix
from s4gui.preview.session import Session
from s4gui.preview.trees import fitted
from s4gui.wire.preview import Fit, FrameFile, Open
from tests.preview.street_sets import CLASSES, FLOORS, examples, members, score, update
from tests.shared import camvid

SEEDS = range(5)


def accuracy(folder: Path, number: int, *, every: int) -> None:
    """One row: mIoU of each seed, their mean, pixel accuracy, mean IoU per class."""
    forests = [
        fitted(examples(folder, members(folder, number), seed=seed).rows(), seed=seed, threads=2)
        for seed in SEEDS
    ]
    found = score(folder, forests, every=every)
    ious = [matrix.mean_iou() or 0.0 for matrix in found]
    accuracies = [matrix.pixel_accuracy() or 0.0 for matrix in found]
    row = " ".join(f"{iou:.3f}" for iou in ious)
    mean = statistics.mean(ious)
    verdict = "ok" if mean >= FLOORS[number] else "BELOW"
    told = (
        f"{row} | {mean:.4f} | {FLOORS[number]:.2f} {verdict} | {statistics.mean(accuracies):.3f}"
    )
    say(f"| n10_seed{number} | {told} | {per_class(found)} |")


def per_class(found: list[ConfusionMatrix]) -> str:
    """Mean IoU over the seeds, class by class; - for a class without reference."""
    columns = zip(*(matrix.per_class() for matrix in found), strict=True)
    return " ".join(
        "-" if column[0].iou is None else f"{statistics.mean(each.iou or 0 for each in column):.2f}"
        for column in columns
    )


def times(folder: Path, *, threads: int, repeats: int = 5) -> None:
    """One row: seconds until the first prediction of one image, cold and with features cached."""
    shown = FrameFile("shown", str(min((folder / "val").iterdir())))
    cold, warm = [], []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as results:
            session = Session(Open(CLASSES, results, 0, 400_000_000), threads=threads)
            for target in (cold, warm):
                for name in members(folder, 0):
                    session.update_labels(update(folder, name))
                start = time.perf_counter()
                list(itertools.islice(session.fit(Fit(1, shown, (0, 0, 360, 480), 1.0, ())), 2))
                target.append(time.perf_counter() - start)
    told = f"{statistics.median(cold):.2f} s (max {max(cold):.2f}) | "
    say(f"| {threads} | {told}{statistics.median(warm):.2f} s (max {max(warm):.2f}) |")


def say(line: str) -> None:
    """One line of the table, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """Both tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.preview")
    parser.add_argument("--every", type=int, default=1, help="score every n-th val image only")
    every = parser.parse_args().every
    folder = camvid()
    threadpoolctl.threadpool_limits(limits=1)  # as the preview process does
    say(f"cores {os.cpu_count()}, load {os.getloadavg()[0]:.1f}, every {every} of 101 val images")
    say("| threads | first answer, nothing cached | features cached |\n|---|---|---|")
    for threads in (1, 2):
        times(folder, threads=threads)
    say("| set | val mIoU, seeds 0-4 | mean | floor | pixel accuracy | IoU by class id |")
    say("|---|---|---|---|---|---|")
    for number in range(3):
        accuracy(folder, number, every=every)


if __name__ == "__main__":
    main()
