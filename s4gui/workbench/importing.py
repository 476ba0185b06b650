"""Importing masks of other programs: which file fits which frame, what its values mean."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from s4gui.core.change import Change
from s4gui.core.classes import ClassMap
from s4gui.core.errors import FormatError
from s4gui.core.frames import Frame, FrameId, natural_key
from s4gui.core.messages import say
from s4gui.store import images, palettes
from s4gui.store.formats import colour_png, foreign
from s4gui.store.palettes import ImportTable
from s4gui.store.scan import Progress
from s4gui.workbench.labelling import Labelling

Pixels = NDArray[np.uint8]
AUTO, OUR_VALUES, OUR_COLOURS = "", "values", "colours"
"""Names of the tables that need no file: by itself, our class ids, our classes' colours."""

_MASK_ENDING = re.compile(
    r"(_gtFine|_gtCoarse)?_(labelIds|labelTrainIds|color|colour|labels?|mask|gt|annot|seg|L)$"
    r"|_(gtFine|gtCoarse)$"
)
_IMAGE_ENDING = re.compile(r"_(leftImg8bit|rgb|image|img)$")
_NO_MASK = re.compile(r"_(instanceIds|instanceTrainIds)$|\.source$")
_MANY_WAITING = 32


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """Which mask file goes to which frame; `unmatched` files fit none, or more than one."""

    pairs: tuple[tuple[Frame, Path], ...]
    unmatched: tuple[str, ...]


@dataclass(slots=True)
class ImportReport:
    """What an import did. `unknown_values` counts pixels left unlabelled, by value or colour."""

    imported: int = 0
    unchanged: int = 0
    unmatched: tuple[str, ...] = ()
    unknown_values: dict[str, int] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)  # file name -> why it was left out
    frames: list[FrameId] = field(default_factory=list)
    table: str = ""
    cancelled: bool = False


def import_folder(
    bench: Labelling,
    folder: Path,
    table: str | ImportTable = AUTO,
    progress: Progress | None = None,
    *,
    only: Iterable[str] | None = None,
) -> tuple[Change, ImportReport]:
    """Import every mask below `folder` that fits a frame; one edit for each frame.

    `table` names what the values mean (see `tables`); empty: the first table that leaves no
    value unknown. `only` limits it to frames of these ids, paths or file names. What was
    imported before `progress` cancels stays, and can be undone frame by frame.
    FormatError if the folder holds no mask that fits, or there is no such table.
    """
    found = plan(bench.frames, folder, colours=_wants_colours(table), only=only)
    if not found.pairs:
        raise FormatError(
            "import.nothing_fits",
            "No mask in {folder} has the name of an image of the project",
            hint="Masks are found by the names of their images: a.jpg and a.png",
            folder=folder,
        )
    report = ImportReport(unmatched=found.unmatched)
    chosen = resolve(table, bench.class_map, [path for _, path in found.pairs])
    report.table = chosen.name
    labels: dict[FrameId, None] = {}
    unknown: Counter[str] = Counter()
    for number, (frame, path) in enumerate(found.pairs):
        what = say("import.progress", "Importing {name}", name=path.name)
        if progress is not None and not progress(number, len(found.pairs), what):
            report.cancelled = True
            break
        try:
            mask, strange = read(path, chosen, frame)
        except FormatError as error:
            report.problems[path.name] = str(error)
            continue
        unknown.update(strange)
        if bench.import_labels(frame.id, mask, detail=folder.name):
            labels[frame.id] = None
            report.frames.append(frame.id)
            bench.save(frame.id)
        else:
            report.unchanged += 1
        if bench.project.writer.pending > _MANY_WAITING:
            bench.project.writer.flush()  # memory: patches of whole frames wait there
    if progress is not None and not report.cancelled:
        progress(len(found.pairs), len(found.pairs), "")
    report.imported = len(report.frames)
    report.unknown_values = dict(unknown.most_common(32))
    return Change(labels=dict(labels), frames=bool(labels)), report


def tables(class_map: ClassMap) -> tuple[ImportTable, ...]:
    """The tables that fit a project: our own values and colours, and those of its class set."""
    ids = {each.id: each.name for each in class_map.classes}
    ours = [
        ImportTable(
            OUR_VALUES,
            say("import.our_values", "Class numbers of this project"),
            values=foreign.identity(class_map.ids),
        ),
        ImportTable(
            OUR_COLOURS,
            say("import.our_colours", "Colours of this project"),
            colours=colour_png.colour_table(class_map),
        ),
    ]
    for each in palettes.all_class_sets():
        names = {c.id: c.name for c in each.class_map.classes}
        if names and names == {i: n for i, n in ids.items() if i in names}:
            ours += each.tables.values()
    return tuple(ours)


def resolve(table: str | ImportTable, class_map: ClassMap, paths: list[Path]) -> ImportTable:
    """The table to use; for AUTO the one that leaves the fewest pixels of a sample unknown."""
    if isinstance(table, ImportTable):
        return table
    known = tables(class_map)
    if table:
        for each in known:
            if each.name == table:
                return each
        raise FormatError(
            "import.unknown_table",
            "There is no table of values called {name} for these classes",
            hint="Choose one of: {known}",
            name=table,
            known=", ".join(each.name for each in known),
        )
    step = max(1, len(paths) // 5)
    sample = paths[::step]
    # min takes the first of equals: our own values before foreign ones.
    return min(known, key=lambda each: sum(_unknown(path, each) for path in sample))


def plan(
    frames: Iterable[Frame],
    folder: Path,
    *,
    colours: bool = False,
    only: Iterable[str] | None = None,
) -> ImportPlan:
    """Match mask files below `folder` with usable frames by name.

    By the file's name without suffix and without endings such as `_gtFine_labelIds`; where
    several frames share it, by the most folders in common, counted from the file upwards.
    """
    wanted = None if only is None else frozenset(only)
    by_stem: dict[str, list[Frame]] = defaultdict(list)
    for frame in frames:
        if not frame.problem:
            by_stem[_image_stem(frame.path)].append(frame)
    best: dict[FrameId, tuple[tuple[int, int], Frame, Path]] = {}
    unmatched: list[str] = []
    for path in _files(folder):
        relative = path.relative_to(folder).as_posix()
        fit = _fit(folder.name, relative, by_stem)
        if fit is None:
            unmatched.append(relative)
            continue
        if wanted is not None and not _is_wanted(fit, wanted):
            continue
        rank = _preference(path.stem, colours=colours), len(relative)
        if fit.id not in best or rank < best[fit.id][0]:
            best[fit.id] = rank, fit, path
    pairs = [(frame, path) for _, frame, path in best.values()]
    pairs.sort(key=lambda pair: natural_key(pair[0].id))
    return ImportPlan(tuple(pairs), tuple(unmatched))


def read(path: Path, table: ImportTable, frame: Frame) -> tuple[Pixels, dict[str, int]]:
    """Our labels (H, W) uint8 of a mask file, and pixels per unknown value.

    FormatError if it cannot be read, has another size than the frame, or is of the other kind
    (colours for a table of values).
    """
    pixels = foreign.read(path, colours=bool(table.colours))
    if pixels.shape[:2] != frame.shape:
        raise FormatError(
            "import.wrong_size",
            "{name} is {width}x{height}, its image {want_width}x{want_height}",
            hint="Masks have the size of their images",
            name=path.name,
            width=pixels.shape[1],
            height=pixels.shape[0],
            want_width=frame.width,
            want_height=frame.height,
        )
    if foreign.is_colour(pixels) != bool(table.colours):
        raise FormatError(
            "import.other_kind",
            "{name} does not hold what the table {table} is for (values or colours)",
            hint="Choose another table",
            name=path.name,
            table=table.title,
        )
    return _mapped(pixels, table)


def _mapped(pixels: NDArray[np.generic], table: ImportTable) -> tuple[Pixels, dict[str, int]]:
    if table.colours:
        labels, colours = foreign.from_colours(pixels, table.colours)
        return labels, {f"({r}, {g}, {b})": n for (r, g, b), n in colours.items()}
    labels, values = foreign.from_values(pixels, table.values)
    return labels, {str(value): n for value, n in values.items()}


def _unknown(path: Path, table: ImportTable) -> int:
    """Pixels of a mask that a table does not know; all of them if it is of the other kind."""
    try:
        pixels = foreign.read(path, colours=bool(table.colours))
    except FormatError:
        return 0
    if foreign.is_colour(pixels) != bool(table.colours):
        return int(pixels.shape[0] * pixels.shape[1])
    return sum(_mapped(pixels, table)[1].values())


def _wants_colours(table: str | ImportTable) -> bool:
    return bool(table.colours) if isinstance(table, ImportTable) else "colour" in table


def _files(folder: Path) -> list[Path]:
    found = [
        path
        for path in folder.rglob("*")
        if path.suffix.casefold() in images.SUFFIXES
        and not path.name.startswith(".")
        and not _NO_MASK.search(path.stem)
    ]
    return sorted(found, key=lambda path: natural_key(path.as_posix()))


def _image_stem(path: str) -> str:
    return _IMAGE_ENDING.sub("", PurePosixPath(path).stem)


def _mask_stems(name: str) -> tuple[str, ...]:
    """What an image for this mask file may be called, the likeliest first."""
    stem = PurePosixPath(name).stem
    inner = PurePosixPath(stem)
    if inner.suffix.casefold() in images.SUFFIXES:  # a.jpg.png: our own label files
        stem = inner.stem
    return stem, _IMAGE_ENDING.sub("", stem), _MASK_ENDING.sub("", stem)


def _fit(outer: str, relative: str, by_stem: dict[str, list[Frame]]) -> Frame | None:
    """The one frame that a mask file fits best; None if none or several do."""
    for stem in _mask_stems(PurePosixPath(relative).name):
        frames = by_stem.get(stem, [])
        if frames:
            break
    else:
        return None
    if len(frames) == 1:
        return frames[0]
    # `outer` is the chosen folder itself: importing `val` into a project with train and val.
    parents = [outer, *PurePosixPath(relative).parts[:-1]]
    common = [_common_end(parents, [f.root, *PurePosixPath(f.path).parts[:-1]]) for f in frames]
    if common.count(max(common)) > 1:
        return None
    return frames[common.index(max(common))]


def _common_end(a: list[str], b: list[str]) -> int:
    count = 0
    for x, y in zip(reversed(a), reversed(b), strict=False):
        if not x.startswith(y) and not y.startswith(x):  # `trainannot` goes with `train`
            break
        count += 1
    return count


def _preference(stem: str, *, colours: bool) -> int:
    """Among several masks of one image: colours or ids as asked for, others last."""
    is_colour = stem.endswith(("_color", "_colour"))
    if is_colour == colours:
        return 0 if not stem.endswith("_labelTrainIds") else 1
    return 2


def _is_wanted(frame: Frame, only: frozenset[str]) -> bool:
    path = PurePosixPath(frame.path)
    return not only.isdisjoint({frame.id, frame.path, path.name, path.stem})
