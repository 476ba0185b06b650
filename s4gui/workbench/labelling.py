"""Every change of labels: strokes, regions, accepting, importing, undo; each one journal row."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s4gui.core.change import Change
from s4gui.core.classes import UNLABELLED
from s4gui.core.errors import LabelFileError
from s4gui.core.frames import Frame, FrameId
from s4gui.core.history import Entry
from s4gui.core.labels import Box, LabelMask, Patch
from s4gui.core.locks import Guard
from s4gui.core.messages import Message
from s4gui.core.prediction import Prediction
from s4gui.core.sources import Source, SourceKind
from s4gui.core.strokes import PointYX, Stroke, rasterise
from s4gui.store import label_files, tiles
from s4gui.store.journal import NewRow, RowKind, RowNote
from s4gui.store.project import Project
from s4gui.workbench import painting
from s4gui.workbench.choosing import Choosing
from s4gui.workbench.opened import (
    DEFAULT_BUDGET_BYTES,
    DEFAULT_HISTORY_BYTES,
    OpenFrame,
    OpenFrames,
)
from s4gui.workbench.painting import OpenStroke, Tool

Inside = NDArray[np.bool_]
PAINTED = Source(SourceKind.PAINTED)


class Labelling(Choosing):
    """The masks in memory and all that changes them.

    What is painted is in the mask at once; its row is on the way to the journal when the call
    returns, and `on_acknowledged(seq)` is called on the writer's thread when it is committed.
    """

    def __init__(
        self,
        project: Project,
        *,
        clock: Callable[[], float] = time.time,
        author: str = "",
        budget_bytes: int = DEFAULT_BUDGET_BYTES,
        history_bytes: int = DEFAULT_HISTORY_BYTES,
    ) -> None:
        super().__init__(project)
        self._clock, self._author = clock, author
        self._owner = threading.get_ident()
        self._open = OpenFrames(project, budget_bytes, history_bytes)
        self._stroke: OpenStroke | None = None
        self.current: FrameId | None = None
        self.on_acknowledged: Callable[[int], None] | None = None

    @property
    def frames(self) -> tuple[Frame, ...]:
        """All frames, broken ones included, in natural order."""
        return self.project.frames

    def mask(self, frame_id: FrameId) -> LabelMask:
        """The live mask of a frame, loaded when first asked for."""
        return self._frame(frame_id).mask

    def counts(self, frame_id: FrameId) -> dict[int, int]:
        """Labelled pixels per value as painted now; unopened frames are not loaded for it."""
        opened = self._open.peek(frame_id)
        return dict(opened.counts) if opened else self.project.counts(frame_id)

    def can_undo(self, frame_id: FrameId) -> bool:
        """Whether this frame has an edit to take back."""
        return self._frame(frame_id).can_undo

    def can_redo(self, frame_id: FrameId) -> bool:
        """Whether this frame has an undone edit."""
        return self._frame(frame_id).can_redo

    @property
    def pending(self) -> int:
        """Edits that are not acknowledged yet."""
        return 0 if self.project.read_only else self.project.writer.pending_rows

    @property
    def acknowledged(self) -> bool:
        """Whether every edit is committed; the stroke under the pen is not an edit yet."""
        return self.pending == 0

    @property
    def painting(self) -> bool:
        """Whether a stroke is under way."""
        return self._stroke is not None

    def take_notices(self) -> tuple[Message, ...]:
        """What opening frames found out since the last call."""
        found = tuple(self._open.notices)
        self._open.notices.clear()
        return found

    # --- painting ----------------------------------------------------------------------------

    def begin_stroke(
        self, frame_id: FrameId, *, value: int, radius_px: float, at_yx: PointYX, over: str = ""
    ) -> Change:
        """Press: paint a dot; `over` names the prediction that was visible (`run 7 step 200`)."""
        ended = self.end_stroke()
        opened = self._editable(frame_id)
        source = self.project.add_source(PAINTED)
        self._stroke = OpenStroke(
            frame_id,
            opened.mask,
            value,
            source,
            radius_px,
            over,
            self._clock(),
            self.tip,
            self._guard(frame_id, opened.mask.shape),
        )
        return both(ended, self.extend_stroke([at_yx]))

    def extend_stroke(self, points_yx: Sequence[PointYX]) -> Change:
        """Drag: paint on to these points; nothing without a stroke."""
        if self._stroke is None:
            return Change()
        box = self._stroke.extend(points_yx)
        return Change(labels={self._stroke.frame: box}) if box is not None else Change()

    def end_stroke(self) -> Change:
        """Release: the stroke becomes one edit, on its way to the journal."""
        self._check_thread()
        stroke, self._stroke = self._stroke, None
        if stroke is None:
            return Change()
        patch = stroke.finish()
        self._note_guard(stroke.guard)
        facts = stroke.facts(self._clock())
        return self._done(stroke.frame, patch, tool=stroke.tool, value=stroke.value, facts=facts)

    def cancel_stroke(self) -> Change:
        """Put back what the stroke under way has painted."""
        self._check_thread()
        stroke, self._stroke = self._stroke, None
        box = stroke.cancel() if stroke is not None else None
        return Change(labels={stroke.frame: box}) if stroke and box else Change()

    def paint(self, frame_id: FrameId, stroke: Stroke, *, tool: Tool = Tool.BRUSH) -> Change:
        """A whole stroke as one edit."""
        inside, box = rasterise(stroke)
        opened = self._editable(frame_id)
        source = self.project.add_source(PAINTED)
        guard = self._guard(frame_id, opened.mask.shape)
        patch = opened.mask.paint(inside, box, stroke.value, source=source, guard=guard)
        self._note_guard(guard)
        path = [[round(y, 1), round(x, 1)] for y, x in stroke.path_yx]
        facts = {"radius_px": stroke.radius_px, "path_yx": path}
        return self._done(frame_id, patch, tool=tool, value=stroke.value, facts=facts)

    def paint_region(
        self,
        frame_id: FrameId,
        inside: Inside,
        box: Box,
        value: int,
        *,
        tool: Tool,
        source: Source = PAINTED,
    ) -> Change:
        """Set a region (box-shaped bool) to a value as one edit: polygon, rectangle, fill."""
        opened = self._editable(frame_id)
        number = self.project.add_source(source)
        guard = self._guard(frame_id, opened.mask.shape)
        patch = opened.mask.paint(inside, box, value, source=number, guard=guard)
        self._note_guard(guard)
        return self._done(frame_id, patch, tool=tool, value=value)

    def let(
        self, frame_id: FrameId, inside: Inside, box: Box, value: int | NDArray[np.uint8]
    ) -> Inside:
        """The pixels of a region (bool of a box in the frame) that locks let become `value`."""
        mask = self.mask(frame_id)
        guard = self._guard(frame_id, mask.shape)
        return inside if guard is None else guard.let(inside, mask.labels[box.slices], value, box)

    def accept(self, frame_id: FrameId, prediction: Prediction, inside: Inside, box: Box) -> Change:
        """Copy predicted classes of a region; never over VOID or what was painted."""
        opened = self._editable(frame_id)
        number = self.project.add_source(Source(SourceKind.ACCEPTED, prediction.origin))
        table = self.project.sources.sources
        before = tuple(n for n, s in enumerate(table, 1) if s.kind is SourceKind.ACCEPTED)
        guard = self._guard(frame_id, opened.mask.shape)
        patch = painting.accepted(
            opened.mask, prediction, inside, box, source=number, replaceable=before, guard=guard
        )
        self._note_guard(guard)
        facts = {"origin": prediction.origin, "step": prediction.step}
        return self._done(frame_id, patch, kind=RowKind.ACCEPT, tool="accept", facts=facts)

    def import_labels(self, frame_id: FrameId, labels: NDArray[np.uint8], *, detail: str) -> Change:
        """Put foreign labels (H, W) uint8, our ids already, over the frame's as one edit.

        Locked pixels stay; the lock on the prediction is for the hand alone.
        """
        opened = self._editable(frame_id)
        number = self.project.add_source(Source(SourceKind.IMPORTED, detail))
        locks = replace(self.locks, only_predicted=False)
        guard = Guard(locks, None, self.value) if locks else None
        patch = painting.imported(opened.mask, labels, source=number, guard=guard)
        facts = {"from": detail}
        return self._done(frame_id, patch, kind=RowKind.IMPORT, tool="import", facts=facts)

    def undo(self, frame_id: FrameId) -> Change:
        """Take back the last edit of a frame (ending the stroke under way first)."""
        return self._step(frame_id, RowKind.UNDO)

    def redo(self, frame_id: FrameId) -> Change:
        """Do the last undone edit of a frame again."""
        return self._step(frame_id, RowKind.REDO)

    # --- labels changed by others ------------------------------------------------------------

    @property
    def outside(self) -> dict[FrameId, NDArray[np.uint8]]:
        """Label files that another program changed, by frame: their labels; not decided yet."""
        return self._open.outside

    def take_outside(self, frame_id: FrameId) -> Change:
        """Take over labels that were changed outside; the frame's history is closed."""
        opened = self._editable(frame_id)
        if opened.outside is None:
            return Change()
        if opened.outside.shape != opened.mask.shape:
            raise LabelFileError(
                "labels.outside_size",
                "The changed labels of {name} have another size than the image",
                hint="Keep yours; the changed file is moved aside",
                name=frame_id,
            )
        self.end_stroke()
        number = self.project.add_source(Source(SourceKind.IMPORTED, "changed outside"))
        patch = painting.replaced(opened.mask, opened.outside, source=number)
        opened.outside, opened.saved_seq = None, -1
        change = self._done(frame_id, patch, kind=RowKind.CLOSE, tool="outside")
        self._open.save(frame_id)
        return both(change, Change(saved=True))

    def keep_ours(self, frame_id: FrameId) -> Change:
        """Keep our labels; the changed file is moved aside and ours is written again."""
        opened = self._editable(frame_id)
        if opened.outside is None:
            return Change()
        files = label_files.of(self.project.folder, frame_id)
        for path in (files.labels, files.sources):
            if path.exists():
                label_files.move_aside(path, "outside")
        opened.outside, opened.saved_seq = None, -1
        self._open.save(frame_id)
        return Change(saved=True)

    def save(self, frame_id: FrameId) -> None:
        """Hand one frame's label files to the writer, if they are older than its mask."""
        self._check_thread()
        self._open.save(frame_id)

    # --- inside ------------------------------------------------------------------------------

    def _frame(self, frame_id: FrameId) -> OpenFrame:
        self._check_thread()
        return self._open.get(frame_id, keep=self.current)

    def _editable(self, frame_id: FrameId) -> OpenFrame:
        self.project.require_writable()
        return self._frame(frame_id)

    def _note_guard(self, guard: Guard | None) -> None:
        self.held_back = guard is not None and guard.held_back

    def _done(
        self,
        frame_id: FrameId,
        patch: Patch | None,
        *,
        kind: RowKind = RowKind.EDIT,
        tool: str,
        value: int = UNLABELLED,
        facts: dict[str, Any] | None = None,
    ) -> Change:
        """Write an edit down that the mask has already; the Change to publish."""
        if patch is None:
            return Change()
        box, patch = patch.box, tiles.compact(patch)
        opened = self._frame(frame_id)
        facts = {**(facts or {}), "px": patch.changed_px}
        seq = self._record(opened, frame_id, kind, patch, tool=tool, value=value, facts=facts)
        if kind.can_be_undone:
            opened.push(Entry(seq, patch))
        else:
            opened.close_history()
        return Change(labels={frame_id: box})

    def _step(self, frame_id: FrameId, kind: RowKind) -> Change:
        self.end_stroke()
        self.held_back = False  # no lock keeps an edit from being undone
        opened = self._editable(frame_id)
        back = kind is RowKind.UNDO
        if back:
            self._open.dig(opened)
        else:
            self._open.dig_undone(opened)
        step = opened.history.undo if back else opened.history.redo
        entry = step(opened.mask)
        if entry is None:
            return Change()
        patch = entry.patch.inverse if back else entry.patch
        self._record(opened, frame_id, kind, patch, tool=str(kind), ref_seq=entry.seq)
        return Change(labels={frame_id: patch.box})

    def _record(
        self,
        opened: OpenFrame,
        frame_id: FrameId,
        kind: RowKind,
        patch: Patch,
        *,
        tool: str,
        value: int = UNLABELLED,
        ref_seq: int = 0,
        facts: dict[str, Any] | None = None,
    ) -> int:
        row = NewRow(
            frame=frame_id,
            kind=kind,
            patch=patch,
            time=self._clock(),
            tool=tool,
            value=value,
            ref_seq=ref_seq,
            author=self._author,
            facts=facts or {},
        )
        opened.seq = self.project.writer.record(row, self._acknowledge)
        opened.notes[opened.seq] = RowNote.of(opened.seq, row)
        opened.count(patch)
        return opened.seq

    def _acknowledge(self, seq: int) -> None:
        if self.on_acknowledged is not None:
            self.on_acknowledged(seq)

    def _check_thread(self) -> None:
        if threading.get_ident() != self._owner:
            raise RuntimeError("the workbench belongs to another thread")


def both(first: Change, second: Change) -> Change:
    """One Change for two mutations of different things or the same frame."""
    labels = dict(first.labels)
    for frame, box in second.labels.items():
        mine = labels.get(frame, box)
        labels[frame] = None if mine is None or box is None else mine.union(box)
    return Change(
        labels=labels,
        predictions=first.predictions | second.predictions,
        frames=first.frames or second.frames,
        states=first.states | second.states,
        classes=first.classes or second.classes,
        tool=first.tool or second.tool,
        current_frame=first.current_frame or second.current_frame,
        runs=first.runs | second.runs,
        saved=first.saved or second.saved,
    )
