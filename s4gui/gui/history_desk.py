"""HistoryDesk: the history panel kept equal to the image shown, and going where it is clicked."""

from __future__ import annotations

from PySide6.QtCore import QObject

from s4gui.core.change import Change
from s4gui.core.errors import S4Error
from s4gui.gui import history_words
from s4gui.gui.desk import Desk
from s4gui.gui.easel import Easel
from s4gui.gui.panels.history import HistoryRow
from s4gui.gui.whole_edits import WholeEdits


class HistoryDesk(QObject):
    """Shows the edits of the current image; only while the panel can be seen."""

    def __init__(self, desk: Desk, easel: Easel, whole: WholeEdits) -> None:
        super().__init__(desk.owner)
        self._desk, self._easel, self._whole = desk, easel, whole
        self._panel = desk.window.label.side.history
        self._panel.go_asked.connect(self.go_to)
        self._panel.shown.connect(self.show)
        desk.bus.changed.connect(self._changed)

    def show(self) -> None:
        """Make the list equal to the image's history."""
        frame, workbench = self._desk.current, self._desk.workbench
        if frame is None:
            self._panel.show_rows((), 0)
            return
        steps, classes = workbench.steps(frame), workbench.class_map
        rows = [
            HistoryRow(
                history_words.title(note, classes),
                history_words.pixels(note),
                history_words.tip(note, classes),
            )
            for note in steps.notes
        ]
        self._panel.show_rows(tuple(rows), steps.done)

    def go_to(self, done: int) -> None:
        """Have the first `done` edits done and the others not: one repaint."""
        frame, workbench = self._desk.current, self._desk.workbench
        if frame is None or self._desk.read_only:
            return
        try:
            change = workbench.go_to(frame, done)
        except S4Error as error:
            self._desk.notices.failed(error)
            return
        self._desk.publish(change, self)
        if frame in change.labels:
            self._easel.edited.emit(frame, change.labels[frame])
        now = workbench.steps(frame).done
        if now != done:  # an edit of all images lies between: it takes its time
            self._whole.step_whole(back=now > done, then=lambda: self.go_to(done))

    def _changed(self, change: Change, _initiator: object) -> None:
        frame = self._desk.current
        mine = change.current_frame or change.classes or (frame in change.labels)
        if mine and self._panel.isVisible() and not self._desk.workbench.painting:
            self.show()
