"""A virtual screen of one's own: Xvfb, a window manager, XTEST events, screenshots."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType

from PIL import Image
from Xlib import XK, X, display
from Xlib.ext import xtest

NO_CLICKS = """<?xml version="1.0"?>
<openbox_config xmlns="http://openbox.org/3.4/rc">
  <focus><focusNew>yes</focusNew><followMouse>no</followMouse></focus>
  <keyboard/>
  <mouse><dragThreshold>1</dragThreshold></mouse>
</openbox_config>
"""
KEYS = {"ctrl": "Control_L", "shift": "Shift_L", "alt": "Alt_L"}


def missing() -> list[str]:
    """The programs a virtual screen needs that are not installed."""
    return [name for name in ("Xvfb", "openbox") if shutil.which(name) is None]


class Screen:
    """One Xvfb with openbox on it; events are sent by XTEST, as from real devices.

    A window manager that looks at each click before the window gets it lets keys overtake the
    mouse: with `in_order` it leaves the mouse alone, so that a hand may be as fast as it likes.
    """

    def __init__(self, width: int = 1600, height: int = 1000, *, in_order: bool = False) -> None:
        self._size = width, height
        self._in_order = in_order
        self._settings = tempfile.TemporaryDirectory(prefix="s4gui-screen-")
        self._processes: list[subprocess.Popen[bytes]] = []
        self.name = ""

    def __enter__(self) -> Screen:
        read, write = os.pipe()
        width, height = self._size
        server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{width}x{height}x24",
             "-nolisten", "tcp", "-noreset"],
            pass_fds=(write,),
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(write)
        self._processes.append(server)
        with os.fdopen(read) as numbers:
            self.name = f":{numbers.readline().strip()}"
        words = ["openbox", "--sm-disable"]
        if self._in_order:
            rules = Path(self._settings.name) / "rc.xml"
            rules.write_text(NO_CLICKS)
            words += ["--config-file", str(rules)]
        manager = subprocess.Popen(
            words,
            env=os.environ | {"DISPLAY": self.name},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._processes.append(manager)
        self._display = display.Display(self.name)
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self._display.close()
        for process in reversed(self._processes):
            process.terminate()
            process.wait(10)
        self._settings.cleanup()

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs to open its window here."""
        return {"DISPLAY": self.name, "QT_QPA_PLATFORM": "xcb", "WAYLAND_DISPLAY": ""}

    def move(self, x: float, y: float) -> None:
        """Put the pointer at screen pixel (x, y)."""
        xtest.fake_input(self._display, X.MotionNotify, x=round(x), y=round(y))
        self._display.sync()

    def press(self, button: int = 1) -> None:
        """Press a mouse button and hold it."""
        xtest.fake_input(self._display, X.ButtonPress, button)
        self._display.sync()

    def release(self, button: int = 1) -> None:
        """Let a mouse button go."""
        xtest.fake_input(self._display, X.ButtonRelease, button)
        self._display.sync()

    def click(self, x: float, y: float, button: int = 1) -> None:
        """Move there and click."""
        self.move(x, y)
        time.sleep(0.03)
        self.press(button)
        time.sleep(0.02)
        self.release(button)

    def double_click(self, x: float, y: float) -> None:
        """Two clicks in a row."""
        self.click(x, y)
        self.click(x, y)

    def drag(
        self, path: list[tuple[float, float]], *, button: int = 1, pause_s: float = 0.004
    ) -> None:
        """Press at the first point, go through all, release at the last."""
        self.move(*path[0])
        time.sleep(0.02)
        self.press(button)
        for point in path[1:]:
            time.sleep(pause_s)
            self.move(*point)
        time.sleep(pause_s)
        self.release(button)

    def wheel(self, steps: int) -> None:
        """Turn the wheel: up (away) for positive steps."""
        for _ in range(abs(steps)):
            self.press(4 if steps > 0 else 5)
            self.release(4 if steps > 0 else 5)
            time.sleep(0.03)

    def key(self, chord: str) -> None:
        """Press and release a chord such as `ctrl+z`, `F7` or `b`."""
        codes = [
            self._display.keysym_to_keycode(XK.string_to_keysym(KEYS.get(part, part)))
            for part in chord.split("+")
        ]
        self.codes(*codes)

    def codes(self, *codes: int) -> None:
        """Press and release keys by their X11 keycodes: places, whatever the layout has there."""
        for code in codes:
            xtest.fake_input(self._display, X.KeyPress, code)
        for code in reversed(codes):
            xtest.fake_input(self._display, X.KeyRelease, code)
        self._display.sync()
        time.sleep(0.03)

    def type(self, text: str) -> None:
        """Type plain text (letters, digits, / . - _)."""
        names = {"/": "slash", ".": "period", "-": "minus", "_": "underscore", " ": "space"}
        for letter in text:
            name = names.get(letter, letter)
            self.key(f"shift+{name}" if letter.isupper() or letter == "_" else name)

    def picture(self) -> Image.Image:
        """What is on the screen now."""
        width, height = self._size
        raw = self._display.screen().root.get_image(0, 0, width, height, X.ZPixmap, 0xFFFFFFFF)
        return Image.frombytes("RGB", self._size, raw.data, "raw", "BGRX")

    def save(self, path: Path) -> Path:
        """Write what is on the screen to a PNG."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.picture().save(path)
        return path
