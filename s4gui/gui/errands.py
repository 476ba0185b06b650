"""Errands: dialogs about the open project that are neither painting nor training."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QDialog

from s4gui.core.change import Change
from s4gui.core.frames import Split
from s4gui.core.messages import say
from s4gui.gui.dialogs.locate import LocateDialog
from s4gui.gui.dialogs.splits import SplitsDialog
from s4gui.gui.pace import Pace
from s4gui.gui.session import Session


class Errands(QObject):
    """Splits, locating moved images, looking for new ones."""

    _progressed = Signal(str)

    def __init__(self, session: Session) -> None:
        super().__init__(session.desk.owner)
        self._session = session
        self._desk = session.desk
        self._progressed.connect(self._show_progress, Qt.ConnectionType.QueuedConnection)

    def splits(self) -> None:
        """Ask how to split, and split."""
        selected = self._desk.window.label.frames.selected()
        many = selected if len(selected) > 1 else ()
        dialog = SplitsDialog(self._desk.window, self._desk.workbench.frames, many)
        if dialog.exec() == QDialog.DialogCode.Accepted:
            wanted = dialog.chosen()
            for split in Split:
                ids = [name for name, each in wanted.items() if each is split]
                if ids:
                    self._desk.workbench.set_split(ids, split)
            self._desk.publish(Change(frames=True), self)
            self._desk.notices.info(
                say("errands.split", "The split of {n} images changed", n=len(wanted))
            )
        dialog.deleteLater()

    def locate(self) -> None:
        """Ask where a root's images are now."""
        project = self._desk.project
        samples = {
            root: tuple(each.path for each in self._desk.usable if each.root == root)[:20]
            for root in project.roots
        }
        dialog = LocateDialog(self._desk.window, project.roots, samples)
        if dialog.exec() == QDialog.DialogCode.Accepted:
            root, folder = dialog.chosen()
            project.locate(root, folder)
            self._images_changed()
        dialog.deleteLater()

    def rescan(self) -> None:
        """Look for new, changed and gone images."""
        before = {each.id for each in self._desk.workbench.frames}
        project = self._desk.project
        self._desk.workbench.save_now()

        pace = Pace()

        def tell(done: int, total: int, what: str) -> bool:
            if pace.is_due():
                self._progressed.emit(f"{what} {done}/{total}")
            return True

        def done(_none: None) -> None:
            after = {each.id for each in self._desk.workbench.frames}
            self._desk.window.status.preview.setText("")
            self._images_changed()
            new, gone = len(after - before), len(before - after)
            self._desk.notices.info(
                say("errands.rescanned", "{new} new images, {gone} gone", new=new, gone=gone)
            )

        self._desk.jobs.run(
            "rescan", lambda: project.rescan(tell), done, self._desk.notices.failed, owner=self
        )

    def _show_progress(self, text: str) -> None:
        self._desk.window.status.preview.setText(text)

    def _images_changed(self) -> None:
        self._session.gallery.forget_images()
        self._desk.publish(Change(frames=True), self)
        self._session.gallery.open_first(self._desk.current or "")
