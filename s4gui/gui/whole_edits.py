"""WholeEdits: edits of the whole project: planned in a job, done at once, files written after."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QDialog

from s4gui.core.change import Change
from s4gui.core.errors import S4Error
from s4gui.core.frames import FrameId
from s4gui.core.messages import say
from s4gui.core.sources import Source
from s4gui.gui import history_words
from s4gui.gui.desk import Desk
from s4gui.gui.dialogs.parts import Working
from s4gui.gui.easel import Easel
from s4gui.store.project_rows import ProjectNote
from s4gui.workbench import planning
from s4gui.workbench.planning import Census, Plan, Progress

_SHOW_AFTER_MS = 300
_TRIES = 3
Planned = Callable[[Progress], Plan | None]


class WholeEdits(QObject):
    """Taking back by source, and undo and redo of what concerns all images."""

    _progressed = Signal(int, int, str)

    def __init__(self, desk: Desk, easel: Easel) -> None:
        super().__init__(desk.owner)
        self._desk, self._easel = desk, easel
        self._working: Working | None = None
        self._files: deque[FrameId] = deque()
        self._writes_files = False
        self.dialog: QDialog | None = None
        self._progressed.connect(self._show_progress, Qt.ConnectionType.QueuedConnection)

    def verbs(self) -> dict[str, Callable[[], None]]:
        """What the menu can ask for."""
        return {
            "edit.undo": lambda: self._step(back=True),
            "edit.redo": lambda: self._step(back=False),
            "edit.undo_project": self.undo_project,
            "edit.redo_project": self.redo_project,
            "edit.revert": self.ask_revert,
            "class.merge": self.ask_merge,
        }

    # --- undo and redo -----------------------------------------------------------------------

    def undo_project(self) -> None:
        """Take back the newest edit of the whole project."""
        self._flip(self._desk.workbench.next_project_undo)

    def redo_project(self) -> None:
        """Do the one undone last again."""
        self._flip(self._desk.workbench.next_project_redo)

    def step_whole(self, *, back: bool, then: Callable[[], None] | None = None) -> bool:
        """Undo or redo in all images, if the image's next step is such an edit; whether it is."""
        frame = self._desk.current
        if frame is None or self._desk.read_only:
            return False
        note = self._desk.workbench.whole_step(frame, back=back)
        if note is None:
            return False
        self._flip(note, then)
        return True

    def _step(self, *, back: bool) -> None:
        if not self.step_whole(back=back):
            (self._easel.undo if back else self._easel.redo)()

    def _flip(self, note: ProjectNote | None, then: Callable[[], None] | None = None) -> None:
        if note is None or self._desk.read_only:
            return
        back, project = note.stands, self._desk.project
        name = history_words.whole(note.edit.verb, note.edit.detail)

        def told(plan: Plan) -> str:
            words = say("whole.redone", "Again: {name}", name=name)
            return say("whole.undone", "Undone: {name}", name=name) if back else words

        self.carry(lambda progress: planning.plan_flip(project, note, progress), told, then=then)

    # --- taking back by source ---------------------------------------------------------------

    def ask_revert(self) -> None:
        """Ask which sources to take back."""
        from s4gui.gui.dialogs.revert import RevertDialog  # noqa: PLC0415 - after the first image

        desk = self._desk
        self.dialog = dialog = RevertDialog(desk.window)
        dialog.go_asked.connect(lambda: self._revert(dialog.chosen(), dialog.frames()))
        dialog.finished.connect(lambda _code: self._closed())
        self._working = dialog.working
        dialog.working.begin(say("revert.counting", "Counting labels"))
        dialog.open()
        project, sources = desk.project, desk.project.sources
        desk.workbench.end_stroke()

        def show(found: Census | None) -> None:
            if found is not None and self.dialog is dialog:
                px = {sources[number]: each for number, each in found.px.items()}
                dialog.show_sources(px)

        desk.jobs.run(
            "whole",
            lambda: planning.census(project, self._tell),
            show,
            self._failed,
            owner=self,
        )

    def _revert(self, sources: tuple[Source, ...], frames: tuple[FrameId, ...]) -> None:
        dialog, project = self.dialog, self._desk.project
        edit = self._desk.workbench.revert_edit(sources)

        def told(plan: Plan) -> str:
            return say(
                "revert.done",
                "{px} pixels of {n} images are unlabelled again",
                px=f"{plan.px:,}",
                n=len(plan.parts),
            )

        self.carry(
            lambda progress: planning.plan(project, edit, progress, among=frames),
            told,
            within=dialog,
        )

    # --- merging classes ---------------------------------------------------------------------

    def ask_merge(self, gone: int | None = None) -> None:
        """Ask which class goes into which."""
        if self._desk.read_only:
            return
        from s4gui.gui.dialogs.merge import MergeDialog  # noqa: PLC0415 - after the first image

        workbench = self._desk.workbench
        self.dialog = dialog = MergeDialog(
            self._desk.window, workbench.class_map, workbench.usage(), gone=gone
        )
        self._working = dialog.working
        dialog.go_asked.connect(lambda: self._merge(dialog, *dialog.chosen()))
        dialog.finished.connect(lambda _code: self._closed())
        dialog.open()

    def _merge(self, dialog: QDialog, gone: int, into: int) -> None:
        project, edit = self._desk.project, self._desk.workbench.merge_edit(gone, into)

        def told(plan: Plan) -> str:
            name = history_words.whole("merge", edit.detail)
            return say(
                "merge.done",
                "{name}: {px} pixels of {n} images",
                name=name,
                px=f"{plan.px:,}",
                n=len(plan.parts),
            )

        self.carry(lambda progress: planning.plan(project, edit, progress), told, within=dialog)

    # --- the work ----------------------------------------------------------------------------

    def carry(
        self,
        planned: Planned,
        told: Callable[[Plan], str],
        *,
        within: QDialog | None = None,
        then: Callable[[], None] | None = None,
        tries: int = _TRIES,
    ) -> None:
        """Plan in a job, with progress in the dialog `within` or one of its own; then do it."""
        if within is None:
            from s4gui.gui.dialogs.waiting import WaitingDialog  # noqa: PLC0415 - seldom needed

            waiting = WaitingDialog(self._desk.window)
            QTimer.singleShot(_SHOW_AFTER_MS, waiting, waiting.open)
            within = self.dialog = waiting
            self._working = waiting.working
        self._desk.workbench.end_stroke()

        def done(plan: Plan | None) -> None:
            if plan is not None and plan.upto != self._desk.project.last_taken() and tries > 1:
                self.carry(planned, told, within=within, then=then, tries=tries - 1)
                return
            within.accept()
            self._end(within)
            if plan is None:
                text = say("whole.cancelled", "Cancelled: nothing was changed")
                self._desk.notices.info(text)
                return
            self._carry_out(plan, told)
            if then is not None:
                then()

        def failed(error: BaseException) -> None:
            within.reject()
            self._end(within)
            self._desk.notices.failed(error)

        self._desk.jobs.run("whole", lambda: planned(self._tell), done, failed, owner=self)

    def _carry_out(self, plan: Plan, told: Callable[[Plan], str]) -> None:
        desk = self._desk
        try:
            change = desk.workbench.carry_out(plan)
        except S4Error as error:
            desk.notices.failed(error)
            return
        desk.publish(change, self)
        if desk.current in change.labels:
            self._easel.edited.emit(desk.current, None)
        actions = desk.window.verbs.actions
        key = actions[f"edit.{'redo' if plan.back else 'undo'}_project"].shortcut().toString()
        hint = say("whole.hint", "{key} takes it back", key=key)
        again = say("whole.hint_again", "{key} does it again", key=key)
        desk.notices.info(told(plan), again if plan.back else hint)
        # Counts of images that are not open are those of committed rows: show them again then.
        desk.jobs.run(
            "whole-settled",
            desk.project.settle,
            lambda _none: desk.publish(Change(frames=True), self),
            owner=self,
        )
        self._files.extend(change.labels)
        self._write_files()

    def _write_files(self) -> None:
        """Bring the label files of images that are not open up to date, one after the other."""
        if self._writes_files or not self._files:
            return
        read = self._desk.workbench.behind(self._files.popleft())
        if read is None:
            QTimer.singleShot(0, self, self._write_files)
            return
        self._writes_files = True

        def done(write: Callable[[], None]) -> None:
            self._writes_files = False
            write()
            self._wait_for_files()

        def failed(error: BaseException) -> None:
            self._writes_files = False
            self._desk.notices.failed(error)
            self._write_files()

        self._desk.jobs.run("label-files", read, done, failed, owner=self, priority=10)

    def _wait_for_files(self) -> None:
        """Go on when what was handed over is written, so that few masks wait in memory."""
        if self._desk.project.writer.pending > 1:
            QTimer.singleShot(20, self, self._wait_for_files)
        else:
            self._write_files()

    def _tell(self, done: int, total: int, what: str) -> bool:
        """Called by the job's thread; False when the user cancelled."""
        self._progressed.emit(done, total, what)
        working = self._working
        return working is not None and not working.cancelled

    def _show_progress(self, done: int, total: int, what: str) -> None:
        if self._working is not None:
            self._working.show_progress(done, total, what)

    def _failed(self, error: BaseException) -> None:
        if self.dialog is not None:
            self.dialog.reject()
        self._desk.notices.failed(error)

    def _end(self, dialog: QDialog) -> None:
        dialog.deleteLater()
        if self.dialog is dialog:
            self._closed()

    def _closed(self) -> None:
        self.dialog = self._working = None
