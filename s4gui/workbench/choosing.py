"""What the hand holds: tool, value, the brush's form and sizes; each choice returns a Change."""

from __future__ import annotations

from s4gui.core.change import Change
from s4gui.core.classes import UNLABELLED, VOID, ClassMap
from s4gui.core.strokes import Tip
from s4gui.store.project import Project
from s4gui.workbench.painting import MAX_RADIUS_PX, MIN_RADIUS_PX, Tool

_DEFAULT_RADIUS_PX = 12.0


class Choosing:
    """The tool and the value to paint with; the value is a class id of the project or VOID."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._radii: dict[Tool, float] = {}
        self.tool = Tool.BRUSH
        self.tip = Tip.ROUND
        self.value = project.class_map.ids[0] if project.class_map.ids else VOID
        self._other_value = VOID if self.value != VOID else UNLABELLED

    @property
    def class_map(self) -> ClassMap:
        """The classes, in display order."""
        return self.project.class_map

    def radius_px(self, tool: Tool) -> float:
        """Brush radius of a tool in frame pixels."""
        return self._radii.get(tool, _DEFAULT_RADIUS_PX)

    def choose_value(self, value: int) -> Change:
        """Paint with a class id or VOID from now on."""
        if value not in self.class_map and value not in {VOID, UNLABELLED}:
            raise ValueError(f"no class has the id {value}")
        if value == self.value:
            return Change()
        self._other_value, self.value = self.value, value
        return Change(tool=True)

    def swap_value(self) -> Change:
        """Go back to the value before."""
        return self.choose_value(self._other_value)

    def choose_tool(self, tool: Tool) -> Change:
        """Take another tool."""
        if tool is self.tool:
            return Change()
        self.tool = tool
        return Change(tool=True)

    def choose_tip(self, tip: Tip) -> Change:
        """Give brush and eraser another form."""
        self.tip = tip
        return Change(tool=True)

    def set_radius(self, tool: Tool, radius_px: float) -> Change:
        """Give a tool a brush radius, kept in sensible bounds."""
        self._radii[tool] = min(max(radius_px, MIN_RADIUS_PX), MAX_RADIUS_PX)
        return Change(tool=True)
