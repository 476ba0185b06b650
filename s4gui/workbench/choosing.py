"""What the hand holds: tool, value, the brush, the locks; each choice returns a Change."""

from __future__ import annotations

from s4gui.core.change import Change
from s4gui.core.classes import UNLABELLED, VOID, ClassMap
from s4gui.core.frames import FrameId
from s4gui.core.locks import Guard, Locks
from s4gui.core.prediction import Prediction
from s4gui.core.strokes import Tip
from s4gui.store.project import Project
from s4gui.workbench.painting import MAX_RADIUS_PX, MIN_RADIUS_PX, Tool

_DEFAULT_RADIUS_PX = 12.0


class Choosing:
    """The tool, the value to paint with (a class id of the project or VOID), and the locks.

    `held_back` tells whether a lock kept a pixel from the last edit.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self._radii: dict[Tool, float] = {}
        self.tool = Tool.BRUSH
        self.tip = Tip.ROUND
        self.locks = Locks()
        self.held_back = False
        self._predicted: tuple[FrameId, Prediction] | None = None
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

    # --- locks -------------------------------------------------------------------------------

    @property
    def values(self) -> tuple[int, ...]:
        """All that can be painted: the class ids in display order, and VOID."""
        return (*self.class_map.ids, VOID)

    def set_locks(self, locks: Locks) -> Change:
        """Lock other pixels from now on; the stroke under way keeps to the locks it began with."""
        if locks == self.locks:
            return Change()
        self.locks = locks
        return Change(tool=True)

    def see_prediction(self, frame_id: FrameId, prediction: Prediction | None) -> None:
        """The prediction that is shown of a frame: one lock follows it."""
        self._predicted = None if prediction is None else (frame_id, prediction)

    def _guard(self, frame_id: FrameId, shape: tuple[int, int]) -> Guard | None:
        """The locks for an edit of a frame of (H, W); None if nothing is locked."""
        if not self.locks:
            return None
        name, prediction = self._predicted or ("", None)
        fits = prediction is not None and name == frame_id and prediction.shape == shape
        classes = prediction.classes if fits and prediction is not None else None
        return Guard(self.locks, classes, self.value)

    def set_radius(self, tool: Tool, radius_px: float) -> Change:
        """Give a tool a brush radius, kept in sensible bounds."""
        self._radii[tool] = min(max(radius_px, MIN_RADIUS_PX), MAX_RADIUS_PX)
        return Change(tool=True)
