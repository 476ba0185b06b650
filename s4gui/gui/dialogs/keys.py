"""The key sheet: all keys and what the mouse does on one page, made from the map in use."""

from __future__ import annotations

from html import escape
from pathlib import Path

from PySide6.QtWidgets import QDialog, QFileDialog, QLineEdit, QTextBrowser, QWidget

from s4gui.core.messages import say
from s4gui.gui import key_sheet, theme
from s4gui.gui.dialogs.parts import close_button, frame
from s4gui.gui.parts import button, dim, row
from s4gui.store.atomic import write_atomic
from s4gui.workbench.keymap import KeyMap

_PRINT = """<style>
@page { size: A4 landscape; margin: 12mm } body { font: 10pt sans-serif; margin: 16px }
p { margin-top: 12px; page-break-after: avoid } tr { page-break-inside: avoid }
span { border-radius: 3px; print-color-adjust: exact; -webkit-print-color-adjust: exact }
</style>"""


class KeysDialog(QDialog):
    """Shows the sheet; typing leaves the rows that have what is typed."""

    def __init__(self, parent: QWidget | None, keymap: KeyMap, *, wheel_zooms: bool = True) -> None:
        super().__init__(parent)
        self._groups = key_sheet.groups(keymap, wheel_zooms=wheel_zooms)
        self._program = keymap.preset.name.text
        layout = frame(self, say("keys.title", "All keys"))
        self.search = QLineEdit()
        self.search.setPlaceholderText(say("keys.search", "Search keys and what they do"))
        self.search.setClearButtonEnabled(True)
        head = row(self.search)
        head.addWidget(button(say("keys.save", "Save as a page…"), self._ask_file))
        layout.addLayout(head)
        self.sheet = QTextBrowser()
        self.sheet.setOpenLinks(False)
        self.sheet.setPlaceholderText(say("keys.nothing", "No key has this"))
        layout.addWidget(self.sheet, 1)
        self._said = dim()
        self._said.hide()
        layout.addWidget(self._said)
        close_button(self)
        self.search.textChanged.connect(self._show)
        self.resize(1100, 700)
        if parent is not None:
            self.resize(min(1100, parent.width() - 40), min(700, parent.height() - 60))
        self._show("")

    def save(self, path: Path) -> None:
        """Write the whole sheet as a page for a browser or a printer, dark on white."""
        html = key_sheet.page(self._groups, theme.LIGHT, title=self._title)
        head = f'<meta charset="utf-8"><title>{escape(self._title)}</title>{_PRINT}'
        write_atomic(path, f"<!doctype html><html><head>{head}</head>{html}</html>".encode())

    @property
    def _title(self) -> str:
        return say("keys.page_title", "s4gui: keys as in {program}", program=self._program)

    def _show(self, text: str) -> None:
        found = key_sheet.fitting(self._groups, text)
        self.sheet.setHtml(key_sheet.page(found, theme.worn().roles) if found else "")

    def _ask_file(self) -> None:
        start = str(Path.home() / "s4gui-keys.html")
        title = say("keys.save_title", "Save the keys")
        chosen, _ = QFileDialog.getSaveFileName(self, title, start, "HTML (*.html)")
        if chosen:
            try:
                self.save(Path(chosen))
            except OSError as error:
                self._said.show()
                self._said.setText(say("keys.not_saved", "Not saved: {why}", why=str(error)))
