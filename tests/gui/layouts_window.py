"""A window that prints what its keys ask for; a test presses them on a screen of its own."""

from __future__ import annotations

import sys

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from s4gui.core.classes import ClassMap, LabelClass
from s4gui.gui.main_window import MainWindow
from s4gui.workbench.actions import Situation


def say(text: str) -> None:
    """A line for the test."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    app = QApplication([])
    window = MainWindow()
    window.verb_asked.connect(say)
    window.class_key_asked.connect(lambda place: say(f"class {place + 1}"))
    window.verbs.show_situation(
        Situation(project=True, writable=True, frame=True, classes=25, can_undo=True)
    )
    classes = ClassMap(tuple(LabelClass(n, f"class {n}", (n, 0, 0)) for n in range(25)))
    window.label.classes.show_classes(classes, {}, value=0)
    window.show()
    window.activateWindow()
    window.label.canvas.setFocus()
    QTimer.singleShot(400, lambda: say("ready"))
    app.exec()
