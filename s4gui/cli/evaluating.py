"""The word `evaluate`: scores of a run's last checkpoint, with intervals over images."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from s4gui.cli import projects
from s4gui.cli.terminal import Terminal
from s4gui.core.classes import MAX_CLASS_ID, UNLABELLED
from s4gui.core.errors import DataError
from s4gui.core.frames import Frame, Split
from s4gui.core.messages import say
from s4gui.core.scoresheet import ClassRow, Scored, ScoreSheet
from s4gui.learn import predicting
from s4gui.learn.validation import scored
from s4gui.store.images import read_pixels
from s4gui.store.project import Project
from s4gui.wire import events

LOWEST = 3
NONE = "–"


def evaluate(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Score a run's last checkpoint on the labelled images of a split."""
    project = Project.open(arguments.project, write=False, program=projects.PROGRAM)
    try:
        run = projects.find_run(project, arguments.run)
        checkpoint = predicting.last_checkpoint(run)
        predictor = predicting.load(checkpoint, wanted=arguments.device)
        distance = arguments.distance if arguments.full else None
        sheet = ScoreSheet(checkpoint.card.class_map.ids, boundary_px=distance)
        frames = _frames(project, Split(arguments.split))
        for done, frame in enumerate(frames, 1):
            labels = _reference(project, frame)
            if labels is not None:
                pixels = read_pixels(project.image_path(frame.id))
                answer = predictor.predict(pixels, origin="cli")
                sheet.add(frame.id, labels, answer, group=_group(frame, arguments.by))
            terminal.progress(done, len(frames), say("cli.scoring", "scoring"))
    finally:
        project.close()
    if not sheet.images():
        raise _nothing(arguments.split)
    _say_facts(sheet, arguments, terminal)
    result = scored(sheet.matrix, step=checkpoint.card.step, on=sheet.on)
    terminal.raw(events.encode(result))
    names = projects.class_names(checkpoint.card.class_map)
    for line in score_table(sheet, names, seed=arguments.seed):
        terminal.line(line)
    if arguments.full:
        for line in (*reliability_table(sheet), *lowest_images(sheet)):
            terminal.line(line)
    return 0


def score_table(sheet: ScoreSheet, names: dict[int, str], *, seed: int) -> Iterator[str]:
    """Lines of a table: a class each with IoU, interval and support; then those of the set."""
    yield _head(sheet)
    for row in sheet.classes(seed=seed):
        name = names.get(row.class_id, str(row.class_id))
        yield f"{name:20} {_shown(row.iou)} {row.support_px:>12,}{_edges(row)}"
    found = sheet.scores(seed=seed)
    for name, text in _set_names(sheet.on).items():
        if name in found:
            yield f"{text:32} {_shown(found[name])}"
    yield say(
        "cli.intervals",
        "95 %: had other images been drawn ({images} images in {groups} groups)",
        images=len(sheet.images()),
        groups=sheet.groups,
    )


def reliability_table(sheet: ScoreSheet) -> Iterator[str]:
    """Lines of the reliability diagram; bins without pixels are left out."""
    yield ""
    yield say(
        "cli.reliability_head",
        "{sure:>13} {said:>8} {right:>8} {support:>12}",
        sure=say("cli.sure", "confidence"),
        said=say("cli.sure_mean", "mean"),
        right=say("cli.right", "right"),
        support="px",
    )
    for row in sheet.calibration.table():
        if row.accuracy is not None:
            between = f"{row.low:.2f} - {row.high:.2f}"
            yield f"{between:>13} {row.confidence:>8.3f} {row.accuracy:>8.3f} {row.pixels:>12,}"


def lowest_images(sheet: ScoreSheet) -> Iterator[str]:
    """Lines that name the images with the lowest mean IoU."""
    rated = [(each.mean_iou, each.image) for each in sheet.images() if each.mean_iou is not None]
    yield ""
    yield say("cli.lowest", "lowest mean {iou} of an image", iou=_iou(sheet.on))
    for mean_iou, image in sorted(rated)[:LOWEST]:
        yield f"{mean_iou:.3f} {image}"


def _frames(project: Project, split: Split) -> list[Frame]:
    labelled = set(project.labelled_frames())
    found = [
        each
        for each in project.frames
        if each.split is split and each.id in labelled and not each.problem
    ]
    if not found:
        raise _nothing(split.value)
    return found


def _reference(project: Project, frame: Frame) -> NDArray[np.uint8] | None:
    """What may score on a frame, (H, W) uint8; None if nothing may.

    As while training, what a model wrote or helped to write is no reference (decision 0010),
    nor is what a camera mask hides.
    """
    mask = project.load(frame.id).mask
    may = project.sources.may_score(mask.sources)
    labels = np.where(may, mask.labels, np.uint8(UNLABELLED))
    labels = project.camera_masks.over(frame, labels)
    return labels if (labels <= MAX_CLASS_ID).any() else None


def _nothing(split: str) -> DataError:
    return DataError(
        "cli.nothing_to_score",
        "No {split} image has labels that can score: painted, clicked or imported ones",
        hint="Import masks for them, or give labelled images this split",
        split=split,
    )


def _group(frame: Frame, by: str) -> str:
    """What is resampled as one: the image, or all images of its folder (a video's)."""
    return PurePosixPath(frame.id).parent.as_posix() if by == "folder" else frame.id


def _say_facts(sheet: ScoreSheet, arguments: argparse.Namespace, terminal: Terminal) -> None:
    terminal.fact(
        "Evaluated",
        on=sheet.on,
        split=arguments.split,
        images=len(sheet.images()),
        groups=sheet.groups,
        seed=arguments.seed,
        scores={name: asdict(each) for name, each in sheet.scores(seed=arguments.seed).items()},
        classes=[asdict(each) for each in sheet.classes(seed=arguments.seed)],
        reliability=[asdict(each) for each in sheet.calibration.table()],
        by_image=[asdict(each) for each in sheet.images()],
        boundary_px=sheet.boundaries.distance_px if sheet.boundaries else None,
    )


def _iou(on: str) -> str:
    """What an IoU is called: over strokes it flatters, so it says so (decision 0010)."""
    return say("cli.iou_strokes", "IoU on strokes") if on == "strokes" else say("cli.iou", "IoU")


def _set_names(on: str) -> dict[str, str]:
    """Scores of a set as a reader sees them, in order."""
    where = say("cli.on_strokes", " on strokes") if on == "strokes" else ""
    return {
        "mean_iou": say("cli.mean_iou", "mean IoU{where}", where=where),
        "weighted_iou": say("cli.weighted_iou", "frequency-weighted IoU{where}", where=where),
        "pixel_accuracy": say("cli.pixel_accuracy", "pixel accuracy{where}", where=where),
        "mean_accuracy": say("cli.mean_accuracy", "mean accuracy{where}", where=where),
        "boundary_iou": say("cli.boundary_iou", "boundary IoU{where}", where=where),
        "boundary_f": say("cli.boundary_f", "boundary F{where}", where=where),
        "calibration_error": say("cli.ece", "calibration error{where}", where=where),
    }


def _head(sheet: ScoreSheet) -> str:
    edges = ""
    if sheet.boundaries:
        edges = say(
            "cli.table_edges",
            "  boundary IoU, F within {px:g} px",
            px=sheet.boundaries.distance_px,
        )
    return say(
        "cli.table_head",
        "{name:20} {iou:>6}  {interval:13} {support:>12}{edges}",
        name="",
        iou=_iou(sheet.on),
        interval="95 %",
        support="px",
        edges=edges,
    )


def _edges(row: ClassRow) -> str:
    if row.boundary_iou is None or row.boundary_f is None:
        return ""
    return f"  {_number(row.boundary_iou.value):>6} {_number(row.boundary_f.value):>6}"


def _shown(score: Scored) -> str:
    """Such as " 0.412  0.398 - 0.430"."""
    around = score.interval
    between = f"{around.low:.3f} - {around.high:.3f}" if around else NONE
    return f"{_number(score.value):>6}  {between:13}"


def _number(value: float | None) -> str:
    return NONE if value is None else f"{value:.3f}"
