"""Watcher: predictions of the frames that somebody looks at, as files, the last two kept."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from s4gui.core.errors import ImageError
from s4gui.learn.pixels import PixelCache
from s4gui.learn.predict import Predictor
from s4gui.store import predictions
from s4gui.store.runs import RunFolder
from s4gui.store.snapshots import Snapshot
from s4gui.wire.events import Event, Notice, PredictionReady

KEPT = 2


class Watcher:
    """Predicts the watched frames in their order; older files of a frame are removed."""

    def __init__(self, run: RunFolder, sink: Callable[[Event], None], cache: PixelCache) -> None:
        self._run, self._sink, self._cache = run, sink, cache
        self._frames: tuple[str, ...] = ()
        self._unreadable: set[str] = set()

    def watch(self, frames: tuple[str, ...]) -> None:
        """These frames from now on."""
        self._frames = frames

    def predict(self, snapshot: Snapshot, predictor: Predictor, *, step: int) -> None:
        """Write and announce a prediction for each watched frame."""
        for frame_id in self._frames:
            with self._unreadable_said(frame_id, step):
                self._predict_one(frame_id, snapshot, predictor, step)

    def _predict_one(
        self, frame_id: str, snapshot: Snapshot, predictor: Predictor, step: int
    ) -> None:
        frame = next((each for each in snapshot.frames if each.id == frame_id), None)
        if frame is None:
            return  # watched after it left the project: nothing to see
        pixels = self._cache.get(snapshot.image_path(frame))
        origin = f"run {self._run.number}"
        path = self._run.prediction(frame_id, step)
        answer = predictor.predict(pixels, origin=origin, step=step)
        predictions.write(path, answer.hiding(snapshot.hidden(frame_id)))
        self._sink(PredictionReady(step, frame_id, path.relative_to(self._run.path).as_posix()))
        self._forget_older(frame_id)

    def _forget_older(self, frame_id: str) -> None:
        pattern = self._run.prediction(frame_id, 0)
        stem = pattern.name.partition(".step-")[0] + ".step-"
        mine = [each for each in self._run.predictions.iterdir() if each.name.startswith(stem)]
        for old in sorted(mine, key=lambda each: (len(each.name), each.name))[:-KEPT]:
            old.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _unreadable_said(self, frame_id: str, step: int) -> Iterator[None]:
        try:
            yield
        except ImageError as error:
            if frame_id in self._unreadable:
                return
            self._unreadable.add(frame_id)
            self._sink(Notice(step, error.message.id, str(error), error.hint))
