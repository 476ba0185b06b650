"""`python -m tests.bench.learn camvid --set n10_seed0 --seconds 300`: prints a JSON record."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from s4gui.core.recipe import Recipe
from s4gui.store import resources
from tests.bench.learn import camvid
from tests.shared import SHARED


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.learn")
    parser.add_argument("bench", choices=["camvid"])
    parser.add_argument("--set", nargs="+", default=["n10_seed0", "n10_seed1", "n10_seed2"])
    parser.add_argument("--seconds", type=float, default=0.0)
    parser.add_argument("--steps", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--recipe", default="fast")
    parser.add_argument("--but", nargs="*", default=[], help="choices, such as ema=0.995")
    parser.add_argument("--choose", action="store_true", help="score other train frames too")
    parser.add_argument("--output", type=Path, help="append the records to this file")
    parser.add_argument("--keep", type=Path, help="keep the run in this folder")
    given = parser.parse_args()
    raw = json.loads(resources.find(f"recipes/{given.recipe}.json").read_text())
    raw |= {"threads": given.threads, "device": "cpu", "validate_every": 1_000_000}
    raw |= {"seconds": given.seconds} if given.seconds else {}
    raw |= {"steps": given.steps} if given.steps else {}
    for choice in given.but:
        name, _, value = choice.partition("=")
        try:
            raw[name] = json.loads(value)
        except ValueError:
            raw[name] = value
    for labelled_set in given.set:
        record = camvid.measure(
            SHARED / "data" / "camvid",
            Recipe.from_json(raw),
            labelled_set=labelled_set,
            choosing=given.choose,
            keep=given.keep,
        )
        line = json.dumps(record)
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
        if given.output:
            with given.output.open("a") as file:
                file.write(line + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
