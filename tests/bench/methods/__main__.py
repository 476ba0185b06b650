"""`python -m tests.bench.methods --steps 1500 --jobs 2`: the ablation; run it again to go on.

Each finished arm and seed is one line of the record; what is there is not done again. `--table`
prints the table of the record. `--list` says what would be run, in order. Nothing is chosen here:
val images are scored once, after the last step, and are not in the run's folder before.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
import traceback
from pathlib import Path

from tests.bench.methods import running, table, tasks
from tests.bench.methods.arms import ARMS, Arm
from tests.bench.methods.data import SETS, SPLITS
from tests.bench.methods.tasks import Budget, Task
from tests.shared import SHARED

RECORD = Path(__file__).with_name("record.jsonl")
POLL_SECONDS = 0.2


def main(arguments: list[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    arms = [*ARMS, *(_added(each) for each in given.add)]
    if given.arms:
        arms = [each for each in arms if any(tasks.matches(each, p) for p in given.arms)]
    budgets = [Budget("steps", each) for each in given.steps]
    budgets += [Budget("seconds", each) for each in given.seconds]
    base = tasks.base_values(given.recipe, given.but)
    planned = tasks.plan(
        arms,
        splits=given.splits,
        seeds=given.seeds,
        budgets=budgets or [Budget("steps", 1500)],
        base=base,
        order=given.order,
        seed_first=not given.arm_first,
    )
    record = tasks.read_record(given.record)
    if given.one:
        return _one(next(each for each in planned if each.id == given.one), given.camvid)
    if given.table:
        shown = budgets or sorted({Budget(*each["budget"]) for each in record.values()})
        sys.stdout.write(table.markdown(record, arms, seeds=given.seeds, budgets=shown, base=base))
        return 0
    if given.list:
        for task in planned:
            state = "done" if tasks.is_done(record, task) else task.problem() or "to do"
            sys.stdout.write(f"{task.title}: {state}\n")
        return 0
    runnable = [each for each in planned if not each.problem()]
    return _all(runnable, given, [] if arguments is None else arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.methods", description=__doc__)
    parser.add_argument("--steps", type=int, nargs="+", default=[], help="equal steps: so many")
    parser.add_argument(
        "--seconds", type=float, nargs="+", default=[], help="equal seconds of the processor"
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--splits", nargs="+", choices=SPLITS, default=list(SPLITS))
    parser.add_argument(
        "--arms", nargs="+", default=[], help="steps, names, data sets, or step:name:data, with *"
    )
    parser.add_argument("--order", nargs="+", default=[], help="the same: these first")
    parser.add_argument("--arm-first", action="store_true", help="all seeds of an arm, then next")
    parser.add_argument(
        "--add",
        nargs="+",
        default=[],
        help='further arms: "7|name|S-46|against|weight_crf=0.2,..."',
    )
    parser.add_argument("--recipe", default="", help="arms change this ready recipe, not BASE")
    parser.add_argument("--but", nargs="*", default=[], help="changes to it, such as width=32")
    parser.add_argument("--jobs", type=int, choices=(1, 2), default=1)
    parser.add_argument("--record", type=Path, default=RECORD)
    parser.add_argument("--camvid", type=Path, default=SHARED / "data" / "camvid")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--one", default="", help=argparse.SUPPRESS)
    return parser


def _added(text: str) -> Arm:
    """An arm of the command line; values are JSON, or else words."""
    step, name, data, against, changes = text.split("|")
    if data not in SETS:
        raise SystemExit(f"no data set {data}: {', '.join(SETS)}")
    return Arm(int(step), name, data, tasks.choices(filter(None, changes.split(","))), against)


def _one(task: Task, camvid: Path) -> int:
    """In the subprocess: do it and print its record, or that it failed."""
    try:
        found = running.perform(task, camvid)
    except Exception as error:  # noqa: BLE001 - goes into the record
        traceback.print_exc()
        found = running.describe(task) | {"failed": f"{type(error).__name__}: {error}"}
    sys.stdout.write(json.dumps(found) + "\n")
    return 0


def _all(planned: list[Task], given: argparse.Namespace, arguments: list[str]) -> int:
    """Do what is not on record, `jobs` at a time; the number of tasks that failed."""
    arguments = arguments or sys.argv[1:]
    waiting = list(planned)
    working: dict[subprocess.Popen[str], tuple[Task, float]] = {}
    failed = 0
    try:
        while waiting or working:
            while waiting and len(working) < given.jobs:
                task = waiting.pop(0)
                if not tasks.is_done(tasks.read_record(given.record), task):
                    working[_start(task, arguments)] = (task, time.perf_counter())
            for process in [each for each in working if each.poll() is not None]:
                task, since = working.pop(process)
                failed += _take(task, process, given.record, time.perf_counter() - since)
            time.sleep(POLL_SECONDS)
    finally:
        for process in working:
            process.kill()
            process.wait()
    return failed


def _start(task: Task, arguments: list[str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.bench.methods", *arguments, "--one", task.id]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def _take(task: Task, process: subprocess.Popen[str], path: Path, seconds: float) -> int:
    """Put down what a subprocess said; 1 if it failed."""
    assert process.stdout is not None
    said = process.stdout.read().strip().splitlines()
    process.stdout.close()
    try:
        found = json.loads(said[-1])
    except (IndexError, ValueError):
        found = running.describe(task) | {"failed": f"the process ended with {process.returncode}"}
    tasks.append(path, found)
    outcome = found.get("failed") or f"{found['mean_iou']:.4f}"
    sys.stdout.write(f"{task.title}: {outcome} ({seconds:.0f} s)\n")
    sys.stdout.flush()
    return int("failed" in found)


if __name__ == "__main__":
    raise SystemExit(main())
