"""Export: masks of labels or predictions as PNG files, and checkpoints, each written whole."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from s4gui.core.camera import CameraMasks
from s4gui.core.classes import UNLABELLED, VOID, ClassMap
from s4gui.core.errors import FormatError
from s4gui.core.frames import Frame, FrameId
from s4gui.core.messages import say
from s4gui.core.tags import ImageTags
from s4gui.store import predictions
from s4gui.store.atomic import write_atomic
from s4gui.store.formats import colour_png, index_png
from s4gui.store.runs import RunFolder

Pixels = NDArray[np.uint8]
Progress = Callable[[int, int, str], bool]
"""done, total, what; answers False to cancel."""
MaskOf = Callable[[Frame], Pixels | None]
"""The mask of a frame, (H, W) uint8, or None."""


class Form(StrEnum):
    """Indexed (pixel value = class id, 254 void, 255 unlabelled), colour (RGB), or both."""

    INDEXED = "indexed"
    COLOUR = "colour"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export wrote; `missing` names the frames that had nothing to export."""

    files: tuple[Path, ...]
    missing: tuple[str, ...]
    cancelled: bool = False


def export_masks(
    frames: Iterable[Frame],
    mask_of: MaskOf,
    folder: Path,
    *,
    class_map: ClassMap,
    form: Form,
    progress: Progress | None = None,
    tags: Mapping[FrameId, ImageTags] | None = None,
    cameras: CameraMasks | None = None,
) -> Exported:
    """Write the mask of each frame below `folder`, and `classes.json` that explains the values.

    `mask_of` gives (H, W) uint8 in the orientation that the program shows (EXIF applied), or
    None. Files are `indexed/<path>.png` and `colour/<path>.png`, each whole or not there. With
    `tags` there is `tags.json`, too: what was said of each image and which classes are painted.
    What `cameras` hide is void, if given. OSError if the folder cannot be written.
    """
    listed = list(frames)
    names = file_names(listed)
    files: list[Path] = []
    missing: list[str] = []
    folder.mkdir(parents=True, exist_ok=True)
    write_atomic(folder / "classes.json", _explained(class_map))
    said: dict[str, dict[str, list[str]]] = {}
    for done, frame in enumerate(listed):
        what = say("export.progress", "Exporting masks")
        if progress and not progress(done, len(listed), what):
            return Exported(tuple(files), tuple(missing), cancelled=True)
        mask = mask_of(frame)
        if mask is not None and cameras is not None:
            mask = cameras.over(frame, mask)
        if tags is not None:
            said[names[frame.id]] = _said(tags.get(frame.id, ImageTags()), mask, class_map)
        if mask is None:
            missing.append(frame.id)
            continue
        files += _write_mask(folder, names[frame.id], mask, class_map=class_map, form=form)
    if any(any(each.values()) for each in said.values()):
        data = json.dumps(said, indent=1, ensure_ascii=False) + "\n"
        write_atomic(folder / "tags.json", data.encode(errors="surrogateescape"))
    if progress:
        progress(len(listed), len(listed), say("export.progress", "Exporting masks"))
    return Exported(tuple(files), tuple(missing))


def prediction_reader(run: RunFolder) -> MaskOf:
    """A `mask_of` that gives the newest prediction of a run, (H, W) uint8 of class ids."""
    newest: dict[str, Path] = {}
    for path in sorted(run.predictions.glob(f"*{predictions.SUFFIX}")):
        newest[path.name.rsplit(".step-", 1)[0]] = path

    def mask_of(frame: Frame) -> Pixels | None:
        stem = run.prediction(frame.id, 0).name.rsplit(".step-", 1)[0]
        path = newest.get(stem)
        return predictions.read(path).classes if path else None

    return mask_of


def export_checkpoint(run: RunFolder, folder: Path) -> Path:
    """Copy the run's last checkpoint, without its training state, to a new folder; its path.

    The copy describes itself: `s4gui predict` needs nothing else. FormatError if the run has no
    checkpoint or the folder holds something already.
    """
    source = run.last_checkpoint()
    if source is None:
        raise FormatError(
            "export.no_checkpoint",
            "Run {run} has no checkpoint yet",
            hint="Let it train until its first checkpoint, or save one now",
            run=run.number,
        )
    target = folder / f"run-{run.number:04d}-{source.name}"
    if target.exists():
        raise FormatError(
            "export.exists",
            "{folder} is there already",
            hint="Choose another folder, or remove it",
            folder=target,
        )
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f".{target.name}.tmp"
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(source, partial, ignore=shutil.ignore_patterns("training.*"))
    partial.replace(target)
    return target


def file_names(frames: list[Frame]) -> dict[str, str]:
    """Relative file name (without suffix) for each frame id; never the same one twice.

    The root's name is left out when there is one root, the image's suffix when nothing else
    has the same stem.
    """
    one_root = len({frame.root for frame in frames}) <= 1
    full = {f.id: f.path if one_root else f.id for f in frames}
    stems = {key: str(PurePosixPath(path).with_suffix("")) for key, path in full.items()}
    seen: dict[str, int] = {}
    for stem in stems.values():
        seen[stem.casefold()] = seen.get(stem.casefold(), 0) + 1
    return {
        key: stem if seen[stem.casefold()] == 1 else full[key].replace(".", "_")
        for key, stem in stems.items()
    }


def _said(tags: ImageTags, mask: Pixels | None, class_map: ClassMap) -> dict[str, list[str]]:
    """Names of classes that are painted, said to be present, and said to be absent."""
    painted = set() if mask is None else set(np.unique(mask).tolist())
    groups = {
        "painted": painted,
        "present": tags.present - painted,
        "absent": tags.absent - painted,
    }
    return {
        name: [each.name for each in class_map.classes if each.id in ids]
        for name, ids in groups.items()
    }


def _write_mask(
    folder: Path, name: str, mask: Pixels, *, class_map: ClassMap, form: Form
) -> list[Path]:
    written = []
    for kind, encode in ((Form.INDEXED, index_png.encode), (Form.COLOUR, colour_png.encode)):
        if form not in {kind, Form.BOTH}:
            continue
        path = folder / kind.value / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, encode(mask, class_map), durable=False)
        written.append(path)
    return written


def _explained(class_map: ClassMap) -> bytes:
    raw = {
        "classes": [{"id": c.id, "name": c.name, "rgb": c.rgb} for c in class_map.classes],
        "void": VOID,
        "unlabelled": UNLABELLED,
        "orientation": "as shown: the EXIF orientation of the image is applied",
    }
    return (json.dumps(raw, indent=1, ensure_ascii=False) + "\n").encode()
