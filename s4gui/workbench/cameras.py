"""Cameras: what is void in all frames of a folder, taken from the void of one of them."""

from __future__ import annotations

from s4gui.core.camera import CameraMask, HiddenPlane
from s4gui.core.change import Change
from s4gui.core.classes import VOID
from s4gui.core.frames import FrameId
from s4gui.workbench.tagging import Tagging


class Cameras(Tagging):
    """Puts and removes camera masks; labels are never touched."""

    def void_plane(self, frame_id: FrameId) -> HiddenPlane | None:
        """The void of a frame as it is now; None if it has none."""
        void = self.mask(frame_id).labels == VOID
        return HiddenPlane.of(void) if void.any() else None

    def put_camera_mask(self, mask: CameraMask) -> Change:
        """Hide this from now on, in place of the mask for the same frames."""
        self._check_thread()
        self.project.set_camera_masks(self.project.camera_masks.put(mask))
        return Change(cameras=True)

    def remove_camera_mask(self, mask: CameraMask) -> Change:
        """Hide nothing of these frames any more."""
        self._check_thread()
        self.project.set_camera_masks(self.project.camera_masks.without(mask))
        return Change(cameras=True)
