"""A process that paints the story and says on stdout what was acknowledged; made to be killed."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from s4gui.store import database
from s4gui.store.project import Project
from s4gui.workbench.workbench import Workbench
from tests.faults import story


def paint(folder: Path, first: int, count: int) -> None:
    workbench = Workbench(Project.open(folder, program="painter"))
    workbench.on_acknowledged = lambda seq: say(f"ACK {seq}")

    def sent(seq: int) -> None:
        say(f"SENT {seq}")
        if seq % 3:  # two in three alone in their transaction, the others with the next one
            workbench.project.settle()

    story.play(workbench, first, count, sent)
    workbench.close()
    say("CLOSED")


def say(text: str) -> None:
    os.write(1, f"{text}\n".encode())


def serve() -> None:
    """Fork one painter for each line `folder first count`: what is imported is imported once."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        folder, first, count = line.rstrip("\n").split("\t")
        pid = os.fork()
        if pid == 0:
            say(f"PID {os.getpid()}")
            paint(Path(folder), int(first), int(count))
            os._exit(0)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve()
    else:
        database.SYNCHRONOUS = sys.argv[1]
        paint(Path(sys.argv[2]), 0, int(sys.argv[3]))
