"""Labels put elsewhere as they are: pasted, moved; each one journal row."""

from __future__ import annotations

from s4gui.core.change import Change
from s4gui.core.frames import FrameId
from s4gui.core.labels import Box
from s4gui.core.sources import Source, SourceKind
from s4gui.workbench import clipboard
from s4gui.workbench.clipboard import Clip
from s4gui.workbench.labelling import Inside, Labelling
from s4gui.workbench.painting import Tool


class Arranging(Labelling):
    """Copies keep their classes; locks hold for what is taken away and for what is covered."""

    def paste(self, frame_id: FrameId, clip: Clip) -> Change:
        """Put copied labels where they were; from another frame their source is that frame."""
        opened = self._editable(frame_id)
        source = None
        if clip.frame != frame_id:
            source = self.project.add_source(Source(SourceKind.PROPAGATED, clip.frame))
        guard = self._guard(frame_id, opened.mask.shape)
        patch = clipboard.pasted(opened.mask, clip, source=source, guard=guard)
        self._note_guard(guard)
        return self._done(frame_id, patch, tool="paste", facts={"from": clip.frame})

    def move(self, frame_id: FrameId, inside: Inside, box: Box, by: tuple[int, int]) -> Change:
        """Move labels (bool of a box in the frame) by (down, right) pixels as one edit."""
        opened = self._editable(frame_id)
        guard = self._guard(frame_id, opened.mask.shape)
        patch = clipboard.moved(opened.mask, inside, box, by, guard=guard)
        self._note_guard(guard)
        return self._done(frame_id, patch, tool=Tool.SELECT, facts={"by": list(by)})
