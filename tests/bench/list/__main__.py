"""Measure the image list over a big folder: `python -m tests.bench.list [--images N] [--out FILE]`.

Projects of N and of 1,000 small images, opened in turns in fresh windows on a virtual screen; the
goal is about opening a project that is there. What its first import takes is said beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from tests.bench.list import making
from tests.bench.window.__main__ import _head, _load
from tests.flows.x11 import Screen, missing

REPO = Path(__file__).resolve().parents[3]
RECORD = Path(__file__).with_name("record.json")
FEW = 1000
GOAL_S = 2.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.bench.list", description=__doc__)
    parser.add_argument("--images", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--note", default="", help="what else the machine did")
    parser.add_argument("--out", type=Path, default=RECORD)
    chosen = parser.parse_args()
    if lacking := missing():
        sys.stdout.write(f"this bench needs {', '.join(lacking)}\n")
        return 1
    record = _head()
    record["command"] = f"python -m tests.bench.list {' '.join(sys.argv[1:])}".strip()
    record["note"] = chosen.note
    with tempfile.TemporaryDirectory(prefix="s4gui-list-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        projects = {}
        for number in (FEW, chosen.images):
            place = home / str(number)
            took = making.project(place / "project", making.images(place / "images", number))
            projects[number] = place / "project"
            record[f"{number} images"] = took
        rounds = _rounds(home, projects, chosen.rounds)
    for number, each in rounds.items():
        record[f"{number} images"] |= _together(each)
    record["ratios"] = _ratios(record[f"{chosen.images} images"], record[f"{FEW} images"])
    record["goals"] = _goals(record[f"{chosen.images} images"])
    record["machine"]["load after"] = _load()
    chosen.out.write_text(json.dumps(record, indent=1) + "\n")
    sys.stdout.write(json.dumps({key: record[key] for key in ("ratios", "goals")}, indent=1) + "\n")
    return 0 if all(each["met"] for each in record["goals"]) else 1


def _rounds(home: Path, projects: dict[int, Path], rounds: int) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {number: [] for number in projects}
    with Screen(1600, 1000) as screen:
        for n in range(rounds + 1):
            for number, where in projects.items():
                once = _open(screen, where, home)
                if n:  # the first round warms the file cache
                    found[number].append(once)
            sys.stderr.write(f"\ropening, round {n} of {rounds} ")
    sys.stderr.write("\n")
    return found


def _open(screen: Screen, project: Path, home: Path) -> dict[str, Any]:
    out = home / "found.json"
    environment = os.environ | screen.environment | {"PYTHONPATH": str(REPO), "HOME": str(home)}
    environment.pop("QT_QPA_PLATFORM", None)
    subprocess.run(
        [sys.executable, "-m", "tests.bench.list.opening", project, home / "settings", out],
        env=environment,
        cwd=REPO,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=300,
    )
    return json.loads(out.read_text())


def _together(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    """Medians; what is timed once a round as seconds of the wall and of the window's thread."""
    out: dict[str, Any] = {}
    for name, first in rounds[0].items():
        values = [each[name] for each in rounds]
        if isinstance(first, dict):
            out[name] = {key: float(np.median([each[key] for each in values])) for key in first}
        elif isinstance(first, list):
            wall, cpu, all_ = (round(float(each), 4) for each in np.median(values, axis=0))
            longest = round(float(np.max(values, axis=0)[0]), 4)
            out[name] = {"s": wall, "longest s": longest, "cpu s": cpu, "all cpu s": all_}
        else:
            out[name] = float(np.median(values))
    return out


def _ratios(many: dict[str, Any], few: dict[str, Any]) -> dict[str, float]:
    """Many images to few, by the window's own thread; by the wall for opening."""
    names = ["filter, text", "filter, three conditions", "sorted by labelled share", "next image"]
    out = {name: round(many[name]["cpu s"] / few[name]["cpu s"], 2) for name in names}
    out["scroll"] = round(many["scroll"]["cpu median ms"] / few["scroll"]["cpu median ms"], 2)
    opened = "first thumbnails"
    out[opened] = round(many[opened]["s"] / few[opened]["s"], 2)
    return out


def _goals(many: dict[str, Any]) -> list[dict[str, Any]]:
    texts = ("text", "three conditions", "no image")
    opened = many["first thumbnails"]["s"] + max(many[f"filter, {name}"]["s"] for name in texts)
    scroll = many["scroll"]
    rows = (
        ("opened, first thumbnails drawn, filter answered: s", opened, GOAL_S),
        ("scrolling: median of a frame, ms", scroll["median ms"], 1000 / 60),
        (
            "scrolling: frames of 300 late by own work",
            scroll["late by cpu, of 300"],
            0,
        ),
    )
    return [
        {"goal": name, "measured": round(value, 3), "limit": round(limit, 2), "met": value <= limit}
        for name, value, limit in rows
    ]


if __name__ == "__main__":
    sys.exit(main())
