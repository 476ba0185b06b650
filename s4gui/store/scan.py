"""Scanning a folder for images: what is a frame, what is a mask, what is broken and why."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from s4gui.core.errors import ImageError, ProjectError
from s4gui.core.frames import Split, natural_key
from s4gui.store import images, names, project_file
from s4gui.store.label_files import FOLDER as LABELS

Progress = Callable[[int, int, str], bool]
"""Called with done, total (0: not known yet) and what; False means cancel."""

_SPLITS = {
    "train": Split.TRAIN,
    "training": Split.TRAIN,
    "val": Split.VAL,
    "valid": Split.VAL,
    "validation": Split.VAL,
    "test": Split.TEST,
    "testing": Split.TEST,
}
_MASK_FOLDER = re.compile(
    r"(^|[_\- .])(gt\w*|annot\w*|labels?|labelled|masks?|segmentation\w*|ground_?truth|scribbles?)$"
    r"|annot$|annotations?$|gtfine$|gtcoarse$",
    re.IGNORECASE,
)
_MASK_FILE = re.compile(
    r"_(gtFine|gtCoarse)_\w+$|_(labelIds|labelTrainIds|instanceIds|instanceTrainIds)$"
)
_OWN = frozenset({LABELS, "runs", "exports"})
_SAMPLED = 8
_MAX_VALUES = 64


@dataclass(frozen=True, slots=True)
class Found:
    """One image file: clean path relative to its root, what its header says, how it looks."""

    path: str
    height: int
    width: int
    problem: str
    bytes: int
    mtime_ns: int

    @property
    def split(self) -> Split:
        """By the names of its folders, the innermost that says anything; train else."""
        for part in reversed(self.path.split("/")[:-1]):
            if part.casefold() in _SPLITS:
                return _SPLITS[part.casefold()]
        return Split.TRAIN


@dataclass(frozen=True, slots=True)
class Scan:
    """Images in natural order, and the folders left out because they hold masks."""

    images: tuple[Found, ...]
    mask_folders: tuple[Path, ...]


def scan(
    root: Path, *, known: dict[str, Found] | None = None, progress: Progress | None = None
) -> Scan:
    """Every image below a folder, hidden ones and the project's own folders left out.

    A folder is taken for masks, not images, if its name (or that of a folder above it) says
    so (`trainannot`, `labels`, `gtFine`, …) *and* the first files in it are single-channel
    with few values; so is a file named like a Cityscapes mask. `known` files of the same size
    and time are not opened again. ProjectError if `progress` cancels or the root is not there.
    """
    if not root.is_dir():
        raise ProjectError(
            "scan.no_folder",
            "There is no folder {folder}",
            hint="Choose the folder that holds the images",
            folder=root,
        )
    files: list[tuple[str, Path]] = []
    masks: list[Path] = []
    for folder, found in _folders(root):
        _go_on(progress, 0, 0, str(folder))
        if found and _holds_masks(root, folder, found):
            masks.append(folder)
            continue
        for each in found:
            if not _MASK_FILE.search(each.stem):
                files.append((names.clean(each.relative_to(root).as_posix()), each))
    files.sort(key=lambda pair: _order(pair[0]))
    out: list[Found] = []
    for number, (path, file) in enumerate(files):
        _go_on(progress, number, len(files), path)
        out.append(_look(path, file, (known or {}).get(path)))
    _go_on(progress, len(files), len(files), "")
    return Scan(tuple(out), tuple(masks))


def _folders(root: Path) -> Iterator[tuple[Path, list[Path]]]:
    """Folders with their image files, in natural order; links are followed once."""
    seen: set[tuple[int, int]] = set()
    for where, folders, files in os.walk(root, followlinks=True):
        here = Path(where)
        try:
            facts = here.stat()
        except OSError:
            folders.clear()
            continue
        key = facts.st_dev, facts.st_ino
        if facts.st_ino and key in seen:
            folders.clear()
            continue
        seen.add(key)
        own = _OWN if project_file.NAME in files else frozenset()
        folders[:] = [f for f in folders if not f.startswith(".") and f not in own]
        folders.sort(key=natural_key)
        yield here, [here / f for f in sorted(files, key=natural_key) if _is_image(f)]


def _is_image(name: str) -> bool:
    return not name.startswith(".") and Path(name).suffix.casefold() in images.SUFFIXES


def _holds_masks(root: Path, folder: Path, files: list[Path]) -> bool:
    if not any(_MASK_FOLDER.search(part) for part in folder.relative_to(root).parts):
        return False
    step = max(1, len(files) // _SAMPLED)
    sample = [each for each in files[::step] if not _MASK_FILE.search(each.stem)][:_SAMPLED]
    return not sample or all(_looks_like_a_mask(each) for each in sample)


def _looks_like_a_mask(path: Path) -> bool:
    try:
        if images.read_facts(path).mode not in {"P", "L", "1"}:
            return False
        with Image.open(path) as image:
            return len(np.unique(np.asarray(image))) <= _MAX_VALUES
    except (ImageError, OSError, SyntaxError, ValueError):
        return False


def _look(path: str, file: Path, known: Found | None) -> Found:
    try:
        facts = file.stat()
    except OSError as error:
        return Found(path, 0, 0, error.strerror or str(error), 0, 0)
    stamp = facts.st_size, facts.st_mtime_ns
    if known is not None and (known.bytes, known.mtime_ns) == stamp and not known.problem:
        return known
    try:
        header = images.read_facts(file)
    except ImageError as error:
        return Found(path, 0, 0, str(error), *stamp)
    return Found(path, header.height, header.width, "", *stamp)


def _order(path: str) -> tuple[tuple[tuple[int, int | str], ...], str]:
    return natural_key(path), path


def _go_on(progress: Progress | None, done: int, total: int, what: str) -> None:
    if progress is not None and not progress(done, total, what):
        raise ProjectError("scan.cancelled", "Cancelled; nothing was changed")
