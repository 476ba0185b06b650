"""Eyes for a driver in another process: where widgets are and what the program knows.

The program under test runs unchanged; `python -m tests.flows.probe SOCKET [words]` starts it with
a listener beside it that only looks: widget rectangles, texts, and facts of the workbench. Hands
are the X server's.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from tests.flows.x11 import Screen

REPO = Path(__file__).resolve().parents[2]


class App:
    """The program in its own process on a screen; `ask` looks inside."""

    def __init__(
        self, screen: Screen, words: list[str], *, home: Path, extra: dict[str, str] | None = None
    ) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self._socket = home / "probe.sock"
        self._socket.unlink(missing_ok=True)
        self.log = home / "window.log"
        environment = os.environ | screen.environment | {
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_DATA_HOME": str(home / "data"),
            "XDG_CACHE_HOME": str(home / "cache"),
            "PYTHONPATH": str(REPO),
        } | (extra or {})  # fmt: skip
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.flows.probe", str(self._socket), *words],
                env=environment,
                cwd=REPO,
                stdout=log,
                stderr=log,
            )

    def ask(self, what: str, **values: Any) -> Any:
        """An answer of the probe; raises what the probe said went wrong."""
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(30)
            link.connect(str(self._socket))
            link.sendall((json.dumps({"what": what, **values}) + "\n").encode())
            line = link.makefile().readline()
        if not line:
            raise ConnectionError(f"the window hung up (exit code {self.process.poll()})")
        answer = json.loads(line)
        if "error" in answer:
            raise LookupError(answer["error"])
        return answer["value"]

    def wait(self, what: str, until: Any = bool, *, seconds: float = 30, **values: Any) -> Any:
        """Ask again until the answer satisfies `until`; TimeoutError with the last answer."""
        last: Any = None
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError(f"the window ended: {self.log.read_text()[-3000:]}")
            try:
                last = self.ask(what, **values)
                if until(last):
                    return last
            except (LookupError, OSError, ValueError) as error:
                last = error
            time.sleep(0.05)
        raise TimeoutError(f"{what} {values}: still {last!r} after {seconds} s")

    def centre(self, name: str) -> tuple[float, float]:
        """Screen position of the middle of a visible widget."""
        x, y, width, height = self.wait("rect", name=name)
        return x + width / 2, y + height / 2

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait(10)

    def quit(self) -> int:
        """Close the window as a user does; the exit code."""
        self.ask("quit")
        return self.process.wait(60)


def main(argv: list[str]) -> int:
    """Start the program with a listener beside it."""
    path, words = Path(argv[0]), argv[1:]
    threading.Thread(target=_listen, args=(path,), name="probe", daemon=True).start()
    from s4gui.__main__ import main as program

    return program(words)


def _listen(path: Path) -> None:
    # Two threads that import the binding at once crash it: the program does that, this waits.
    while (qt := sys.modules.get("PySide6.QtWidgets")) is None or not hasattr(qt, "QApplication"):
        time.sleep(0.01)
    while qt.QApplication.instance() is None:
        time.sleep(0.01)
    from tests.flows.eyes import Eyes

    eyes = Eyes()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen(8)
        while True:
            link, _ = server.accept()
            with link, link.makefile("rw") as stream:
                question = json.loads(stream.readline())
                stream.write(json.dumps(eyes.answer(question)) + "\n")
                stream.flush()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
