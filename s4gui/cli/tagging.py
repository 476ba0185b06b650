"""The word about whole images: tags. ImageNet's classes, a checkpoint's, or a person's."""

from __future__ import annotations

import argparse
from pathlib import Path

from s4gui.cli import projects
from s4gui.cli.terminal import Terminal
from s4gui.core.classes import ClassMap
from s4gui.core.errors import CheckpointError, ProjectError
from s4gui.core.frames import FrameId
from s4gui.core.messages import say
from s4gui.core.tags import ImageTags
from s4gui.learn import checkpoints, device, imagenet_tags, predicting
from s4gui.store.images import read_pixels
from s4gui.store.project import Project
from s4gui.workbench.workbench import Workbench


def tags(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Say what images show: by ImageNet's classifier, by a checkpoint, or by a person's tags."""
    if arguments.project is not None:
        return _by_hand(arguments, terminal)
    if arguments.checkpoint is not None:
        return _own_classes(arguments, terminal)
    return _imagenet(arguments, terminal)


def _imagenet(arguments: argparse.Namespace, terminal: Terminal) -> int:
    def fetching(done: int, size: int) -> bool:
        return terminal.progress(done, size, arguments.encoder)

    classifier = imagenet_tags.ready(
        arguments.encoder, place=arguments.weights, fetching=fetching if arguments.fetch else None
    )
    classifier.network.to(device.choose(arguments.device).torch)
    for path in arguments.images:
        found = classifier.tags(read_pixels(path), top=max(1, arguments.top))
        rows = [(each.name, round(each.percent, 4)) for each in found]
        terminal.line(f"{path}")
        for name, percent in rows:
            terminal.line(f"  {percent:6.2f} %  {name}")
        listed = [{"name": name, "percent": percent} for name, percent in rows]
        terminal.fact("ImageNetTags", image=str(path), encoder=arguments.encoder, tags=listed)
    return 0


def _own_classes(arguments: argparse.Namespace, terminal: Terminal) -> int:
    checkpoint = checkpoints.read(arguments.checkpoint)
    tagger = predicting.load_tagger(checkpoint, device.choose(arguments.device).torch)
    if tagger is None:
        raise CheckpointError(
            "checkpoint.no_tags",
            "{name} never learned which classes an image shows",
            hint="Train with the strategy s4gan_mlmt",
            name=checkpoint.path.name,
        )
    class_map = checkpoint.card.class_map
    names = [class_map[int(each)].name for each in class_map.from_train()]
    known = tagger.known.tolist()
    for path in arguments.images:
        scores = tagger.scores(read_pixels(path)).tolist()
        rows = [
            (name, round(100 * score, 4) if learned else None)
            for name, score, learned in zip(names, scores, known, strict=True)
        ]
        rows.sort(key=lambda row: -1.0 if row[1] is None else row[1], reverse=True)
        terminal.line(f"{path}")
        for name, percent in rows:
            spoken = "     –  " if percent is None else f"{percent:6.2f} %"
            terminal.line(f"  {spoken}  {name}")
        listed = [{"name": name, "percent": percent} for name, percent in rows]
        terminal.fact("ClassTags", image=str(path), tags=listed)
    return 0


def _by_hand(arguments: argparse.Namespace, terminal: Terminal) -> int:
    said = {name: getattr(arguments, name) for name in ("present", "absent", "unknown")}
    project = Project.open(arguments.project, write=any(said.values()), program=projects.PROGRAM)
    try:
        ids = {name: _class_ids(project.class_map, text) for name, text in said.items()}
        frames = [_frame_id(project, path) for path in arguments.images]
        if any(said.values()):
            _check_apart(ids)
            workbench = Workbench(project)
            for frame in frames:
                before = project.tags.get(frame, ImageTags())
                workbench.set_tags([frame], before.but(**ids))
        for frame in frames:
            _say(project, frame, terminal)
    finally:
        project.close()
    return 0


def _say(project: Project, frame: FrameId, terminal: Terminal) -> None:
    found = project.tags.get(frame, ImageTags())
    present, absent = (
        [each.name for each in project.class_map.classes if each.id in ids]
        for ids in (found.present, found.absent)
    )
    terminal.line(
        say(
            "cli.tags",
            "{frame}: present: {present}; absent: {absent}",
            frame=frame,
            present=", ".join(present) or "–",
            absent=", ".join(absent) or "–",
        )
    )
    terminal.fact("ImageTags", image=frame, present=present, absent=absent)


def _class_ids(class_map: ClassMap, text: str) -> list[int]:
    ids = []
    for name in filter(None, (each.strip() for each in text.split(","))):
        found = class_map.named(name)
        if found is None:
            raise ProjectError(
                "cli.unknown_class",
                "The project has no class called {name}",
                hint="Its classes: {known}",
                name=name,
                known=", ".join(each.name for each in class_map.classes),
            )
        ids.append(found.id)
    return ids


def _check_apart(ids: dict[str, list[int]]) -> None:
    every = [each for group in ids.values() for each in group]
    if len(set(every)) != len(every):
        raise ProjectError(
            "cli.class_twice",
            "A class is named twice: it cannot be present, absent and unknown at once",
            hint="Name each class once",
        )


def _frame_id(project: Project, given: Path) -> FrameId:
    """The frame of an image file, or of a frame id or the path below its root."""
    wanted = given.absolute()
    for frame in project.frames:
        named = given.as_posix() in {frame.id, frame.path}
        if named or project.image_path(frame.id) in {wanted, wanted.resolve()}:
            return frame.id
    raise ProjectError(
        "cli.not_in_project",
        "{image} is no image of the project",
        hint="Name it as the project's list of images does",
        image=given,
    )


WORDS = {"tags": tags}
