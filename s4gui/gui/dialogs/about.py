"""About: version, licence, where settings and projects lie; and the help pages."""

from __future__ import annotations

import platform
from importlib import metadata
from pathlib import Path

from PySide6 import __version__ as qt_version
from PySide6.QtWidgets import QDialog, QHBoxLayout, QListWidget, QTextBrowser, QWidget

from s4gui.core.messages import say
from s4gui.gui.dialogs.parts import close_button, frame
from s4gui.gui.parts import dim
from s4gui.store import resources


def version() -> str:
    """The version of the installed program."""
    try:
        return metadata.version("s4gui")
    except metadata.PackageNotFoundError:
        return say("about.unknown", "unknown")


class AboutDialog(QDialog):
    """What this program is."""

    def __init__(self, parent: QWidget | None, settings_folder: Path) -> None:
        super().__init__(parent)
        layout = frame(self, say("about.title", "About s4gui"))
        title = dim(say("about.name", "s4gui {version}", version=version()))
        title.setObjectName("title")
        layout.addWidget(title)
        about = say(
            "about.what",
            "Paint a few strokes on street images, train in the background, correct, "
            "and export pixel-exact masks. MIT licence.",
        )
        layout.addWidget(dim(about))
        facts = say(
            "about.facts",
            "Python {python}, Qt for Python {qt}\nSettings: {settings}",
            python=platform.python_version(),
            qt=qt_version,
            settings=settings_folder,
        )
        layout.addWidget(dim(facts))
        close_button(self)
        self.setMinimumWidth(420)


def help_pages() -> dict[str, str]:
    """Title and Markdown of each page in resources/help, in file order."""
    pages: dict[str, str] = {}
    try:
        files = sorted(resources.find("help").glob("*.md"))
    except FileNotFoundError:
        return {}
    for path in files:
        text = path.read_text("utf-8")
        title = text.splitlines()[0].lstrip("# ").strip() if text.strip() else path.stem
        pages[title] = text
    return pages


class HelpDialog(QDialog):
    """The help pages, listed at the left."""

    def __init__(self, parent: QWidget | None) -> None:
        super().__init__(parent)
        layout = frame(self, say("help.title", "Help"))
        self._pages = help_pages()
        self.list = QListWidget()
        self.list.setFixedWidth(190)
        self.list.addItems(list(self._pages))
        self.text = QTextBrowser()
        self.text.setOpenExternalLinks(True)
        line = QHBoxLayout()
        line.addWidget(self.list)
        line.addWidget(self.text, 1)
        layout.addLayout(line, 1)
        close_button(self)
        self.list.currentTextChanged.connect(self._show)
        self.list.setCurrentRow(0)
        self.resize(760, 540)

    def _show(self, title: str) -> None:
        self.text.setMarkdown(self._pages.get(title, ""))
