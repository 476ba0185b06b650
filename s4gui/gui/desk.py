"""Desk: what the parts of an open project share in the window."""

from __future__ import annotations

from dataclasses import dataclass, field

from PySide6.QtCore import QCoreApplication, QEvent, QObject

from s4gui.core.change import Change
from s4gui.core.frames import Frame, FrameId
from s4gui.gui.bus import Bus
from s4gui.gui.jobs import Jobs
from s4gui.gui.main_window import MainWindow
from s4gui.gui.notices import Notices
from s4gui.store.project import Project
from s4gui.store.settings import Settings
from s4gui.workbench.workbench import Workbench


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

    def beside(self, frame_id: FrameId | None) -> tuple[FrameId, ...]:
        """The usable frames next to one in the project's order, the next one first."""
        frames = self.workbench.frames
        place = self.project.places.get(frame_id or "")
        if place is None:
            return ()
        ways = (range(place + 1, len(frames)), range(place - 1, -1, -1))
        found = (next((n for n in way if not frames[n].problem), None) for way in ways)
        return tuple(frames[n].id for n in found if n is not None)

    def publish(self, change: Change, initiator: object) -> None:
        """Announce a change."""
        self.bus.publish(change, initiator)

    def close(self) -> None:
        """Write everything and let the project go.

        The parts are deleted at once and not when Qt comes to it: the window, which they
        listen to, already shows the next project then.
        """
        self.bus.changed.disconnect()
        self.jobs.forget_all()
        try:
            self.workbench.close()
        finally:
            self.owner.deleteLater()
            QCoreApplication.sendPostedEvents(self.owner, QEvent.Type.DeferredDelete)
