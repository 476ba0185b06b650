"""The probe's part inside the program: answers questions on the window's thread."""

from __future__ import annotations

import queue
import sys
from typing import Any

from PySide6.QtCore import QObject, QPoint, QRect, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QDialog,
    QTabWidget,
    QWidget,
)

from s4gui.gui.stalls import Control, StallWatcher
from tests.flows import facts


class Eyes(QObject):
    """Looks at widgets by object name and at the workbench; changes nothing but `quit`."""

    _asked = Signal(object, object)

    def __init__(self) -> None:
        super().__init__()
        app = QApplication.instance()
        assert app is not None
        self.moveToThread(app.thread())
        self._asked.connect(self._look, Qt.ConnectionType.QueuedConnection)

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        """Called on the probe's thread; waits for the window's thread."""
        box: queue.Queue[dict[str, Any]] = queue.Queue()
        self._asked.emit(question, box)
        try:
            return box.get(timeout=25)
        except queue.Empty:
            return {"error": "the window's thread does not answer"}

    def _look(self, question: dict[str, Any], box: queue.Queue[dict[str, Any]]) -> None:
        try:
            value = getattr(self, "_" + question.pop("what"))(**question)
            box.put({"value": value})
        except Exception as error:  # noqa: BLE001 - whatever it is, the driver must hear it
            box.put({"error": f"{type(error).__name__}: {error}"})

    def _rect(self, name: str) -> list[int]:
        widget = _named(name)
        corner = widget.mapToGlobal(QPoint(0, 0))
        return [corner.x(), corner.y(), widget.width(), widget.height()]

    def _gone(self, name: str) -> bool:
        try:
            _named(name)
        except LookupError:
            return True
        return False

    def _no_dialog(self) -> bool:
        return _dialog() is None

    def _menu_rect(self, verb: str) -> list[int]:
        """Where the entry of a verb lies in the menu that is open."""
        menu: Any = QApplication.activePopupWidget()
        action = _window().verbs.actions[verb]
        rect = menu.actionGeometry(action)
        if rect.isEmpty():
            raise LookupError(f"{verb} is not in the open menu")
        corner = menu.mapToGlobal(rect.topLeft())
        return [corner.x(), corner.y(), rect.width(), rect.height()]

    def _watch_stalls(self) -> bool:
        """Watch the window's thread from now on (until the process ends)."""
        self._watcher = StallWatcher(Control(), self)
        self._watcher.start()
        return True

    def _stalls(self) -> list[str]:
        """What the watcher saw: over 100 ms of the window's own code, with stacks."""
        return [str(each) for each in self._watcher.stalls]

    def _names(self) -> list[str]:
        return sorted(
            f"{type(w).__name__}:{w.objectName()}"
            for w in QApplication.allWidgets()
            if w.objectName() and w.isVisible()
        )

    def _text(self, name: str) -> str:
        widget = _named(name)
        return str(widget.text() if hasattr(widget, "text") else widget.windowTitle())

    def _row_rect(self, name: str, row: int) -> list[int]:
        view = _named(name)
        assert isinstance(view, QAbstractItemView)
        index = view.model().index(row, 0)
        view.scrollTo(index)
        rect: QRect = view.visualRect(index)
        corner = view.viewport().mapToGlobal(rect.topLeft())
        return [corner.x(), corner.y(), rect.width(), rect.height()]

    def _tab(self, name: str) -> int:
        widget = _named(name)
        assert isinstance(widget, QTabWidget)
        return widget.currentIndex()

    def _screen_of(self, name: str, points: list[list[float]]) -> list[list[float]]:
        """Screen positions of frame points (y, x) on a canvas."""
        canvas: Any = _named(name)
        out = []
        for y, x in points:
            device_y, device_x = canvas._picture.view.to_device((y, x))
            ratio = canvas.devicePixelRatioF()
            at = device_x / ratio, device_y / ratio
            corner = canvas.mapToGlobal(QPoint(0, 0))
            out.append([corner.x() + at[0], corner.y() + at[1]])
        return out

    def _fact(self, name: str, **values: Any) -> Any:
        """A fact of the session, by the names of `facts`."""
        return getattr(facts, name)(_window(), **values)

    def _modules(self) -> list[str]:
        return sorted({name.split(".")[0] for name in sys.modules})

    def _quit(self) -> bool:
        _window().close()
        return True


def _named(name: str) -> QWidget:
    """A visible widget: `button:TEXT`, `dialog.path.of.attributes`, or a path from the window."""
    if name.startswith("button:"):
        return _button(name.removeprefix("button:"))
    start, _, rest = name.partition(".")
    node: Any = _dialog() if start == "dialog" else getattr(_window(), start)
    for part in filter(None, rest.split(".")):
        node = getattr(node, part)
    assert isinstance(node, QWidget), name
    if not node.isVisible():
        raise LookupError(f"{name} is not visible")
    return node


def _button(text: str) -> QWidget:
    windows = [_dialog()] if _dialog() else QApplication.topLevelWidgets()
    for window in windows:
        for each in window.findChildren(QAbstractButton):
            if each.isVisible() and text in (each.text().replace("&", ""), each.toolTip()):
                return each
    raise LookupError(f"no visible button says {text!r}")


def _dialog() -> Any:
    found = [w for w in QApplication.topLevelWidgets() if isinstance(w, QDialog) and w.isVisible()]
    return found[-1] if found else None


def _window() -> Any:
    for each in QApplication.topLevelWidgets():
        if type(each).__name__ == "MainWindow" and each.isVisible():
            return each
    raise LookupError("the main window is not visible")
