"""Easel: what the hand asks of the canvas, made into edits of the workbench and shown again."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, QPoint, QTimer, Signal
from PySide6.QtWidgets import QMenu

from s4gui.core.change import Change
from s4gui.core.classes import UNLABELLED, VOID
from s4gui.core.errors import S4Error
from s4gui.core.frames import FrameId
from s4gui.core.labels import Box
from s4gui.core.locks import Locks
from s4gui.core.messages import say
from s4gui.core.prediction import Prediction
from s4gui.core.strokes import Tip
from s4gui.core.superpixels import nearest_size, stepped_size
from s4gui.gui.areas import AreaFinder
from s4gui.gui.canvas.asks import StrokeAsk
from s4gui.gui.canvas.view import Canvas
from s4gui.gui.desk import Desk
from s4gui.gui.edits import Edits
from s4gui.gui.growing import Growing
from s4gui.gui.selection import Selection
from s4gui.gui.superpixels import Superpixels
from s4gui.workbench.painting import Tool
from s4gui.workbench.workbench import Workbench

SIZED = (Tool.BRUSH, Tool.ERASER, Tool.POLYLINE, Tool.SUPERPIXEL, Tool.GROW)
_OWN_SIZE = (Tool.ERASER, Tool.SUPERPIXEL, Tool.GROW)
_SAVE_AFTER_MS = 2000


class Easel(QObject):
    """Connects canvases with the workbench. Every edit is announced on the bus, and there only.

    `edited` tells a finished edit (pen up, undo, accept) with its frame and box.
    """

    edited = Signal(str, object)  # frame, Box or None
    hover_told = Signal(int, int)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.owner)
        self._desk = desk
        self.edits = Edits(desk)
        self.selection = Selection(desk, self.edits)
        self._areas = AreaFinder(desk, self.edits, self.selection)
        self._superpixels = Superpixels(desk, self.edits)
        self._growing = Growing(desk, self.edits)
        self.edits.edited.connect(self.edited)
        self._canvases: list[Canvas] = []
        self._stroke_box: Box | None = None
        self._stroke_frame: FrameId | None = None
        self._refused = False
        self._prediction: Prediction | None = None
        self.prediction_visible = True
        self.hover: tuple[int, int] = (-1, -1)
        self._saving = QTimer(self)
        self._saving.setSingleShot(True)
        self._saving.setInterval(_SAVE_AFTER_MS)
        self._saving.timeout.connect(self._save)
        self._size_by_hand = False
        if desk.settings.get("square_brush"):
            desk.workbench.choose_tip(Tip.SQUARE)
        self.add_canvas(desk.window.label.canvas)
        desk.bus.changed.connect(self._changed)
        self._show_tool()
        self._show_palette()

    def add_canvas(self, canvas: Canvas, *, paints: bool = True) -> None:
        """Another canvas that shows the current frame's labels; `paints`: and takes strokes."""
        self._canvases.append(canvas)
        canvas.accept_asked.connect(self.accept)
        canvas.hovered.connect(self._hovered)
        canvas.menu_asked.connect(self._menu)
        canvas.picked.connect(self._pick)
        if not paints:
            return
        canvas.stroke_begun.connect(self._begin)
        canvas.stroke_moved.connect(self._extend)
        canvas.stroke_ended.connect(self._end)
        canvas.stroke_cancelled.connect(self._cancel)
        canvas.region_asked.connect(self.edits.region)
        canvas.area_asked.connect(partial(self._areas.asked, canvas))
        canvas.grow_asked.connect(self._growing.asked)
        self._superpixels.add_canvas(canvas)
        canvas.selection_asked.connect(self.selection.asked)
        canvas.radius_asked.connect(self.set_radius)

    @property
    def prediction(self) -> Prediction | None:
        """What a model says of the current frame."""
        return self._prediction

    @prediction.setter
    def prediction(self, prediction: Prediction | None) -> None:
        self._prediction = prediction
        self._desk.workbench.see_prediction(self._desk.current or "", prediction)

    def show_all(self) -> None:
        """Show tool and colours on every canvas, also those added last."""
        self._show_tool()
        self._show_palette()

    # --- strokes -----------------------------------------------------------------------------

    def _begin(self, ask: StrokeAsk) -> None:
        frame = self._desk.current
        value = UNLABELLED if ask.value == "erase" else self._desk.workbench.value
        self._refused = frame is None or not self.edits.may_paint(value)
        if frame is None or self._refused:
            return
        over = ""
        if self.prediction is not None and self.prediction_visible:
            over = f"{self.prediction.origin} step {self.prediction.step}"
        change = self._desk.workbench.begin_stroke(
            frame, value=value, radius_px=ask.radius_px, at_yx=ask.at_yx, over=over
        )
        self._stroke_frame, self._stroke_box = frame, None
        self._note(change)

    def _extend(self, points_yx: list[tuple[float, float]]) -> None:
        if not self._refused:
            self._note(self._desk.workbench.extend_stroke(points_yx))

    def _end(self) -> None:
        if self._refused:
            return
        change = self._desk.workbench.end_stroke()
        self._publish(change)
        if not change:
            self.edits.tell_held_back()
        self._tell_edited()

    def _cancel(self) -> None:
        if not self._refused:
            self._publish(self._desk.workbench.cancel_stroke())

    def _note(self, change: Change) -> None:
        for box in change.labels.values():
            if box is not None:
                self._stroke_box = box if self._stroke_box is None else self._stroke_box.union(box)
        self._publish(change)

    def _tell_edited(self) -> None:
        if self._stroke_frame is not None and self._stroke_box is not None:
            self.edited.emit(self._stroke_frame, self._stroke_box)
        self._stroke_frame = self._stroke_box = None

    # --- pick, accept, undo ------------------------------------------------------------------

    def _pick(self, y: int, x: int) -> None:
        frame, workbench = self._desk.current, self._desk.workbench
        if frame is None:
            return
        value = int(workbench.mask(frame).labels[y, x])
        if value == UNLABELLED and self.prediction is not None:
            value = int(self.prediction.classes[y, x])
        if value in workbench.class_map or value == VOID:
            self._publish(workbench.choose_value(value))
            if workbench.tool is Tool.PICK:
                self._publish(workbench.choose_tool(Tool.BRUSH))

    def accept(self, y: int, x: int) -> None:
        """Take the predicted region at a pixel into the labels."""
        if self.prediction is not None:
            self.edits.accept(self.prediction, y, x)

    def accept_here(self) -> None:
        """Accept what is under the pointer."""
        self.accept(*self.hover)

    def undo(self) -> None:
        """Take back the last edit of the current frame."""
        self.edits.step(back=True)

    def redo(self) -> None:
        """Do the last undone edit again."""
        self.edits.step(back=False)

    # --- tool --------------------------------------------------------------------------------

    def choose_tool(self, tool: Tool) -> None:
        """Take a tool; taking the brush while void is chosen goes back to the class."""
        self._publish(self._desk.workbench.choose_tool(tool))

    def choose_value(self, value: int) -> None:
        """Paint with a class or VOID; with the eraser in hand that means the brush.

        A selected area gets the class.
        """
        self.selection.reclass(value)
        workbench = self._desk.workbench
        self._publish(workbench.choose_value(value))
        if workbench.tool in {Tool.ERASER, Tool.PICK, Tool.HAND}:
            self._publish(workbench.choose_tool(Tool.BRUSH))

    def swap(self) -> None:
        """Go back to the class before."""
        if self._desk.workbench.class_map.classes:
            with contextlib.suppress(ValueError):  # the class before was removed
                self._publish(self._desk.workbench.swap_value())

    def switch_tip(self) -> None:
        """Round to square or back; remembered."""
        is_square = self._desk.workbench.tip is Tip.ROUND
        self._desk.settings.set("square_brush", is_square)
        self._publish(self._desk.workbench.choose_tip(Tip.SQUARE if is_square else Tip.ROUND))

    def lock_class(self) -> None:
        """Lock the chosen class, or unlock it."""
        self._lock(self._desk.workbench.locks.switched(self._desk.workbench.value))

    def lock_others(self) -> None:
        """Lock all classes but the chosen one, or unlock all."""
        workbench = self._desk.workbench
        self._lock(workbench.locks.switched_but(workbench.value, workbench.values))

    def lock_labelled(self) -> None:
        """Change only what is unlabelled, or no more."""
        locks = self._desk.workbench.locks
        self._lock(replace(locks, only_unlabelled=not locks.only_unlabelled))

    def lock_unpredicted(self) -> None:
        """Change only what the prediction shows alike, or no more."""
        locks = self._desk.workbench.locks
        self._lock(replace(locks, only_predicted=not locks.only_predicted))

    def _lock(self, locks: Locks) -> None:
        self._publish(self._desk.workbench.set_locks(locks))

    def set_radius(self, radius_px: float) -> None:
        """Another size for the tool in hand: brush, eraser, superpixels, reach of growing."""
        self._size_by_hand, tool = True, self._sized()
        if tool is Tool.SUPERPIXEL:
            radius_px = nearest_size(2 * radius_px) / 2
        self._publish(self._desk.workbench.set_radius(tool, radius_px))

    def fit_radius(self, shape: tuple[int, int]) -> None:
        """Sizes that suit an image of (H, W): until a hand chose one, a stroke is 2 % wide."""
        if not self._size_by_hand:
            radius_px = max(2.0, max(shape) / 100)
            for tool, factor in ((Tool.BRUSH, 1.0), (Tool.ERASER, 1.5), (Tool.GROW, 2.0)):
                self._publish(self._desk.workbench.set_radius(tool, factor * radius_px))

    def step_radius(self, factor: float) -> None:
        """A little larger or smaller."""
        tool = self._sized()
        radius_px = self._desk.workbench.radius_px(tool)
        if tool is Tool.SUPERPIXEL:
            factor = stepped_size(2 * radius_px, factor - 1) / (2 * radius_px)
        self.set_radius(radius_px * factor)

    def _sized(self) -> Tool:
        """Whose size counts: some tools have their own, all else has the brush's."""
        tool = self._desk.workbench.tool
        return tool if tool in _OWN_SIZE else Tool.BRUSH

    def _show_tool(self) -> None:
        workbench = self._desk.workbench
        tool = workbench.tool
        radius_px = workbench.radius_px(self._sized())
        for canvas in self._canvases:
            canvas.set_tool(tool, workbench.value, radius_px, tip=workbench.tip)
        self._desk.window.label.tools.show_radius(
            radius_px, sizable=tool in SIZED, is_reach=tool is Tool.GROW
        )
        self._desk.window.verbs.check(f"tool.{tool}", on=True)
        self._desk.window.verbs.check("brush.square", on=workbench.tip is Tip.SQUARE)
        for name, on in _locked(workbench).items():
            self._desk.window.verbs.check(f"lock.{name}", on=on)
        self._desk.window.verbs.check("tool.void", on=workbench.value == VOID)

    def _show_palette(self) -> None:
        for canvas in self._canvases:
            canvas.show_palette(self._desk.workbench.class_map.palette())

    # --- the pointer -------------------------------------------------------------------------

    def _hovered(self, y: int, x: int) -> None:
        self.hover = (y, x)
        self.hover_told.emit(y, x)

    def _menu(self, at: QPoint, y: int, x: int) -> None:
        frame, workbench = self._desk.current, self._desk.workbench
        if frame is None:
            return
        menu = QMenu(self._desk.window)
        label = int(workbench.mask(frame).labels[y, x])
        predicted = None if self.prediction is None else int(self.prediction.classes[y, x])
        for value in dict.fromkeys(each for each in (label, predicted) if each is not None):
            if value in workbench.class_map:
                text = say("easel.pick", "Paint with {name}", name=workbench.class_map[value].name)
                menu.addAction(text).triggered.connect(partial(self.choose_value, value))
        if predicted is not None and predicted in workbench.class_map:
            name = workbench.class_map[predicted].name
            text = say("easel.accept", "Accept this region as {name}", name=name)
            action = menu.addAction(text, lambda: self.accept(y, x))
            action.setEnabled(not self._desk.read_only)
        menu.addSeparator()
        for name in ("edit.undo", "edit.redo", "view.fit", "view.actual"):
            menu.addAction(self._desk.window.verbs.actions[name])
        menu.popup(at)
        menu.aboutToHide.connect(menu.deleteLater)

    # --- what changes ------------------------------------------------------------------------

    def _publish(self, change: Change) -> None:
        self._desk.publish(change, self)

    def _changed(self, change: Change, _initiator: object) -> None:
        frame = self._desk.current
        if frame is not None and frame in change.labels:
            for canvas in self._canvases:
                canvas.labels_changed(change.labels[frame])
        if change.labels:
            self._saving.start()
        if change.tool or change.classes:
            self._show_tool()
        if change.classes:
            self._show_palette()

    def _save(self) -> None:
        if self._desk.workbench.painting:
            self._saving.start()
            return
        try:
            self._desk.workbench.save_now()
        except S4Error as error:
            self._desk.notices.failed(error)


def _locked(workbench: Workbench) -> dict[str, bool]:
    """Which locks are on, by the end of their action's id."""
    locks, value = workbench.locks, workbench.value
    return {
        "class": value in locks.values,
        "others": locks.holds_all_but(value, workbench.values) and value not in locks.values,
        "unlabelled": locks.only_unlabelled,
        "predicted": locks.only_predicted,
    }
