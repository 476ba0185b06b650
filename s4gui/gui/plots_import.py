"""The import of pyqtgraph, one of its statements a turn of the window's own thread.

The package takes 0.3 s (0.9 s beside a run), which the window must not wait for. It cannot be
imported on another thread: it makes Qt's lazy classes as it goes, and PySide ended the process
with a segmentation fault when the window's thread made some at the same time.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import sys
from collections.abc import Iterator
from types import ModuleType

from PySide6.QtWidgets import QWidget

PACKAGE = "pyqtgraph"
PLOTS = "s4gui.gui.panels.plots"
_QT = ("QtCore", "QtGui", "QtWidgets", "QtSvg", "QtOpenGLWidgets")
"""pyqtgraph copies every name of the first three; a name is made when it is first looked at."""
_NAMES = 40
_under_way: list[Iterator[None]] = []


def one_more() -> ModuleType | None:
    """Do the next piece, a few ms; the plots' module once it is all there.

    ImportError as the packages raise it; the next call then begins anew.
    """
    if PLOTS in sys.modules:
        return sys.modules[PLOTS]
    if not _under_way:
        _under_way.append(_pieces())
    try:
        next(_under_way[0])
    except StopIteration:
        _under_way.clear()
        return importlib.import_module(PLOTS)
    except BaseException:
        _under_way.clear()
        raise
    return None


def panel_in_pieces() -> Iterator[QWidget | None]:
    """The panel of the curves, imported and made a piece a turn: None until it is whole."""
    while (module := one_more()) is None:
        yield None
    yield from module.in_pieces()


def _pieces() -> Iterator[None]:
    """Qt's names, then the package: its modules are found by their import statements."""
    for module in _QT:
        yield from _names_of(f"PySide6.{module}")
    yield from statements(PACKAGE)


def _names_of(module: str) -> Iterator[None]:
    try:
        found = importlib.import_module(module)
    except ImportError:  # pyqtgraph does without these, too
        return
    yield
    for place, name in enumerate(dir(found), start=1):
        getattr(found, name, None)
        if place % _NAMES == 0:
            yield


def statements(package: str) -> Iterator[None]:
    """Import a package by doing the statements of its __init__ one by one.

    If one fails the package is not left half imported. A package whose source is not there, or
    that is imported already, is imported as usual.
    """
    spec = importlib.util.find_spec(package) if package not in sys.modules else None
    source = getattr(spec.loader, "get_source", lambda _name: None)(package) if spec else None
    if spec is None or source is None:
        importlib.import_module(package)
        return
    module = importlib.util.module_from_spec(spec)
    tree = ast.parse(source)
    sys.modules[package] = module
    try:
        for each in tree.body:
            code = compile(ast.Module([each], []), spec.origin or package, "exec")
            exec(code, module.__dict__)  # the package's own statements
            yield
    except BaseException:
        sys.modules.pop(package, None)  # at the end of the program it is gone already
        raise
