"""The table of the ablation, made from the record alone; rows not run say so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

from tests.bench.methods.arms import CEILING, QUESTIONS, Arm
from tests.bench.methods.data import SPLITS
from tests.bench.methods.tasks import Budget, Record, Task

NOT_RUN = "not run"
DASH = "–"


@dataclass(frozen=True)
class Spread:
    """Mean and standard deviation (n - 1) of figures by seed; sd is None of a single one."""

    mean: float
    sd: float | None
    count: int

    @classmethod
    def of(cls, figures: Iterable[float]) -> Spread | None:
        """None of no figures."""
        found = list(figures)
        if not found:
            return None
        return cls(fmean(found), stdev(found) if len(found) > 1 else None, len(found))


def figures(record: Mapping[str, Record], tasks: Iterable[Task], reads: str) -> dict[int, float]:
    """The figure of each seed that has one."""
    found = {}
    for task in tasks:
        value = record.get(task.id, {}).get(reads)
        if value is not None:
            found[task.seed] = float(value)
    return found


def differences(arm: Mapping[int, float], base: Mapping[int, float]) -> list[float]:
    """Arm minus base, for each seed that both have."""
    return [arm[seed] - base[seed] for seed in sorted(set(arm) & set(base))]


def markdown(
    record: Mapping[str, Record],
    arms: Sequence[Arm],
    *,
    seeds: Sequence[int],
    budgets: Sequence[Budget],
    base: Mapping[str, Any],
) -> str:
    """All steps, one table for each budget; then per class and the machines."""
    parts = []
    for budget in budgets:
        rows = _Rows(record, seeds, budget, base)
        parts.append(f"## Equal {budget.kind}: {budget}")
        for step in sorted({each.step for each in arms}):
            here = [each for each in arms if each.step == step]
            parts.append(f"### {step}. {QUESTIONS.get(step, 'Others')}\n\n{rows.table(here, arms)}")
        parts.append(f"### By class, val\n\n{rows.classes(arms)}")
        parts.append(f"### Pseudo-labels that are right\n\n{rows.pseudo_labels(arms)}")
    parts += [_notices(record.values()), _machines(record.values())]
    return "\n\n".join(parts) + "\n"


class _Rows:
    """The rows of one budget."""

    def __init__(
        self,
        record: Mapping[str, Record],
        seeds: Sequence[int],
        budget: Budget,
        base: Mapping[str, Any],
    ) -> None:
        self._record, self._seeds, self._budget, self._base = record, seeds, budget, base

    def table(self, arms: Sequence[Arm], all_arms: Sequence[Arm]) -> str:
        head = (
            "| arm | data | val mIoU | against its base | left-out drive mIoU | against its base |"
            " of the ceiling | steps | CPU s a step |\n|---|---|---|---|---|---|---|---|---|"
        )
        return "\n".join([head, *(self._row(arm, all_arms) for arm in arms)])

    def _tasks(self, arm: Arm, split: str) -> list[Task]:
        return [Task(arm, split, seed, self._budget, self._base) for seed in self._seeds]

    def _figures(self, arm: Arm, split: str) -> dict[int, float]:
        return figures(self._record, self._tasks(arm, split), arm.reads)

    def _row(self, arm: Arm, all_arms: Sequence[Arm]) -> str:
        compared = _named(all_arms, arm.step, arm.against, arm.data)
        cells = [arm.name, arm.data]
        for split in SPLITS:
            found = self._figures(arm, split)
            cells.append(self._score(arm, split, found))
            cells.append(self._difference(arm, compared, split, found))
        cells += [self._of_ceiling(arm, all_arms), *self._cost(arm)]
        return "| " + " | ".join(cells) + " |"

    def _score(self, arm: Arm, split: str, found: Mapping[int, float]) -> str:
        spread = Spread.of(found.values())
        if spread is not None:
            return shown(spread)
        failed = {self._record.get(t.id, {}).get("failed") for t in self._tasks(arm, split)}
        reasons = [str(each) for each in failed if each] or [
            each for task in self._tasks(arm, split)[:1] if (each := task.problem())
        ]
        return f"{NOT_RUN} ({reasons[0]})" if reasons else NOT_RUN

    def _difference(
        self, arm: Arm, compared: Arm | None, split: str, found: Mapping[int, float]
    ) -> str:
        if compared is None:
            return "base"
        spread = Spread.of(differences(found, self._figures(compared, split)))
        return _cell(spread, signed=True)

    def _of_ceiling(self, arm: Arm, all_arms: Sequence[Arm]) -> str:
        ceiling = _named(all_arms, 0, CEILING, "F-367")
        if ceiling is None:
            return DASH
        top = Spread.of(self._figures(ceiling, SPLITS[0]).values())
        own = Spread.of(self._figures(arm, SPLITS[0]).values())
        return f"{100 * own.mean / top.mean:.1f} %" if top and own and top.mean else DASH

    def _cost(self, arm: Arm) -> list[str]:
        done = [self._record.get(t.id, {}) for s in SPLITS for t in self._tasks(arm, s)]
        steps = [each["steps"] for each in done if "steps" in each]
        costs = [each["step_cpu_seconds"] for each in done if "step_cpu_seconds" in each]
        if not steps:
            return [DASH, DASH]
        low, high = min(steps), max(steps)
        return [f"{low}" if low == high else f"{low}-{high}", f"{fmean(costs):.3f}"]

    def classes(self, arms: Sequence[Arm]) -> str:
        """Mean IoU of each class over the seeds, of the arms that were run."""
        lines: list[str] = []
        for arm in arms:
            done = [self._record.get(t.id, {}) for t in self._tasks(arm, SPLITS[0])]
            rows = [each["iou"] for each in done if "iou" in each and arm.reads == "mean_iou"]
            if not rows:
                continue
            names = list(rows[0])
            if not lines:
                lines = [
                    "| step | arm | data | " + " | ".join(names) + " | lowest |",
                    "|---" * (len(names) + 4) + "|",
                ]
            means = [Spread.of(r[n] for r in rows if r[n] is not None) for n in names]
            cells = [DASH if each is None else f"{each.mean:.3f}" for each in means]
            least = min((each.mean for each in means if each is not None), default=0.0)
            lines.append(
                f"| {arm.step} | {arm.name} | {arm.data} | "
                + " | ".join(cells)
                + f" | {least:.3f} |"
            )
        return "\n".join(lines) or NOT_RUN

    def pseudo_labels(self, arms: Sequence[Arm]) -> str:
        """Shares of right pixels among those that taught and those that did not, over the seeds."""
        lines: list[str] = []
        for arm in arms:
            done = [self._record.get(t.id, {}) for s in SPLITS for t in self._tasks(arm, s)]
            found = [each["pseudo_labels"] for each in done if each.get("pseudo_labels")]
            if not found:
                continue
            if not lines:
                lines = [
                    "| step | arm | data | passed | right of them | right of the others | apart |",
                    "|---" * 7 + "|",
                ]
            every = [(each["passed_px"], each["passed_px"] + each["rejected_px"]) for each in found]
            passed = Spread.of(part / whole for part, whole in every if whole)
            right = [(each["passed_right"], each["rejected_right"]) for each in found]
            cells = [
                _cell(passed),
                _cell(Spread.of(one for one, _ in right if one is not None)),
                _cell(Spread.of(other for _, other in right if other is not None)),
                _cell(
                    Spread.of(one - other for one, other in right if None not in (one, other)),
                    signed=True,
                ),
            ]
            lines.append(f"| {arm.step} | {arm.name} | {arm.data} | " + " | ".join(cells) + " |")
        return "\n".join(lines) or NOT_RUN


def _cell(spread: Spread | None, *, signed: bool = False) -> str:
    return DASH if spread is None else shown(spread, signed=signed)


def shown(spread: Spread, *, signed: bool = False) -> str:
    """Such as "0.412 ± 0.010 (3)"."""
    mean = f"{spread.mean:+.3f}" if signed else f"{spread.mean:.3f}"
    sd = f" ± {spread.sd:.3f}" if spread.sd is not None else ""
    return f"{mean}{sd} ({spread.count})"


def _named(arms: Sequence[Arm], step: int, name: str, data: str) -> Arm | None:
    wanted = (step, name, data)
    return next((each for each in arms if (each.step, each.name, each.data) == wanted), None)


def _notices(records: Iterable[Record]) -> str:
    """What runs had to say, such as a collapse that was rolled back."""
    lines = [
        "- {name}, {data}, {split}, seed {seed}".format(**each) + f": {notice} at {step}"
        for each in records
        for step, notice in each.get("notices", [])
    ]
    return "\n".join(["Notices:", *lines]) if lines else "Notices: none"


def _machines(records: Iterable[Record]) -> str:
    facts: dict[str, list[Record]] = {}
    for record in records:
        here = record.get("machine")
        if here:
            gpu = f", {here['gpu']}" if here["gpu"] else ""
            line = (
                f"{here['cores']} cores {here['processor']}{gpu}, torch {here['torch']},"
                f" {here['threads']} thread(s) a run, commit {here['commit'] or 'unknown'}"
            )
            facts.setdefault(line, []).append(record)
    lines = ["Machines:"] if facts else ["Machines: none yet"]
    for line, found in facts.items():
        loads = [each["machine"]["load_before"] for each in found]
        lines.append(f"- {line}: {len(found)} runs, load {min(loads):.1f} to {max(loads):.1f}")
    return "\n".join(lines)
