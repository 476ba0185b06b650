"""Snapshot: the exact labels a run learns from, with what is held out, by hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s4gui.core.camera import HiddenPlane
from s4gui.core.classes import UNLABELLED, VOID, ClassMap, LabelClass
from s4gui.core.errors import ProjectError
from s4gui.core.frames import Frame, Split
from s4gui.core.scores import rests_on
from s4gui.core.tags import ImageTags
from s4gui.store import masks
from s4gui.store.atomic import sync_folder, write_atomic

Pixels = NDArray[np.uint8]
_VERSION = 1


@dataclass(frozen=True, slots=True)
class SnapshotFrame:
    """One frame for a run and its two masks, (H, W) uint8 of class ids, VOID, UNLABELLED.

    `train` may teach; `val` may only score. No pixel is in both. None: nothing labelled.
    `kinds` (H, W) uint8 are numbers of source kinds of the pixels of `train`; None: all painted.
    `tags` is what a person says of the whole image; it may teach. What is `hidden` (the camera's
    own car or border) neither teaches nor scores, labelled or not.
    """

    frame: Frame
    train: Pixels | None = None
    val: Pixels | None = None
    kinds: Pixels | None = None
    tags: ImageTags = field(default_factory=ImageTags)
    hidden: HiddenPlane | None = None


@dataclass(frozen=True, slots=True)
class _Entry:
    frame: Frame
    train: str  # file name, empty if there is none
    val: str
    kinds: str  # empty: all painted
    tags: ImageTags
    val_px: int | None  # labelled pixels of val; None: a snapshot from before they were noted
    hidden: str  # empty: nothing is


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot folder, read lazily: masks are decoded when asked for.

    `frames` are all usable frames of the project in order; those without a train mask and not
    in val or test are unlabelled data. `roots` maps root names to folders.
    """

    folder: Path
    hash: str
    class_map: ClassMap
    roots: dict[str, Path]
    _entries: dict[str, _Entry]

    @property
    def frames(self) -> tuple[Frame, ...]:
        """All frames, in the project's order."""
        return tuple(entry.frame for entry in self._entries.values())

    @property
    def labelled(self) -> tuple[Frame, ...]:
        """Frames with a train mask."""
        return tuple(entry.frame for entry in self._entries.values() if entry.train)

    @property
    def unlabelled(self) -> tuple[Frame, ...]:
        """Train frames without a train mask: unlabelled data."""
        return tuple(
            entry.frame
            for entry in self._entries.values()
            if not entry.train and entry.frame.split is Split.TRAIN
        )

    @property
    def validating(self) -> tuple[Frame, ...]:
        """Frames with a val mask, those of the val split if any of them has one."""
        found = [entry.frame for entry in self._entries.values() if entry.val]
        images = [frame for frame in found if frame.split is Split.VAL]
        return tuple(images or found)

    @property
    def val_on(self) -> str:
        """What scores rest on: `images`, `strokes` or `nothing`.

        What is held out of images that teach is strokes whatever it covers; val images are
        strokes too if most of what they show has no label.
        """
        frames = self.validating
        if not frames:
            return "nothing"
        if frames[0].split is not Split.VAL:
            return "strokes"
        labelled = sum(self._val_px(frame.id) for frame in frames)
        return rests_on(labelled, sum(frame.height * frame.width for frame in frames))

    def image_path(self, frame: Frame) -> Path:
        """Where the frame's image lies."""
        return self.roots[frame.root] / frame.path

    def train_labels(self, frame_id: str) -> Pixels | None:
        """What may teach on a frame, (H, W) uint8; None if nothing."""
        return self._labels(self._entries[frame_id].train)

    def val_labels(self, frame_id: str) -> Pixels | None:
        """What may score on a frame, (H, W) uint8; None if nothing."""
        return self._labels(self._entries[frame_id].val)

    def train_kinds(self, frame_id: str) -> Pixels | None:
        """Numbers of the source kinds of what may teach, (H, W) uint8; None: all painted."""
        return self._labels(self._entries[frame_id].kinds)

    def hidden(self, frame_id: str) -> HiddenPlane | None:
        """What of a frame neither teaches nor scores; None: nothing."""
        name = self._entries[frame_id].hidden
        return _hidden(self.folder / name) if name else None

    def tags(self, frame_id: str) -> ImageTags:
        """What a person says is in a frame and what not."""
        return self._entries[frame_id].tags

    def _val_px(self, frame_id: str) -> int:
        """How many pixels of a frame have a label that may score."""
        entry = self._entries[frame_id]
        if entry.val_px is not None:
            return entry.val_px
        labels = self._labels(entry.val)
        return 0 if labels is None else int(np.count_nonzero(labels != UNLABELLED))

    def _labels(self, name: str) -> Pixels | None:
        return masks.read_plain(self.folder / name) if name else None

    @classmethod
    def read(cls, folder: Path, *, roots: dict[str, Path] | None = None) -> Snapshot:
        """The snapshot in a folder; `roots` overrides where images lie on this machine.

        ProjectError if the folder does not hold one.
        """
        try:
            raw = json.loads((folder / "snapshot.json").read_bytes())
            classes = tuple(
                LabelClass(c["id"], c["name"], tuple(c["rgb"]), c["group"]) for c in raw["classes"]
            )
            entries = [_entry(each) for each in raw["frames"]]
            return cls(
                folder=folder,
                hash=str(raw["hash"]),
                class_map=ClassMap(classes, int(raw["next_id"])),
                roots=roots
                or {n: folder.absolute().parents[3] / path for n, path in raw["roots"].items()},
                _entries={entry.frame.id: entry for entry in entries},
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ProjectError(
                "snapshot.damaged",
                "The snapshot {name} cannot be read: {reason}",
                hint="Start a new run; the labels are not touched",
                name=folder.name,
                reason=str(error),
            ) from error


def write(
    snapshots: Path, class_map: ClassMap, roots: dict[str, Path], frames: Iterable[SnapshotFrame]
) -> str:
    """Write a snapshot folder below `snapshots`, named by its hash; the name of the folder.

    The same labels give the same folder, which is then left as it is.
    """
    listed = list(frames)
    digest = _hash(class_map, listed)
    folder = snapshots / digest[:16]
    if (folder / "snapshot.json").exists():
        return folder.name
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = []
    palette = class_map.palette()
    for number, each in enumerate(listed):
        row: dict[str, Any] = asdict(each.frame)
        for kind, labels in (("train", each.train), ("val", each.val)):
            row[kind] = ""
            if labels is not None and (labels != UNLABELLED).any():
                row[kind] = f"{number:06d}.{kind}.png"
                data = masks.encode_plain(labels, palette)
                write_atomic(folder / row[kind], data, durable=False)
                if kind == "val":
                    row["val_px"] = int(np.count_nonzero(labels != UNLABELLED))
        if row["train"] and each.kinds is not None:
            row["kinds"] = f"{number:06d}.kinds.png"
            data = masks.encode_plain(each.kinds, palette)
            write_atomic(folder / row["kinds"], data, durable=False)
        if each.tags:
            row["tags"] = each.tags.to_json()
        if each.hidden is not None:
            row["hidden"] = f"hidden.{each.hidden.digest}.png"
            path = folder / row["hidden"]  # one file for all frames of a camera
            if not path.exists():
                nothing = np.full(each.hidden.shape, UNLABELLED, np.uint8)
                data = masks.encode_plain(each.hidden.over(nothing), palette)
                write_atomic(path, data, durable=False)
        rows.append(row)
    raw = {
        "version": _VERSION,
        "hash": digest,
        "classes": [asdict(each) for each in class_map.classes],
        "next_id": class_map.next_id,
        "roots": {
            name: _portable(path, snapshots.absolute().parents[2]) for name, path in roots.items()
        },
        "frames": rows,
    }
    write_atomic(folder / "snapshot.json", json.dumps(raw, ensure_ascii=False).encode())
    sync_folder(snapshots)
    return folder.name


def _portable(root: Path, project: Path) -> str:
    """Images below the project are found wherever it goes: `<project>/runs/NNNN/snapshots`."""
    absolute = root.absolute()
    inside = absolute.is_relative_to(project.absolute())
    return absolute.relative_to(project.absolute()).as_posix() if inside else str(absolute)


def _hash(class_map: ClassMap, frames: list[SnapshotFrame]) -> str:
    digest = hashlib.sha256()
    for each_class in sorted(class_map.classes, key=lambda each: each.id):
        digest.update(f"{each_class.id}={each_class.name}\n".encode())
    for each in frames:
        digest.update(f"{each.frame.id} {each.frame.split}\n".encode("utf-8", "surrogateescape"))
        for labels in (each.train, each.val):
            digest.update(b"-" if labels is None else hashlib.sha256(labels.tobytes()).digest())
        if each.kinds is not None:  # without them the hash is that of older snapshots
            digest.update(b"kinds" + hashlib.sha256(each.kinds.tobytes()).digest())
        if each.tags:  # without any the hash is that of snapshots from before there were tags
            digest.update(f"tags {json.dumps(each.tags.to_json())}\n".encode())
        if each.hidden is not None:  # the same
            digest.update(f"hidden {each.hidden.digest}\n".encode())
    return digest.hexdigest()


@lru_cache(maxsize=32)
def _hidden(path: Path) -> HiddenPlane:
    return HiddenPlane.of(masks.read_plain(path) == VOID)


def _entry(raw: dict[str, Any]) -> _Entry:
    frame = Frame(
        root=raw["root"],
        path=raw["path"],
        height=raw["height"],
        width=raw["width"],
        split=Split(raw["split"]),
        problem=raw["problem"],
    )
    tags = ImageTags.from_json(raw.get("tags", {}))
    return _Entry(
        frame=frame,
        train=raw["train"],
        val=raw["val"],
        kinds=raw.get("kinds", ""),
        tags=tags,
        val_px=raw.get("val_px"),
        hidden=raw.get("hidden", ""),
    )
