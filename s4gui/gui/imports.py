"""Imports: the dialog for existing masks, read in jobs and put into the project one by one."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from s4gui.core.change import Change
from s4gui.core.errors import S4Error
from s4gui.core.frames import Frame, FrameId
from s4gui.core.messages import say
from s4gui.gui.desk import Desk
from s4gui.gui.dialogs.importing import ImportDialog
from s4gui.store.palettes import ImportTable
from s4gui.workbench import importing

Pair = tuple[Frame, Path]
Mask = tuple[NDArray[np.uint8], dict[str, int]]


class Imports(QObject):
    """Each image's import is one edit that can be undone; painting goes on beside it."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.owner)
        self._desk = desk
        self.dialog: ImportDialog | None = None
        self._waiting: list[Pair] = []
        self._total = 0
        self._done: dict[FrameId, None] = {}
        self._unknown: Counter[str] = Counter()
        self._problems: list[str] = []
        self._table: ImportTable | None = None
        self._detail = ""

    def ask(self, folder: Path | None = None) -> None:
        """Open the dialog."""
        tables = importing.tables(self._desk.workbench.class_map)
        shown = tuple((each.name, each.title) for each in tables)
        self.dialog = ImportDialog(self._desk.window, shown, folder=folder)
        self.dialog.go_asked.connect(self._go)
        self.dialog.finished.connect(self._closed)
        self.dialog.open()

    def begin(self, folder: Path, table: str = "") -> None:
        """Import without asking (a new project's masks)."""
        frames, class_map = self._desk.workbench.frames, self._desk.workbench.class_map
        self._detail = folder.name

        def work() -> tuple[tuple[Pair, ...], ImportTable | None]:
            found = importing.plan(frames, folder)
            if not found.pairs:
                return (), None
            return found.pairs, importing.resolve(
                table, class_map, [path for _, path in found.pairs]
            )

        self._desk.jobs.run("import", work, self._planned, self._failed, owner=self)

    def _go(self) -> None:
        if self.dialog is not None:
            chosen = self.dialog.chosen()
            self.dialog.begin()
            self.begin(chosen.folder, chosen.table)

    def _planned(self, found: tuple[tuple[Pair, ...], ImportTable | None]) -> None:
        pairs, self._table = found
        self._waiting, self._total = list(pairs), len(pairs)
        self._done, self._unknown, self._problems = {}, Counter(), []
        if not pairs:
            what = say("imports.none", "No mask there has the name of an image of this project")
            hint = say("imports.none.hint", "Masks are found by the names of their images")
            self._finish()
            self._desk.notices.warn(what, hint)
            return
        self._next()

    def _next(self) -> None:
        cancelled = self.dialog is not None and self.dialog.working.cancelled
        if not self._waiting or cancelled or self._table is None:
            self._finish()
            self._tell()
            return
        frame, path = self._waiting.pop(0)
        table = self._table
        if self.dialog is not None:
            done = self._total - len(self._waiting)
            self.dialog.working.show_progress(done, self._total, path.name)
        self._desk.jobs.run(
            "import",
            lambda: importing.read(path, table, frame),
            lambda mask: self._take(frame, mask),
            lambda error: self._refused(path, error),
            owner=self,
        )

    def _take(self, frame: Frame, mask: Mask) -> None:
        labels, unknown = mask
        self._unknown.update(unknown)
        try:
            change = self._desk.workbench.import_labels(frame.id, labels, detail=self._detail)
        except S4Error as error:
            self._waiting.clear()
            self._failed(error)
            return
        if change:
            self._done[frame.id] = None
            self._desk.workbench.save(frame.id)
            if frame.id == self._desk.current:
                self._desk.publish(change, self)
        self._next()

    def _refused(self, path: Path, error: BaseException) -> None:
        if not isinstance(error, S4Error):
            self._failed(error)
            return
        self._problems.append(f"{path.name}: {error}")
        self._next()

    def _tell(self) -> None:
        # Counts are read from the database: what was imported must be there.
        flush = self._desk.project.writer.flush
        self._desk.jobs.run("import", flush, lambda _none: self._announce(), owner=self)

    def _announce(self) -> None:
        labels: dict[FrameId, None] = dict(self._done)
        self._desk.publish(Change(labels=dict(labels), frames=bool(labels)), self)
        table = "" if self._table is None else self._table.title
        what = say("imports.done", "Imported {n} masks ({table})", n=len(labels), table=table)
        left = sum(self._unknown.values())
        if self._problems:
            first = self._problems[0]
            hint = say(
                "imports.problems", "{n} left out: {first}", n=len(self._problems), first=first
            )
            self._desk.notices.warn(what, hint)
        elif left:
            hint = say("imports.unknown", "{n} pixels of unknown values stay unlabelled", n=left)
            self._desk.notices.info(what, hint)
        else:
            self._desk.notices.info(what)

    def _failed(self, error: BaseException) -> None:
        self._finish()
        self._desk.notices.failed(error)

    def _finish(self) -> None:
        if self.dialog is not None:
            self.dialog.accept()

    def _closed(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
        self.dialog = None
