"""The word `model`: networks with their layers, sizes and licences, and weights for them."""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from s4gui.cli import learning, projects
from s4gui.cli.terminal import Terminal
from s4gui.core.errors import ProjectError, RecipeError
from s4gui.core.messages import say
from s4gui.core.recipe import NETWORKS, ZOO, Recipe, encoder_of
from s4gui.learn import pretrained, summary
from s4gui.learn.batches import working_scale
from s4gui.learn.nets import zoo
from s4gui.learn.predict import SMALLEST
from s4gui.learn.summary import NetworkSummary
from s4gui.store.project import Project

CODE_LICENCE = "MIT"
WIDTHS = {"unet": 64}
"""Widths that networks are known by; another one is the recipe's."""
SHOWN_ENCODERS = 20
MIB = 1 << 20
_SIZE = re.compile(r"(\d{1,5})x(\d{1,5})")


def model(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """List networks, show the layers of one, or fetch ImageNet weights."""
    {"list": _list, "show": _show, "fetch": _fetch}[arguments.what](arguments, terminal)
    return 0


def layer_table(found: NetworkSummary) -> Iterator[str]:
    """Lines of a table: layer, kind, output shape, parameters; then the sums."""
    row = "{name:40} {kind:18} {output:>20} {parameters:>12}"
    yield row.format(
        name=say("model.layer", "layer"),
        kind=say("model.kind", "kind"),
        output=say("model.output", "output"),
        parameters=say("model.parameters", "parameters"),
    )
    for each in found.layers:
        yield row.format(
            name=each.name,
            kind=each.kind,
            output=_shape(each.output),
            parameters=f"{each.parameters:,}" if each.parameters else "",
        ).rstrip()
    yield say(
        "model.sums",
        "{given} -> {answer}: {parameters} parameters, {learning} of them learn",
        given=_shape(found.input),
        answer=_shape(found.output),
        parameters=f"{found.parameters:,}",
        learning=f"{found.learning:,}",
    )


def _show(arguments: argparse.Namespace, terminal: Terminal) -> None:
    recipe = learning.chosen_recipe(arguments.recipe, arguments.set)
    if arguments.name:
        recipe = _with_network(recipe, arguments.name, arguments.set)
    classes, height, width = _place(arguments, recipe)
    network = summary.generator(recipe, classes=classes, height=height, width=width)
    _say_network(terminal, recipe.network, _licence(recipe.network), network)
    if arguments.discriminator or recipe.strategy.startswith("s4gan"):
        judge = summary.discriminator(recipe, classes=classes, height=height, width=width)
        _say_network(terminal, "discriminator", CODE_LICENCE, judge)


def _say_network(terminal: Terminal, name: str, licence: str, found: NetworkSummary) -> None:
    terminal.fact("Model", name=name, licence=licence, **asdict(found))
    terminal.line(say("model.head", "{name} ({licence})", name=name, licence=licence))
    for line in layer_table(found):
        terminal.line(line)


def _list(arguments: argparse.Namespace, terminal: Terminal) -> None:
    if arguments.zoo is not None:
        _list_zoo(arguments.zoo, terminal)
        return
    at_hand = pretrained.at_hand()
    for name in NETWORKS:
        recipe = Recipe(network=name, width=WIDTHS.get(name, Recipe().width))
        found = summary.generator(recipe, classes=arguments.classes, height=64, width=64)
        encoder = encoder_of(name)
        weights = _weights_words(encoder, at_hand=encoder in at_hand) if encoder else ""
        _say_entry(terminal, name, _licence(name), found.parameters, weights)
    terminal.line(
        say("model.zoo", "and zoo:DECODER/ENCODER of the extra zoo: s4gui model list --zoo NAME")
    )


def _list_zoo(pattern: str, terminal: Terminal) -> None:
    wanted = pattern if set(pattern) & set("*?[") else f"*{pattern}*"
    names = zoo.encoder_names(wanted)
    terminal.fact("Zoo", decoders=list(zoo.decoders()), encoders=list(names))
    terminal.line(say("model.decoders", "decoders: {names}", names=", ".join(zoo.decoders())))
    for name in names[:SHOWN_ENCODERS]:
        each = zoo.encoder(name)
        _say_entry(terminal, name, each.licence, each.parameters, "")
    if len(names) > SHOWN_ENCODERS:
        terminal.line(
            say(
                "model.more",
                "and {n} more encoders: name fewer with --zoo PATTERN",
                n=len(names) - SHOWN_ENCODERS,
            )
        )


def _say_entry(terminal: Terminal, name: str, licence: str, parameters: int, weights: str) -> None:
    terminal.fact("Network", name=name, licence=licence, parameters=parameters, weights=weights)
    size = f"{parameters / 1e6:.2f}"
    entry = say(
        "model.entry", "{name:32} {size:>8} M  {licence}", name=name, size=size, licence=licence
    )
    terminal.line(f"{entry}; {weights}" if weights else entry)


def _fetch(arguments: argparse.Namespace, terminal: Terminal) -> None:
    encoder = encoder_of(arguments.name) or arguments.name
    if not encoder:
        raise RecipeError(
            "model.no_name",
            "There is no name of what to fetch",
            hint="Name an encoder: s4gui model fetch resnet101",
        )
    file = pretrained.weight_files(encoder)[0]
    place = pretrained.folder()
    path = place / file.name
    if not path.is_file():
        what = say("model.fetching", "fetching {name} (MiB)", name=file.name)
        pretrained.fetch(
            file,
            place,
            lambda done, size: terminal.progress(done // MIB, max(1, size // MIB), what),
        )
    pretrained.read(file, path)  # what lay there already is compared too
    terminal.fact("Fetched", title=file.title, path=str(path), licence=pretrained.LICENCE)
    terminal.line(
        say(
            "model.fetched",
            "{title} lies in {path} ({licence})",
            title=file.title,
            path=path,
            licence=pretrained.LICENCE,
        )
    )


def _weights_words(encoder: str, *, at_hand: bool) -> str:
    if at_hand:
        return say("model.at_hand", "ImageNet weights at hand")
    return say(
        "model.not_at_hand",
        "no weights at hand (s4gui model fetch {encoder}, {size} MB)",
        encoder=encoder,
        size=round(pretrained.weight_files(encoder)[0].size_mb),
    )


def _licence(network: str) -> str:
    part = ZOO.fullmatch(network)
    if part is not None:
        weights = zoo.weights_licence(part["encoder"])
        return say(
            "model.zoo_licence",
            "{code}; timm's weights, not loaded: {weights}",
            code=zoo.CODE_LICENCE,
            weights=weights,
        )
    if encoder_of(network):
        return say(
            "model.licence",
            "{code}; weights: {weights}",
            code=CODE_LICENCE,
            weights=pretrained.LICENCE,
        )
    return CODE_LICENCE


def _with_network(recipe: Recipe, name: str, choices: list[str]) -> Recipe:
    changed: dict[str, Any] = {"network": name, "pretrained": "auto"}
    if recipe.network != name and not any(each.startswith("width=") for each in choices):
        changed["width"] = WIDTHS.get(name, recipe.width)
    if any(each.startswith("pretrained=") for each in choices):
        changed["pretrained"] = recipe.pretrained
    return recipe.but(**changed)


def _place(arguments: argparse.Namespace, recipe: Recipe) -> tuple[int, int, int]:
    """Classes, height and width: the project's as the recipe scales it, or as asked for."""
    if arguments.project is None:
        found = _SIZE.fullmatch(arguments.size)
        if found is None or not all(int(each) for each in found.groups()):
            raise RecipeError(
                "model.bad_size",
                "{size} is no size",
                hint="Write it as HEIGHTxWIDTH, for example 360x480",
                size=arguments.size,
            )
        return arguments.classes, int(found[1]), int(found[2])
    project = Project.open(arguments.project, write=False, program=projects.PROGRAM)
    try:
        shapes = Counter(each.shape for each in project.frames if not each.problem)
        classes = len(project.class_map)
    finally:
        project.close()
    if not shapes:
        raise ProjectError(
            "model.no_images",
            "{project} has no image whose size could be taken",
            hint="Add images, or name a size: --size 360x480 --classes 11",
            project=arguments.project,
        )
    (height, width), _ = shapes.most_common(1)[0]
    scale = working_scale((height, width), recipe.long_side_px)
    return classes, max(SMALLEST, round(height * scale)), max(SMALLEST, round(width * scale))


def _shape(shape: tuple[int, ...] | None) -> str:
    return "-" if shape is None else " x ".join(map(str, shape or (1,)))


WORDS = {"model": model}
