"""Labels that the image's own edges give a shape: superpixels and grown strokes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from s4gui.core.change import Change
from s4gui.core.frames import FrameId
from s4gui.core.labels import Box
from s4gui.core.sources import Source, SourceKind
from s4gui.workbench import painting
from s4gui.workbench.labelling import PAINTED, Inside, Labelling
from s4gui.workbench.painting import OpenStroke, Tool


class Shaping(Labelling):
    """Areas touched by a drag are one edit, as a stroke is; so is all that grows at once."""

    def begin_areas(self, frame_id: FrameId, *, value: int, tool: Tool) -> Change:
        """Press: begin a stroke of whole areas; `end_stroke` or `cancel_stroke` end it."""
        ended = self.end_stroke()
        opened = self._editable(frame_id)
        self._stroke = OpenStroke(
            frame_id,
            opened.mask,
            value,
            self.project.add_source(PAINTED),
            radius_px=0.0,
            over="",
            began=self._clock(),
            guard=self._guard(frame_id, opened.mask.shape),
            area_tool=tool,
        )
        return ended

    def add_area(self, inside: Inside, box: Box) -> Change:
        """Drag: paint an area (box-shaped bool) too; nothing without a stroke."""
        self._check_thread()
        box_or_none = self._stroke.add(inside, box) if self._stroke is not None else None
        if self._stroke is None or box_or_none is None:
            return Change()
        return Change(labels={self._stroke.frame: box_or_none})

    def grow(
        self, frame_id: FrameId, labels: NDArray[np.uint8], box: Box, *, reach_px: float
    ) -> Change:
        """Put what strokes have grown to, uint8 of a box in the frame, where there is no label."""
        opened = self._editable(frame_id)
        number = self.project.add_source(Source(SourceKind.GROWN))
        guard = self._guard(frame_id, opened.mask.shape)
        patch = painting.grown(opened.mask, labels, box, source=number, guard=guard)
        self._note_guard(guard)
        return self._done(frame_id, patch, tool=Tool.GROW, facts={"reach_px": round(reach_px, 1)})
