"""Words about a project's content: new, import, status, export."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from s4gui.cli.terminal import Terminal
from s4gui.core.classes import ClassMap
from s4gui.core.errors import ProjectError
from s4gui.core.frames import Frame, Split
from s4gui.core.messages import say
from s4gui.store import palettes
from s4gui.store.project import Project
from s4gui.store.runs import RunFolder, all_runs
from s4gui.workbench import exporting
from s4gui.workbench.workbench import Workbench

PROGRAM = "s4gui (command line)"


def new(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Make a project; images stay where they are."""
    sets = {each.name: each for each in palettes.all_class_sets()}
    if arguments.list_classes:
        for each in sets.values():
            terminal.line(f"{each.name:24} {each.title} ({len(each.class_map)})")
        return 0
    if arguments.classes not in sets:
        raise ProjectError(
            "cli.unknown_classes",
            "There is no class set called {name}",
            hint="Choose one of: {known}",
            name=arguments.classes,
            known=", ".join(sets),
        )
    folder: Path = arguments.project
    project = Project.create(
        folder,
        name=arguments.name or folder.resolve().name,
        images=arguments.images or folder,
        class_map=sets[arguments.classes].class_map,
        progress=terminal.progress,
    )
    try:
        _say_status(project, terminal)
    finally:
        project.close()
    return 0


def load(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Import masks as labels."""
    with_lock = Project.open(arguments.project, program=PROGRAM)
    workbench = Workbench(with_lock)
    try:
        only = _names(arguments.only) if arguments.only else None
        _, report = workbench.import_folder(
            arguments.masks, table=arguments.values, only=only, progress=terminal.progress
        )
        terminal.fact("Imported", frames=report.imported, unmatched=list(report.unmatched))
        terminal.line(
            say(
                "cli.imported",
                "{n} masks imported, {m} without an image",
                n=report.imported,
                m=len(report.unmatched),
            )
        )
        if report.unknown_values:
            terminal.line(
                say(
                    "cli.unknown_values",
                    "values without a class were left unlabelled: {values}",
                    values=report.unknown_values,
                )
            )
    finally:
        workbench.close()
    return 0


def status(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Say what a project holds; needs no lock."""
    project = Project.open(arguments.project, write=False, program=PROGRAM)
    try:
        _say_status(project, terminal)
        if project.holder is not None:
            terminal.line(
                say(
                    "cli.held",
                    "open in {program} on {host} (process {pid})",
                    program=project.holder.program,
                    host=project.holder.host,
                    pid=project.holder.pid,
                )
            )
    finally:
        project.close()
    return 0


def export(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Export masks or a checkpoint; reads only, so it needs no lock."""
    project = Project.open(arguments.project, write=False, program=PROGRAM)
    try:
        if arguments.what == "checkpoint":
            target = exporting.export_checkpoint(find_run(project, arguments.run), arguments.folder)
            terminal.fact("Exported", folder=str(target))
            terminal.line(say("cli.exported_to", "exported to {folder}", folder=target))
            return 0
        frames = chosen(project, arguments.split)
        if arguments.what == "labels":
            labelled = set(project.labelled_frames())
            frames = [each for each in frames if each.id in labelled]
            reader = _label_reader(project)
        else:
            reader = exporting.prediction_reader(find_run(project, arguments.run))
        done = exporting.export_masks(
            frames,
            reader,
            arguments.folder,
            class_map=project.class_map,
            form=exporting.Form(arguments.form),
            progress=terminal.progress,
            tags=project.tags if arguments.what == "labels" else None,
            cameras=None if arguments.no_camera_mask else project.camera_masks,
        )
    finally:
        project.close()
    say_exported(done, arguments.folder, terminal)
    return 0


def say_exported(done: exporting.Exported, folder: Path, terminal: Terminal) -> None:
    """Tell how many files an export wrote and what had nothing to write."""
    terminal.fact("Exported", files=len(done.files), missing=list(done.missing), folder=str(folder))
    terminal.line(
        say("cli.exported", "{n} files written to {folder}", n=len(done.files), folder=folder)
    )
    if done.missing:
        terminal.line(
            say("cli.export_missing", "{n} images had nothing to export", n=len(done.missing))
        )


def chosen(project: Project, split: str) -> list[Frame]:
    """The readable frames of a split, or of all."""
    return [
        each
        for each in project.frames
        if not each.problem and (split == "all" or each.split is Split(split))
    ]


def find_run(project: Project, number: int) -> RunFolder:
    """A run by number, the last one for 0; ProjectError if there is none."""
    runs = all_runs(project.runs)
    found = [each for each in runs if number in {0, each.number}]
    if not found:
        raise ProjectError(
            "cli.no_run",
            "{project} has no such run",
            hint="Train first: s4gui train {folder}",
            project=project.name,
            folder=project.folder,
        )
    return found[-1]


def class_names(class_map: ClassMap) -> dict[int, str]:
    """Names by class id."""
    return {each.id: each.name for each in class_map.classes}


def _label_reader(project: Project) -> exporting.MaskOf:
    return lambda frame: project.load(frame.id).mask.labels


def _names(path: Path) -> frozenset[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip())


def _say_status(project: Project, terminal: Terminal) -> None:
    broken = [each for each in project.frames if each.problem]
    splits = Counter(each.split.value for each in project.frames if not each.problem)
    labelled = project.labelled_frames()
    terminal.fact(
        "Status",
        name=project.name,
        images=len(project.frames) - len(broken),
        labelled=len(labelled),
        splits=dict(splits),
        broken={each.id: each.problem for each in broken},
        runs=[each.number for each in all_runs(project.runs)],
        classes=class_names(project.class_map),
    )
    terminal.line(
        say(
            "cli.status",
            "{name}: {images} images ({splits}), {labelled} labelled, {classes} classes",
            name=project.name,
            images=len(project.frames) - len(broken),
            splits=", ".join(f"{n} {name}" for name, n in sorted(splits.items())),
            labelled=len(labelled),
            classes=len(project.class_map),
        )
    )
    for each in broken:
        terminal.line(
            say("cli.broken", "left out: {image} ({why})", image=each.id, why=each.problem)
        )


WORDS = {"new": new, "import": load, "status": status, "export": export}
