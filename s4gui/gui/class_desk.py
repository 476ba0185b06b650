"""ClassDesk: the list of classes, and what a user does to them."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import QDialog, QMenu

from s4gui.core.change import Change
from s4gui.core.classes import VOID
from s4gui.core.errors import S4Error
from s4gui.core.frames import FrameId
from s4gui.core.messages import say
from s4gui.gui.desk import Desk
from s4gui.gui.easel import Easel
from s4gui.store import palettes
from s4gui.workbench.class_counts import ClassCount, ClassCounts

_RECOUNT = 200
"""After edits of more frames than this all are read again: one question and not hundreds."""


class ClassDesk(QObject):
    """Keeps the class list equal to the project, with labelled pixels over all images."""

    merge_asked = Signal(int)

    def __init__(self, desk: Desk, easel: Easel) -> None:
        super().__init__(desk.owner)
        self._desk, self._easel = desk, easel
        self._panel = desk.window.label.classes
        self._counts = ClassCounts()
        self._dirty: set[FrameId] = set()
        self._is_counted = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(200)
        self._timer.timeout.connect(self._show_counts)
        self._panel.class_asked.connect(easel.choose_value)
        self._panel.add_asked.connect(self.add)
        self._panel.change_asked.connect(self.change)
        self._panel.menu_asked.connect(self._menu)
        self._panel.order_asked.connect(self._order)
        self._panel.left.connect(desk.window.label.canvas.setFocus)
        desk.bus.changed.connect(self._changed)
        self.show()

    def show(self) -> None:
        """Make the list equal to the project."""
        workbench = self._desk.workbench
        self._panel.show_classes(workbench.class_map, self.counts(), value=workbench.value)
        self._panel.show_locked(workbench.locks.values)

    def choose_place(self, place: int) -> None:
        """Paint with the class at a display position, if there is one."""
        ids = self._desk.workbench.class_map.ids
        if place < len(ids):
            self._easel.choose_value(ids[place])

    def find(self) -> None:
        """Choose a class by typing its name."""
        from s4gui.gui.command_desk import class_entries  # noqa: PLC0415 - after the first image
        from s4gui.gui.dialogs.command_palette import CommandPalette  # noqa: PLC0415 - after the first image
        from s4gui.workbench.finding import find  # noqa: PLC0415 - the same

        window = self._desk.window
        entries = class_entries(self._desk.workbench.class_map, window.verbs.keymap)
        hint = say("find_class.type", "Part of a class's name")
        palette = CommandPalette(window, lambda text: find(text, entries), hint)
        palette.run_asked.connect(lambda what: self._easel.choose_value(int(what.split()[1])))
        palette.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        palette.open()

    def add(self) -> None:
        """Ask for a new class."""
        if self._refuse():
            return
        from s4gui.gui.dialogs.class_edit import ClassDialog  # noqa: PLC0415 - after the first image

        dialog = ClassDialog(self._desk.window, self._desk.workbench.class_map)
        if dialog.exec() == QDialog.DialogCode.Accepted:
            name, rgb = dialog.chosen()
            self._do(self._desk.workbench.add_class(name, rgb))
            self._easel.choose_value(self._desk.workbench.class_map.classes[-1].id)
        dialog.deleteLater()

    def change(self, class_id: int) -> None:
        """Ask for another name or colour."""
        if self._refuse():
            return
        workbench = self._desk.workbench
        from s4gui.gui.dialogs.class_edit import ClassDialog  # noqa: PLC0415 - after the first image

        px, images = workbench.usage().get(class_id, (0, 0))
        used = say("class.used", "{px} pixels in {n} images keep it.", px=f"{px:,}", n=images)
        dialog = ClassDialog(self._desk.window, workbench.class_map, class_id=class_id, about=used)
        if dialog.exec() == QDialog.DialogCode.Accepted:
            name, rgb = dialog.chosen()
            self._do(workbench.change_class(class_id, name=name, rgb=rgb))
        dialog.deleteLater()

    def colours(self) -> None:
        """Ask for other colours of all classes."""
        if self._refuse():
            return
        from s4gui.gui.dialogs.palette import PaletteDialog  # noqa: PLC0415 - after the first image

        class_map = self._desk.workbench.class_map
        dialog = PaletteDialog(self._desk.window, class_map, palettes.all_palettes())
        if dialog.exec() == QDialog.DialogCode.Accepted and dialog.chosen():
            self._do(self._desk.workbench.recolour_classes(dialog.chosen()))
        dialog.deleteLater()

    def remove(self, class_id: int) -> None:
        """Take a class out of the list; its pixels stay and can be had back by its id."""
        if self._refuse():
            return
        name = self._desk.workbench.class_map[class_id].name
        px = self.counts()[class_id].all_px
        self._do(self._desk.workbench.remove_class(class_id))
        if px:
            what = say("classes.removed", "{name} no longer teaches", name=name)
            hint = say("classes.removed.hint", "Its {px} pixels are kept, grey", px=f"{px:,}")
            self._desk.notices.info(what, hint)

    def _menu(self, class_id: int, at: QPoint) -> None:
        menu = QMenu(self._panel)
        menu.addAction(
            say("classes.menu_change", "Name and colour…"), lambda: self.change(class_id)
        )
        merge = menu.addAction(
            say("classes.menu_merge", "Merge into…"), lambda: self.merge_asked.emit(class_id)
        )
        merge.setEnabled(len(self._desk.workbench.class_map) > 1)
        menu.addAction(say("classes.menu_remove", "Remove"), lambda: self.remove(class_id))
        locks = self._desk.workbench.locks
        text = say("classes.menu_lock", "Lock")
        if class_id in locks.values:
            text = say("classes.menu_unlock", "Unlock")
        menu.addAction(text, lambda: self._switch_lock(class_id))
        menu.setEnabled(not self._desk.read_only)
        menu.popup(at)
        menu.aboutToHide.connect(menu.deleteLater)

    def _switch_lock(self, class_id: int) -> None:
        workbench = self._desk.workbench
        self._do(workbench.set_locks(workbench.locks.switched(class_id)))

    def _order(self, ids: tuple[int, ...]) -> None:
        if not self._refuse() and ids != self._desk.workbench.class_map.ids:
            # The list is in a drop event of its own: let it finish first.
            QTimer.singleShot(0, self, lambda: self._do(self._desk.workbench.order_classes(ids)))
        elif self._desk.read_only:
            QTimer.singleShot(0, self, self.show)

    def _do(self, change: Change) -> None:
        try:
            self._desk.publish(change, self)
        except S4Error as error:
            self._desk.notices.failed(error)

    def _refuse(self) -> bool:
        if self._desk.read_only:
            self._desk.notices.warn(say("classes.read_only", "This project is open read-only"))
        return self._desk.read_only

    def counts(self) -> dict[int, ClassCount]:
        """Labelled pixels per class and void: the open frames as they are now."""
        current, workbench = self._desk.current, self._desk.workbench
        if not self._is_counted:
            self._is_counted = True
            self._counts = ClassCounts(self._desk.project.all_counts())
        if current is not None:
            self._dirty.add(current)
        for frame in self._dirty:
            self._counts.put(frame, workbench.counts(frame))
        self._dirty.clear()
        return {
            value: self._counts.of(value, current) for value in (*workbench.class_map.ids, VOID)
        }

    def show_table(self) -> None:
        """Show the counts of all classes as a table."""
        from s4gui.gui.dialogs.class_counts import ClassCountsDialog  # noqa: PLC0415 - after the first image

        rows = self._panel.model.rows
        dialog = ClassCountsDialog(self._desk.window, rows, image=self._desk.current or "")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _show_counts(self) -> None:
        self._panel.show_counts(self.counts())

    def _changed(self, change: Change, _initiator: object) -> None:
        self._dirty |= set(change.labels)
        if change.frames or len(self._dirty) > _RECOUNT:
            self._is_counted = False
        if change.classes:
            self.show()
        elif change.tool:
            self._panel.show_value(self._desk.workbench.value)
            self._panel.show_locked(self._desk.workbench.locks.values)
        if change.labels or change.current_frame or change.frames:
            self._timer.start()
