"""Project: an open project folder; the only door to its database, labels and runs."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from s4gui.core.camera import CameraMasks
from s4gui.core.classes import ClassMap
from s4gui.core.errors import ProjectError
from s4gui.core.frames import Frame, FrameId, FrameState, Split
from s4gui.core.listing import Listing
from s4gui.core.messages import Message
from s4gui.core.sources import Source
from s4gui.core.tags import ImageTags
from s4gui.store import (
    camera_masks,
    database,
    image_tags,
    marks,
    names,
    project_file,
    project_rows,
    registry,
    source_counts,
)
from s4gui.store.journal import Journal
from s4gui.store.lock import Holder, Lock, holder, take
from s4gui.store.project_file import ProjectFile
from s4gui.store.project_labels import ProjectLabels
from s4gui.store.scan import Progress
from s4gui.store.writer import Writer

RUNS = "runs"


class Project(ProjectLabels):
    """An open project. While it writes it holds the lock; read-only it never changes a file.

    `holder` says who has the lock when it was opened read-only because somebody has. All
    writing goes through `writer`, also what this class changes itself; the attributes have
    the new value at once.
    """

    def __init__(
        self, folder: Path, content: ProjectFile, *, lock: Lock | None, holder: Holder | None
    ) -> None:
        self.folder, self._content, self._lock = folder, content, lock
        self.read_only, self.holder = lock is None, holder
        self.mask_folders: tuple[Path, ...] = ()
        self.notices: list[Message] = []
        path = folder / database.NAME
        if lock is not None:
            self.notices += registry.ensure(folder, content)
        self._journal = Journal(database.connect_reading(path))
        self.frames: tuple[Frame, ...] = ()
        self.sources = registry.read_sources(self._journal)
        self.tags, unreadable = image_tags.read(self._journal)
        self.notices += unreadable
        self._content, damaged = project_rows.caught_up(self._journal, content)
        self.notices += damaged
        self.marks = marks.read(self._journal)
        self._cameras = camera_masks.read(folder, self._content.camera_masks)
        self.notices += self._cameras.notices
        self._writer: Writer | None = None
        self._edited_at = 0
        if lock is not None:
            self._writer = Writer(
                folder,
                next_seq=self._journal.last_given() + 1,
                palette=self._palette,
                sources=lambda: self.sources,
            )
            if self._content != content:
                self._set_content(self._content)
        self._show_frames(registry.read_frames(self._journal))
        if self._writer is not None:
            source_counts.count_missing(self._journal, folder, self.frame, self._writer.do)

    @classmethod
    def create(
        cls,
        folder: Path,
        *,
        name: str,
        images: Path,
        class_map: ClassMap,
        progress: Progress | None = None,
        program: str = "",
    ) -> Project:
        """Make a project in `folder` (made where it is missing) for the images below `images`.

        Images stay where they are. ProjectError if there is a project already, no image is
        found, or `progress` cancels; then no project is left behind.
        """
        folder, images = folder.absolute(), images.absolute()
        if (folder / project_file.NAME).exists():
            raise ProjectError(
                "project.exists",
                "There is a project in {folder} already",
                hint="Open it, or choose another folder",
                folder=folder,
            )
        found = registry.scan_roots({registry.root_name(images): images}, progress=progress)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _cannot_make(folder, error) from error
        lock = take(folder, program)
        content = ProjectFile(name, {registry.root_name(images): images.resolve()}, class_map)
        try:
            registry.make(folder, found)
            project_file.write(folder, content)
            project = cls(folder.resolve(), content, lock=lock, holder=None)
        except (OSError, sqlite3.Error) as error:
            lock.release()
            raise _cannot_make(folder, error) from error
        project.mask_folders = found.mask_folders
        return project

    @classmethod
    def open(cls, folder: Path, *, write: bool = True, program: str = "") -> Project:
        """Open a project by its folder or its file.

        ProjectError `project.locked` if somebody else writes it and `write` is asked for;
        without `write` it opens read-only, and `holder` says who has it.
        """
        folder = project_file.locate(folder.absolute())
        content = project_file.read(folder)
        lock = take(folder, program) if write else None
        try:
            return cls(folder, content, lock=lock, holder=None if write else holder(folder))
        except BaseException as error:
            if lock is not None:
                lock.release()
            if isinstance(error, sqlite3.Error):
                raise registry.damaged(folder, error) from error
            raise

    def close(self) -> None:
        """Write what waits, then let others have the project; raises if something could not be."""
        # First: SQLite takes its log away when the last connection, one that writes, closes.
        self._journal.close()
        try:
            if self._writer is not None:
                self._writer.close()
        finally:
            if self._lock is not None:
                self._lock.release()
                self._lock = None

    @property
    def name(self) -> str:
        """What the person calls it."""
        return self._content.name

    @property
    def class_map(self) -> ClassMap:
        """The classes, in display order."""
        return self._content.class_map

    @property
    def roots(self) -> dict[str, Path]:
        """Folders of images by root name, absolute."""
        return dict(self._content.roots)

    @property
    def listing(self) -> Listing:
        """Which images the list shows."""
        return self._content.listing

    @property
    def camera_masks(self) -> CameraMasks:
        """What is hidden of frames; those that could not be read are left out."""
        return self._cameras.masks

    @property
    def runs(self) -> Path:
        """Where runs are kept."""
        return self.folder / RUNS

    def require_writable(self) -> None:
        """ProjectError if the project is read-only."""
        if self._writer is None:
            raise ProjectError(
                "project.read_only",
                "{name} is open read-only",
                hint="Close it where it is open, then open it again",
                name=self.name,
            )

    @property
    def writer(self) -> Writer:
        """The one writer; ProjectError if the project is read-only."""
        self.require_writable()
        assert self._writer is not None
        return self._writer

    @property
    def journal(self) -> Journal:
        """The rows, for reading; any thread may ask."""
        return self._journal

    @property
    def missing_roots(self) -> tuple[str, ...]:
        """Roots whose folder is not there: `locate` tells where it is now."""
        return tuple(n for n, path in self._content.roots.items() if not path.is_dir())

    # --- frames ------------------------------------------------------------------------------

    def frame(self, frame_id: FrameId) -> Frame:
        """One frame; KeyError if there is none of this id."""
        return self.frames[self._index[frame_id]]

    @property
    def places(self) -> Mapping[FrameId, int]:
        """Where each frame stands in `frames`."""
        return self._index

    def image_path(self, frame_id: FrameId) -> Path:
        """Where the image of a frame lies (whether or not it is there)."""
        frame = self.frame(frame_id)
        return names.on_disk(self._content.roots[frame.root], frame.path)

    def content_hash(self, frame_id: FrameId) -> str:
        """SHA-256 of the image file, remembered by size and time; ImageError if unreadable."""
        digest, row = registry.content_hash(self._journal, frame_id, self.image_path(frame_id))
        if row is not None and self._writer is not None:
            values = row
            self._writer.do(
                lambda to: to.execute(
                    "UPDATE frames SET bytes=:bytes, mtime_ns=:mtime_ns, sha256=:sha256"
                    " WHERE id=:id",
                    values,
                )
            )
        return digest

    def rescan(self, progress: Progress | None = None) -> None:
        """Look for new, changed and gone images; labels of gone ones are kept.

        Splits set by hand stay. ProjectError if a root is missing or `progress` cancels.
        """
        writer = self.writer
        writer.flush()
        found = registry.scan_roots(
            self._content.roots, known=registry.known(self._journal), progress=progress
        )
        rows = registry.merged(self._journal, found)
        writer.do(lambda to: database.put_frames(to, rows))
        self.mask_folders = found.mask_folders
        self._show_frames(registry.as_frames(rows))

    def locate(self, root: str, folder: Path) -> None:
        """Say where the images of a root are now; ProjectError if none of them is there."""
        mine = [each for each in self.frames if each.root == root and not each.problem]
        if mine and not any(names.on_disk(folder, each.path).is_file() for each in mine):
            raise ProjectError(
                "project.other_images",
                "{folder} holds none of the project's images",
                hint="Choose the folder that holds {example}",
                folder=folder,
                example=mine[0].path,
            )
        self._set_content(self._content.but(roots=self.roots | {root: folder.resolve()}))

    def set_splits(self, splits: dict[FrameId, Split]) -> None:
        """Give frames their splits; they stay through rescans."""
        rows = [(str(split), frame) for frame, split in splits.items()]
        self.writer.do(
            lambda to: to.executemany("UPDATE frames SET split=?, split_by_hand=1 WHERE id=?", rows)
        )
        frames = list(self.frames)
        for frame, split in splits.items():
            frames[self._index[frame]] = replace(frames[self._index[frame]], split=split)
        self._show_frames(tuple(frames))

    def set_tags(self, tags: Mapping[FrameId, ImageTags]) -> None:
        """Say of frames what is in them; empty tags say nothing. `tags` holds all that are not."""
        given = dict(tags)
        self.writer.do(lambda to: image_tags.put(to, given))
        self.show_tags(given)

    def show_tags(self, tags: Mapping[FrameId, ImageTags]) -> None:
        """Take tags that are being written otherwise."""
        self.tags = {frame: each for frame, each in (self.tags | dict(tags)).items() if each}

    def set_marks(self, given: Mapping[FrameId, FrameState | None]) -> None:
        """Mark frames as done, approved or flagged; None takes the mark away."""
        new = dict(given)
        self.writer.do(lambda to: marks.put(to, new))
        merged = self.marks | new
        self.marks = {frame: mark for frame, mark in merged.items() if mark is not None}

    # --- classes and sources -----------------------------------------------------------------

    def set_class_map(self, class_map: ClassMap) -> None:
        """Replace the classes (ids are permanent: see ClassMap)."""
        self._set_content(self._content.but(class_map=class_map))

    def set_edited(self, class_map: ClassMap, token: str, *, seq: int) -> None:
        """The classes after an edit of the whole project, whose row is `seq`.

        The file says so when the row is committed: sooner it could know of an edit that is lost.
        """
        self._edited_at = seq
        rest = self._content.rest | {project_rows.LAST_EDIT: token}
        self._set_content(self._content.but(class_map=class_map, rest=rest))

    def set_name(self, name: str) -> None:
        """Call the project something else."""
        self._set_content(self._content.but(name=name))

    def set_listing(self, listing: Listing) -> None:
        """Show other images in the list."""
        self._set_content(self._content.but(listing=listing))

    def set_camera_masks(self, masks: CameraMasks) -> None:
        """Hide these pixels of frames from now on, and no others."""
        self.require_writable()
        self._cameras = self._cameras.but(masks)
        self._set_content(self._content.but(camera_masks=self._cameras.lines()))

    def add_source(self, source: Source) -> int:
        """The number of a source, given now if it is new."""
        if source not in self.sources.sources:
            self.sources = self.sources.with_source(source)
            row = (self.sources.number(source), str(source.kind), source.detail)
            self.writer.do(
                lambda to: to.execute("INSERT OR REPLACE INTO sources VALUES(?,?,?)", row)
            )
        return self.sources.number(source)

    # --- inside ------------------------------------------------------------------------------

    def _set_content(self, content: ProjectFile) -> None:
        self._content = content
        masks, palette = self._cameras.masks, self._palette()

        def write() -> None:
            camera_masks.write(self.folder, masks, palette)  # first: the file names them
            project_file.write(self.folder, content)

        self.writer.write_file(project_file.NAME, write, after=self._edited_at)

    def _show_frames(self, frames: tuple[Frame, ...]) -> None:
        self.frames = frames
        self._index = {each.id: number for number, each in enumerate(frames)}

    def _palette(self) -> NDArray[np.uint8]:
        return self._content.class_map.palette()


def _cannot_make(folder: Path, error: Exception) -> ProjectError:
    return ProjectError(
        "project.cannot_make",
        "No project can be made in {folder}: {reason}",
        hint="Choose a folder of your own on a disk with room",
        folder=folder,
        reason=str(error),
    )
