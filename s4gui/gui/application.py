"""Application: makes everything of the window, connects everything, and opens projects."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QDialog

from s4gui.core.errors import S4Error
from s4gui.core.messages import say
from s4gui.gui import theme
from s4gui.gui.bus import Bus
from s4gui.gui.desk import Desk
from s4gui.gui.doors import LastDoor
from s4gui.gui.jobs import Jobs
from s4gui.gui.key_desk import KeyDesk
from s4gui.gui.main_window import MainWindow
from s4gui.gui.notices import Notices
from s4gui.gui.opening import Opening
from s4gui.gui.session import Session
from s4gui.gui.turns import next_turn
from s4gui.gui.wishes import Wishes
from s4gui.store.project import Project
from s4gui.store.settings import Settings
from s4gui.workbench.actions import Situation, Workspace
from s4gui.workbench.workbench import Workbench

if TYPE_CHECKING:
    from s4gui.gui.dialogs.new_project import NewProject
    from s4gui.gui.imports import Imports
    from s4gui.gui.preview_link import PreviewLink
    from s4gui.gui.tour import Tour
    from s4gui.gui.training_run import TrainingRun

_RUN_ENDS_S = 75.0  # more than a run's longest grace: a thread must not outlive the program
_PAINT_MS, _NO_IMAGE_MS, _SLOW_IMAGE_MS = 20, 60, 15000
"""How long the first image may take to be painted, and to come at all, before other work begins."""
SETTINGS: dict[str, Any] = {
    "keep_learning": False,
    "live_preview": True,
    "look": {},
    "saved_views": {},
    "layers_unfolded": False,
    "preview_features": True,
    "last_frame": "",
    "last_image": "",
    "warm_workers": True,
    "square_brush": False,
}


class Application(QObject):
    """The composition root: owns window, jobs, preview process and the open session."""

    opened = Signal()  # a project is shown

    def __init__(
        self,
        app: QApplication,
        settings: Settings,
        settings_folder: Path,
        *,
        preview_command: Sequence[str] | None = None,
        worker_command: Sequence[str] | None = None,
    ) -> None:
        super().__init__()
        self._worker_command = worker_command
        self.app, self.settings, self._settings_folder = app, settings, settings_folder
        self.theme = theme.apply(app, str(settings.get("theme")))
        self.window = MainWindow()
        self.notices = Notices(self.window)
        self.keys = KeyDesk(self.window, settings, self.notices)
        self.jobs = Jobs(self)
        self.door = LastDoor(parent=self)
        self._preview_command = preview_command
        self._link: PreviewLink | None = None
        self.session: Session | None = None
        self._imports: Imports | None = None
        self._ending: list[TrainingRun] = []
        self._project_verbs: dict[str, Callable[[], None]] = {}
        self._tour: Tour | None = None
        self._wishes = Wishes(
            self.window, settings, self.keys, lambda: self.session, dressed=self._dress
        )
        self.opening = Opening(self.window, settings, self.notices, self.jobs)
        self._verbs = self._table()
        self._connect()
        self.window.show_recent(settings.recent)
        self.window.place(str(settings.get("geometry")))
        self._show_nothing()

    def _connect(self) -> None:
        window = self.window
        window.verb_asked.connect(self.do)
        opening = self.opening
        window.dropped.connect(opening.take_dropped)
        window.recent_asked.connect(lambda path: opening.open(Path(path)))
        opening.leaving.connect(self._close_session)
        opening.opened.connect(self._show)
        opening.made.connect(self._made)
        opening.not_opened.connect(self._not_opened)
        opening.masks_dropped.connect(self._masks_dropped)
        window.may_close, opening.may_leave = self._may_close, self._may_leave
        window.closing.connect(self.close)
        window.notice.details_asked.connect(self._trouble)
        window.banner.retry_asked.connect(self._retry)
        self.door.opened.connect(self.notices.error)
        self.notices.defect.connect(self.door.open)
        self.jobs.failed_unheard.connect(self.notices.failed)
        hints = QGuiApplication.styleHints()
        hints.colorSchemeChanged.connect(lambda _scheme: self._dress())

    def _table(self) -> dict[str, Callable[[], None]]:
        rooms = {f"workspace.{room}": partial(self._show_room, room) for room in Workspace}
        return {
            **rooms,
            "project.new": self.opening.ask_new,
            "project.open": self.opening.ask_open,
            "project.demo": self.opening.open_demo,
            "app.quit": self._quit,
            "view.full_screen": self._full_screen,
            **self._wishes.verbs(),
            "app.keys": self.keys.edit,
            "help.keys": self.keys.sheet,
            "help.pages": self._help,
            "help.about": self._about,
            "help.tour": self.begin_tour,
            "help.trouble": self._trouble,
        }

    def do(self, verb: str) -> None:
        """Do a verb: the application's, or the open project's."""
        try:
            if verb.startswith("project.") and self.session is not None:
                self._put_project_verbs(self.session)
            if verb in self._verbs:
                self._verbs[verb]()
            elif verb in self._project_verbs:
                self._project_verbs[verb]()
            elif self.session is not None:
                self.session.do(verb)
        except S4Error as error:
            self.notices.failed(error)

    # --- life --------------------------------------------------------------------------------

    def start(self, project: Path | None, *, wants_demo: bool = False) -> None:
        """Show the window and open what was asked for, the last project, or the demo."""
        self.window.show()
        recent = [each for each in self.settings.recent if (each / "project.s4gui").exists()]
        if project is not None:
            self.opening.open_or_make(project)
        elif recent and not wants_demo:
            self.opening.open(recent[0])
        else:
            self.opening.open_demo()

    def _await_image(self, session: Session) -> None:
        """The first image is painted before all else; where none can be shown, time decides."""
        waiting = QTimer(session)
        waiting.setSingleShot(True)
        waiting.timeout.connect(lambda: self._build_rooms(session))
        session.first_shown.connect(lambda: waiting.start(_PAINT_MS))
        waiting.start(_SLOW_IMAGE_MS if session.desk.project.frames else _NO_IMAGE_MS)

    def _build_rooms(self, session: Session) -> None:
        """The other rooms, then processes that take seconds to start: one thing at a time."""
        if not session.has_begun:
            self._go_on(session, self._chores(session))

    def _go_on(self, session: Session, chores: Iterator[None]) -> None:
        if session is self.session and next(chores, self) is None:
            next_turn(self, lambda: self._go_on(session, chores))

    def _chores(self, session: Session) -> Iterator[None]:
        while not self.window.is_built:
            self.window.build_next()
            yield
        session.build_side()
        yield
        session.build_rooms()
        yield
        self._put_project_verbs(session)
        yield
        session.begin_background()
        self.keys.tell_dropped()
        if not self.settings.get("tour_done") and "demo" in session.desk.project.name.casefold():
            self.begin_tour()

    def close(self) -> None:
        """The window closes: write everything, end what runs."""
        self._close_session()
        if self._link is not None:
            self._link.close()
        self.jobs.close()
        for run in self._ending:
            run.close(timeout_s=_RUN_ENDS_S)
        self._ending.clear()

    def _may_close(self) -> bool:
        self.settings.set("geometry", self.window.place_text)
        self.window.hide()  # whatever is still to be waited for, nobody watches it
        return self._may_leave()

    def _may_leave(self) -> bool:
        """Whether all edits of the open project are on disk, or given up."""
        if self.session is None:
            return True
        from s4gui.gui.leaving import may_leave  # noqa: PLC0415 - after the first image

        return may_leave(self.session.desk)

    def _close_session(self) -> None:
        session, self.session = self.session, None
        self._project_verbs, self._imports = {}, None
        self.opening.has_project = False
        if session is None:
            return
        frame = session.desk.current
        self.settings.set("last_frame", frame or "")
        if frame is not None:
            self.settings.set("last_image", str(session.desk.project.image_path(frame)))
        try:
            run = session.close()
            if run is not None:
                self._ending.append(run)
        except (S4Error, OSError) as error:
            self.notices.failed(error)

    # --- projects ---

    def _show(self, project: Project, frame: str = "") -> None:
        self._close_session()
        self.opening.has_project = True
        bus, owner = Bus(self), QObject(self)
        desk = Desk(
            self.window,
            bus,
            self.jobs,
            self.settings,
            self.notices,
            project,
            Workbench(project),
            owner,
        )
        self.session = Session(desk, self._preview_link, self._worker_command)
        self.settings.add_recent(project.folder)
        self.window.show_recent(self.settings.recent)
        self.session.begin(frame)
        self._await_image(self.session)
        self.opened.emit()

    def _put_project_verbs(self, session: Session) -> None:
        if self._project_verbs:
            return
        from s4gui.gui.errands import Errands  # noqa: PLC0415 - after the first image
        from s4gui.gui.exports import Exports  # noqa: PLC0415 - after the first image
        from s4gui.gui.imports import Imports  # noqa: PLC0415 - after the first image

        errands = Errands(session)
        exports, self._imports = Exports(session.desk, session.trainer), Imports(session.desk)
        self._project_verbs = {
            "project.import_masks": self._imports.ask,
            "project.export": lambda: exports.ask(
                self.window.label.frames.selected(), session.trainer.newest
            ),
            "project.splits": errands.splits,
            "project.rescan": errands.rescan,
            "project.locate": errands.locate,
        }

    def _preview_link(self) -> PreviewLink:
        """The one link to the preview process, made when it is first wanted."""
        if self._link is None:
            from s4gui.gui.preview_link import PreviewLink  # noqa: PLC0415 - after the first image

            self._link = PreviewLink(command=self._preview_command, parent=self)
        return self._link

    def _retry(self) -> None:
        if self.session is not None:
            self.opening.open(self.session.desk.project.folder)

    def _made(self, project: Project, chosen: NewProject) -> None:
        self._show(project)
        if self.session is not None:
            self._put_project_verbs(self.session)
        if chosen.masks is not None and self._imports is not None:
            self._imports.begin(chosen.masks)

    def _masks_dropped(self, folder: Path) -> None:
        if self.session is not None:
            self._put_project_verbs(self.session)
        if self._imports is not None:
            self._imports.ask(folder)

    def _not_opened(self) -> None:
        if self.session is None:
            self._show_nothing()

    def _show_nothing(self) -> None:
        self.window.show_title("")
        self.window.verbs.show_situation(Situation())
        self.window.label.canvas.set_background(self.theme.colour("canvas"))
        self.window.label.canvas.show_empty(
            say("app.empty", "Drop a folder of images here"),
            say("app.empty_hint", "or make or open a project: Project menu, top left"),
        )

    # --- other verbs -------------------------------------------------------------------------

    def _show_room(self, room: Workspace) -> None:
        self.window.show_room(room)
        if self.session is not None:
            self.session.build_rooms()
            self.window.room_shown.emit(room.value)

    def _quit(self) -> None:
        self.window.close()

    def _full_screen(self) -> None:
        self.window.show_full_screen(on=not self.window.isFullScreen())

    def _dress(self) -> None:
        self.theme = theme.apply(self.app, str(self.settings.get("theme")))
        self.window.label.canvas.set_background(self.theme.colour("canvas"))
        if self.session is not None and self.session.train_room is not None:
            self.session.train_room.dress()
        self.window.update()

    def begin_tour(self) -> None:
        """Begin the five steps."""
        if self._tour is None:
            self.window.build_rest()
            if self.session is not None:
                self.session.build_rooms()
            from s4gui.gui.tour import Tour  # noqa: PLC0415 - after the first image

            self._tour = Tour(self.window)
            self._tour.left.connect(self._tour_left)

    def _tour_left(self) -> None:
        self._tour = None
        self.settings.set("tour_done", value=True)

    def _trouble(self) -> None:
        from s4gui.gui.dialogs.trouble import TroubleDialog  # noqa: PLC0415 - after the first image

        self._show_dialog(TroubleDialog(self.window, tuple(self.notices.troubles)))

    def _help(self) -> None:
        from s4gui.gui.dialogs.about import HelpDialog  # noqa: PLC0415 - after the first image

        self._show_dialog(HelpDialog(self.window))

    def _about(self) -> None:
        from s4gui.gui.dialogs.about import AboutDialog  # noqa: PLC0415 - after the first image

        self._show_dialog(AboutDialog(self.window, self._settings_folder))

    def _show_dialog(self, dialog: QDialog) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()
