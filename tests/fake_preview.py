"""A preview process without science: answers as the real one does, and misbehaves on request.

Run as a script: `fake_preview.py LOG [choice=value …]`; every command line it hears goes to LOG.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from s4gui.wire import preview as wire


def say(event: wire.PreviewEvent) -> None:
    """One line to the window."""
    sys.stdout.write(wire.encode(event) + "\n")
    sys.stdout.flush()


def answer(fit: wire.Fit) -> None:
    """What the real process says to a Fit."""
    say(wire.Fitted(fit.ticket, 0.1, 10, (0, 1)))
    say(wire.Previewed(fit.ticket, fit.current.frame, "view.s4p", fit.view, False, 0.2))
    for each in (fit.current, *fit.neighbours):
        say(wire.Previewed(fit.ticket, each.frame, "whole.s4p", (0, 0, 9, 9), True, 0.3))


def die_at_most_once(log: Path) -> bool:
    """Whether this death has not happened yet."""
    mark = log.with_suffix(".died")
    if mark.exists():
        return False
    mark.touch()
    return True


def fit(command: wire.Fit, log: Path, choices: dict[str, str]) -> None:
    """Answer a Fit, or misbehave as its frame's name says."""
    match command.current.frame:
        case name if name == choices.get("die_on"):
            if not choices.get("once") or die_at_most_once(log):
                sys.stderr.write("last words\n")
                sys.stderr.flush()
                os.kill(os.getpid(), signal.SIGKILL)
            answer(command)
        case "one class":
            say(wire.NeedsClasses(command.ticket, 1))
        case "broken":
            say(wire.PreviewFailed("a.b", "Broken image", "Mend it", "", command.ticket))
        case "slow":
            say(wire.Fitted(command.ticket, 0.1, 10, (0, 1)))
            time.sleep(600)
        case _:
            answer(command)


def main() -> None:
    """Answer until the end of stdin."""
    log, choices = Path(sys.argv[1]), dict(word.split("=", 1) for word in sys.argv[2:])
    if choices.get("banner"):
        sys.stdout.write("Welcome\n")
    say(wire.PreviewHello("0", os.getpid()))
    for line in sys.stdin:
        command = wire.decode_command(line)
        with log.open("a") as file:
            file.write(f"{os.getpid()} {line}")
        match command:
            case wire.Quit():
                return
            case wire.Fit():
                fit(command, log, choices)
            case wire.Warm(frames=frames):
                for each in frames:
                    say(wire.Warmed(each.frame, 0.1))


if __name__ == "__main__":
    main()
