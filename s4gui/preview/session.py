"""Session: one open project in the preview process; commands in, events out, no streams."""

from __future__ import annotations

import contextlib
import math
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from s4gui.core.camera import HiddenPlane
from s4gui.core.errors import S4Error
from s4gui.core.labels import Box
from s4gui.core.messages import say
from s4gui.core.prediction import Prediction
from s4gui.preview.cache import ImageCache
from s4gui.preview.encoded import FeatureFiles
from s4gui.preview.examples import Examples
from s4gui.preview.features import Floats
from s4gui.preview.refine import EdgeModel, edge_model, refined
from s4gui.preview.trees import Forest, fitted
from s4gui.store import predictions
from s4gui.wire.preview import (
    Fit,
    Fitted,
    ForgetLabels,
    FrameFile,
    NeedsClasses,
    Open,
    Previewed,
    PreviewEvent,
    PreviewFailed,
    UpdateLabels,
    Warm,
    Warmed,
)

ORIGIN = "preview"
LEARN_SECONDS = 1.5
"""A fit waits at most so long for frames not looked at yet; the rest is learned when idle."""
VIEW_MARGIN = 0.1
"""Share of the view added on each side: panning a little stays covered."""
WHOLE_PIXELS = 4_000_000
"""Frames above this are answered on every n-th pixel; zoomed in, the view shows them all."""
FILES_KEPT = 60
"""Result files of all frames together; of one frame the last two."""


class Session:
    """Labels, features and the newest trees of one project.

    `fit` yields events stage by stage; who stops asking after an event has interrupted it.
    `idle` does one piece of work that nobody waits for.
    """

    def __init__(self, project: Open, *, threads: int) -> None:
        self._examples = Examples(project.class_ids, project.seed)
        self._images = ImageCache(project.cache_bytes)
        folder = Path(project.features_folder) if project.features_folder else None
        self._files = FeatureFiles(folder, self._images.arrays)
        self._results = _Results(Path(project.results_folder))
        self._seed = project.seed
        self._threads = threads
        self._to_warm: list[FrameFile] = []
        self._unfinished: Fit | None = None  # answered before all labels were learned
        self._forests: dict[str, Forest] = {}  # by what they see beside the filters
        self._forests_of = -1  # which version of the labels

    def update_labels(self, command: UpdateLabels) -> None:
        """Know new labels; they teach from the next fit on. DataError for damaged tiles."""
        self._examples.update(command)

    def forget_labels(self, command: ForgetLabels) -> None:
        """This frame no longer teaches."""
        self._examples.forget(command.frame)

    def warm(self, command: Warm) -> None:
        """Look at these frames when idle, in place of those asked for before."""
        self._to_warm = list(command.frames)

    def fit(self, fit: Fit) -> Iterator[PreviewEvent]:
        """Fit on all labels, then predict: the view, the whole frame, the neighbours.

        A frame that cannot be read costs a PreviewFailed, nothing else.
        """
        start = time.perf_counter()
        self._unfinished = None
        if len(self._examples.painted) < 2:
            yield NeedsClasses(fit.ticket, len(self._examples.painted))
            return
        self._examples.look_again(self._files.card)
        yield from self._learn_stale(fit, start + LEARN_SECONDS)
        kind, lacking = self._examples.seen_by(self._files.card)
        card = self._files.card(fit.current) if self._files.can_be_seen(fit.current) else None
        wide = card is not None and card.kind == kind
        try:
            forest = self._fitted(kind if wide else "")
        except ValueError:
            yield NeedsClasses(fit.ticket, 1)
            return
        yield Fitted(
            fit.ticket,
            time.perf_counter() - start,
            forest.pixels,
            forest.class_ids,
            encoder=card.encoder if card is not None and wide else "",
            lacking=lacking + (bool(kind) and not wide) if self._files.are_made else 0,
        )
        yield from self._current(fit, kind, start)
        yield from self._neighbours(fit, kind, start)
        # Set last: an interrupted fit has a newer one behind it, which finishes the job.
        if self._examples.stale():
            self._unfinished = fit

    def idle(self) -> Iterator[PreviewEvent] | None:
        """One piece of work nobody waits for, as events to be drawn; None if there is none."""
        stale = self._examples.stale()
        if stale:
            return self._learn(stale[0], ticket=0)
        if self._unfinished is not None:
            return self.fit(self._unfinished)
        if self._to_warm:
            return self._warm(self._to_warm.pop(0))
        return None

    def _fitted(self, kind: str) -> Forest:
        """The trees of the labels as they are; the ones fitted last if nothing has changed.

        With a kind of encoder features they see these too.
        """
        if self._forests_of != self._examples.version:
            self._forests.clear()
            self._forests_of = self._examples.version
        if kind not in self._forests:
            rows = self._examples.rows(seen=bool(kind))
            self._forests[kind] = fitted(rows, seed=self._seed, threads=self._threads)
        return self._forests[kind]

    def _learn_stale(self, fit: Fit, deadline: float) -> Iterator[PreviewEvent]:
        """Make rows: of the frame on screen, then of others until the time is up.

        The time does not count as long as fewer than two classes could be learned.
        """
        waiting = sorted(self._examples.stale(), key=lambda each: each.frame != fit.current.frame)
        for image in waiting:
            classes = {int(n) for rows in self._examples.rows() for n in np.unique(rows.classes)}
            if time.perf_counter() > deadline and len(classes) >= 2:
                return
            yield from self._learn(image, ticket=fit.ticket)

    def _learn(self, image: FrameFile, *, ticket: int) -> Iterator[PreviewEvent]:
        try:
            features, shape = self._images.features_in_passing(image)
            grid = (features.shape[0], features.shape[1])
            seen = self._files.seen(image, grid, in_passing=True)
            self._examples.learn(image.frame, features, shape, seen)
        except Exception as error:  # noqa: BLE001 - a door: one frame must not end the process
            self._examples.give_up(image.frame)
            yield failed(error, ticket=ticket, frame=image.frame)

    def _warm(self, image: FrameFile) -> Iterator[PreviewEvent]:
        start = time.perf_counter()
        try:
            self._images.features(image)
        except Exception as error:  # noqa: BLE001 - a door: one frame must not end the process
            yield failed(error, frame=image.frame)
        else:
            yield Warmed(image.frame, time.perf_counter() - start)

    def _current(self, fit: Fit, kind: str, start: float) -> Iterator[PreviewEvent]:
        try:
            answer = self._answer(fit.current, kind)
            view, step = _on_screen(fit, answer.model.shape)
            if not view.is_empty and (view, step) != answer.whole:
                yield self._written(answer, view, step, ticket=fit.ticket, start=start)
            yield self._written(answer, *answer.whole, ticket=fit.ticket, start=start)
        except Exception as error:  # noqa: BLE001 - a door: one frame must not end the process
            if self._results.is_there:
                yield failed(error, ticket=fit.ticket, frame=fit.current.frame)

    def _neighbours(self, fit: Fit, kind: str, start: float) -> Iterator[PreviewEvent]:
        for image in fit.neighbours:
            try:
                answer = self._answer(image, kind)
                yield self._written(answer, *answer.whole, ticket=fit.ticket, start=start)
            except Exception as error:  # noqa: BLE001 - a door, as above
                if not self._results.is_there:
                    return
                yield failed(error, ticket=fit.ticket, frame=image.frame)

    def _answer(self, image: FrameFile, kind: str) -> _Answer:
        features, kind = self._look(image, kind)
        forest = self._fitted(kind)
        probabilities = forest.probabilities(features)
        pixels = self._images.pixels(image)
        model = edge_model(probabilities, pixels)
        hidden = HiddenPlane.from_text(image.hidden) if image.hidden else None
        if hidden is not None and hidden.shape != model.shape:
            hidden = None  # the file was replaced by one of another size
        return _Answer(image.frame, pixels, model, np.array(forest.class_ids, np.uint8), hidden)

    def _look(self, image: FrameFile, kind: str) -> tuple[Floats, str]:
        """Features of a frame with those of this kind, or without where it lacks them."""
        features = self._images.features(image)
        shape = (features.shape[0], features.shape[1])
        seen = self._files.seen(image, shape) if kind else None
        if seen is None or seen.card.kind != kind:
            return features, ""
        return np.concatenate([features, seen.whole()], 2), kind

    def _written(
        self, answer: _Answer, box: Box, step: int, *, ticket: int, start: float
    ) -> Previewed:
        prediction = answer.prediction(box, step)
        path = self._results.write(answer.frame, prediction)
        return Previewed(
            ticket=ticket,
            frame=answer.frame,
            path=str(path),
            box=(box.y0, box.x0, box.y1, box.x1),
            whole=(box, step) == answer.whole,
            seconds=time.perf_counter() - start,
        )


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the trees say of a frame, ready to be drawn at any place and fineness."""

    frame: str
    pixels: NDArray[np.uint8]
    model: EdgeModel
    class_ids: NDArray[np.uint8]
    hidden: HiddenPlane | None

    @property
    def whole(self) -> tuple[Box, int]:
        """The frame's box, and the step at which all of it is answered."""
        height, width = self.model.shape
        step = math.ceil(math.sqrt(height * width / WHOLE_PIXELS))
        return Box(0, 0, height, width), max(1, step)

    def prediction(self, box: Box, step: int) -> Prediction:
        best, confidence = refined(self.model, self.pixels, box, step=step)
        return Prediction(self.class_ids[best], confidence, ORIGIN).hiding(self.hidden, box)


class _Results:
    """Result files in one folder; what an earlier process left there is removed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._written: list[tuple[str, Path]] = []
        self._count = 0
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(f"{ORIGIN}-*{predictions.SUFFIX}"):
            left.unlink(missing_ok=True)

    @property
    def is_there(self) -> bool:
        """Whether the folder still exists: without it the project was closed, nobody reads."""
        return self._folder.is_dir()

    def write(self, frame: str, prediction: Prediction) -> Path:
        """Write one file; older ones than the last two of the frame go."""
        self._count += 1
        path = self._folder / f"{ORIGIN}-{self._count:06d}{predictions.SUFFIX}"
        predictions.write(path, prediction)
        self._written.append((frame, path))
        mine = [each for each in self._written if each[0] == frame]
        for gone in [*mine[:-2], *self._written[:-FILES_KEPT]]:
            if gone in self._written:
                self._written.remove(gone)
                # A reader may hold it open where open files cannot be removed.
                with contextlib.suppress(OSError):
                    gone[1].unlink(missing_ok=True)
        return path


def failed(error: Exception, *, ticket: int = 0, frame: str = "") -> PreviewFailed:
    """The event for an error: what a user can act on in words, a defect with its traceback."""
    if isinstance(error, S4Error):
        return PreviewFailed(error.message.id, str(error), error.hint, "", ticket, frame)
    if isinstance(error, MemoryError):
        what = say("preview.memory", "There is not enough memory for the preview")
        hint = say("preview.memory.hint", "Close other programs, or use smaller images")
        return PreviewFailed("preview.memory", what, hint, "", ticket, frame)
    what = say("preview.defect", "The preview met an error of its own: {error}", error=error)
    hint = say("preview.defect.hint", "Your labels are saved; paint on or restart the program")
    trace = "".join(traceback.format_exception(error))
    return PreviewFailed("preview.defect", what, hint, trace, ticket, frame)


def _on_screen(fit: Fit, shape: tuple[int, int]) -> tuple[Box, int]:
    """The view with its margin, and every how many pixels the screen shows one."""
    y0, x0, y1, x1 = fit.view
    dy, dx = round((y1 - y0) * VIEW_MARGIN), round((x1 - x0) * VIEW_MARGIN)
    box = Box(y0 - dy, x0 - dx, y1 + dy, x1 + dx).clipped(shape)
    return box, max(1, round(1 / fit.zoom)) if fit.zoom > 0 else 1
