"""Tagging: what is said of an image as a whole, class by class, beside what its paint says."""

from __future__ import annotations

from enum import StrEnum

from s4gui.core.change import Change
from s4gui.core.frames import FrameId
from s4gui.core.tags import ImageTags
from s4gui.workbench.projectwide import Projectwide


class Presence(StrEnum):
    """What is known of a class in an image; PAINTED is seen, never stored."""

    PAINTED = "painted"
    PRESENT = "present"
    ABSENT = "absent"
    UNKNOWN = "unknown"


_NEXT = {
    Presence.UNKNOWN: Presence.PRESENT,
    Presence.PRESENT: Presence.ABSENT,
    Presence.ABSENT: Presence.UNKNOWN,
}


class Tagging(Projectwide):
    """Present, absent or unknown for each class of an image."""

    def presence(self, frame_id: FrameId) -> dict[int, Presence]:
        """By class id in display order. A class with a labelled pixel is present by itself."""
        tags, painted = self.project.tags.get(frame_id, ImageTags()), self.counts(frame_id)
        return {each: _of(each, tags, painted) for each in self.class_map.ids}

    def say(self, frame_id: FrameId, class_id: int, presence: Presence) -> Change:
        """Say of one class; nothing can be said of one that is painted (ValueError for PAINTED)."""
        if presence is Presence.PAINTED:
            raise ValueError("what is painted is seen, not said")
        tags = self.project.tags.get(frame_id, ImageTags())
        if self.presence(frame_id)[class_id] in {Presence.PAINTED, presence}:
            return Change()
        return self._tag(frame_id, tags.but(**{presence.value: [class_id]}))

    def say_next(self, frame_id: FrameId, class_id: int) -> Change:
        """Unknown becomes present, present absent, absent unknown."""
        now = self.presence(frame_id)[class_id]
        return Change() if now not in _NEXT else self.say(frame_id, class_id, _NEXT[now])

    def say_others_absent(self, frame_id: FrameId) -> Change:
        """Every class that is neither painted nor said to be present is absent."""
        found = self.presence(frame_id)
        others = [each for each, what in found.items() if what is Presence.UNKNOWN]
        tags = self.project.tags.get(frame_id, ImageTags())
        return self._tag(frame_id, tags.but(absent=others)) if others else Change()

    def _tag(self, frame_id: FrameId, tags: ImageTags) -> Change:
        self._check_thread()
        self.project.set_tags({frame_id: tags})
        return Change(frames=True)


def _of(class_id: int, tags: ImageTags, painted: dict[int, int]) -> Presence:
    if painted.get(class_id):
        return Presence.PAINTED
    if class_id in tags.present:
        return Presence.PRESENT
    return Presence.ABSENT if class_id in tags.absent else Presence.UNKNOWN
