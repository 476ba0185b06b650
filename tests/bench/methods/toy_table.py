"""The toy of methods 6 for every strategy: python -m tests.bench.methods.toy_table [seeds].

Eight images of 48 x 64, two with one stroke a class, 200 steps; mean IoU of the last average on
all whole masks, by seed, and the paired difference to plain supervised learning.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import mean, stdev

from tests.learn.toy import mean_iou

ARMS: dict[str, dict[str, object]] = {
    "supervised": {},
    "+ gated CRF": {"weight_crf": 0.1},
    "+ entropy": {"weight_entropy": 0.05},
    "mean teacher": {"strategy": "mean_teacher"},
    "weak2strong, 1 view": {"strategy": "weak2strong"},
    "weak2strong, V2": {
        "strategy": "weak2strong",
        "strong_views": 2,
        "perturb": "complementary",
    },
    "weak2strong + gated CRF": {"strategy": "weak2strong", "weight_crf": 0.1},
    "S4GAN": {"strategy": "s4gan"},
}


def main(seeds: int) -> None:
    """Train every arm with every seed and write the table as it grows."""
    plain: list[float] = []
    for name, choices in ARMS.items():
        found = []
        for seed in range(seeds):
            with tempfile.TemporaryDirectory() as folder:
                found.append(mean_iou(Path(folder), seed, **choices))
        plain = plain or found
        gains = [a - b for a, b in zip(found, plain, strict=True)]
        spread = stdev(gains) if seeds > 1 else 0.0
        each = " ".join(f"{value:.3f}" for value in found)
        sys.stdout.write(f"{name:24} {each}  gain {mean(gains):+.3f} sd {spread:.3f}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
