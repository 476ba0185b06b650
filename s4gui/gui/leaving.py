"""Leaving a project: only when all edits are on disk, or when the person gives them up."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto

from PySide6.QtWidgets import QMessageBox, QWidget

from s4gui.core.errors import S4Error
from s4gui.core.messages import say
from s4gui.gui.desk import Desk


class Answer(Enum):
    """What to do about edits that cannot be written."""

    RETRY = auto()
    STAY = auto()
    LOSE = auto()


Ask = Callable[[QWidget, S4Error, int], Answer]


def may_leave(desk: Desk, ask: Ask | None = None) -> bool:
    """Write everything; whether the project can be let go.

    The window may be hidden meanwhile. Where the disk is full or gone it is shown again and the
    person asked, for as long as they want to try again.
    """
    if desk.read_only:
        return True
    while True:
        try:
            desk.workbench.write_now()
        except S4Error as error:
            desk.window.show()
            answer = (ask or _ask)(desk.window, error, desk.project.writer.pending)
            if answer is not Answer.RETRY:
                return answer is Answer.LOSE
        else:
            return True


def _ask(window: QWidget, error: S4Error, waiting: int) -> Answer:
    box = QMessageBox(window)
    box.setIcon(QMessageBox.Icon.Warning)
    box.setWindowTitle(say("leaving.title", "Not everything is on the disk"))
    box.setText(str(error))
    box.setInformativeText(
        say(
            "leaving.facts",
            "{n} changes wait in memory. Make room on the disk or make the folder writable, "
            "then try again. Closing now loses them.",
            n=waiting,
        )
    )
    retry = box.addButton(say("leaving.retry", "Try again"), QMessageBox.ButtonRole.AcceptRole)
    stay = box.addButton(say("leaving.stay", "Keep it open"), QMessageBox.ButtonRole.RejectRole)
    lose = box.addButton(
        say("leaving.lose", "Close and lose them"), QMessageBox.ButtonRole.DestructiveRole
    )
    box.setDefaultButton(retry)
    box.setEscapeButton(stay)
    box.exec()
    chosen = box.clickedButton()
    box.deleteLater()
    if chosen is lose:
        return Answer.LOSE
    return Answer.RETRY if chosen is retry else Answer.STAY
