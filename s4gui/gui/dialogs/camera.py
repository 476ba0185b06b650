"""Camera mask: for which images the void of this one is to be hidden."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QLineEdit, QWidget

from s4gui.core.camera import CameraMask, CameraMasks, HiddenPlane, covered
from s4gui.core.frames import Frame
from s4gui.core.messages import say
from s4gui.gui.dialogs.parts import buttons, form, frame
from s4gui.gui.parts import dim


class CameraDialog(QDialog):
    """`chosen()` is the mask. Says how many images of this size it would be for."""

    def __init__(
        self,
        parent: QWidget | None,
        shown: Frame,
        plane: HiddenPlane,
        frames: tuple[Frame, ...],
        masks: CameraMasks,
    ) -> None:
        super().__init__(parent)
        self._shown, self._plane, self._frames, self._masks = shown, plane, frames, masks
        about = say(
            "camera.about",
            "What is void in this image is hidden in all images of its size whose name begins as"
            " given: it is never learned, predicted or scored there, labelled or not. Labels are"
            " not changed.",
        )
        layout = frame(self, say("camera.title", "Use void as camera mask"), about)
        self.prefix = QLineEdit(f"{shown.id.rpartition('/')[0]}/")
        self.prefix.setClearButtonEnabled(True)
        layout.addLayout(form((say("camera.prefix", "Names begin with"), self.prefix)))
        self.count = dim()
        layout.addWidget(self.count)
        self._ok = buttons(self, say("camera.go", "Hide"))
        self.prefix.textChanged.connect(lambda _text: self._check())
        self.setMinimumWidth(480)
        self._check()

    def chosen(self) -> CameraMask:
        """The mask that was asked for."""
        return CameraMask(self.prefix.text().strip(), self._plane)

    def _check(self) -> None:
        mask = self.chosen()
        fits = self._shown.id.startswith(mask.prefix)
        self._ok.setEnabled(fits)
        if not fits:
            self.count.setText(say("camera.not_this", "This image's name does not begin so."))
            return
        lines = [
            say(
                "camera.counts",
                "Hides {px:,} pixels ({share:.1%}) in {n:,} images of {w} x {h}.",
                px=self._plane.pixels,
                share=self._plane.pixels / (self._plane.height * self._plane.width),
                n=covered(self._frames, mask.prefix, self._plane.shape),
                w=self._plane.width,
                h=self._plane.height,
            )
        ]
        if any(each.is_as(mask) for each in self._masks.masks):
            lines.append(say("camera.replaces", "It replaces the mask that they have."))
        self.count.setText(" ".join(lines))
