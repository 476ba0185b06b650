"""The display is found out without Qt, and a dead one never reaches Qt."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from s4gui.gui import display
from tests.gui.conftest import NoStalls


@pytest.fixture
def x_server() -> Iterator[str]:
    """The name of an Xvfb that runs during the test."""
    program = shutil.which("Xvfb")
    if program is None:
        pytest.skip("needs Xvfb, which is not installed")
    read, write = os.pipe()
    server = subprocess.Popen(
        [program, "-displayfd", str(write), "-screen", "0", "320x200x24", "-nolisten", "tcp"],
        pass_fds=(write,),
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as numbers:
        name = f":{numbers.readline().strip()}"
    yield name
    server.terminate()
    server.wait()


@pytest.fixture
def compositor(tmp_path: Path) -> Iterator[Path]:
    """The folder of a socket `wayland-9` that listens, as a compositor's does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as end:
        end.bind(str(tmp_path / "wayland-9"))
        end.listen()
        yield tmp_path


def probe(**environ: str) -> display.Display:
    return display.probe(environ, system="linux")


def test_what_the_user_asks_for_is_not_questioned() -> None:
    found = probe(QT_QPA_PLATFORM="vnc:port=5901", DISPLAY=":0")
    assert found.platform == "vnc:port=5901"
    assert not found.on_screen
    assert probe(QT_QPA_PLATFORM="xcb").on_screen


def test_with_nothing_set_the_window_is_off_screen_and_says_why() -> None:
    found = probe()
    assert (found.platform, found.on_screen) == ("offscreen", False)
    assert "DISPLAY" in found.reason


@pytest.mark.parametrize("name", [":1234", "nonsense", ":", "127.0.0.1:1234.0"])
def test_a_dead_display_falls_back_to_off_screen_and_is_named(name: str) -> None:
    found = probe(DISPLAY=name)
    assert found.platform == "offscreen"
    assert name in found.reason


@pytest.mark.xvfb
def test_a_live_x_server_is_found(x_server: str, no_stalls: NoStalls) -> None:
    no_stalls.forgive()  # probing is done before there is a window
    # Each probe is the server's only client: it starts anew in between, twenty times.
    for _ in range(20):
        assert probe(DISPLAY=x_server).platform == "xcb"
        assert probe(DISPLAY=f"{x_server}.0").on_screen


@pytest.mark.xvfb
def test_without_libxcb_a_live_server_is_still_seen(
    x_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(file: str) -> None:
        raise OSError(file)

    monkeypatch.setattr(display.ctypes, "CDLL", refuse)
    assert probe(DISPLAY=x_server).platform == "xcb"
    assert probe(DISPLAY=":1234").platform == "offscreen"


def test_a_compositor_that_answers_is_preferred(compositor: Path) -> None:
    found = probe(XDG_RUNTIME_DIR=str(compositor), WAYLAND_DISPLAY="wayland-9", DISPLAY=":1234")
    assert (found.platform, found.on_screen) == ("wayland", True)
    absolute = probe(WAYLAND_DISPLAY=str(compositor / "wayland-9"))
    assert absolute.platform == "wayland"


def test_a_compositor_that_is_gone_is_not_used(tmp_path: Path) -> None:
    found = probe(XDG_RUNTIME_DIR=str(tmp_path), WAYLAND_DISPLAY="wayland-9")
    assert found.platform == "offscreen"


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_other_systems_are_left_to_qt(system: str) -> None:
    found = display.probe({}, system=system)
    assert found == display.Display("native", found.reason)
    assert found.on_screen


def test_settling_tells_qt_the_platform() -> None:
    environ = {"DISPLAY": ":1234"}
    display.settle(environ)
    assert environ["QT_QPA_PLATFORM"] == "offscreen"


def test_probing_loads_no_qt() -> None:
    code = (
        "import sys; from s4gui.gui import display, libraries; display.probe();"
        "libraries.missing('xcb'); assert 'PySide6' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_qt_starts_on_a_dead_display_once_it_is_settled() -> None:
    code = (
        "from s4gui.gui import display; display.settle();"
        "from PySide6.QtGui import QGuiApplication;"
        "print(QGuiApplication([]).platformName())"
    )
    environ = {k: v for k, v in os.environ.items() if k != "QT_QPA_PLATFORM"}
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env=environ | {"DISPLAY": ":1234"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert ended.stdout.strip() == "offscreen"
