"""Workbench: the open project as it changes; every mutation returns a Change. No Qt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from s4gui import __version__
from s4gui.core.change import Change
from s4gui.core.classes import ClassMap, Rgb
from s4gui.core.frames import FrameId, FrameState, Split
from s4gui.core.recipe import Recipe
from s4gui.core.sources import Source, SourceKind
from s4gui.core.tags import ImageTags
from s4gui.store import runs
from s4gui.store.palettes import ImportTable
from s4gui.store.runs import RunCard, RunFolder
from s4gui.store.scan import Progress
from s4gui.workbench import importing, snapshotting
from s4gui.workbench.arranging import Arranging
from s4gui.workbench.cameras import Cameras
from s4gui.workbench.shaping import Shaping

Inside = NDArray[np.bool_]
PAINTED = Source(SourceKind.PAINTED)
_DEFAULT_RADIUS_PX = 12.0


class Workbench(Arranging, Shaping, Cameras):
    """The one place that changes labels, splits and classes of a project.

    Belongs to the thread that made it; others get RuntimeError. Everything painted is in the
    mask at once, a journal row is on its way when the mutating call returns, and the Change
    says what to redraw.
    """

    def show(self, frame_id: FrameId) -> Change:
        """Make a frame the current one; the one left is saved."""
        self._check_thread()
        if frame_id == self.current:
            return Change()
        self.end_stroke()
        self.project.frame(frame_id)
        before, self.current = self.current, frame_id
        if before is not None and before in self._open and not self.project.read_only:
            self._open.save(before)
        return Change(current_frame=True)

    def import_folder(
        self,
        folder: Path,
        table: str | ImportTable = "",
        progress: Progress | None = None,
        *,
        only: Iterable[str] | None = None,
    ) -> tuple[Change, importing.ImportReport]:
        """Import index or colour masks for the frames they fit; one edit for each frame."""
        return importing.import_folder(self, folder, table, progress, only=only)

    # --- the project -------------------------------------------------------------------------

    def set_split(self, frame_ids: Iterable[FrameId], split: Split) -> Change:
        """Give frames a split."""
        self._check_thread()
        self.project.set_splits(dict.fromkeys(frame_ids, split))
        return Change(frames=True)

    def set_tags(self, frame_ids: Iterable[FrameId], tags: ImageTags) -> Change:
        """Say of frames which classes they show and which they do not."""
        self._check_thread()
        self.project.set_tags(dict.fromkeys(frame_ids, tags))
        return Change(frames=True)

    def set_mark(self, frame_ids: Iterable[FrameId], mark: FrameState | None) -> Change:
        """Say of frames that they are done, approved or flagged; None takes the mark away."""
        self._check_thread()
        marks = dict.fromkeys(frame_ids, mark)
        self.project.set_marks(marks)
        return Change(states=frozenset(marks))

    def add_class(self, name: str, rgb: Rgb) -> Change:
        """One more class; its id has never been used."""
        return self._set_classes(self.class_map.with_class(name, rgb))

    def recolour_classes(self, colours: Mapping[int, Rgb]) -> Change:
        """Give classes other colours, by id; no pixel changes. KeyError for an unknown id."""
        class_map = self.class_map
        for class_id, rgb in colours.items():
            class_map = class_map.changed(class_id, rgb=rgb)
        return self._set_classes(class_map)

    def save_now(self) -> None:
        """Hand the label files of all changed frames to the writer."""
        self._check_thread()
        if not self.project.read_only:
            self._open.save_all()

    def write_now(self) -> None:
        """End the stroke and wait until everything is on disk; raises if that failed."""
        self.end_stroke()
        self.save_now()
        self.project.writer.flush()

    def close(self) -> None:
        """End the stroke, write everything, close the project; raises if that failed."""
        self.end_stroke()
        self.save_now()
        self.project.close()

    # --- runs --------------------------------------------------------------------------------

    def snapshot(self, into: Path, *, hold_out: float, seed: int) -> str:
        """Write the labels as they are now below `into`; the snapshot folder's name."""
        return self._snapshot_order(hold_out, seed).write(into)

    def start_run(
        self, recipe: Recipe, *, warm_start: str = "", watch: tuple[FrameId, ...] = ()
    ) -> RunFolder:
        """Claim a run folder with snapshot, recipe and card; a worker can take it."""
        return self.prepare_run(recipe, warm_start=warm_start, watch=watch)()

    def prepare_run(
        self, recipe: Recipe, *, warm_start: str = "", watch: tuple[FrameId, ...] = ()
    ) -> Callable[[], RunFolder]:
        """The same in two parts: labels are those of now; the work may be done in a Job."""
        order = self._snapshot_order(recipe.hold_out, recipe.seed)
        project = self.project
        made_at = datetime.fromtimestamp(self._clock(), UTC).isoformat(timespec="seconds")

        def make() -> RunFolder:
            folder = runs.claim(project.runs)
            card = RunCard(
                number=folder.number,
                project=project.name,
                made_at=made_at,
                snapshot=order.write(folder.snapshots),
                warm_start=warm_start,
                watch=watch,
                version=__version__,
            )
            folder.write(card, recipe)
            return folder

        return make

    # --- inside ------------------------------------------------------------------------------

    def _snapshot_order(self, hold_out: float, seed: int) -> snapshotting.Order:
        self.end_stroke()
        return snapshotting.Order.now(self.project, hold_out=hold_out, seed=seed)

    def _set_classes(self, class_map: ClassMap) -> Change:
        self._check_thread()
        self.project.set_class_map(class_map)
        return Change(classes=True)
