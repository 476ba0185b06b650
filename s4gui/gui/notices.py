"""Notices: what went wrong or well, said in the window's bar and kept for the session."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, Signal

from s4gui.core.errors import S4Error
from s4gui.core.messages import say
from s4gui.gui.main_window import MainWindow


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that went wrong: in words, what to do, and details for developers."""

    what: str
    hint: str
    details: str = ""

    @property
    def text(self) -> str:
        """All of it, to be copied."""
        return "\n".join(each for each in (self.what, self.hint, self.details) if each)


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
