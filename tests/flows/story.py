"""The main job in a real window, by real X events: `python -m tests.flows.story [--out FOLDER]`.

On CamVid images beside the checkout (on rendered scenes where they are not): new project, import
of val masks, strokes, preview, training, watching, correcting, export, and a second start that
finds everything. Each step leaves a picture. A person can watch it with `--display :0`.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from s4gui.core.classes import MAX_CLASS_ID, UNLABELLED
from s4gui.store import predictions
from s4gui.store.project import Project
from s4gui.store.runs import all_runs
from tests.flows import strokes
from tests.flows.probe import App
from tests.flows.x11 import Screen, missing
from tests.shared import SHARED

TRAIN_IMAGES, VAL_IMAGES = 24, 6
CLASSES = 11
KEYS = "1234567890"
STALL_MS = 100
"""Of the window's own code, on two cores that worker, preview and X server share."""


class Story:
    """One telling; every check raises AssertionError with what was seen."""

    def __init__(self, screen: Screen, out: Path, home: Path) -> None:
        self.screen, self.out, self.home = screen, out, home
        self.pictures = 0
        self.project = home / "street" / "project"
        self.app: App
        self.timings: dict[str, float] = {}

    def tell(self) -> None:
        """The whole story."""
        with self.part("a first start opens the demo project, with a tour"):
            self.first_start()
        with self.part("a new project from a folder, by the dialog"):
            self.new_project()
        with self.part("val masks imported"):
            self.import_masks()
        with self.part("strokes on three images, and a preview"):
            self.paint()
        with self.part("undo and redo, eraser, void, zoom"):
            self.edit()
        with self.part("training: pause, go on, scores"):
            self.train()
        with self.part("correction, accepted region, training on"):
            self.correct()
        with self.part("review and export"):
            self.export()
        with self.part("a second window on the same project only reads"):
            self.second_window()
        with self.part("a second start finds everything"):
            self.second_start()

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Say it, time it, take a picture at its end, or of its failure."""
        sys.stdout.write(f"- {name}\n")
        sys.stdout.flush()
        begun = time.monotonic()
        try:
            yield
        except BaseException:
            self.picture("failure")
            raise
        self.timings[name] = time.monotonic() - begun
        troubles = self.app.ask("fact", name="troubles")
        assert not troubles, troubles

    def picture(self, name: str) -> None:
        """A screenshot."""
        self.pictures += 1
        self.screen.save(self.out / f"{self.pictures:02d}-{name}.png")

    # --- parts -------------------------------------------------------------------------------

    def first_start(self) -> None:
        self.app = App(self.screen, [], home=self.home)
        self.app.wait("fact", name="project", seconds=60)
        self.app.wait("watch_stalls")
        self.app.wait("rect", name="button:Leave the tour", seconds=30)
        time.sleep(0.5)
        self.picture("first-start")
        self.click("button:Leave the tour")
        self.app.wait("gone", name="button:Leave the tour")

    def new_project(self) -> None:
        self.screen.key("ctrl+n")
        self.app.wait("rect", name="dialog.images")
        self.click("dialog.images.edit")
        self.screen.type(str(self.project.parent / "images"))
        self.click("dialog.folder.edit")
        self.screen.key("ctrl+a")
        self.screen.type(str(self.project))
        time.sleep(0.6)
        self.picture("new-project")
        self.click("button:Create project")
        self.app.wait("fact", lambda at: at == str(self.project), name="project")
        frames = self.app.ask("fact", name="frames")
        assert len(frames) == TRAIN_IMAGES + VAL_IMAGES, len(frames)

    def import_masks(self) -> None:
        self.menu("project.import_masks")
        self.app.wait("rect", name="dialog.folder")
        self.click("dialog.folder.edit")
        self.screen.key("ctrl+a")
        self.screen.type(str(self.project.parent / "masks"))
        self.picture("import")
        self.click("button:Import")
        self.app.wait("no_dialog", seconds=60)
        self.app.wait("fact", lambda now: now["pending"] == 0, name="acknowledged")

    def paint(self) -> None:
        """A few strokes of each class on three images; the preview answers within seconds."""
        for number in range(3):
            self.go_to(number * 7)
            mask = self.reference(number * 7)
            self.brush(3)
            for value, path in strokes.paths(mask, classes=CLASSES):
                self.choose(value)
                self.stroke(path)
            begun = time.monotonic()
            answer = self.app.wait("fact", lambda p: p is not None, name="prediction", seconds=60)
            self.timings[f"preview of image {number + 1}"] = time.monotonic() - begun
            assert answer["origin"].startswith("preview"), answer
            self.app.wait("fact", lambda now: now["pending"] == 0, name="acknowledged")
            painted = self.app.ask("fact", name="counts")
            assert len(painted) >= 3, painted
        time.sleep(1.5)
        self.picture("painted")

    def edit(self) -> None:
        before = self.app.ask("fact", name="counts")
        mask = self.reference(14)
        value, path = max(strokes.paths(mask, classes=CLASSES), key=lambda each: len(each[1]))
        y, x = (round(n) for n in path[len(path) // 2])
        self.screen.key("ctrl+z")
        assert self.app.ask("fact", name="counts") != before
        self.screen.key("ctrl+shift+z")
        self.app.wait("fact", lambda now: now == before, name="counts")
        self.screen.key("m")
        self.stroke([(20.0, 20.0), (20.0, 60.0)])
        assert self.app.ask("fact", name="pixel", y=20, x=40) == 254
        self.screen.key("e")
        self.stroke([(20.0, 20.0), (20.0, 60.0)])
        self.app.wait("fact", lambda v: v == UNLABELLED, name="pixel", y=20, x=40)
        self.screen.key("b")
        zoom = self.app.ask("fact", name="zoom")
        at = self.at([(y, x)])[0]
        self.screen.move(*at)
        self.screen.wheel(6)
        self.app.wait("fact", lambda now: now > 1.5 * zoom, name="zoom")
        now = self.at([(y, x)])[0]
        assert np.hypot(*np.subtract(now, at)) < 8, f"zoom left the cursor: {at} {now}"
        missed = [
            (at, found)
            for at in path
            if (found := self.app.ask("fact", name="pixel", y=round(at[0]), x=round(at[1])))
            != value
        ]
        assert not missed, f"class {value} is not where the hand went: {missed} of {path}"
        self.screen.key("u")
        time.sleep(0.5)
        self.picture("zoomed-uncertainty")
        self.screen.key("u")
        self.screen.key("ctrl+0")

    def train(self) -> None:
        self.screen.key("F7")
        self.app.wait("fact", lambda room: room == "train", name="room")
        self.screen.key("ctrl+t")
        self.run("training", seconds=180)
        self.app.wait("fact", lambda r: r["1"][1] >= 25, name="runs", seconds=300)
        self.screen.key("ctrl+t")
        self.run("paused")
        at = self.app.ask("fact", name="runs")["1"][1]
        time.sleep(1.5)
        assert self.app.ask("fact", name="runs")["1"][1] == at, "it went on while paused"
        self.screen.key("ctrl+t")
        self.run("training")
        self.app.wait("fact", lambda r: r["1"][3] >= 2, name="runs", seconds=420)
        self.app.wait("fact", name="rooms_built")
        time.sleep(1)
        self.picture("training")
        self.screen.key("F6")
        self.picture("label-while-training")
        self.screen.key("ctrl+shift+t")
        self.run("stopped", seconds=180)

    def correct(self) -> None:
        self.screen.key("F6")
        shown = self.app.wait("fact", lambda p: p is not None, name="prediction", seconds=30)
        assert shown["shape"] == [360, 480], shown
        mask = self.reference(14)
        deep = strokes.paths(mask, classes=CLASSES, least_px=4000)
        value, path = deep[0]
        y, x = path[0]
        predicted = self.app.ask("fact", name="predicted", y=round(y), x=round(x))
        before = self.app.ask("fact", name="counts").get(str(predicted), 0)
        self.screen.move(*self.at([(y, x)])[0])
        time.sleep(0.2)
        self.screen.key("Return")
        self.app.wait("fact", lambda c: c.get(str(predicted), 0) > before, name="counts")
        self.picture("accepted")
        self.screen.key("ctrl+z")
        self.choose(value)
        self.brush(5)
        self.stroke([(a + 6, b) for a, b in path])
        self.app.wait("fact", lambda now: now["pending"] == 0, name="acknowledged")
        self.screen.key("ctrl+t")
        self.run("training", number=2, seconds=180)
        self.app.wait("fact", lambda r: r["2"][1] >= 15, name="runs", seconds=300)
        self.screen.key("ctrl+shift+t")
        self.run("stopped", number=2, seconds=180)

    def export(self) -> None:
        self.screen.key("F8")
        self.app.wait("fact", lambda room: room == "review", name="room")
        time.sleep(1)
        self.picture("review")
        self.screen.key("ctrl+e")
        self.app.wait("rect", name="dialog.what")
        self.combo("dialog.what", 1)
        self.combo("dialog.which", 3)
        self.combo("dialog.form", 2)
        self.click("dialog.folder.edit")
        self.screen.key("ctrl+a")
        self.screen.type(str(self.home / "export"))
        self.picture("export")
        self.click("button:Export")
        self.app.wait("no_dialog", seconds=180)
        self.check_export()

    def check_export(self) -> None:
        """Pillow alone against the worker's own arrays: no pixel differs."""
        (run,) = [r for r in all_runs(self.project / "runs") if r.number == 2]
        project = Project.open(self.project, write=False)
        colours = project.class_map.palette()
        frames = project.frames
        project.close()
        for frame in frames:
            newest = sorted(
                run.predictions.glob(run.prediction(frame.id, 0).name.split("step-")[0] + "*")
            )[-1]
            mine = predictions.read(newest).classes
            name = Path(frame.path).with_suffix(".png")
            index = np.asarray(Image.open(self.home / "export" / "indexed" / name))
            assert np.array_equal(index, mine), frame.id
            colour = np.asarray(Image.open(self.home / "export" / "colour" / name))
            assert np.array_equal(colour, colours[mine]), frame.id

    def second_window(self) -> None:
        """It says who holds the project, paints nothing, and the command line respects the lock."""
        other = App(self.screen, [str(self.project)], home=self.home / "second")
        try:
            other.wait("fact", name="read_only", seconds=60)
            banner = other.wait("fact", name="banner")
            assert str(self.app.process.pid) in banner, banner
            time.sleep(1)
            self.picture("read-only")
            refused = subprocess.run(
                [sys.executable, "-m", "s4gui", "import", self.project, self.home / "reference"],
                capture_output=True,
                text=True,
                check=False,
            )
            assert refused.returncode == 1, refused
            assert str(self.app.process.pid) in refused.stderr, refused.stderr
            assert other.quit() == 0, other.log.read_text()[-2000:]
        finally:
            other.kill()

    def second_start(self) -> None:
        self.screen.key("F6")
        counts = self.app.ask("fact", name="counts")
        frame = self.app.ask("fact", name="frame")
        loaded = set(self.app.ask("modules"))
        heavy = loaded & {"torch", "torchvision", "sklearn", "scipy", "skimage", "safetensors"}
        assert not heavy, f"the window process holds {heavy}"
        stalls = self.app.ask("stalls")
        (self.out / "stalls.txt").write_text("\n\n".join(stalls), encoding="utf-8")
        sys.stdout.write(f"  {len(stalls)} stalls of over 100 ms of the window's own code\n")
        long = [each for each in stalls if int(each.split(" ms", 1)[0]) > STALL_MS]
        assert not long, f"{len(long)} stalls of over {STALL_MS} ms, the first:\n{long[0]}"
        assert self.app.quit() == 0, self.app.log.read_text()[-2000:]
        self.app = App(self.screen, [], home=self.home)
        self.app.wait("fact", lambda at: at == str(self.project), name="project", seconds=60)
        self.app.wait("fact", lambda now: now == frame, name="frame")
        self.app.wait("fact", lambda now: now == counts, name="counts")
        self.app.wait("fact", lambda r: set(r) >= {"1", "2"}, name="runs")
        self.screen.key("ctrl+z")
        self.app.wait("fact", lambda now: now != counts, name="counts")
        self.screen.key("ctrl+y")
        self.app.wait("fact", lambda now: now == counts, name="counts")
        time.sleep(1)
        self.picture("second-start")
        assert self.app.quit() == 0, self.app.log.read_text()[-2000:]
        self.app = App(self.screen, [], home=self.home)
        self.app.wait("fact", name="project", seconds=60)

    # --- hands -------------------------------------------------------------------------------

    def click(self, name: str) -> None:
        """Click the middle of a widget."""
        self.screen.click(*self.app.centre(name))
        time.sleep(0.15)

    def combo(self, name: str, row: int) -> None:
        """Choose a row of a combo box by keys."""
        self.click(name)
        time.sleep(0.3)
        self.screen.key("Home")
        for _ in range(row):
            self.screen.key("Down")
        self.screen.key("Return")
        time.sleep(0.2)

    def menu(self, verb: str) -> None:
        """Choose an entry of a menu with the mouse."""
        self.click("top.project")
        place = self.app.wait("menu_rect", verb=verb)
        self.screen.click(place[0] + place[2] / 2, place[1] + place[3] / 2)

    def go_to(self, number: int) -> None:
        """Show an image by its row in the list."""
        x, y, _, height = self.app.wait("row_rect", name="label.frames.view", row=number)
        self.screen.click(x + 60, y + height / 2)
        name = self.app.ask("fact", name="frames")[number]
        self.app.wait("fact", lambda now: now == name, name="frame")
        self.app.wait("fact", name="image_shown")

    def choose(self, value: int) -> None:
        """Choose a class by its key."""
        self.screen.key(KEYS[value] if value < 10 else f"shift+{KEYS[value - 10]}")
        self.app.wait("fact", lambda tool: tool[1] == value, name="tool")

    def brush(self, radius_px: float) -> None:
        """The brush, at about this radius."""
        self.screen.key("b")
        for _ in range(40):
            now = self.app.ask("fact", name="tool")[2]
            if now / radius_px > 1.2:
                self.screen.key("bracketleft")
            elif radius_px / now > 1.2:
                self.screen.key("bracketright")
            else:
                return
        raise AssertionError("the brush does not change its size")

    def at(self, points: list[tuple[float, float]]) -> list[tuple[float, float]]:
        """Screen positions of frame points on the label canvas."""
        found = self.app.ask("screen_of", name="label.canvas", points=points)
        return [(x, y) for x, y in found]

    def stroke(self, path: list[tuple[float, float]]) -> None:
        """Drag along a path of frame points, and wait until it is acknowledged."""
        seq = self.app.ask("fact", name="acknowledged")["seq"]
        self.screen.drag(self.at(path if len(path) > 1 else path * 2))
        self.app.wait("fact", lambda now: now["seq"] > seq, name="acknowledged")

    def run(self, state: str, *, number: int = 1, seconds: float = 120) -> None:
        """Wait until a run is in this state."""
        self.app.wait(
            "fact", lambda r: r.get(str(number), [""])[0] == state, name="runs", seconds=seconds
        )

    def reference(self, number: int) -> Any:
        """The reference mask of a train image."""
        name = Path(self.app.ask("fact", name="frames")[number]).name
        return np.asarray(Image.open(self.home / "reference" / Path(name).with_suffix(".png")))


def lay_out(home: Path) -> None:
    """Copies of images to `street/images/{train,val}`, val masks to `street/masks/val`."""
    source = SHARED / "data" / "camvid"
    if not source.is_dir():
        _lay_out_rendered(home)
        return
    for split, count in (("train", TRAIN_IMAGES), ("val", VAL_IMAGES)):
        chosen = sorted((source / split).glob("*.png"))
        for path in chosen[:: len(chosen) // count][:count]:
            _put(path, home / "street" / "images" / split)
            mask = source / f"{split}annot" / path.name
            _put(mask, home / "reference")
            if split == "val":
                _put(mask, home / "street" / "masks" / split)


def _lay_out_rendered(home: Path) -> None:
    from tests.demo_scenes import render

    for number in range(TRAIN_IMAGES + VAL_IMAGES):
        split = "train" if number < TRAIN_IMAGES else "val"
        image, mask = render(number, 360, 480, samples=1)
        masks = [home / "reference"] + [home / "street" / "masks" / split] * (split == "val")
        for folder, pixels in (
            (home / "street" / "images" / split, image),
            *((m, mask) for m in masks),
        ):
            folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(folder / f"{number:02d}.png")
    assert MAX_CLASS_ID > CLASSES


def _put(path: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(path, folder / path.name)


def main(argv: list[str]) -> int:
    """Tell the story; 0 if every part held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("report/story"))
    parser.add_argument("--ci", action="store_true", help="fail where the screen is missing")
    options = parser.parse_args(argv)
    if lacking := missing():
        sys.stdout.write(f"the story needs {', '.join(lacking)}\n")
        return 1 if options.ci else 0
    home = Path(tempfile.mkdtemp(prefix="s4gui-story-"))
    lay_out(home)
    with Screen(1440, 900) as screen:
        story = Story(screen, options.out, home)
        try:
            story.tell()
        finally:
            if hasattr(story, "app"):
                story.app.kill()
                log = story.app.log.read_text()
                sys.stdout.write(log[-4000:])
    for name, seconds in story.timings.items():
        sys.stdout.write(f"{seconds:7.1f} s  {name}\n")
    shutil.rmtree(home, ignore_errors=True)
    sys.stdout.write(f"the story holds; pictures in {options.out}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
