"""kill -9 of the real window while real X events paint.

`python -m tests.faults.window_kills --kills 300 --seed 0` paints, kills and looks; the exit code
is 1 when an acknowledged stroke was lost. `--workers` kills workers and windows during runs.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import json
import shutil
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from s4gui.store.lock import holder
from s4gui.store.project import Project
from tests.faults.hand import EMPTY, UNSURE, Op, Point, Row, Sheet, follow, lost
from tests.faults.window_project import (
    FRAMES,
    SHAPE,
    counted,
    fault_of_label_file,
    make_project,
    reader,
    rows_after,
)
from tests.faults.window_watch import MOMENTS, Watch
from tests.faults.window_workers import Runs
from tests.flows.probe import App
from tests.flows.x11 import Screen, missing

KEYS = "12345"
LIVES_OF_A_PROJECT = 50
RECOVERED = "recovered from the journal"
NO_PROCESSES = {"live_preview": False, "warm_workers": False, "tour_done": True}


@dataclass
class Figures:
    """What was seen over all kills; `wrong` says each fault in words."""

    kills: int = 0
    sent: int = 0
    acknowledged: int = 0
    found: int = 0
    lost: int = 0
    ignored_keys: int = 0
    part_files: int = 0
    moments: Counter[str] = field(default_factory=Counter)
    starts_s: list[float] = field(default_factory=list)
    free_after_s: list[float] = field(default_factory=list)
    judged_px: int = 0
    painted_px: int = 0
    wrong: list[str] = field(default_factory=list)

    def text(self) -> str:
        starts = np.array(self.starts_s or [0.0])
        lines = [
            f"{self.kills} kills ({', '.join(f'{n} {w}' for w, n in self.moments.items())})",
            f"edits sent {self.sent}, acknowledged {self.acknowledged}, found {self.found}, "
            f"acknowledged and lost {self.lost}; undo or redo keys without effect "
            f"{self.ignored_keys}",
            f"restart to picture and labels: median {np.median(starts):.2f} s, "
            f"p99 {np.quantile(starts, 0.99):.2f} s, worst {starts.max():.2f} s",
            f"lock free after at most {max(self.free_after_s, default=0):.3f} s",
            f"painted pixels compared {self.painted_px}, of all {self.judged_px} judged; "
            f"half-written label files found and passed over: {self.part_files}",
            f"wrong: {len(self.wrong)}",
            *self.wrong[:20],
        ]
        return "\n".join(lines) + "\n"


class Kills:
    """Windows that paint on one project after another, each killed, each looking at the last."""

    def __init__(self, screen: Screen, home: Path, seed: int) -> None:
        self.screen, self.home = screen, home
        self.random = np.random.default_rng(seed)
        self.figures = Figures()
        self._settings = home / "settings"
        self._settings.mkdir(parents=True)
        (self._settings / "settings.json").write_text(json.dumps(NO_PROCESSES))
        self._folder = home
        self._sheets: dict[str, Sheet] = {}
        self._ops: list[Op] = []
        self._acknowledged: list[Row] = []
        self._base = 0
        self._radii: dict[str, float] = {}
        self.moments = MOMENTS
        self.spoil: Callable[[Path, list[Row]], None] | None = None

    def run(self, kills: int) -> Figures:
        """So many kills; the windows of all but the first of a project check the one before."""
        for number in range(kills):
            if number % LIVES_OF_A_PROJECT == 0:
                if number:
                    self._last_look()
                self._begin_project(number // LIVES_OF_A_PROJECT)
            with self._window() as app:
                self._look(app)
                self._paint_until_killed(app)
            self._after_kill()
        self._last_look()
        return self.figures

    def _begin_project(self, number: int) -> None:
        self._folder = make_project(self.home / f"project{number}")
        self._sheets = {frame: Sheet.blank(SHAPE) for frame in FRAMES}
        self._ops, self._acknowledged, self._base = [], [], 0

    def _last_look(self) -> None:
        with self._window() as app:
            self._look(app)
            if (code := app.quit()) != 0:
                self._complain(f"the window closed with {code}")

    @contextmanager
    def _window(self) -> Iterator[App]:
        begun = time.monotonic()
        words = [str(self._folder), "--settings", str(self._settings)]
        app = App(self.screen, words, home=self.home)
        try:
            app.wait("fact", name="image_shown")
            self.figures.starts_s.append(time.monotonic() - begun)
            yield app
        finally:
            if app.process.poll() is None:
                app.kill()

    # --- what is found -----------------------------------------------------------------------

    def _look(self, app: App) -> None:
        """All that the window before acknowledged is there, in the journal and on the canvas."""
        with contextlib.closing(reader(self._folder)) as database:
            (whole,) = database.execute("PRAGMA integrity_check").fetchone()
            rows = list(rows_after(database, self._base))
        missed = lost(self._acknowledged, rows)
        self.figures.lost += len(missed)
        self.figures.found += len(rows)
        wrong = missed + follow(self._sheets, self._ops, rows)
        strokes = sum(op.kind == "edit" for op in self._ops)
        kept = sum(row.kind == "edit" for row in rows)
        if strokes == kept:  # then no key was merely on its way
            self.figures.ignored_keys += len(self._ops) - len(rows)
        if whole != "ok":
            wrong.append(f"the database is not whole: {whole}")
        self._ops, self._acknowledged = [], []
        self._base = rows[-1].seq if rows else self._base
        wrong += self._look_at_frames(app)
        for fact in ("troubles", "notice", "read_only"):
            said = app.ask("fact", name=fact)
            if said and not (fact == "notice" and said.endswith(RECOVERED)):
                wrong.append(f"{fact}: {said}")
        if said := app.log.read_text().strip():
            wrong.append(f"the window wrote: {said[-500:]}")
        for each in wrong:
            self._complain(each)

    def _look_at_frames(self, app: App) -> list[str]:
        wrong = []
        project = Project.open(self._folder, write=False)
        try:
            if project.holder is None or project.holder.pid != app.process.pid:
                wrong.append(f"the lock is held by {project.holder}")
            for frame in self._round(app):
                shown = app.ask("fact", name="labels")
                labels = np.frombuffer(zlib.decompress(base64.b64decode(shown["data"])), np.uint8)
                labels = labels.reshape(shown["shape"])
                sheet = self._sheets[frame]
                if count := sheet.differences(labels):
                    wrong.append(f"{frame}: {count} pixels are not what the hand left")
                if not np.array_equal(project.read_mask(frame).labels, labels):
                    wrong.append(f"{frame}: the store has other labels than the window")
                if project.counts(frame) != counted(labels):
                    wrong.append(f"{frame}: other counts in the database than pixels")
                judged = sheet.labels != UNSURE
                self.figures.judged_px += int(judged.sum())
                self.figures.painted_px += int((judged & (sheet.labels != EMPTY)).sum())
        finally:
            project.close()
        return wrong

    def _round(self, app: App) -> Iterator[str]:
        """Show each frame in turn."""
        here = app.ask("fact", name="frame")
        while here != FRAMES[0]:
            here = self._turn(app, here, -1)
        yield here
        for _ in FRAMES[1:]:
            here = self._turn(app, here, 1)
            yield here

    def _after_kill(self) -> None:
        """The lock is free at once; no label file that counts is half-written."""
        begun = time.monotonic()
        while held := holder(self._folder):
            if time.monotonic() - begun > 5:
                self._complain(f"the lock is still held by {held}")
                break
        self.figures.free_after_s.append(time.monotonic() - begun)
        if self.spoil is not None:
            self.spoil(self._folder, self._acknowledged)
        for path in (self._folder / "labels").rglob("*"):
            if path.name.endswith((".part", ".tmp")):
                self.figures.part_files += 1
            elif path.is_file() and (fault := fault_of_label_file(path)):
                self._complain(f"{path.name}: {fault}")

    def _complain(self, what: str) -> None:
        self.figures.wrong.append(f"kill {self.figures.kills}: {what}")

    # --- the hand ----------------------------------------------------------------------------

    def _paint_until_killed(self, app: App) -> None:
        app.log.write_text("")
        self._choose_sizes(app)
        now = {frame: sheet.copy() for frame, sheet in self._sheets.items()}
        watch = Watch(self._folder, self._base, app.process.pid, self.random, self.moments)
        watch.start()
        try:
            frame = app.ask("fact", name="frame")
            while not watch.over.is_set():
                frame = self._act(app, watch, frame, now)
        except (RuntimeError, LookupError, OSError, ValueError, TimeoutError):
            watch.over.wait(0.5)  # an answer that does not come may be the first sign of the kill
            if not watch.killed:
                raise
        finally:
            watch.over.set()
            watch.join()
            self.screen.release()
        app.process.wait(10)
        self._acknowledged = watch.rows
        figures = self.figures
        figures.kills += 1
        figures.sent += len(self._ops)
        figures.acknowledged += len(watch.rows)
        figures.moments[watch.moment] += 1

    def _choose_sizes(self, app: App) -> None:
        for _ in range(int(self.random.integers(0, 4))):
            self.screen.key("bracketright")
        for key, tool in (("e", "eraser"), ("b", "brush")):
            self.screen.key(key)
            facts = app.wait("fact", lambda now, t=tool: now[0] == t, name="tool")
            self._radii[tool] = facts[2]
        corners = [[0.0, 0.0], [100.0, 100.0]]
        (x0, y0), (x1, y1) = app.ask("screen_of", name="label.canvas", points=corners)
        self._zoom, self._origin = (y1 - y0) / 100, (y0, x0)
        assert abs((x1 - x0) / 100 - self._zoom) < 1e-6
        assert self._zoom > 1, "a rim of one pixel needs a picture at least as large as this"

    def _act(self, app: App, watch: Watch, frame: str, now: dict[str, Sheet]) -> str:
        """One edit, or a turn to another frame; the frame that is shown then."""
        dice = self.random.random()
        sheet = now[frame]
        if dice < 0.12:
            by = 1 if frame == FRAMES[0] else -1 if frame == FRAMES[-1] else 2 * (dice < 0.06) - 1
            watch.note("turn")
            return self._turn(app, frame, by)
        if dice < 0.24 and len(sheet.done) > 1:
            self._step(watch, frame, sheet, back=True)
            if dice < 0.17:
                app.ask("fact", name="frame")  # the window enables redo when it has time
                app.ask("fact", name="frame")
                self._step(watch, frame, sheet, back=False)
        else:
            self._stroke(watch, frame, sheet)
        return frame

    def _turn(self, app: App, frame: str, by: int) -> str:
        target = FRAMES[FRAMES.index(frame) + by]
        self.screen.key("d" if by > 0 else "a")
        app.wait("fact", lambda at: at == target, name="frame")
        return target

    def _step(self, watch: Watch, frame: str, sheet: Sheet, *, back: bool) -> None:
        self._ops.append(Op("undo" if back else "redo", frame))
        sheet.step((sheet.done if back else sheet.undone)[-1][0], back=back)
        self.screen.key("ctrl+z" if back else "ctrl+shift+z")
        watch.note("pen")

    def _stroke(self, watch: Watch, frame: str, sheet: Sheet) -> None:
        random = self.random
        erases = random.random() < 0.12
        value = EMPTY if erases else int(random.integers(0, len(KEYS)))
        a = random.uniform((4, 4), np.subtract(SHAPE, 4))
        b = np.clip(a + random.uniform(-40, 40, 2), 4, np.subtract(SHAPE, 4))
        screen = [self._at(a + (b - a) * part) for part in np.linspace(0, 1, 6)]
        ends = [self._back(screen[n]) for n in (0, -1)]
        op = Op("edit", frame, value, *ends, self._radii["eraser" if erases else "brush"])
        if not sheet.would_change(op):
            return
        self.screen.key("e" if erases else KEYS[value])
        self._ops.append(op)
        sheet.paint(op, 0)
        self.screen.drag([(x, y) for y, x in screen], pause_s=float(random.choice([0.0, 0.004])))
        watch.note("pen")

    def _at(self, yx: NDArray[np.float64]) -> Point:
        y, x = (round(float(n) * self._zoom + o) for n, o in zip(yx, self._origin, strict=True))
        return y, x

    def _back(self, at: Point) -> Point:
        y, x = ((n - o) / self._zoom for n, o in zip(at, self._origin, strict=True))
        return y, x


def tell_of_workers(screen: Screen, home: Path) -> int:
    """Kill workers and windows during runs; 0 if all held."""
    with Runs(screen, home) as runs:
        runs.tell()
    for what, seconds in runs.seconds.items():
        sys.stdout.write(f"{seconds:7.2f} s  {what}\n")
    return 0


def main(argv: list[str]) -> int:
    """Kill, look, tell; 0 if nothing was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", action="store_true", help="runs instead of strokes")
    parser.add_argument("--keep", action="store_true", help="leave the projects in place")
    options = parser.parse_args(argv)
    if lacking := missing():
        sys.stderr.write(f"this needs {', '.join(lacking)}\n")
        return 2
    home = Path(tempfile.mkdtemp(prefix="s4gui-kills-"))
    with Screen(1280, 800, in_order=True) as screen:
        if options.workers:
            return tell_of_workers(screen, home)
        figures = Kills(screen, home, options.seed).run(options.kills)
    sys.stdout.write(figures.text())
    sys.stdout.write(json.dumps(vars(figures)) + "\n")
    if not options.keep:
        shutil.rmtree(home, ignore_errors=True)
    return 1 if figures.wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
