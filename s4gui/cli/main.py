"""The words of the command line, and their door: errors become a sentence and an exit code."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from s4gui.cli.terminal import Terminal
from s4gui.core.errors import S4Error

Run = Callable[[argparse.Namespace, Terminal], int]


def main(argv: list[str]) -> int:
    """Run one of the words: `new`, `import`, `status`, `train` and so on.

    Returns 0 when done, 1 when an error was said, 130 when interrupted; argparse exits with 2.
    """
    arguments = parser().parse_args(argv)
    terminal = Terminal(as_json=arguments.json)
    try:
        return _branch(arguments.word)(arguments, terminal)
    except S4Error as error:
        terminal.error(str(error), error.hint)
        return 1
    except KeyboardInterrupt:
        terminal.error("interrupted", "")
        return 130


def parser() -> argparse.ArgumentParser:
    """The grammar of all words."""
    top = argparse.ArgumentParser(prog="s4gui")
    words = top.add_subparsers(dest="word", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true", help="one JSON line per event")

    def word(name: str, text: str) -> argparse.ArgumentParser:
        return words.add_parser(name, help=text, description=text, parents=[common])

    _project_words(word)
    _learning_words(word)
    _tags_words(word)
    _features_words(word)
    _model_words(word)
    return top


def _project_words(word: Callable[[str, str], argparse.ArgumentParser]) -> None:
    new = word("new", "make a project from a folder of images")
    new.add_argument("project", type=Path, help="folder of the new project")
    new.add_argument("--images", type=Path, help="folder of images (default: the same folder)")
    new.add_argument("--classes", default="camvid-11", help="class set (see --list-classes)")
    new.add_argument("--name", default="", help="name of the project")
    new.add_argument("--list-classes", action="store_true", help="name the class sets and end")

    load = word("import", "import index or colour masks as labels")
    load.add_argument("project", type=Path)
    load.add_argument("masks", type=Path, help="folder of masks")
    load.add_argument("--values", default="", help="value table of the class set (see README)")
    load.add_argument(
        "--only",
        type=Path,
        help="text file with the names of the images to import for, one a line",
    )

    status = word("status", "say what a project holds")
    status.add_argument("project", type=Path)

    export = word("export", "export masks or a checkpoint")
    export.add_argument("project", type=Path)
    export.add_argument("folder", type=Path, help="where to")
    export.add_argument("--what", choices=("labels", "predictions", "checkpoint"), default="labels")
    export.add_argument("--form", choices=("indexed", "colour", "both"), default="both")
    export.add_argument("--run", type=int, default=0, help="which run (default: the last)")
    export.add_argument("--split", choices=("train", "val", "test", "all"), default="all")
    _no_camera_mask(export, "export what was painted below camera masks, not void")


def _learning_words(word: Callable[[str, str], argparse.ArgumentParser]) -> None:
    train = word("train", "train on a project's labels")
    train.add_argument("project", type=Path)
    train.add_argument("--recipe", default="fast", help="a ready recipe or a recipe file")
    train.add_argument(
        "--set", action="append", default=[], metavar="CHOICE=VALUE", help="change a choice"
    )
    train.add_argument("--continue", dest="resume", action="store_true", help="go on with the last")
    train.add_argument("--warm-start", action="store_true", help="begin from the last checkpoint")

    predict = word("predict", "predict a folder of images, or all images of a project")
    predict.add_argument("source", type=Path, help="checkpoint folder, or a project")
    predict.add_argument("folder", type=Path, nargs="?", help="images (with a checkpoint)")
    predict.add_argument("--output", type=Path, help="where masks go (default: FOLDER/predictions)")
    predict.add_argument("--form", choices=("indexed", "colour", "both"), default="both")
    predict.add_argument("--run", type=int, default=0, help="which run of the project")
    predict.add_argument("--device", default="auto")
    _no_camera_mask(predict, "predict below the project's camera masks too")

    evaluate = word("evaluate", "score a run's last checkpoint on the val or test images")
    evaluate.add_argument("project", type=Path)
    evaluate.add_argument("--run", type=int, default=0, help="which run (default: the last)")
    evaluate.add_argument("--split", choices=("val", "test"), default="val")
    evaluate.add_argument("--device", default="auto")
    evaluate.add_argument(
        "--full", action="store_true", help="also boundaries, the reliability table, worst images"
    )
    evaluate.add_argument(
        "--distance", type=_distance, default=3.0, help="how far edges may be apart, in pixels"
    )
    evaluate.add_argument(
        "--by",
        choices=("image", "folder"),
        default="image",
        help="what intervals resample (folder: images of one folder are one video)",
    )
    evaluate.add_argument("--seed", type=int, default=0, help="of the intervals")


def _tags_words(word: Callable[[str, str], argparse.ArgumentParser]) -> None:
    tags = word("tags", "say what images show as a whole, or tag images of a project")
    tags.add_argument("images", type=Path, nargs="+", metavar="IMAGE")
    tags.add_argument("--checkpoint", type=Path, help="score its classes instead of ImageNet's")
    tags.add_argument("--encoder", default="resnet101", help="whose ImageNet classifier is asked")
    tags.add_argument("--weights", type=Path, help="folder of weight files (default: torch's)")
    tags.add_argument("--fetch", action="store_true", help="download weights that are missing")
    tags.add_argument("--top", type=int, default=5, help="how many ImageNet classes")
    tags.add_argument("--device", default="auto")
    tags.add_argument(
        "--project", type=Path, help="show or change what a person says of its images"
    )
    for name, text in (
        ("present", "classes that are in them"),
        ("absent", "classes that are not"),
        ("unknown", "classes of which nothing is to be said any more"),
    ):
        tags.add_argument(f"--{name}", default="", metavar="A,B", help=f"with --project: {text}")


def _features_words(word: Callable[[str, str], argparse.ArgumentParser]) -> None:
    features = word("features", "have a pretrained encoder look at all images, for the preview")
    features.add_argument("project", type=Path)
    features.add_argument(
        "--network", default="", help="whose encoder, such as resnet18 (default: one at hand)"
    )
    features.add_argument("--weights", type=Path, help="folder of weight files (default: torch's)")
    features.add_argument("--fetch", action="store_true", help="download weights that are missing")
    features.add_argument(
        "--layer", type=int, choices=(1, 2, 3, 4), default=2, help="which stage is looked at"
    )
    features.add_argument("--device", default="auto")
    features.add_argument("--remove", action="store_true", help="delete them and end")


def _no_camera_mask(word: argparse.ArgumentParser, text: str) -> None:
    word.add_argument("--no-camera-mask", action="store_true", help=text)


def _distance(text: str) -> float:
    """A distance in pixels, as argparse wants it."""
    value = float(text)
    if not 1 <= value <= 1000:
        raise argparse.ArgumentTypeError(f"a distance is 1 to 1000 pixels, not {text}")
    return value


def _model_words(word: Callable[[str, str], argparse.ArgumentParser]) -> None:
    model = word("model", "list networks, show the layers of one, or fetch ImageNet weights")
    model.add_argument("what", choices=("list", "show", "fetch"))
    model.add_argument("name", nargs="?", default="", help="network, or encoder to fetch")
    place = model.add_mutually_exclusive_group()
    place.add_argument("--project", type=Path, help="show it for this project's classes and images")
    place.add_argument("--size", default="360x480", help="of the picture, HEIGHTxWIDTH")
    model.add_argument("--classes", type=int, default=11, help="how many (without a project)")
    model.add_argument("--recipe", default="fast", help="a ready recipe or a recipe file")
    model.add_argument(
        "--set", action="append", default=[], metavar="CHOICE=VALUE", help="change a choice"
    )
    model.add_argument("--discriminator", action="store_true", help="show the discriminator too")
    model.add_argument("--zoo", metavar="PATTERN", help="list encoders of the zoo")


def _branch(name: str) -> Run:
    """The function of a word; only its module is imported."""
    if name in {"new", "import", "status", "export"}:
        from s4gui.cli import projects

        return projects.WORDS[name]
    if name == "model":
        from s4gui.cli import models

        return models.WORDS[name]
    if name == "features":
        from s4gui.cli import encoding

        return encoding.WORDS[name]
    if name == "tags":
        from s4gui.cli import tagging

        return tagging.WORDS[name]
    if name == "evaluate":
        from s4gui.cli import evaluating

        return evaluating.evaluate
    from s4gui.cli import learning

    return learning.WORDS[name]
