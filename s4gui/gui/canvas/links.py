"""Group: canvases side by side that share place, zoom and pointer; no Qt."""

from __future__ import annotations

from typing import Protocol

from s4gui.core.strokes import PointYX
from s4gui.gui.canvas.geometry import Viewport


class Linked(Protocol):
    """What a canvas offers to those linked with it."""

    @property
    def view(self) -> Viewport | None:
        """Where its frame lies."""

    @property
    def is_fitted(self) -> bool:
        """Whether its frame follows its size."""

    def follow(self, view: Viewport, *, fitted: bool) -> None:
        """Take over place and zoom."""

    def show_pointer(self, at_yx: PointYX | None) -> None:
        """Show where the pointer is in another canvas."""

    def show_bare(self, *, on: bool) -> None:
        """Show the image alone, because another canvas does."""

    def fitting_zoom(self, frame_hw: tuple[int, int]) -> float | None:
        """The zoom at which a frame fits into it."""


class Group:
    """One canvas's end of a link; all ends of a group share one list of members."""

    def __init__(self, member: Linked) -> None:
        self._member = member
        self._ends: list[Group] = [self]
        self._pointed: PointYX | None = None
        self._bare = False

    def join(self, other: Group) -> None:
        """Become one group with all that `other` is linked with."""
        if other._ends is self._ends:
            return
        self._ends.extend(other._ends)
        for end in other._ends:
            end._ends = self._ends

    def leave(self) -> None:
        """Be alone again."""
        self._ends.remove(self)
        self._ends = [self]

    def spread(self, view: Viewport, *, fitted: bool) -> None:
        """Let all others follow."""
        for each in self._others():
            each.follow(view, fitted=fitted)

    def point(self, at_yx: PointYX | None) -> None:
        """Show the pointer in all others."""
        if at_yx == self._pointed:
            return
        self._pointed = at_yx
        for each in self._others():
            each.show_pointer(at_yx)

    def bare(self, *, on: bool) -> None:
        """Let all others show the image alone as long as this one does."""
        if on == self._bare:
            return
        self._bare = on
        for each in self._others():
            each.show_bare(on=on)

    def fitting_zoom(self, frame_hw: tuple[int, int]) -> float | None:
        """The zoom at which a frame of this size fits into every canvas that shows one."""
        found = [each.fitting_zoom(frame_hw) for each in (self._member, *self._others())]
        return min((each for each in found if each is not None), default=None)

    def view_of(self, frame_hw: tuple[int, int]) -> tuple[Viewport, bool] | None:
        """The view of another member that shows a frame of this size; None if none does."""
        for each in self._others():
            if each.view is not None and each.view.frame_hw == frame_hw:
                return each.view, each.is_fitted
        return None

    def _others(self) -> list[Linked]:
        return [end._member for end in self._ends if end is not self]
