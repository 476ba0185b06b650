"""The entry: reads the first word and imports only that branch."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from s4gui import __version__

_CLI = (
    "new", "import", "status", "train", "predict", "evaluate", "export",
    "model", "tags", "features",
)  # fmt: skip
_HELP = """usage: s4gui [PROJECT | FOLDER]          open the window
       s4gui new|import|status|train|predict|evaluate|export ...   the same without a window
       s4gui model|tags ...              networks and their weights; what an image shows as a whole
       s4gui features ...                a pretrained encoder looks at all images, for the preview
       s4gui --selftest [--output FOLDER]   run the demo job and write a report
       s4gui WORD --help                 what a word takes
       s4gui --version
"""


def main(argv: list[str] | None = None) -> int:
    """Run the program with these words (the process's own by default); the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    first = words[0] if words else ""
    if first in {"-h", "--help", "help"}:
        sys.stdout.write(_HELP)
        return 0
    if first == "--version":
        sys.stdout.write(f"s4gui {__version__}\n")
        return 0
    if first in _CLI:
        return _cli(words)
    branch = _BRANCHES.get(first)
    if branch is not None:
        return branch(words[1:])
    if first and not first.startswith("-") and not Path(first).exists():
        sys.stderr.write(f"s4gui: there is no word or folder called {first!r}\n\n{_HELP}")
        return 2
    return _window(words)


def _window(words: list[str]) -> int:
    from s4gui.gui import app

    return app.main(words)


def _selftest(words: list[str]) -> int:
    from s4gui.gui import selftest

    return selftest.main(words)


def _worker(words: list[str]) -> int:
    from s4gui.worker import main as worker

    return worker.main(words)


def _preview(words: list[str]) -> int:
    from s4gui.preview import main as preview

    return preview.main(words)


def _cli(words: list[str]) -> int:
    from s4gui.cli import main as cli

    return cli.main(words)


_BRANCHES: dict[str, Callable[[list[str]], int]] = {
    "gui": _window,
    "--selftest": _selftest,
    "selftest": _selftest,
    "worker": _worker,
    "preview": _preview,
}

if __name__ == "__main__":
    raise SystemExit(main())
