"""SideDesk: which list stands at the side of the Label room, and the tags of the image shown."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject

from s4gui.core.change import Change
from s4gui.core.errors import S4Error
from s4gui.gui.desk import Desk
from s4gui.workbench.actions import Workspace

PAGES = {"edit.history": "history", "image.tags": "tags"}
"""Page of the side by the verb that shows it; the classes are there else."""


class SideDesk(QObject):
    """Shows one list or another, and what is said of the image."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.owner)
        self._desk = desk
        self._side = desk.window.label.side
        self._panel = self._side.tags
        self._panel.next_asked.connect(self._say_next)
        self._panel.shown.connect(self.show)
        desk.bus.changed.connect(self._changed)

    def verbs(self) -> dict[str, Callable[[], None]]:
        """What the menu can ask for."""
        pages = {verb: partial(self.toggle, verb) for verb in PAGES}
        return {**pages, "image.others_absent": self.others_absent}

    def toggle(self, verb: str) -> None:
        """Put a list in place of the classes, or the classes again."""
        window = self._desk.window
        on = window.room is not Workspace.LABEL or self._side.page != PAGES[verb]
        if window.room is not Workspace.LABEL:
            window.show_room(Workspace.LABEL)
        self._side.show_page(PAGES[verb] if on else "")
        for each in PAGES:
            window.verbs.check(each, on=on and each == verb)

    def show(self) -> None:
        """Make the tags equal to what is known."""
        frame, workbench = self._desk.current, self._desk.workbench
        if frame is not None:
            self._panel.show_presence(workbench.class_map, workbench.presence(frame))

    def others_absent(self) -> None:
        """All classes that are neither painted nor present are absent."""
        frame = self._desk.current
        if frame is not None and not self._desk.read_only:
            if self._side.page != "tags":
                self.toggle("image.tags")  # so that it is seen what was said
            self._do(self._desk.workbench.say_others_absent(frame))

    def _say_next(self, class_id: int) -> None:
        frame = self._desk.current
        if frame is not None and not self._desk.read_only:
            self._do(self._desk.workbench.say_next(frame, class_id))

    def _do(self, change: Change) -> None:
        try:
            self._desk.publish(change, self)
        except S4Error as error:
            self._desk.notices.failed(error)

    def _changed(self, change: Change, _initiator: object) -> None:
        mine = change.current_frame or change.classes or change.frames or change.labels
        if mine and self._panel.isVisible() and not self._desk.workbench.painting:
            self.show()
