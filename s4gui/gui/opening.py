"""Opening: the ways to a project: open, recent, demo, new, dropped; all work is done in jobs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QFileDialog

from s4gui.core.errors import ProjectError
from s4gui.core.messages import say
from s4gui.gui.jobs import Jobs
from s4gui.gui.main_window import MainWindow
from s4gui.gui.notices import Notices
from s4gui.gui.pace import Pace
from s4gui.store.project import Project
from s4gui.store.settings import Settings

PROGRAM = "s4gui"


if TYPE_CHECKING:
    from s4gui.gui.dialogs.new_project import NewProject, NewProjectDialog


class Opening(QObject):
    """Answers with an open Project, by signal; never more than one at a time.

    `leaving` comes first: whoever has the project open lets it go, so that it can be locked.
    """

    leaving = Signal()
    opened = Signal(object, str)  # Project, frame to show first
    made = Signal(object, object)  # Project, NewProject
    not_opened = Signal()
    masks_dropped = Signal(object)  # Path
    _progressed = Signal(int, int, str)

    def __init__(
        self, window: MainWindow, settings: Settings, notices: Notices, jobs: Jobs
    ) -> None:
        super().__init__(window)
        self.window, self.settings, self.notices, self.jobs = window, settings, notices, jobs
        self.has_project = False
        self.may_leave: Callable[[], bool] = lambda: True
        self._new: NewProjectDialog | None = None
        self._progressed.connect(self._show_progress, Qt.ConnectionType.QueuedConnection)

    def open_or_make(self, path: Path) -> None:
        """Open a project, or ask for a new one from a folder of images."""
        is_project = path.name.endswith(".s4gui") or (path / "project.s4gui").exists()
        if is_project:
            self.open(path)
        else:
            self.ask_new(path)

    def open(self, path: Path, *, frame: str = "") -> None:
        """Open a project; read-only when somebody else has it."""
        if not self.may_leave():
            return
        self.leaving.emit()
        last = frame or str(self.settings.get("last_frame"))

        def work() -> Project:
            try:
                return Project.open(path, program=PROGRAM)
            except ProjectError as error:
                if error.message.id != "project.locked":
                    raise
                return Project.open(path, write=False, program=PROGRAM)

        self.jobs.run("open", work, lambda found: self.opened.emit(found, last), self._not_opened)

    def _not_opened(self, error: BaseException) -> None:
        self.notices.failed(error)
        self.not_opened.emit()

    def open_demo(self) -> None:
        """Open the user's copy of the demo project."""
        import platformdirs  # noqa: PLC0415 - after the first image

        from s4gui.store import demo  # noqa: PLC0415 - after the first image

        folder = Path(platformdirs.user_documents_dir())
        if not folder.is_dir():
            folder = Path(platformdirs.user_data_dir("s4gui", appauthor=False))
        self.jobs.run("open demo", lambda: demo.open_copy(folder), self.open)

    def ask_open(self) -> None:
        """Ask which project to open."""
        title = say("app.open_title", "Open a project folder")
        start = str(self.settings.get("last_folder") or Path.home())
        found = QFileDialog.getExistingDirectory(self.window, title, start)
        if found:
            self.settings.set("last_folder", str(Path(found).parent))
            self.open_or_make(Path(found))

    def ask_new(self, images: Path | None = None) -> None:
        """Ask for a new project."""
        from s4gui.gui.dialogs.new_project import NewProjectDialog  # noqa: PLC0415 - after the first image
        from s4gui.store import palettes  # noqa: PLC0415 - after the first image

        dialog = NewProjectDialog(
            self.window,
            palettes.all_class_sets(),
            self._look,
            images=images,
            class_set=str(self.settings.get("class_set")),
        )
        self._new = dialog
        dialog.create_asked.connect(self._make)
        dialog.finished.connect(self._new_closed)
        dialog.open()

    def _look(self, folder: Path, tell: Callable[[Any], None]) -> None:
        from s4gui.gui.dialogs.new_project import look  # noqa: PLC0415 - after the first image

        self.jobs.run("look", lambda: look(folder), tell, lambda _error: None, owner=self._new)

    def _make(self) -> None:
        dialog = self._new
        if dialog is None:
            return
        chosen = dialog.chosen()
        dialog.begin()

        pace = Pace()

        def progress(done: int, total: int, what: str) -> bool:
            if pace.is_due():
                self._progressed.emit(done, total, what)
            return not dialog.working.cancelled

        def work() -> Project:
            return Project.create(
                chosen.folder,
                name=chosen.name,
                images=chosen.images,
                class_map=chosen.class_map,
                progress=progress,
                program=PROGRAM,
            )

        self.jobs.run("open", work, lambda found: self._made(chosen, found), self._not_made)

    def _made(self, chosen: NewProject, project: Project) -> None:
        self.settings.set("class_set", chosen.class_set)
        if self._new is not None:
            self._new.accept()
        if not self.may_leave():
            project.close()
            return
        self.leaving.emit()
        self.made.emit(project, chosen)

    def _not_made(self, error: BaseException) -> None:
        if self._new is not None and not self._new.working.cancelled:
            self._new.show_problem(str(error))
        self.notices.failed(error)

    def _show_progress(self, done: int, total: int, what: str) -> None:
        if self._new is not None:
            self._new.working.show_progress(done, total, what)

    def _new_closed(self) -> None:
        if self._new is not None:
            self._new.deleteLater()
        self._new = None

    def take_dropped(self, paths: list[Path]) -> None:
        """A project, a folder of images, or a folder of masks was dropped."""
        first = paths[0]
        folder = first if first.is_dir() else first.parent
        if first.name.endswith(".s4gui") or (folder / "project.s4gui").exists():
            self.open(first if first.is_dir() else folder)
        elif self.has_project and _looks_like_masks(folder):
            self.masks_dropped.emit(folder)
        else:
            self.ask_new(folder)


def _looks_like_masks(folder: Path) -> bool:
    name = folder.name.casefold()
    return any(word in name for word in ("mask", "annot", "label", "gtfine"))
