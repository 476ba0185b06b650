"""`python packaging/demo/build.py` makes resources/demo the project that the first start opens.

From the rendered scenes and strokes beside it: a project whose strokes are real edits in its
journal, the reference masks of three scenes as val labels, and one finished run with its
checkpoint, curves and predictions, small enough to ship (< 4 MB).
"""

from __future__ import annotations

import argparse
import json
import shutil
import sqlite3
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from s4gui.core.frames import Split
from s4gui.core.strokes import Stroke
from s4gui.learn import loop
from s4gui.learn.control import CommandQueue
from s4gui.learn.record import EventFile
from s4gui.store import palettes, predictions, recipes
from s4gui.store.project import Project
from s4gui.wire import events
from s4gui.workbench.workbench import Workbench

VAL = ("scene-04.jpg", "scene-08.jpg", "scene-10.jpg")
KEPT = {"images", "reference", "strokes.json"}
NAME = "S4GUI demo"


def main(words: list[str]) -> int:
    """Build the project in a folder that holds images/, reference/ and strokes.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    here = Path(__file__).resolve().parents[2] / "resources" / "demo"
    parser.add_argument("--folder", type=Path, default=here)
    parser.add_argument("--steps", type=int, default=700)
    wishes = parser.parse_args(words)
    build(wishes.folder, steps=wishes.steps)
    size = sum(each.stat().st_size for each in wishes.folder.rglob("*") if each.is_file())
    print(f"{wishes.folder}: {size / 1e6:.2f} MB")
    return 0


def build(folder: Path, *, steps: int) -> None:
    """Make the project anew; what was made before is removed."""
    for each in folder.iterdir():
        if each.name not in KEPT:
            shutil.rmtree(each) if each.is_dir() else each.unlink()
    class_map = next(s for s in palettes.all_class_sets() if s.name == "camvid-11").class_map
    project = Project.create(
        folder, name=NAME, images=folder / "images", class_map=class_map, program="demo builder"
    )
    workbench = Workbench(project)
    try:
        paint(workbench, folder)
        run = workbench.start_run(
            recipes.read("fast").but(name="demo", width=8, steps=steps, checkpoint_every=steps),
            watch=tuple(f.id for f in project.frames if f.path in {*VAL, "scene-02.jpg"}),
        )
    finally:
        workbench.close()
    record = EventFile(run.events)
    last: dict[str, events.Event] = {}

    def sink(event: events.Event) -> None:
        # Every tenth step is enough to look at, and a tenth of the bytes.
        if isinstance(event, events.StepDone) and event.step % 10:
            return
        if isinstance(event, events.PredictionReady):
            last[event.frame] = event
            return
        if isinstance(event, events.Finished):
            for each in last.values():
                record(each)
        if isinstance(event, events.Validated):
            print(f"step {event.step}: {event.mean_iou}")
        record(event)

    loop.run(run, sink, CommandQueue())
    record.close()
    slim(folder)


def paint(workbench: Workbench, folder: Path) -> None:
    """Replay the strokes as edits; give three scenes their reference masks and the val split."""
    frames = {each.path: each.id for each in workbench.frames}
    for raw in json.loads((folder / "strokes.json").read_text(encoding="utf-8")):
        path = tuple((float(y), float(x)) for y, x in raw["path_yx"])
        workbench.paint(frames[raw["frame"]], Stroke(path, raw["radius_px"], raw["value"]))
    for name in VAL:
        mask = np.asarray(Image.open(folder / "reference" / name.replace(".jpg", ".png")))
        workbench.import_labels(frames[name], mask.astype(np.uint8), detail="reference")
    workbench.set_split([frames[name] for name in VAL], Split.VAL)


def slim(folder: Path) -> None:
    """Leave out what a look at a finished run does not need; pack the rest."""
    for state in folder.glob("runs/*/checkpoints/*/training.safetensors"):
        state.unlink()
    for name in (".lock", "runs/0001/worker.json", "runs/0001/stderr.log"):
        (folder / name).unlink(missing_ok=True)
    newest: dict[str, Path] = {}
    for path in sorted(folder.glob("runs/*/predictions/*.s4p")):
        stem = path.name.rsplit(".step-", 1)[0]
        if stem in newest:
            newest[stem].unlink()
        newest[stem] = path
    for path in newest.values():
        predictions.write(path, predictions.read(path), packed=True)
    with sqlite3.connect(folder / "project.db") as database:
        database.execute("PRAGMA journal_mode=DELETE")
        database.execute("VACUUM")
    database.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
