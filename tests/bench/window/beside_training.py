"""Painting in the real window while a real run trains on the same cores.

The hand is the X server's: moves at 100 a second on a 2048x1024 image, zoomed to fit and 1:1 in
turn. Phases with and without painting alternate in one run, with the preview on and off in turn.
How late the hand itself wakes tells how busy the machine is with other work.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from Xlib import X

from tests.bench.window import scene
from tests.bench.window.start import REPO
from tests.flows.probe import App
from tests.flows.x11 import Screen

SIZE = "2048x1024"
EVERY_S, STROKE_MOVES, REST_S = 0.01, 120, 0.4
STEP_PX = 6.0
GOALS = {"p99 ms": 16.0, "share of steps": 0.85, "stalls": 0}
_SETTLE_S = 6.0  # after painting the preview finishes image and neighbours
_SEEN = 60
_EDGE_PX = 30


class Window(App):
    """The program with the clocks of `watched`."""

    def __init__(self, screen: Screen, words: list[str], *, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self._socket = home / "probe.sock"
        self.log = home / "window.log"
        environment = os.environ | screen.environment | {
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_DATA_HOME": str(home / "data"),
            "XDG_CACHE_HOME": str(home / "cache"),
            "PYTHONPATH": str(REPO),
        }  # fmt: skip
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.bench.window.watched", str(self._socket), *words],
                env=environment,
                cwd=REPO,
                stdout=log,
                stderr=log,
            )


class Hand:
    """Wandering strokes over the canvas; `sent` is (x, y, when) of each move, in order."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._low, self._high = (0, 0), (1, 1)
        self._at, self._heading = [0.0, 0.0], 0.3
        self._random = np.random.default_rng(5)
        self.sent: deque[tuple[int, int, float]] = deque()
        self.late_ms: list[float] = []

    def go_to(self, place: tuple[int, int, int, int]) -> None:
        """Stay inside this rectangle of the screen from now on: left, top, right, bottom."""
        left, top, right, bottom = place
        self._low, self._high = (left, top), (right, bottom)
        self._at = [(left + right) / 2, (top + bottom) / 2]

    def paint(self, seconds: float) -> None:
        """Stroke after stroke, with a short rest and another class between them."""
        end = time.monotonic() + seconds
        number = 0
        while time.monotonic() < end:
            self._screen.key("123456789"[number % 9])
            number += 1
            self._move()
            time.sleep(0.05)
            self._screen.press()
            due = time.monotonic()
            for _ in range(STROKE_MOVES):
                due += EVERY_S
                time.sleep(max(0.0, due - time.monotonic()))
                self.late_ms.append((time.monotonic() - due) * 1e3)
                self._move()
            self._screen.release()
            time.sleep(REST_S)

    def _move(self) -> None:
        self._heading += float(self._random.normal(0, 0.25))
        for axis, part in enumerate((math.cos(self._heading), math.sin(self._heading))):
            at = self._at[axis] + STEP_PX * part
            if not self._low[axis] <= at <= self._high[axis]:
                self._heading += math.pi / 2
                at = min(max(at, self._low[axis]), self._high[axis])
            self._at[axis] = at
        x, y = round(self._at[0]), round(self._at[1])
        self.sent.append((x, y, time.monotonic()))
        self._screen.move(x, y)

    def seen(self, count: int) -> list[float]:
        """Milliseconds until another client of the X server sees the pixel painted."""
        root = self._screen._display.screen().root
        low, high = self._low, self._high
        out = []
        self._screen.key("123456789"[int(self._random.integers(9))])
        self._screen.move(*low)
        self._screen.press()
        for _ in range(count):
            x, y = (int(self._random.integers(*each)) for each in zip(low, high, strict=True))
            before = root.get_image(x, y, 1, 1, X.ZPixmap, 0xFFFFFF).data
            began = time.monotonic()
            self._screen.move(x, y)
            while root.get_image(x, y, 1, 1, X.ZPixmap, 0xFFFFFF).data == before:
                if time.monotonic() - began > 1:
                    break  # the same colour as before: nothing to see
            else:
                out.append((time.monotonic() - began) * 1e3)
            time.sleep(0.02)
        self._screen.release()
        self.sent.clear()
        return out


class Steps:
    """Training steps as the run's own record tells them."""

    def __init__(self, record: Path) -> None:
        self._record = record

    def now(self) -> tuple[int, float]:
        """The last step, and the seconds of training up to it."""
        with self._record.open("rb") as file:
            file.seek(max(0, self._record.stat().st_size - 20_000))
            for line in reversed(file.read().decode(errors="ignore").splitlines()):
                if '"StepDone"' in line:
                    event = json.loads(line)
                    found = event.get("data", event)
                    return int(found["step"]), float(found["seconds"])
        raise LookupError("no step yet")


def measure(home: Path, *, cycles: int, seconds: float) -> dict[str, Any]:
    """Latencies, shares of steps and stalls, with and without the preview."""
    project = scene.lay_out(home / "beside", SIZE, images=4)
    with Screen(1600, 1000) as screen:
        window = Window(screen, [str(project)], home=home / "beside-home")
        try:
            return _Bench(screen, window, project).measure(cycles, seconds)
        finally:
            window.kill()


class _Bench:
    def __init__(self, screen: Screen, window: Window, project: Path) -> None:
        self._screen, self._window, self._project = screen, window, project
        self._moves: dict[str, list[list[float]]] = {}
        self._rates: dict[str, list[float]] = {}
        self._seen: dict[str, list[float]] = {}
        self._late: dict[str, list[float]] = {}
        self._busy: dict[str, dict[str, list[float]]] = {}

    def measure(self, cycles: int, seconds: float) -> dict[str, Any]:
        ask, wait = self._window.ask, self._window.wait
        wait("fact", name="image_shown", seconds=60)
        wait("fact", name="rooms_built", seconds=60)
        ask("fact", name="begin_stalls")
        hand = Hand(self._screen)
        self._alone(hand, seconds)
        self._screen.key("ctrl+t")
        wait("fact", lambda r: r and r["1"][1] >= 30, name="runs", seconds=180)
        steps = Steps(self._project / "runs" / "0001" / "events.jsonl")
        for number in range(cycles):
            for on in (True, False):
                sys.stderr.write(f"\rbeside training: cycle {number + 1} of {cycles} ")
                self._phase(hand, steps, seconds, on=on, fit=number % 2 == 0)
        sys.stderr.write("\n")
        state = ask("fact", name="runs")["1"]
        stalls = ask("fact", name="end_stalls")
        return self._figures(stalls, state)

    def _alone(self, hand: Hand, seconds: float) -> None:
        """The same hand while nothing trains."""
        for fit in (False, True):
            self._zoom(hand, fit=fit)
            hand.paint(seconds / 2)
            self._note("alone", hand)
        self._seen["alone"] = hand.seen(_SEEN)
        self._window.ask("fact", name="moves")

    def _phase(self, hand: Hand, steps: Steps, seconds: float, *, on: bool, fit: bool) -> None:
        name = "preview on" if on else "preview off"
        self._window.ask("fact", name="live", on=on)
        self._zoom(hand, fit=fit)
        time.sleep(_SETTLE_S)
        busy = _Busy(self._busy, self._window.process.pid)
        with busy.during(f"{name}, unpainted"), _Timed(self._rates, f"{name}, unpainted", steps):
            time.sleep(seconds)
        with busy.during(f"{name}, painted"), _Timed(self._rates, f"{name}, painted", steps):
            hand.paint(seconds)
        self._note(name, hand)
        self._seen.setdefault(name, []).extend(hand.seen(_SEEN // 2))
        self._window.ask("fact", name="moves")

    def _zoom(self, hand: Hand, *, fit: bool) -> None:
        """Show the image whole or 1:1; the hand keeps to what is seen of it."""
        self._screen.key("ctrl+0" if fit else "ctrl+1")
        time.sleep(0.3)
        x, y, width, height = self._window.wait("rect", name="label.canvas")
        h, w = scene.SIZES[SIZE]
        corners = [(0, 0), (h, w)]
        (x0, y0), (x1, y1) = self._window.ask("screen_of", name="label.canvas", points=corners)
        left, top = max(x, int(x0)) + _EDGE_PX, max(y, int(y0)) + _EDGE_PX
        right, bottom = min(x + width, int(x1)) - _EDGE_PX, min(y + height, int(y1)) - _EDGE_PX
        hand.go_to((left, top, right, bottom))

    def _note(self, name: str, hand: Hand) -> None:
        """Match what was sent with what was painted: both are in order."""
        time.sleep(0.3)
        for x, y, pressed, came, painted in self._window.ask("fact", name="moves"):
            while hand.sent and (hand.sent[0][0], hand.sent[0][1]) != (x, y):
                hand.sent.popleft()
            if pressed and hand.sent:
                sent = hand.sent.popleft()[2]
                self._moves.setdefault(name, []).append([sent, came, painted])
        hand.sent.clear()
        self._late.setdefault(name, []).extend(hand.late_ms)
        hand.late_ms.clear()

    def _figures(self, stalls: list[list[Any]], state: list[Any]) -> dict[str, Any]:
        out: dict[str, Any] = {"moves": {}, "steps": {}, "seen ms": {}}
        for name, found in self._moves.items():
            sent, came, painted = np.array(found).T
            out["moves"][name] = {
                "sent to painted ms": _spread((painted - sent) * 1e3),
                "come to painted ms": _spread((painted - came) * 1e3),
                "hand late ms": _spread(np.array(self._late[name])),
                "n": len(found),
            }
        out["seen ms"] = {name: _spread(np.array(each)) for name, each in self._seen.items()}
        for name in ("preview on", "preview off"):
            rest, painted = (self._rates[f"{name}, {how}"] for how in ("unpainted", "painted"))
            shares = [b / a for a, b in zip(rest, painted, strict=True)]
            out["steps"][name] = {
                "unpainted steps/s": round(float(np.median(rest)), 2),
                "painted steps/s": round(float(np.median(painted)), 2),
                "share": round(float(np.median(shares)), 3),
                "all shares": [round(each, 3) for each in shares],
            }
        out["cores busy"] = {
            phase: {who: round(float(np.mean(each)), 2) for who, each in found.items()}
            for phase, found in self._busy.items()
        }
        out["stalls"] = [{"s": s, "own_s": own, "where": where} for s, own, where in stalls]
        out["run"] = state
        out["goals"] = self._goals(out)
        return out

    def _goals(self, out: dict[str, Any]) -> list[dict[str, Any]]:
        rows: list[tuple[str, float, float, bool]] = []
        for name in ("preview on", "preview off"):
            p99 = out["moves"][name]["sent to painted ms"]["p99"]
            share = out["steps"][name]["share"]
            rows += [
                (f"move p99 ms, {name}", p99, GOALS["p99 ms"], p99 < GOALS["p99 ms"]),
                (f"share of steps, {name}", share, GOALS["share of steps"], share >= 0.85),
            ]
        count = len(out["stalls"])
        rows.append(("stalls over 100 ms", count, 0, count == 0))
        return [
            {"goal": name, "measured": value, "limit": limit, "met": met}
            for name, value, limit, met in rows
        ]


class _Timed:
    """Notes steps per second of training time between its begin and end."""

    def __init__(self, rates: dict[str, list[float]], name: str, steps: Steps) -> None:
        self._rates, self._name, self._steps = rates, name, steps

    def __enter__(self) -> None:
        self._began = self._steps.now()

    def __exit__(self, *_: object) -> None:
        step, seconds = self._steps.now()
        rate = (step - self._began[0]) / (seconds - self._began[1])
        self._rates.setdefault(self._name, []).append(rate)


class _Busy:
    """Cores that window, preview and worker keep busy, by phase."""

    def __init__(self, found: dict[str, dict[str, list[float]]], pid: int) -> None:
        self._found, self._window = found, psutil.Process(pid)

    @contextmanager
    def during(self, phase: str) -> Iterator[None]:
        """Note it for what is done inside."""
        before, began = self._seconds(), time.monotonic()
        yield
        took, after = time.monotonic() - began, self._seconds()
        for who, seconds in after.items():
            part = (seconds - before.get(who, seconds)) / took
            self._found.setdefault(phase, {}).setdefault(who, []).append(part)

    def _seconds(self) -> dict[str, float]:
        out = {"window": sum(self._window.cpu_times()[:2])}
        for child in self._window.children():
            word = child.cmdline()[-1:]
            if word and word[0] in {"worker", "preview"}:
                out[word[0]] = sum(child.cpu_times()[:2])
        return out


def _spread(values: Any) -> dict[str, float]:
    if not len(values):
        return {}
    found = np.percentile(values, (50, 95, 99, 100))
    return {n: round(float(v), 2) for n, v in zip(("p50", "p95", "p99", "max"), found, strict=True)}
