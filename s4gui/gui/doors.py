"""LastDoor: whatever no one caught, on any thread, is logged and shown, once per kind."""

from __future__ import annotations

import logging
import sys
import threading
import time
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Any

from PySide6.QtCore import (
    QCoreApplication,
    QMessageLogContext,
    QObject,
    Qt,
    QtMsgType,
    Signal,
    qInstallMessageHandler,
)

from s4gui.core.errors import S4Error
from s4gui.core.messages import say

log = logging.getLogger(__name__)
qt_log = logging.getLogger("qt")
AGAIN_S = 30.0
"""The same defect is shown again only after this long; it is always logged."""

_QT_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


class LastDoor(QObject):
    """Hands errors of every thread to the window's thread as (what, hint, details).

    Details are a traceback, empty for an error that a user can act on.
    """

    opened = Signal(str, str, str)
    _error = Signal(object)

    def __init__(
        self, *, clock: Callable[[], float] = time.monotonic, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._clock = clock
        self._shown: dict[str, float] = {}
        self._before: tuple[Any, Any, Any, Any] | None = None
        self._error.connect(self._open, Qt.ConnectionType.QueuedConnection)

    def install(self) -> None:
        """Catch what main thread, other threads, finalisers and Qt itself report."""
        if self._before is not None:
            return
        self._before = (
            sys.excepthook,
            threading.excepthook,
            sys.unraisablehook,
            qInstallMessageHandler(_log_qt),
        )
        sys.excepthook = self._from_main
        threading.excepthook = self._from_thread
        sys.unraisablehook = self._from_finaliser

    def uninstall(self) -> None:
        """Put back what was there before."""
        if self._before is not None:
            sys.excepthook, threading.excepthook, sys.unraisablehook, handler = self._before
            qInstallMessageHandler(handler)
            self._before = None

    def open(self, error: BaseException) -> None:
        """Show an error that somebody caught and does not know what to do with; any thread."""
        try:
            self._error.emit(error)
        except RuntimeError:  # the window is gone: nobody to show it to
            log.critical("unexpected error", exc_info=error)

    def _from_main(
        self,
        kind: type[BaseException],
        error: BaseException,
        trace: TracebackType | None,
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QCoreApplication.quit()  # Ctrl-C in the terminal closes the window as usual
            return
        self.open(error.with_traceback(trace))

    def _from_thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
            self.open(args.exc_value)

    def _from_finaliser(self, args: sys.UnraisableHookArgs) -> None:
        # Nobody's action failed, so nobody is disturbed; the log has it.
        log.error("error in a finaliser: %r", args.object, exc_info=args.exc_value)

    def _open(self, error: BaseException) -> None:
        if isinstance(error, S4Error):
            log.warning("%s (%s)", error, error.hint)
            self.opened.emit(str(error), error.hint, "")
            return
        log.error("unexpected error", exc_info=error)
        now, kind = self._clock(), _kind(error)
        if now - self._shown.get(kind, float("-inf")) < AGAIN_S:
            return
        self._shown[kind] = now
        details = "".join(traceback.format_exception(error))
        self.opened.emit(
            say("door.defect", "Something went wrong inside s4gui"),
            say("door.defect.hint", "What you painted is kept. You can go on working."),
            details,
        )


def _kind(error: BaseException) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1:]
    where = f"{last[0].filename}:{last[0].lineno}" if last else ""
    return f"{type(error).__qualname__}@{where}"


def _log_qt(kind: QtMsgType, context: QMessageLogContext, text: str | None) -> None:
    # Qt calls this from any thread, also while the interpreter ends.
    if text and "propagateSizeHints" in text:
        return  # said by the offscreen platform at each window; it means nothing to anybody
    level = _QT_LEVELS.get(kind, logging.WARNING)
    qt_log.log(level, "%s: %s", getattr(context, "category", None) or "qt", text or "")
