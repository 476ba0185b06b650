"""Starting the window: the QApplication, the composition root, and staying until it is closed."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from s4gui.gui import icons
from s4gui.gui.application import SETTINGS, Application
from s4gui.gui.opening import PROGRAM
from s4gui.store.settings import Settings, default_folder

_COLLECT_MS = 3000  # from then on Python looks for garbage; before, it would slow the start


def make_app(settings: Settings) -> QApplication:
    """The QApplication, dressed for this program."""
    scale = float(settings.get("ui_scale"))
    if scale != 1.0:
        import os  # noqa: PLC0415 - only where the user asked for another size

        os.environ.setdefault("QT_SCALE_FACTOR", f"{scale:g}")
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(
        Qt.HighDpiScaleFactorRoundingPolicy.PassThrough
    )
    app = QApplication([PROGRAM])
    app.setApplicationName(PROGRAM)
    app.setApplicationDisplayName(PROGRAM)
    app.setDesktopFileName(PROGRAM)
    app.setStyle("Fusion")
    app.setWindowIcon(icons.icon("app"))
    return app


def run(project: Path | None, *, settings_folder: Path | None = None, demo: bool = False) -> int:
    """Open the window and stay until it is closed; the exit code."""
    folder = settings_folder or default_folder()
    settings = Settings(folder, extra=SETTINGS)
    app = make_app(settings)
    root = Application(app, settings, folder)
    root.door.install()
    QTimer.singleShot(_COLLECT_MS, gc.enable)
    try:
        root.start(project, wants_demo=demo)
        code = app.exec()
    finally:
        root.door.uninstall()
        gc.enable()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    sys.stdout.flush()
    return code
