"""Desk: what the parts of an open project share in the window."""

from __future__ import annotations

from dataclasses import dataclass, field

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from s4gui.core.change import Change
from s4gui.core.errors import S4Error
from s4gui.core.frames import Frame, FrameId
from s4gui.core.messages import say
from s4gui.gui.bus import Bus
from s4gui.gui.dialogs.trouble import Trouble
from s4gui.gui.jobs import Jobs
from s4gui.gui.main_window import MainWindow
from s4gui.store.project import Project
from s4gui.store.settings import Settings
from s4gui.workbench.workbench import Workbench


class Notices(QObject):
    """Where every part says what went wrong; keeps the troubles of the session."""

    defect = Signal(object)  # an unexpected error, for the last door
    writer_failed = Signal(object)  # S4Error, said on the writer's thread

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.troubles: list[Trouble] = []
        self.writer_failed.connect(self.failed, Qt.ConnectionType.QueuedConnection)

    def info(self, what: str, hint: str = "") -> None:
        """Say something that went well or is only good to know."""
        self._window.notice.show_notice(what, hint)

    def warn(self, what: str, hint: str = "") -> None:
        """Say something that needs attention but ended nothing."""
        self._window.notice.show_notice(what, hint, kind="warning")

    def error(self, what: str, hint: str = "", details: str = "") -> None:
        """Say what went wrong; with details it can be looked at and copied."""
        self.troubles.append(Trouble(what, hint, details))
        self._window.notice.show_notice(what, hint, kind="error", more=bool(details))

    def failed(self, error: BaseException) -> None:
        """A job failed: an error that a user can act on is shown, any other is a defect."""
        if isinstance(error, S4Error):
            self.error(str(error), error.hint)
        elif isinstance(error, OSError):
            hint = say("notice.os_hint", "Free some space or choose another folder")
            self.error(error.strerror or str(error), hint)
        else:
            self.defect.emit(error)


@dataclass(slots=True)
class Desk:
    """The open project and its surroundings; made once for each project."""

    window: MainWindow
    bus: Bus
    jobs: Jobs
    settings: Settings
    notices: Notices
    project: Project
    workbench: Workbench
    owner: QObject = field(default_factory=QObject)

    @property
    def current(self) -> FrameId | None:
        """The frame that is shown."""
        return self.workbench.current

    @property
    def read_only(self) -> bool:
        """Whether labels may not be changed."""
        return self.project.read_only

    @property
    def usable(self) -> tuple[Frame, ...]:
        """The frames whose image can be opened."""
        return tuple(each for each in self.workbench.frames if not each.problem)

    def publish(self, change: Change, initiator: object) -> None:
        """Announce a change."""
        self.bus.publish(change, initiator)

    def close(self) -> None:
        """Write everything and let the project go.

        The parts are deleted when Qt comes to it: until then nothing may wake them.
        """
        self.bus.changed.disconnect()
        self.jobs.forget_all()
        for timer in self.owner.findChildren(QTimer):
            timer.stop()
        try:
            self.workbench.close()
        finally:
            self.owner.deleteLater()
