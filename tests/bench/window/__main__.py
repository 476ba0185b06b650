"""Measure the whole window: `python -m tests.bench.window [--rounds N] [--out FILE]`."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from PySide6 import __version__ as pyside_version

from tests.bench.window import beside_training, start
from tests.flows.x11 import missing

RECORD = Path(__file__).with_name("record.json")


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.bench.window", description=__doc__)
    parser.add_argument("--rounds", type=int, default=12, help="starts of each way")
    parser.add_argument("--cycles", type=int, default=4, help="of painting and not painting")
    parser.add_argument("--seconds", type=float, default=10, help="of each such phase")
    parser.add_argument("--only", choices=("start", "beside"))
    parser.add_argument("--out", type=Path, default=RECORD)
    chosen = parser.parse_args()
    if lacking := missing():
        sys.stdout.write(f"this bench needs {', '.join(lacking)}\n")
        return 1
    record = _head()
    with tempfile.TemporaryDirectory(prefix="s4gui-bench-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        if chosen.only != "beside":
            record["start"] = start.measure(home, rounds=chosen.rounds)
        if chosen.only != "start":
            record["beside training"] = beside_training.measure(
                home, cycles=chosen.cycles, seconds=chosen.seconds
            )
    record["machine"]["load after"] = _load()
    if chosen.only and chosen.out.exists():
        record = {**json.loads(chosen.out.read_text()), **record}
    chosen.out.write_text(json.dumps(record, indent=1) + "\n")
    rows = list(_goals(record))
    for name, measured, limit, met in rows:
        sys.stdout.write(
            f"{'met   ' if met else 'MISSED'} {measured:9.3f}  (goal {limit})  {name}\n"
        )
    return 0 if all(met for *_, met in rows) else 1


def _head() -> dict[str, Any]:
    return {
        "when": time.strftime("%Y-%m-%d"),
        "command": f"python -m tests.bench.window {' '.join(sys.argv[1:])}".strip(),
        "machine": {
            "cores": os.cpu_count(),
            "cpu": platform.processor() or platform.machine(),
            "memory GiB": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
            "load before": _load(),
        },
        "versions": {
            "python": platform.python_version(),
            "pyside6": pyside_version,
            "numpy": np.__version__,
        },
    }


def _load() -> list[float]:
    return [round(each, 1) for each in os.getloadavg()]


def _goals(record: dict[str, Any]) -> Any:
    for size, found in record.get("start", {}).items():
        name = f"start {size}: to image and labels, as it is / with import torch"
        yield name, found["ratio"], found["goal"], found["met"]
    for each in record.get("beside training", {}).get("goals", ()):
        yield f"beside training: {each['goal']}", each["measured"], each["limit"], each["met"]


if __name__ == "__main__":
    sys.exit(main())
