"""`python -m tests.bench.methods.throughput`: what a step costs, in ratios taken within one run.

Each way to learn is measured in the setting of methods 0.7 (U-Net of width 16, views of 128 x 160,
2 labelled and 2 unlabelled) and with the light network, in turns, so that what else runs on the
machine meets all alike. Figures are medians of the time of the processor (of the clock beside
it). The pictures are drawn here; no data set is needed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.nn import functional as F

from s4gui.core.classes import UNLABELLED
from s4gui.core.frames import Frame, Split
from s4gui.core.recipe import Recipe
from s4gui.learn import setup
from s4gui.learn.build import make_generator
from s4gui.learn.schedule import Progress
from s4gui.learn.setup import Session
from s4gui.learn.strategies.weak2strong import PRESETS
from s4gui.learn.views import Batch
from s4gui.store import runs, snapshots
from s4gui.store.runs import RunCard
from s4gui.store.snapshots import SnapshotFrame
from tests.bench.learn.camvid import CLASSES
from tests.bench.methods.running import machine

RECORD = Path(__file__).with_name("throughput.json")
FRAMES, SHAPE = 8, (360, 480)
MANY = 1_000_000
THROWN_AWAY = 3
ALLOWED = 1.15
"""A goal is met up to so many times the multiple of methods 0.7."""
BARE_ALLOWED, PIPELINE_ALLOWED = 1.05, 0.10

BASE = Recipe(
    name="throughput",
    network="unet",
    width=16,
    long_side_px=240,
    crop_px=128,
    crop_ratio=1.25,
    batch_labelled=2,
    batch_unlabelled=2,
    steps=MANY,
    weight_crf=0.0,
    trust=0.0,  # all images pass: the dearest step
    warmup_steps=0,
    discriminator_width=16,
    device="cpu",
    threads=1,
)
LIGHT: dict[str, Any] = {"network": "light", "crop_px": 0, "long_side_px": 320}
"""As the recipe `fast` learns on pictures of this size."""


@dataclass(frozen=True)
class Way:
    """A way to learn: changes to BASE, and its cost beside `supervised` by methods 0.7."""

    changes: Mapping[str, Any]
    goal: float | None = None


WAYS = {
    "supervised": Way({}),
    "mean_teacher": Way({"strategy": "mean_teacher"}, 2.1),
    "fixmatch (average)": Way({"strategy": "weak2strong", **PRESETS["fixmatch"]}, 2.1),
    "unimatch_v2": Way({"strategy": "weak2strong", **PRESETS["unimatch_v2"]}, 3.0),
    "unimatch": Way({"strategy": "weak2strong", **PRESETS["unimatch"]}, 5.1),
    "s4gan, D 16": Way({"strategy": "s4gan"}, 2.0),
    "s4gan, D 64": Way({"strategy": "s4gan", "discriminator_width": 64}, 3.2),
    "s4gan_mlmt, shared": Way({"strategy": "s4gan_mlmt"}),
    "supervised + gated CRF": Way({"weight_crf": 0.1}, 1.03),
    "supervised + tree energy": Way({"weight_tree": 0.1}, 1.18),
}


@dataclass
class Times:
    """Seconds of the processor and of the clock, one of each a time."""

    processor: list[float] = field(default_factory=list)
    clock: list[float] = field(default_factory=list)

    def take(self, work: Callable[[], Any]) -> Any:
        """Do it and note how long it took."""
        before = time.perf_counter(), time.process_time()
        done = work()
        self.processor.append(time.process_time() - before[1])
        self.clock.append(time.perf_counter() - before[0])
        return done

    def ms(self) -> dict[str, float]:
        """Medians, without the first few."""
        return {
            "processor_ms": round(1000 * median(self.processor[THROWN_AWAY:]), 3),
            "clock_ms": round(1000 * median(self.clock[THROWN_AWAY:]), 3),
        }


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.methods.throughput")
    parser.add_argument("--rounds", type=int, default=25, help="steps of each way")
    parser.add_argument("--record", type=Path, default=RECORD)
    parser.add_argument("--table", action="store_true", help="print the table of the record")
    given = parser.parse_args(arguments)
    if not given.table:
        found = measured(given.rounds)
        given.record.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(markdown(json.loads(given.record.read_text(encoding="utf-8"))))
    return 0


def measured(rounds: int, base: Recipe = BASE) -> dict[str, Any]:
    """The whole record: both networks, the bare loop, and on what machine."""
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as temporary:
        found = {
            "unet": ways(Path(temporary) / "unet", base, rounds),
            "light": ways(Path(temporary) / "light", base.but(**LIGHT), rounds),
            "bare": beside_bare(Path(temporary) / "bare", base, rounds),
        }
    return {
        **found,
        "rounds": rounds,
        "machine": machine() | {"load_before": load, "load_after": os.getloadavg()[0]},
    }


def ways(folder: Path, base: Recipe, rounds: int) -> dict[str, Any]:
    """Each way's times of a step and of drawing its views, by name, with its multiple."""
    sessions = {name: _session(folder / str(n), base, way) for n, (name, way) in _each_way()}
    steps = {name: Times() for name in sessions}
    draws = {name: Times() for name in sessions}
    for number in range(rounds + THROWN_AWAY):
        for name, session in sessions.items():
            batch = draws[name].take(lambda s=session: s.batches.batch(number))  # noqa: B023 - called at once
            steps[name].take(lambda s=session, b=batch: _step(s, b, number))  # noqa: B023 - the same
    first = next(iter(sessions))
    return {
        name: {
            **steps[name].ms(),
            "multiple": _ratio(steps[name], steps[first]),
            "drawing_ms": draws[name].ms()["processor_ms"],
            "drawing_share": _share(draws[name], steps[name]),
            "goal": WAYS[name].goal,
        }
        for name in sessions
    }


def beside_bare(folder: Path, base: Recipe, rounds: int) -> dict[str, Any]:
    """A step of ours beside the least that torch needs for it: same network, views and loss."""
    session = _session(folder, base, WAYS["supervised"])
    bare = _Bare(base)
    ours, theirs = Times(), Times()
    for number in range(rounds + THROWN_AWAY):
        batch = session.batches.batch(number)
        turns = [
            (ours, lambda b=batch, n=number: _step(session, b, n)),
            (theirs, lambda b=batch: bare.step(b)),
        ]
        for times, work in turns if number % 2 else reversed(turns):
            times.take(work)
    return {"ours": ours.ms(), "bare": theirs.ms(), "multiple": _ratio(ours, theirs)}


class _Bare:
    """Forward, cross-entropy, backward, AdamW."""

    def __init__(self, recipe: Recipe) -> None:
        torch.manual_seed(0)
        self._network: nn.Module = make_generator(recipe, classes=len(CLASSES)).train()
        self._optimizer = torch.optim.AdamW(self._network.parameters(), lr=recipe.learning_rate)

    def step(self, batch: Batch) -> float:
        logits = self._network(batch.labelled.images)
        loss = F.cross_entropy(logits, batch.labelled.labels, ignore_index=UNLABELLED)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self._optimizer.step()
        return float(loss.detach())


def markdown(record: Mapping[str, Any]) -> str:
    """Tables of a record, and what they were taken on."""
    host = record["machine"]
    lines = [
        f"{host['processor']}, {host['cores']} cores, {host['threads']} thread, torch"
        f" {host['torch']}, commit {host['commit']}; load {host['load_before']:.1f} to"
        f" {host['load_after']:.1f}; medians of {record['rounds']} steps, in turns.",
    ]
    for network in ("unet", "light"):
        lines += [
            "",
            f"| {network} | step, ms | of the clock | multiple | goal | met | views, ms | share |",
            "|---|---|---|---|---|---|---|---|",
        ]
        lines += [_row(name, facts, network) for name, facts in record[network].items()]
    bare = record["bare"]
    lines += [
        "",
        f"U-Net, ours {bare['ours']['processor_ms']:.1f} ms, bare loop"
        f" {bare['bare']['processor_ms']:.1f} ms: {bare['multiple']:.3f}, goal {BARE_ALLOWED}"
        f" ({_met(bare['multiple'] <= BARE_ALLOWED)}).",
        "",
    ]
    return "\n".join(lines)


def _row(name: str, facts: Mapping[str, Any], network: str) -> str:
    goal = facts["goal"] if network == "unet" else None
    verdict = "" if goal is None else _met(facts["multiple"] <= ALLOWED * goal)
    share = facts["drawing_share"]
    return (
        f"| {name} | {facts['processor_ms']:.1f} | {facts['clock_ms']:.1f}"
        f" | {facts['multiple']:.2f} | {goal or ''} | {verdict} | {facts['drawing_ms']:.1f}"
        f" | {100 * share:.0f} % ({_met(share <= PIPELINE_ALLOWED)}) |"
    )


def _met(is_met: bool) -> str:  # noqa: FBT001
    return "met" if is_met else "missed"


def _each_way() -> Iterator[tuple[int, tuple[str, Way]]]:
    yield from enumerate(WAYS.items())


def _ratio(one: Times, other: Times) -> float:
    """Of the medians of the processor's time."""
    return round(one.ms()["processor_ms"] / other.ms()["processor_ms"], 4)


def _share(drawing: Times, step: Times) -> float:
    drawn = drawing.ms()["processor_ms"]
    return round(drawn / (drawn + step.ms()["processor_ms"]), 4)


def _step(session: Session, batch: Batch, number: int) -> None:
    """One in the middle of a run, where all terms count."""
    session.learner.step(batch, Progress(MANY // 2 + number, MANY))


def _session(folder: Path, base: Recipe, way: Way) -> Session:
    """A new one on drawn pictures, half of them with strokes, one of those whole."""
    folder.mkdir(parents=True)
    run = runs.claim(folder / "runs")
    frames = []
    for number in range(FRAMES):
        pixels, mask = _picture(number)
        Image.fromarray(pixels).save(folder / f"{number}.png")
        labels = None
        if number < FRAMES // 2:
            labels = mask if number == 0 else _strokes(mask)
        frame = Frame("drawn", f"{number}.png", *SHAPE, Split.TRAIN)
        frames.append(SnapshotFrame(frame, labels, None))
    name = snapshots.write(run.snapshots, CLASSES, {"drawn": folder}, frames)
    run.write(RunCard(run.number, "throughput", "", name), base.but(**way.changes))
    session = setup.begin(run)
    assert session is not None
    return session


def _picture(number: int) -> tuple[np.ndarray, np.ndarray]:
    """Patches of all classes, (H, W, 3) in noisy colours of their own, and their mask (H, W)."""
    rng = np.random.default_rng(number)
    ids = CLASSES.from_train()
    blocks = rng.permutation(np.resize(ids, (SHAPE[0] // 40) * (SHAPE[1] // 40)))
    mask = np.kron(blocks.reshape(SHAPE[0] // 40, -1), np.ones((40, 40), np.uint8)).astype(np.uint8)
    colours = np.random.default_rng(99).integers(40, 215, (256, 3))
    noisy = colours[mask] + rng.normal(0, 20, (*SHAPE, 3))
    return np.clip(noisy, 0, 255).astype(np.uint8), mask


def _strokes(mask: np.ndarray) -> np.ndarray:
    """A line through every patch: 3 % of the pixels."""
    labels = np.full_like(mask, UNLABELLED)
    labels[20::40, 4:-4] = mask[20::40, 4:-4]
    return labels


if __name__ == "__main__":
    raise SystemExit(main())
