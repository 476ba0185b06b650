"""pyqtgraph comes in piece by piece on the window's own thread, and is then all there."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from s4gui.gui import plots_import

IN_PIECES = """
    import sys, threading
    import numpy
    from PySide6.QtWidgets import QApplication
    app = QApplication(["a", "-platform", "offscreen"])
    from s4gui.gui import plots_import
    assert "pyqtgraph" not in sys.modules
    turns = 0
    while (module := plots_import.one_more()) is None:
        turns += 1
    assert plots_import.one_more() is module
    assert threading.active_count() == 1
    module.PlotsPanel().grab()
    import pyqtgraph
    print(turns, *sorted(name for name in vars(pyqtgraph) if not name.startswith("__")))
"""
AT_ONCE = """
    from PySide6.QtWidgets import QApplication
    app = QApplication(["a", "-platform", "offscreen"])
    import pyqtgraph
    import pyqtgraph.Qt
    from s4gui.gui.panels import plots
    print(0, *sorted(name for name in vars(pyqtgraph) if not name.startswith("__")))
"""


def said(code: str) -> list[str]:
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.split()


def test_the_package_is_the_same_as_when_it_is_imported_at_once() -> None:
    turns, *names = said(IN_PIECES)
    assert int(turns) > 60
    assert names == said(AT_ONCE)[1:]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    folder = tmp_path / "in_pieces_of_its_own"
    folder.mkdir()
    (folder / "part.py").write_text("VALUE = 3\n")
    (folder / "__init__.py").write_text("FIRST = 1\nfrom .part import VALUE\nTHIRD = 1 / FIRST\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder.name
    for name in (folder.name, f"{folder.name}.part"):
        sys.modules.pop(name, None)


def test_each_turn_does_one_statement(package: str) -> None:
    turns = plots_import.statements(package)
    next(turns)
    assert vars(sys.modules[package])["FIRST"] == 1
    assert "VALUE" not in vars(sys.modules[package])
    assert len(list(turns)) == 2
    assert vars(sys.modules[package])["VALUE"] == 3


def test_a_statement_that_fails_leaves_no_half_package(package: str, tmp_path: Path) -> None:
    (tmp_path / package / "__init__.py").write_text("FIRST = 0\nTHIRD = 1 / FIRST\n")
    with pytest.raises(ZeroDivisionError):
        list(plots_import.statements(package))
    assert package not in sys.modules


def test_a_package_that_is_imported_already_stays_as_it_is(package: str) -> None:
    whole = __import__(package)
    whole.FIRST = "ours"
    assert list(plots_import.statements(package)) == []
    assert sys.modules[package].FIRST == "ours"


def test_a_package_that_is_not_installed_says_so() -> None:
    with pytest.raises(ModuleNotFoundError, match="no_such_package_here"):
        list(plots_import.statements("no_such_package_here"))
