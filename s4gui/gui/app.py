"""The window's entry: display, libraries and binding are checked before Qt shows anything."""

from __future__ import annotations

import argparse
import gc
import logging
import sys
from pathlib import Path

from s4gui.core.errors import S4Error
from s4gui.core.messages import say
from s4gui.gui import display, libraries


def main(argv: list[str]) -> int:
    """Open the window with these words (a project or a folder of images); the exit code."""
    words = _words(argv)
    gc.disable()  # nothing is garbage yet, and looking for it takes a quarter of the start
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    shown = display.settle()
    try:
        if shown.platform.startswith(("xcb", "wayland", display.OFFSCREEN)):
            libraries.require(shown.platform)
        _begin_image(words)
        from s4gui.gui import guard

        guard.check()
    except S4Error as error:
        sys.stderr.write(f"s4gui: {error} {error.hint}\n")
        return 3
    from s4gui.gui.launch import run

    return run(words.project, settings_folder=words.settings, demo=words.demo)


def _begin_image(words: argparse.Namespace) -> None:
    """Decode the image that was open last beside the imports, which take longer."""
    from s4gui.gui import first_image
    from s4gui.store.settings import Settings, default_folder

    settings = Settings(words.settings or default_folder(), extra={"last_image": ""})
    image, recent = str(settings.get("last_image")), settings.recent
    same = words.project is None or words.project.absolute() in recent[:1]
    if image and same and not words.demo:
        first_image.begin(Path(image))


def _words(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="s4gui", description=say("app.about", "Label, train and correct street images.")
    )
    parser.add_argument(
        "project",
        nargs="?",
        type=Path,
        help=say("app.project", "a project, or a folder of images to make one from"),
    )
    parser.add_argument(
        "--settings",
        type=Path,
        help=say("app.settings", "folder for settings (default: the user's)"),
    )
    parser.add_argument(
        "--demo", action="store_true", help=say("app.demo", "open the demo project")
    )
    return parser.parse_args(argv)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
