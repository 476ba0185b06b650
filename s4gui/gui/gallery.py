"""Gallery: the image list and the way from image to image, decoded ahead of the eye."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage

from s4gui.core.change import Change
from s4gui.core.frames import FrameId
from s4gui.core.messages import say
from s4gui.gui import first_image
from s4gui.gui.canvas.pyramid import ImagePyramid
from s4gui.gui.desk import Desk
from s4gui.gui.panels.frames import FramesPanel
from s4gui.store import images

_CACHE_BYTES = 256 << 20
_THUMBNAIL_PX = 176
_THUMBNAILS_AT_ONCE = 2


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
        self._asked: list[FrameId] = []
        self._loading: set[FrameId] = set()
        self._pictures: dict[FrameId, QImage] = {}
        self._panels: list[FramesPanel] = []
        self._labelled_px: dict[FrameId, int] = {}
        self._counting = QTimer(self)
        self._counting.setSingleShot(True)
        self._counting.setInterval(150)
        self._counting.timeout.connect(self._recount)
        self.add_panel(desk.window.label.frames)
        desk.bus.changed.connect(self._changed)

    def add_panel(self, panel: FramesPanel) -> None:
        """Another list that shows the frames."""
        self._panels.append(panel)
        panel.frame_asked.connect(self.open)
        panel.thumbnail_asked.connect(self._ask_thumbnail)
        self._show_list(panel)
        for frame_id, picture in self._pictures.items():
            panel.show_thumbnail(frame_id, picture)
        if self._desk.current is not None:
            panel.show_current(self._desk.current)

    @property
    def pixels(self) -> ImagePyramid | None:
        """The image of the current frame; None until it is there."""
        return self._cache.get(self._desk.current or "")

    @property
    def labelled_px(self) -> dict[FrameId, int]:
        """Labelled pixels of the frames that have any."""
        return self._labelled_px

    @property
    def has_labels(self) -> bool:
        """Whether anything is painted anywhere."""
        name = self._desk.current
        return bool(self._labelled_px) or bool(name and self._desk.workbench.counts(name))

    def show_all(self) -> None:
        """Make the lists equal to the project."""
        counts = self._desk.project.all_counts()
        self._labelled_px = {name: sum(each.values()) for name, each in counts.items()}
        for panel in self._panels:
            self._show_list(panel)

    def open_first(self, preferred: FrameId = "") -> None:
        """Open a frame: the preferred one, or the first that can be opened."""
        ids = [each.id for each in self._desk.usable]
        if preferred in ids:
            self.open(preferred)
        elif ids:
            self.open(ids[0])

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
        """Go `by` frames on in the shown list (the filter counts), stopping at its ends."""
        listed = [name for name in self._panels[0].shown_ids() if self._is_usable(name)]
        if not listed:
            return
        here = self._wanted or self._desk.current or ""
        place = listed.index(here) + by if here in listed else 0
        target = listed[min(max(place, 0), len(listed) - 1)]
        if target != here:
            self.open(target)

    def step_unlabelled(self) -> None:
        """Go to the next frame without a stroke, around the end if need be."""
        ids = [each.id for each in self._desk.usable]
        here = ids.index(self._wanted) if self._wanted in ids else -1
        for name in (*ids[here + 1 :], *ids[: here + 1]):
            if not self._labelled_px.get(name):
                self.open(name)
                return
        self._desk.notices.info(say("gallery.all_labelled", "Every image has a stroke"))

    def neighbours(self) -> tuple[FrameId, ...]:
        """The next and the previous frame, next first."""
        ids = [each.id for each in self._desk.usable]
        if self._desk.current not in ids:
            return ()
        place = ids.index(self._desk.current)
        return tuple(ids[n] for n in (place + 1, place - 1) if 0 <= n < len(ids))

    def previous(self) -> FrameId | None:
        """The frame before the current one; None if there is none."""
        ids = [each.id for each in self._desk.usable]
        place = ids.index(self._desk.current) if self._desk.current in ids else 0
        return ids[place - 1] if place else None

    def forget_images(self) -> None:
        """Decode anew: the files are others now."""
        self._cache.clear()
        self._pictures.clear()

    def _is_usable(self, frame_id: FrameId) -> bool:
        return not self._desk.project.frame(frame_id).problem

    def _show_list(self, panel: FramesPanel) -> None:
        panel.show_frames(self._desk.workbench.frames, self._labelled_px)
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
        while len(self._cache) > 3 and sum(map(_nbytes, self._cache.values())) > _CACHE_BYTES:
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

    # --- thumbnails --------------------------------------------------------------------------

    def _ask_thumbnail(self, frame_id: FrameId) -> None:
        if frame_id in self._pictures:
            # A list asks while it paints: answer it later.
            QTimer.singleShot(0, self, lambda: self._show_picture(frame_id))
            return
        if frame_id in self._loading:
            return
        if frame_id in self._asked:
            self._asked.remove(frame_id)
        self._asked.append(frame_id)
        del self._asked[:-60]  # scrolled past: they ask again when they are seen again
        self._load_thumbnails()

    def _load_thumbnails(self) -> None:
        while self._asked and len(self._loading) < _THUMBNAILS_AT_ONCE:
            name = self._asked.pop()
            self._loading.add(name)
            path = self._desk.project.image_path(name)
            self._desk.jobs.run(
                f"thumbnail {name}",
                lambda path=path: _thumbnail(path),  # type: ignore[misc]
                lambda picture, name=name: self._loaded(name, picture),  # type: ignore[misc]
                lambda _error, name=name: self._loaded(name, QImage(1, 1, _RGB)),  # type: ignore[misc]
                owner=self,
                priority=10,
            )

    def _loaded(self, frame_id: FrameId, picture: QImage) -> None:
        self._loading.discard(frame_id)
        self._pictures[frame_id] = picture
        while len(self._pictures) > 600:
            del self._pictures[next(iter(self._pictures))]
        self._show_picture(frame_id)
        self._load_thumbnails()

    def _show_picture(self, frame_id: FrameId) -> None:
        if frame_id in self._pictures:
            for panel in self._panels:
                panel.show_thumbnail(frame_id, self._pictures[frame_id])

    # --- what changes ------------------------------------------------------------------------

    def _changed(self, change: Change, _initiator: object) -> None:
        if change.frames:
            self.show_all()
        if change.labels or change.saved:
            self._counting.start()

    def _recount(self) -> None:
        name = self._desk.current
        if name is None:
            return
        px = sum(self._desk.workbench.counts(name).values())
        if px == self._labelled_px.get(name, 0):
            return
        self._labelled_px[name] = px
        labelled = sum(1 for each in self._labelled_px.values() if each)
        for panel in self._panels:
            panel.show_labelled(name, px, labelled_frames=labelled)


_RGB = QImage.Format.Format_RGB888


def _nbytes(pyramid: ImagePyramid) -> int:
    height, width = pyramid.shape
    return 4 * height * width  # three planes, and a third more for the halves


def _thumbnail(path: Path) -> QImage:
    small: NDArray[np.uint8] = np.ascontiguousarray(images.read_scaled(path, _THUMBNAIL_PX))
    height, width = small.shape[:2]
    return QImage(small.data, width, height, 3 * width, _RGB).copy()
