"""Parts of the dialogs: a folder field, a row of buttons, a progress line with cancel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from s4gui.core.messages import say
from s4gui.gui.parts import Elided, dim
from s4gui.workbench.key_presets import PRESETS


class FolderField(QWidget):
    """A line for a folder with a button to choose it; takes a dropped folder too."""

    changed = Signal(str)

    def __init__(self, title: str, *, start: Path | None = None) -> None:
        super().__init__()
        self._title = title
        self.edit = QLineEdit(str(start) if start else "")
        self.edit.setAccessibleName(title)
        self.edit.setMinimumWidth(320)
        choose = QPushButton(say("dialog.choose", "Choose…"))
        choose.setAutoDefault(False)
        choose.clicked.connect(lambda _checked: self._choose())
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.edit, 1)
        layout.addWidget(choose)
        self.setAcceptDrops(True)
        self.edit.setAcceptDrops(False)
        self.edit.textChanged.connect(self.changed)

    @property
    def folder(self) -> Path | None:
        """The folder, or None while the line is empty."""
        text = self.edit.text().strip()
        return Path(text).expanduser() if text else None

    def show_folder(self, folder: Path) -> None:
        """Put this folder into the line."""
        self.edit.setText(str(folder))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """A file or folder may be dropped."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Take the first folder that was dropped."""
        for url in event.mimeData().urls():
            path = Path(url.toLocalFile())
            self.edit.setText(str(path if path.is_dir() else path.parent))
            event.acceptProposedAction()
            return

    def _choose(self) -> None:
        start = str(self.folder or Path.home())
        found = QFileDialog.getExistingDirectory(self, self._title, start)
        if found:
            self.edit.setText(found)


class Working(QWidget):
    """A progress bar with a word and a cancel button; hidden until it begins."""

    def __init__(self) -> None:
        super().__init__()
        self._what = Elided()
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._cancelled = False
        self._cancel = QPushButton(say("dialog.cancel_work", "Cancel"))
        self._cancel.setAutoDefault(False)
        self._cancel.clicked.connect(lambda _checked: self.cancel())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self._what)
        line = QHBoxLayout()
        line.addWidget(self._bar, 1)
        line.addWidget(self._cancel)
        layout.addLayout(line)
        self.hide()

    def begin(self, what: str) -> None:
        """Show an empty bar."""
        self._cancelled = False
        self._cancel.setEnabled(True)
        self._what.show_text(what)
        self._bar.setRange(0, 0)
        self.show()

    def show_progress(self, done: int, total: int, what: str) -> None:
        """Show how far it is."""
        self._bar.setRange(0, max(1, total))
        self._bar.setValue(done)
        self._what.show_text(
            say("dialog.working", "{what} ({n}/{of})", what=what, n=done, of=total)
        )

    @property
    def cancelled(self) -> bool:
        """Whether the user asked to stop; read by the thread that works."""
        return self._cancelled

    def cancel(self) -> None:
        """Ask the work to stop."""
        self._cancelled = True
        self._cancel.setEnabled(False)


def form(*rows: tuple[str, QWidget]) -> QFormLayout:
    """A form layout of (label, field) rows."""
    layout = QFormLayout()
    layout.setHorizontalSpacing(12)
    layout.setVerticalSpacing(8)
    layout.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    layout.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    for label, field in rows:
        layout.addRow(label, field)
    return layout


def frame(dialog: QDialog, title: str, about: str = "") -> QVBoxLayout:
    """The usual outside of a dialog: title, margins, one sentence."""
    dialog.setWindowTitle(title)
    layout = QVBoxLayout(dialog)
    layout.setContentsMargins(20, 18, 20, 16)
    layout.setSpacing(12)
    if about:
        layout.addWidget(dim(about))
    return layout


def buttons(dialog: QDialog, ok: str, accepted: Callable[[], None] | None = None) -> QPushButton:
    """Add OK (with its own verb) and Cancel to the bottom; the OK button."""
    box = QDialogButtonBox()
    yes = box.addButton(ok, QDialogButtonBox.ButtonRole.AcceptRole)
    cancel = box.addButton(say("dialog.cancel", "Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
    yes.setDefault(True)
    cancel.setAutoDefault(False)
    box.accepted.connect(accepted or dialog.accept)
    box.rejected.connect(dialog.reject)
    layout = dialog.layout()
    if layout is not None:
        layout.addWidget(box)
    return yes


def close_button(dialog: QDialog) -> QPushButton:
    """Add Close to the bottom."""
    box = QDialogButtonBox()
    close = box.addButton(say("dialog.close", "Close"), QDialogButtonBox.ButtonRole.AcceptRole)
    close.setDefault(True)
    box.accepted.connect(dialog.accept)
    layout = dialog.layout()
    if layout is not None:
        layout.addWidget(box)
    return close


def preset_box(chosen: str) -> QComboBox:
    """A choice of all presets, by id."""
    box = QComboBox()
    for each in PRESETS:
        box.addItem(each.name.text, each.id)
    box.setCurrentIndex(max(0, box.findData(chosen)))
    return box
