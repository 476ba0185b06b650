"""The wheel an ordinary user installs holds the program and its resources, and no tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), cwd=ROOT)
    (path,) = folder.glob("s4gui-*.whl")
    return path


def run(*words: str, cwd: Path, **environ: str) -> str:
    ended = subprocess.run(
        words,
        cwd=cwd,
        env=os.environ | environ,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def tracked(folder: str) -> set[str]:
    """What git keeps of a folder, relative to it; every file of it where there is no git."""
    if (ROOT / ".git").exists() and shutil.which("git"):
        names = run("git", "ls-files", "-z", folder, cwd=ROOT).split("\0")
        found = [ROOT / name for name in names if name and (ROOT / name).is_file()]
    else:
        found = [
            each for each in (ROOT / folder).rglob("*") if each.is_file() and each.suffix != ".pyc"
        ]
    return {each.relative_to(ROOT / folder).as_posix() for each in found}


def test_the_wheel_holds_the_program_the_resources_and_the_licence(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"s4gui/{name}" for name in tracked("s4gui")} <= names
    assert {f"s4gui/_resources/{name}" for name in tracked("resources")} <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_wheel_holds_nothing_else(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    version = wheel.name.split("-")[1]
    assert tops == {"s4gui", f"s4gui-{version}.dist-info"}


def test_an_installed_wheel_starts_and_finds_its_resources(wheel: Path, tmp_path: Path) -> None:
    home = tmp_path / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", str(home), cwd=tmp_path)
    python = str(home / "bin" / "python")
    words = "install", "--quiet", "--no-deps", "--no-index", str(wheel)
    run(sys.executable, "-m", "pip", "--python", python, *words, cwd=tmp_path)
    own = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))",
                   cwd=tmp_path).strip())  # fmt: skip
    # Its dependencies are borrowed; a plain line in a .pth does not bring in the editable s4gui.
    (own / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    code = (
        "import s4gui, pathlib; from s4gui.store import resources;"
        "print(pathlib.Path(s4gui.__file__).parent); print(resources.folder())"
    )
    package, folder = run(python, "-c", code, cwd=tmp_path).split()
    assert Path(package) == own / "s4gui"
    assert Path(folder) == own / "s4gui" / "_resources"
    assert run(str(home / "bin" / "s4gui"), "--version", cwd=tmp_path).startswith("s4gui ")
