"""CameraDesk: makes and removes camera masks, and shows on the canvas what they hide."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDialog

from s4gui.core.camera import CameraMask, covered
from s4gui.core.change import Change
from s4gui.core.messages import say
from s4gui.gui.canvas.view import Canvas
from s4gui.gui.desk import Desk


class CameraDesk(QObject):
    """The verbs about the mask of the image shown; one mask is for many images."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.owner)
        self._desk = desk
        desk.bus.changed.connect(self._changed)

    def verbs(self) -> dict[str, Callable[[], None]]:
        """What the menu can ask for."""
        return {"camera.use": self.use, "camera.remove": self.remove}

    @property
    def mask(self) -> CameraMask | None:
        """The mask of the image shown."""
        name, project = self._desk.current, self._desk.project
        return None if name is None else project.camera_masks.mask_of(project.frame(name))

    def use(self) -> None:
        """Ask for which images the void of this one is hidden, and hide it."""
        desk, name = self._desk, self._desk.current
        plane = None if name is None else desk.workbench.void_plane(name)
        if name is None or plane is None:
            desk.notices.info(
                say("camera.no_void", "There is no void in this image"),
                say("camera.no_void.hint", "Paint it first: M chooses void, then any tool"),
            )
            return
        from s4gui.gui.dialogs.camera import CameraDialog  # noqa: PLC0415 - after the first image

        dialog = CameraDialog(
            desk.window, desk.project.frame(name), plane, desk.usable, desk.project.camera_masks
        )
        if dialog.exec() == QDialog.DialogCode.Accepted:
            self.put(dialog.chosen())
        dialog.deleteLater()

    def put(self, mask: CameraMask) -> None:
        """Hide this in all its images."""
        desk = self._desk
        desk.publish(desk.workbench.put_camera_mask(mask), self)
        said = say(
            "camera.put",
            "{px:,} pixels are hidden in {n:,} images",
            px=mask.plane.pixels,
            n=covered(desk.usable, mask.prefix, mask.plane.shape),
        )
        hint = say("camera.put.hint", "Image menu, Remove camera mask, takes it back")
        desk.notices.info(said, hint)

    def remove(self) -> None:
        """Hide nothing of the image shown, and of those with the same mask, any more."""
        desk, mask = self._desk, self.mask
        if mask is not None:
            desk.publish(desk.workbench.remove_camera_mask(mask), self)
            desk.notices.info(
                say("camera.removed", "The camera mask of {prefix} is removed", prefix=mask.prefix)
            )

    def _changed(self, change: Change, _initiator: object) -> None:
        if change.cameras or change.current_frame:
            self.show(self._desk.window.label.canvas)

    def show(self, canvas: Canvas) -> None:
        """Show what is hidden of the image shown."""
        mask = self.mask
        canvas.show_hidden(None if mask is None else mask.plane.array)
