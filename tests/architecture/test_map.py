"""The written architecture names what is there, and only that."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import s4gui

HOME = Path(s4gui.__file__).parent
MODULES = sorted(p for p in HOME.rglob("*.py") if "_resources" not in p.parts)


def test_the_map_has_one_row_per_package() -> None:
    text = (HOME / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| `s4gui\.(\w+)`", text, re.M))
    assert rows == {p.parent.name for p in HOME.glob("*/__init__.py")}


def test_every_term_of_the_glossary_is_a_name_in_the_code() -> None:
    text = (HOME / "GLOSSARY.md").read_text(encoding="utf-8")
    found = re.findall(r"`(s4gui[\w.]+):(\w+)`", text)
    assert len(found) > 25
    missing = [f"{m}:{n}" for m, n in found if not hasattr(importlib.import_module(m), n)]
    assert not missing


def test_every_public_class_of_the_core_stands_in_the_glossary() -> None:
    text = (HOME / "GLOSSARY.md").read_text(encoding="utf-8")
    missing = [
        f"{path.stem}:{node.name}"
        for path in sorted((HOME / "core").glob("*.py"))
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef)
        and not node.name.startswith("_")
        and not node.name.endswith("Error")
        and f":{node.name}`" not in text
    ]
    assert not missing


def test_no_module_outgrows_a_sitting() -> None:
    long = {
        str(p.relative_to(HOME)): n
        for p in MODULES
        if (n := len(p.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert not long, f"split these: {long}"


def test_the_main_window_stays_small() -> None:
    lines = (HOME / "gui" / "main_window.py").read_text(encoding="utf-8").splitlines()
    assert len(lines) < 300


def test_each_decision_of_the_house_has_its_record() -> None:
    numbers = {int(p.name[:4]) for p in (HOME / "decisions").glob("[0-9]*.md")}
    assert set(range(1, 17)) <= numbers


def test_no_module_has_a_name_that_says_nothing() -> None:
    vague = {"utils", "helpers", "manager", "base", "common", "misc"}
    assert not [p for p in MODULES if p.stem in vague]


def test_nothing_tracked_names_a_path_of_one_machine() -> None:
    wanted = re.compile(r"/(work|root|home/\w+|opt/wheels)/")
    files = [*MODULES, *HOME.rglob("*.md"), *(HOME.parent / "packaging").rglob("*.txt")]
    named = [str(p) for p in files if wanted.search(p.read_text(encoding="utf-8"))]
    assert not named
