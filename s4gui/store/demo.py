"""The demo project: shipped read-only in the resources, opened as a copy that may be changed."""

from __future__ import annotations

import shutil
from pathlib import Path

from s4gui.core.errors import ProjectError
from s4gui.store import resources

FOLDER = "S4GUI demo"


def open_copy(parent: Path, *, fresh: bool = False) -> Path:
    """The folder of a copy of the demo project below `parent`, made if it is not there yet.

    A copy that is there is left as it is (somebody painted on it) unless `fresh` asks for a new
    one beside it. ProjectError if the copy cannot be written.
    """
    target = parent / FOLDER
    number = 1
    while fresh and target.exists():
        number += 1
        target = parent / f"{FOLDER} {number}"
    if (target / "project.s4gui").exists():
        return target
    partial = parent / f".{target.name}.tmp"
    try:
        parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(resources.find("demo"), partial)
        _make_writable(partial)
        partial.replace(target)
    except OSError as error:
        raise ProjectError(
            "demo.no_copy",
            "The demo project cannot be copied to {folder}: {reason}",
            hint="Choose a folder that you may write to, or free some space",
            folder=parent,
            reason=error.strerror or str(error),
        ) from error
    return target


def _make_writable(folder: Path) -> None:
    """Resources may be installed read-only; a copy that keeps that could not be painted on."""
    for each in [folder, *folder.rglob("*")]:
        each.chmod(0o755 if each.is_dir() else 0o644)
