"""Keys of real layouts without Latin letters, pressed on an X server of the test's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from tests.flows import x11

MISSING = [*x11.missing(), *(["setxkbmap"] if shutil.which("setxkbmap") is None else [])]
SHIFT, CTRL = 50, 37
# What a US keyboard has at these X11 keycodes, and what it means here.
PRESSED = (
    ((56,), "tool.brush"),  # B
    ((26,), "tool.eraser"),  # E
    ((CTRL, 52), "edit.undo"),  # Ctrl+Z
    ((SHIFT, 57), "image.next_unlabelled"),  # Shift+N
    ((11,), "class 2"),  # 2
    ((SHIFT, 12), "class 13"),  # Shift+3
    ((49,), "class.find"),  # `
)

pytestmark = [
    pytest.mark.xvfb,
    pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}"),
]


@pytest.fixture(scope="module")
def screen() -> Iterator[x11.Screen]:
    with x11.Screen(1100, 800) as screen:
        yield screen


@pytest.mark.parametrize("layout", ["us", "ru", "ua", "gr", "il", "ara"])
def test_keys_do_the_same_at_the_same_place(screen: x11.Screen, layout: str) -> None:
    subprocess.run(["setxkbmap", "-display", screen.name, layout], check=True)
    window = subprocess.Popen(
        [sys.executable, "-m", "tests.gui.layouts_window"],
        env=os.environ | screen.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert window.stdout is not None
    try:
        assert window.stdout.readline() == "ready\n"
        time.sleep(0.3)  # the window manager gives it the focus
        for codes, _ in PRESSED:
            screen.codes(*codes)
            time.sleep(0.1)
        screen.codes(CTRL, 24)  # Ctrl+Q
        heard = [window.stdout.readline().strip() for _ in range(len(PRESSED) + 1)]
        assert heard == [*(what for _, what in PRESSED), "app.quit"]
    finally:
        window.kill()
        window.wait(10)
        window.stdout.close()
