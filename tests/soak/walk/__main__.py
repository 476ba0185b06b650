"""Walk through a big project for hours: `python -m tests.soak.walk [--minutes M] [--images N]`.

One window opens image after image, paints, undoes, marks, filters and sorts; its memory is read
every 25 images. After a warm-up, in which the caches fill, it must not grow: the slope of a line
through the medians (Theil and Sen) stays below a limit. What was seen goes into record.json.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import psutil
from PIL import Image
from PySide6.QtWidgets import QApplication

from s4gui.core.frames import FrameState
from s4gui.core.listing import Sort
from s4gui.gui import application
from s4gui.gui.application import Application
from s4gui.store import palettes
from s4gui.store.project import Project
from s4gui.store.settings import Settings
from tests.bench.list.opening import rest, until
from tests.bench.window.__main__ import _head, _load

RECORD = Path(__file__).with_name("record.json")
SIZE = (1024, 2048)
SCENES = 12
EVERY = 25
WARM_UP = 400
"""Images until every cache is full: decoded images, masks, 400 thumbnails."""
LIMIT_MIB = 15.0
"""For each 1,000 images; a leaked image would be 6,000."""
FILTERS = ("", "state:started", "-state:done", "image_1", "labelled:>0% or class:Sky", "")
_CHOICES = {"tour_done": True, "warm_workers": False, "live_preview": False}


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.soak.walk", description=__doc__)
    parser.add_argument("--minutes", type=float, default=120)
    parser.add_argument("--images", type=int, default=3000)
    parser.add_argument("--note", default="", help="what else the machine did")
    parser.add_argument("--out", type=Path, default=RECORD)
    chosen = parser.parse_args()
    record = _head()
    record["command"] = f"python -m tests.soak.walk {' '.join(sys.argv[1:])}".strip()
    record["note"] = chosen.note
    with tempfile.TemporaryDirectory(prefix="s4gui-walk-", ignore_cleanup_errors=True) as folder:
        where = lay_out(Path(folder), chosen.images)
        record |= walk(where, Path(folder) / "settings", chosen.minutes)
    record["machine"]["load after"] = _load()
    chosen.out.write_text(json.dumps(record, indent=1) + "\n")
    sys.stdout.write(json.dumps({key: record[key] for key in ("opened", "growth", "met")}) + "\n")
    return 0 if record["met"] else 1


def lay_out(folder: Path, number: int) -> Path:
    """A project of so many JPEGs of 2048 x 1024, each one of a few scenes under its own name."""
    pictures, chance = folder / "images", np.random.default_rng(4)
    pictures.mkdir()
    for n in range(number):
        place = pictures / f"image_{n:05d}.jpg"
        if n < SCENES:
            coarse = chance.integers(0, 256, (SIZE[0] // 16, SIZE[1] // 16, 3), np.uint8)
            picture = Image.fromarray(coarse).resize(SIZE[::-1], Image.Resampling.BILINEAR)
            picture.save(place, quality=90)
        else:
            place.hardlink_to(pictures / f"image_{n % SCENES:05d}.jpg")
    (chosen,) = (each for each in palettes.all_class_sets() if each.name == "camvid-11")
    where = folder / "project"
    Project.create(where, name="walk", images=pictures, class_map=chosen.class_map).close()
    return where


def walk(where: Path, home: Path, minutes: float) -> dict[str, Any]:
    """What memory did, in MiB, by number of images opened."""
    app = QApplication([])
    settings = Settings(home, extra=application.SETTINGS)
    for key, value in _CHOICES.items():
        settings.set(key, value)
    root = Application(app, settings, home)
    root.window.resize(1280, 800)
    root.start(where)
    until(app, lambda: root.session is not None and root.session.desk.current is not None)
    rest(app, 2)
    hand, me = Hand(app, root), psutil.Process()
    seen: list[tuple[int, float]] = []
    end = time.monotonic() + 60 * minutes
    while time.monotonic() < end:
        hand.next_image()
        if hand.opened % EVERY == 0 and (not seen or seen[-1][0] < hand.opened):
            gc.collect()
            seen.append((hand.opened, round(me.memory_info().rss / 2**20, 1)))
            sys.stderr.write(f"\r{hand.opened} images, {seen[-1][1]:.0f} MiB ")
    sys.stderr.write("\n")
    root.window.close()
    return {"opened": hand.opened, "rss MiB by images opened": seen, **judged(seen)}


class Hand:
    """Somebody at work, the same way every time."""

    def __init__(self, app: QApplication, root: Application) -> None:
        self.opened = 0
        self._app, self._root, self._chance = app, root, random.Random(5)
        self._panel = root.window.label.frames

    def next_image(self) -> None:
        """Open the next image, the first one after the last, and do something to it."""
        desk = self._root.session.desk
        before = desk.current
        target = self._panel.beside(before, 1) or self._panel.model.usable_from(0, 1)
        if target is None or target == before:
            self._panel.filter_box.setText("")
            return
        self._panel.frame_asked.emit(target)
        until(self._app, lambda: desk.current == target)
        self.opened += 1
        self._act(self.opened)
        rest(self._app, 0.02)

    def _act(self, n: int) -> None:
        desk, do = self._root.session.desk, self._root.do
        bench = desk.workbench
        if n % 3 == 0:
            y, x = self._chance.random() * 900, self._chance.random() * 1900
            change = bench.begin_stroke(desk.current, value=n % 11, radius_px=14.0, at_yx=(y, x))
            desk.publish(change, self._root)
            desk.publish(bench.extend_stroke([(y + 90, x + 120), (y + 20, x + 40)]), self._root)
            desk.publish(bench.end_stroke(), self._root)
        if n % 12 == 0:
            do("edit.undo")
        if n % 7 == 0:
            desk.publish(bench.set_mark([desk.current], FrameState.DONE), self._root)
        if n % 10 == 0:
            do("view.actual" if n % 20 else "view.fit")
        if n % 60 == 0:
            self._panel.filter_box.setText(FILTERS[n // 60 % len(FILTERS)])
        if n % 150 == 0:
            self._panel.sorting._choices[list(Sort)[n // 150 % len(Sort)]].trigger()


def judged(seen: list[tuple[int, float]]) -> dict[str, Any]:
    """The growth after the warm-up in MiB for 1,000 images, and whether it is below the limit."""
    after = np.array([each for each in seen if each[0] > WARM_UP], float)
    if len(after) < 8:
        return {"growth": None, "limit": LIMIT_MIB, "met": False, "why": "too short to judge"}
    images, mib = after.T
    first, second = np.triu_indices(len(after), 1)
    slope = float(np.median((mib[second] - mib[first]) / (images[second] - images[first])))
    return {
        "growth": round(1000 * slope, 2),
        "unit": "MiB for 1,000 images, after the first 400",
        "limit": LIMIT_MIB,
        "most MiB": float(mib.max()),
        "met": 1000 * slope <= LIMIT_MIB,
    }


if __name__ == "__main__":
    sys.exit(main())
