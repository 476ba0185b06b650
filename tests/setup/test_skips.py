"""A test that can run here is not skipped in silence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TESTS = """
import pytest

@pytest.mark.camvid
def test_marked_camvid():
    pytest.skip("anything")

@pytest.mark.xvfb
@pytest.mark.skipif(True, reason="anything")
def test_marked_xvfb():
    pass

def test_by_reason():
    pytest.skip("needs the CamVid images")

def test_allowed():
    pytest.skip("only on Windows")

@pytest.mark.xvfb
@pytest.mark.xfail(strict=True)
def test_expected_to_fail():
    assert False

def test_other():
    pass
"""
MODULE = 'import pytest\npytest.skip("no X server", allow_module_level=True)\n'
FORBIDDEN = "though they can run here"


def run(tmp_path: Path, text: str, *words: str, shared: bool = True) -> tuple[int, str]:
    """Exit code and output of pytest on one file, with or without material beside the checkout."""
    checkout = tmp_path / "checkout"
    plugin = checkout / "tests" / "setup"
    plugin.mkdir(parents=True)
    for folder in (plugin, plugin.parent):
        (folder / "__init__.py").touch()
    source = (ROOT / "tests" / "setup" / "skips.py").read_text(encoding="utf-8")
    (plugin / "skips.py").write_text(source, encoding="utf-8")
    (plugin.parent / "test_it.py").write_text(text, encoding="utf-8")
    (checkout / "pytest.ini").write_text("[pytest]\nmarkers = camvid\n  xvfb\n  slow\n")
    if shared:
        (tmp_path / "shared").mkdir()
    ours = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")}
    ended = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "tests.setup.skips",
            "-p",
            "no:cacheprovider",
            *words,
        ],
        cwd=checkout,
        env=ours | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    return ended.returncode, ended.stdout + ended.stderr


def test_what_can_run_here_is_not_skipped_in_silence(tmp_path: Path) -> None:
    code, text = run(tmp_path, TESTS)
    assert code == 1, text
    assert "1 passed, 4 skipped, 1 xfailed" in text
    named = text.split(FORBIDDEN)[1]
    for name in ("test_marked_camvid", "test_marked_xvfb", "test_by_reason"):
        assert named.count(name) == 1
    assert "test_allowed" not in named
    assert "test_expected_to_fail" not in named


def test_a_skip_in_another_process_is_seen_too(tmp_path: Path) -> None:
    code, text = run(tmp_path, TESTS, "-p", "xdist", "-n", "1")
    assert code == 1, text
    assert text.split(FORBIDDEN)[1].count("test_marked_camvid") == 1


def test_a_module_skipped_as_a_whole_is_seen_too(tmp_path: Path) -> None:
    code, text = run(tmp_path, MODULE)
    assert code != 0, text
    assert "no X server" in text.split(FORBIDDEN)[1]


def test_other_skips_leave_the_run_green(tmp_path: Path) -> None:
    code, text = run(tmp_path, TESTS, "-k", "allowed or other")
    assert code == 0, text
    assert FORBIDDEN not in text


def test_every_skip_is_allowed_where_the_material_is_not(tmp_path: Path) -> None:
    code, text = run(tmp_path, TESTS, shared=False)
    assert code == 0, text
