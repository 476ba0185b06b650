"""Labels that another program changed: the user decides whose are kept."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox

from s4gui.core.errors import S4Error
from s4gui.core.frames import FrameId
from s4gui.core.messages import say
from s4gui.gui.desk import Desk


def ask_about(desk: Desk, frame_id: FrameId) -> None:
    """Say what opening a frame found out; where its label file was changed outside, ask."""
    if frame_id not in desk.workbench.outside or desk.read_only:
        for notice in desk.workbench.take_notices():
            desk.notices.warn(notice.text)
        return
    desk.workbench.take_notices()
    box = QMessageBox(desk.window)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowTitle(say("outside.title", "Labels changed outside"))
    box.setText(say("outside.text", "Another program changed the labels of {name}.", name=frame_id))
    box.setInformativeText(
        say(
            "outside.choice",
            "Taking theirs closes the undo history of this image. "
            "Keeping yours moves the changed file aside.",
        )
    )
    take = box.addButton(say("outside.take", "Take theirs"), QMessageBox.ButtonRole.AcceptRole)
    box.addButton(say("outside.keep", "Keep mine"), QMessageBox.ButtonRole.RejectRole)

    def decided() -> None:
        is_theirs = box.clickedButton() is take
        decide = desk.workbench.take_outside if is_theirs else desk.workbench.keep_ours
        try:
            desk.publish(decide(frame_id), box)
        except S4Error as error:
            desk.notices.failed(error)

    box.finished.connect(lambda _code: decided())
    box.open()
