"""DemoJob: the main job on the demo project in the real window, driven by the program itself."""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from importlib import metadata
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, qVersion
from PySide6.QtWidgets import QApplication

from s4gui.core.errors import S4Error
from s4gui.core.frames import Split
from s4gui.core.messages import say
from s4gui.core.recipe import Recipe
from s4gui.core.strokes import Stroke
from s4gui.gui import exports
from s4gui.gui.application import SETTINGS, Application
from s4gui.gui.launch import make_app
from s4gui.gui.session import Session
from s4gui.report.demo_report import DemoReport, Part, write_page
from s4gui.store import demo, predictions
from s4gui.store.project import Project
from s4gui.store.runs import RunFolder
from s4gui.store.settings import Settings
from s4gui.workbench import exporting
from s4gui.workbench.actions import Workspace
from s4gui.workbench.workbench import Workbench

STEPS = 20
SIZE = (1440, 900)
TERMS = {"ce", "fm", "st", "d"}
VAL = ("scene-04.jpg", "scene-08.jpg")
HEAVY = {"torch", "torchvision", "sklearn", "skimage", "scipy", "safetensors"}
RECIPE = Recipe(
    name="selftest",
    strategy="s4gan",
    width=8,
    long_side_px=192,
    batch_labelled=2,
    batch_unlabelled=2,
    steps=STEPS,
    warmup_steps=5,
    validate_every=STEPS,
    checkpoint_every=STEPS,
    discriminator_width=8,
)


class Broken(Exception):
    """A part of the job found something else than it should."""


class DemoJob:
    """Does the parts one after the other; what fails ends the job, and the report says so."""

    def __init__(self, scratch: Path, output: Path) -> None:
        self._scratch, self._output = scratch, output
        self._parts: list[Part] = []
        self._pictures: dict[str, str] = {}
        self._demo = scratch
        self._replayed = scratch / "replayed"
        self._run: RunFolder
        self._app: QApplication
        self._root: Application

    def run(self) -> DemoReport:
        """Do the job and write the report."""
        parts: tuple[tuple[str, Callable[[], str]], ...] = (
            (say("selftest.open", "Open the demo project"), self._open),
            (say("selftest.replay", "Replay its strokes as edits"), self._replay),
            (say("selftest.preview", "Instant preview"), self._preview),
            (say("selftest.train", "20 steps of S4GAN in a worker"), self._train),
            (say("selftest.predict", "Predict every image"), self._predict),
            (say("selftest.export", "Export, import again, compare"), self._export),
            (say("selftest.window", "The window"), self._window),
        )
        try:
            held = all(self._part(name, work) for name, work in parts)
        finally:
            with suppress(AttributeError):
                self._root.window.close()
                self._root.door.uninstall()
                QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        report = DemoReport(tuple(self._parts), _facts(), self._pictures if held else {})
        write_page(report, self._output / "report.html")
        return report

    def _part(self, name: str, work: Callable[[], str]) -> bool:
        begun = time.perf_counter()
        try:
            finding, held = work(), True
        except (Broken, S4Error, OSError) as error:
            finding, held = str(error), False
        self._parts.append(Part(name, held, finding, time.perf_counter() - begun))
        return held

    # --- parts -------------------------------------------------------------------------------

    def _open(self) -> str:
        settings = Settings(self._scratch / "settings", extra=SETTINGS)
        settings.set("tour_done", value=True)
        self._app = make_app(settings)
        self._root = Application(self._app, settings, self._scratch / "settings")
        self._root.door.install()
        self._demo = demo.open_copy(self._scratch)
        self._root.start(self._demo)
        self._root.window.resize(*SIZE)  # without a screen it would be as small as it can be
        self._until(lambda: self._root.session is not None, 20, "the demo project did not open")
        self._until(lambda: bool(self._session.trainer.logs), 20, "its run was not found")
        runs = self._session.trainer.logs
        best = next(iter(runs.values())).best
        score = "–" if best is None or best.mean_iou is None else f"{best.mean_iou:.2f}"
        return say(
            "selftest.opened",
            "{n} images, one finished run (mean IoU {score})",
            n=len(self._session.desk.usable),
            score=score,
        )

    def _replay(self) -> str:
        """The shipped strokes, painted anew, give the shipped labels pixel for pixel."""
        shipped = self._session.desk.project
        Project.create(
            self._replayed, name="replayed", images=self._demo / "images",
            class_map=shipped.class_map,
        ).close()  # fmt: skip
        wanted = {f.path: shipped.read_mask(f.id).labels for f in shipped.frames}
        self._root.opening.open(self._replayed)
        self._until(
            lambda: (
                self._root.session is not None
                and self._session.desk.project.folder == self._replayed.resolve()
            ),
            20,
            "the new project did not open",
        )
        desk = self._session.desk
        frames = {frame.path: frame.id for frame in desk.workbench.frames}
        raw = json.loads((self._demo / "strokes.json").read_text(encoding="utf-8"))
        for each in raw:
            path = tuple((float(y), float(x)) for y, x in each["path_yx"])
            stroke = Stroke(path, each["radius_px"], each["value"])
            desk.publish(desk.workbench.paint(frames[each["frame"]], stroke), self)
        for name in VAL:
            reference = self._demo / "reference" / Path(name).with_suffix(".png")
            mask = np.asarray(Image.open(reference)).astype(np.uint8)
            desk.publish(desk.workbench.import_labels(frames[name], mask, detail="demo"), self)
        desk.publish(desk.workbench.set_split([frames[n] for n in VAL], Split.VAL), self)
        self._until(lambda: desk.workbench.acknowledged, 20, "strokes were not acknowledged")
        for name in sorted({each["frame"] for each in raw}):
            self._session.learners.edited(frames[name], None)
            mine = desk.workbench.mask(frames[name]).labels
            if not np.array_equal(mine, wanted[name]):
                raise Broken(say("selftest.differs", "{name} differs from the demo", name=name))
        return say("selftest.replayed", "{n} strokes, labels equal the demo's", n=len(raw))

    def _preview(self) -> str:
        session, begun = self._session, time.perf_counter()
        session.learners.refresh()

        def answered() -> bool:
            shown = session.learners.shown_prediction()
            return shown is not None and shown.origin.startswith("preview")

        self._until(answered, 30, "the preview did not answer")
        return say("selftest.previewed", "after {s:.1f} s", s=time.perf_counter() - begun)

    def _train(self) -> str:
        trainer = self._session.trainer
        trainer.start(RECIPE, warm=False)
        self._until(lambda: trainer.newest is not None, 30, "the run did not begin")
        number = trainer.newest or 0
        self._until(lambda: trainer.logs[number].state.is_ended, 90, "the run did not end")
        log = trainer.logs[number]
        if log.state.value != "done" or log.step != STEPS:
            raise Broken(f"{log.state.value}, step {log.step}: {log.message}")
        if not set(log.terms) >= TERMS:
            raise Broken(f"terms {log.terms}")
        self._run = trainer.folders[number]
        terms = ", ".join(f"{name} {log.column(name)[1][-1]:.3f}" for name in sorted(TERMS))
        return say("selftest.trained", "done at step {n}: {terms}", n=log.step, terms=terms)

    def _predict(self) -> str:
        desk = self._session.desk
        images = {frame: desk.project.image_path(frame.id) for frame in desk.usable}
        cameras = desk.project.camera_masks
        answer: list[object] = []
        desk.jobs.run(
            "selftest",
            lambda: exports.predict_missing(self._run, images, lambda *_: True, cameras),
            answer.append,
            answer.append,
        )
        self._until(lambda: bool(answer), 60, "the predictions did not come")
        if isinstance(answer[0], BaseException):
            raise Broken(str(answer[0]))
        return say("selftest.predicted", "{n} images", n=len(images))

    def _export(self) -> str:
        """Files read with Pillow alone, and labels imported from them: no pixel may differ."""
        desk, folder = self._session.desk, self._output / "masks"
        reader = exporting.prediction_reader(self._run)
        done = exporting.export_masks(
            desk.usable, reader, folder,
            class_map=desk.project.class_map, form=exporting.Form.BOTH,
        )  # fmt: skip
        again = Project.create(
            self._scratch / "again", name="again", images=self._demo / "images",
            class_map=desk.project.class_map,
        )  # fmt: skip
        bench = Workbench(again)
        differing = 0
        try:
            bench.import_folder(folder / "indexed")
            colours = desk.project.class_map.palette()
            for frame, twin in zip(desk.usable, again.frames, strict=True):
                answer = self._answer(frame.id)
                name = f"{Path(frame.path).stem}.png"
                indexed = np.asarray(Image.open(folder / "indexed" / name))
                colour = np.asarray(Image.open(folder / "colour" / name))
                differing += int((indexed != answer).sum())
                differing += int((colour != colours[answer]).any(-1).sum())
                differing += int((bench.mask(twin.id).labels != answer).sum())
        finally:
            bench.close()
        if differing or done.missing or not done.files:
            raise Broken(say("selftest.pixels", "{n} pixels differ", n=differing))
        return say("selftest.exported", "{n} files, 0 pixels differ", n=len(done.files))

    def _answer(self, frame_id: str) -> NDArray[np.uint8]:
        stem = self._run.prediction(frame_id, STEPS)
        return predictions.read(stem).classes

    def _window(self) -> str:
        window = self._root.window
        for room in (Workspace.TRAIN, Workspace.REVIEW, Workspace.LABEL):
            self._root.do(f"workspace.{room}")
            self._wait(0.6)
            name = "window.png" if room is Workspace.LABEL else f"{room}.png"
            if not window.grab().save(str(self._output / name)):
                raise Broken(say("selftest.no_picture", "{name} was not written", name=name))
            self._pictures[name] = str(room.value).capitalize()
        heavy = HEAVY & {name.split(".")[0] for name in sys.modules}
        if heavy:
            raise Broken(f"{heavy} in the window's process")
        troubles = self._root.notices.troubles
        if troubles:
            raise Broken("; ".join(each.what for each in troubles))
        return say("selftest.windowed", "three rooms drawn, nothing went wrong")

    # --- waiting -----------------------------------------------------------------------------

    @property
    def _session(self) -> Session:
        session = self._root.session
        if session is None:
            raise Broken(say("selftest.no_project", "no project is open"))
        return session

    def _until(self, holds: Callable[[], bool], seconds: float, otherwise: str) -> None:
        end = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > end:
                raise Broken(f"{otherwise} ({seconds:.0f} s)")
            self._wait(0.01)

    def _wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._app.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 10)
            time.sleep(0.002)


def _facts() -> dict[str, str]:
    """What this ran on."""
    found = {
        "s4gui": metadata.version("s4gui"),
        "Python": platform.python_version(),
        "Qt": f"{qVersion()} ({QApplication.platformName()})",
        say("selftest.system", "System"): platform.platform(terse=True),
        say("selftest.cores", "Cores"): str(os.cpu_count()),
    }
    for name in ("PySide6-Essentials", "numpy", "torch", "scikit-learn"):
        with suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found
