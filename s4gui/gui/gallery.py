"""Gallery: the image list and the way from image to image, decoded ahead of the eye."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from s4gui.core.change import Change
from s4gui.core.frames import FrameId, FrameState
from s4gui.core.listing import Listing
from s4gui.core.messages import say
from s4gui.gui import first_image
from s4gui.gui.canvas.pyramid import ImagePyramid
from s4gui.gui.desk import Desk
from s4gui.gui.frame_model import state_name
from s4gui.gui.panels.frames import FramesPanel
from s4gui.gui.thumbnailer import Thumbnailer
from s4gui.store.thumbnails import Thumbnails
from s4gui.workbench.frame_table import FrameTable

_CACHE_BYTES = 256 << 20
_CACHE_IMAGES = 200


class Gallery(QObject):
    """Opens frames. The image is decoded in a job; the frame becomes the current one, with its
    labels, when its pixels are there, so that nobody paints on another image than the one seen.
    """

    shown = Signal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.owner)
        self._desk = desk
        self._wanted: FrameId | None = None
        self._cache: OrderedDict[FrameId, ImagePyramid] = OrderedDict()
        self._thumbnails = Thumbnailer(
            self,
            desk.jobs,
            Thumbnails(desk.settings.cache_folder / "thumbnails"),
            desk.project.image_path,
            lambda: {name for panel in self._panels for name in panel.seen_ids()},
        )
        self._panels: list[FramesPanel] = []
        self.table = FrameTable()
        self._counting = QTimer(self)
        self._counting.setSingleShot(True)
        self._counting.setInterval(150)
        self._counting.timeout.connect(self._recount)
        first = desk.window.label.frames
        first.show_listing(desk.project.listing)
        first.listing_changed.connect(self._keep_listing)
        self.add_panel(first)
        desk.bus.changed.connect(self._changed)

    def add_panel(self, panel: FramesPanel) -> None:
        """Another list that shows the frames."""
        self._panels.append(panel)
        panel.frame_asked.connect(self.open)
        panel.thumbnail_asked.connect(self._thumbnails.ask)
        self._thumbnails.made.connect(panel.show_thumbnail)
        panel.state_asked.connect(self._go_to_state)
        self._show_list(panel)

    @property
    def pixels(self) -> ImagePyramid | None:
        """The image of the current frame; None until it is there."""
        return self._cache.get(self._desk.current or "")

    @property
    def has_labels(self) -> bool:
        """Whether anything is painted anywhere."""
        name = self._desk.current
        return bool(self.table.labelled) or bool(name and self._desk.workbench.counts(name))

    def show_all(self) -> None:
        """Make the lists equal to the project."""
        self.table = FrameTable.of(self._desk.project)
        for panel in self._panels:
            self._show_list(panel)

    def chosen(self) -> tuple[FrameId, ...]:
        """The images that a hand has selected in the list before it; else the one shown."""
        return self._panel.selected() or ((self._desk.current,) if self._desk.current else ())

    def mark(self, state: FrameState) -> None:
        """Mark the chosen frames; if all of them are marked so, take the mark away."""
        names = self.chosen()
        mark = None if self.table.all_are(names, state) else state
        self._desk.publish(self._desk.workbench.set_mark(names, mark), self)

    def open_first(self, preferred: FrameId = "") -> None:
        """Open a frame: the preferred one, or the first that can be opened."""
        place = self.table.place(preferred)
        if place is None or self.table.broken[place]:
            usable = np.flatnonzero(~self.table.broken)
            if not len(usable):
                return
            place = int(usable[0])
        self.open(self.table.frames[place].id)

    def open(self, frame_id: FrameId) -> None:
        """Go to a frame."""
        self._wanted = frame_id
        if frame_id in self._cache:
            self._arrive(frame_id, self._cache[frame_id])
            return
        path = self._desk.project.image_path(frame_id)
        self._desk.jobs.run(
            "image",
            lambda: first_image.take(path),
            lambda pyramid: self._decoded(frame_id, pyramid),
            lambda error: self._failed(frame_id, error),
            owner=self,
            priority=-10,
        )

    def step(self, by: int) -> None:
        """Go one frame on or back in the shown list (the filter counts), stopping at its ends."""
        target = self._panel.beside(self._wanted or self._desk.current or "", by)
        if target is not None:
            self.open(target)

    def step_unlabelled(self) -> None:
        """Go to the next frame without a stroke, around the end if need be."""
        here = self.table.place(self._wanted or "")
        free = np.flatnonzero((self.table.labelled_px == 0) & ~self.table.broken)
        if not len(free):
            self._desk.notices.info(say("gallery.all_labelled", "Every image has a stroke"))
            return
        at = np.searchsorted(free, -1 if here is None else here, "right")
        self.open(self.table.frames[free[at % len(free)]].id)

    def step_state(self, by: int) -> None:
        """Go to the next frame in the state of this one (or back), around the end of the list."""
        place = self.table.place(self._desk.current or "")
        if place is not None:
            self._go_to_state(self.table.state(place), by)

    def _go_to_state(self, state: FrameState, by: int) -> None:
        target = self._panel.in_state(state, by)
        if target is not None and target != self._desk.current:
            self.open(target)
            return
        name = state_name(state)
        self._desk.notices.info(
            say("gallery.no_other", "No other image here is {state}", state=name)
        )

    def neighbours(self) -> tuple[FrameId, ...]:
        """The next and the previous frame of the list, next first."""
        current = self._desk.current
        if current is None:
            return ()
        found = (self._panel.beside(current, 1), self._panel.beside(current, -1))
        return tuple(each for each in found if each is not None)

    def previous(self) -> FrameId | None:
        """The frame before the current one; None if there is none."""
        ids = [each.id for each in self._desk.usable]
        place = ids.index(self._desk.current) if self._desk.current in ids else 0
        return ids[place - 1] if place else None

    def forget_images(self) -> None:
        """Decode anew: the files are others now."""
        self._cache.clear()
        for panel in self._panels:
            panel.forget_thumbnails()

    @property
    def _panel(self) -> FramesPanel:
        """The list that is before the eye."""
        seen = (each for each in self._panels if each.isVisible())
        return next(seen, self._panels[0])

    def _show_list(self, panel: FramesPanel) -> None:
        panel.show_table(self.table)
        if self._desk.current is not None:
            panel.show_current(self._desk.current)

    def _decoded(self, frame_id: FrameId, pyramid: ImagePyramid) -> None:
        self._keep(frame_id, pyramid)
        if self._wanted == frame_id:
            self._arrive(frame_id, pyramid)

    def _arrive(self, frame_id: FrameId, pyramid: ImagePyramid) -> None:
        self._cache.move_to_end(frame_id)
        frame = self._desk.project.frame(frame_id)
        if pyramid.shape != frame.shape:
            what = say("gallery.other_size", "{id} has another size than before", id=frame_id)
            hint = say("gallery.other_size.hint", "Look for new images in the Project menu")
            self._desk.notices.error(what, hint)
            return
        change = self._desk.workbench.show(frame_id)
        canvas = self._desk.window.label.canvas
        canvas.show_image(pyramid)
        canvas.show_labels(self._desk.workbench.mask(frame_id).labels)
        for panel in self._panels:
            panel.show_current(frame_id)
        self._desk.publish(change, self)
        self.shown.emit(frame_id)
        self._prefetch()

    def _failed(self, frame_id: FrameId, error: BaseException) -> None:
        if self._wanted == frame_id:
            self._wanted = self._desk.current
            self._desk.notices.failed(error)
            for panel in self._panels:
                if self._desk.current is not None:
                    panel.show_current(self._desk.current)

    def _keep(self, frame_id: FrameId, pyramid: ImagePyramid) -> None:
        self._cache[frame_id] = pyramid
        self._cache.move_to_end(frame_id)
        while len(self._cache) > 3 and (
            len(self._cache) > _CACHE_IMAGES
            or sum(map(_nbytes, self._cache.values())) > _CACHE_BYTES
        ):
            self._cache.popitem(last=False)

    def _prefetch(self) -> None:
        for place, name in enumerate(self.neighbours()):
            if name not in self._cache:
                path = self._desk.project.image_path(name)
                self._desk.jobs.run(
                    f"ahead-{place}",
                    lambda path=path: first_image.decoded(path),  # type: ignore[misc]
                    lambda pyramid, name=name: self._decoded_ahead(name, pyramid),  # type: ignore[misc]
                    lambda _error: None,
                    owner=self,
                    priority=-5,
                )

    def _decoded_ahead(self, frame_id: FrameId, pyramid: ImagePyramid) -> None:
        self._keep(frame_id, pyramid)
        self._cache.move_to_end(frame_id, last=False)
        if self._desk.current in self._cache:
            self._cache.move_to_end(str(self._desk.current))

    # --- what changes ------------------------------------------------------------------------

    def _changed(self, change: Change, _initiator: object) -> None:
        if change.frames or change.classes:
            self.show_all()
        if change.states:
            marks = self._desk.project.marks
            self._tell({name: marks.get(name) for name in change.states})
        if change.labels or change.saved:
            self._counting.start()

    def _keep_listing(self, listing: Listing) -> None:
        if not self._desk.read_only:
            self._desk.project.set_listing(listing)

    def _tell(self, marks: dict[FrameId, FrameState | None]) -> None:
        self.table.mark(marks)
        for panel in self._panels:
            panel.show_changed(marks, arrange=set(marks) != {self._desk.current})

    def _recount(self) -> None:
        name = self._desk.current
        if name is None:
            return
        self.table.count(name, self._desk.workbench.counts(name))
        for panel in self._panels:
            panel.show_changed([name], arrange=False)


def _nbytes(pyramid: ImagePyramid) -> int:
    height, width = pyramid.shape
    return 4 * height * width  # three planes, and a third more for the halves
