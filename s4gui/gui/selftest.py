"""`s4gui --selftest`: the demo job, from the first start to a compared export, with pictures."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from s4gui.core.errors import S4Error
from s4gui.core.messages import say
from s4gui.gui import display, libraries

LIMIT_S = 60.0
"""What the whole job may take on two cores."""


def main(argv: list[str]) -> int:
    """Run the demo job and write window.png and report.html; 0 if every part held."""
    parser = argparse.ArgumentParser(prog="s4gui --selftest")
    parser.add_argument("--output", type=Path, default=Path("s4gui-report"))
    output: Path = parser.parse_args(argv).output
    shown = display.settle()
    try:
        libraries.require(shown.platform)
        from s4gui.gui import guard  # noqa: PLC0415 - Qt only after its libraries are there

        guard.check()
        output.mkdir(parents=True, exist_ok=True)
    except S4Error as error:
        sys.stderr.write(f"s4gui: {error} {error.hint}\n")
        return 3
    except OSError as error:
        sys.stderr.write(f"s4gui: {output}: {error.strerror}\n")
        return 3
    from s4gui.gui.demo_job import DemoJob  # noqa: PLC0415 - as above

    with tempfile.TemporaryDirectory(prefix="s4gui-selftest-") as scratch:
        report = DemoJob(Path(scratch), output).run()
    for part in report.parts:
        mark = "ok    " if part.held else "FAILED"
        sys.stdout.write(f"{mark} {part.name}: {part.finding} ({part.seconds:.1f} s)\n")
    where = output.resolve() / "report.html"
    sys.stdout.write(say("selftest.where", "The report lies in {path}", path=where) + "\n")
    return 0 if report.held else 1
