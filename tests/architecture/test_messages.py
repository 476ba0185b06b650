"""Every sentence a user may see is marked with an id, so that it can be translated."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import s4gui
from s4gui.core import errors

HOME = Path(s4gui.__file__).parent
ID = re.compile(r"^[a-z0-9_]+(\.[a-z0-9_]+)+$")
ERRORS = {n for n, c in vars(errors).items() if isinstance(c, type) and issubclass(c, Exception)}
SHOWS = {
    "setText", "setToolTip", "setStatusTip", "setWindowTitle", "setPlaceholderText", "setTitle",
    "setWhatsThis", "setAccessibleName", "setAccessibleDescription", "showMessage", "addAction",
    "addMenu", "addTab", "setTabText", "setHeaderLabels", "setHorizontalHeaderLabels",
    "setInformativeText", "setLabelText", "setSuffix", "setPrefix", "addRow",
    "QLabel", "QPushButton", "QCheckBox", "QRadioButton", "QGroupBox", "QDockWidget", "QAction",
    "QToolButton", "QTreeWidgetItem",
}  # fmt: skip
WORDS = re.compile(r"[A-Za-z]{2,}")


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            yield name, node


def literal(node: ast.expr) -> str | None:
    """The text of a literal or f-string that a person would read; None if it has no words."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value if WORDS.search(node.value) else None
    if isinstance(node, ast.JoinedStr):
        parts = [p.value for p in node.values if isinstance(p, ast.Constant)]
        text = " ".join(str(p) for p in parts)
        return text if WORDS.search(text) else None
    return None


def test_the_window_shows_no_text_without_an_id() -> None:
    unmarked = [
        f"{path.relative_to(HOME)}:{call.lineno} {name}({text!r})"
        for path in sorted((HOME / "gui").rglob("*.py"))
        for name, call in calls(path)
        if name in SHOWS
        for argument in call.args
        if (text := literal(argument))
    ]
    assert not unmarked, "\n".join(unmarked)


def test_the_check_for_unmarked_text_can_fail(tmp_path: Path) -> None:
    path = tmp_path / "planted.py"
    path.write_text('label.setText("Hello there")\nlabel.setText(f"{n} left over")\n')
    found = [literal(a) for name, call in calls(path) if name in SHOWS for a in call.args]
    assert len([text for text in found if text]) == 2


def test_message_ids_are_well_formed_and_mean_one_sentence() -> None:
    texts: dict[str, set[str]] = defaultdict(set)
    for path in sorted(HOME.rglob("*.py")):
        for name, call in calls(path):
            if name not in ERRORS | {"say", "Message"} or len(call.args) < 2:
                continue
            first, second = call.args[0], call.args[1]
            if isinstance(first, ast.Constant) and isinstance(second, ast.Constant):
                assert ID.match(str(first.value)), f"{path.name}:{call.lineno} {first.value}"
                texts[str(first.value)].add(str(second.value))
    assert len(texts) > 50
    assert not {key: found for key, found in texts.items() if len(found) > 1}
