"""How long from the start of the process to the first image with labels on the screen.

Each round starts the program as it is, with `import torch` before it, and with torchvision too,
one after the other on the same virtual screen; the goal is about the ratio of the medians.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from tests.bench.window import scene
from tests.flows.x11 import Screen

REPO = Path(__file__).resolve().parents[3]
GOAL = 0.2
WAYS = {"as it is": "", "+ torch": "torch"}
_HOLD_MS = 300
_LONGEST_S = 120
Times = dict[str, dict[str, list[float]]]


def measure(home: Path, *, rounds: int) -> dict[str, dict[str, object]]:
    """For each size of the images: seconds by way and moment, and the ratio to be judged."""
    out: dict[str, dict[str, object]] = {}
    with Screen(1600, 1000) as screen:
        for size in scene.SIZES:
            project = scene.lay_out(home / size, size, images=6)
            times = _rounds(screen, project, home, rounds)
            out[size] = _figures(times)
    return out


def _rounds(screen: Screen, project: Path, home: Path, rounds: int) -> Times:
    times: Times = {way: {} for way in WAYS}
    for number in range(rounds + 1):
        for way, modules in WAYS.items():
            found = start(screen, project, home / "start", modules)
            if number:  # the first round warms the file cache
                for moment, seconds in found.items():
                    times[way].setdefault(moment, []).append(seconds)
        sys.stderr.write(f"\rstart, round {number} of {rounds} ")
    sys.stderr.write("\n")
    return times


def start(screen: Screen, project: Path, home: Path, modules: str) -> dict[str, float]:
    """Seconds since the start of the process by moment, of one start and end of the program."""
    home.mkdir(exist_ok=True)
    notes = home / "notes.json"
    notes.unlink(missing_ok=True)
    environment = os.environ | screen.environment | {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "PYTHONPATH": str(REPO),
    }  # fmt: skip
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # a program that is installed is compiled
    command = [sys.executable, "-m", "tests.bench.window.first_paint"]
    with (home / "log").open("wb") as log:
        began = time.monotonic()
        process = subprocess.Popen(
            [*command, str(notes), str(_HOLD_MS), modules, str(project)],
            env=environment,
            cwd=REPO,
            stdout=log,
            stderr=log,
        )
        try:
            code = process.wait(_LONGEST_S)
        finally:
            process.kill()
    if code or not notes.exists():
        raise RuntimeError(f"the window ended with {code}: {(home / 'log').read_text()[-3000:]}")
    return {moment: at - began for moment, at in json.loads(notes.read_text()).items()}


def _figures(times: Times) -> dict[str, object]:
    median = {
        way: {moment: round(float(np.median(each)), 3) for moment, each in found.items()}
        for way, found in times.items()
    }
    own, heavy = times["as it is"]["image"], times["+ torch"]["image"]
    pairs = [a / b for a, b in zip(own, heavy, strict=True)]
    ratio = float(np.median(own) / np.median(heavy))
    return {
        "seconds": median,
        "all": {way: [round(each, 3) for each in found["image"]] for way, found in times.items()},
        "ratio": round(ratio, 3),
        "ratio of pairs, least and most": [round(min(pairs), 3), round(max(pairs), 3)],
        "goal": GOAL,
        "met": ratio <= GOAL,
    }
