"""The word `features`: what a frozen encoder sees in each image, written for the preview."""

from __future__ import annotations

import argparse
from contextlib import suppress
from pathlib import Path

from s4gui.cli import projects
from s4gui.cli.terminal import Terminal
from s4gui.core.messages import say
from s4gui.core.recipe import encoder_of
from s4gui.learn import device, features
from s4gui.store import features as files
from s4gui.store.project import Project

MIB = 1 << 20


def write(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Write a feature file for each image of a project; those that are still right are kept."""
    project = Project.open(arguments.project, write=False, program=projects.PROGRAM)
    try:
        images = [(each.id, project.image_path(each.id)) for each in project.frames]
        folder = project.folder / files.FOLDER
    finally:
        project.close()
    if arguments.remove:
        return _remove(folder, terminal)
    encoder = _encoder(arguments, terminal)
    what = say("features.looking", "images seen by {encoder}", encoder=encoder.title)
    problems: list[tuple[str, str]] = []
    done = 0

    def said(frame: str, problem: str) -> bool:
        nonlocal done
        done += 1
        if problem:
            problems.append((frame, problem))
        return terminal.progress(done, len(images), what)

    features.write_all(encoder, images, folder, said)
    for frame, problem in problems:
        terminal.line(say("features.problem", "{frame}: {problem}", frame=frame, problem=problem))
    written = len(images) - len(problems)
    terminal.fact(
        "Features",
        images=written,
        problems=dict(problems),
        encoder=encoder.title,
        weights=encoder.weights,
        folder=str(folder),
    )
    terminal.line(
        say(
            "features.written",
            "{encoder} has seen {n} images; the preview learns from it too ({folder})",
            encoder=encoder.title,
            n=written,
            folder=folder,
        )
    )
    return 0 if written or not images else 1


def _encoder(arguments: argparse.Namespace, terminal: Terminal) -> features.FrozenEncoder:
    name = encoder_of(arguments.network) or arguments.network
    what = say("features.fetching", "fetching weights (MiB)")

    def fetching(done: int, size: int) -> bool:
        return terminal.progress(done // MIB, max(1, size // MIB), what)

    return features.ready(
        name,
        place=arguments.weights,
        layer=arguments.layer,
        fetching=fetching if arguments.fetch else None,
        device=device.choose(arguments.device).torch,
    )


def _remove(folder: Path, terminal: Terminal) -> int:
    """Delete the feature files of a folder and nothing else that lies there."""
    gone = [each for each in folder.glob(f"*{files.SUFFIX}") if each.is_file()]
    for each in gone:
        each.unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()
    terminal.fact("FeaturesRemoved", files=len(gone), folder=str(folder))
    terminal.line(say("features.removed", "{n} feature files removed", n=len(gone)))
    return 0


WORDS = {"features": write}
